from odoo import api, models
from odoo.fields import Domain


class AftersalesUnit(models.Model):
    """Swapped serials on the page of a unit, and found by the old one."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    @api.model
    def _get_find_domain(self, term):
        """Let a serial a unit had before find it."""
        domain = super()._get_find_domain(term)
        if not self.env.user._is_internal():
            return domain
        swaps_sudo = self.env["aftersales.swap"].sudo()
        # Who looks up units gets units he may read; the swap alone names them.
        query = swaps_sudo._search(Domain("old_serial", "ilike", term))
        return domain | Domain("id", "in", query.subselect("unit_id"))

    def _get_timeline_events(self, limit):
        return [*super()._get_timeline_events(limit), *self._get_timeline_swaps(limit)]

    def _get_timeline_swaps(self, limit):
        """Return the serials swapped on this unit; a click opens the new part, or the order.

        Exchanges of the whole unit are told by the units themselves.
        """
        swaps = self._search_timeline(
            "aftersales.swap",
            [("unit_id", "=", self.id), ("kind", "!=", "unit")],
            "date desc, id desc",
            limit,
        )
        return [self._prepare_timeline_swap(swap) for swap in swaps]

    def _prepare_timeline_swap(self, swap):
        """Return what is told of a swap: both serials, where and why."""
        titles = {
            "serial": self.env._("New serial"),
            "component": self.env._("Component replaced"),
        }
        serials = f"{swap.old_serial or '-'} → {swap.new_serial or '-'}"
        return self._prepare_timeline_event(
            swap.date,
            titles[swap.kind],
            " · ".join(filter(None, (serials, swap.repair_id.sudo().name, swap.reason))),
            swap.new_unit_id or swap.repair_id,
            icon="random",
            color="info",
            rank=63,
        )
