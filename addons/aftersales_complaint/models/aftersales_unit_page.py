from odoo import fields, models

from odoo.addons.aftersales_base.models.aftersales_unit_files import MAX_FILES


class AftersalesUnit(models.Model):
    """Complaints on the page of a unit."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    def _get_timeline_events(self, limit):
        return super()._get_timeline_events(limit) + self._get_timeline_complaints(limit)

    def _get_timeline_complaints(self, limit):
        """Return the complaints, each on the day it came in."""
        complaints = self._search_timeline(
            "aftersales.complaint",
            [("unit_id", "=", self.id)],
            "date_reported desc, id desc",
            limit,
        )
        states = dict(complaints._fields["state"]._description_selection(self.env))
        return [
            self._prepare_timeline_event(
                fields.Date.context_today(self, complaint.date_reported),
                self.env._("Complaint %(number)s", number=complaint.name),
                " · ".join(filter(None, (complaint.subject, states[complaint.state]))),
                complaint,
                icon="bullhorn",
                color="secondary" if complaint.state in ("closed", "cancelled") else "danger",
                rank=64,
            )
            for complaint in complaints
        ]

    def _get_document_sources(self):
        complaints = self._search_timeline(
            "aftersales.complaint", [("unit_id", "=", self.id)], "id desc", MAX_FILES
        )
        return [*super()._get_document_sources(), (self.env._("Complaint"), complaints)]
