from odoo import api, fields, models


class AftersalesTeam(models.Model):
    """The people who take requests together; an agent sees the requests of his teams."""

    _name = "aftersales.team"
    _description = "After-sales Team"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Empty: the team works for every company.",
    )
    leader_id = fields.Many2one(
        comodel_name="res.users",
        domain="[('share', '=', False)]",
    )
    member_ids = fields.One2many(comodel_name="aftersales.team.member", inverse_name="team_id")
    request_ids = fields.One2many(comodel_name="aftersales.request", inverse_name="team_id")
    open_request_count = fields.Integer(compute="_compute_request_counts")
    unassigned_request_count = fields.Integer(compute="_compute_request_counts")
    urgent_request_count = fields.Integer(compute="_compute_request_counts")
    late_request_count = fields.Integer(compute="_compute_request_counts")

    @api.depends(
        "request_ids.state",
        "request_ids.user_id",
        "request_ids.priority",
        "request_ids.date_expected",
    )
    def _compute_request_counts(self):
        counts = {
            "open": self._get_open_request_counts([]),
            "unassigned": self._get_open_request_counts([("user_id", "=", False)]),
            "urgent": self._get_open_request_counts([("priority", "in", ("2", "3"))]),
            "late": self._get_open_request_counts([("date_expected", "<", fields.Datetime.now())]),
        }
        for team in self:
            team.open_request_count = counts["open"].get(team, 0)
            team.unassigned_request_count = counts["unassigned"].get(team, 0)
            team.urgent_request_count = counts["urgent"].get(team, 0)
            team.late_request_count = counts["late"].get(team, 0)

    def _get_open_request_counts(self, domain):
        """Return ``{team: how many open requests match}``."""
        domain = [
            ("team_id", "in", self.ids),
            ("state", "not in", ("done", "cancelled")),
            *domain,
        ]
        return dict(self.env["aftersales.request"]._read_group(domain, ["team_id"], ["__count"]))

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
        """Open the requests of this team that are past the day the customer wished for."""
        return self._get_requests_action("late")

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


class AftersalesTeamMember(models.Model):
    """One person in one team."""

    _name = "aftersales.team.member"
    _description = "After-sales Team Member"
    _order = "team_id, sequence, id"
    _rec_name = "user_id"

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

    _team_user_uniq = models.Constraint(
        "unique(team_id, user_id)", "This person is in the team already."
    )
