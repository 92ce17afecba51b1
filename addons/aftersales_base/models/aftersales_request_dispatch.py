from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class AftersalesRequest(models.Model):
    """Where a request is, and who should do it (OU7, DI2, DI4, DI5, DI9)."""

    _inherit = "aftersales.request"

    region_id = fields.Many2one(
        comodel_name="aftersales.region",
        compute="_compute_region_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        help="Where the work is: by the place of the installed product, else the customer's "
        "address.",
    )
    date_planned = fields.Datetime(
        string="Planned For",
        copy=False,
        tracking=True,
        help="When we do it. What the customer wished for stays as he said it.",
    )
    date_scheduled = fields.Datetime(
        string="To Be Done",
        compute="_compute_date_scheduled",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="When it is planned for, or else when the customer wishes it.",
    )
    assignee_warning = fields.Char(compute="_compute_assignee_warning")

    # === COMPUTE METHODS === #

    @api.depends(
        "unit_id.place_id.zip",
        "unit_id.place_id.state_id",
        "unit_id.place_id.country_id",
        "partner_id.zip",
        "partner_id.state_id",
        "partner_id.country_id",
    )
    def _compute_region_id(self):
        open_requests = self.filtered(lambda request: request.state not in ("done", "cancelled"))
        for company, requests in open_requests.grouped("company_id").items():
            places = requests.unit_id.place_id | requests.partner_id
            found = self.env["aftersales.region"]._find_regions(places, company)
            for request in requests:
                place = request.unit_id.place_id or request.partner_id
                request.region_id = found[place] if place else request.region_id
        for request in self - open_requests:
            request.region_id = request.region_id

    @api.depends("date_planned", "date_expected")
    def _compute_date_scheduled(self):
        for request in self:
            request.date_scheduled = request.date_planned or request.date_expected

    @api.depends("user_id", "date_scheduled", "state", "team_id")
    def _compute_assignee_warning(self):
        asked = self.filtered(
            lambda request: request.user_id and request.state not in ("done", "cancelled")
        )
        warnings = asked._get_assignee_warnings() if asked else {}
        for request in self:
            request.assignee_warning = warnings.get(request, False)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests._auto_assign()
        return requests

    def write(self, vals):
        teams = {request: request.team_id for request in self}
        result = super().write(vals)
        moved = self.filtered(lambda request: request.team_id != teams[request])
        moved._auto_assign()
        return result

    # === ACTION METHODS === #

    def action_suggest_assignee(self):
        """Open the list of who could do it, the best first."""
        self.ensure_one()
        self.check_access("write")
        suggestion = self.env["aftersales.assignee.suggest"].create({"request_id": self.id})
        return suggestion.action_refresh()

    # === BUSINESS METHODS === #

    def _assign_to(self, member, date_planned=None):
        """Give the request to a member; it goes to his team, when that is another one.

        :param date_planned: when it is to be done; default: as it was
        """
        self.ensure_one()
        vals = {"user_id": member.user_id.id}
        if self.team_id and member.team_id != self.team_id:
            vals["team_id"] = member.team_id.id
        if date_planned and date_planned != self.date_scheduled:
            if date_planned < fields.Datetime.now():
                raise UserError(
                    self.env._(
                        "%(request)s cannot be done in the past. Choose a later time.",
                        request=self.display_name,
                    )
                )
            vals["date_planned"] = date_planned
        return self.write(vals)

    def _auto_assign(self):
        """Give new requests that nobody has to whom the rules of their teams name (DI4)."""
        # The rules are the managers', also when a customer or a salesperson asks.
        waiting = self.sudo().filtered(
            lambda request: request.team_id and not request.user_id and request.state == "new"
        )
        modes = {request: request.team_id.rule_ids._find_mode(request) for request in waiting}
        asked = waiting.filtered(lambda request: modes[request] != "off")
        if not asked:
            return
        Dispatch = self.env["aftersales.dispatch"]
        facts = Dispatch._get_facts(asked)
        for request in asked.sorted("priority", reverse=True):
            candidates = [
                candidate
                for candidate in Dispatch._rank(request, facts)
                if not candidate["blocked"] and candidate["team"] == request.team_id
            ]
            if candidates:
                request._give_to(candidates, modes[request], facts)

    def _give_to(self, candidates, mode, facts):
        """Assign the request to the best of these candidates, or to whose turn it is."""
        self.ensure_one()
        members = [candidate["member"] for candidate in candidates]
        chosen = members[0]
        if mode == "turn":
            chosen = min(members, key=lambda member: (member.turn, member.sequence, member.id))
            chosen.turn = max(self.team_id.member_ids.mapped("turn")) + 1
        self.user_id = chosen.user_id
        jobs = facts["jobs"][facts["day"][self.id]]
        jobs.setdefault(chosen.user_id.id, set()).add((self._name, self.id))

    def _get_assignee_warnings(self):
        """Return ``{request: what speaks against the one it is assigned to}`` (DI2)."""
        # How busy somebody is counts, whoever may see what keeps him busy.
        asked = self.sudo()
        members = (
            self.env["aftersales.team.member"].sudo().search([("user_id", "in", asked.user_id.ids)])
        )
        days = {request: members._get_day(request.date_scheduled) for request in self}
        jobs = members._get_jobs_by_day(set(days.values()))
        absences = members._get_absences_by_day(set(days.values()))
        warnings = {}
        for request in self:
            member = members._pick_for(request.user_id, request.team_id)
            day = days[request]
            # Also while it is being assigned on a form it is one of his jobs.
            own = {(self._name, request._origin.id)}
            count = len(jobs[day].get(member.user_id.id, set()) | own)
            absence = absences[day].get(member.id)
            if absence or (member.capacity and count > member.capacity):
                warnings[request] = request._format_assignee_warning(member, day, count, absence)
        return warnings

    def _format_assignee_warning(self, member, day, count, absence):
        values = {
            "name": member.user_id.name,
            "day": format_date(self.env, day),
            "count": count,
            "capacity": member.capacity,
            "reason": absence,
        }
        if absence:
            return self.env._("%(name)s is not there on %(day)s: %(reason)s.", **values)
        return self.env._(
            "%(name)s has %(count)s jobs on %(day)s and does %(capacity)s a day.", **values
        )
