from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class AftersalesSettlement(models.Model):
    """The total rounded, as the company rounds or as agreed, up to a limit (SA11)."""

    _inherit = "aftersales.settlement"

    cash_rounding_id = fields.Many2one(
        comodel_name="account.cash.rounding",
        string="Rounding",
        compute="_compute_cash_rounding_id",
        store=True,
        readonly=False,
        precompute=True,
        help="How the total is rounded, here and on the invoice.",
    )
    amount_rounding = fields.Monetary(
        string="Rounded By",
        compute="_compute_amounts",
        store=True,
        help="Part of the untaxed amount or of the taxes, as the rounding says.",
    )

    @api.depends("kind", "company_id")
    def _compute_cash_rounding_id(self):
        for settlement in self:
            rounding = settlement.company_id.sudo().aftersales_rounding_id
            settlement.cash_rounding_id = rounding if settlement.kind == "customer" else False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        settlements = super().create(vals_list)
        if any(vals.get("cash_rounding_id") for vals in vals_list):
            settlements._check_rounding()
        return settlements

    def write(self, vals):
        if "cash_rounding_id" in vals:
            self._check_draft()
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

    def _get_totals_options(self):
        return {**super()._get_totals_options(), "cash_rounding": self.cash_rounding_id}

    def _prepare_move_vals(self):
        return {
            **super()._prepare_move_vals(),
            "invoice_cash_rounding_id": self.cash_rounding_id.id,
        }
