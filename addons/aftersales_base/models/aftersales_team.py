from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class AftersalesTeam(models.Model):
    """The people who take requests together, in a tree from branch to head office (OU8).

    An agent sees the requests of his teams; a leader those of his team and of all teams below.
    """

    _name = "aftersales.team"
    _description = "After-sales Team"
    _inherit = ["analytic.mixin"]
    _order = "sequence, name, id"
    _parent_store = True
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Empty: the team works for every company.",
    )
    parent_id = fields.Many2one(
        comodel_name="aftersales.team",
        string="Above",
        ondelete="restrict",
        index=True,
        check_company=True,
        help="The team this one reports to. What is late here goes to its leader next, and its "
        "leader sees and helps with the requests of this team.",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many(
        comodel_name="aftersales.team", inverse_name="parent_id", string="Teams Below"
    )
    complete_name = fields.Char(
        string="Place in the Tree", compute="_compute_complete_name", recursive=True
    )
    path_above = fields.Char(related="parent_id.complete_name", string="Stands Below")
    leader_id = fields.Many2one(
        comodel_name="res.users",
        domain="[('share', '=', False)]",
        index="btree_not_null",
    )
    chief_ids = fields.Many2many(
        comodel_name="res.users",
        relation="aftersales_team_chief_rel",
        column1="team_id",
        column2="user_id",
        string="Leaders Here and Above",
        compute="_compute_chief_ids",
        store=True,
        recursive=True,
        help="The leaders of this team and of every team above it.",
    )
    calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Service Hours",
        check_company=True,
        help="Work outside them may have prices of its own. Empty: the company's working hours.",
    )
    member_ids = fields.One2many(comodel_name="aftersales.team.member", inverse_name="team_id")
    request_ids = fields.One2many(comodel_name="aftersales.request", inverse_name="team_id")
    rule_ids = fields.One2many(
        comodel_name="aftersales.team.rule",
        inverse_name="team_id",
        string="Assignment Rules",
        help="What is assigned on its own; the first rule that fits a request answers.",
    )
    job_count = fields.Integer(string="Jobs Today", compute="_compute_load")
    capacity = fields.Integer(
        string="Capacity Today",
        compute="_compute_load",
        help="How many jobs those who are there today do on a day.",
    )
    load = fields.Float(string="Load Today (%)", compute="_compute_load", aggregator=None)
    open_request_count = fields.Integer(compute="_compute_request_counts")
    new_request_count = fields.Integer(compute="_compute_request_counts")
    unassigned_request_count = fields.Integer(compute="_compute_request_counts")
    urgent_request_count = fields.Integer(compute="_compute_request_counts")
    at_risk_request_count = fields.Integer(compute="_compute_request_counts")
    late_request_count = fields.Integer(compute="_compute_request_counts")
    due_today_request_count = fields.Integer(compute="_compute_request_counts")
    waiting_request_count = fields.Integer(compute="_compute_request_counts")

    # === COMPUTE METHODS === #

    @api.depends("name", "parent_id.complete_name")
    @api.depends_context("lang")
    def _compute_complete_name(self):
        for team in self:
            parts = (team.parent_id.complete_name, team.name)
            team.complete_name = " / ".join(part for part in parts if part)

    @api.depends("leader_id", "parent_id.chief_ids")
    def _compute_chief_ids(self):
        for team in self:
            team.chief_ids = team.leader_id | team.parent_id.chief_ids

    @api.depends(
        "request_ids.state",
        "request_ids.user_id",
        "request_ids.priority",
        "request_ids.date_due",
        "request_ids.sla_deadline",
    )
    def _compute_request_counts(self):
        counts = {
            key: self._get_open_request_counts(domain)
            for key, domain in self._get_request_count_domains().items()
        }
        for team in self:
            for key, by_team in counts.items():
                team[f"{key}_request_count"] = by_team.get(team, 0)

    @api.depends("member_ids.capacity", "member_ids.takes_jobs", "member_ids.user_id")
    def _compute_load(self):
        for team in self:
            there = team.member_ids.filtered(
                lambda member: member.takes_jobs and member.capacity and not member.absence
            )
            team.job_count = sum(there.mapped("job_count"))
            team.capacity = sum(there.mapped("capacity"))
            team.load = 100 * team.job_count / team.capacity if team.capacity else 0

    @api.model
    def _get_request_count_domains(self):
        """Return ``{what is counted: domain among the open requests}``."""
        Request = self.env["aftersales.request"]
        now = fields.Datetime.now()
        return {
            "open": Domain.TRUE,
            "new": Domain("state", "=", "new"),
            "unassigned": Domain("user_id", "=", False),
            "urgent": Domain("priority", "in", ("2", "3")),
            "at_risk": Request._get_sla_state_domain("at_risk"),
            "late": Domain("date_due", "<", now),
            "due_today": Domain("date_due", ">=", now)
            & Domain("date_due", "<", Request._get_end_of_day()),
            "waiting": Domain("state", "=", "waiting"),
        }

    def _get_open_request_counts(self, domain):
        """Return ``{team: how many open requests match}``."""
        domain &= Domain("team_id", "in", self.ids) & Domain("date_closed", "=", False)
        return dict(self.env["aftersales.request"]._read_group(domain, ["team_id"], ["__count"]))

    # === CONSTRAINT METHODS === #

    @api.constrains("parent_id", "active")
    def _check_above_is_active(self):
        for team in self:
            above, below = team.parent_id, team.child_ids[:1]
            if team.active and above and not above.active:
                raise ValidationError(
                    self.env._(
                        "%(team)s stands below %(above)s, which is archived. Choose another team "
                        "above it.",
                        team=team.name,
                        above=above.name,
                    )
                )
            if not team.active and below:
                raise ValidationError(
                    self.env._(
                        "%(below)s stands below %(team)s. Put it below another team, then "
                        "archive %(team)s.",
                        below=below.name,
                        team=team.name,
                    )
                )

    @api.constrains("company_id")
    def _check_company_of_teams_below(self):
        self.child_ids._check_company(["parent_id"])

    # === CRUD METHODS === #

    def write(self, vals):
        # Before Odoo's own check, which says neither which team nor what to do.
        self._check_no_cycle(vals.get("parent_id"))
        result = super().write(vals)
        if "parent_id" in vals:
            # The paths are read from here on.
            self.flush_recordset(["parent_id"])
        return result

    def _check_no_cycle(self, parent_id):
        """Raise when one of these teams would stand below itself."""
        looping = self.browse(parent_id or [])._get_ancestors() & self
        if looping:
            raise ValidationError(
                self.env._(
                    "%(team)s cannot stand below itself or a team below it. Choose another team "
                    "above it.",
                    team=looping[0].name,
                )
            )

    # === ACTION METHODS === #

    def action_view_requests(self):
        """Open the requests of this team that are still open."""
        return self._get_requests_action("open")

    def action_view_unassigned(self):
        """Open the requests of this team that nobody has taken."""
        return self._get_requests_action("open", "unassigned")

    def action_view_urgent(self):
        """Open the urgent requests of this team."""
        return self._get_requests_action("open", "urgent")

    def action_view_late(self):
        """Open the requests of this team that are late."""
        return self._get_requests_action("late")

    def action_view_new(self):
        """Open the requests of this team that nobody has started."""
        return self._get_requests_action("new")

    def action_view_at_risk(self):
        """Open the requests of this team whose time is nearly used up."""
        return self._get_requests_action("at_risk")

    def action_view_due_today(self):
        """Open the requests of this team that are due today."""
        return self._get_requests_action("due_today")

    def action_view_waiting(self):
        """Open the requests of this team that wait."""
        return self._get_requests_action("waiting")

    def _get_requests_action(self, *filters):
        """Return the action on this team's requests with these search filters switched on."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_request_action"
        )
        action["context"] = {
            "search_default_team_id": self.id,
            "default_team_id": self.id,
            **{f"search_default_{name}": 1 for name in filters},
        }
        return action

    # === BUSINESS METHODS === #

    def _get_ancestors(self):
        """Return these teams and all teams above them."""
        paths = "".join(team.parent_path or "" for team in self)
        return self.browse({int(part) for part in paths.split("/") if part})

    def _get_chain(self):
        """Return whom to turn to, one after the other: this team, the one above it, and so on.

        :return: list of teams, empty for no team (OU8)
        """
        path = self.ensure_one().parent_path if self else False
        return [self.browse(int(part)) for part in reversed((path or "/").split("/")[:-1]) if part]
