from odoo import models


class AccountMoveReversal(models.TransientModel):
    """*Reverse and Create Invoice* leaves service costs with the new bill."""

    _inherit = "account.move.reversal"

    def _modify_default_reverse_values(self, origin_move):
        values = super()._modify_default_reverse_values(origin_move)
        # sudo: whoever keeps the books need not see service costs.
        if origin_move.sudo().aftersales_cost_ids:
            values["aftersales_replaces_id"] = origin_move.id
            values["aftersales_kind"] = origin_move.aftersales_kind
        return values
