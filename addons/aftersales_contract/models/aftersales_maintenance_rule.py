from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.aftersales_base.models.aftersales_warranty_term import DURATION_UNITS


class AftersalesMaintenanceRule(models.Model):
    """What makes preventive work due: an interval for the units of a contract line, or of
    every product sold with a warranty policy.

    Visits are counted from a fixed first day (the contract's start, the unit's first day in
    service), so a late visit does not move the next ones.
    """

    _name = "aftersales.maintenance.rule"
    _description = "Maintenance Rule"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, help="The job, as the customer reads it.")
    active = fields.Boolean(default=True)
    line_id = fields.Many2one(
        comodel_name="aftersales.contract.line",
        string="Contract Line",
        ondelete="cascade",
        index="btree_not_null",
    )
    contract_id = fields.Many2one(
        related="line_id.contract_id", store=True, index="btree_not_null"
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
    interval_unit = fields.Selection(
        selection=DURATION_UNITS, required=True, default="month"
    )
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
        "CHECK((line_id IS NULL) != (policy_id IS NULL))",
        "A maintenance rule belongs to a contract line or to a warranty policy.",
    )

    @api.depends("line_id.company_id", "policy_id.company_id")
    def _compute_company_id(self):
        for rule in self:
            rule.company_id = rule.line_id.company_id or rule.policy_id.company_id

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
        rules = super().create(vals_list)
        rules.filtered(lambda rule: rule.contract_id.state == "active")._plan_visits()
        return rules

    # === BUSINESS METHODS === #

    def _plan_visits(self):
        """Plan the missing visits of the coming days, for all units at once.

        :return: the new plans
        """
        vals_list = []
        for rule in self:
            for unit in rule._get_units():
                vals_list += [
                    {"rule_id": rule.id, "unit_id": unit.id, "date_due": day}
                    for day in rule._get_due_days(unit)
                ]
        planned = self._get_planned_keys()
        missing = [
            vals
            for vals in vals_list
            if (vals["rule_id"], vals["unit_id"], vals["date_due"]) not in planned
        ]
        return self.env["aftersales.maintenance.plan"].sudo().create(missing)

    def _get_planned_keys(self):
        plans = self.env["aftersales.maintenance.plan"].sudo().search_fetch(
            [("rule_id", "in", self.ids)], ["rule_id", "unit_id", "date_due"]
        )
        return {(plan.rule_id.id, plan.unit_id.id, plan.date_due) for plan in plans}

    def _get_units(self):
        """Return the units the rule looks after."""
        self.ensure_one()
        if self.line_id:
            active = self.contract_id.state == "active"
            return self.line_id._get_units() if active else self.env["aftersales.unit"]
        return self.env["aftersales.unit"].search(
            [("policy_id", "=", self.policy_id.id), ("state", "=", "active")]
        )

    def _get_due_days(self, unit):
        """Return the days on which ``unit`` is due within the horizon.

        Days before the rule was made for units sold long ago are not planned.
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        company = unit.company_id
        last = today + relativedelta(days=company.aftersales_maintenance_horizon)
        first = self.contract_id.date_start if self.line_id else unit.date_start
        earliest = min(self.create_date.date(), today) if self.create_date else today
        end = self.contract_id.date_end if self.line_id else unit.warranty_end
        days, number = [], 1
        while not self.visit_count or number <= self.visit_count:
            # From the first day each time: months of different length must not add up.
            day = first + relativedelta(**{f"{self.interval_unit}s": self.interval * number})
            if day > last or (end and day > end):
                break
            if day >= earliest:
                days.append(day)
            number += 1
        return days
