from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.misc import clean_context

from .aftersales_settlement import SETTLEMENT


class AftersalesSettlement(models.Model):
    """The invoice of a settlement: how it is made, how it stands, and how it is undone."""

    _inherit = "aftersales.settlement"

    status = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("confirmed", "Confirmed"),
            ("invoiced", "Invoiced"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("written_off", "Rest Written Off"),
            ("not_accepted", "Nothing Accepted"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_status",
        store=True,
        index=True,
        help="The state, and what became of the invoice. A claim of which the maker accepted "
        "nothing needs none: it is closed once it is decided what becomes of each line.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state", "move_id.state", "move_id.payment_state", "amount_credited", "amount_written_off"
    )
    def _compute_status(self):
        for settlement in self:
            settlement.status = settlement._get_status()

    # === ACTION METHODS === #

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

    # === BUSINESS METHODS: STATE === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"move_id"}

    def _transition_error_message(self, target):
        if target == "cancelled" and (message := self._get_undo_error()):
            return message
        if target == "draft" and self._get_standing_move():
            return self.env._(
                "%(settlement)s has invoice %(invoice)s. Cancel the settlement and settle its "
                "charges anew.",
                settlement=self.display_name,
                invoice=self.move_id.display_name,
            )
        return super()._transition_error_message(target)

    def _unlink_error_message(self):
        if moves := self._get_moves().filtered(lambda move: move.state != "cancel"):
            return self.env._(
                "%(settlement)s led to invoice %(invoice)s and stays on record.",
                settlement=self.display_name,
                invoice=moves.sudo().sorted("id")[0].display_name,
            )
        return super()._unlink_error_message()

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
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
        if move.payment_state not in ("paid", "in_payment", "reversed"):
            return "partial" if move.payment_state == "partial" else "invoiced"
        if not self.currency_id.is_zero(self.amount_written_off):
            return "written_off"
        # An invoice set off against a credit note for something else is paid by it.
        credited = not self.currency_id.is_zero(self.amount_credited)
        return "reversed" if credited and move.payment_state == "reversed" else "paid"

    # === BUSINESS METHODS: MAKE === #

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
            "invoice_line_ids": self._prepare_move_lines(sign=-1 if refund else 1),
        }

    def _prepare_move_lines(self, sign):
        """Return the commands that make the lines of the invoice."""
        self.ensure_one()
        vals_list = [line._prepare_move_line_vals(sign=sign) for line in self.line_ids]
        booked = self._get_booked_amounts(vals_list, sign)
        return [
            Command.create({**vals, **amounts})
            for vals, amounts in zip(vals_list, booked, strict=True)
        ]

    def _get_booked_amounts(self, vals_list, sign):
        """Return what Odoo books on each line of the invoice.

        It would work the same out after the lines are made, and write it line by line, which takes
        as long as all the rest. In a foreign currency only the invoice knows its rate.
        """
        self.ensure_one()
        company = self.company_id
        if self.currency_id != company.currency_id:
            return [{} for __ in vals_list]
        fnames = ("quantity", "price_unit", "discount", "extra_tax_data")
        lines = [
            line._get_taxed(
                sign=-sign, is_refund=sign < 0, **{fname: vals.get(fname) for fname in fnames}
            )
            for line, vals in zip(self.line_ids, vals_list, strict=True)
        ]
        AccountTax = self.env["account.tax"]
        AccountTax._add_tax_details_in_base_lines(lines, company)
        AccountTax._round_base_lines_tax_details(lines, company)
        AccountTax._add_accounting_data_in_base_lines_tax_details(lines, company)
        booked = AccountTax._prepare_tax_lines(lines, company)["base_lines_to_update"]
        return [amounts for __, amounts in booked]

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

    # === BUSINESS METHODS: STAND OR FALL === #

    def _get_living_move(self):
        """Return the invoice, unless the accountants cancelled it."""
        self.ensure_one()
        return self.move_id.filtered(lambda move: move.state != "cancel")

    def _get_standing_move(self):
        """Return the invoice as long as it stands: neither cancelled nor reversed in full.

        A credit note in draft still counts in Odoo, and can still be deleted: it reverses nothing.
        What was paid in a closed period stays paid in Odoo when the settlement is cancelled; it
        is the credit note that undoes it.
        """
        self.ensure_one()
        return self._get_living_move().filtered(
            lambda move: (
                "draft" in move.reversal_move_ids.mapped("state")
                or (
                    move.payment_state != "reversed"
                    and not (self.state == "cancelled" and move._is_aftersales_credited())
                )
            )
        )

    def _get_moves(self):
        """Return every invoice made of these settlements, and what reversed it."""
        # sudo: read on behalf of the rules; what is shown is checked by whoever shows it.
        self_sudo = self.sudo()
        moves_sudo = self_sudo.move_id | self_sudo.line_ids.move_line_ids.move_id
        moves_sudo |= moves_sudo.reversal_move_ids
        return moves_sudo.with_env(self.env)

    def _is_credited_in_part(self, move):
        """Return whether a part of the invoice is credited, matched with it or not."""
        self.ensure_one()
        credits = move._get_aftersales_credits()
        return not self.currency_id.is_zero(self.amount_credited) or any(
            not credit._is_aftersales_credited() for credit in credits
        )

    def _get_undo_error(self):
        """Return why the invoice cannot be undone, or an empty text."""
        self.ensure_one()
        move = self.sudo()._get_standing_move().filtered(lambda move: move.state == "posted")
        facts = {"settlement": self.display_name, "invoice": move.display_name}
        drafts = move.reversal_move_ids.filtered(lambda reversal: reversal.state == "draft")
        if drafts:
            return self.env._(
                "%(settlement)s: credit note %(credit)s of invoice %(invoice)s is a draft. Post or "
                "delete it first.",
                credit=drafts[0].display_name,
                **facts,
            )
        if move and not move._is_aftersales_credited() and self._is_credited_in_part(move):
            return self.env._(
                "%(settlement)s: invoice %(invoice)s is credited in part. Credit the rest of it, "
                "or take the credit note back first.",
                **facts,
            )
        if move and not self.currency_id.is_zero(self.amount_written_off):
            return self.env._(
                "%(settlement)s: a part of invoice %(invoice)s is written off. Reverse the "
                "write-off first.",
                **facts,
            )
        return ""

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
