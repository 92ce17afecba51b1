from odoo import fields, models


class StockReturnPicking(models.TransientModel):
    """Say why the goods come back: for good, for a repair, or in exchange."""

    _inherit = "stock.return.picking"

    aftersales_for_repair = fields.Boolean(
        string="Comes In for Repair",
        help="The goods stay the customer's, and their warranties go on.",
    )

    def _prepare_picking_default_values_based_on(self, picking):
        vals = super()._prepare_picking_default_values_based_on(picking)
        return {**vals, "aftersales_for_repair": self.aftersales_for_repair}

    def action_create_exchanges(self):
        # What is exchanged does not come in to be repaired.
        self.aftersales_for_repair = False
        action = super().action_create_exchanges()
        if self.picking_id.picking_type_code != "incoming":
            came_in = self.env["stock.picking"].browse(action["res_id"])
            for move in came_in.move_ids:
                move.aftersales_exchange_move_id = move.origin_returned_move_id
        return action

    def _get_proc_values(self, line):
        values = super()._get_proc_values(line)
        return {**values, "aftersales_exchange_move_id": line.move_id.id}
