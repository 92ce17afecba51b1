from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesSlaPolicy(models.Model):
    """Time limits that hold for customers whose contract names them (SL1)."""

    _inherit = "aftersales.sla.policy"

    by_contract = fields.Boolean(
        string="Only by Contract",
        help="Holds for customers whose contract names it, and for nobody else.",
    )
    contract_ids = fields.Many2many(
        comodel_name="aftersales.contract",
        relation="aftersales_contract_sla_policy_rel",
        column1="policy_id",
        column2="contract_id",
        string="Named by",
    )

    @api.model
    def _get_general_domain(self, records):
        return super()._get_general_domain(records) & Domain("by_contract", "=", False)
