from odoo import api, fields, models
from odoo.exceptions import ValidationError

TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesCost(models.Model):
    """What a visit or a work order cost us beside parts and hours (SA2, FS8, SA7): travel,
    lodging, a subcontractor, a maker's repair; and whom we owe it.

    Who may do what:

    ====================  ==========================  ===============  =======  =======
    action                technician                  agent            manager  finance
    ====================  ==========================  ===============  =======  =======
    see                   his own, all of his orders  his teams'       all      all
    note, change a draft  his own                     his teams'       all      no
    confirm, take back    no                          as their leader  all      no
    bill                  no                          no               no       yes
    ====================  ==========================  ===============  =======  =======
    """

    _name = "aftersales.cost"
    _description = "Service Cost"
    _inherit = [
        "aftersales.frozen.mixin",
        "aftersales.currency.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "reference", "repair_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    visit_id = fields.Many2one(
        comodel_name="aftersales.visit",
        ondelete="set null",
        index="btree_not_null",
        check_company=True,
        domain="[('repair_id', '=', repair_id)]",
        help="The trip it was for, when it was for one.",
    )
    company_id = fields.Many2one(
        related="repair_id.company_id", store=True, precompute=True, index=True
    )
    team_id = fields.Many2one(
        related="repair_id.team_id", store=True, precompute=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(
        related="repair_id.service_type_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(related="repair_id.partner_id", string="Customer")
    unit_id = fields.Many2one(related="repair_id.unit_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._get_aftersales_day(),
        index=True,
        tracking=True,
        help="When it was spent: the margin counts it in that month, at the rate of that day.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Item",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        domain="[('type', '=', 'service'), ('purchase_ok', '=', True)]",
        help="Says the account and the taxes of the bill.",
    )
    product_category_id = fields.Many2one(related="product_id.categ_id", string="Category")
    name = fields.Char(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    reference = fields.Char(
        string="Receipt Number", copy=False, help="Of the vendor's bill or the receipt."
    )
    quantity = fields.Float(
        digits="Product Unit",
        required=True,
        default=1,
        aggregator=None,
        help="Below zero for what we get back.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    price_unit = fields.Monetary(
        string="Unit Cost",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        aggregator=None,
        help="The vendor's price for the item, else its cost. What a technician paid has its taxes "
        "in it, what a vendor asks for comes before taxes not in his price.",
    )
    price_facts = fields.Json(
        compute="_compute_price_unit",
        store=True,
        precompute=True,
        help="Item and price of the list, by which a price that was typed is known.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    amount = fields.Monetary(
        compute="_compute_amount", store=True, precompute=True, tracking=True, aggregator=None
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="Cost",
        compute="_compute_amount",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
        help="In the company's currency, at the rate of its day.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Technician",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
        domain="[('share', '=', False)]",
    )
    flow = fields.Selection(
        selection=[
            ("employee", "Paid by the Technician"),
            ("vendor", "Owed to a Vendor"),
            ("paid", "Paid by Us Already"),
        ],
        string="Payment",
        required=True,
        default="employee",
        index=True,
        tracking=True,
        help="Whom we owe it: the technician gets it back, a vendor is paid; what we paid already "
        "only counts in the margin.",
    )
    payee_id = fields.Many2one(
        comodel_name="res.partner",
        string="Owed To",
        compute="_compute_payee_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    state = fields.Selection(
        selection=[("draft", "Draft"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    receipt_count = fields.Integer(
        string="Receipts", compute="_compute_receipt_count", help="Files attached to the cost."
    )

    _price_positive = models.Constraint(
        "CHECK(price_unit >= 0)",
        "A unit costs nothing or more. Write a quantity below zero for what we get back.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for cost in self:
            cost.name = cost.product_id.name or cost.name

    @api.depends("visit_id", "repair_id")
    def _compute_user_id(self):
        """A technician notes his own; the desk what whoever is there spent."""
        is_desk = self.env.user.has_group(AGENT)
        for cost in self:
            there = cost.visit_id.user_id or cost.repair_id.technician_id
            cost.user_id = (is_desk and there) or cost.user_id or self.env.user

    @api.depends("company_id")
    def _compute_currency_id(self):
        for cost in self:
            company = cost.company_id or self.env.company
            cost.currency_id = cost.currency_id or company.currency_id

    @api.depends("flow", "user_id")
    def _compute_payee_id(self):
        for cost in self:
            person = cost.user_id.partner_id
            if cost.flow == "employee":
                cost.payee_id = person
            else:
                cost.payee_id = cost.payee_id if cost.payee_id != person else False

    @api.depends("product_id", "payee_id", "currency_id")
    def _compute_price_unit(self):
        """Take the vendor's price or the cost of the item, for an item that was not chosen before;
        what somebody typed stays."""
        for cost in self:
            listed = cost._get_listed_price()
            if not cost._is_price_typed():
                cost.price_unit = listed or cost.price_unit
            cost.price_facts = {"product": cost.product_id.id, "listed": listed}

    @api.depends("quantity", "price_unit", "currency_id", "currency_rate")
    def _compute_amount(self):
        for cost in self:
            amount = cost.quantity * cost.price_unit
            own = cost.company_id.currency_id or cost.currency_id
            cost.amount = cost.currency_id.round(amount) if cost.currency_id else amount
            in_own = cost.amount / (cost.currency_rate or 1.0)
            cost.amount_company = own.round(in_own) if own else in_own

    @api.depends_context("uid")
    @api.depends("state", "team_id")
    def _compute_next_states(self):
        return super()._compute_next_states()

    def _compute_receipt_count(self):
        groups = self.env["ir.attachment"]._read_group(
            self._get_receipts_domain(), ["res_id"], ["__count"]
        )
        counts = dict(groups)
        for cost in self:
            cost.receipt_count = counts.get(cost.id, 0)

    @api.depends("name", "repair_id.name")
    def _compute_display_name(self):
        for cost in self:
            # Whoever sees the cost is told its order.
            parts = (cost.sudo().repair_id.name, cost.name)
            cost.display_name = " · ".join(part for part in parts if part)

    # === CONSTRAINT METHODS === #

    @api.constrains("visit_id", "repair_id")
    def _check_visit(self):
        for cost in self.filtered("visit_id"):
            if cost.visit_id.sudo().repair_id != cost.repair_id:
                raise ValidationError(
                    self.env._(
                        "%(cost)s: visit %(visit)s is for another work order. Choose one of "
                        "%(order)s.",
                        cost=cost.display_name,
                        visit=cost.visit_id.display_name,
                        order=cost.repair_id.display_name,
                    )
                )

    @api.constrains("flow", "payee_id", "user_id")
    def _check_payee(self):
        for cost in self:
            if cost.flow == "vendor" and not cost.payee_id:
                raise ValidationError(
                    self.env._(
                        "%(cost)s is owed to a vendor. Say which, or that it is paid already.",
                        cost=cost.display_name,
                    )
                )
            if cost.flow == "employee" and cost.payee_id != cost.user_id.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(cost)s was paid by %(person)s and is owed to nobody else. Name who "
                        "paid it as its technician, or a vendor whom we owe it.",
                        cost=cost.display_name,
                        person=cost.user_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        costs = super().create(vals_list)
        costs._check_orders()
        return costs

    # === ACTION METHODS === #

    def action_confirm(self):
        """Say that it was spent: it counts in the margin and can be billed."""
        return self.write({"state": "confirmed"})

    def action_draft(self):
        """Open the cost again to change it."""
        return self.write({"state": "draft"})

    def action_cancel(self):
        """Take the cost back: it counts nowhere."""
        return self.write({"state": "cancelled"})

    # === BUSINESS METHODS === #

    @api.model
    def _get_frozen_fields(self):
        return {
            "repair_id",
            "visit_id",
            "date",
            "product_id",
            "name",
            "quantity",
            "price_unit",
            "currency_id",
            "user_id",
            "flow",
            "payee_id",
            "reference",
        }

    def _follow_change(self, vals):
        super()._follow_change(vals)
        if "repair_id" in vals:
            self._check_orders()
        if {"user_id", "repair_id"} & vals.keys():
            # Nobody leaves costs with somebody whose costs he may not change.
            self.check_access("write")

    def _get_state_transitions(self):
        return {
            "draft": {"confirmed": AGENT, "cancelled": TECHNICIAN},
            "confirmed": {"draft": AGENT, "cancelled": AGENT},
            "cancelled": {"draft": TECHNICIAN},
        }

    def _get_next_states(self):
        """What is confirmed, and what was, is for the leader of the team and for managers."""
        steps = super()._get_next_states()
        if self._is_led():
            return steps
        return set() if self.state == "confirmed" else steps - {"confirmed"}

    def _transition_error_message(self, target):
        if target == "confirmed" and self.currency_id.is_zero(self.amount):
            return self.env._(
                "%(cost)s costs nothing. Write down the amount before confirming.",
                cost=self.display_name,
            )
        if target == "confirmed" and self._is_own_money():
            return self.env._(
                "%(cost)s is owed to you. Somebody else confirms it, unless Approve Own Requests "
                "is set for %(company)s.",
                cost=self.display_name,
                company=self.company_id.display_name,
            )
        return super()._transition_error_message(target)

    def _before_transition(self, target):
        super()._before_transition(target)
        # What the cost follows from is brought up to date before it is frozen.
        self.flush_recordset()

    def _is_led(self):
        """Return whether the user leads the team of the cost, or all of them."""
        self.ensure_one()
        if self.env.su or self.env.user.has_group(MANAGER):
            return True
        # sudo: who leads a team is no secret to who works in it.
        return self.env.user in self.sudo().team_id.chief_ids

    def _is_own_money(self):
        """Return whether the user would say himself what he is paid back."""
        self.ensure_one()
        # sudo: settings of the company, which whoever works for it follows.
        own = self.sudo().company_id.aftersales_own_approval
        return not self.env.su and not own and self.payee_id == self.env.user.partner_id

    def _check_orders(self):
        """Raise when the user does not work on the order.

        :raises AccessError: naming the order
        """
        if not self.env.su:
            self.repair_id.check_access("write")

    def _is_price_typed(self):
        """Return whether the price came before any list, or is another one than it had for the
        same item."""
        self.ensure_one()
        facts = self.price_facts
        if not self.price_unit or not facts:
            return bool(self.price_unit)
        if facts["product"] != self.product_id.id:
            return False
        currency = self.currency_id or self.company_id.currency_id
        return bool(currency.compare_amounts(self.price_unit, facts["listed"]))

    def _get_listed_price(self):
        """Return what the vendor asks for the item on that day, else what the item costs, in the
        currency of the cost; 0 where neither is known."""
        self.ensure_one()
        company = self.company_id or self.env.company
        product = self.product_id.with_company(company)
        if not product:
            return 0.0
        price, currency = product.standard_price, company.currency_id
        if self.flow == "vendor" and self.payee_id:
            seller = product._select_seller(
                partner_id=self.payee_id, quantity=None, date=self.date, uom_id=product.uom_id
            )
            if seller:
                price, currency = seller.price_discounted, seller.currency_id
        if not self.currency_id or self.currency_id == currency:
            return price
        day = self.date or company._get_aftersales_day()
        return currency._convert(price, self.currency_id, company, day)

    def _get_receipts_domain(self):
        return [
            ("res_model", "=", self._name),
            ("res_id", "in", self.ids),
            ("res_field", "=", False),
        ]

    def _get_analytic_distribution(self):
        """Return where the cost counts: by kind of service, else by team, as its revenue does."""
        self.ensure_one()
        return self.company_id._get_aftersales_distribution(self.service_type_id, self.team_id)
