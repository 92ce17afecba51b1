from odoo import models
from odoo.exceptions import UserError


class AftersalesVisit(models.Model):
    """The work at the customer's: it starts, is checked and ends on the phone (FS3, FS4, WS4)."""

    _name = "aftersales.visit"
    _inherit = ["aftersales.visit", "aftersales.phone.mixin"]

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

    def _get_work_order(self):
        self.ensure_one()
        return self.repair_id

    def _check_at_work(self):
        self._check_at_customer()
