from odoo import api, fields, models

REPORT = "aftersales.result.report"
SEERS = "aftersales_base.group_aftersales_manager,aftersales_base.group_aftersales_settlement"


class RepairOrder(models.Model):
    """What the order came to, for managers and finance."""

    _inherit = "repair.order"

    result_margin = fields.Monetary(
        string="Margin",
        compute="_compute_result_margin",
        groups=SEERS,
        currency_field="result_currency_id",
        help="Revenue less parts, labour and other costs, in the company's currency; of work that "
        "is done.",
    )
    result_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency", groups=SEERS
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state", "charge_ids.state", "charge_ids.customer_amount", "charge_ids.refused_amount"
    )
    def _compute_result_margin(self):
        groups = self.env[REPORT]._read_group(
            [("repair_id", "in", self.ids)], ["repair_id"], ["margin:sum"]
        )
        margins = {repair.id: margin for repair, margin in groups}
        for repair in self:
            repair.result_margin = margins.get(repair.id, 0.0)

    # === ACTION METHODS === #

    def action_view_result(self):
        """Show what the orders brought in and cost, row by row."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_result_report_action"
        )
        return {
            **action,
            "domain": [("repair_id", "in", self.ids)],
            "context": {},
            "views": [(False, "list"), (False, "pivot")],
            "view_mode": "list,pivot",
        }
