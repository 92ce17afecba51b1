from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_charge_kind = fields.Selection(
        selection_add=[("instalment", "Instalment"), ("compensation",)],
        ondelete={"instalment": "set null"},
    )
