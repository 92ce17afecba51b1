from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_extension_policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Extends the Warranty By",
        help="Selling this service and having it paid adds the terms of this policy to the unit, "
        "after what covers the same already.",
    )
