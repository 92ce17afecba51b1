from odoo import api, fields, models


class AftersalesAppointmentCancel(models.TransientModel):
    """Ask who cancels an appointment, why, and what it costs whom (IN13)."""

    _name = "aftersales.appointment.cancel"
    _description = "Cancel an Appointment"

    appointment_id = fields.Many2one(comodel_name="aftersales.appointment", required=True)
    cancelled_by = fields.Selection(
        selection=[("customer", "The Customer"), ("company", "We Do")],
        string="Who Cancels",
        required=True,
        default="customer",
    )
    reason = fields.Char(required=True)
    is_late = fields.Boolean(compute="_compute_is_late")
    currency_id = fields.Many2one(related="appointment_id.currency_id", related_sudo=False)
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="A draft charge: what the customer bears for cancelling late, or what we owe him.",
    )

    # === COMPUTE METHODS === #

    @api.depends("appointment_id", "cancelled_by")
    def _compute_is_late(self):
        for wizard in self:
            wizard.is_late = bool(wizard.appointment_id) and wizard.appointment_id._is_late()

    @api.depends("cancelled_by", "is_late")
    def _compute_amount(self):
        for wizard in self:
            late = wizard.cancelled_by == "customer" and wizard.is_late
            # sudo: who answers the phone need not read the settings of the company.
            company_sudo = wizard.appointment_id.company_id.sudo()
            fee_sudo = company_sudo._get_aftersales_setting("aftersales_late_cancel_product_id")
            wizard.amount = fee_sudo.list_price if late else 0.0

    # === ACTION METHODS === #

    def action_cancel(self):
        """Cancel it and tell the customer."""
        self.ensure_one()
        self.appointment_id._cancel(self.cancelled_by, self.reason, self.amount)
        return {"type": "ir.actions.act_window_close"}
