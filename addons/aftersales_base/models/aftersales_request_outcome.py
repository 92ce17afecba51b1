from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime, html2plaintext, plaintext2html

CHECK_BACK = "aftersales_base.mail_activity_type_check_back"
CHECK_BACK_MINUTES = 15  # how long the call takes in the calendar


class AftersalesRequest(models.Model):
    """How a request came out, and the call to hear whether it helped (IN15, RP6)."""

    _inherit = "aftersales.request"

    resolution = fields.Selection(
        selection=[
            ("phone", "Solved on the Phone"),
            ("advice", "Advice Given"),
            ("visit", "Solved on Site"),
            ("workshop", "Solved in the Workshop"),
            ("none", "Not Solved"),
        ],
        string="Outcome",
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="How the request was closed. Work orders that are done say it by themselves.",
    )
    resolution_note = fields.Text(
        string="How It Was Solved", copy=False, help="For colleagues: what helped, step by step."
    )
    solving_rate = fields.Float(
        string="Solved (%)",
        compute="_compute_solving_rate",
        store=True,
        aggregator="avg",
        help="Of what was closed, how much was solved. Cancelled requests do not count.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "resolution")
    def _compute_solving_rate(self):
        for request in self:
            solved = request.state == "done" and request.resolution != "none"
            request.solving_rate = 100.0 if solved else 0.0

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != "solving_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        # What is open is not unsolved yet.
        return SQL(
            "AVG(%(rate)s) FILTER (WHERE %(state)s = 'done')",
            rate=self._field_to_sql(self._table, "solving_rate", query),
            state=self._field_to_sql(self._table, "state", query),
        )

    # === BUSINESS METHODS === #

    def _solve(self, vals, check_back=0):
        """Close these requests with what helped, by the one who helped.

        :param dict vals: ``resolution``, ``resolution_note``, ``symptom_id``, ``cause_id`` and
            ``remedy_id``
        :param int check_back: minutes until he is to call and hear whether it helped; 0: not
        :raises UserError: when a request cannot be closed in its state, or not by him
        """
        if closed := self.filtered(lambda request: request.state == "done")[:1]:
            raise UserError(
                self.env._(
                    "%(request)s is solved already. Reopen it when that was not the end of it.",
                    request=closed.display_name,
                )
            )
        for request in self.filtered(lambda request: not request.user_id):
            request.user_id = self.env.user
        self.write({**vals, "state": "done"})
        if note := vals.get("resolution_note"):
            for request in self:
                request.message_post(body=plaintext2html(note), subtype_xmlid="mail.mt_note")
        if check_back:
            self._schedule_check_back(check_back)

    def _schedule_check_back(self, minutes):
        """Make a to-do for the day and a reminder for the minute to call the customer back.

        Activities know days only: the time is in its name, and in the calendar, which rings.
        """
        user = self.env.user
        moment = fields.Datetime.now() + timedelta(minutes=minutes)
        local = fields.Datetime.context_timestamp(self.with_context(tz=user.tz or "UTC"), moment)
        time = format_datetime(self.env, moment, tz=user.tz or "UTC", dt_format="HH:mm")
        events = self._get_check_back_calendar().create(
            [request._prepare_check_back_event_vals(user, moment) for request in self]
        )
        for request, event in zip(self, events, strict=True):
            request.activity_schedule(
                CHECK_BACK,
                date_deadline=local.date(),
                summary=self.env._("Check back at %(time)s", time=time),
                note=request.resolution_note and plaintext2html(request.resolution_note),
                user_id=user.id,
                calendar_event_id=event.id,
            )

    def _get_check_back_calendar(self):
        """Return the calendar without what the screen is about: it would add a to-do of its own."""
        kept = ("lang", "tz", "allowed_company_ids")
        context = {key: value for key, value in self.env.context.items() if key in kept}
        return self.env["calendar.event"].with_context(context, no_mail_to_attendees=True)

    def _prepare_check_back_event_vals(self, user, moment):
        """Return the entry of the agent's calendar; what it is about colleagues do not see."""
        self.ensure_one()
        alarm = self.env.ref("aftersales_base.calendar_alarm_check_back", False)
        return {
            "name": self.env._("Check back: %(request)s", request=self.display_name),
            "description": self._get_html_link(),
            "location": self.partner_phone,
            "start": moment,
            "stop": moment + timedelta(minutes=CHECK_BACK_MINUTES),
            "user_id": user.id,
            "partner_ids": [fields.Command.set(user.partner_id.ids)],
            "alarm_ids": [fields.Command.set(alarm.ids)] if alarm else [],
            "privacy": "private",
            "show_as": "free",
        }

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "done":
            silent = self.filtered(lambda request: not request.resolution)
            for outcome, requests in silent.grouped(lambda request: request._get_outcome()).items():
                if outcome:
                    requests.resolution = outcome
        elif origin == "done":
            # Taken up again: it has no outcome yet, and nobody has to ask whether it helped.
            self.resolution = False
            check_backs = self.activity_ids.filtered(
                lambda activity: activity.activity_type_id == self.env.ref(CHECK_BACK, False)
            )
            # Also those of the colleague who had closed it.
            check_backs.sudo().unlink_w_meeting()

    def _get_outcome(self):
        """Return the outcome that follows from the work, if any; modules know the work."""
        self.ensure_one()
        return False

    def _get_solution_text(self, replaced):
        text = super()._get_solution_text(replaced)
        if self.resolution_note and self.resolution_note not in html2plaintext(text or ""):
            text = (text or "") + plaintext2html(self.resolution_note)
        return text
