from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesSlaMixin(models.AbstractModel):
    """What stands on *My Work Today* of records with clocks.

    A model says whose work it is (``_workday_user_field``), the action that lists it
    (``_workday_action``), its icon, and what comes first among the kinds.
    """

    _inherit = "aftersales.sla.mixin"

    _workday_user_field = "user_id"
    _workday_action = ""
    _workday_icon = "fa-life-ring"
    _workday_sequence = 50

    date_due = fields.Datetime(
        string="Due",
        compute="_compute_date_due",
        store=True,
        copy=False,
        index="btree_not_null",
        help="What comes first: the next limit of the clock, or when it is to be done.",
    )

    @api.depends(lambda self: ["sla_deadline", *self._get_due_depends()])
    def _compute_date_due(self):
        for record in self:
            moments = [record.sla_deadline, *record._get_due_moments()]
            record.date_due = min((moment for moment in moments if moment), default=False)

    # === HOOKS === #

    @api.model
    def _get_due_depends(self):
        """Return the names of the fields :meth:`_get_due_moments` reads."""
        return []

    def _get_due_moments(self):
        """Return the moments by which it is to be done, beside the limits of the clock."""
        self.ensure_one()
        return []

    @api.model
    def _get_waiting_domain(self):
        """Return the domain of what waits."""
        return Domain("pause_reason_id", "!=", False)

    def _get_workday_title(self):
        """Return what it is about, in one line."""
        self.ensure_one()
        return self.display_name

    @api.model
    def _get_workday_fields(self):
        """Return the names of the fields a line of the screen needs."""
        return [
            "name",
            "state",
            "partner_id",
            "date_due",
            "pause_reason_id",
            "sla_policy_id",
            "sla_deadline",
            "sla_warning",
            "sla_result",
            "sla_paused",
        ]

    # === BUSINESS METHODS === #

    @api.model
    def _get_due_domain(self, end):
        """Return the domain of what is open and due before ``end``."""
        return Domain(self._get_sla_open_domain()) & Domain("date_due", "<", end)

    @api.model
    def _get_end_of_day(self):
        """Return the moment when the user's day ends."""
        now = fields.Datetime.now()
        local = fields.Datetime.context_timestamp(self, now)
        tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return now + (tomorrow - local)

    @api.model
    def _get_workday_labels(self):
        """Return ``{key of a count: its label}``, in the order of the screen."""
        return {
            "open": self.env._("Mine"),
            "late": self.env._("Late"),
            "at_risk": self.env._("At Risk"),
            "today": self.env._("Due Today"),
            "waiting": self.env._("Waiting"),
            "unassigned": self.env._("Nobody Has It"),
        }

    @api.model
    def _get_workday_domains(self):
        """Return ``{key of a count: domain}`` of the current user."""
        now = fields.Datetime.now()
        is_open = Domain(self._get_sla_open_domain())
        mine = is_open & Domain(self._workday_user_field, "=", self.env.uid)
        today = Domain("date_due", ">=", now) & Domain("date_due", "<", self._get_end_of_day())
        domains = {
            "open": mine,
            "late": mine & Domain("date_due", "<", now),
            "at_risk": mine & self._get_sla_state_domain("at_risk"),
            "today": mine & today,
            "waiting": mine & self._get_waiting_domain(),
        }
        if self.env.user.has_group("aftersales_base.group_aftersales_agent"):
            nobody = Domain(self._workday_user_field, "=", False)
            domains["unassigned"] = is_open & nobody & self._get_own_teams_domain()
        return domains

    @api.model
    def _get_own_teams_domain(self):
        """Return the domain of what belongs to the user's teams, or to none."""
        mine = [("team_id", "=", False)]
        for fname in ("chief_ids", "member_ids.user_id"):
            mine = ["|", (f"team_id.{fname}", "in", self.env.uid), *mine]
        return Domain(mine)

    @api.model
    def _get_workday_group(self):
        """Return the counts of this kind of work."""
        labels = self._get_workday_labels()
        counts = {
            key: self.search_count(domain) for key, domain in self._get_workday_domains().items()
        }
        return {
            "model": self._name,
            "name": self._get_workday_name(),
            "icon": self._workday_icon,
            "open": counts["open"],
            "counts": [
                {"key": key, "label": labels[key], "count": counts[key]}
                for key in labels
                if key in counts and key != "open"
            ],
        }

    @api.model
    def _get_workday_name(self):
        """Return what many of them are called."""
        return self._get_sla_document_name()

    @api.model
    def _get_workday_items(self, limit):
        """Return the user's own open records of this kind, what is due first."""
        records = self.search_fetch(
            self._get_workday_domains()["open"],
            self._get_workday_fields(),
            order="date_due, id",
            limit=limit,
        )
        records.partner_id.fetch(["display_name"])
        states = dict(self._fields["state"]._description_selection(self.env))
        return [record._prepare_workday_item(states) for record in records]

    def _prepare_workday_item(self, states):
        return {
            "model": self._name,
            "id": self.id,
            "icon": self._workday_icon,
            "kind": self._get_sla_document_name(),
            "name": self.name,
            "title": self._get_workday_title(),
            "partner": self.partner_id.display_name or "",
            "state": states.get(self.state),
            "clock": self.sla_state,
            "waits_for": self.pause_reason_id.name or "",
            "due": fields.Datetime.to_string(self.date_due) if self.date_due else False,
        }
