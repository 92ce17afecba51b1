from odoo import fields, models

OLD_PARTS = [("keep", "Keep It"), ("maker", "Return to the Maker")]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_old_part = fields.Selection(
        selection=OLD_PARTS,
        string="Old Part",
        help="What is done with the part this one replaces. Work orders ask where it is before "
        "they end; empty: nobody asks.",
    )
