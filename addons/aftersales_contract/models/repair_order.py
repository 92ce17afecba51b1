from odoo import fields, models


class RepairOrder(models.Model):
    _inherit = "repair.order"

    plan_ids = fields.One2many(
        comodel_name="aftersales.maintenance.plan",
        inverse_name="repair_id",
        string="Planned Visit",
    )
    contract_amount = fields.Monetary(
        string="Contract Bears", compute="_compute_charge_amounts", compute_sudo=True
    )

    def _get_borne_fields(self):
        return {**super()._get_borne_fields(), "contract": "contract_amount"}
