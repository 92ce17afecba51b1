from odoo import fields, models


class RepairOrder(models.Model):
    _name = "repair.order"
    _inherit = ["repair.order", "aftersales.complained.mixin"]
    _complaint_field = "repair_id"

    complaint_ids = fields.One2many(
        comodel_name="aftersales.complaint", inverse_name="repair_id", string="Complaints"
    )
