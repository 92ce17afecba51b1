from odoo import fields, models

OLD_PARTS = [("keep", "Keep It"), ("maker", "Return to the Maker")]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_charge_kind = fields.Selection(
        selection_add=[("advance", "Payment in Advance")], ondelete={"advance": "set null"}
    )
    aftersales_old_part = fields.Selection(
        selection=OLD_PARTS,
        string="Old Part",
        help="What is done with the part this one replaces. Work orders ask where it is before "
        "they end; empty: nobody asks.",
    )
    aftersales_needs_installation = fields.Boolean(
        string="Needs Installation",
        help="Delivering this product makes a work order for whoever installs it.",
    )
    aftersales_install_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        string="Installed As",
        help="The service type of that work order. Empty: the one of the company.",
    )
