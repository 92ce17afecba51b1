from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import AftersalesCommon
from .nightly import NightlyMixin


@tagged("post_install", "-at_install")
@freeze_time("2030-01-15 02:00:00")
class TestNightlyJobs(NightlyMixin, AftersalesCommon):
    """Expiry is a comparison of days: no job writes a row to say that it is over."""

    def test_no_job_touches_what_is_over(self):
        self.company.sudo().aftersales_reminder_days = 30
        self.customer.user_id = self.salesman
        expired = self.env["aftersales.unit"].union(
            *(self._make_unit(f"OVER-{number}") for number in range(5))
        )
        closed = self._make_unit("CLOSED-1")
        closed._close("returned", date(2025, 3, 1))
        void = self._make_unit("VOID-1")
        void.warranty_ids._void("Opened")
        self.assertEqual(set(expired.mapped("warranty_status")), {"expired"})
        self.assertJobsLeaveAlone(expired | closed | void)

    def test_what_ends_on_the_day_of_the_job_is_over_by_itself(self):
        """The night before and the night after differ in the answer, not in the rows."""
        unit = self._make_unit("LAST-DAY", date_start=date(2027, 1, 16))
        self.assertIn(unit.warranty_status, ("ending", "running"))
        with freeze_time("2030-01-16 02:00:00"):
            self.assertJobsLeaveAlone(unit)
            unit.invalidate_recordset()
            self.assertEqual(unit.warranty_status, "expired")
