from odoo import models


class AccountMoveReversal(models.TransientModel):
    """*Reverse and Create Invoice* leaves a settlement with the new invoice."""

    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        action = super().reverse_moves(is_modify=is_modify)
        for move in self.new_move_ids.filtered("aftersales_replaces_id"):
            move._take_over_aftersales_settlement()
        return action

    def _modify_default_reverse_values(self, origin_move):
        values = super()._modify_default_reverse_values(origin_move)
        if origin_move.sudo().aftersales_settlement_ids:
            values["aftersales_replaces_id"] = origin_move.id
            values["aftersales_kind"] = origin_move.aftersales_kind
        return values
