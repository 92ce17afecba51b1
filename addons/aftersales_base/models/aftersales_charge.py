from itertools import compress

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount

from .aftersales_settlement import CLOSED_STATUSES

CHARGE_KINDS = [
    ("part", "Part"),
    ("labour", "Labour"),
    ("travel", "Travel"),
    ("fee", "Fee"),
    ("instalment", "Instalment"),
    ("compensation", "Compensation"),
    ("advance", "Payment in Advance"),
]
FROZEN_FIELDS = {
    "company_id",
    "request_id",
    "kind",
    "name",
    "product_id",
    "uom_id",
    "quantity",
    "price_unit",
    "discount",
    "discount_reason",
    "currency_id",
    "partner_id",
    "payer_id",
    "unit_id",
    "cause_id",
    "symptom_id",
    "date_fault",
    "service_type_id",
    "repair_level_id",
    "date_work",
    "override_bearer",
    "override_reason",
}
OVERRIDE_FIELDS = {"override_bearer", "override_reason"}
TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesCharge(models.Model):
    """One priced fact (a part, an hour, a trip, a fee) and who pays it.

    ``amount`` is what the pricelist says, with or without tax as the product's taxes do.
    It falls into two shares: what the customer pays and what is covered. Coverage decides
    them anew with every change until the charge is confirmed; then they are frozen. A
    share is settled on one living settlement line only.
    """

    _name = "aftersales.charge"
    _description = "Charge"
    _inherit = [
        "aftersales.state.mixin",
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
    coverage_rule = fields.Char(
        string="Decided By Rule", compute="_compute_coverage", store=True, precompute=True
    )
    coverage_facts = fields.Json(compute="_compute_coverage", store=True, precompute=True)
    covered_percent = fields.Float(
        string="Covered (%)",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        aggregator="avg",
        help="Share the customer does not pay, 0 to 100.",
    )
    bearer = fields.Selection(
        selection=[("customer", "Customer"), ("company", "Us"), ("partner", "Maker or Vendor")],
        string="Covered By",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index=True,
        help="Who bears the covered share.",
    )
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Maker or Vendor",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    warranty_id = fields.Many2one(
        comodel_name="aftersales.warranty",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    explanation = fields.Char(string="Why", compute="_compute_explanation")
    override_bearer = fields.Selection(
        selection=[("customer", "Customer Pays"), ("company", "We Bear It")],
        string="Decide Otherwise",
        copy=False,
        help="The last word of the one who saw the unit; it needs a reason.",
    )
    override_reason = fields.Char(string="Reason", copy=False)
    override_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Decided By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who decided otherwise.",
    )
    override_approved = fields.Boolean(
        string="Approved by a Manager",
        readonly=True,
        copy=False,
        help="A manager decided otherwise, or changed the charge since.",
    )
    customer_amount = fields.Monetary(
        string="Customer Pays", compute="_compute_shares", store=True, precompute=True
    )
    covered_amount = fields.Monetary(
        string="Covered", compute="_compute_shares", store=True, precompute=True
    )
    billed_elsewhere = fields.Boolean(
        compute="_compute_billed_elsewhere",
        store=True,
        help="Another document bills this already; no settlement may take it.",
    )
    settlement_line_ids = fields.One2many(
        comodel_name="aftersales.settlement.line", inverse_name="charge_id", copy=False
    )
    settlement_status = fields.Selection(
        selection=[
            ("none", "Nothing to Settle"),
            ("to_settle", "To Settle"),
            ("settled", "Being Settled"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("written_off", "Written Off"),
            ("reversed", "Invoice Reversed"),
            ("elsewhere", "Billed Elsewhere"),
        ],
        compute="_compute_settlement_status",
        store=True,
        index=True,
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

    @api.depends(lambda self: self._get_origin_depends())
    def _compute_origin_values(self):
        for charge in self.filtered(lambda charge: charge.state == "draft"):
            origin = charge._get_origin()
            values = origin._prepare_charge_origin_vals() if origin else {}
            for fname in self._get_origin_fields():
                charge[fname] = values.get(fname) or charge[fname]
            charge.date_fault = charge.date_fault or charge.company_id._get_aftersales_day()

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

    @api.depends(lambda self: self._get_coverage_depends())
    def _compute_coverage(self):
        """Decide who pays for the whole batch; confirmed charges keep their decision."""
        drafts = self.filtered(lambda charge: charge.state == "draft")
        decisions = self.env["aftersales.coverage"]._decide(drafts)
        for charge, decision in decisions.items():
            charge.update(self._prepare_coverage_vals(decision))

    @api.depends("coverage_rule", "covered_percent", "coverage_facts")
    @api.depends_context("lang")
    def _compute_explanation(self):
        coverage = self.env["aftersales.coverage"]
        for charge in self:
            charge.explanation = coverage.explain(
                charge.coverage_rule, charge.covered_percent, charge.coverage_facts
            )

    @api.depends("amount", "covered_percent", "currency_id")
    def _compute_shares(self):
        for charge in self:
            charge.covered_amount = charge.amount * charge.covered_percent / 100
            charge.customer_amount = charge.amount - charge.covered_amount

    def _compute_billed_elsewhere(self):
        """Nothing else bills a charge here; modules that know such a document say so."""
        self.billed_elsewhere = False

    @api.depends(
        "state",
        "refused_amount",
        "billed_elsewhere",
        "settlement_line_ids.is_living",
        "settlement_line_ids.settlement_id.status",
    )
    def _compute_settlement_status(self):
        """Who owes what counts with the state: drafts have nothing to settle, then it is frozen."""
        for charge in self:
            charge.settlement_status = charge._get_settlement_status()

    # === CONSTRAINT METHODS === #

    @api.constrains("override_bearer", "override_reason")
    def _check_override_reason(self):
        for charge in self:
            if charge.override_bearer and not (charge.override_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "%(charge)s is decided by hand. Write the reason beside it.",
                        charge=charge.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_origin_access(vals)
        charges = super().create(vals_list)
        typed = ["price_unit" in vals for vals in vals_list]
        charges.browse(compress(charges.ids, typed))._note_typed_prices()
        charges._note_override()
        charges._log_override()
        return charges

    def write(self, vals):
        self._check_origin_access(vals)
        if FROZEN_FIELDS & vals.keys():
            self._check_not_frozen(FROZEN_FIELDS & vals.keys())
            if "state" in vals:
                # The step is judged by what the charge says then, not by what it said before.
                self.write({fname: value for fname, value in vals.items() if fname != "state"})
                return self.write({"state": vals["state"]})
        result = super().write(vals)
        if "price_unit" in vals:
            self._note_typed_prices()
        # What a module changes in superuser mode is nobody's decision.
        if OVERRIDE_FIELDS & vals.keys() or (FROZEN_FIELDS & vals.keys() and not self.env.su):
            self._note_override()
        if "override_bearer" in vals:
            self._log_override()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        confirmed = self.filtered(lambda charge: charge.state == "confirmed")[:1]
        if confirmed:
            raise UserError(
                self.env._(
                    "%(charge)s is confirmed. Cancel it instead of deleting it.",
                    charge=confirmed.display_name,
                )
            )

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

    def action_settle(self):
        """Gather the open shares of these charges on draft settlements, one a payer.

        :return: an action that shows the settlements
        :raises UserError: when a charge has nothing left to settle
        """
        settlements = self._create_settlements()
        return settlements._get_records_action(name=self.env._("Settlements"))

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "draft": {"confirmed": TECHNICIAN, "cancelled": TECHNICIAN},
            "confirmed": {"draft": AGENT, "cancelled": AGENT},
            "cancelled": {"draft": AGENT},
        }

    def _transition_error_message(self, target):
        # A technician reads no settlements; that there is one is all he has to know.
        line = self.sudo().settlement_line_ids.filtered("is_living")[:1]
        if target != "confirmed" and line:
            return self.env._(
                "%(charge)s is on settlement %(settlement)s. Cancel the settlement first.",
                charge=self.display_name,
                settlement=line.settlement_id.display_name,
            )
        if target == "confirmed" and not self.partner_id:
            return self.env._(
                "%(charge)s has no customer. Name who is served before confirming.",
                charge=self.display_name,
            )
        if target == "confirmed" and self._exceeds_override_limit():
            return self._get_override_limit_message()
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
        today = fields.Date.context_today(self)
        return {**vals, "date_confirmed": today if target == "confirmed" else False}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "draft":
            self.modified(["override_bearer"])

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "date_confirmed",
            "override_user_id",
            "override_approved",
            "refused_amount",
        }

    def _get_origin(self):
        """Return the document the charge comes from: a record with
        ``_prepare_charge_origin_vals``, or an empty one."""
        self.ensure_one()
        return self.request_id

    def _get_faults(self):
        """Return symptom and cause: a promise may be about one of them only."""
        self.ensure_one()
        return self.symptom_id | self.cause_id

    @api.model
    def _get_origin_fields(self):
        """Return the fields a charge takes from its origin."""
        return [
            "unit_id",
            "partner_id",
            "service_type_id",
            "team_id",
            "user_id",
            "cause_id",
            "symptom_id",
            "date_fault",
        ]

    @api.model
    def _get_origin_depends(self):
        """Return what the values taken from the origin depend on."""
        return [
            "request_id.unit_id",
            "request_id.partner_id",
            "request_id.service_type_id",
            "request_id.team_id",
            "request_id.user_id",
            "request_id.cause_id",
            "request_id.symptom_id",
            "request_id.date_reported",
        ]

    @api.model
    def _get_coverage_depends(self):
        """Return what a decision depends on."""
        return [
            "kind",
            "product_id",
            "unit_id",
            "cause_id.customer_fault",
            "date_fault",
            "service_type_id.covered_percent",
            "override_bearer",
            "override_reason",
            "symptom_id",
            "partner_id.commercial_partner_id.aftersales_level_id.covered_percent",
            "unit_id.proof_checked",
            "unit_id.reading_ids.value",
            "unit_id.reading_ids.date",
            "unit_id.warranty_ids.date_cover",
            "unit_id.warranty_ids.date_start",
            "unit_id.warranty_ids.fault_id",
            "unit_id.warranty_ids.excluded_category_ids",
            "unit_id.warranty_ids.proof_required",
            "unit_id.warranty_ids.usage_limit",
            "unit_id.warranty_ids.date_end",
            "unit_id.warranty_ids.kind",
            "unit_id.warranty_ids.percent",
            "unit_id.warranty_ids.component_category_id",
            "unit_id.warranty_ids.bearer_type",
            "unit_id.warranty_ids.bearer_partner_id",
            "unit_id.warranty_ids.close_reason",
        ]

    @api.model
    def _prepare_coverage_vals(self, decision):
        """Return what a decision of ``aftersales.coverage`` sets on the charge."""
        return {
            "coverage_rule": decision["rule"],
            "coverage_facts": decision["facts"],
            "covered_percent": decision["percent"],
            "bearer": decision["bearer"],
            "bearer_partner_id": decision["bearer_partner"],
            "warranty_id": decision["warranty"],
        }

    def _get_pricelist(self):
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).property_product_pricelist

    def _get_price_key(self):
        """Charges with the same key are priced together."""
        self.ensure_one()
        day = fields.Date.context_today(self)
        return (self._get_pricelist(), self.quantity, self.uom_id, self.currency_id, day)

    def _get_settlement_status(self):
        self.ensure_one()
        if self.state == "confirmed" and self.billed_elsewhere:
            return "elsewhere"
        shares = self._get_due_shares() if self.state == "confirmed" else {}
        if not shares:
            return "none"
        living = self.settlement_line_ids.filtered("is_living")
        if set(shares) - set(living.mapped("share")):
            return "to_settle"
        return self._get_paid_status(set(living.mapped("settlement_id.status")))

    @api.model
    def _get_paid_status(self, statuses):
        """Return what the statuses of its settlements make of a charge."""
        if "reversed" in statuses:
            return "reversed"
        if statuses <= set(CLOSED_STATUSES):
            return "written_off" if "written_off" in statuses else "paid"
        return "partial" if statuses & {"partial", *CLOSED_STATUSES} else "settled"

    def _is_share_paid(self, share):
        """Return whether nothing is owed any more of a share: paid, or the rest written off."""
        self.ensure_one()
        lines = self.settlement_line_ids.filtered(
            lambda line: line.is_living and line.share == share
        )
        return lines.settlement_id.status in CLOSED_STATUSES

    def _is_settled_monthly(self):
        """Return whether who pays the customer's share pays by the month."""
        self.ensure_one()
        payer = self.payer_id or self.partner_id
        return payer._get_aftersales_settle_by(self.company_id) == "month"

    def _get_due_shares(self):
        """Return ``{share: (payer, amount)}`` for what somebody outside has to pay."""
        self.ensure_one()
        shares = {}
        if not self.currency_id.is_zero(self.customer_amount):
            shares["customer"] = (self.payer_id or self.partner_id, self.customer_amount)
        if self.bearer == "partner" and not self.currency_id.is_zero(self.covered_amount):
            shares["covered"] = (self.bearer_partner_id, self.covered_amount)
        return shares

    def _get_amounts_by_bearer(self, currency):
        """Return ``{bearer: amount}`` of these charges, in ``currency``."""
        amounts = {"customer": 0.0, "company": 0.0, "partner": 0.0}
        for charge in self:
            day = charge.date_fault or fields.Date.context_today(charge)
            for bearer, amount in (
                ("customer", charge.customer_amount),
                (charge.bearer, charge.covered_amount),
            ):
                if amount and bearer:
                    amounts[bearer] = amounts.get(bearer, 0.0) + charge.currency_id._convert(
                        amount, currency, charge.company_id, day
                    )
        return amounts

    def _get_open_shares(self):
        """Return ``[(charge, share, payer, amount)]`` still to be settled."""
        shares = []
        for charge in self:
            if charge.state != "confirmed" or charge.billed_elsewhere:
                continue
            settled = charge.settlement_line_ids.filtered("is_living").mapped("share")
            shares += [
                (charge, share, payer, amount)
                for share, (payer, amount) in charge._get_due_shares().items()
                if share not in settled
            ]
        return shares

    def _create_settlements(self):
        """Make draft settlements of the open shares: one a company, payer and currency.

        :raises UserError: when there is nothing to settle, saying why
        """
        shares = self._get_open_shares()
        if not shares:
            raise UserError(self._get_nothing_to_settle_message())
        return self._settle_shares(shares)

    @api.model
    def _settle_shares(self, shares):
        """Make draft settlements of shares: one a company, payer and currency.

        :param list shares: of :meth:`_get_open_shares`
        """
        Settlement = self.env["aftersales.settlement"]
        groups = {}
        for share in shares:
            groups.setdefault(Settlement._get_grouping_key(*share), []).append(share)
        return Settlement.create(
            [Settlement._prepare_settlement_vals(key, lines) for key, lines in groups.items()]
        )

    def _get_nothing_to_settle_message(self):
        """Return why none of these charges can be settled."""
        for charge in self:
            if charge.billed_elsewhere:
                return self.env._(
                    "%(charge)s is billed on a sales order already.", charge=charge.display_name
                )
            if line := charge.settlement_line_ids.filtered("is_living")[:1]:
                return self.env._(
                    "%(charge)s is on settlement %(settlement)s already.",
                    charge=charge.display_name,
                    settlement=line.settlement_id.display_name,
                )
            if charge.state != "confirmed":
                return self.env._(
                    "%(charge)s is not confirmed yet. Finish the work first.",
                    charge=charge.display_name,
                )
        return self.env._("Nothing to settle: nobody outside the company pays for these charges.")

    @api.model
    def _get_settleable_domain(self):
        """Return the domain of charges that wait for a settlement."""
        return Domain("settlement_status", "=", "to_settle")

    def _check_origin_access(self, vals):
        """Raise when the document named by hand is one the user may not read: a charge on
        it would bill work he has nothing to do with.

        :raises AccessError: naming the document
        """
        if not self.env.su and vals.get("request_id"):
            self.env["aftersales.request"].browse(vals["request_id"]).check_access("read")

    def _check_not_frozen(self, fnames):
        """Raise when a confirmed or cancelled charge would change what was decided on."""
        frozen = self.filtered(lambda charge: charge.state != "draft")[:1]
        if frozen:
            labels = [self._fields[fname].get_description(self.env)["string"] for fname in fnames]
            raise UserError(
                self.env._(
                    "%(charge)s is confirmed or cancelled, so %(fields)s stays as it is. Set it "
                    "back to draft to change it.",
                    charge=frozen.display_name,
                    fields=", ".join(sorted(labels)),
                )
            )

    def _note_override(self):
        """Keep who decided otherwise, and let nobody decide above his limit.

        :raises UserError: when a charge above the company's limit needs a manager
        """
        overridden = self.filtered("override_bearer")
        vals = {
            "override_user_id": self.env.uid,
            "override_approved": self.env.user.has_group(MANAGER),
        }
        # Who decided is for the rules to write, not for the form.
        if overridden:
            overridden.sudo().write(vals)
        if forgotten := (self - overridden).filtered("override_user_id"):
            forgotten.sudo().write({"override_user_id": False, "override_approved": False})
        for charge in overridden:
            if charge._exceeds_override_limit():
                raise UserError(charge._get_override_limit_message())

    def _gives_money(self):
        """Return whether we owe the charge instead of being owed it."""
        self.ensure_one()
        return self.kind == "compensation" or self.amount < 0

    def _is_managed(self):
        """Return whether the step is taken by a manager, or by the rules themselves."""
        return self.env.su or self.env.user.has_group(MANAGER)

    def _exceeds_override_limit(self):
        """Return whether this charge, decided by hand, still needs a manager."""
        self.ensure_one()
        if not self.override_bearer or self.override_approved:
            return False
        if self.env.user.has_group(MANAGER):
            return False
        # The limit is company policy, read by whoever it binds.
        limit = self.company_id.sudo().aftersales_override_limit
        if not limit:
            return False
        currency = self.company_id.currency_id
        day = self.date_fault or fields.Date.context_today(self)
        amount = self.currency_id._convert(self.amount, currency, self.company_id, day)
        return currency.compare_amounts(abs(amount), limit) > 0

    def _get_override_limit_message(self):
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        return self.env._(
            "%(charge)s is above %(limit)s: a manager decides otherwise, or the rules stand.",
            charge=self.display_name,
            limit=format_amount(
                self.env, company_sudo.aftersales_override_limit, company_sudo.currency_id
            ),
        )

    def _prepare_answer(self):
        """Return in plain values what the charge costs, who pays it and why."""
        self.ensure_one()
        bearers = dict(self._fields["bearer"]._description_selection(self.env))
        return {
            "name": self.name,
            "product_id": self.product_id.id,
            "kind": self.kind,
            "quantity": self.quantity,
            "price_unit": self.price_unit,
            "amount": self.amount,
            "currency": self.currency_id.name,
            "covered_percent": self.covered_percent,
            "bearer": self.bearer,
            "bearer_name": self.bearer_partner_id.display_name or bearers.get(self.bearer) or "",
            "customer_amount": self.customer_amount,
            "covered_amount": self.covered_amount,
            "explanation": self.explanation,
        }

    def _log_override(self):
        """Say in the origin's thread who decided otherwise, and why."""
        for charge in self.filtered("override_bearer"):
            origin = charge._get_origin()
            if origin:
                origin.message_post(
                    body=self.env._(
                        "%(charge)s: %(decision)s. %(reason)s",
                        charge=charge.name,
                        decision=dict(
                            self._fields["override_bearer"]._description_selection(self.env)
                        )[charge.override_bearer],
                        reason=charge.override_reason,
                    ),
                    subtype_xmlid="mail.mt_note",
                )
