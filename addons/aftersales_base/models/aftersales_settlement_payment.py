from odoo import api, fields, models


class AftersalesSettlement(models.Model):
    """What became of the invoice: paid, credited, written off or still open.

    Nothing is entered here: the amounts are read from what the invoice is reconciled with, so
    payments, credit notes, reversals, write-offs and whatever undoes them are seen at once.
    Credit notes (we owe) have negative amounts.
    """

    _inherit = "aftersales.settlement"

    amount_residual = fields.Monetary(
        string="Open",
        compute="_compute_payment_amounts",
        store=True,
        precompute=True,
        help="What the payer still owes of the posted invoice.",
    )
    amount_paid = fields.Monetary(
        string="Paid",
        compute="_compute_payment_amounts",
        store=True,
        precompute=True,
        help="Payments, and what was set off against other entries of the payer.",
    )
    amount_credited = fields.Monetary(
        string="Credited",
        compute="_compute_payment_amounts",
        store=True,
        precompute=True,
        help="Credit notes made for this invoice.",
    )
    amount_written_off = fields.Monetary(
        string="Written Off",
        compute="_compute_payment_amounts",
        store=True,
        precompute=True,
        help="What was given up: small differences, discounts for early payment, bad debts.",
    )
    is_invoice_draft = fields.Boolean(compute="_compute_is_invoice_draft", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends("state", "move_id.state", "move_id.payment_state", "move_id.amount_residual")
    def _compute_payment_amounts(self):
        for settlement in self:
            settlement.update(settlement._prepare_payment_amounts())

    @api.depends("move_id.state")
    def _compute_is_invoice_draft(self):
        for settlement in self:
            settlement.is_invoice_draft = settlement.move_id.state == "draft"

    @api.depends("amount_credited", "amount_written_off")
    def _compute_status(self):
        return super()._compute_status()

    # === BUSINESS METHODS === #

    def _prepare_payment_amounts(self):
        """Return the amounts as the posted invoice says."""
        self.ensure_one()
        amounts = dict.fromkeys(
            ("amount_residual", "amount_paid", "amount_credited", "amount_written_off"), 0.0
        )
        # sudo: entries of the bank are not shown to who settles, sums of them are.
        move = self.sudo().move_id
        if move.state != "posted" or self.state == "draft":
            return amounts
        sign = -1 if move.move_type == "out_refund" else 1
        settled = move.payment_state in ("paid", "in_payment", "reversed")
        amounts["amount_residual"] = 0.0 if settled else move.amount_residual
        if amounts["amount_residual"] != move.amount_total:
            amounts.update(move._get_aftersales_amounts())
            amounts["amount_paid"] = move.amount_total - sum(amounts.values())
        return {fname: move.currency_id.round(sign * value) for fname, value in amounts.items()}

    def _get_status(self):
        status = super()._get_status()
        if status not in ("paid", "reversed"):
            return status
        if not self.currency_id.is_zero(self.amount_written_off):
            return "written_off"
        # An invoice set off against a credit note for something else is paid by it.
        credited = not self.currency_id.is_zero(self.amount_credited)
        return "reversed" if credited and status == "reversed" else "paid"

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
