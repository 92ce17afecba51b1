from odoo import api, fields, models


class AftersalesStatementColumn(models.Model):
    _inherit = "aftersales.statement.column"

    key = fields.Selection(
        selection_add=[("work_order", "Work Order"), ("remedy", "Remedy")],
        ondelete={"work_order": "cascade", "remedy": "cascade"},
    )

    @api.model
    def _get_paths(self):
        return {
            **super()._get_paths(),
            "work_order": "charge_id.repair_id.name",
            "remedy": "charge_id.repair_id.remedy_id.display_name",
        }
