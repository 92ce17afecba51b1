from odoo import models
from odoo.exceptions import UserError

HISTORY = 5


class AftersalesVisit(models.Model):
    """The work at the customer's: it starts, is checked and ends on the phone (FS3, FS4, WS4).

    All of it is done as the technician himself, on the order of his own visit.
    """

    _inherit = "aftersales.visit"

    # === BUSINESS METHODS === #

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "at_work":
            # He sees what is to be checked before he begins.
            orders = self.repair_id.filtered(lambda repair: repair._is_open())
            orders._without_checks()._make_checks()

    def _is_at_customer(self):
        """Return whether somebody is there, or was: what he does there is noted now."""
        self.ensure_one()
        return self.state in ("at_work", "done")

    def _check_at_customer(self):
        """Raise when nobody is there whose work could be noted.

        :raises UserError: naming the visit
        :raises AccessError: when the user may not change the visit
        """
        self.ensure_one()
        self.check_access("write")
        if not self._is_at_customer():
            raise UserError(
                self.env._(
                    "Nobody is at the customer's on %(visit)s. Tap Arrived first.",
                    visit=self.display_name,
                )
            )

    def _start_work(self):
        """Start the work of the order, unless it was started already.

        :raises UserError: when the order is closed, or may not be started yet
        """
        self._check_at_customer()
        order = self.repair_id
        if order.state in ("draft", "confirmed"):
            order.action_repair_start()
        elif order.state != "under_repair":
            raise UserError(
                self.env._(
                    "%(order)s is closed. Ask the desk for another work order.",
                    order=order.display_name,
                )
            )

    def _end_work(self):
        """End the work of the order; what is ended stays so, a second tap does nothing.

        :raises UserError: when a check is missing or failed
        """
        self._check_at_customer()
        if self.repair_id.state == "done":
            return
        self._start_work()
        self.repair_id.action_repair_end()

    def _note_checks(self, found):
        """Note what was found; what is not told, or is as it was, stays untouched.

        :param dict found: ``{id of a check: {"result": …, "value": text, "note": …}}``; checks of
            other orders are passed over
        :raises UserError: naming the check whose value is no number
        """
        self._check_at_customer()
        for check in self.repair_id.check_ids:
            vals = check._prepare_phone_vals(found.get(check.id, {}))
            if vals:
                check.write(vals)

    def _get_unit_history(self):
        """Return what was done on the unit before: ``[{"name", "date", "what", "text"}, …]``."""
        self.ensure_one()
        if not self.unit_id:
            return []
        # Who is sent to a unit is told what colleagues did to it, of this company, and no prices.
        orders_sudo = self.env["repair.order"].sudo()
        orders_sudo = orders_sudo.search(
            [
                ("unit_id", "=", self.sudo().unit_id.id),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.repair_id.id),
                ("state", "!=", "cancel"),
            ],
            order="create_date desc, id desc",
            limit=HISTORY,
        )
        return [order_sudo._prepare_history_vals() for order_sudo in orders_sudo]
