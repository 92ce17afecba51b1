from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import split_every

BATCH = 100


class AftersalesMaintenancePlan(models.Model):
    """One preventive visit to one unit, due on one day.

    Released, it becomes a request with a work order; it is done when the work is. A rule
    plans a day for a unit once: the database sees to it.
    """

    _name = "aftersales.maintenance.plan"
    _description = "Planned Visit"
    _order = "date_due, id"
    _rec_name = "rule_id"
    _check_company_auto = True

    rule_id = fields.Many2one(
        comodel_name="aftersales.maintenance.rule", required=True, ondelete="cascade", index=True
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    company_id = fields.Many2one(
        related="unit_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="unit_id.partner_id", string="Customer", store=True, index=True
    )
    contract_id = fields.Many2one(
        related="rule_id.contract_id", store=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(related="rule_id.service_type_id")
    date_due = fields.Date(string="Due", required=True, index=True)
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    status = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("released", "Released"),
            ("overdue", "Overdue"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_status",
        search="_search_status",
        compute_sudo=True,
    )

    _visit_uniq = models.Constraint(
        "unique(rule_id, unit_id, date_due)", "This visit is planned already."
    )

    # === COMPUTE METHODS === #

    @api.depends("date_due", "repair_id.state")
    def _compute_status(self):
        today = fields.Date.context_today(self)
        for plan in self:
            if plan.repair_id.state == "done":
                plan.status = "done"
            elif plan.repair_id.state == "cancel":
                plan.status = "cancelled"
            elif plan.date_due < today:
                plan.status = "overdue"
            else:
                plan.status = "released" if plan.repair_id else "planned"

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = self._get_status_domains()
        return Domain.OR(domains[status] for status in value if status in domains)

    @api.depends("rule_id", "unit_id", "date_due")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = f"{plan.rule_id.name} · {plan.unit_id.display_name}"

    # === ACTION METHODS === #

    def action_release(self):
        """Make a request with a work order of each visit that has none.

        :raises UserError: when a visit is released already
        """
        released = self.filtered("request_id")[:1]
        if released:
            raise UserError(
                self.env._(
                    "%(visit)s is released already as %(request)s.",
                    visit=released.display_name,
                    request=released.request_id.name,
                )
            )
        self._release()
        return self.request_id._get_records_action(name=self.env._("Service Requests"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_status_domains(self):
        """Return ``{status: domain}``, the same rules as the computed status."""
        today = fields.Date.context_today(self)
        is_open = Domain("repair_id", "=", False) | Domain(
            "repair_id.state", "not in", ("done", "cancel")
        )
        ahead = Domain("date_due", ">=", today)
        return {
            "done": Domain("repair_id.state", "=", "done"),
            "cancelled": Domain("repair_id.state", "=", "cancel"),
            "overdue": Domain("date_due", "<", today) & is_open,
            "released": Domain("repair_id", "!=", False) & is_open & ahead,
            "planned": Domain("repair_id", "=", False) & ahead,
        }

    def _release(self):
        """Make requests and work orders in one batch each."""
        requests = self.env["aftersales.request"].create(
            [plan._prepare_request_vals() for plan in self]
        )
        repairs = self.env["repair.order"].create(
            [
                {**request._prepare_work_order_vals(), **plan._prepare_work_order_vals()}
                for plan, request in zip(self, requests, strict=True)
            ]
        )
        # The plan is the system's record of what was made of it.
        for plan, request, repair in zip(self.sudo(), requests, repairs, strict=True):
            plan.write({"request_id": request.id, "repair_id": repair.id})

    def _prepare_request_vals(self):
        """Return the values of the request this visit becomes."""
        self.ensure_one()
        return {
            "subject": self.rule_id.with_context(lang=self.partner_id.lang).name,
            "unit_id": self.unit_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "service_type_id": self.service_type_id.id,
            "channel": "plan",
            "date_expected": fields.Datetime.to_datetime(self.date_due),
        }

    def _prepare_work_order_vals(self):
        """Return what the visit adds to its work order."""
        self.ensure_one()
        return {"schedule_date": fields.Datetime.to_datetime(self.date_due)}

    # === CRON === #

    @api.model
    def _cron_plan_and_release(self):
        """Plan the visits of the coming days and release those that are near."""
        self.env["aftersales.maintenance.rule"].search(
            ["|", ("policy_id", "!=", False), ("contract_id.state", "=", "active")]
        )._plan_visits()
        due = self.search(self._get_release_domain())
        remaining = len(due)
        for ids in split_every(BATCH, due.ids):
            self.browse(ids)._release()
            remaining -= len(ids)
            if not self.env["ir.cron"]._commit_progress(len(ids), remaining=remaining):
                break

    @api.model
    def _get_release_domain(self):
        """Return the domain of visits near enough to be released, company by company."""
        today = fields.Date.context_today(self)
        near = [
            Domain("company_id", "=", company.id)
            & Domain("date_due", "<=", today + relativedelta(days=company.aftersales_release_days))
            for company in self.env["res.company"].sudo().search([])
        ]
        return (
            Domain("request_id", "=", False)
            & Domain("unit_id.state", "=", "active")
            & (Domain("contract_id", "=", False) | Domain("contract_id.state", "=", "active"))
            & Domain.OR(near)
        )
