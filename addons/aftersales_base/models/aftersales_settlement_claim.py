from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_settlement import NOT_ACCEPTED


class AftersalesSettlement(models.Model):
    """A settlement with a maker or vendor, by his terms."""

    _inherit = "aftersales.settlement"

    claim_deadline = fields.Date(
        string="Claim Until",
        compute="_compute_claim_deadline",
        compute_sudo=True,
        help="The earliest deadline of its lines.",
    )
    evidence_missing_count = fields.Integer(
        string="Lines Lacking Evidence",
        compute="_compute_evidence_missing_count",
        compute_sudo=True,
    )

    first_settlement_id = fields.Many2one(
        comodel_name="aftersales.settlement",
        string="First Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="The claim whose refused lines are claimed again here.",
    )
    second_settlement_ids = fields.One2many(
        comodel_name="aftersales.settlement",
        inverse_name="first_settlement_id",
        string="Claimed Again",
    )
    to_decide_count = fields.Integer(string="Lines to Decide", compute="_compute_to_decide_count")

    # === COMPUTE METHODS === #

    @api.depends("line_ids.claim_deadline")
    def _compute_claim_deadline(self):
        for settlement in self:
            days = settlement.line_ids.filtered("claim_deadline").mapped("claim_deadline")
            settlement.claim_deadline = min(days, default=False)

    @api.depends("kind", "line_ids.is_evidence_missing", "line_ids.evidence_waiver")
    def _compute_evidence_missing_count(self):
        for settlement in self:
            settlement.evidence_missing_count = len(settlement._get_lines_lacking_evidence())

    @api.depends("line_ids.claim_state", "line_ids.decision")
    def _compute_to_decide_count(self):
        for settlement in self:
            settlement.to_decide_count = len(
                settlement.line_ids.filtered(
                    lambda line: line.claim_state in ("reduced", "refused") and not line.decision
                )
            )

    @api.depends("line_ids.answer", "line_ids.decision", "line_ids.amount_accepted")
    def _compute_status(self):
        """What the maker answered and what was decided close a claim that needs no invoice."""
        super()._compute_status()

    # === ACTION METHODS === #

    def action_enter_answer(self):
        """Open the dialog in which the maker's answer is entered, line by line."""
        return self.line_ids.action_enter_answer()

    def action_decide_refused(self):
        """Open the dialog that asks what becomes of what was not accepted."""
        return self.line_ids.action_decide_refused()

    def action_view_second_settlements(self):
        """Open the claims that ask for refused lines again."""
        return self.second_settlement_ids._get_records_action(name=self.env._("Claimed Again"))

    def action_apply_claim_terms(self):
        """Work out the claim anew by the terms as they are now."""
        self._check_not_frozen()
        self.line_ids.modified(["repair_level_id"])
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"first_settlement_id"}

    def _get_status(self):
        status = super()._get_status()
        return NOT_ACCEPTED if status == "confirmed" and self._is_nothing_accepted() else status

    def _is_nothing_accepted(self):
        """Return whether the maker accepted nothing of the claim and nothing is left to decide."""
        self.ensure_one()
        return self.kind == "claim" and all(
            line.answer
            and self.currency_id.is_zero(line.amount_accepted)
            and (line.decision or line.answer == "accepted")
            for line in self.line_ids
        )

    def _get_lines_lacking_evidence(self):
        """Return the lines that cannot be claimed yet."""
        if self.kind != "claim":
            return self.line_ids.browse()
        return self.line_ids.filtered(
            lambda line: line.is_evidence_missing and not (line.evidence_waiver or "").strip()
        )

    def _transition_error_message(self, target):
        if target == "confirmed" and (line := self._get_lines_lacking_evidence()[:1]):
            return self.env._(
                "%(settlement)s: %(maker)s wants to see for %(charge)s what is not there: "
                "%(missing)s. Add it, or have a manager write on the line why it goes without.",
                settlement=self.display_name,
                maker=self.partner_id.display_name,
                charge=line.display_name,
                missing=line.evidence_missing,
            )
        binding = {"draft": ("customer", "resubmit"), "cancelled": ("customer",)}
        decided = self.line_ids.filtered(lambda line: line.decision in binding.get(target, ()))
        if line := decided[:1]:
            return self.env._(
                "%(claim)s was refused, and it is decided what becomes of it: %(decision)s. Take "
                "the decision back first.",
                claim=line.display_name,
                decision=dict(line._fields["decision"]._description_selection(self.env))[
                    line.decision
                ],
            )
        if target in binding and (message := self.line_ids._get_booked_message()):
            return message
        return super()._transition_error_message(target)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        lines = self.filtered(lambda settlement: settlement.kind == "claim").line_ids
        if target == "confirmed":
            lines._submit()
        elif target == "draft":
            lines._take_back()

    def _check_can_invoice(self):
        super()._check_can_invoice()
        if closed := self.filtered(lambda settlement: settlement.status == NOT_ACCEPTED)[:1]:
            raise UserError(
                self.env._(
                    "%(settlement)s: %(maker)s accepted nothing, so there is nothing to invoice. "
                    "The claim is closed.",
                    settlement=closed.display_name,
                    maker=closed.partner_id.display_name,
                )
            )
        lines = self.line_ids.filtered(lambda line: line.claim_state == "submitted")
        terms = lines._get_terms()
        for line in lines:
            if line in terms and terms[line].answer_first:
                raise UserError(
                    self.env._(
                        "%(claim)s is not answered yet by %(maker)s. Enter the answer, then "
                        "invoice what was accepted.",
                        claim=line.display_name,
                        maker=line.partner_id.display_name,
                    )
                )
