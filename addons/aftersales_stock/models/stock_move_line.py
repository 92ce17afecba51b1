from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _action_done(self):
        """Read together what Odoo reads of one serial after the other, in two queries each."""
        # sudo: as Odoo reads quants.
        lots_sudo = self.sudo().lot_id
        lots_sudo.fetch(["lot_properties"])
        lots_sudo.quant_ids.fetch()
        return super()._action_done()
