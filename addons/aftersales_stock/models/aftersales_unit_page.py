from odoo import fields, models


class AftersalesUnit(models.Model):
    """Sale, delivery and return on the page of a unit."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    def _get_timeline_milestones(self):
        return [*super()._get_timeline_milestones(), *self._get_timeline_moves()]

    def _prepare_timeline_start(self):
        """Name the delivery, where the unit came by one."""
        event = super()._prepare_timeline_start()
        # Whoever sees the unit may know the numbers of what it came by, not open them.
        unit_sudo = self.sudo()
        if unit_sudo.move_id:
            event["title"] = self.env._("Delivered")
            event["text"] = unit_sudo.picking_id.name or unit_sudo.move_id.reference
            event["icon"] = "truck"
            self._link_timeline_event(event, unit_sudo.picking_id)
        return event

    def _get_timeline_moves(self):
        """Return when the unit was sold and when it was given back."""
        unit_sudo = self.sudo()
        events = []
        if order_sudo := unit_sudo.sale_order_id:
            day = fields.Date.context_today(self, order_sudo.date_order)
            title = self.env._("Sold")
            event = self._prepare_timeline_event(
                day, title, order_sudo.name, icon="shopping-cart", color="info", rank=10
            )
            events.append(self._link_timeline_event(event, order_sudo))
        if move_sudo := unit_sudo.return_move_id:
            day = fields.Date.context_today(self, move_sudo.date)
            title = self.env._("Scrapped") if self.state == "scrapped" else self.env._("Returned")
            event = self._prepare_timeline_event(
                day, title, move_sudo.reference, icon="reply", color="warning", rank=80
            )
            events.append(self._link_timeline_event(event, move_sudo.picking_id))
        return events

    def _link_timeline_event(self, event, record_sudo):
        """Let a click open the document, for those who may read it."""
        record = record_sudo.with_env(self.env)
        if record and record.has_access("read"):
            event.update(res_model=record._name, res_id=record.id)
        return event
