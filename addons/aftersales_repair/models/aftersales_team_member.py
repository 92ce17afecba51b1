from odoo import models
from odoo.fields import Domain


class AftersalesTeamMember(models.Model):
    """Work orders are jobs of their technicians (DI2)."""

    _inherit = "aftersales.team.member"

    def _get_member_jobs(self, day):
        jobs = super()._get_member_jobs(day)
        domain = Domain("technician_id", "in", self.user_id.ids) & Domain(
            "state", "not in", ("done", "cancel")
        )
        # Somebody is as busy as he is, also with what the user may not see.
        groups = (
            self.env["repair.order"]
            .sudo()
            ._read_group(
                domain & self._get_job_period_domain("schedule_date", day),
                ["technician_id", "request_id"],
                ["id:array_agg"],
            )
        )
        for technician, request, ids in groups:
            own = jobs.setdefault(technician.id, set())
            # The order is the job that its request is about.
            own.discard(("aftersales.request", request.id))
            own.update(("repair.order", id_) for id_ in ids)
        return jobs

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
