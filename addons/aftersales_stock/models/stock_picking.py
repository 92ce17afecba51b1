from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    aftersales_unit_count = fields.Integer(
        compute="_compute_aftersales_unit_count",
        groups="aftersales_base.group_aftersales_technician",
    )

    aftersales_for_repair = fields.Boolean(
        string="Comes In for Repair",
        copy=False,
        help="The goods stay the customer's, and their warranties go on.",
    )

    # === COMPUTE METHODS === #

    @api.depends("move_ids.state")
    def _compute_aftersales_unit_count(self):
        Unit = self.env["aftersales.unit"]
        moves = self.move_ids
        counts = dict.fromkeys(self, 0)
        for field in ("move_id", "return_move_id"):
            groups = Unit._read_group([(field, "in", moves.ids)], [field], ["__count"])
            for move, count in groups:
                counts[move.picking_id] += count
        for picking in self:
            picking.aftersales_unit_count = counts[picking]

    # === CRUD METHODS === #

    def write(self, vals):
        changing = self.browse()
        if "aftersales_for_repair" in vals:
            said = bool(vals["aftersales_for_repair"])
            changing = self.filtered(lambda picking: picking.aftersales_for_repair != said)
        result = super().write(vals)
        if changing:
            # Said after the goods were taken in: what was closed goes on, or ends after all.
            came_in = changing.filtered(lambda picking: picking.state == "done").move_ids
            given_back = came_in.filtered(lambda move: move._is_aftersales_return())
            self.env["aftersales.unit"]._undo_returns(came_in - given_back)
            self.env["aftersales.unit"]._close_returns(given_back)
        return result

    # === ACTION METHODS === #

    def action_view_aftersales_units(self):
        """Open the installed products that the transfer delivered or took back."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_unit_action"
        )
        moves = self.move_ids.ids
        action["domain"] = ["|", ("move_id", "in", moves), ("return_move_id", "in", moves)]
        action["context"] = {"create": False}
        return action
