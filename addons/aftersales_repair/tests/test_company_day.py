from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RepairCommon

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)
EAST, WEST = "Asia/Shanghai", "America/New_York"


# One in the morning of the 1st of February in Shanghai, noon of the 31st of January in New York.
@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 17:00:00")
class TestCompanyDay(RepairCommon):
    """Work is received, done and waits to be picked up by the days of the company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Else an administrator is asked for the layout first.
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")

    def _each_way(self):
        """Yield the day where the company is, while it is the other one for everybody in it."""
        users = self.agent | self.technician | self.manager | self.env.user
        for company_zone, user_zone, day in ((EAST, WEST, FEBRUARY), (WEST, EAST, JANUARY)):
            self.company.partner_id.tz = company_zone
            users.sudo().tz = user_zone
            with self.subTest(company=company_zone, user=user_zone):
                yield day

    def test_received_done_and_installed(self):
        self.type_onsite.is_installation = True
        for day in self._each_way():
            self.unit.date_installed = False
            order = self._make_order(parts=[], service_type_id=self.type_onsite.id)
            self._do(order.with_user(self.technician))
            self.assertEqual((order.date_received, order.date_done), (day, day))
            self.assertEqual(self.unit.date_installed, day)

    def test_estimate_of_the_last_day(self):
        """Told for a day: on the last one the customer may still say yes."""
        self.company.aftersales_estimate_days = 1
        for day in self._each_way():
            order = self._make_order(charges=[self.travel])
            order.with_user(self.agent).action_tell_estimate()
            self.assertEqual(order.estimate_valid_until, date(2026, 2, day.day % 31 + 1))
            order.sudo().estimate_valid_until = JANUARY
            mine = order.with_user(self.agent)
            if day == JANUARY:
                mine.action_accept_estimate()
                self.assertEqual(order.estimate_answer, "accepted")
            else:
                with self.assertRaises(UserError):
                    mine.action_accept_estimate()

    def test_waits_to_be_picked_up(self):
        self.company.aftersales_pickup_days = 7
        order = self._make_order(parts=[])
        self._do(order)
        order.sudo().date_done = date(2026, 1, 25)
        for day in self._each_way():
            order.invalidate_recordset()
            due = day == FEBRUARY
            mine = order.with_user(self.technician)
            self.assertEqual(mine.pickup_days, 7 if due else 6)
            domain = order._get_pickup_reminder_domain(self.company)
            self.assertEqual(bool(order.filtered_domain(domain)), due)
        order._remind_of_pickup()
        self.assertEqual(order.pickup_reminded_on, JANUARY)

    def test_refused_work_waits_from_the_day_of_the_answer(self):
        """Answered at ten in the evening of the 24th in New York: seven days later it is asked."""
        self.company.aftersales_pickup_days = 7
        self.company.partner_id.tz = WEST
        with freeze_time("2026-01-25 03:00:00"):
            order = self._make_order(parts=[], charges=[self.travel])
            order.action_tell_estimate()
            order.action_refuse_estimate()
            order.action_repair_cancel()
        domain = order._get_pickup_reminder_domain(self.company)
        self.assertEqual(order.search(domain) & order, order)
        with freeze_time("2026-01-30 17:00:00"):
            domain = order._get_pickup_reminder_domain(self.company)
            self.assertFalse(order.search(domain) & order)

    def test_appointment_by_the_clock_of_the_company(self):
        appointment = self.env["aftersales.appointment"].create(
            {
                "unit_id": self.unit.id,
                "date_from": "2026-02-02 02:00:00",
                "subject": "Drips",
                "team_id": self.team_a.id,
            }
        )
        for day in self._each_way():
            local = appointment.with_user(self.agent)._get_local_time()
            self.assertEqual(local.hour, 10 if day == FEBRUARY else 21)
            moment = appointment._get_moment(self.company, local.date(), local.time())
            self.assertEqual(moment, appointment.date_from)
