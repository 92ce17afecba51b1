from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class AftersalesSettlement(models.Model):
    """The total rounded otherwise than the company rounds: up to a limit (SA11)."""

    _inherit = "aftersales.settlement"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        settlements = super().create(vals_list)
        if any(vals.get("cash_rounding_id") for vals in vals_list):
            settlements._check_rounding()
        return settlements

    def write(self, vals):
        result = super().write(vals)
        if vals.get("cash_rounding_id"):
            self._check_rounding()
        return result

    # === BUSINESS METHODS === #

    def _check_rounding(self):
        """Raise when rounding as chosen gives away more than the user may.

        :raises UserError: saying who may
        """
        if self.env.su:
            return
        for settlement in self:
            company = settlement.company_id
            full = settlement.amount_total - settlement.amount_rounding
            usual = settlement.cash_rounding_id == company.sudo().aftersales_rounding_id
            if usual or not full:
                continue
            percent = -100 * settlement.amount_rounding / full
            limit = company._get_aftersales_discount_limit()
            if float_compare(percent, limit, precision_digits=2) > 0:
                raise UserError(
                    company._get_aftersales_discount_message(settlement, percent, limit)
                )
