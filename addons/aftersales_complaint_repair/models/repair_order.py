from odoo import fields, models


class RepairOrder(models.Model):
    _inherit = "repair.order"

    complaint_ids = fields.One2many(
        comodel_name="aftersales.complaint", inverse_name="repair_id", string="Complaints"
    )
    complaint_count = fields.Integer(
        compute="_compute_complaint_count",
        groups="aftersales_base.group_aftersales_technician,"
        "aftersales_base.group_aftersales_settlement",
    )

    def _compute_complaint_count(self):
        counts = dict(
            self.env["aftersales.complaint"]._read_group(
                [("repair_id", "in", self.ids)], ["repair_id"], ["__count"]
            )
        )
        for order in self:
            order.complaint_count = counts.get(order, 0)

    def action_view_complaints(self):
        """Open the complaints about this work order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_complaint.aftersales_complaint_action"
        )
        action["domain"] = [("repair_id", "=", self.id)]
        action["context"] = self._prepare_complaint_context()
        return action

    def action_new_complaint(self):
        """Open an empty complaint about this work order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.complaint",
            "view_mode": "form",
            "context": self._prepare_complaint_context(),
        }

    def _prepare_complaint_context(self):
        """Return the defaults of a complaint about this order; the rest follows from it."""
        self.ensure_one()
        return {"default_repair_id": self.id, "default_target_kind": "service"}
