from odoo import models


class AftersalesSettlementLine(models.Model):
    _inherit = "aftersales.settlement.line"

    def _get_move_line_origins(self):
        return [*super()._get_move_line_origins(), self.charge_id.complaint_id.name]
