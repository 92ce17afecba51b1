from datetime import datetime, timedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from ..tools.working_time import WorkingTime, get_due, get_used

# The office works Monday to Friday, 8 to 12 and 13 to 17, in Berlin: UTC+1, in summer UTC+2.
# 2026-03-02 is a Monday; 2026-03-06 (Friday) is a holiday; clocks go forward on 2026-03-29 and
# back on 2026-10-25, both Sundays. Everything below is UTC.
# what, start, hours, [(paused from, to)], due
DUE = [
    ("within the morning", "03-02 07:00", 2, [], "03-02 09:00"),
    ("lunch does not count", "03-02 10:00", 2, [], "03-02 13:00"),
    ("ends exactly with the day", "03-02 07:00", 8, [], "03-02 16:00"),
    ("runs into the next day", "03-02 15:00", 2, [], "03-03 08:00"),
    ("reported in the night", "03-02 22:00", 1, [], "03-03 08:00"),
    ("reported at lunch", "03-02 11:30", 1, [], "03-02 13:00"),
    ("reported on Saturday", "03-07 10:00", 1, [], "03-09 08:00"),
    ("over the weekend", "03-13 15:00", 2, [], "03-16 08:00"),
    ("over a holiday and the weekend", "03-05 15:00", 2, [], "03-09 08:00"),
    ("a week of work", "03-09 07:00", 40, [], "03-13 16:00"),
    ("no time at all is due at once", "03-02 08:00", 0, [], "03-02 08:00"),
    ("a quarter of an hour", "03-02 15:50", 0.25, [], "03-03 07:05"),
    ("into summer time", "03-27 15:00", 2, [], "03-30 07:00"),
    ("into winter time", "10-23 14:00", 2, [], "10-26 08:00"),
    ("paused within the day", "03-02 07:00", 2, [("03-02 08:00", "03-02 10:00")], "03-02 11:00"),
    ("paused over lunch", "03-02 09:00", 2, [("03-02 10:00", "03-02 14:00")], "03-02 15:00"),
    ("paused in the night only", "03-02 15:00", 2, [("03-02 20:00", "03-03 05:00")], "03-03 08:00"),
    (
        "paused over the weekend only",
        "03-13 15:00",
        2,
        [("03-13 17:00", "03-15 20:00")],
        "03-16 08:00",
    ),
    (
        "paused from Friday to Monday noon",
        "03-13 15:00",
        2,
        [("03-13 15:30", "03-16 12:00")],
        "03-16 13:30",
    ),
    (
        "paused twice",
        "03-02 07:00",
        3,
        [("03-02 08:00", "03-02 09:00"), ("03-02 10:00", "03-02 12:00")],
        "03-02 13:00",
    ),
    (
        "pauses that overlap count once",
        "03-02 07:00",
        3,
        [("03-02 08:00", "03-02 10:00"), ("03-02 09:00", "03-02 11:00")],
        "03-02 14:00",
    ),
    (
        "a pause within a pause",
        "03-02 07:00",
        3,
        [("03-02 08:00", "03-02 11:00"), ("03-02 09:00", "03-02 10:00")],
        "03-02 14:00",
    ),
    (
        "entered in any order",
        "03-02 07:00",
        3,
        [("03-02 10:00", "03-02 12:00"), ("03-02 08:00", "03-02 09:00")],
        "03-02 13:00",
    ),
    ("paused before the report", "03-02 09:00", 2, [("03-02 07:00", "03-02 08:00")], "03-02 11:00"),
    (
        "paused from before the report on",
        "03-02 09:00",
        1,
        [("03-02 08:00", "03-02 10:00")],
        "03-02 11:00",
    ),
    ("paused after it was due", "03-02 07:00", 1, [("03-02 12:00", "03-02 14:00")], "03-02 08:00"),
    ("stands still", "03-02 07:00", 2, [("03-02 08:00", None)], None),
    ("stands still, but was due before", "03-02 07:00", 1, [("03-02 09:00", None)], "03-02 08:00"),
    ("stands still from the report on", "03-02 07:00", 1, [("03-02 07:00", None)], None),
]
# what, start, end, [(paused from, to)], hours
USED = [
    ("a morning", "03-02 07:00", "03-02 11:00", [], 4),
    ("over lunch", "03-02 10:00", "03-02 13:00", [], 2),
    ("over a night", "03-02 15:00", "03-03 08:00", [], 2),
    ("over a holiday and a weekend", "03-05 15:00", "03-09 08:00", [], 2),
    ("at night", "03-02 18:00", "03-03 05:00", [], 0),
    ("over the change to summer time", "03-27 15:00", "03-30 07:00", [], 2),
    ("less a pause", "03-02 07:00", "03-02 11:00", [("03-02 08:00", "03-02 09:30")], 2.5),
    (
        "a pause that goes on after the end",
        "03-02 07:00",
        "03-02 09:00",
        [("03-02 08:00", "03-02 12:00")],
        1,
    ),
    ("a pause that never ended", "03-02 07:00", "03-02 09:00", [("03-02 08:00", None)], 1),
    (
        "a pause at night costs nothing",
        "03-02 15:00",
        "03-03 08:00",
        [("03-02 18:00", "03-03 06:00")],
        2,
    ),
    ("an end before the start", "03-02 11:00", "03-02 07:00", [], 0),
]


