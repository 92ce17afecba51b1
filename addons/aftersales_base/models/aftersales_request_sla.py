from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize

# The agent speaks with the customer while he writes: that is the first answer.
DIRECT_CHANNELS = ("phone", "chat", "walk_in")


class AftersalesRequest(models.Model):
    """The clocks of a request: how soon the customer is answered and helped."""

    _name = "aftersales.request"
    _inherit = ["aftersales.request", "aftersales.sla.mixin"]

    _sla_start_field = "date_reported"
    _sla_end_field = "date_closed"
    _workday_action = "aftersales_base.aftersales_request_action"
    _workday_sequence = 10

    pause_reason_id = fields.Many2one(
        comodel_name="aftersales.pause.reason",
        string="Waits For",
        check_company=True,
        copy=False,
        readonly=True,
        tracking=True,
    )

    # What is open, by whose it is and when it is due: the screens of the day read this alone.
    _open_user_due_idx = models.Index("(user_id, date_due) WHERE date_closed IS NULL")
    # The order of the list, so that a page of many is read without sorting them all.
    _order_idx = models.Index("(priority DESC, date_reported DESC, id DESC)")
    _open_team_due_idx = models.Index("(team_id, date_due) WHERE date_closed IS NULL")

    # === COMPUTE METHODS === #

    @api.depends("channel")
    def _compute_date_first_response(self):
        super()._compute_date_first_response()
        for request in self:
            if not request.date_first_response and request.channel in DIRECT_CHANNELS:
                request.date_first_response = request.date_reported

    # === ACTION METHODS === #

    def action_wait(self, reason=None):
        """Put the request aside until what it waits for is there.

        :param reason: ``aftersales.pause.reason``; default: the first of the list
        """
        reason = reason or self.env["aftersales.pause.reason"].search([], limit=1)
        # Written here alone: the reason belongs to the step.
        self.sudo().pause_reason_id = reason
        return super().action_wait(reason)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"pause_reason_id"}

    def _before_transition(self, target):
        super()._before_transition(target)
        if target not in ("done", "cancelled"):
            self._sla_note_closed_time()

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "waiting":
            for reason, requests in self.grouped("pause_reason_id").items():
                requests._sla_pause(reason)
        elif origin == "waiting":
            self._sla_resume()
            self.sudo().pause_reason_id = False

    def _message_post_after_hook(self, message, msg_values):
        super()._message_post_after_hook(message, msg_values)
        if self.env.context.get("aftersales_opening_mail"):
            return
        self._sla_take_message(message)

    def _get_customer_emails(self):
        own = email_normalize(self.email_from)
        return super()._get_customer_emails() | ({own} if own else set())

    def _resume_on_reply(self):
        """Go on with what waited for the customer, who has just answered."""
        # The customer has no right to the step; that he wrote is what opens it.
        waiting_sudo = self.sudo().filtered(
            lambda request: request.state == "waiting" and request.pause_reason_id.ends_on_reply
        )
        waiting_sudo.write({"state": "in_progress"})

    @api.model
    def _get_sla_depends(self):
        return [
            *super()._get_sla_depends(),
            "state",
            "priority",
            "service_type_id",
            "team_id",
            "partner_id",
            "unit_id",
            "company_id",
        ]

    def _get_sla_criteria(self):
        return {
            **super()._get_sla_criteria(),
            "priority": self.priority,
            "service_type_ids": self.service_type_id,
            "team_ids": self.team_id,
            "level_ids": self.partner_id.commercial_partner_id.aftersales_level_id,
            "warranty_policy_ids": self.unit_id.policy_id,
        }

    @api.model
    def _get_due_depends(self):
        return [*super()._get_due_depends(), "date_scheduled"]

    def _get_due_moments(self):
        return [*super()._get_due_moments(), self.date_scheduled]

    @api.model
    def _get_waiting_domain(self):
        return Domain("state", "=", "waiting")

    @api.model
    def _get_workday_name(self):
        return self.env._("Requests")

    @api.model
    def _get_workday_fields(self):
        return [*super()._get_workday_fields(), "subject"]

    def _get_workday_title(self):
        return self.subject or super()._get_workday_title()

    def _has_sla(self):
        return super()._has_sla() and self.state != "cancelled"
