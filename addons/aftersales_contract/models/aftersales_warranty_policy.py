from odoo import fields, models


class AftersalesWarrantyPolicy(models.Model):
    _inherit = "aftersales.warranty.policy"

    maintenance_rule_ids = fields.One2many(
        comodel_name="aftersales.maintenance.rule",
        inverse_name="policy_id",
        string="Maintenance",
        help="Preventive visits every unit sold with this policy gets while its warranty runs.",
    )
