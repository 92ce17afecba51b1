from datetime import date

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .aftersales_visit import OPEN_STATES
from .repair_order import ENDED


class AftersalesTeamMember(models.Model):
    """Work orders are jobs of their technicians (DI2)."""

    _inherit = "aftersales.team.member"

    stock_location_id = fields.Many2one(
        comodel_name="stock.location",
        string="Own Stock",
        domain="[('usage', '=', 'internal')]",
        help="His van or his shelf: the parts he uses on the road are taken from there. Empty: "
        "from where the work order takes parts.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("stock_location_id", "team_id")
    def _check_stock_company(self):
        """A team of all companies may have the van of any of them."""
        for member in self:
            company, stock = member.company_id, member.stock_location_id
            if company and stock.company_id and stock.company_id != company:
                raise ValidationError(
                    self.env._(
                        "%(stock)s belongs to %(other)s, and %(member)s works for %(company)s. "
                        "Choose stock of that company.",
                        stock=stock.display_name,
                        other=stock.company_id.name,
                        member=member.user_id.name,
                        company=company.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_jobs_by_day(self, days):
        jobs = super()._get_jobs_by_day(days)
        domain = Domain("technician_id", "in", self.user_id.ids) & Domain("state", "not in", ENDED)
        orders = self._read_open_jobs(
            "repair.order", domain, ["technician_id", "request_id"], "schedule_date"
        )
        for technician, request, day, ids in orders:
            # The order is the job that its request is about.
            self._drop_jobs(jobs, technician, request)
            self._add_jobs(jobs, day, technician, "repair.order", ids)
        self._replace_by_visits(jobs)
        return jobs

    def _replace_by_visits(self, jobs):
        """Let the open visits be the jobs in the place of what they are for."""
        users = self.user_id
        domain = Domain("state", "in", OPEN_STATES) & (
            Domain("user_id", "in", users.ids) | Domain("repair_id.technician_id", "in", users.ids)
        )
        # Somebody is as busy as he is, also with what the user may not see.
        visits = (
            self.env["aftersales.visit"]
            .sudo()
            ._read_group(domain, ["user_id", "repair_id", "day"], ["id:array_agg"])
        )
        todays = {user: self._get_own_today(user) for user, *__ in visits}
        for user, order, planned, ids in visits:
            # What is late, and what has no day, is of today.
            day = max(todays[user], date.fromisoformat(planned or "0001-01-01"))
            # Also who has the order and sends somebody else need not do it himself.
            for person in user | order.technician_id:
                self._drop_jobs(jobs, person, order)
                self._drop_jobs(jobs, person, order.request_id)
            if user in users:
                self._add_jobs(jobs, day, user, "aftersales.visit", ids)

    @api.model
    def _get_own_today(self, user):
        """Return today where somebody works: by his clock, or where he has none by the desk's."""
        zone = timezone(user.tz) if user.tz else self._get_timezone()
        return utc.localize(fields.Datetime.now()).astimezone(zone).date()

    @api.model
    def _drop_jobs(self, jobs, user, record):
        """Take a record out of the jobs of a user on every day."""
        for by_user in jobs.values():
            by_user.get(user.id, set()).discard((record._name, record.id))

    def _get_own_requests_domain(self):
        domain = super()._get_own_requests_domain()
        return (
            domain
            | Domain("repair_ids.technician_id", "=", self.user_id.id)
            | Domain("repair_ids.visit_ids.user_id", "=", self.user_id.id)
        )

    def _get_current_jobs(self):
        names = {}
        begun = self._get_begun_visits()
        for visit in begun:
            names.setdefault(visit.user_id.id, []).append(visit._get_whereabouts())
        orders = self.env["repair.order"].search_fetch(
            [
                ("technician_id", "in", self.user_id.ids),
                ("state", "=", "under_repair"),
                ("id", "not in", begun.repair_id.ids),
            ],
            ["technician_id", "name", "request_id"],
            order="write_date desc, id desc",
        )
        for order in orders:
            names.setdefault(order.technician_id.id, []).append(order.display_name)
        for user_id, found in super()._get_current_jobs().items():
            names.setdefault(user_id, []).extend(found)
        return {user_id: found[:3] for user_id, found in names.items()}

    def _get_begun_visits(self):
        """Return the visits the members are on now, as far as one may see them."""
        visits = self.env["aftersales.visit"]
        if not visits.has_access("read"):
            return visits
        return visits.search(
            [("user_id", "in", self.user_id.ids), ("state", "in", ("on_way", "at_work"))],
            order="travel_started desc, id desc",
        )
