from odoo import fields, models


class AftersalesCharge(models.Model):
    """What of a charge we bear, and where that is booked."""

    _inherit = "aftersales.charge"

    warranty_entry_line_ids = fields.One2many(
        comodel_name="aftersales.warranty.entry.line", inverse_name="charge_id", copy=False
    )

    def _transition_error_message(self, target):
        # sudo: whoever did the work need not see what is booked of it.
        booked = self.sudo().warranty_entry_line_ids.filtered(
            lambda line: line.is_living and line.entry_id.state == "confirmed"
        )
        if target != "confirmed" and booked:
            return self.env._(
                "%(charge)s is booked as warranty cost by %(entry)s. Have accounting cancel that "
                "entry first.",
                charge=self.display_name,
                entry=booked[0].entry_id.display_name,
            )
        return super()._transition_error_message(target)

    # === BUSINESS METHODS === #

    def _get_borne_share(self):
        """Return which part of the charge we bear, 0 to 1: what is covered by us, or what a maker
        refused and we did not pass on."""
        self.ensure_one()
        covered = self.covered_percent / 100
        if self.bearer == "company":
            return covered
        kept = self.settlement_line_ids.filtered(lambda line: line.is_living)._get_kept_part()
        return covered * kept

    def _get_borne_day(self):
        """Return the day since which we bear it: confirmed by us, or refused by the maker."""
        self.ensure_one()
        if self.bearer == "company":
            return self.date_confirmed
        days = self.settlement_line_ids.filtered(lambda line: line._get_kept_part())
        return max(days.mapped("date_answered"), default=self.date_confirmed)

    def _get_borne_amounts(self, at_cost=False):
        """Return ``{charge: what of it we bear}``, without taxes, in the currency of its company.

        :param bool at_cost: what it cost us instead of our price
        """
        costs = self._get_costs() if at_cost else {}
        amounts = {}
        for charge in self:
            currency = charge.company_id.currency_id
            if at_cost:
                amounts[charge] = currency.round(costs[charge] * charge._get_borne_share())
                continue
            # What is covered is rounded already.
            full = charge.amount * charge._get_borne_share()
            price = charge.covered_amount if charge.bearer == "company" else full
            amounts[charge] = charge.currency_id._convert(
                price * charge.untaxed_percent / 100,
                currency,
                charge.company_id,
                charge.date_confirmed,
            )
        return amounts

    def _get_costs(self):
        """Return ``{charge: what it cost us}``, in the currency of its company; modules that know
        movements and hours know better than the cost of the product."""
        return {charge: charge._get_claim_cost() for charge in self}
