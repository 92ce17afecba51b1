from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """A payment in advance that is deducted elsewhere stays invoiced (SA4)."""

    _inherit = "account.move"

    # === ACTION METHODS === #

    def button_draft(self):
        """Take a payment in advance off again whose credit note is taken back after the work."""
        result = super().button_draft()
        self.filtered(lambda move: move.move_type == "out_refund")._deduct_advances_again()
        return result

    # === BUSINESS METHODS === #

    def _post(self, soft=True):
        """Credit no payment in advance that is taken off another invoice: it would be given back
        twice.

        :raises UserError: naming credit note, payment and where it is taken off
        """
        credits = self.filtered(lambda move: move.move_type == "out_refund")
        credited = {move: move._get_credited_advances() for move in credits}
        credited = {move: advances for move, advances in credited.items() if advances}
        for move, advances in credited.items():
            if message := move._get_credited_advance_error(advances):
                raise UserError(message)
        posted = super()._post(soft=soft)
        for advances in credited.values():
            advances.advance_back_ids._cancel_baseless_backs()
        undone = self.reversed_entry_id.filtered(
            lambda move: move.move_type == "out_refund" and move._is_aftersales_credited()
        )
        undone._deduct_advances_again()
        return posted

    def _deduct_advances_again(self):
        """Take payments in advance off whose credit notes are taken back, where work ended."""
        for move in self:
            ended_sudo = move._get_credited_advances().advance_repair_id.filtered(
                lambda repair: not repair._is_open()
            )
            ended_sudo._take_back_advance()

    def _get_credited_advances(self):
        """Return the payments in advance on the invoice this credit note reverses."""
        self.ensure_one()
        # sudo: whoever keeps the books need not see charges.
        lines_sudo = self.reversed_entry_id.sudo().invoice_line_ids.aftersales_settlement_line_id
        return lines_sudo.charge_id._get_standing_advances()

    def _get_credited_advance_error(self, advances):
        """Return why these payments in advance cannot be credited so, or an empty text."""
        self.ensure_one()
        origin = self.reversed_entry_id
        if line := advances._get_deducting_lines()[:1]:
            settlement = line.settlement_id
            return self.env._(
                "%(credit)s gives back invoice %(invoice)s, which was paid in advance for "
                "%(order)s and is taken off on %(other)s. Cancel or credit that one first, or "
                "credit the work there: else the customer gets it twice.",
                credit=self.display_name,
                invoice=origin.display_name,
                order=advances[:1].advance_repair_id.display_name,
                other=(settlement.move_id or settlement).display_name,
            )
        if self.currency_id.compare_amounts(self.amount_total, origin.amount_total) < 0:
            return self.env._(
                "%(credit)s gives back a part of invoice %(invoice)s, which was asked for in "
                "advance for %(order)s and is taken off in full when the work is settled. Credit "
                "all of it, and ask for less by a new estimate.",
                credit=self.display_name,
                invoice=origin.display_name,
                order=advances[:1].advance_repair_id.display_name,
            )
        return ""
