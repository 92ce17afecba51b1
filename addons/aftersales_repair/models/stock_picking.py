from odoo import fields, models


class StockPicking(models.Model):
    """The work orders a delivery made."""

    _inherit = "stock.picking"

    aftersales_installation_count = fields.Integer(
        compute="_compute_aftersales_installation_count",
        groups="aftersales_base.group_aftersales_technician",
    )

    # === COMPUTE METHODS === #

    def _compute_aftersales_installation_count(self):
        counts = self.move_ids._get_installation_counts()
        for picking in self:
            picking.aftersales_installation_count = sum(
                counts.get(move, 0) for move in picking.move_ids
            )

    # === ACTION METHODS === #

    def action_view_installations(self):
        """Open the work orders that install what was delivered."""
        self.ensure_one()
        return self.move_ids._get_installations_action()
