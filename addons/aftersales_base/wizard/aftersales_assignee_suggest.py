from odoo import fields, models


class AftersalesAssigneeSuggest(models.TransientModel):
    """Who should do it? People ranked with the reasons; one click gives the request (DI4, DI5)."""

    _name = "aftersales.assignee.suggest"
    _description = "Suggest Assignee"

    request_id = fields.Many2one(
        comodel_name="aftersales.request", required=True, ondelete="cascade", readonly=True
    )
    partner_id = fields.Many2one(related="request_id.partner_id", related_sudo=False)
    region_id = fields.Many2one(related="request_id.region_id", related_sudo=False)
    team_id = fields.Many2one(related="request_id.team_id", related_sudo=False)
    date_expected = fields.Datetime(
        related="request_id.date_expected", related_sudo=False, string="Wished For"
    )
    date_planned = fields.Datetime(
        string="To Be Done",
        help="The day for which is asked who is free. The request is planned for it.",
    )
    skill_ids = fields.Many2many(comodel_name="aftersales.skill", readonly=True, string="Needs")
    line_ids = fields.One2many(
        comodel_name="aftersales.assignee.suggest.line",
        inverse_name="suggest_id",
        readonly=True,
        string="People",
    )

    def action_refresh(self):
        """Ask again, for the day that is given now, and show the list."""
        self.ensure_one()
        asked = self._get_asked()
        asked.check_access("write")
        self.date_planned = self.date_planned or asked[self._get_date_field()]
        self.line_ids.unlink()
        self.write(self._prepare_suggestion_vals())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Should Do It?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _get_asked(self):
        """Return the record that somebody is looked for; hook for more than requests."""
        self.ensure_one()
        return self.request_id

    def _get_date_field(self):
        """Return the field of that record that says when it is to be done."""
        return "date_scheduled"

    def _get_ranked_request(self):
        """Return the request that people are ranked for."""
        return self._get_asked()

    def _get_own_jobs(self):
        """Return ``{(model, id)}`` of the jobs this is about: they do not fill anybody's day."""
        request = self._get_ranked_request()
        return {(request._name, request.id)}

    def _assign(self, member):
        """Give the record to a member; return what speaks against him, if anything."""
        self.request_id._assign_to(member, self.date_planned)
        return self.request_id.assignee_warning

    def _prepare_suggestion_vals(self):
        """Return the skills that are needed and one line a person."""
        Dispatch = self.env["aftersales.dispatch"]
        request = self._get_ranked_request()
        day = self.env["aftersales.team.member"]._get_day(self.date_planned)
        facts = Dispatch._get_facts(request, day)
        facts["own"][request.id] = self._get_own_jobs()
        return {
            "skill_ids": [fields.Command.set(facts["needed"][request.sudo()].ids)],
            "line_ids": [
                fields.Command.create({"sequence": rank, **self._prepare_line_vals(candidate)})
                for rank, candidate in enumerate(Dispatch._rank(request, facts), start=1)
            ],
        }

    def _prepare_line_vals(self, candidate):
        """Return the line of one candidate."""
        return {
            "member_id": candidate["member"].id,
            "user_id": candidate["member"].user_id.id,
            "team_id": candidate["team"].id,
            "grade": candidate["member"].grade,
            "score": candidate["score"],
            "reasons": " · ".join(candidate["reasons"]),
            "blocked": candidate["blocked"],
            "jobs": candidate["jobs"],
            "capacity": candidate["capacity"],
            "served": candidate["served"],
            "last_served": candidate["last_served"],
        }


class AftersalesAssigneeSuggestLine(models.TransientModel):
    """One person who could do it."""

    _name = "aftersales.assignee.suggest.line"
    _description = "Suggested Person"
    _order = "sequence, id"

    suggest_id = fields.Many2one(
        comodel_name="aftersales.assignee.suggest", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(string="Rank")
    member_id = fields.Many2one(comodel_name="aftersales.team.member", ondelete="cascade")
    user_id = fields.Many2one(comodel_name="res.users", string="Who", ondelete="cascade")
    team_id = fields.Many2one(comodel_name="aftersales.team", ondelete="cascade")
    grade = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.team.member"]._fields["grade"]._description_selection(self.env)
        )
    )
    score = fields.Integer(string="Points", aggregator=None)
    reasons = fields.Char(string="Why")
    blocked = fields.Char(string="Why Not")
    jobs = fields.Integer(string="Jobs That Day", aggregator=None)
    capacity = fields.Integer(string="Jobs a Day", aggregator=None)
    served = fields.Integer(string="Times Served", aggregator=None)
    last_served = fields.Date()

    def action_assign(self):
        """Give the work to this person; say so when it is too much for the day."""
        self.ensure_one()
        warning = self.suggest_id._assign(self.member_id)
        close = {"type": "ir.actions.act_window_close"}
        if not warning:
            return close
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "message": warning, "next": close},
        }
