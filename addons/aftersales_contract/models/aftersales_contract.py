from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
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
    change what is in force   no      yes
    start, suspend, resume    no      yes
    close, reopen             no      yes
    bill due instalments      yes     yes
    ========================  ======  ========
    """

    _name = "aftersales.contract"
    _description = "Service Contract"
    _inherit = [
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_start desc, id desc"
    _rec_names_search = ["name", "title", "partner_id.name"]
    _check_company_auto = True
    _number_code = "aftersales.contract"

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
        string="From",
        required=True,
        default=lambda self: self.env.company._get_aftersales_day(),
        index=True,
        tracking=True,
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
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
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
    is_locked = fields.Boolean(
        compute="_compute_is_locked",
        help="What was agreed cannot be changed by the current user.",
    )

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

    @api.depends("company_id")
    def _compute_currency_id(self):
        for contract in self:
            contract.currency_id = contract.currency_id or contract.company_id.currency_id

    @api.depends("state", "date_start", "date_end")
    def _compute_status(self):
        for contract in self:
            contract.status = contract._get_status_on(contract.company_id._get_aftersales_day())

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
    def _compute_is_locked(self):
        may_change = self._may_change_agreed()
        for contract in self:
            in_force = contract.state in ("active", "suspended")
            contract.is_locked = contract.state == "closed" or (in_force and not may_change)

    @api.depends("name", "title")
    def _compute_display_name(self):
        for contract in self:
            parts = [contract.name, contract.title]
            contract.display_name = " · ".join(part for part in parts if part)

    def _compute_access_url(self):
        super()._compute_access_url()
        for contract in self:
            contract.access_url = f"/my/service-contracts/{contract.id}"

    # === CONSTRAINT METHODS === #

    @api.constrains("instalment_amount", "instalment_product_id")
    def _check_billable(self):
        for contract in self.filtered(lambda contract: contract.state != "draft"):
            if message := contract._get_billing_error():
                raise ValidationError(message)

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_agreed(vals)
        result = super().write(vals)
        active = self.filtered(lambda contract: contract.state == "active")
        if active and self._get_plan_fields() & vals.keys():
            active._plan_instalments()
        if active and "date_end" in vals:
            active.rule_ids._plan_visits()
            active._refresh_charges()
        return result

    def copy(self, default=None):
        contracts = super().copy(default)
        for contract, new in zip(self, contracts, strict=True):
            lines = dict(zip(contract.line_ids, new.line_ids, strict=False))
            for rule in contract.rule_ids:
                line = lines.get(rule.line_id, rule.line_id.browse())
                rule.copy({"contract_id": new.id, "line_id": line.id})
        return contracts

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
        instalments = self.env["aftersales.contract.instalment"]
        due = instalments.search(
            instalments._get_due_domain() & Domain("contract_id", "in", self.ids)
        )
        if not due:
            raise UserError(self.env._("No instalment is due. See the instalments for the dates."))
        return due.action_bill()

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
            "draft": {"active": MANAGER},
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
        if target == "active" and (message := self._get_billing_error()):
            return message
        return super()._transition_error_message(target)

    def _unlink_error_message(self):
        if self.state != "draft":
            return self.env._(
                "%(contract)s was started and stays on record. Close it instead.",
                contract=self.display_name,
            )
        return super()._unlink_error_message()

    def _get_billing_error(self):
        """Return why the instalments cannot be billed, or an empty text."""
        self.ensure_one()
        if self.instalment_amount and not self.instalment_product_id:
            return self.env._(
                "%(contract)s has instalments without a product to bill them as. Choose one.",
                contract=self.display_name,
            )
        return ""

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        today = self.company_id._get_aftersales_day()
        return {**vals, "date_closed": today if target == "closed" else False}

    def _before_transition(self, target):
        super()._before_transition(target)
        if target == "active":
            self.filtered("date_closed")._record_closed_days()

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "suspended":
            self._suspend()
        if origin == "suspended":
            self.suspension_ids._end()
        if target == "active":
            self._plan_instalments()
            self.rule_ids._plan_visits()
        else:
            self._drop_open_visits()
        if target == "closed":
            self._drop_open_instalments()
        self._refresh_charges()

    # === WHAT IS AGREED === #

    @api.model
    def _get_fixed_fields(self):
        """Return the fields that never change once the contract was started."""
        return {"partner_id", "company_id", "currency_id", "date_start"}

    @api.model
    def _get_agreed_fields(self):
        """Return the fields only a manager changes once the contract was started."""
        return {"date_end", "line_ids", "rule_ids", "instalment_product_id"} | (
            self._get_plan_fields() - self._get_fixed_fields()
        )

    @api.model
    def _may_change_agreed(self):
        return self.env.su or self.env.user.has_group(MANAGER)

    def _check_agreed(self, vals):
        """Raise when a started contract would promise something else.

        :raises UserError: naming the contract and what cannot be changed
        """
        started = self.filtered(lambda contract: contract.state != "draft")
        if fixed := self._get_fixed_fields() & vals.keys():
            changed = started.filtered(
                lambda contract: any(contract._is_changed(fname, vals[fname]) for fname in fixed)
            )[:1]
            if changed:
                raise UserError(
                    self.env._(
                        "%(contract)s was started: its customer, company, currency and first day "
                        "stay. Close it and make another one.",
                        contract=changed.display_name,
                    )
                )
        if self._get_agreed_fields() & vals.keys():
            started._check_may_change_agreed()

    def _is_changed(self, fname, value):
        """Return whether writing ``value`` would change the field."""
        self.ensure_one()
        field = self._fields[fname]
        return field.convert_to_cache(value, self) != field.convert_to_cache(self[fname], self)

    def _check_may_change_agreed(self):
        """Raise when the user may not change what these contracts promise.

        :raises UserError: naming the contract and who may
        """
        locked = self.filtered("is_locked")[:1]
        if locked and not self.env.su:
            message = (
                self.env._(
                    "%(contract)s is closed. Resume it to change it.",
                    contract=locked.display_name,
                )
                if locked.state == "closed"
                else self.env._(
                    "%(contract)s is in force. A manager changes what was agreed.",
                    contract=locked.display_name,
                )
            )
            raise UserError(message)

    # === COVER === #

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
        self.env["aftersales.contract.suspension"].sudo().create(
            [
                {
                    "contract_id": contract.id,
                    "date_from": contract.company_id._get_aftersales_day(),
                }
                for contract in self
            ]
        )

    def _record_closed_days(self):
        """Keep the days a closed contract was closed: resumed, it covers from today only."""
        self.env["aftersales.contract.suspension"].sudo().create(
            [
                {
                    "contract_id": contract.id,
                    "date_from": contract.date_closed,
                    "date_to": today - timedelta(days=1),
                }
                for contract in self
                if contract.date_closed < (today := contract.company_id._get_aftersales_day())
            ]
        )

    def _refresh_charges(self):
        """Have coverage decide anew for the open charges of these customers."""
        if not self:
            return
        # What the contract promises changed for every charge, whoever may see it.
        charges_sudo = self.env["aftersales.charge"].sudo()
        contracts_sudo = self.sudo()
        charges_sudo.search(
            [
                ("state", "=", "draft"),
                ("company_id", "in", contracts_sudo.company_id.ids),
                ("partner_id", "child_of", contracts_sudo.commercial_partner_id.ids),
            ],
            order="id",
        )._decide_anew()

    def _follow_lines(self):
        """Plan and decide anew after a line of a contract in force changed."""
        active = self.filtered(lambda contract: contract.state == "active")
        if active:
            active.rule_ids._plan_visits()
            active._refresh_charges()

    def _drop_open_visits(self):
        """Take away the visits a contract that rests or is over will not see."""
        self.plan_ids.filtered(lambda plan: not plan.request_id).sudo().unlink()

    def _drop_open_instalments(self):
        """Take away the instalments of periods that a closed contract does not see begin."""
        self.instalment_ids.filtered(
            lambda instalment: (
                not instalment.is_billed
                and instalment.date_from >= instalment.company_id._get_aftersales_day()
            )
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
        """Make the plan of instalments fit the contract.

        Billed instalments stay, and so does what was planned before the last of them; the
        rest of the period is planned anew.
        """
        kept = self.instalment_ids._get_settled_past()
        (self.instalment_ids - kept).sudo().unlink()
        vals_list = []
        for contract in self.filtered("instalment_amount"):
            vals_list += contract._prepare_instalment_vals_list(
                kept.filtered(
                    lambda instalment, contract=contract: instalment.contract_id == contract
                )
            )
        return self.env["aftersales.contract.instalment"].sudo().create(vals_list)

    def _prepare_instalment_vals_list(self, kept):
        """Return the values of the instalments after the ones that stay, first to last."""
        self.ensure_one()
        first, months = self._get_instalment_anchor(kept)
        number = max(kept.mapped("number"), default=0)
        vals_list = []
        # From the first day each time: months of different length must not add up.
        date_from = first + relativedelta(months=months)
        while date_from <= self.date_end:
            number, months = number + 1, months + self.instalment_interval
            next_from = first + relativedelta(months=months)
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
            date_from = next_from
        return vals_list

    def _get_instalment_anchor(self, kept):
        """Return ``(day, months)``: the next period begins so many months after the day.

        It is the first day of the contract while periods begin on its day of the month.
        """
        self.ensure_one()
        if not kept:
            return self.date_start, 0
        next_from = max(kept.mapped("date_to")) + relativedelta(days=1)
        years = next_from.year - self.date_start.year
        about = years * 12 + next_from.month - self.date_start.month
        for months in (about, about - 1):
            if self.date_start + relativedelta(months=months) == next_from:
                return self.date_start, months
        return next_from, 0

    def _prepare_charge_origin_vals(self):
        """Return what an instalment takes from its contract."""
        self.ensure_one()
        return {"partner_id": self.partner_id, "user_id": self.user_id}
