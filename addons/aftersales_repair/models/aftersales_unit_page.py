from datetime import timedelta

from odoo import fields, models

from odoo.addons.aftersales_base.models.aftersales_unit_files import MAX_FILES


class AftersalesUnit(models.Model):
    """Work orders on the page of a unit."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    def _get_timeline_events(self, limit):
        return [
            *super()._get_timeline_events(limit),
            *self._get_timeline_repairs(limit),
            *self._get_timeline_trips(limit),
        ]

    def _get_timeline_trips(self, limit):
        """Return the visits whose day has come, each with who went and what came of it."""
        visits = self._search_timeline(
            "aftersales.visit",
            [
                ("unit_id", "=", self.id),
                ("state", "!=", "cancelled"),
                ("planned_from", "!=", False),
                ("planned_from", "<", fields.Datetime.now() + timedelta(days=1)),
            ],
            "planned_from desc, id desc",
            limit,
        )
        return [self._prepare_timeline_trip(visit) for visit in visits]

    def _prepare_timeline_trip(self, visit):
        """Return what is told of a visit: its result, else where it stands."""
        states = dict(visit._fields["state"]._description_selection(self.env))
        results = dict(visit._fields["result"]._description_selection(self.env))
        came_of_it = results.get(visit.result, states[visit.state])
        colors = {"done": "success", "not_possible": "danger", "planned": "secondary"}
        return self._prepare_timeline_event(
            fields.Date.context_today(self, visit.arrived or visit.planned_from),
            self.env._("Visit %(number)s", number=visit.name),
            " · ".join(filter(None, (visit.user_id.sudo().name, came_of_it))),
            visit,
            icon="car",
            color=colors.get(visit.state, "primary"),
            rank=64,
        )

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
