from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class AftersalesSettlementLine(models.Model):
    """Less than the customer's share is a discount, too: within the limit of whoever gives it."""

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
        """Raise when a customer is asked for less than his share by more than the user may give.

        :raises UserError: saying who may
        """
        if self.env.su:
            return
        for line in self.filtered(lambda line: line.share != "covered" and line.amount_claimed):
            limit = line.company_id._get_aftersales_discount_limit()
            # Of a credit it is what is given on top.
            given = line.amount_claimed - line.amount_accepted
            percent = 100 * given / abs(line.amount_claimed)
            limited = float_compare(limit, 100.0, precision_digits=2) < 0
            if limited and float_compare(percent, limit, precision_digits=2) > 0:
                raise UserError(
                    line.company_id._get_aftersales_discount_message(line, percent, limit)
                )
