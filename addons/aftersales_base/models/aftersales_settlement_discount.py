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
