from odoo import api, models
from odoo.exceptions import UserError


class AftersalesSettlementLine(models.Model):
    """Less than the customer's share is a discount, too: together with that on the charge, within
    the limit of whoever gives it."""

    _inherit = "aftersales.settlement.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if any("amount_accepted" in vals for vals in vals_list):
            lines._check_accepted_limit()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if "amount_accepted" in vals:
            self._check_accepted_limit()
        return result

    def _check_accepted_limit(self):
        """Raise when a customer is asked for less than his share, and for so much less than by
        the list that the user may not give it.

        :raises UserError: saying who may
        """
        if self.env.su:
            return
        for company, lines in self.grouped("company_id").items():
            limit = company._get_aftersales_discount_limit()
            if message := lines._get_accepted_message(limit):
                raise UserError(message)
        self.filtered(lambda line: line._is_reduced()).settlement_id._note_giver()

    def _get_accepted_message(self, limit):
        """Return why so little cannot be accepted by whoever may give ``limit`` percent, or an
        empty text."""
        for line in self.filtered(lambda line: line._is_reduced()):
            listed = line._get_listed_amount()
            percent = 100 * (listed - line.amount_accepted) / abs(listed)
            if line.company_id._exceeds_aftersales_limit(percent, limit):
                return line.company_id._get_aftersales_discount_message(line, percent, limit)
        return ""

    def _is_reduced(self):
        """Return whether the customer is asked for less than his share as decided."""
        self.ensure_one()
        if self.share == "covered" or not self.amount_claimed:
            return False
        return self.currency_id.compare_amounts(self.amount_accepted, self.amount_claimed) < 0

    def _get_listed_amount(self):
        """Return what the share would be by the list; of a credit, and of what is agreed, there is
        no list."""
        self.ensure_one()
        charge = self.charge_id
        percent = charge._get_discount_percent()
        agreed = charge.kind in charge._get_agreed_kinds()
        if self.amount_claimed < 0 or agreed or not 0 < percent < 100:
            return self.amount_claimed
        return self.amount_claimed / (1 - percent / 100)

    def _get_least_amount(self, limit):
        """Return the least the share may come to for whoever may give ``limit`` percent: what was
        given already stays given."""
        self.ensure_one()
        listed = self._get_listed_amount()
        return min(self.amount_accepted, listed - abs(listed) * limit / 100)
