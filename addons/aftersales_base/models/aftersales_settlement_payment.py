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
        if move.currency_id.compare_amounts(amounts["amount_residual"], move.amount_total):
            amounts.update(move._get_aftersales_amounts())
            amounts["amount_paid"] = move.amount_total - sum(amounts.values())
        return {fname: move.currency_id.round(sign * value) for fname, value in amounts.items()}
