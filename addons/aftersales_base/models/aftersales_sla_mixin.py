from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..tools.jobs import attempt, attempt_together, each_batch
from ..tools.working_time import WorkingTime, get_due, get_used

BATCH = 200
RESULTS = [("met", "In Time"), ("missed", "Too Late")]
STATES = [
    ("none", "No Limit"),
    ("on_time", "On Time"),
    ("at_risk", "At Risk"),
    ("late", "Late"),
    ("paused", "Paused"),
    ("met", "Solved in Time"),
    ("missed", "Solved Too Late"),
]


class AftersalesSlaMixin(models.AbstractModel):
    """Two clocks on a record: until we answer first, and until it is solved (SL1-SL3).

    A policy says how much working time each has. Deadlines are worked out from facts - the
    start, the pauses, the end - and stored, so that *late* is a comparison of dates: nothing
    is rewritten when time passes, and a change of priority keeps what was paused.

    A model says where its clocks start and end (``_sla_start_field``, ``_sla_end_field``),
    whether a message to the customer is the first answer (``_sla_answered_by_message``),
    what a policy may ask for (:meth:`_get_sla_criteria`), which records have clocks at all
    (:meth:`_has_sla`), and calls :meth:`_sla_pause`, :meth:`_sla_resume`, :meth:`_sla_answer`.
    """

    _name = "aftersales.sla.mixin"
    _description = "Clocks"

    _sla_start_field = "create_date"
    _sla_end_field = "date_closed"
    _sla_answered_by_message = True

    sla_policy_id = fields.Many2one(
        comodel_name="aftersales.sla.policy",
        string="Service Level Policy",
        compute="_compute_sla_policy_id",
        store=True,
        precompute=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    sla_pause_ids = fields.One2many(
        comodel_name="aftersales.sla.pause", inverse_name="res_id", string="Times of Waiting"
    )
    sla_done_ids = fields.One2many(
        comodel_name="aftersales.sla.escalation.done",
        inverse_name="res_id",
        string="Escalations Done",
    )
    sla_paused = fields.Boolean(
        string="Clock Stands Still", compute="_compute_sla_paused", store=True, copy=False
    )
    date_first_response = fields.Datetime(
        string="First Answer",
        compute="_compute_date_first_response",
        store=True,
        copy=False,
        help="When we first told the customer something.",
    )
    response_deadline = fields.Datetime(
        string="Answer Until", compute="_compute_sla_deadlines", store=True, copy=False
    )
    resolution_deadline = fields.Datetime(
        string="Solve Until", compute="_compute_sla_deadlines", store=True, copy=False
    )
    sla_deadline = fields.Datetime(
        string="Next Limit",
        compute="_compute_sla_deadlines",
        store=True,
        copy=False,
        index="btree_not_null",
        help="What comes first: our first answer, or the solution.",
    )
    sla_warning = fields.Datetime(
        string="At Risk From",
        compute="_compute_sla_deadlines",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    sla_next_escalation = fields.Datetime(
        string="Next Escalation",
        compute="_compute_sla_deadlines",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    response_result = fields.Selection(
        selection=RESULTS,
        string="First Answer Came",
        compute="_compute_sla_results",
        store=True,
        copy=False,
    )
    sla_result = fields.Selection(
        selection=RESULTS,
        string="Solution Came",
        compute="_compute_sla_results",
        store=True,
        copy=False,
    )
    response_hours = fields.Float(
        string="Hours to First Answer",
        compute="_compute_sla_results",
        store=True,
        copy=False,
        aggregator="avg",
        help="Working time of the policy from the report to our first answer, times of waiting "
        "left out.",
    )
    resolution_hours = fields.Float(
        string="Hours to Solve",
        compute="_compute_sla_results",
        store=True,
        copy=False,
        aggregator="avg",
        help="Working time of the policy from the report to the solution, times of waiting "
        "left out.",
    )
    sla_state = fields.Selection(
        selection=STATES,
        string="Clock",
        compute="_compute_sla_state",
        search="_search_sla_state",
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: self._get_sla_policy_depends())
    def _compute_sla_policy_id(self):
        counted = self.filtered(lambda record: record._has_sla())
        (self - counted).sla_policy_id = False
        # What is over keeps the policy it was done under.
        running = counted.filtered(lambda record: not record[record._sla_end_field])
        for record, policy in self.env["aftersales.sla.policy"]._find_for(running).items():
            record.sla_policy_id = policy
        for record in counted - running:
            record.sla_policy_id = record.sla_policy_id

    @api.depends("sla_pause_ids.date_to", "sla_pause_ids.stops_clock")
    def _compute_sla_paused(self):
        for record in self:
            record.sla_paused = any(
                pause.stops_clock and not pause.date_to for pause in record.sla_pause_ids
            )

    @api.depends(lambda self: [self._sla_end_field])
    def _compute_date_first_response(self):
        for record in self:
            record.date_first_response = record.date_first_response or record[record._sla_end_field]

    @api.depends(lambda self: self._get_sla_clock_depends())
    def _compute_sla_deadlines(self):
        working_times = {}
        for record in self:
            record.update(record._get_sla_deadlines(working_times))

    @api.depends(lambda self: self._get_sla_clock_depends())
    def _compute_sla_results(self):
        working_times = {}
        for record in self:
            record.update(record._get_sla_results(working_times))

    @api.depends("sla_policy_id", "sla_deadline", "sla_warning", "sla_result", "sla_paused")
    def _compute_sla_state(self):
        now = fields.Datetime.now()
        for record in self:
            record.sla_state = record._get_sla_state(now)

    def _get_sla_state(self, now):
        self.ensure_one()
        if not self.sla_policy_id:
            return "none"
        if self.sla_result:
            return self.sla_result
        if self.sla_deadline and self.sla_deadline < now:
            return "late"
        if self.sla_paused:
            return "paused"
        if self.sla_deadline and self.sla_warning and self.sla_warning <= now:
            return "at_risk"
        return "on_time"

    @api.model
    def _search_sla_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR(self._get_sla_state_domain(state) for state in value)

    @api.model
    def _get_sla_state_domain(self, state):
        """Return the domain of the records in this state: comparisons of stored dates only."""
        now = fields.Datetime.now()
        if state in ("met", "missed"):
            return Domain("sla_policy_id", "!=", False) & Domain("sla_result", "=", state)
        if state not in dict(STATES):
            return Domain.FALSE
        if state == "none":
            return Domain("sla_policy_id", "=", False)
        late = Domain("sla_deadline", "<", now)
        if state == "late":
            return late & Domain("sla_result", "=", False)
        is_open = Domain("sla_policy_id", "!=", False) & Domain("sla_result", "=", False) & ~late
        if state == "paused":
            return is_open & Domain("sla_paused", "=", True)
        at_risk = Domain("sla_deadline", "!=", False) & Domain("sla_warning", "<=", now)
        counting = is_open & Domain("sla_paused", "=", False)
        return counting & (at_risk if state == "at_risk" else ~at_risk)

    # === CRUD METHODS === #

    def unlink(self):
        # Neither has a right of its own: both go with the record they tell about.
        records_sudo = self.sudo()
        records_sudo.sla_pause_ids.unlink()
        records_sudo.sla_done_ids.unlink()
        return super().unlink()

    def _read_group_select(self, aggregate_spec, query):
        """Average only what is over: hours of an open record are not 0 but unknown."""
        if aggregate_spec in ("response_hours:avg", "resolution_hours:avg"):
            fname = aggregate_spec.partition(":")[0]
            done = "date_first_response" if fname == "response_hours" else self._sla_end_field
            return SQL(
                "AVG(%s) FILTER (WHERE %s IS NOT NULL)",
                self._field_to_sql(self._table, fname, query),
                self._field_to_sql(self._table, done, query),
            )
        return super()._read_group_select(aggregate_spec, query)

    # === HOOKS === #

    @api.model
    def _get_sla_depends(self):
        """Return the names of the fields a policy is chosen by."""
        return []

    @api.model
    def _get_sla_policy_depends(self):
        """Return the names of the fields after which the policy is chosen anew."""
        return [*self._get_sla_depends(), self._sla_start_field, self._sla_end_field]

    @api.model
    def _get_sla_clock_depends(self):
        """Return the names of the fields the clocks are worked out from."""
        return [
            "sla_policy_id",
            "date_first_response",
            "sla_pause_ids.date_from",
            "sla_pause_ids.date_to",
            "sla_pause_ids.stops_clock",
            "sla_done_ids.escalation_id",
            self._sla_start_field,
            self._sla_end_field,
        ]

    def _get_sla_criteria(self):
        """Return, by name of a field of the policy, what this record has."""
        self.ensure_one()
        return {}

    def _get_promised_sla_policies(self):
        """Return ``{record: policies promised to its customer himself}``, the first first.

        Hook for modules that know of such promises; a fixed number of queries for any batch.
        """
        return {}

    @api.model
    def _get_taking_models(self):
        """Return ``[(name, what people call it)]`` of the models that take this mixin."""
        names = {
            name
            for name, model in self.env.registry.items()
            if not model._abstract and issubclass(model, self.env.registry[self._name])
        }
        return sorted((name, self.env[name]._get_sla_document_name()) for name in names)

    @api.model
    def _get_sla_document_name(self):
        """Return what people call a record of this model."""
        return self.env["ir.model"]._get(self._name).name

    def _get_sla_company(self):
        """Return the company whose policies apply."""
        self.ensure_one()
        return self.company_id

    def _has_sla(self):
        """Return whether this record has clocks at all; what is cancelled has none."""
        self.ensure_one()
        return True

    @api.model
    def _get_sla_open_domain(self):
        """Return the domain of the records whose clocks may run."""
        return [(self._sla_end_field, "=", False)]

    def _get_sla_user(self):
        """Return who works on it."""
        self.ensure_one()
        return self.user_id

    def _get_sla_teams(self):
        """Return the team and those above it, from the branch up to head office (OU8)."""
        self.ensure_one()
        return self.team_id._get_chain() if self.team_id else []

    # === BUSINESS METHODS === #

    def _sla_pause(self, reason=None):
        """Let the clocks stand still from now on.

        :param reason: ``aftersales.pause.reason``; one that does not stop the clock is noted
        """
        waiting = self.sudo().filtered(
            lambda record: all(pause.date_to for pause in record.sla_pause_ids)
        )
        # What ended a moment ago has ended in the database, too: one may wait at a time.
        self.env["aftersales.sla.pause"].flush_model(["date_to"])
        self.env["aftersales.sla.pause"].sudo().create(
            [
                {
                    "res_model": self._name,
                    "res_id": record.id,
                    "company_id": record._get_sla_company().id,
                    "reason_id": reason.id if reason else False,
                    "user_id": self.env.user.id,
                }
                for record in waiting
            ]
        )

    def _sla_resume(self):
        """Let the clocks go on."""
        pauses_sudo = self.sudo().sla_pause_ids.filtered(lambda pause: not pause.date_to)
        pauses_sudo.date_to = fields.Datetime.now()

    def _sla_answer(self):
        """Take down that the customer has our first answer; later ones change nothing."""
        # The moment follows from what happened, nobody writes it by hand.
        unanswered_sudo = self.sudo().filtered(lambda record: not record.date_first_response)
        unanswered_sudo.date_first_response = fields.Datetime.now()

    def _sla_take_message(self, message):
        """Take down our first answer, and go on with what waited for the customer's."""
        if message.message_type not in ("comment", "email", "email_outgoing"):
            return
        users_sudo = message.author_id.sudo().with_context(active_test=False).user_ids
        if any(not user.share for user in users_sudo):
            to_customer = not message.subtype_id.internal and not message.is_internal
            if to_customer and self._sla_answered_by_message:
                self._sla_answer()
        else:
            self.filtered(lambda record: record._is_from_customer(message))._resume_on_reply()

    def _is_from_customer(self, message):
        """Return whether the customer wrote the message, not a vendor or carrier in the thread."""
        self.ensure_one()
        author = message.author_id
        if author and self.partner_id:
            return author.commercial_partner_id == self.partner_id.commercial_partner_id
        return email_normalize(message.email_from) in self._get_customer_emails()

    def _get_customer_emails(self):
        """Return the normalized addresses the customer writes from."""
        self.ensure_one()
        return {self.partner_id.email_normalized} - {False, None, ""}

    def _resume_on_reply(self):
        """Go on with what waited for the customer, who has just answered."""

    def _sla_note_closed_time(self):
        """Leave out, before it is reopened, the time since the record was closed."""
        now = fields.Datetime.now()
        self.env["aftersales.sla.pause"].sudo().create(
            [
                {
                    "res_model": self._name,
                    "res_id": record.id,
                    "company_id": record._get_sla_company().id,
                    "date_from": record[self._sla_end_field],
                    "date_to": now,
                    "user_id": self.env.user.id,
                }
                for record in self
                # The clock of another server may be a little ahead.
                if record[self._sla_end_field] and record[self._sla_end_field] <= now
            ]
        )

    def _get_sla_pauses(self):
        """Return the times that do not count, as pairs."""
        self.ensure_one()
        return [
            (pause.date_from, pause.date_to)
            for pause in self.sla_pause_ids
            if pause.stops_clock and pause.date_from
        ]

    def _get_sla_clocks(self):
        """Return ``{clock: (hours, end)}`` of this record's limits."""
        self.ensure_one()
        policy = self.sla_policy_id
        clocks = {
            "response": (policy.response_hours, self.date_first_response),
            "resolution": (policy.resolution_hours, self[self._sla_end_field]),
        }
        return {clock: limit for clock, limit in clocks.items() if limit[0]}

    def _get_sla_working_time(self, working_times):
        """Return the working time of the policy; ``working_times`` keeps those read before."""
        calendar = self.sla_policy_id.calendar_id
        if calendar not in working_times:
            working_times[calendar] = WorkingTime(calendar)
        return working_times[calendar]

    def _get_sla_moments(self, shares, working_times):
        """Return ``{(clock, percent): when so much of its time is used up}``.

        The moment is ``None`` while the clock stands still.

        :param shares: pairs of a clock that has a limit and a percentage of its time
        :param dict working_times: see :meth:`_get_sla_working_time`
        """
        if not shares:
            return {}
        start = self[self._sla_start_field]
        clocks = self._get_sla_clocks()
        working_time = self._get_sla_working_time(working_times)
        pauses = self._get_sla_pauses()
        return {
            (clock, percent): get_due(
                working_time, start, round(clocks[clock][0] * 36 * percent), pauses
            )
            for clock, percent in shares
        }

    def _get_sla_deadlines(self, working_times):
        """Return the moments this record's clocks run to.

        :param dict working_times: see :meth:`_get_sla_working_time`
        """
        started = self.sla_policy_id and self[self._sla_start_field]
        clocks = self._get_sla_clocks() if started else {}
        running = [clock for clock, (__, end) in clocks.items() if not end]
        limits = {clock: (clock, 100) for clock in clocks}
        warnings = [(clock, self.sla_policy_id.warning_percent) for clock in running]
        escalations = [
            (escalation.clock, escalation.percent)
            for escalation in (self._get_sla_open_escalations() if running else ())
            if escalation.clock in running
        ]
        shares = {*limits.values(), *warnings, *escalations}
        moments = self._get_sla_moments(shares, working_times)
        return {
            "response_deadline": moments.get(limits.get("response")),
            "resolution_deadline": moments.get(limits.get("resolution")),
            "sla_deadline": _get_first(moments[limits[clock]] for clock in running),
            "sla_warning": _get_first(moments[share] for share in warnings),
            "sla_next_escalation": _get_first(moments[share] for share in escalations),
        }

    def _get_sla_results(self, working_times):
        """Return what became of the clocks that have ended."""
        start = self[self._sla_start_field]
        ends = {"response": self.date_first_response, "resolution": self[self._sla_end_field]}
        working_time = self._get_sla_working_time(working_times)
        pauses = self._get_sla_pauses()
        seconds = {
            clock: get_used(working_time, start, end, pauses) if start and end else 0
            for clock, end in ends.items()
        }
        limits = {clock: hours for clock, (hours, __) in self._get_sla_clocks().items()}
        results = {
            clock: "met" if seconds[clock] <= round(hours * 3600) else "missed"
            for clock, hours in limits.items()
            if ends[clock]
        }
        is_over = self.sla_policy_id and ends["resolution"]
        return {
            "response_hours": seconds["response"] / 3600,
            "resolution_hours": seconds["resolution"] / 3600,
            "response_result": results.get("response"),
            "sla_result": is_over and results.get("resolution", results.get("response")),
        }

    # === ESCALATION === #

    def _get_sla_open_escalations(self):
        """Return the escalations of the policy that have not happened to this record."""
        self.ensure_one()
        return self.sla_policy_id.escalation_ids - self.sla_done_ids.escalation_id

    @api.model
    def _escalate_due(self):
        """Escalate what has come to it, in batches; found by an index, nothing else is read.

        One that cannot be told of keeps the error, and holds up no other.
        """
        due = Domain("sla_next_escalation", "<=", fields.Datetime.now())
        for batch in each_batch(self, due, BATCH):
            __, errors = attempt_together(self.env, batch, lambda records: records._escalate())
            for record, error in errors.items():
                attempt(self.env, record._give_up_escalation, error)

    def _give_up_escalation(self, error):
        """Note that nobody could be told, and why: it is not tried for ever.

        :param str error: what went wrong
        """
        self.ensure_one()
        self.env["aftersales.sla.escalation.done"].create(
            [
                {**self._prepare_escalation_done_vals(escalation), "error": error}
                for escalation in self._get_sla_due_escalations(fields.Datetime.now(), {})
            ]
        )

    def _escalate(self):
        """Do the escalations that have come; each is done once for a record."""
        working_times = {}
        now = fields.Datetime.now()
        vals_list = []
        for record in self:
            for escalation in record._get_sla_due_escalations(now, working_times):
                user = record._get_sla_recipient(escalation)
                if user:
                    record._tell_of_escalation(escalation, user)
                vals = record._prepare_escalation_done_vals(escalation)
                vals_list.append({**vals, "user_id": user.id})
        self.env["aftersales.sla.escalation.done"].create(vals_list)

    def _prepare_escalation_done_vals(self, escalation):
        """Return the values that say this escalation is over for this record."""
        self.ensure_one()
        return {
            "res_model": self._name,
            "res_id": self.id,
            "company_id": self._get_sla_company().id,
            "escalation_id": escalation.id,
        }

    def _get_sla_due_escalations(self, now, working_times):
        """Return the escalations whose moment has come."""
        running = [clock for clock, (__, end) in self._get_sla_clocks().items() if not end]
        escalations = self._get_sla_open_escalations().filtered(
            lambda escalation: escalation.clock in running
        )
        shares = {(escalation.clock, escalation.percent) for escalation in escalations}
        moments = self._get_sla_moments(shares, working_times)
        return escalations.filtered(
            lambda escalation: (
                (moment := moments[escalation.clock, escalation.percent]) and moment <= now
            )
        )

    def _get_sla_recipient(self, escalation):
        """Return who is told: the first up the chain who may see the record."""
        self.ensure_one()
        leaders = [team.leader_id for team in self._get_sla_teams()]
        candidates = {
            "assignee": [self._get_sla_user(), *leaders],
            "leader": leaders,
            "upper": leaders[1:] or leaders,
            "top": leaders[::-1],
            "user": [escalation.user_id],
        }[escalation.recipient]
        return next(
            (
                user
                for user in candidates
                if user and user.active and self.with_user(user).has_access("read")
            ),
            self.env["res.users"],
        )

    def _tell_of_escalation(self, escalation, user):
        """Give the person a to-do; Odoo sends him word of it."""
        self.ensure_one()
        record = self.with_context(lang=user.lang)
        summary = record._get_escalation_text(escalation.with_env(record.env))
        record.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=user.id)

    def _get_escalation_text(self, escalation):
        """Return in one line what has run how far."""
        self.ensure_one()
        if escalation.clock == "response":
            return self.env._(
                "No first answer: %(percent)s %% of the time is used up",
                percent=escalation.percent,
            )
        return self.env._(
            "Not solved: %(percent)s %% of the time is used up", percent=escalation.percent
        )


def _get_first(moments):
    """Return the earliest of the moments that are known, or ``False``."""
    return min((moment for moment in moments if moment), default=False)
