from odoo import fields, models


class AftersalesSettlementLine(models.Model):
    _inherit = "aftersales.settlement.line"

    repair_id = fields.Many2one(related="charge_id.repair_id")

    def _get_move_line_origins(self):
        return [*super()._get_move_line_origins(), self.sudo().repair_id.name]

    def _get_portal_job(self):
        return self.sudo().repair_id.name or super()._get_portal_job()

    def _prepare_portal_row(self):
        return {**super()._prepare_portal_row(), "repair": self.sudo().repair_id}
