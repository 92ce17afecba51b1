from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date
from odoo.tools.sql import column_exists

from .aftersales_settlement import DEBTS

# Where an invoice says what it was made of.
SETTLED = (
    ("account_move_line", "aftersales_settlement_line_id"),
    ("aftersales_settlement_line", "settlement_id"),
    ("aftersales_settlement", "kind"),
)


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_settlement_ids = fields.One2many(
        comodel_name="aftersales.settlement", inverse_name="move_id", string="Settlements"
    )
    aftersales_settlement_count = fields.Integer(
        compute="_compute_aftersales_settlement_count",
        groups="aftersales_base.group_aftersales_agent,aftersales_base.group_aftersales_settlement",
    )

    aftersales_warranty_entry_ids = fields.One2many(
        comodel_name="aftersales.warranty.entry", inverse_name="move_id", string="Warranty Entries"
    )
    aftersales_replaces_id = fields.Many2one(
        comodel_name="account.move",
        string="Replaces",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The reversed invoice of a settlement this one was made instead of.",
    )
    aftersales_kind = fields.Selection(
        selection=[("customer", "Customer"), ("claim", "Claim on Maker or Vendor")],
        string="Service Billed To",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The invoice was made of a settlement; it stays one when the settlement is changed.",
    )

    def _init_column(self, column_name):
        """Let invoices made of settlements by an earlier version be known as such.

        On a first install there are no settlements yet, nor their tables.
        """
        if column_name != "aftersales_kind":
            super()._init_column(column_name)
        elif all(column_exists(self.env.cr, *column) for column in SETTLED):
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE account_move move SET aftersales_kind = settlement.kind
                      FROM account_move_line line
                      JOIN aftersales_settlement_line settled
                        ON settled.id = line.aftersales_settlement_line_id
                      JOIN aftersales_settlement settlement
                        ON settlement.id = settled.settlement_id
                     WHERE line.move_id = move.id AND move.reversed_entry_id IS NULL
                    """
                )
            )

    # === COMPUTE METHODS === #

    @api.depends("aftersales_settlement_ids")
    def _compute_aftersales_settlement_count(self):
        for move in self:
            move.aftersales_settlement_count = len(move.aftersales_settlement_ids)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_undoing_settlement(self):
        self._check_undoes_no_settlement()
        self._check_undoes_no_warranty_entry()

    # === ACTION METHODS === #

    def action_view_aftersales_settlements(self):
        """Open the settlement this invoice comes from."""
        return self.aftersales_settlement_ids._get_records_action()

    def button_draft(self):
        """Keep what undid the invoice of a settlement, or a warranty entry, whose charges are
        free by now."""
        self._check_undoes_no_settlement()
        self._check_undoes_no_warranty_entry()
        return super().button_draft()

    # === BUSINESS METHODS === #

    def _check_undoes_no_settlement(self):
        """Raise when taking this credit note back would make an invoice stand again whose
        charges are free by now, and bill them twice.

        :raises UserError: naming credit note, invoice and settlement
        """
        for move in self.filtered("reversed_entry_id"):
            # sudo: whoever keeps the books need not see settlements.
            origin_sudo = move.reversed_entry_id.sudo()
            if settlement := origin_sudo._get_aftersales_left():
                raise UserError(
                    self.env._(
                        "%(credit)s undoes invoice %(invoice)s of settlement %(settlement)s, whose "
                        "charges are free to be settled again. Settle them instead of taking "
                        "the credit note back.",
                        credit=move.display_name,
                        invoice=origin_sudo.display_name,
                        settlement=settlement,
                    )
                )

    def _check_undoes_no_warranty_entry(self):
        """Raise when taking this reversal back would book warranty cost twice.

        :raises UserError: naming reversal and warranty entry
        """
        for move in self.filtered("reversed_entry_id"):
            # sudo: as in _check_undoes_no_settlement().
            entries_sudo = move.reversed_entry_id.sudo().aftersales_warranty_entry_ids
            if entry_sudo := entries_sudo.filtered(lambda entry: entry.state == "cancelled")[:1]:
                raise UserError(
                    self.env._(
                        "%(reversal)s undoes warranty entry %(entry)s, whose charges and units are "
                        "free to be booked again. Book them anew instead of taking it back.",
                        reversal=move.display_name,
                        entry=entry_sudo.display_name,
                    )
                )

    def _post(self, soft=True):
        """Post no invoice its settlement does not know any more.

        :raises UserError: naming invoice and settlement
        """
        for move in self.filtered(lambda move: move.is_sale_document()):
            # As in button_draft().
            if settlement := move.sudo()._get_aftersales_left():
                raise UserError(
                    self.env._(
                        "Invoice %(invoice)s was given up by settlement %(settlement)s, whose "
                        "charges are free or invoiced anew. Cancel it.",
                        invoice=move.display_name,
                        settlement=settlement,
                    )
                )
        return super()._post(soft=soft)

    def _reverse_for_aftersales(self):
        """Reverse these posted entries and reconcile them with what reverses them.

        In a closed period the reversal gets the first open date, and says so.

        :return: the posted reversals
        """
        reversals = self.browse()
        for kept, moves in self.grouped(lambda move: move._is_aftersales_paid_in_closed()).items():
            vals_list = [move._prepare_aftersales_reversal_vals() for move in moves]
            made = moves._reverse_moves(vals_list, cancel=not kept)
            if kept:
                # What was paid stays paid; what is credited beyond the open rest is owed back.
                made._post(soft=False)
            reversals |= made
        for reversal in reversals:
            if reversal.date <= reversal.company_id._get_aftersales_day():
                continue
            reversal.message_post(
                body=self.env._(
                    "The books are closed until %(last)s, so %(move)s is reversed on %(date)s, "
                    "the first open date.",
                    last=format_date(self.env, reversal.date - timedelta(days=1)),
                    move=reversal.reversed_entry_id.name,
                    date=format_date(self.env, reversal.date),
                )
            )
        return reversals

    def _prepare_aftersales_reversal_vals(self):
        """Return the values of what reverses this entry, on the first open day."""
        self.ensure_one()
        day = self._get_aftersales_open_date(self.company_id._get_aftersales_day())
        vals = {"ref": self.env._("Reversal of: %s", self.name), "date": day}
        return {**vals, "invoice_date": day} if self.is_invoice() else vals

    def _is_aftersales_paid_in_closed(self):
        """Return whether something was settled of this invoice in a period that is closed: taking
        it apart would change what the payer owed at the end of that period (SA6)."""
        self.ensure_one()
        if not self.is_invoice():
            return False
        debts = self.line_ids.filtered(lambda line: line.account_type in DEBTS)
        partials = debts.matched_debit_ids | debts.matched_credit_ids
        return any(
            self._get_violated_lock_dates(day, False) for day in set(partials.mapped("max_date"))
        )

    def _is_aftersales_credited(self):
        """Return whether posted credit notes take back the whole invoice, matched or not. Those in
        other currencies cannot tell, and what reverses a credit note takes it back."""
        self.ensure_one()
        credits = self._get_aftersales_credits()
        credits = credits.filtered(lambda move: move.currency_id == self.currency_id)
        undone = credits._get_aftersales_credits()
        undone = undone.filtered(lambda move: move.currency_id == self.currency_id)
        credited = sum(credits.mapped("amount_total")) - sum(undone.mapped("amount_total"))
        return bool(credits) and self.currency_id.compare_amounts(credited, self.amount_total) >= 0

    def _get_aftersales_credits(self):
        """Return the posted entries that reverse these."""
        return self.reversal_move_ids.filtered(lambda move: move.state == "posted")

    def _match_aftersales_credits(self):
        """Reconcile what is open of these invoices with what is open of their credit notes."""
        for move in self:
            for credit in move._get_aftersales_credits():
                if move._is_aftersales_open() and credit._is_aftersales_open():
                    move._reconcile_reversed_moves(credit, False)

    def _is_aftersales_open(self):
        """Return whether something of this posted entry is still to be paid, by us or to us."""
        self.ensure_one()
        return self.state == "posted" and not self.currency_id.is_zero(self.amount_residual)

    def _get_aftersales_open_date(self, day):
        """Return ``day``, or the first day after it on which the books are open for this entry."""
        self.ensure_one()
        has_tax = self._affect_tax_report()
        while locks := self._get_violated_lock_dates(day, has_tax):
            day = locks[-1][0] + timedelta(days=1)
        return day

    def _take_over_aftersales_settlement(self):
        """Become the invoice of the settlement whose reversed invoice this one replaces."""
        self.ensure_one()
        # sudo: the links are guarded; whoever makes the invoice makes them with it.
        move_sudo = self.sudo()
        origin_sudo = move_sudo.aftersales_replaces_id
        old_sudo = origin_sudo.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        new_sudo = move_sudo.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        for old, new in zip(old_sudo, new_sudo, strict=True):
            new.aftersales_settlement_line_id = old.aftersales_settlement_line_id
        origin_sudo.aftersales_settlement_ids.move_id = move_sudo

    def _get_aftersales_left(self):
        """Return the name of the settlement this invoice was made for and that gave it up, or an
        empty text. The invoice tells what it was made for also when lines were deleted there."""
        self.ensure_one()
        lines = self.invoice_line_ids.aftersales_settlement_line_id
        settlements = lines.settlement_id | self.aftersales_settlement_ids
        left = settlements.filtered(
            lambda record: record.move_id != self or record.state != "confirmed"
        )
        if self.aftersales_kind and self.is_sale_document() and not settlements:
            return self.invoice_origin or self.display_name
        return left[:1].display_name or ""

    def _get_aftersales_parts(self):
        """Return ``{(invoice, line of a settlement): which part, 0 to 1}`` of the invoice as it is
        now, whoever edited it; as ``aftersales.balance.report`` says in SQL."""
        parts = {}
        items = self.invoice_line_ids.filtered("aftersales_settlement_line_id")
        for move, own in items.grouped("move_id").items():
            total = sum(own.mapped("price_total"))
            for line, lines in own.grouped("aftersales_settlement_line_id").items():
                part = sum(lines.mapped("price_total")) / total if total else len(lines) / len(own)
                parts[move, line] = part
        return parts

    def _get_aftersales_amounts(self):
        """Return what of this invoice is credited and what is written off, in its currency."""
        self.ensure_one()
        credited = written_off = 0.0
        for __, amount, line in self._get_reconciled_invoices_partials()[0]:
            other = line.move_id
            if other.reversed_entry_id == self or self.reversed_entry_id == other:
                credited += amount
            elif not other.is_invoice(include_receipts=True):
                written_off += amount * other._get_aftersales_loss_share()
        return {
            "amount_credited": self.currency_id.round(credited),
            "amount_written_off": self.currency_id.round(written_off),
        }

    def _get_aftersales_loss_share(self):
        """Return which part, 0 to 1, of what this entry settles is nobody's money but a loss:
        income or expense it is booked against, differences of exchange left out."""
        self.ensure_one()
        company = self.company_id
        exchange = (
            company.income_currency_exchange_account_id
            | company.expense_currency_exchange_account_id
        )
        debts = self.line_ids.filtered(lambda line: line.account_type in DEBTS)
        losses = self.line_ids.filtered(
            lambda line: (
                line.account_id.internal_group in ("income", "expense")
                and line.account_id not in exchange
            )
        )
        settled = abs(sum(debts.mapped("balance")))
        lost = abs(sum(losses.mapped("balance")))
        return min(lost / settled, 1.0) if settled else 0.0
