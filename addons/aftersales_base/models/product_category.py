from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Warranty Policy",
        help="Policy of the products of this category and those below it that name none.",
    )
