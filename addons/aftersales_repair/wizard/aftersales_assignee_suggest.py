from odoo import fields, models


class AftersalesAssigneeSuggest(models.TransientModel):
    """Who should go? The same ranking for a visit (DI3, DI4)."""

    _inherit = "aftersales.assignee.suggest"

    request_id = fields.Many2one(required=False)
    visit_id = fields.Many2one(comodel_name="aftersales.visit", ondelete="cascade", readonly=True)

    def _get_asked(self):
        return self.visit_id or super()._get_asked()

    def _get_date_field(self):
        return "planned_from" if self.visit_id else super()._get_date_field()

    def _get_ranked_request(self):
        """Return the request of the visit's order; one like it, never saved, when it has none."""
        order = self.visit_id.repair_id
        if not order:
            return super()._get_ranked_request()
        Request = self.env["aftersales.request"]
        return order.request_id or Request.new(self._prepare_ranked_vals())

    def _prepare_ranked_vals(self):
        """Return what people are ranked by, from an order without a request."""
        order = self.visit_id.repair_id
        return {
            "company_id": order.company_id.id,
            "partner_id": order.partner_id.id,
            "unit_id": order.unit_id.id,
            "product_id": order.product_id.id,
            "service_type_id": order.service_type_id.id,
            "team_id": order.team_id.id,
            "region_id": self.visit_id.region_id.id,
        }

    def _get_own_jobs(self):
        jobs = super()._get_own_jobs()
        if visit := self.visit_id:
            jobs |= {(record._name, record.id) for record in (visit, visit.repair_id)}
        return jobs

    def _assign(self, member):
        if not self.visit_id:
            return super()._assign(member)
        vals = {"user_id": member.user_id.id}
        if self.date_planned and self.date_planned != self.visit_id.planned_from:
            vals["planned_from"] = self.date_planned
        self.visit_id.write(vals)
        return self.visit_id.planning_warning
