from odoo import api, fields, models


class AftersalesRequest(models.Model):
    _name = "aftersales.request"
    _inherit = ["aftersales.request", "aftersales.complained.mixin"]
    _complaint_field = "request_id"

    complaint_ids = fields.One2many(
        comodel_name="aftersales.complaint", inverse_name="request_id", string="Complaints"
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
