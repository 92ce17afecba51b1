from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

PRIORITIES = [("0", "Normal"), ("1", "Important"), ("2", "Urgent"), ("3", "Dangerous")]


class AftersalesSlaPolicy(models.Model):
    """How soon we answer and solve, for which cases, in whose working time (SL1, SL2).

    The first policy in the list whose conditions all hold applies; an empty condition always
    holds. The hours are those of the calendar; without one, every hour of day and night.
    """

    _name = "aftersales.sla.policy"
    _description = "Service Level Policy"
    _inherit = ["aftersales.standing.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, default=lambda self: self.env.company
    )
    res_model = fields.Selection(
        selection="_get_document_models",
        string="Applies To",
        required=True,
        default="aftersales.request",
    )
    priority = fields.Selection(selection=PRIORITIES, help="Empty: every priority.")
    service_type_ids = fields.Many2many(
        comodel_name="aftersales.service.type", check_company=True, help="Empty: every type."
    )
    team_ids = fields.Many2many(
        comodel_name="aftersales.team", check_company=True, help="Empty: every team."
    )
    level_ids = fields.Many2many(
        comodel_name="aftersales.customer.level",
        string="Customer Levels",
        help="Empty: every customer.",
    )
    warranty_policy_ids = fields.Many2many(
        comodel_name="aftersales.warranty.policy",
        check_company=True,
        help="Empty: every product.",
    )
    calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Working Hours",
        check_company=True,
        help="Only these hours count, its holidays do not. Empty: around the clock.",
    )
    response_hours = fields.Float(
        string="First Answer Within",
        help="Hours of working time from the report to our first answer. 0: no limit.",
    )
    resolution_hours = fields.Float(
        string="Solved Within",
        help="Hours of working time from the report to the solution. 0: no limit.",
    )
    warning_percent = fields.Integer(
        string="At Risk From (%)",
        default=80,
        help="Share of the time used up, 1 to 100, from which the case is shown as at risk.",
    )
    escalation_ids = fields.One2many(
        comodel_name="aftersales.sla.escalation", inverse_name="policy_id", copy=True
    )

    _hours_not_negative = models.Constraint(
        "CHECK(response_hours >= 0 AND resolution_hours >= 0)", "A time limit is not below zero."
    )
    _warning_percent_range = models.Constraint(
        "CHECK(warning_percent BETWEEN 1 AND 100)", "The share of the time lies between 1 and 100."
    )

    # === CONSTRAINTS === #

    @api.constrains("name", "response_hours", "resolution_hours")
    def _check_some_limit(self):
        for policy in self:
            if not policy.response_hours and not policy.resolution_hours:
                raise ValidationError(
                    self.env._(
                        "Policy %(policy)s promises nothing. Say within how many hours we answer "
                        "or solve.",
                        policy=policy.name,
                    )
                )

    # === ACTION METHODS === #

    def action_apply(self):
        """Work out anew which policy holds for what is open, and until when."""
        for res_model in set(self.mapped("res_model")):
            records = self.env[res_model].search(self.env[res_model]._get_sla_open_domain())
            for fname in ("sla_policy_id", "sla_deadline"):
                self.env.add_to_compute(records._fields[fname], records)
            records.flush_recordset()

    # === BUSINESS METHODS === #

    @api.model
    def _get_document_models(self):
        """Return what has clocks: every model that takes the mixin."""
        return self.env["aftersales.sla.mixin"]._get_taking_models()

    @api.model
    def _cron_escalate(self):
        """Tell whom the policies name about clocks that have run so far (SL3)."""
        for res_model, __ in self._get_document_models():
            self.env[res_model]._escalate_due()

    def _find_for(self, records):
        """Return ``{record: policy}`` for records of one model, in a fixed number of queries.

        What was promised to the customer himself wins over what holds for everybody.
        """
        if not records or records._name not in self._get_limited_models():
            return dict.fromkeys(records, self.browse())
        general = self.search(self._get_general_domain(records))
        promised = records._get_promised_sla_policies()
        found = {}
        for record in records:
            criteria = record._get_sla_criteria()
            company = record._get_sla_company()
            found[record] = next(
                (
                    policy
                    for policy in (*promised.get(record, ()), *general)
                    if policy.company_id in (company, self.env["res.company"])
                    and policy._matches(criteria)
                ),
                self.browse(),
            )
        return found

    @api.model
    @tools.ormcache()
    def _get_limited_models(self):
        """Return the names of the models for which anything is promised."""
        return frozenset(name for (name,) in self.sudo()._read_group([], ["res_model"]))

    @api.model
    def _get_general_domain(self, records):
        """Return the domain of the policies that hold for everybody."""
        return Domain("res_model", "=", records._name)

    def _matches(self, criteria):
        """Return whether every condition of this policy holds.

        :param dict criteria: by name of a field of the policy, what the record has
        """
        self.ensure_one()
        for fname, value in criteria.items():
            wanted = self[fname]
            if wanted and (
                value not in wanted if self._fields[fname].relational else value != wanted
            ):
                return False
        return True
