from odoo import fields, models


class AftersalesUnit(models.Model):
    _inherit = "aftersales.unit"

    complaint_ids = fields.One2many(
        comodel_name="aftersales.complaint", inverse_name="unit_id", string="Complaints"
    )
    complaint_count = fields.Integer(
        compute="_compute_complaint_count",
        groups="aftersales_base.group_aftersales_technician,"
        "aftersales_base.group_aftersales_settlement",
    )

    def _compute_complaint_count(self):
        counts = dict(
            self.env["aftersales.complaint"]._read_group(
                [("unit_id", "in", self.ids)], ["unit_id"], ["__count"]
            )
        )
        for unit in self:
            unit.complaint_count = counts.get(unit, 0)

    def action_view_complaints(self):
        """Open the complaints about this unit."""
        return self._get_related_action("aftersales_complaint.aftersales_complaint_action")
