from odoo import api, fields, models


class SaleOrder(models.Model):
    """What sales passes on to whoever installs what it sold (FS10)."""

    _inherit = "sale.order"

    aftersales_install_note = fields.Text(
        string="For the Installation",
        help="What was promised, who is there, what to know of the place. It goes to the work "
        "orders that install what is delivered.",
    )
    aftersales_to_install = fields.Boolean(compute="_compute_aftersales_to_install")
    aftersales_installation_count = fields.Integer(
        compute="_compute_aftersales_installation_count",
        groups="aftersales_base.group_aftersales_technician",
    )

    # === COMPUTE METHODS === #

    @api.depends("order_line.product_id.aftersales_needs_installation")
    def _compute_aftersales_to_install(self):
        for order in self:
            order.aftersales_to_install = any(
                order.order_line.product_id.mapped("aftersales_needs_installation")
            )

    def _compute_aftersales_installation_count(self):
        counts = self.picking_ids.move_ids._get_installation_counts()
        for order in self:
            order.aftersales_installation_count = sum(
                counts.get(move, 0) for move in order.picking_ids.move_ids
            )

    # === ACTION METHODS === #

    def action_view_installations(self):
        """Open the work orders that install what was sold."""
        self.ensure_one()
        return self.picking_ids.move_ids._get_installations_action()
