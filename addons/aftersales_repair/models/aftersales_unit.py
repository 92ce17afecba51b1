from collections import Counter

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

    def _get_repeats(self, request=None):
        # Who may exchange the unit may know how often it was repaired, by whomever.
        done_sudo = (
            self.env["repair.order"]
            .sudo()
            .search(
                [
                    ("unit_id", "in", self._get_replaced_chain().ids),
                    ("state", "=", "done"),
                    ("is_refurbish", "=", False),
                ]
            )
        )
        if request and (asked := request.symptom_id | request.cause_id):
            return len(
                done_sudo.filtered(
                    lambda repair: (
                        repair.request_id != request
                        and asked & (repair.symptom_id | repair.cause_id)
                    )
                )
            )
        faults = Counter(
            fault for repair in done_sudo for fault in repair.symptom_id | repair.cause_id
        )
        return max(faults.values(), default=0)

    def action_view_repairs(self):
        """Open the work orders on this unit."""
        return self._get_related_action("aftersales_repair.repair_order_action")
