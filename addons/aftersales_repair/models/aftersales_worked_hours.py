from odoo import api, models
from odoo.tools import SQL


class AftersalesWorkedHours(models.AbstractModel):
    """What counts as worked: one definition for the order, its analysis, its margin and the
    performance of technicians (WS3, RP13).

    Worked is the time somebody was there: at the bench while his clock ran, on a visit from
    arriving to leaving. A visit that was *not possible* counts like one that was done: he stood
    at the door or was sent away, and his time is paid. The way there, also in vain, is travel:
    it costs money, but nobody worked. A clock that runs and a visit that goes on count when they
    end. Labour that was sold is what work produced, so it is shared among those who did some.
    """

    _name = "aftersales.worked.hours"
    _description = "Hours Worked"

    @api.model
    def _get_sources(self):
        """Return what hours are read from, a dict each; a module with hours of its own adds one.

        - ``number``: tells its rows in reports from others', from 0 to 7
        - ``table`` with a ``user_id`` and a ``repair_id``, and its ``alias``
        - ``path``: from a work order to its rows
        - ``hours``, ``travel``: fields in hours, 0 until it is over; travel may be None
        - ``moment``: the field whose day the hours belong to
        - ``over``: condition of the rows that count
        - ``worked``: condition of those among them in which work was done
        - ``visits``: how many visits were made
        """
        return [
            {
                "number": 0,
                "table": "aftersales_visit",
                "alias": "v",
                "path": "visit_ids",
                "hours": "work_hours",
                "travel": "travel_hours",
                "moment": "left",
                "over": SQL("v.state IN ('done', 'not_possible')"),
                "worked": SQL("v.state = 'done'"),
                "visits": SQL("(v.state = 'done')::int"),
            },
            {
                "number": 1,
                "table": "aftersales_work_time",
                "alias": "w",
                "path": "work_time_ids",
                "hours": "hours",
                "travel": None,
                "moment": "date_from",
                "over": SQL("w.date_to IS NOT NULL"),
                "worked": SQL("w.date_to IS NOT NULL"),
                "visits": SQL("0"),
            },
        ]

    # === OF ONE ORDER === #

    @api.model
    def _get_order_depends(self):
        """Return what the hours worked on a work order depend on."""
        return [f"{source['path']}.{source['hours']}" for source in self._get_sources()]

    @api.model
    def _sum_order(self, repair):
        """Return the hours worked on a work order."""
        return sum(sum(repair.mapped(path)) for path in self._get_order_depends())

    # === QUERIES === #

    @api.model
    def _select_from(self, source):
        """Return the table of a source under its alias."""
        return SQL("%s %s", SQL.identifier(source["table"]), SQL.identifier(source["alias"]))

    @api.model
    def _select_column(self, source, fname):
        return SQL.identifier(source["alias"], fname)

    @api.model
    def _select_hours(self, source):
        """Return the hours worked in a row of a source."""
        return SQL("COALESCE(%s, 0)", self._select_column(source, source["hours"]))

    @api.model
    def _select_travel(self, source):
        """Return the hours on the road in a row of a source."""
        if not source["travel"]:
            return SQL("0")
        return SQL("COALESCE(%s, 0)", self._select_column(source, source["travel"]))

    @api.model
    def _select_paid(self, source):
        """Return the hours that cost us money in a row of a source: worked and on the road."""
        return SQL("(%s + %s)", self._select_hours(source), self._select_travel(source))

    @api.model
    def _select_order_hours(self, order):
        """Return the hours worked on a work order.

        :param SQL order: its id
        """
        return SQL(" + ").join(
            SQL(
                "(SELECT COALESCE(SUM(%s), 0) FROM %s WHERE %s = %s AND %s)",
                self._select_hours(source),
                self._select_from(source),
                self._select_column(source, "repair_id"),
                order,
                source["over"],
            )
            for source in self._get_sources()
        )
