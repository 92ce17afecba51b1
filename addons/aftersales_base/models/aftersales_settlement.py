from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.misc import clean_context

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
# Nobody owes anything any more.
CLOSED_STATUSES = ("paid", "written_off")
# Accounts that say who owes what.
DEBTS = ("asset_receivable", "liability_payable")
MOST_REFS = 5


class AftersalesSettlement(models.Model):
    """Shares of one payer, gathered, checked and turned into one invoice or credit note.

    Kind ``customer``: the customer pays his shares. Kind ``claim``: a maker or vendor
    repays the shares he bears. What happens after confirming is read from the journal
    entry (``status``), never written here.

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
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "aftersales.currency.mixin",
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
    date = fields.Date(required=True, default=fields.Date.context_today, index=True)
    state = fields.Selection(
        selection=[("draft", "Draft"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")],
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
            ("confirmed", "Confirmed"),
            ("invoiced", "Invoiced"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("written_off", "Rest Written Off"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_status",
        store=True,
        index=True,
        help="The state, and what became of the invoice.",
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
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
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

    @api.depends("state", "move_id.state", "move_id.payment_state")
    def _compute_status(self):
        for settlement in self:
            settlement.status = settlement._get_status()

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
            rounding = settlement.company_id.sudo().aftersales_rounding_id
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
            lines = [line._prepare_base_line() for line in settlement.line_ids]
            AccountTax._add_tax_details_in_base_lines(lines, settlement.company_id)
            AccountTax._round_base_lines_tax_details(lines, settlement.company_id)
            totals = AccountTax._get_tax_totals_summary(
                base_lines=lines,
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

    def _get_totals_options(self):
        """Return what Odoo's totals are worked out by, beside lines, currency and company."""
        self.ensure_one()
        return {"cash_rounding": self.cash_rounding_id}

    # === CRUD METHODS === #

    def write(self, vals):
        locked = {
            "partner_id",
            "currency_id",
            "company_id",
            "kind",
            # What a report makes of a foreign currency hangs on the day.
            "date",
            "fiscal_position_id",
            "line_ids",
        }
        if locked & vals.keys():
            self._check_draft()
        result = super().write(vals)
        if {"partner_id", "currency_id", "company_id"} & vals.keys():
            self.line_ids._check_charge()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        for settlement in self:
            if moves := settlement._get_moves().filtered(lambda move: move.state != "cancel"):
                raise UserError(
                    self.env._(
                        "%(settlement)s led to invoice %(invoice)s and stays on record.",
                        settlement=settlement.display_name,
                        invoice=moves.sudo().sorted("id")[0].display_name,
                    )
                )
        confirmed = self.filtered(lambda settlement: settlement.state == "confirmed")[:1]
        if confirmed:
            raise UserError(
                self.env._(
                    "%(settlement)s is confirmed. Cancel it before deleting it.",
                    settlement=confirmed.display_name,
                )
            )

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

    def action_create_invoice(self):
        """Make one draft invoice or credit note for each confirmed settlement.

        :return: an action that shows the invoices
        :raises UserError: when a settlement is not confirmed or invoiced already
        """
        moves = self._create_moves()
        return moves._get_records_action(name=self.env._("Invoices"))

    def action_view_invoice(self):
        """Open the invoice, and others that were made and reversed before it."""
        return self._get_moves()._get_records_action(name=self.env._("Invoices"))

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
        return super()._get_guarded_fields() | {"name", "move_id", "run_line_id"}

    def _transition_error_message(self, target):
        if target == "confirmed" and not self.line_ids:
            return self.env._(
                "%(settlement)s has no line. Add charges before confirming.",
                settlement=self.display_name,
            )
        if target == "cancelled" and (message := self._get_undo_error()):
            return message
        if target == "draft" and self._get_standing_move():
            return self.env._(
                "%(settlement)s has invoice %(invoice)s. Cancel the settlement and settle its "
                "charges anew.",
                settlement=self.display_name,
                invoice=self.move_id.display_name,
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
        if target == "cancelled":
            self._undo_moves()
        elif target == "draft":
            # sudo: the link is guarded. An invoice that was reversed is not of this settlement
            # any more; its lines still tell where it came from.
            self.sudo().move_id = False

    def _get_status(self):
        self.ensure_one()
        move = self.move_id
        if self.state != "confirmed" or not move or move.state == "cancel":
            return self.state
        if move.state == "draft":
            return "invoiced"
        by_payment = {
            "partial": "partial",
            "paid": "paid",
            "in_payment": "paid",
            "reversed": "reversed",
        }
        return by_payment.get(move.payment_state, "invoiced")

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

    def _get_living_move(self):
        """Return the invoice, unless the accountants cancelled it."""
        self.ensure_one()
        return self.move_id.filtered(lambda move: move.state != "cancel")

    def _check_draft(self):
        closed = self.filtered(lambda settlement: settlement.state != "draft")[:1]
        if closed:
            raise UserError(
                self.env._(
                    "%(settlement)s is closed for changes. Set it back to draft first.",
                    settlement=closed.display_name,
                )
            )

    def _create_moves(self):
        """Create the draft journal entries, in one batch per company and kind."""
        self._check_can_invoice()
        # Defaults meant for the settlement must not reach the invoice.
        settlements = self.with_env(self.env(context=clean_context(self.env.context)))
        batches = settlements.grouped(lambda record: (record.company_id, record.kind))
        for (company, __), batch in batches.items():
            # One company has one journal for all of a kind.
            common = {"journal_id": batch[:1]._get_journal().id}
            moves = (
                batch.env["account.move"]
                .with_company(company)
                .create([{**common, **settlement._prepare_move_vals()} for settlement in batch])
            )
            for settlement, move in zip(batch, moves, strict=True):
                # The link is guarded; whoever may make the invoice makes the link with it.
                settlement.sudo().move_id = move
        return self.move_id

    def _check_can_invoice(self):
        if not self.env.su and not self.env.user.has_group(SETTLEMENT):
            raise AccessError(
                self.env._("Only who has the right to Settle makes invoices of settlements.")
            )
        for settlement in self:
            if settlement._get_standing_move():
                raise UserError(
                    self.env._(
                        "%(settlement)s is invoiced already as %(invoice)s.",
                        settlement=settlement.display_name,
                        invoice=settlement.move_id.display_name,
                    )
                )
            if settlement.state != "confirmed":
                raise UserError(
                    self.env._(
                        "%(settlement)s is not confirmed. Confirm it before invoicing.",
                        settlement=settlement.display_name,
                    )
                )

    def _prepare_move_vals(self):
        """Return the values of the invoice, or of the credit note when we owe."""
        self.ensure_one()
        refund = self.currency_id.compare_amounts(self.amount_total, 0.0) < 0
        term = self._get_payment_term() if not refund else False
        return {
            **({"invoice_payment_term_id": term.id} if term else {}),
            "move_type": "out_refund" if refund else "out_invoice",
            "aftersales_kind": self.kind,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "invoice_cash_rounding_id": self.cash_rounding_id.id,
            "invoice_origin": self.name,
            "ref": self.partner_ref,
            "invoice_line_ids": [
                Command.create(line._prepare_move_line_vals(sign=-1 if refund else 1))
                for line in self.line_ids
            ],
        }

    def _get_payment_term(self):
        """Return the company's payment terms for this kind of payer, unless he has his own."""
        self.ensure_one()
        if self.partner_id.with_company(self.company_id).property_payment_term_id:
            return self.env["account.payment.term"]
        fnames = {"claim": "aftersales_claim_payment_term_id"}
        return self.company_id._get_aftersales_setting(
            fnames.get(self.kind, "aftersales_payment_term_id")
        )

    def _get_journal(self):
        self.ensure_one()
        journal = self.env["account.journal"]
        if self.kind == "claim":
            journal = self.company_id._get_aftersales_setting("aftersales_claim_journal_id")
        journal = journal or self.company_id._get_aftersales_setting("aftersales_journal_id")
        if not journal:
            domain = self.env["account.journal"]._check_company_domain(self.company_id)
            journal = self.env["account.journal"].search([*domain, ("type", "=", "sale")], limit=1)
        if not journal:
            raise UserError(
                self.env._(
                    "%(company)s has no sales journal. Create one, or name one in the after-sales "
                    "settings.",
                    company=self.company_id.display_name,
                )
            )
        return journal

    def _undo_moves(self):
        """Delete draft invoices and reverse posted ones, unless accounting credited them already;
        what reverses them is reconciled."""
        drafts = self.move_id.filtered(lambda move: move.state == "draft")
        posted = self.move_id.filtered(
            lambda move: move.state == "posted" and move.payment_state != "reversed"
        )
        credited = posted.filtered(lambda move: move._is_aftersales_credited())
        drafts.unlink()
        credited._match_aftersales_credits()
        if posted - credited:
            (posted - credited)._reverse_for_aftersales()
