from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesUnionReport(models.AbstractModel):
    _inherit = "aftersales.union.report"

    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", readonly=True)

    _depends = {"aftersales.charge": ["repair_id"]}

    @api.model
    def _get_charge_columns(self):
        return {**super()._get_charge_columns(), "repair_id": SQL("h.repair_id")}
