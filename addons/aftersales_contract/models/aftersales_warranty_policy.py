from odoo import fields, models


class AftersalesWarrantyPolicy(models.Model):
    _inherit = "aftersales.warranty.policy"

    maintenance_rule_ids = fields.One2many(
        comodel_name="aftersales.maintenance.rule",
        inverse_name="policy_id",
        string="Maintenance",
        help="Preventive visits every unit sold with this policy gets while its warranty runs.",
    )

    def unlink(self):
        # Through the rules' own door: what they released stays on record.
        self.with_context(active_test=False).maintenance_rule_ids.unlink()
        return super().unlink()
