from odoo import api, fields, models
from odoo.fields import Domain

ANSWERABLE = ("submitted", "accepted", "reduced", "refused")


class AftersalesSettlementLine(models.Model):
    """Labour a maker pays with the flat amount of its job (SA9).

    One line of a job carries the flat amount, nothing is asked for the others. They are answered
    and decided like the one that carries it, on whatever claim that is, as long as it is open.
    """

    _inherit = "aftersales.settlement.line"

    flat_charge_id = fields.Many2one(
        comodel_name="aftersales.charge",
        string="Paid With",
        compute="_compute_flat_charge_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        help="The labour that carries the flat amount of the job. It pays for this line, too, so "
        "this one is answered and decided like it.",
    )
    refused_part = fields.Float(
        compute="_compute_refused_part",
        store=True,
        aggregator=None,
        help="Which part of the covered share the maker did not accept, 0 to 1.",
    )

    # === COMPUTE METHODS === #

    @api.depends("charge_id", "share", "repair_level_id")
    def _compute_flat_charge_id(self):
        terms = self.filtered(lambda line: line.share == "covered")._get_terms()
        flat = self.filtered(
            lambda line: (
                line in terms
                and terms[line].labour_by == "level"
                and line.charge_id.kind == "labour"
            )
        )
        carriers = flat.charge_id._get_flat_carriers() if flat else {}
        for line in self:
            carrier = carriers.get(line.charge_id, line.charge_id)
            rides = line in flat and carrier != line.charge_id
            line.flat_charge_id = carrier if rides else False

    @api.depends("answer", "amount_claimed", "amount_accepted")
    def _compute_refused_part(self):
        """A line nothing is asked for is refused as a whole, or like the one that pays for it."""
        asked = self.filtered("amount_claimed")
        for line in asked:
            line.refused_part = line.amount_difference / line.amount_claimed
        reduced = (self - asked).filtered(lambda line: line.answer == "reduced")
        carriers = reduced._get_carriers()
        for line in self - asked:
            carrier = carriers.get(line)
            line.refused_part = carrier.refused_part if carrier else line.answer == "refused"

    # === BUSINESS METHODS === #

    def _is_open_claim(self):
        """Return whether the line is submitted and nothing is decided about it."""
        self.ensure_one()
        return self.claim_state in ANSWERABLE and not self.decision

    def _get_carriers(self):
        """Return ``{line: living line that carries the flat amount}`` of those that ride on one."""
        riders = self.filtered("flat_charge_id")
        # sudo: what a line follows does not depend on who looks.
        lines_sudo = riders.sudo().flat_charge_id.settlement_line_ids.filtered(
            lambda line: line.is_living and line.share == "covered"
        )
        by_charge = lines_sudo.with_env(self.env).grouped("charge_id")
        return {
            rider: by_charge[rider.flat_charge_id]
            for rider in riders
            if rider.flat_charge_id in by_charge
        }

    def _get_open_carriers(self):
        """Return ``{line: line it is answered and decided like}``."""
        carriers = self._get_carriers().items()
        return {rider: carrier for rider, carrier in carriers if carrier._is_open_claim()}

    def _get_open_riders(self):
        """Return the lines that are answered and decided like these."""
        labour = self.charge_id.filtered(lambda charge: charge.kind == "labour")
        if not labour:
            return self.browse()
        # sudo: see _get_carriers().
        riders_sudo = self.sudo().search(
            Domain("flat_charge_id", "in", labour.ids)
            & Domain("is_living", "=", True)
            & Domain("claim_state", "in", ANSWERABLE)
            & Domain("decision", "=", False)
        )
        return riders_sudo.with_env(self.env)

    def _get_lines_to_answer(self):
        """Return these lines; instead of those that follow another one, that one."""
        carriers = self._get_open_carriers()
        asked = self.union(*carriers.values()) - self.browse().union(*carriers)
        return asked.filtered(
            lambda line: line in self or not line.settlement_id._get_living_move()
        ).sorted("id")

    def _get_lines_to_decide(self):
        """Return these lines with all that are decided together with them."""
        lines = self.union(*self._get_open_carriers().values())
        return (lines | lines._get_open_riders()).sorted("id")

    def _get_lines_decided_together(self):
        """Return these lines with those of their claims that ride on the same flat amount."""
        carried = {(line.settlement_id, line.flat_charge_id or line.charge_id) for line in self}
        return self | self.settlement_id.line_ids.filtered(
            lambda line: (
                line.decision
                and (line.settlement_id, line.flat_charge_id or line.charge_id) in carried
            )
        )

    def _follow_flat(self):
        """Answer these lines like those that carry the flat amount, where these are answered."""
        for rider, carrier in self._get_open_carriers().items():
            if carrier.answer:
                # sudo: answers are the rules', and no amount of a closed claim changes.
                rider.sudo().write(
                    {
                        "answer": carrier.answer,
                        "date_answered": carrier.date_answered,
                        "difference_reason": carrier.difference_reason,
                    }
                )
