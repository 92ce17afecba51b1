from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command, Datetime
from odoo.tests import tagged

from .common import RepairCommon

START = Datetime.to_datetime("2025-06-02 08:00:00")


@tagged("post_install", "-at_install")
@freeze_time(START)
class TestWorkedHours(RepairCommon):
    """What counts as worked says one place; order, analysis, margin and performance agree."""

    def setUp(self):
        super().setUp()
        self.order = self._make_order(
            parts=[],
            technician_id=self.technician.id,
            charge_ids=[Command.create({"product_id": self.labour.id, "quantity": 5})],
        )
        self.order.action_validate()
        self.order.action_repair_start()

    def _visit(self, hour, user=None, result="solved", travel=0.5, work=1):
        """Set out ``hour`` hours after the start; without ``work`` nobody arrives."""
        start = START + timedelta(hours=hour)
        visit = self.env["aftersales.visit"].create(
            {
                "repair_id": self.order.id,
                "user_id": (user or self.technician).id,
                "planned_from": start,
                "duration": 8,
            }
        )
        with freeze_time(start):
            visit.action_start()
        if work:
            with freeze_time(start + timedelta(hours=travel)):
                visit.action_arrive()
        with freeze_time(start + timedelta(hours=travel + work)):
            visit.action_finish(result, delay_reason="Traffic")
        return visit

    def _bench(self, hours):
        end = START + timedelta(hours=hours)
        with freeze_time(end):
            self.env["aftersales.work.time"].create(
                {
                    "repair_id": self.order.id,
                    "user_id": self.technician.id,
                    "date_from": START,
                    "date_to": end,
                }
            )

    def _end(self):
        with freeze_time(START + timedelta(hours=20)):
            self.order.late_reason_id = self.env.ref("aftersales_repair.late_reason_parts")
            self.order.action_repair_end()

    def _read(self, model, *aggregates, groupby=()):
        self.env.flush_all()
        return self.env[model]._read_group(
            [("repair_id", "=", self.order.id)], list(groupby), list(aggregates)
        )

    def _hours(self):
        """Return the hours worked as the order, its analysis, the technicians and its margin say,
        and those on the road."""
        [(worked,)] = self._read("aftersales.repair.report", "hours_worked:sum")
        [(performed, road)] = self._read(
            "aftersales.technician.report", "hours_worked:sum", "hours_travel:sum"
        )
        costs = self._read("aftersales.result.report", "hours:sum", groupby=["bearer"])
        paid = dict(costs).get("hours", 0)
        return self.order.worked_hours, worked, performed, paid - road, road

    def test_nobody_worked(self):
        self._end()
        self.assertEqual(self._hours(), (0, 0, 0, 0, 0))

    def test_visit_that_was_not_possible_was_worked(self):
        """Sent away after an hour, then two hours of work; half an hour on the road each time."""
        self._visit(0, result="refused", work=1)
        self._visit(4, work=2)
        self._end()
        self.assertEqual(self._hours(), (3, 3, 3, 3, 1))
        [(visits,)] = self._read("aftersales.technician.report", "visits:sum")
        self.assertEqual(visits, 1, "one visit was made, one was not possible")

    def test_way_in_vain_is_travel(self):
        """Half an hour to a door that nobody opened costs money, but nobody worked."""
        self._visit(0, result="not_home", work=0)
        self._bench(2)
        self._end()
        self.assertEqual(self._hours(), (2, 2, 2, 2, 0.5))

    def test_all_ways_of_working_add_up(self):
        self._visit(0, work=1)
        self._visit(0, user=self.other_technician, work=1.5)
        self._bench(2)
        self.env["aftersales.work.time"].create(
            {"repair_id": self.order.id, "user_id": self.other_technician.id, "date_from": START}
        )
        self.assertEqual(self.order.worked_hours, 4.5, "a clock that runs counts when it stops")
        with freeze_time(START + timedelta(hours=1)):
            self.order.work_time_ids.action_stop()
        self._end()
        self.assertEqual(self._hours(), (5.5, 5.5, 5.5, 5.5, 1))

    def test_who_went_in_vain_sold_nothing(self):
        """Five hours were sold by him who did the work."""
        self._visit(0, user=self.other_technician, result="no_access", work=1)
        self._visit(4, work=3)
        self._end()
        sold = self._read(
            "aftersales.technician.report", "hours_sold:sum", groupby=["technician_id"]
        )
        self.assertEqual(dict(sold), {self.technician: 5, self.other_technician: 0})

    def test_labour_sold_counts_beside_a_way_in_vain(self):
        """Nobody wrote down how long the work took: five hours were sold. The way costs extra."""
        self._visit(0, result="not_home", work=0)
        self._end()
        hours = self._read("aftersales.result.report", "hours:sum", groupby=["charge_id"])
        self.assertEqual(
            {bool(charge): value for charge, value in hours if value}, {True: 5, False: 0.5}
        )

    def test_source_is_read_by_all(self):
        """What a module adds or takes away changes all of them."""
        self._visit(0, work=1)
        self._bench(2)
        self._end()
        Worked = type(self.env["aftersales.worked.hours"])
        bench = self.env["aftersales.worked.hours"]._get_sources()[1:]
        with patch.object(Worked, "_get_sources", lambda self: bench):
            self.order.invalidate_recordset(["worked_hours"])
            self.assertEqual(self._hours(), (2, 2, 2, 2, 0))
