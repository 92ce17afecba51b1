from odoo import fields, models


class AftersalesSettlementLine(models.Model):
    _inherit = "aftersales.settlement.line"

    repair_id = fields.Many2one(related="charge_id.repair_id")

    def _get_move_line_origins(self):
        return [*super()._get_move_line_origins(), self.sudo().repair_id.name]
