from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesTeamMember(models.Model):
    """One person in one team: what he knows, where he works, how much a day (DI2, DI4)."""

    _name = "aftersales.team.member"
    _description = "After-sales Team Member"
    _order = "team_id, sequence, id"
    _rec_name = "user_id"
    _check_company_auto = True

    team_id = fields.Many2one(
        comodel_name="aftersales.team", required=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('share', '=', False)]",
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="team_id.company_id")
    takes_jobs = fields.Boolean(
        default=True,
        help="Off for people who look after the team only: they are not suggested for requests.",
    )
    grade = fields.Selection(
        selection=[("junior", "Junior"), ("senior", "Senior"), ("expert", "Expert")],
        required=True,
        default="junior",
        help="Urgent and dangerous requests are rather suggested to those who know more.",
    )
    skill_ids = fields.Many2many(
        comodel_name="aftersales.skill", string="Skills", check_company=True
    )
    region_ids = fields.Many2many(
        comodel_name="aftersales.region",
        string="Regions",
        check_company=True,
        help="Where he works, with all parts of these regions.",
    )
    capacity = fields.Integer(
        string="Jobs a Day",
        help="How many jobs he does on one day. Whoever gives him more is warned. 0: no limit.",
    )
    calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Working Hours",
        check_company=True,
        help="Empty: those of the company.",
    )
    turn = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Counts up whenever he is given a request in turn: the lowest is next.",
    )
    job_count = fields.Integer(
        string="Jobs Today", compute="_compute_today", compute_sudo=False, aggregator="sum"
    )
    load = fields.Float(
        string="Load Today (%)", compute="_compute_today", compute_sudo=False, aggregator=None
    )
    absence = fields.Char(
        string="Absent Today",
        compute="_compute_today",
        compute_sudo=False,
        search="_search_absence",
    )
    current_job = fields.Char(
        string="Now On",
        compute="_compute_current_job",
        compute_sudo=False,
        help="What he has begun, as far as you may see it.",
    )

    _team_user_uniq = models.Constraint(
        "unique(team_id, user_id)", "This person is in the team already."
    )
    _capacity_positive = models.Constraint(
        "CHECK(capacity >= 0)", "The number of jobs a day is not negative; 0 means no limit."
    )

    # === COMPUTE METHODS === #

    @api.depends("user_id", "capacity", "calendar_id")
    def _compute_today(self):
        today = self._get_today()
        jobs = self._get_member_jobs(today)
        absences = self._get_absences(today)
        for member in self:
            member.job_count = len(jobs.get(member.user_id.id, ()))
            member.load = 100 * member.job_count / member.capacity if member.capacity else 0
            member.absence = absences.get(member.id, False)

    def _search_absence(self, operator, value):
        """Search whether somebody is absent today, not why."""
        if operator not in ("in", "not in") or set(value) != {False}:
            return NotImplemented
        absent = self._get_all_absent()
        return Domain("id", "not in" if operator == "in" else "in", absent.ids)

    @api.depends("user_id")
    def _compute_current_job(self):
        names = self._get_current_jobs()
        for member in self:
            member.current_job = ", ".join(names.get(member.user_id.id, ()))

    @api.model
    def _get_all_absent(self):
        """Return the members who take no job today."""
        members = self.search([("takes_jobs", "=", True)])
        return members.browse(members._get_absences(self._get_today()))

    # === ACTION METHODS === #

    def action_view_jobs(self):
        """Open what this person has to do."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_request_action"
        )
        action["domain"] = self._get_own_requests_domain()
        action["context"] = {"search_default_open": 1}
        return action

    def action_view_absences(self):
        """Open the absences of this person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_team_absence_action"
        )
        action["domain"] = [("user_id", "=", self.user_id.id)]
        action["context"] = {"default_user_id": self.user_id.id}
        return action

    # === BUSINESS METHODS === #

    def _pick_for(self, user, team):
        """Return the member that ``user`` is in ``team``, else the first he is elsewhere."""
        own = self.filtered(lambda member: member.user_id == user)
        return own.filtered(lambda member: member.team_id == team)[:1] or own[:1]

    def _get_own_requests_domain(self):
        """Return the domain of the requests this person works on.

        Hook for modules that know of other ways to work on one.
        """
        self.ensure_one()
        return Domain("user_id", "=", self.user_id.id)
