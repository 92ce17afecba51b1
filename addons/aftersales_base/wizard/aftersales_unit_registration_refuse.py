from odoo import fields, models


class AftersalesUnitRegistrationRefuse(models.TransientModel):
    """Ask why registrations are refused; the customers read it."""

    _name = "aftersales.unit.registration.refuse"
    _description = "Refuse Registrations"

    reason = fields.Char(required=True)
    registration_ids = fields.Many2many(
        comodel_name="aftersales.unit.registration",
        relation="aftersales_registration_refuse_rel",
        required=True,
        default=lambda self: self.env.context.get("active_ids", []),
    )

    def action_refuse(self):
        """Refuse and tell the customers."""
        self.registration_ids._refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
