from odoo import fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """The work orders a delivery made."""

    _inherit = "stock.picking"

    aftersales_installation_count = fields.Integer(
        compute="_compute_aftersales_installation_count",
        groups="aftersales_base.group_aftersales_technician",
    )

    aftersales_plan_status = fields.Selection(related="sale_id.aftersales_plan_status")

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

    # === BUSINESS METHODS === #

    def _action_done(self):
        self._check_sent()
        return super()._action_done()

    def _check_sent(self):
        """Refuse to receive from the maker what was not sent to him.

        :raises UserError: naming both transfers
        """
        # Where the unit is holds everybody, whoever may read it.
        cases_sudo = self.env["aftersales.send.out"].sudo()
        waiting_sudo = cases_sudo.search(
            [
                ("back_picking_id", "in", self.ids),
                ("out_picking_id.state", "!=", "done"),
                # Both may be done at once.
                ("out_picking_id", "not in", self.ids),
            ],
            limit=1,
        )
        if waiting_sudo:
            raise UserError(
                self.env._(
                    "%(back)s brings back what %(out)s has not sent yet. Do %(out)s first.",
                    back=waiting_sudo.back_picking_id.display_name,
                    out=waiting_sudo.out_picking_id.display_name,
                )
            )
