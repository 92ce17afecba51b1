from odoo import fields, models


class AftersalesUnit(models.Model):
    _inherit = "aftersales.unit"

    repair_ids = fields.One2many(
        comodel_name="repair.order", inverse_name="unit_id", string="Work Orders"
    )
    repair_count = fields.Integer(string="Work Order Count", compute="_compute_repair_count")

    def _compute_repair_count(self):
        counts = dict(
            self.env["repair.order"]._read_group(
                [("unit_id", "in", self.ids)], ["unit_id"], ["__count"]
            )
        )
        for unit in self:
            unit.repair_count = counts.get(unit, 0)

    def action_view_repairs(self):
        """Open the work orders on this unit."""
        return self._get_related_action("aftersales_repair.repair_order_action")
