from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_draft(self):
        # Its parts were free while it was cancelled; a settlement may bill them by now.
        self.order_line.move_ids.repair_id._check_parts_not_settled(self.order_line.move_ids)
        return super().action_draft()
