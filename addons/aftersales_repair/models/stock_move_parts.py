from odoo import api, fields, models
from odoo.tools import SQL


class StockMove(models.Model):
    """Parts that are missing, and work that goes on when they are there (WS10)."""

    _inherit = "stock.move"

    aftersales_missing_qty = fields.Float(
        string="Missing",
        digits="Product Unit",
        compute="_compute_aftersales_missing_qty",
        help="Asked for and not reserved.",
    )

    aftersales_technician_id = fields.Many2one(related="repair_id.technician_id")

    # === COMPUTE METHODS === #

    @api.depends_context("aftersales_part_name")
    @api.depends("product_id")
    def _compute_display_name(self):
        """Call a part what it is where people choose among those of one work order."""
        if not self.env.context.get("aftersales_part_name"):
            return super()._compute_display_name()
        for move in self:
            move.display_name = move.product_id.display_name
        return None

    @api.depends("product_uom_qty", "quantity", "state")
    def _compute_aftersales_missing_qty(self):
        for move in self:
            missing = move.product_uom_qty - move.quantity
            move.aftersales_missing_qty = (
                max(missing, 0.0) if move.state not in ("done", "cancel") else 0.0
            )

    # === BUSINESS METHODS === #

    def _read_group_select(self, aggregate_spec, query):
        """Sum up what is missing, as :meth:`_compute_aftersales_missing_qty` tells it."""
        if aggregate_spec != "aftersales_missing_qty:sum":
            return super()._read_group_select(aggregate_spec, query)
        needed, reserved, state = (
            self._field_to_sql(self._table, fname, query)
            for fname in ("product_uom_qty", "quantity", "state")
        )
        return SQL(
            "SUM(CASE WHEN %s IN ('done', 'cancel') THEN 0 "
            "ELSE GREATEST(%s - COALESCE(%s, 0), 0) END)",
            state,
            needed,
            reserved,
        )

    def _action_assign(self, force_qty=False):
        result = super()._action_assign(force_qty=force_qty)
        self.repair_id._follow_parts()
        return result

    def _describe_missing(self):
        """Return the part and how many of it are missing."""
        self.ensure_one()
        return f"{self.product_id.display_name} ({self.aftersales_missing_qty:g})"
