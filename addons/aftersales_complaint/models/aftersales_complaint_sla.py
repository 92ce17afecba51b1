from odoo import api, fields, models


class AftersalesComplaint(models.Model):
    """The clocks of a complaint: until the customer hears from us, and until it is closed (SL1)."""

    _name = "aftersales.complaint"
    _inherit = ["aftersales.complaint", "aftersales.wait.mixin"]

    _sla_start_field = "date_reported"
    _sla_end_field = "date_closed"
    _workday_user_field = "handler_id"
    _workday_action = "aftersales_complaint.aftersales_complaint_action"
    _workday_icon = "fa-frown-o"
    _workday_sequence = 30

    resolution_deadline = fields.Datetime(string="Close Until")
    sla_result = fields.Selection(string="Closing Came")
    resolution_hours = fields.Float(string="Hours to Close")

    # === BUSINESS METHODS === #

    def _check_may_wait(self):
        super()._check_may_wait()
        self._check_editor({"pause_reason_id"})

    def _before_transition(self, target):
        super()._before_transition(target)
        if target not in ("closed", "cancelled"):
            self._sla_note_closed_time()

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        self._sla_resume()
        if target == "answered":
            self._sla_answer()

    def _message_post_after_hook(self, message, msg_values):
        super()._message_post_after_hook(message, msg_values)
        self._sla_take_message(message)

    @api.model
    def _get_due_depends(self):
        return [*super()._get_due_depends(), "date_deadline"]

    def _get_due_moments(self):
        # The day ends where the company is.
        day = self.date_deadline
        end = day and self.company_id._get_aftersales_last_moment(day)
        return [*super()._get_due_moments(), end]

    @api.model
    def _get_workday_name(self):
        return self.env._("Complaints")

    @api.model
    def _get_workday_fields(self):
        return [*super()._get_workday_fields(), "subject"]

    def _get_workday_title(self):
        return self.subject or super()._get_workday_title()

    def _has_sla(self):
        return super()._has_sla() and self.state != "cancelled"

    def _get_sla_user(self):
        return self.handler_id

    @api.model
    def _get_sla_depends(self):
        return [
            *super()._get_sla_depends(),
            "state",
            "severity",
            "request_id.service_type_id",
            "team_id",
            "partner_id",
            "unit_id",
            "company_id",
        ]

    def _get_sla_criteria(self):
        return {
            **super()._get_sla_criteria(),
            "severity": self.severity,
            "service_type_ids": self.request_id.service_type_id,
            "team_ids": self.team_id,
            "level_ids": self.partner_id.commercial_partner_id.aftersales_level_id,
            "warranty_policy_ids": self.unit_id.policy_id,
        }
