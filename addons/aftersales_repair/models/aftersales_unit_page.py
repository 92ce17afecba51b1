from odoo import fields, models

from odoo.addons.aftersales_base.models.aftersales_unit_files import MAX_FILES


class AftersalesUnit(models.Model):
    """Work orders on the page of a unit."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    def _get_timeline_events(self, limit):
        return super()._get_timeline_events(limit) + self._get_timeline_repairs(limit)

    def _get_timeline_repairs(self, limit):
        """Return the work orders, each on the day it was made."""
        repairs = self._search_timeline(
            "repair.order", [("unit_id", "=", self.id)], "create_date desc, id desc", limit
        )
        states = dict(repairs._fields["state"]._description_selection(self.env))
        colors = {"done": "success", "cancel": "secondary"}
        return [
            self._prepare_timeline_event(
                fields.Date.context_today(self, repair.create_date),
                self.env._("Work order %(number)s", number=repair.name),
                " · ".join(
                    filter(
                        None,
                        (
                            repair.service_type_id.name,
                            repair.technician_id.sudo().name,
                            states[repair.state],
                        ),
                    )
                ),
                repair,
                icon="wrench",
                color=colors.get(repair.state, "primary"),
                rank=62,
            )
            for repair in repairs
        ]

    def _get_document_sources(self):
        repairs = self._search_timeline(
            "repair.order", [("unit_id", "=", self.id)], "id desc", MAX_FILES
        )
        return [*super()._get_document_sources(), (self.env._("Work order"), repairs)]
