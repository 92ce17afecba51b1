from odoo import api, fields, models

from .aftersales_charge import CHARGE_KINDS


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Warranty Policy",
        help="Delivering this product registers an installed product with the warranties of "
        "this policy. Empty: the policy of the category, if any.",
    )
    aftersales_charge_kind = fields.Selection(
        selection=CHARGE_KINDS,
        string="Charged As",
        compute="_compute_aftersales_charge_kind",
        store=True,
        readonly=False,
        precompute=True,
        help="The kind of charge this product makes on a work order; warranties may cover "
        "parts, labour and travel differently.",
    )
    aftersales_repair_level_id = fields.Many2one(
        comodel_name="aftersales.repair.level",
        string="Repair Level",
        help="For labour: how big the repair is; some makers pay a flat amount for it.",
    )

    aftersales_sold_by_others = fields.Boolean(
        string="Not Sold by Us",
        help="Of another maker or shop: we serve it, and service prices may differ.",
    )

    @api.depends("type")
    def _compute_aftersales_charge_kind(self):
        for template in self:
            if template.type == "service":
                if template.aftersales_charge_kind in (False, "part"):
                    template.aftersales_charge_kind = "labour"
            else:
                template.aftersales_charge_kind = "part"
