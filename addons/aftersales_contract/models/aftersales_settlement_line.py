from odoo import models


class AftersalesSettlementLine(models.Model):
    _inherit = "aftersales.settlement.line"

    def _get_move_line_name(self):
        # The text of an instalment names contract and period already.
        if self.charge_id.instalment_id:
            return self.charge_id.name
        return super()._get_move_line_name()
