from odoo import fields, models


class AftersalesWarrantyVoid(models.TransientModel):
    """Ask why before a warranty is taken away."""

    _name = "aftersales.warranty.void"
    _description = "Make a Warranty Void"

    warranty_ids = fields.Many2many(
        comodel_name="aftersales.warranty",
        string="Warranties",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    reason = fields.Char(required=True, help="What the customer is told.")

    def action_void(self):
        """Make the warranties void.

        :raises AccessError: when the user is no manager
        """
        self.ensure_one()
        self.warranty_ids._void(self.reason)
        return {"type": "ir.actions.act_window_close"}
