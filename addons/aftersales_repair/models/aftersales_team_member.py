from odoo import api, models
from odoo.fields import Domain


class AftersalesTeamMember(models.Model):
    """Work orders are jobs of their technicians (DI2)."""

    _inherit = "aftersales.team.member"

    def _get_jobs_by_day(self, days):
        jobs = super()._get_jobs_by_day(days)
        domain = Domain("technician_id", "in", self.user_id.ids) & Domain(
            "state", "not in", ("done", "cancel")
        )
        groups = self._read_open_jobs(
            "repair.order", domain, ["technician_id", "request_id"], "schedule_date"
        )
        for technician, request, day, ids in groups:
            # The order is the job that its request is about.
            self._drop_job(jobs, technician, request)
            self._add_jobs(jobs, day, technician, "repair.order", ids)
        return jobs

    @api.model
    def _drop_job(self, jobs, user, record):
        """Take a record out of the jobs of a user on every day."""
        for by_user in jobs.values():
            by_user.get(user.id, set()).discard((record._name, record.id))

    def _get_own_requests_domain(self):
        domain = super()._get_own_requests_domain()
        return domain | Domain("repair_ids.technician_id", "=", self.user_id.id)

    def _get_current_jobs(self):
        orders = self.env["repair.order"].search_fetch(
            [("technician_id", "in", self.user_id.ids), ("state", "=", "under_repair")],
            ["technician_id", "name", "request_id"],
            order="write_date desc, id desc",
        )
        names = {}
        for order in orders:
            names.setdefault(order.technician_id.id, []).append(order.display_name)
        for user_id, found in super()._get_current_jobs().items():
            names.setdefault(user_id, []).extend(found)
        return {user_id: found[:3] for user_id, found in names.items()}
