from odoo import models

from odoo.addons.aftersales_base.tools.repeats import Case


class RepairOrder(models.Model):
    """The work order as a case of a fault that may come back (IN18)."""

    _inherit = "repair.order"

    # === BUSINESS METHODS === #

    def _get_case(self):
        """Return the fault as it is compared with others; see ``tools/repeats.py``."""
        self.ensure_one()
        return Case(self.symptom_id.id, self.cause_id.id, self.date_ordered, self.date_ended)

    def _is_about_fault(self):
        """Return whether it is about a fault: work announced beforehand, installing and
        refurbishing repeat nothing.
        """
        self.ensure_one()
        announced = self.request_id and not self.request_id._is_about_fault()
        return not (announced or self.is_refurbish or self.install_move_id)
