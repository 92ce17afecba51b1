from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesContract(models.Model):
    """What is agreed with a customer for a period: cover, price and visits.

    The state says what people decided; whether the period has begun or is over is a
    question about a day (``status``). A suspension keeps its days, so that a fault
    reported before it stays covered.

    ========================  ======  ========
    action                    agent   manager
    ========================  ======  ========
    prepare, edit a draft     yes     yes
    start, suspend, resume    no      yes
    close, reopen             no      yes
    bill due instalments      yes     yes
    ========================  ======  ========
    """

    _name = "aftersales.contract"
    _description = "Service Contract"
    _inherit = ["aftersales.state.mixin", "portal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_start desc, id desc"
    _rec_names_search = ["name", "title", "partner_id.name"]
    _check_company_auto = True

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    title = fields.Char(help="What the customer calls it.")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", store=True, index=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        check_company=True,
        tracking=True,
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("active", "Active"),
            ("suspended", "Suspended"),
            ("closed", "Closed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    status = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("upcoming", "Not Yet Running"),
            ("running", "Running"),
            ("ending", "Ends Soon"),
            ("suspended", "Suspended"),
            ("expired", "Expired"),
            ("closed", "Closed"),
        ],
        compute="_compute_status",
        help="The state, and how the period stands today. Ends soon: within 30 days.",
    )
    date_start = fields.Date(
        string="From", required=True, default=fields.Date.context_today, index=True, tracking=True
    )
    date_end = fields.Date(
        string="Until",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        tracking=True,
        help="The last covered day.",
    )
    date_closed = fields.Date(string="Closed On", readonly=True, copy=False)
    close_reason = fields.Char(copy=False, tracking=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.contract.line", inverse_name="contract_id", copy=True
    )
    suspension_ids = fields.One2many(
        comodel_name="aftersales.contract.suspension", inverse_name="contract_id", copy=False
    )
    instalment_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Billed As",
        domain="[('type', '=', 'service')]",
        check_company=True,
        help="Gives the instalments their taxes and income account.",
    )
    instalment_amount = fields.Monetary(string="Amount per Instalment")
    instalment_interval = fields.Integer(
        string="Every (Months)", default=1, help="Months between two instalments."
    )
    instalment_timing = fields.Selection(
        selection=[("advance", "In Advance"), ("arrears", "In Arrears")],
        string="Due",
        required=True,
        default="advance",
        help="On the first or on the last day of each period.",
    )
    instalment_ids = fields.One2many(
        comodel_name="aftersales.contract.instalment", inverse_name="contract_id", copy=False
    )
    due_instalment_count = fields.Integer(compute="_compute_instalment_counts")
    billed_amount = fields.Monetary(string="Billed", compute="_compute_instalment_counts")
    rule_ids = fields.One2many(
        comodel_name="aftersales.maintenance.rule", inverse_name="contract_id"
    )
    plan_ids = fields.One2many(
        comodel_name="aftersales.maintenance.plan", inverse_name="contract_id"
    )
    plan_count = fields.Integer(compute="_compute_plan_count")
    charge_ids = fields.One2many(comodel_name="aftersales.charge", inverse_name="contract_id")
    note = fields.Html(string="Conditions")
    next_states = fields.Char(compute="_compute_next_states")

    _dates_ordered = models.Constraint(
        "CHECK(date_start <= date_end)", "A contract ends on or after the day it starts."
    )
    _interval_positive = models.Constraint(
        "CHECK(instalment_interval > 0)", "Instalments are at least one month apart."
    )
    _amount_not_negative = models.Constraint(
        "CHECK(instalment_amount >= 0)", "An instalment is not below zero."
    )

    # === COMPUTE METHODS === #

    @api.depends("date_start")
    def _compute_date_end(self):
        for contract in self:
            if contract.date_start and (
                not contract.date_end or contract.date_end < contract.date_start
            ):
                contract.date_end = contract.date_start + relativedelta(years=1, days=-1)

    @api.depends("state", "date_start", "date_end")
    def _compute_status(self):
        today = fields.Date.context_today(self)
        for contract in self:
            contract.status = contract._get_status_on(today)

    @api.depends("instalment_ids.status", "instalment_ids.amount")
    def _compute_instalment_counts(self):
        for contract in self:
            by_status = contract.instalment_ids.grouped("status")
            none = contract.instalment_ids.browse()
            billed = by_status.get("billed", none) + by_status.get("paid", none)
            contract.due_instalment_count = len(by_status.get("due", none))
            contract.billed_amount = sum(billed.mapped("amount"))

    def _compute_plan_count(self):
        counts = dict(
            self.env["aftersales.maintenance.plan"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.plan_count = counts.get(contract, 0)

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_next_states(self):
        for contract in self:
            contract.next_states = ",".join(sorted(contract._get_next_states()))

    @api.depends("name", "title")
    def _compute_display_name(self):
        for contract in self:
            parts = [contract.name, contract.title]
            contract.display_name = " · ".join(part for part in parts if part)

    def _compute_access_url(self):
        super()._compute_access_url()
        for contract in self:
            contract.access_url = f"/my/service-contracts/{contract.id}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "New") == "New":
                company = vals.get("company_id") or self.env.company.id
                sequence = self.env["ir.sequence"].with_company(company)
                vals["name"] = sequence.next_by_code("aftersales.contract")
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if self._get_plan_fields() & vals.keys():
            self.filtered(lambda contract: contract.state == "active")._plan_instalments()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        started = self.filtered(lambda contract: contract.state != "draft")[:1]
        if started:
            raise UserError(
                self.env._(
                    "%(contract)s was started and stays on record. Close it instead.",
                    contract=started.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_start(self):
        """Let the contract cover; the instalments and visits of its period are planned."""
        return self.write({"state": "active"})

    def action_suspend(self):
        """Stop cover and billing from today, until it is resumed."""
        return self.write({"state": "suspended"})

    def action_resume(self):
        """Let a suspended or closed contract cover again from today."""
        return self.write({"state": "active"})

    def action_close(self):
        """End the contract today, before its time."""
        return self.write({"state": "closed"})

    def action_bill(self):
        """Bill the instalments that are due today: charges, and a draft settlement.

        :return: an action that shows the settlements
        :raises UserError: when nothing is due
        """
        due = self.env["aftersales.contract.instalment"].search(
            self.env["aftersales.contract.instalment"]._get_due_domain()
            & Domain("contract_id", "in", self.ids)
        )
        if not due:
            raise UserError(self.env._("No instalment is due. See the instalments for the dates."))
        return due._bill()._get_records_action(name=self.env._("Settlements"))

    def action_view_plans(self):
        """Open the planned maintenance visits of this contract."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_contract.aftersales_maintenance_plan_action"
        )
        action["domain"] = [("contract_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_charges(self):
        """Open what this contract was charged and what it covered."""
        self.ensure_one()
        charges = self.env["aftersales.charge"].search(
            ["|", ("contract_id", "=", self.id), ("contract_line_id.contract_id", "=", self.id)]
        )
        return charges._get_records_action(name=self.env._("Charges"))

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "draft": {"active": MANAGER, "closed": MANAGER},
            "active": {"suspended": MANAGER, "closed": MANAGER},
            "suspended": {"active": MANAGER, "closed": MANAGER},
            "closed": {"active": MANAGER},
        }

    def _transition_error_message(self, target):
        if target == "active" and not self.line_ids:
            return self.env._(
                "%(contract)s covers nothing yet. Add a line before starting it.",
                contract=self.display_name,
            )
        if target == "active" and self.instalment_amount and not self.instalment_product_id:
            return self.env._(
                "%(contract)s has instalments without a product to bill them as. Choose one.",
                contract=self.display_name,
            )
        return super()._transition_error_message(target)

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        today = fields.Date.context_today(self)
        return {**vals, "date_closed": today if target == "closed" else False}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "suspended":
            self._suspend()
        if origin == "suspended":
            self.suspension_ids._end()
        if target == "active":
            self._plan_instalments()
            self.rule_ids._plan_visits()
        if target == "closed":
            self._drop_open_plans()

    def _get_status_on(self, day):
        """Return how the contract stands, or stood, on ``day``."""
        self.ensure_one()
        if self.state in ("draft", "suspended", "closed") or not self.date_end:
            return self.state
        if self.date_end < day:
            return "expired"
        if self.date_start > day:
            return "upcoming"
        return "ending" if (self.date_end - day).days <= 30 else "running"

    def _covers_on(self, day):
        """Return whether the contract covers a fault reported on ``day``."""
        self.ensure_one()
        if self.state == "draft" or not self.date_start <= day <= self.date_end:
            return False
        if self.date_closed and self.date_closed <= day:
            return False
        return not any(suspension._holds_on(day) for suspension in self.suspension_ids)

    def _suspend(self):
        today = fields.Date.context_today(self)
        self.env["aftersales.contract.suspension"].sudo().create(
            [{"contract_id": contract.id, "date_from": today} for contract in self]
        )

    def _drop_open_plans(self):
        """Take away visits and instalments that a closed contract will not see any more."""
        today = fields.Date.context_today(self)
        self.plan_ids.filtered(lambda plan: not plan.request_id).sudo().unlink()
        self.instalment_ids.filtered(
            lambda instalment: not instalment.is_billed and instalment.date_from >= today
        ).sudo().unlink()

    # === INSTALMENTS === #

    @api.model
    def _get_plan_fields(self):
        """Return the fields the plan of instalments is made from."""
        return {
            "date_start",
            "date_end",
            "instalment_amount",
            "instalment_interval",
            "instalment_timing",
        }

    def _plan_instalments(self):
        """Make the plan of instalments fit the contract; billed ones stay as they are."""
        Instalment = self.env["aftersales.contract.instalment"].sudo()
        self.instalment_ids.filtered(lambda instalment: not instalment.is_billed).sudo().unlink()
        vals_list = []
        for contract in self.filtered("instalment_amount"):
            kept = set(contract.instalment_ids.mapped("number"))
            vals_list += [
                vals
                for vals in contract._prepare_instalment_vals_list()
                if vals["number"] not in kept
            ]
        return Instalment.create(vals_list)

    def _prepare_instalment_vals_list(self):
        """Return the values of all instalments of the period, first to last."""
        self.ensure_one()
        vals_list = []
        number, date_from = 1, self.date_start
        while date_from <= self.date_end:
            # From the start each time: months of different length must not add up.
            step = relativedelta(months=self.instalment_interval * number)
            next_from = self.date_start + step
            date_to = min(next_from - relativedelta(days=1), self.date_end)
            vals_list.append(
                {
                    "contract_id": self.id,
                    "number": number,
                    "date_from": date_from,
                    "date_to": date_to,
                    "date_due": date_from if self.instalment_timing == "advance" else date_to,
                    "amount": self.instalment_amount,
                }
            )
            number, date_from = number + 1, next_from
        return vals_list

    def _prepare_charge_origin_vals(self):
        """Return what an instalment takes from its contract."""
        self.ensure_one()
        return {"partner_id": self.partner_id, "user_id": self.user_id}
