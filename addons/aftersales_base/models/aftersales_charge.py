from itertools import compress

from odoo import api, fields, models

# What has a list price; what is agreed with the customer has none.
LISTED_KINDS = [("part", "Part"), ("labour", "Labour"), ("travel", "Travel"), ("fee", "Fee")]
CHARGE_KINDS = [*LISTED_KINDS, ("compensation", "Compensation")]
TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesCharge(models.Model):
    """One priced fact (a part, an hour, a trip, a fee) and who pays it.

    ``amount`` is what the pricelist says, with or without tax as the product's taxes do.
    It falls into two shares: what the customer pays and what is covered. What a charge is stands
    here; each question about it has a room of its own: where it came from (``_origin``), what it
    costs (``_price``, ``_discount``), who pays (``_coverage``, ``_override``), what is settled
    (``_settle``, ``_claim``, ``_borne``).
    """

    _name = "aftersales.charge"
    _description = "Charge"
    _inherit = [
        "aftersales.frozen.mixin",
        "aftersales.currency.mixin",
        "aftersales.company.mixin",
        "aftersales.group.mixin",
    ]
    _order = "id desc"
    _rec_names_search = ["name", "request_id.name"]
    # The day that decides who pays.
    _currency_day_field = "date_fault"
    _check_company_auto = True

    name = fields.Char(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        selection=[("draft", "Draft"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
    )
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
    )
    payer_id = fields.Many2one(
        comodel_name="res.partner",
        string="Invoiced To",
        compute="_compute_payer_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
        help="Who gets the invoice for the customer's share.",
    )
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    team_id = fields.Many2one(
        comodel_name="aftersales.team",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Done By",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    cause_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'cause')]",
        check_company=True,
    )
    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'symptom')]",
        check_company=True,
    )
    date_fault = fields.Date(
        string="Reported On",
        compute="_compute_origin_values",
        store=True,
        readonly=False,
        precompute=True,
        help="The day that decides who pays.",
    )
    date_confirmed = fields.Date(string="Confirmed On", readonly=True, copy=False, index=True)
    date_first_confirmed = fields.Date(
        string="First Confirmed On",
        readonly=True,
        copy=False,
        help="Stays when the charge is set back to draft and confirmed again.",
    )
    kind = fields.Selection(
        selection=CHARGE_KINDS,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product", index=True, check_company=True, ondelete="restrict"
    )
    product_category_id = fields.Many2one(related="product_id.categ_id", store=True, index=True)
    quantity = fields.Float(
        compute="_compute_quantity",
        store=True,
        readonly=False,
        precompute=True,
        default=1.0,
        digits="Product Unit",
        help="Hours for labour.",
    )
    uom_id = fields.Many2one(
        comodel_name="uom.uom",
        string="Unit of Measure",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        digits="Product Price",
        aggregator="avg",
    )
    discount = fields.Float(string="Discount (%)", digits="Discount", aggregator="avg")
    amount = fields.Monetary(
        compute="_compute_amount", store=True, precompute=True, help="Quantity times price."
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_name(self):
        for charge in self:
            charge.name = charge.product_id.display_name or charge.name or "/"

    @api.depends("product_id")
    def _compute_kind(self):
        for charge in self:
            charge.kind = charge.product_id.aftersales_charge_kind or charge.kind or "fee"

    @api.depends("product_id")
    def _compute_uom_id(self):
        for charge in self:
            charge.uom_id = charge.product_id.uom_id

    def _compute_quantity(self):
        """Entered by hand here; modules compute it for charges that stand for a movement."""
        for charge in self:
            charge.quantity = charge.quantity

    @api.depends("partner_id")
    def _compute_payer_id(self):
        addresses = {
            partner: partner._get_aftersales_payer().address_get(["invoice"])["invoice"]
            for partner in self.partner_id
        }
        for charge in self.filtered(lambda charge: charge.state == "draft"):
            charge.payer_id = addresses.get(charge.partner_id)

    @api.depends("partner_id", "company_id")
    def _compute_currency_id(self):
        for charge in self.filtered(lambda charge: charge.state == "draft"):
            pricelist = charge._get_pricelist()
            charge.currency_id = pricelist.currency_id or charge.company_id.currency_id

    @api.depends(lambda self: self._get_price_depends())
    def _compute_price_unit(self):
        drafts = self.filtered(lambda charge: charge.state == "draft")
        drafts._set_prices()
        (self - drafts)._keep_prices()

    @api.depends("quantity", "price_unit", "discount", "currency_id", "is_flat_price")
    def _compute_amount(self):
        for charge in self:
            amount = charge._get_priced_quantity() * charge.price_unit
            charge.amount = amount * (1 - charge.discount / 100)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        charges = super().create(vals_list)
        typed = ["price_unit" in vals for vals in vals_list]
        charges.browse(compress(charges.ids, typed))._note_typed_prices()
        return charges

    # === ACTION METHODS === #

    def action_confirm(self):
        """Freeze price and decision; from here the charge can be settled."""
        return self.write({"state": "confirmed"})

    def action_draft(self):
        """Open confirmed or cancelled charges again; who pays is decided anew."""
        return self.write({"state": "draft"})

    def action_cancel(self):
        """Take the charges out of every account."""
        return self.write({"state": "cancelled"})

    # === BUSINESS METHODS === #

    def _follow_change(self, vals):
        super()._follow_change(vals)
        if "price_unit" in vals:
            self._note_typed_prices()

    def _get_state_transitions(self):
        return {
            "draft": {"confirmed": TECHNICIAN, "cancelled": TECHNICIAN},
            "confirmed": {"draft": AGENT, "cancelled": AGENT},
            "cancelled": {"draft": AGENT},
        }

    def _transition_error_message(self, target):
        if target == "confirmed" and not self.partner_id:
            return self.env._(
                "%(charge)s has no customer. Name who is served before confirming.",
                charge=self.display_name,
            )
        if target == "confirmed" and self._gives_money() and not self._is_managed():
            return self.env._(
                "%(charge)s gives money to the customer. A manager confirms it.",
                charge=self.display_name,
            )
        return super()._transition_error_message(target)

    def _before_transition(self, target):
        super()._before_transition(target)
        # Price and decision of a draft that just changed are computed before they are frozen.
        pending = self.env.fields_to_compute()
        self._recompute_recordset(
            [field.name for field in pending if field.model_name == self._name]
        )

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        if target != "confirmed":
            return {**vals, "date_confirmed": False}
        today = self.company_id._get_aftersales_day()
        first = {} if self[:1].date_first_confirmed else {"date_first_confirmed": today}
        return {**vals, "date_confirmed": today, **first}

    def _get_transition_batches(self):
        # What was confirmed before keeps its first day.
        return self.grouped(
            lambda charge: (charge.company_id, bool(charge.date_first_confirmed))
        ).values()

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"date_confirmed", "date_first_confirmed"}

    def _get_pricelist(self):
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).property_product_pricelist

    def _get_price_key(self):
        """Charges with the same key are priced together."""
        self.ensure_one()
        day = self.company_id._get_aftersales_day()
        return (self._get_pricelist(), self.quantity, self.uom_id, self.currency_id, day)

    @api.model
    def _get_frozen_fields(self):
        return {
            "company_id",
            "request_id",
            "kind",
            "name",
            "product_id",
            "uom_id",
            "quantity",
            "price_unit",
            "discount",
            "currency_id",
            "partner_id",
            "payer_id",
            "unit_id",
            "cause_id",
            "symptom_id",
            "date_fault",
            "service_type_id",
        }

    @api.model
    def _get_agreed_kinds(self):
        """Return the set of kinds that are agreed with the customer himself: they have no list
        price, and nobody covers them. A module that makes such charges adds its kind."""
        return {"compensation"}

    def _gives_money(self):
        """Return whether we owe the charge instead of being owed it."""
        self.ensure_one()
        return self.kind == "compensation" or self.amount < 0

    def _is_managed(self):
        """Return whether the step is taken by a manager, or by the rules themselves."""
        return self.env.su or self.env.user.has_group(MANAGER)
