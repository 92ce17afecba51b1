from odoo import api, fields, models


class AftersalesCharge(models.Model):
    """Labour in hours, and labour that was taken from the clock."""

    _inherit = "aftersales.charge"

    is_worked_time = fields.Boolean(
        string="From Hours Worked",
        readonly=True,
        copy=False,
        help="Its quantity was taken from the hours worked.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        # Ticked by hand, hours would count as paid for that nobody charged.
        return super()._get_guarded_fields() | {"is_worked_time"}

    @api.model
    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"is_worked_time"}

    def _get_hours(self):
        """Return the hours of labour it sells; the quantity itself where it is no time."""
        self.ensure_one()
        if self.kind != "labour" or self.state == "cancelled":
            return 0.0
        # Not env.ref(): it would ask the database for each charge.
        hour_id = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        hour = self.env["uom.uom"].browse(hour_id)
        if self.uom_id and self.uom_id._has_common_reference(hour):
            return self.uom_id._compute_quantity(self.quantity, hour, round=False)
        return self.quantity

    @api.model
    def _convert_hours(self, hours, uom):
        """Return ``hours`` in the unit labour is sold in."""
        hour = self.env.ref("uom.product_uom_hour")
        if uom._has_common_reference(hour):
            return hour._compute_quantity(hours, uom, round=False)
        return hours
