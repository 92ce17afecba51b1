from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.aftersales_base.tools.jobs import attempt_together, each_batch, tell

BATCH = 100


class AftersalesMaintenancePlan(models.Model):
    """One preventive visit to one unit, due on one day.

    Released, it becomes a request with a work order; it is done when the work is. A rule
    plans a day for a unit once: the database sees to it. The due day may be moved while the
    visit is not released; the planned day is how the rule knows it again.
    """

    _name = "aftersales.maintenance.plan"
    _description = "Planned Visit"
    _order = "date_due, id"
    _inherit = ["aftersales.guard.mixin"]
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
        related="unit_id.partner_id", string="Customer", store=True, index=True, precompute=True
    )
    contract_id = fields.Many2one(related="rule_id.contract_id", store=True, index="btree_not_null")
    service_type_id = fields.Many2one(related="rule_id.service_type_id")
    date_planned = fields.Date(
        string="Planned For", required=True, readonly=True, help="The day the rule gives."
    )
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
        "unique(rule_id, unit_id, date_planned)", "This visit is planned already."
    )

    # === COMPUTE METHODS === #

    @api.depends("date_due", "repair_id.state")
    def _compute_status(self):
        for plan in self:
            if plan.repair_id.state == "done":
                plan.status = "done"
            elif plan.repair_id.state == "cancel":
                plan.status = "cancelled"
            elif plan.date_due < plan.company_id._get_aftersales_day():
                plan.status = "overdue"
            else:
                plan.status = "released" if plan.repair_id else "planned"

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented

        def get_domain(day):
            domains = self._get_status_domains(day)
            return Domain.OR(domains[status] for status in value if status in domains)

        return self.env["res.company"]._get_aftersales_day_domain(get_domain)

    @api.depends("rule_id", "unit_id", "date_due")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = f"{plan.rule_id.name} · {plan.unit_id.display_name}"

    # === CRUD METHODS === #

    def write(self, vals):
        if "date_due" in vals:
            self._check_not_released()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_released(self):
        self._check_not_released()

    # === ACTION METHODS === #

    def action_release(self):
        """Make a request with a work order of each visit that has none.

        :raises UserError: when a visit is released already or nobody waits for it
        """
        self.check_access("write")
        self._check_not_released()
        idle = self.filtered(lambda plan: not plan._is_releasable())[:1]
        if idle:
            raise UserError(
                self.env._(
                    "%(visit)s waits for nobody: the product is not in use, or its contract is "
                    "not active.",
                    visit=idle.display_name,
                )
            )
        self._release()
        return self.request_id._get_records_action(name=self.env._("Service Requests"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "rule_id",
            "unit_id",
            "date_planned",
            "request_id",
            "repair_id",
        }

    def _get_key(self):
        """Return what a rule plans once."""
        self.ensure_one()
        return (self.rule_id.id, self.unit_id.id, self.date_planned)

    def _check_not_released(self):
        """Raise when work was made of a visit already.

        :raises UserError: naming the request
        """
        if released := self.filtered("request_id")[:1]:
            raise UserError(
                self.env._(
                    "%(visit)s is released already as %(request)s.",
                    visit=released.display_name,
                    request=released.sudo().request_id.name,
                )
            )

    def _is_releasable(self):
        """Return whether the unit is in use and the contract, if any, active."""
        self.ensure_one()
        return self.unit_id.state == "active" and (
            not self.contract_id or self.contract_id.state == "active"
        )

    @api.model
    def _get_status_domains(self, today):
        """Return ``{status: domain}`` on a day, the same rules as the computed status."""
        # The status is told to whoever sees the visit, so it is found without reading orders.
        done, cancelled = (
            Domain("repair_id", "any!", [("state", "=", state)]) for state in ("done", "cancel")
        )
        is_open = ~done & ~cancelled
        ahead = Domain("date_due", ">=", today)
        return {
            "done": done,
            "cancelled": cancelled,
            "overdue": Domain("date_due", "<", today) & is_open,
            "released": Domain("repair_id", "!=", False) & is_open & ahead,
            "planned": Domain("repair_id", "=", False) & ahead,
        }

    def _release(self):
        """Make requests and work orders in one batch each, company by company."""
        for company, plans in self.grouped("company_id").items():
            plans.with_company(company)._release_together()

    def _release_together(self):
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
            "notice": "advance",
            "date_planned": self._get_due_moment(),
        }

    def _prepare_work_order_vals(self):
        """Return what the visit adds to its work order."""
        self.ensure_one()
        return {"schedule_date": self._get_due_moment()}

    def _get_due_moment(self):
        """Return when the day of the visit begins where the company is."""
        self.ensure_one()
        return self.company_id._get_aftersales_first_moment(self.date_due)

    # === CRON === #

    @api.model
    def _cron_plan_and_release(self):
        """Plan the visits of the coming days and release those that are near."""
        rules = self.env["aftersales.maintenance.rule"]
        rules = rules.search(rules._get_planning_domain())
        __, errors = attempt_together(self.env, rules, lambda due: due._plan_visits())
        for rule, error in errors.items():
            rule._tell_not_planned(error)
        for batch in each_batch(self, self._get_release_domain(), BATCH):
            __, errors = attempt_together(self.env, batch, lambda plans: plans._release())
            for plan, error in errors.items():
                plan._tell_not_released(error)

    def _tell_not_released(self, error):
        """Say why a visit could not be released where whoever looks after it reads it."""
        self.ensure_one()
        tell(
            self.contract_id or self.unit_id,
            self.env._(
                "The visit of %(day)s could not be released: %(error)s",
                day=format_date(self.env, self.date_due),
                error=error,
            ),
        )

    @api.model
    def _get_release_domain(self):
        """Return the domain of visits near enough to be released, company by company."""
        near = [
            Domain("company_id", "=", company.id)
            & Domain("date_due", "<=", fields.Date.add(company._get_aftersales_day(), days=ahead))
            for company in self.env["res.company"].sudo().search([])
            for ahead in [company.aftersales_release_days]
        ]
        return (
            Domain("request_id", "=", False)
            & Domain("unit_id.state", "=", "active")
            & (Domain("contract_id", "=", False) | Domain("contract_id.state", "=", "active"))
            & Domain.OR(near)
        )
