from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesUnitRefund(models.TransientModel):
    """Take a unit back for money, less what its use is worth (WA5, RX4)."""

    _name = "aftersales.unit.refund"
    _description = "Refund of an Installed Product"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", required=True
    )
    partner_id = fields.Many2one(
        related="unit_id.partner_id", related_sudo=False, string="Customer"
    )
    quantity = fields.Float(related="unit_id.quantity", related_sudo=False)
    policy_id = fields.Many2one(related="unit_id.policy_id", related_sudo=False)
    repair_only = fields.Boolean(related="policy_id.repair_only", related_sudo=False)
    request_id = fields.Many2one(
        comodel_name="aftersales.request", domain="[('unit_id', '=', unit_id)]"
    )
    date = fields.Date(required=True, default=lambda self: self.env.company._get_aftersales_day())
    reason = fields.Char(required=True)
    currency_id = fields.Many2one(related="unit_id.currency_id", related_sudo=False)
    price_paid = fields.Monetary(
        related="unit_id.price_paid", related_sudo=False, help="For one, taxes included."
    )
    price_basis = fields.Selection(related="policy_id.refund_price_basis", related_sudo=False)
    price_current = fields.Monetary(string="Price Today", compute="_compute_amount")
    date_start = fields.Date(related="unit_id.date_start", related_sudo=False)
    started_years = fields.Integer(string="Years of Use Begun", compute="_compute_amount")
    depreciation_percent = fields.Float(
        related="policy_id.depreciation_percent", related_sudo=False
    )
    amount_depreciation = fields.Monetary(string="Less for Use", compute="_compute_amount")
    amount = fields.Monetary(
        string="Refund", compute="_compute_amount", help="For all pieces, taxes included."
    )

    @api.depends("unit_id", "date")
    def _compute_amount(self):
        for wizard in self:
            unit = wizard.unit_id._origin
            lower = unit.policy_id.refund_price_basis == "lower"
            day = wizard.date or unit.company_id._get_aftersales_day()
            price = unit._get_current_price(day) if unit and lower else 0.0
            wizard.price_current = price
            wizard.started_years = unit._get_started_years(day) if unit else 0
            wizard.amount = unit.quantity * unit._get_refund_amount(day) if unit else 0.0
            basis = min(unit.price_paid, price) if lower else unit.price_paid
            wizard.amount_depreciation = wizard.amount - unit.quantity * basis

    # === ACTION METHODS === #

    def action_refund(self):
        """Take the unit out of use and make the charge that pays for it, as a draft.

        :return: an action that opens the charge
        :raises UserError: when there is nothing to refund, saying why
        """
        self.ensure_one()
        charge = self.unit_id._refund(self.date, reason=self.reason, request=self.request_id)
        return charge._get_records_action()

    def action_view_unit(self):
        """Open the unit, to enter what was paid for it."""
        self.ensure_one()
        if not self.unit_id:
            raise UserError(self.env._("Choose the installed product first."))
        return self.unit_id._get_records_action()
