import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.aftersales_base.models.aftersales_warranty_term import DURATION_UNITS
from odoo.addons.aftersales_base.tools.jobs import tell

_logger = logging.getLogger(__name__)


class AftersalesMaintenanceRule(models.Model):
    """What makes preventive work due: an interval for the units of a contract, of one of its
    lines, or of every product sold with a warranty policy.

    Visits are counted from a fixed first day (the contract's start, the unit's first day in
    service), so a late visit does not move the next ones. Days gone by are not planned.
    """

    _name = "aftersales.maintenance.rule"
    _description = "Maintenance Rule"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, help="The job, as the customer reads it.")
    active = fields.Boolean(default=True)
    contract_id = fields.Many2one(
        comodel_name="aftersales.contract", ondelete="cascade", index="btree_not_null"
    )
    line_id = fields.Many2one(
        comodel_name="aftersales.contract.line",
        string="Contract Line",
        domain="[('contract_id', '=', contract_id)]",
        copy=False,
        ondelete="cascade",
        index="btree_not_null",
        help="Only the units of this line. Empty: every unit the contract covers.",
    )
    policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Warranty Policy",
        ondelete="cascade",
        index="btree_not_null",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        index=True,
    )
    interval = fields.Integer(string="Every", required=True, default=6)
    interval_unit = fields.Selection(selection=DURATION_UNITS, required=True, default="month")
    visit_count = fields.Integer(
        string="Number of Visits", help="How many visits a unit gets. 0: until the promise ends."
    )
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type", required=True, check_company=True
    )
    plan_ids = fields.One2many(comodel_name="aftersales.maintenance.plan", inverse_name="rule_id")

    _interval_positive = models.Constraint(
        "CHECK(interval > 0)", "Visits are at least one day, week, month or year apart."
    )
    _one_source = models.Constraint(
        "CHECK((contract_id IS NULL) != (policy_id IS NULL))",
        "A maintenance rule belongs to a contract or to a warranty policy.",
    )

    @api.depends("contract_id.company_id", "policy_id.company_id")
    def _compute_company_id(self):
        for rule in self:
            rule.company_id = rule.contract_id.company_id or rule.policy_id.company_id

    @api.constrains("contract_id", "line_id")
    def _check_line(self):
        for rule in self:
            if rule.line_id and rule.line_id.contract_id != rule.contract_id:
                raise ValidationError(
                    self.env._(
                        "%(rule)s looks after a line of another contract. Choose a line of "
                        "%(contract)s.",
                        rule=rule.display_name,
                        contract=rule.contract_id.display_name,
                    )
                )

    @api.constrains("interval")
    def _check_interval(self):
        for rule in self:
            if rule.interval <= 0:
                raise ValidationError(
                    self.env._("%(rule)s needs an interval above zero.", rule=rule.display_name)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = self.env["aftersales.contract.line"]
        rules = super().create(
            [
                {"contract_id": lines.browse(vals.get("line_id")).contract_id.id, **vals}
                for vals in vals_list
            ]
        )
        rules._check_may_change()
        rules._plan_visits()
        return rules

    def write(self, vals):
        self._check_may_change()
        result = super().write(vals)
        if {"contract_id", "line_id", "policy_id"} & vals.keys():
            self._check_may_change()
        if vals.keys() - {"name"}:
            self._plan_visits()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_released(self):
        self._check_may_change()
        plans_sudo = self.env["aftersales.maintenance.plan"].sudo()
        released = plans_sudo.search(
            [("rule_id", "in", self.ids), ("request_id", "!=", False)], limit=1
        )
        if released:
            raise UserError(
                self.env._(
                    "%(rule)s led to %(request)s and stays on record. Archive it instead.",
                    rule=released.rule_id.display_name,
                    request=released.request_id.display_name,
                )
            )

    # === BUSINESS METHODS === #

    def _check_may_change(self):
        """Raise when the user may not change what the rules belong to."""
        self.contract_id._check_may_change_agreed()
        if self.policy_id:
            self.policy_id.check_access("write")

    @api.model
    def _get_planning_domain(self):
        """Return the domain of the rules that may plan something today."""
        unended = self.env["res.company"]._get_aftersales_day_domain(
            lambda today: Domain("contract_id.date_end", ">=", today), "contract_id.company_id"
        )
        running = Domain("contract_id.state", "=", "active") & unended
        return Domain("policy_id", "!=", False) | running

    def _plan_visits(self):
        """Make the plan of the coming days fit the rules, for all units at once.

        Visits that are due by the rules are made once; those ahead that are due no more (the
        rule, the contract or the unit changed) are dropped unless they were released.

        :return: the new plans
        """
        self.flush_recordset()
        due = {
            (rule.id, unit.id, day)
            for rule, units in self._get_units_by_rule().items()
            for unit in units
            for day in rule._get_due_days(unit, unit.company_id._get_aftersales_day())
        }
        ahead = self.env["res.company"]._get_aftersales_day_domain(
            lambda today: Domain("date_planned", ">=", today)
        )
        # Whoever changes a rule changes its plan with it.
        plans_sudo = (
            self.env["aftersales.maintenance.plan"]
            .sudo()
            .search_fetch(
                Domain("rule_id", "in", self.ids) & ahead,
                ["rule_id", "unit_id", "date_planned", "request_id"],
            )
        )
        planned = {(plan.rule_id.id, plan.unit_id.id, plan.date_planned) for plan in plans_sudo}
        plans_sudo.filtered(
            lambda plan: not plan.request_id and plan._get_key() not in due
        ).unlink()
        return plans_sudo.create(
            [
                {"rule_id": rule_id, "unit_id": unit_id, "date_planned": day, "date_due": day}
                for rule_id, unit_id, day in sorted(due - planned)
            ]
        )

    def _tell_not_planned(self, error):
        """Say why a rule could plan nothing where whoever looks after it reads it."""
        self.ensure_one()
        if not self.contract_id:
            # A policy has no thread.
            _logger.error("Visits of rule %s could not be planned: %s", self.display_name, error)
            return
        tell(
            self.contract_id,
            self.env._(
                "The visits of %(rule)s could not be planned: %(error)s",
                rule=self.display_name,
                error=error,
            ),
        )

    def _get_units_by_rule(self):
        """Return ``{rule: units it looks after now}``, in a fixed number of queries."""
        running = self.filtered(
            lambda rule: rule.active and (rule.policy_id or rule.contract_id.state == "active")
        )
        # A rule plans for all units, whoever changed it.
        units_sudo = self.env["aftersales.unit"].sudo().search(running._get_units_domain())
        by_policy = units_sudo.grouped("policy_id")
        by_customer = units_sudo.grouped(
            lambda unit: (unit.company_id, unit.partner_id.commercial_partner_id)
        )
        units = {}
        for rule in running:
            contract = rule.contract_id
            if rule.policy_id:
                units[rule] = by_policy.get(rule.policy_id.sudo(), ())
            else:
                key = (contract.company_id, contract.commercial_partner_id)
                lines = (rule.line_id or contract.line_ids).sudo()
                units[rule] = [
                    unit
                    for unit in by_customer.get(key, ())
                    if any(line._looks_after(unit) for line in lines)
                ]
        return units

    def _get_units_domain(self):
        """Return the domain of the living units these rules may look after."""
        customers = self.contract_id.commercial_partner_id
        return Domain("state", "=", "active") & (
            Domain("policy_id", "in", self.policy_id.ids)
            | (
                Domain("company_id", "in", self.contract_id.company_id.ids)
                & Domain("partner_id.commercial_partner_id", "in", customers.ids)
            )
        )

    def _get_due_days(self, unit, today):
        """Return the days within the horizon on which ``unit`` is due.

        A rule of a policy ends with the warranty of the unit, one of a contract with the
        contract.
        """
        self.ensure_one()
        contract = self.contract_id
        first = contract.date_start if contract else unit.date_start
        end = contract.date_end if contract else unit.warranty_end
        if not first or not end:
            return []
        last = min(end, today + relativedelta(days=unit.company_id.aftersales_maintenance_horizon))
        earliest = max(today, unit.date_start or today)
        days, number = [], 1
        while not self.visit_count or number <= self.visit_count:
            # From the first day each time: months of different length must not add up.
            day = first + relativedelta(**{f"{self.interval_unit}s": self.interval * number})
            if day > last:
                break
            if day >= earliest:
                days.append(day)
            number += 1
        return days
