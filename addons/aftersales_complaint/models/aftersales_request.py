from odoo import api, fields, models


class AftersalesRequest(models.Model):
    _inherit = "aftersales.request"

    complaint_ids = fields.One2many(
        comodel_name="aftersales.complaint", inverse_name="request_id", string="Complaints"
    )
    complaint_count = fields.Integer(
        compute="_compute_complaint_count",
        groups="aftersales_base.group_aftersales_technician,"
        "aftersales_base.group_aftersales_settlement",
    )
    rectified_complaint_id = fields.Many2one(
        comodel_name="aftersales.complaint",
        string="Rectifies Complaint",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
        tracking=True,
        help="The complaint whose cause this request puts right.",
    )

    _rectified_complaint_uniq = models.UniqueIndex(
        "(rectified_complaint_id) "
        "WHERE rectified_complaint_id IS NOT NULL AND state != 'cancelled'",
        "This complaint has a rectification already. Cancel that request first.",
    )

    def _compute_complaint_count(self):
        counts = dict(
            self.env["aftersales.complaint"]._read_group(
                [("request_id", "in", self.ids)], ["request_id"], ["__count"]
            )
        )
        for request in self:
            request.complaint_count = counts.get(request, 0)

    def action_view_complaints(self):
        """Open the complaints about this request."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_complaint.aftersales_complaint_action"
        )
        action["domain"] = [("request_id", "=", self.id)]
        action["context"] = self._prepare_complaint_context()
        return action

    def action_new_complaint(self):
        """Open an empty complaint about this request."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.complaint",
            "view_mode": "form",
            "context": self._prepare_complaint_context(),
        }

    def _transition_error_message(self, target):
        if self.state == "cancelled":
            # What another team does for the same complaint counts as well.
            reworks_sudo = self.sudo().rectified_complaint_id.rework_ids - self
            if living := reworks_sudo.filtered(lambda request: request.state != "cancelled")[:1]:
                return self.env._(
                    "%(complaint)s is put right by request %(request)s now. Cancel that one first.",
                    complaint=self.sudo().rectified_complaint_id.name,
                    request=living.name,
                )
        return super()._transition_error_message(target)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # The index on living rectifications has to see at once that this one is cancelled.
        self.filtered("rectified_complaint_id").flush_recordset(["state"])

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"rectified_complaint_id"}

    def _prepare_complaint_context(self):
        """Return the defaults of a complaint about this request; the rest follows from it."""
        self.ensure_one()
        return {"default_request_id": self.id, "default_target_kind": "service"}
