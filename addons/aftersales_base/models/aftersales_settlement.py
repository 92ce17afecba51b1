from odoo import api, fields, models
from odoo.fields import Command

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
# The maker owes nothing of the claim, and what became of it is decided.
NOT_ACCEPTED = "not_accepted"
# Nobody owes anything any more.
CLOSED_STATUSES = ("paid", "written_off", NOT_ACCEPTED)
# Accounts that say who owes what.
DEBTS = ("asset_receivable", "liability_payable")
MOST_REFS = 5


class AftersalesSettlement(models.Model):
    """Shares of one payer, gathered, checked and turned into one invoice or credit note.

    Kind ``customer``: the customer pays his shares. Kind ``claim``: a maker or vendor
    repays the shares he bears. What is gathered, and its totals, stand here; this file asks
    nothing of the others. The invoice and the ``status`` read from it stand in ``_invoice``, what
    was paid of it in ``_payment``, the paper in ``_statement``.

    ==================  ======  ==========
    action              agent   settlement
    ==================  ======  ==========
    gather, edit draft  yes     yes
    confirm, invoice    no      yes
    cancel, reopen      no      yes
    ==================  ======  ==========
    """

    _name = "aftersales.settlement"
    _description = "Settlement"
    _inherit = [
        "aftersales.frozen.mixin",
        "aftersales.number.mixin",
        "aftersales.currency.mixin",
        "aftersales.company.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "partner_id.name", "partner_ref"]
    _check_company_auto = True
    _number_code = "aftersales.settlement"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(
        selection=[("customer", "Customer"), ("claim", "Claim on Maker or Vendor")],
        required=True,
        default="customer",
        index=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Payer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    partner_ref = fields.Char(string="Payer's Reference", copy=False)
    date = fields.Date(
        required=True, default=lambda self: self.env.company._get_aftersales_day(), index=True
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
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    fiscal_position_id = fields.Many2one(
        comodel_name="account.fiscal.position",
        compute="_compute_fiscal_position_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    cash_rounding_id = fields.Many2one(
        comodel_name="account.cash.rounding",
        string="Rounding",
        compute="_compute_cash_rounding_id",
        store=True,
        readonly=False,
        precompute=True,
        help="How the total is rounded, here and on the invoice.",
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.settlement.line", inverse_name="settlement_id", copy=False
    )
    line_count = fields.Integer(compute="_compute_line_count")
    amount_claimed = fields.Monetary(
        compute="_compute_amounts", store=True, help="What the lines ask for, as priced."
    )
    amount_not_accepted = fields.Monetary(
        string="Not Accepted",
        compute="_compute_amounts",
        store=True,
        help="What the payer did not accept of what was claimed, before taxes where prices are.",
    )
    amount_untaxed = fields.Monetary(compute="_compute_amounts", store=True)
    amount_tax = fields.Monetary(string="Taxes", compute="_compute_amounts", store=True)
    amount_total = fields.Monetary(string="Total", compute="_compute_amounts", store=True)
    amount_rounding = fields.Monetary(
        string="Rounded By",
        compute="_compute_amounts",
        store=True,
        help="Part of the untaxed amount or of the taxes, as the rounding says.",
    )
    note = fields.Text(help="Printed on the statement.")
    run_line_id = fields.Many2one(
        comodel_name="aftersales.settlement.run.line",
        string="Payer of a Run",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    run_id = fields.Many2one(
        related="run_line_id.run_id", string="Settlement Run", store=True, index="btree_not_null"
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_fiscal_position_id(self):
        for settlement in self:
            settlement.fiscal_position_id = (
                self.env["account.fiscal.position"]
                .with_company(settlement.company_id)
                ._get_fiscal_position(settlement.partner_id)
            )

    @api.depends("kind", "company_id")
    def _compute_cash_rounding_id(self):
        for settlement in self:
            rounding = settlement._get_usual_rounding()
            settlement.cash_rounding_id = rounding if settlement.kind == "customer" else False

    @api.depends("line_ids")
    def _compute_line_count(self):
        for settlement in self:
            settlement.line_count = len(settlement.line_ids)

    @api.depends(
        "line_ids.amount_claimed",
        "line_ids.amount_accepted",
        "line_ids.tax_ids",
        "currency_id",
        "cash_rounding_id",
    )
    def _compute_amounts(self):
        AccountTax = self.env["account.tax"]
        for settlement in self:
            totals = AccountTax._get_tax_totals_summary(
                base_lines=settlement._get_taxed_lines(),
                currency=settlement.currency_id or settlement.company_id.currency_id,
                company=settlement.company_id,
                **settlement._get_totals_options(),
            )
            claimed = sum(settlement.line_ids.mapped("amount_claimed"))
            accepted = sum(settlement.line_ids.mapped("amount_accepted"))
            settlement.amount_claimed = claimed
            settlement.amount_not_accepted = claimed - accepted
            rounded = totals.get("cash_rounding_base_amount_currency", 0.0)
            settlement.amount_rounding = rounded
            settlement.amount_untaxed = totals["base_amount_currency"]
            settlement.amount_tax = totals["tax_amount_currency"]
            settlement.amount_total = totals["total_amount_currency"]

    def _get_taxed_lines(self):
        """Return the lines with what Odoo's tax engine makes of them, and note on each what it is
        without taxes.

        The engine takes long: the lines never ask it on their own.
        """
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        base_lines = [line._prepare_base_line() for line in self.line_ids]
        AccountTax._add_tax_details_in_base_lines(base_lines, self.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, self.company_id)
        with self.env.protecting([self.line_ids._fields["amount_untaxed"]], self.line_ids):
            for base_line in base_lines:
                base_line["record"].amount_untaxed = (
                    base_line["tax_details"]["total_excluded_currency"]
                    + base_line["tax_details"]["delta_total_excluded_currency"]
                )
        return base_lines

    def _get_usual_rounding(self):
        """Return how the company rounds; no rounding where it is not known yet."""
        company = self.company_id
        return company._get_aftersales_setting("aftersales_rounding_id") if company else False

    def _get_totals_options(self):
        """Return what Odoo's totals are worked out by, beside lines, currency and company."""
        self.ensure_one()
        return {"cash_rounding": self.cash_rounding_id}

    # === ACTION METHODS === #

    def action_confirm(self):
        """Close the gathering: the lines stand as they are."""
        return self.write({"state": "confirmed"})

    def action_draft(self):
        """Open the settlement again to change it."""
        return self.write({"state": "draft"})

    def action_cancel(self):
        """Release the charges; a draft invoice is deleted, a posted one reversed."""
        return self.write({"state": "cancelled"})

    def action_view_charges(self):
        """Open the charges on this settlement."""
        return self.line_ids.charge_id._get_records_action(name=self.env._("Charges"))

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "draft": {"confirmed": SETTLEMENT, "cancelled": SETTLEMENT},
            "confirmed": {"draft": SETTLEMENT, "cancelled": SETTLEMENT},
            "cancelled": {"draft": SETTLEMENT},
        }

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name", "run_line_id"}

    @api.model
    def _get_frozen_fields(self):
        return {
            "partner_id",
            "currency_id",
            "company_id",
            "kind",
            # What a report makes of a foreign currency hangs on the day.
            "date",
            "fiscal_position_id",
            "cash_rounding_id",
            "line_ids",
        }

    def _get_frozen_message(self, fnames):
        return self.env._(
            "%(settlement)s is closed for changes. Set it back to draft first.",
            settlement=self.display_name,
        )

    def _follow_change(self, vals):
        super()._follow_change(vals)
        if {"partner_id", "currency_id", "company_id"} & vals.keys():
            self.line_ids._check_charge()

    def _transition_error_message(self, target):
        if target == "confirmed" and not self.line_ids:
            return self.env._(
                "%(settlement)s has no line. Add charges before confirming.",
                settlement=self.display_name,
            )
        if target == "draft" and (line := self._get_taken_lines()[:1]):
            return self.env._(
                "%(charge)s is on settlement %(settlement)s now. Remove it from one of the two.",
                charge=line.charge_id.display_name,
                settlement=line.settlement_id.display_name,
            )
        return super()._transition_error_message(target)

    def _get_taken_lines(self):
        """Return living lines of other settlements that hold shares of this one."""
        self.ensure_one()
        shares = {(line.charge_id, line.share) for line in self.line_ids}
        return self.line_ids.charge_id.settlement_line_ids.filtered(
            lambda line: (
                line.is_living
                and line.settlement_id != self
                and (line.charge_id, line.share) in shares
            )
        )

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # The index on living shares has to see the released (or taken) shares at once.
        self.line_ids.flush_recordset(["is_living"])

    @api.model
    def _get_grouping_key(self, charge, share, payer, amount):
        """Shares with the same key go on one settlement; it begins with the payer's key."""
        return self._get_payer_key(charge, share, payer, amount)

    @api.model
    def _get_payer_key(self, charge, share, payer, amount):
        """Return company, kind, payer and currency of a share: a claim is in the currency of the
        maker's terms."""
        company, currency = charge.company_id, charge.currency_id
        kind = charge._get_shares()[share].kind
        if kind == "claim":
            found = self.env["aftersales.claim.terms"]._find([(company, payer)])
            currency = found[company, payer].currency_id if found else currency
        return (company, kind, payer, currency)

    @api.model
    def _prepare_settlement_vals(self, key, shares):
        """Return the values of a settlement with one line per share."""
        company, kind, payer, currency = key[:4]
        return {
            "company_id": company.id,
            "kind": kind,
            "partner_id": payer.id,
            "partner_ref": self._get_payer_refs(charge for charge, *__ in shares),
            "currency_id": currency.id,
            "line_ids": [
                Command.create({"charge_id": charge.id, "share": share})
                for charge, share, __, __ in shares
            ],
        }

    @api.model
    def _get_payer_refs(self, charges):
        """Return what the customers call the jobs: their order numbers, the first few."""
        refs = dict.fromkeys(charge.request_id.customer_ref for charge in charges)
        return ", ".join(ref for ref in list(refs)[:MOST_REFS] if ref)
