from odoo import models


class AftersalesSettlementLine(models.Model):
    """What a maker refused and we bear is booked as warranty cost like what we cover."""

    _inherit = "aftersales.settlement.line"

    # === BUSINESS METHODS === #

    def _get_kept_part(self):
        """Return which part, 0 to 1, of the covered share we bear by these lines."""
        return sum(
            line.refused_part for line in self if line.is_living and line.decision == "company"
        )

    def _get_booked_message(self):
        """Return why what a maker refused is ours for good, or an empty text."""
        kept = self.filtered(lambda line: line.decision == "company")
        # sudo: who deals with makers need not see what is booked.
        booked_sudo = kept.sudo().charge_id.warranty_entry_line_ids.filtered(
            lambda line: line.is_living and line.entry_id.state == "confirmed"
        )[:1]
        if not booked_sudo:
            return ""
        return self.env._(
            "%(charge)s: what was refused is booked as warranty cost by %(entry)s. Have accounting "
            "cancel that entry first.",
            charge=booked_sudo.charge_id.display_name,
            entry=booked_sudo.entry_id.display_name,
        )

    def _undo_error_message(self):
        return super()._undo_error_message() or self._get_booked_message()
