from odoo import fields, models


class AftersalesUnit(models.Model):
    _inherit = "aftersales.unit"

    warranty_entry_line_ids = fields.One2many(
        comodel_name="aftersales.warranty.entry.line",
        inverse_name="unit_id",
        copy=False,
        groups="aftersales_base.group_aftersales_settlement",
    )
