from odoo.fields import Domain
from odoo.http import request

from odoo.addons.aftersales_base.controllers.portal_settlement import SettlementPortal

from .portal import MODEL, RepairPortal


class RepairSettlementPortal(SettlementPortal, RepairPortal):
    """The way from a work order to what it cost, and back."""

    def _prepare_order_page_values(self, order_sudo, access_token, **kwargs):
        values = super()._prepare_order_page_values(order_sudo, access_token, **kwargs)
        of_order = Domain("repair_id", "=", order_sudo.id)
        return {**values, "settlements": self._get_job_settlements(of_order)}

    def _link_rows(self, rows):
        rows = super()._link_rows(rows)
        own_sudo = self._get_own_orders([row["repair"].id for row in rows if row["repair"]])
        for row in rows:
            if row["repair"] in own_sudo:
                row["url"] = row["repair"].access_url
        return rows

    def _get_own_orders(self, order_ids):
        """Return those of the orders that are the user's, in superuser mode."""
        # sudo: customers have no right on work orders; the domain holds only their own
        orders_sudo = request.env[MODEL].sudo()
        if request.env.user._is_public():
            return orders_sudo
        own = self._get_own_domain(MODEL)
        return orders_sudo.search(Domain("id", "in", order_ids) & own)