def _at(text):
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M") if text else None


def _periods(pauses):
    return [(_at(first), _at(last)) for first, last in pauses]


@tagged("post_install", "-at_install")
class TestWorkingTime(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.env["resource.calendar"].create(
            {
                "name": "Office in Berlin",
                "tz": "Europe/Berlin",
                "company_id": False,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": f"{day} {start}",
                                "dayofweek": str(day),
                                "hour_from": start,
                                "hour_to": start + 4,
                                "day_period": "morning" if start < 12 else "afternoon",
                            }
                        )
                        for day in range(5)
                        for start in (8, 13)
                    ),
                ],
            }
        )
        cls.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": cls.office.id,
                "date_from": _at("03-05 23:00"),
                "date_to": _at("03-06 22:59"),
            }
        )
        cls.working_time = WorkingTime(cls.office)

    def test_when_it_is_due(self):
        for what, start, hours, pauses, due in DUE:
            with self.subTest(what):
                found = get_due(self.working_time, _at(start), hours * 3600, _periods(pauses))
                self.assertEqual(found, _at(due))

    def test_how_much_was_used(self):
        for what, start, end, pauses, hours in USED:
            with self.subTest(what):
                used = get_used(self.working_time, _at(start), _at(end), _periods(pauses))
                self.assertEqual(used, hours * 3600)

    def test_what_is_due_is_used_up(self):
        """Both ways of counting agree, whatever the pauses."""
        for what, start, hours, pauses, due in DUE:
            if not due:
                continue
            with self.subTest(what):
                used = get_used(self.working_time, _at(start), _at(due), _periods(pauses))
                self.assertEqual(used, hours * 3600)

    def test_around_the_clock(self):
        always = WorkingTime()
        start = _at("03-27 23:00")
        self.assertEqual(get_due(always, start, 72 * 3600), start + timedelta(hours=72))
        pauses = [(_at("03-28 00:00"), _at("03-28 12:00"))]
        self.assertEqual(get_due(always, start, 2 * 3600, pauses), _at("03-28 13:00"))
        self.assertEqual(get_used(always, start, _at("03-28 13:00"), pauses), 2 * 3600)

    def test_a_day_until_midnight_has_no_gap(self):
        """A shift to 24:00 and one from 0:00 are one stretch, to the second."""
        nights = self.env["resource.calendar"].create(
            {
                "name": "Always, on paper",
                "tz": "UTC",
                "company_id": False,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": str(day),
                                "dayofweek": str(day),
                                "hour_from": 0,
                                "hour_to": 24,
                                "day_period": "morning",
                            }
                        )
                        for day in range(7)
                    ),
                ],
            }
        )
        start = _at("03-02 10:00")
        due = get_due(WorkingTime(nights), start, 100 * 3600)
        self.assertEqual(due, start + timedelta(hours=100))

    def test_a_calendar_without_work_is_never_due(self):
        empty = self.env["resource.calendar"].create(
            {"name": "Closed", "company_id": False, "attendance_ids": [Command.clear()]}
        )
        self.assertIsNone(get_due(WorkingTime(empty), _at("03-02 08:00"), 3600))

    def test_years_of_work(self):
        """Long limits are found, and few stretches are read."""
        due = get_due(self.working_time, _at("03-02 07:00"), 2000 * 3600)
        self.assertEqual(get_used(self.working_time, _at("03-02 07:00"), due), 2000 * 3600)
