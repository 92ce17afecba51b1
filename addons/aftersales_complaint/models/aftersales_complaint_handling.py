from odoo import api, fields, models
from odoo.tools import is_html_empty

from .aftersales_complaint import AGENT, ENDED, MANAGER, TECHNICIAN


class AftersalesComplaint(models.Model):
    """How a complaint is handled: its steps, the answer, and what stands in the way of its end."""

    _inherit = "aftersales.complaint"

    record_only = fields.Boolean(
        string="Just Noted",
        help="Nothing has to be answered: it is written down and closed at once.",
    )
    answer = fields.Html(
        string="Answer to the Customer", copy=False, help="Sent to him when it is answered."
    )
    root_cause = fields.Html(copy=False, help="Why it came to this; internal.")
    action_ids = fields.One2many(
        comodel_name="aftersales.corrective.action",
        inverse_name="complaint_id",
        string="Corrective Actions",
    )
    action_count = fields.Integer(string="Corrective Action Count", compute="_compute_action_count")
    satisfaction = fields.Selection(
        selection=[
            ("satisfied", "Satisfied"),
            ("neutral", "Accepts It"),
            ("dissatisfied", "Not Satisfied"),
        ],
        string="Customer Is",
        copy=False,
        tracking=True,
        help="What he said when he was called back.",
    )
    verification_note = fields.Text(string="Result", copy=False, help="Did what was done help?")
    answer_user_id = fields.Many2one(
        comodel_name="res.users", string="Answered By", readonly=True, copy=False
    )
    date_answered = fields.Datetime(string="Answered On", readonly=True, copy=False)
    verify_user_id = fields.Many2one(
        comodel_name="res.users", string="Verified By", readonly=True, copy=False
    )
    date_verified = fields.Datetime(string="Verified On", readonly=True, copy=False)
    date_closed = fields.Datetime(
        string="Closed", readonly=True, copy=False, index="btree_not_null"
    )
    blocking_message = fields.Char(compute="_compute_next_states")
    may_edit = fields.Boolean(compute="_compute_next_states")

    # === COMPUTE METHODS === #

    @api.depends("action_ids")
    def _compute_action_count(self):
        for complaint in self:
            complaint.action_count = len(complaint.action_ids)

    @api.depends(
        "state",
        "record_only",
        "handler_id",
        "target_user_id",
        "answer",
        "outcome",
        "compensation_status",
        "action_ids.date_done",
        "rework_ids.state",
    )
    @api.depends_context("uid")
    def _compute_next_states(self):
        for complaint in self:
            errors = {
                target: complaint._get_step_error(target)
                or complaint._transition_error_message(target)
                for target in complaint._get_next_states()
            }
            possible = sorted(target for target, error in errors.items() if not error)
            complaint.next_states = ",".join(possible)
            complaint.blocking_message = errors.get(complaint._get_natural_step()) or ""
            # As it was before what is being typed: who hands over or names another handler on a
            # new complaint still edits it until he saves.
            saved = complaint._origin
            complaint.may_edit = not saved or not saved._get_editor_error()

    # === ACTION METHODS === #

    def action_start(self):
        """Take the complaint up; nobody named means the one who pressed the button."""
        return self.write({"state": "in_progress"})

    def action_answer(self):
        """Send the answer to the customer."""
        return self.write({"state": "answered"})

    def action_verify(self):
        """Note that somebody else asked the customer and what was done stands."""
        return self.write({"state": "verified"})

    def action_close(self):
        """Close the complaint."""
        return self.write({"state": "closed"})

    def action_reopen(self):
        """Take the complaint up again: the customer is not satisfied."""
        return self.write({"state": "in_progress"})

    def action_cancel(self):
        """Drop the complaint: entered twice, or withdrawn by the customer."""
        return self.write({"state": "cancelled"})

    def action_restore(self):
        """Bring a cancelled complaint back."""
        return self.write({"state": "new"})

    def action_view_actions(self):
        """Open the corrective actions."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_complaint.aftersales_corrective_action_action"
        )
        action["domain"] = [("complaint_id", "=", self.id)]
        action["context"] = {"default_complaint_id": self.id}
        return action

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "new": {"in_progress": TECHNICIAN, "closed": AGENT, "cancelled": AGENT},
            "in_progress": {"answered": TECHNICIAN, "closed": AGENT, "cancelled": AGENT},
            "answered": {"in_progress": TECHNICIAN, "verified": AGENT, "cancelled": AGENT},
            "verified": {"closed": TECHNICIAN, "in_progress": AGENT},
            "closed": {"in_progress": AGENT},
            "cancelled": {"new": MANAGER},
        }

    def _get_natural_step(self):
        """Return the state the complaint should reach next, for the banner of the form."""
        self.ensure_one()
        steps = {"in_progress": "answered", "answered": "verified", "verified": "closed"}
        if self.record_only and self.state in ("new", "in_progress"):
            return "closed"
        return steps.get(self.state)

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "date_answered",
            "answer_user_id",
            "date_verified",
            "verify_user_id",
            "date_closed",
        }

    def _transition_error_message(self, target):
        message = ""
        if target == "answered" and is_html_empty(self.answer):
            message = self.env._(
                "%(complaint)s has no answer. Write down what the customer is told.",
                complaint=self.display_name,
            )
        elif target == "closed":
            message = self._closing_error_message()
        elif target == "cancelled" and self._get_compensation_status() in (
            "approved",
            "credited",
            "paid_out",
        ):
            message = self.env._(
                "The compensation of %(complaint)s is approved. Withdraw it before cancelling.",
                complaint=self.display_name,
            )
        return message or super()._transition_error_message(target)

    def _closing_error_message(self):
        """Return what has to be done before the complaint can be closed."""
        if self.state in ("new", "in_progress") and not self.record_only:
            return self.env._(
                "%(complaint)s has to be answered and verified before it is closed. If there is "
                "nothing to answer, tick Just Noted.",
                complaint=self.display_name,
            )
        # What stands in the way is a fact, whoever asks and whatever he may read.
        open_action = self.sudo().action_ids.filtered(lambda action: not action.date_done)[:1]
        if open_action:
            return self.env._(
                "%(complaint)s has a corrective action that is not done: %(action)s "
                "(%(owner)s, due %(date)s).",
                complaint=self.display_name,
                action=open_action.name,
                owner=open_action.user_id.name,
                date=fields.Date.to_string(open_action.date_deadline),
            )
        return self._compensation_error_message() or self._rework_error_message()

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        now = fields.Datetime.now()
        if target == "answered":
            vals |= {"date_answered": now, "answer_user_id": self.env.uid}
        elif target == "verified":
            vals |= {"date_verified": now, "verify_user_id": self.env.uid}
        elif target in ("new", "in_progress"):
            vals |= {"date_verified": False, "verify_user_id": False}
        vals["date_closed"] = now if target in ENDED else False
        return vals

    def _before_transition(self, target):
        super()._before_transition(target)
        if target == "in_progress":
            # Who takes up what nobody handles, handles it; that he may was checked in write.
            unnamed = self.filtered(lambda complaint: not complaint.handler_id)
            unnamed.sudo().write({"handler_id": self.env.uid})

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        self._sync_reminders()
        self.sudo().action_ids._sync_reminders()
        if target == "answered":
            self._send_answer()

    def _send_answer(self):
        """Post the answer where the customer reads it, and mail it to him."""
        for complaint in self:
            complaint.message_post(
                body=complaint.answer,
                partner_ids=complaint.partner_id.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
