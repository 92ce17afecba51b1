from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import Form, HttpCase, tagged
from odoo.tests.common import warmup

from .common import RepairCommon

NOW = "2025-06-02 08:00:00"  # a Monday


@tagged("post_install", "-at_install")
class TestAppointment(RepairCommon):
    """A time is booked, moved, kept, missed or cancelled, and each has its consequences."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sudo().partner_id.tz = "UTC"
        cls.customer.email = "lin@example.com"
        cls.appointments = cls.env["aftersales.appointment"].with_user(cls.agent)

    @classmethod
    def _book(cls, start="2025-06-05 09:00:00", **vals):
        if not {"unit_id", "partner_id"} & vals.keys():
            vals["unit_id"] = cls.unit.id
        return cls.appointments.create(
            {"date_from": start, "subject": "Drips", "team_id": cls.team_a.id, **vals}
        )

    def _mails(self, appointment):
        mails = self.env["mail.mail"].sudo().search([("subject", "ilike", appointment.name)])
        return mails.sorted("id").mapped("subject")

    def _cancel(self, appointment, **vals):
        wizard = Form(
            self.env["aftersales.appointment.cancel"]
            .with_user(self.agent)
            .with_context(default_appointment_id=appointment.id)
        )
        for fname, value in vals.items():
            wizard[fname] = value
        wizard.save().action_cancel()

    # === BOOKED AND KEPT === #

    @freeze_time(NOW)
    def test_book_and_arrive(self):
        form = Form(self.appointments)
        form.unit_id = self.unit
        self.assertEqual(form.partner_id, self.customer)
        self.assertEqual(form.phone, self.customer.phone)
        form.subject = "Drips"
        form.date_from = datetime(2025, 6, 5, 9)
        appointment = form.save()
        self.assertTrue(appointment.name.startswith("AP"))
        self.assertEqual(str(appointment.date_to), "2025-06-05 09:30:00")
        self.assertEqual(appointment.team_id, self.team_a)
        self.assertIn("your appointment", self._mails(appointment)[0])

        action = appointment.action_arrive()
        intake = self.env["aftersales.intake"].browse(action["res_id"])
        self.assertRecordValues(
            intake,
            [
                {
                    "partner_id": self.customer.id,
                    "phone": self.customer.phone,
                    "subject": "Drips",
                }
            ],
        )
        self.assertEqual(intake.line_ids.unit_id, self.unit)
        self.assertEqual(appointment.state, "kept")
        self.assertEqual(appointment.action_arrive()["res_id"], intake.id, "once")
        intake.with_user(self.agent).action_take_in()
        self.assertEqual(intake.line_ids.repair_id.unit_id, self.unit)

    @freeze_time(NOW)
    def test_we_come(self):
        appointment = self._book(kind="visit")
        request = self.env["aftersales.request"].browse(appointment.action_make_request()["res_id"])
        self.assertRecordValues(
            request,
            [
                {
                    "unit_id": self.unit.id,
                    "subject": "Drips",
                    "date_planned": appointment.date_from,
                }
            ],
        )
        self.assertEqual(appointment.action_make_request()["res_id"], request.id)
        appointment.action_keep()
        self.assertEqual(appointment.state, "kept")

    @freeze_time(NOW)
    def test_missed_only_when_it_is_over(self):
        appointment = self._book()
        with self.assertRaisesRegex(UserError, "still to come"):
            appointment.action_miss()
        with freeze_time("2025-06-05 10:00:00"):
            appointment.action_miss()
            self.assertEqual(appointment.state, "missed")
            appointment.action_rebook()
            appointment.date_from = "2025-06-06 09:00:00"
        self.assertEqual((appointment.state, appointment.moved_count), ("booked", 1))

    @freeze_time(NOW)
    def test_moved_is_counted_and_told(self):
        appointment = self._book()
        appointment.date_from = "2025-06-06 09:00:00"
        appointment.date_from = "2025-06-06 09:00:00"
        self.assertEqual(appointment.moved_count, 1)
        self.assertIn("new time", self._mails(appointment)[1])
        self._cancel(appointment, reason="Ill")
        with self.assertRaisesRegex(UserError, "is over"):
            appointment.date_from = "2025-06-07 09:00:00"

    # === CANCELLED === #

    @freeze_time(NOW)
    def test_cancelled_in_time_costs_nothing(self):
        appointment = self._book()
        self._cancel(appointment, reason="Works again")
        self.assertRecordValues(
            appointment,
            [
                {
                    "state": "cancelled",
                    "cancelled_by": "customer",
                    "cancelled_late": False,
                    "charge_id": False,
                }
            ],
        )
        self.assertIn("cancelled", self._mails(appointment)[1])

    @freeze_time(NOW)
    def test_cancelled_late_the_customer_bears_the_fee(self):
        fee = self._create_product(name="Broken appointment", type="service", lst_price=30)
        self.company.sudo().aftersales_late_cancel_product_id = fee
        appointment = self._book("2025-06-03 07:00:00")
        self._cancel(appointment, reason="Forgot")
        charge = appointment.charge_id
        self.assertTrue(appointment.cancelled_late)
        self.assertRecordValues(
            charge,
            [
                {
                    "state": "draft",
                    "product_id": fee.id,
                    "partner_id": self.customer.id,
                    "bearer": "customer",
                    "customer_amount": 30.0,
                }
            ],
        )
        # One hour earlier it would have been in time.
        in_time = self._book("2025-06-03 08:00:01")
        self._cancel(in_time, reason="In time")
        self.assertFalse(in_time.charge_id)

    @freeze_time(NOW)
    def test_cancelled_by_us_we_compensate(self):
        appointment = self._book("2025-06-02 12:00:00")
        self._cancel(appointment, cancelled_by="company", reason="Ill", amount=20)
        self.assertFalse(appointment.cancelled_late)
        self.assertRecordValues(
            appointment.charge_id,
            [{"kind": "compensation", "amount": -20.0, "customer_amount": -20.0}],
        )

    @freeze_time(NOW)
    def test_twice(self):
        appointment = self._book()
        self._cancel(appointment, reason="Ill")
        with self.assertRaises(UserError):
            self._cancel(appointment, reason="Ill")
        with self.assertRaises(UserError):
            appointment.action_rebook()
        appointment.with_user(self.manager).action_rebook()
        self.assertFalse(appointment.cancelled_by)

    @freeze_time(NOW)
    def test_rebooked_costs_nothing(self):
        """The fee of a cancellation that is taken back goes; billed once, it is not lost."""
        self.company.sudo().aftersales_late_cancel_product_id = self._create_product(
            name="Broken appointment", type="service", lst_price=30
        )
        appointment = self._book("2025-06-03 07:00:00")
        mine = appointment.with_user(self.manager)
        self._cancel(appointment, reason="Forgot")
        first = appointment.charge_id
        mine.action_rebook()
        self.assertEqual(first.state, "cancelled")
        self.assertFalse(appointment.charge_id or appointment.loss_amount)
        self._cancel(appointment, reason="Forgot again")
        second = appointment.charge_id
        self.assertEqual((first | second).mapped("state"), ["cancelled", "draft"])
        second.action_confirm()
        with self.assertRaisesRegex(UserError, "is confirmed"):
            mine.action_rebook()
        self.assertEqual((appointment.state, second.state), ("cancelled", "confirmed"))

    @freeze_time(NOW)
    def test_phone_of_another_customer(self):
        self.other_customer.phone = False
        form = Form(self.appointments)
        form.partner_id = self.customer
        form.partner_id = self.other_customer
        self.assertFalse(form.phone)
        form.partner_id = self.customer
        form.date_from = datetime(2025, 6, 5, 9)
        appointment = form.save()
        with Form(appointment) as again:
            again.partner_id = self.other_customer
        self.assertFalse(appointment.phone)
        intake = self.env["aftersales.intake"].browse(
            self._book(unit_id=False, partner_id=self.customer.id).action_arrive()["res_id"]
        )
        intake.partner_id = self.other_customer
        self.assertFalse(intake.phone)

    # === CAPACITY === #

    @freeze_time(NOW)
    def test_a_full_day_warns(self):
        self.team_a.appointment_capacity = 2
        first, second = self._book(), self._book("2025-06-05 10:00:00")
        self.assertFalse(first.warning or second.warning)
        third = self._book("2025-06-05 11:00:00")
        self.assertIn("2 other appointments", third.warning)
        self._cancel(first, reason="Ill")
        third.invalidate_recordset()
        self.assertFalse(third.warning)
        self.assertFalse(self._book("2025-06-06 11:00:00").warning)

    @warmup
    @freeze_time(NOW)
    def test_queries(self):
        self.team_a.appointment_capacity = 5
        ten = self.appointments.union(*(self._book() for __ in range(10)))

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(["warning", "state", "day"])
            return self.env.cr.sql_log_count - before

        count(ten[0])
        self.assertEqual(count(ten), count(ten[0]))

    # === REMINDERS === #

    def _remind(self):
        with self.enter_registry_test_mode():
            job = self.env.ref("aftersales_repair.ir_cron_remind_of_appointments").sudo()
            job.method_direct_trigger()
        self.env.invalidate_all()

    def test_reminded_once_the_day_before(self):
        with freeze_time(NOW):
            appointment = self._book()
            other = self._book("2025-06-09 09:00:00")
            self._remind()
        self.assertFalse(appointment.reminded_on)
        with freeze_time("2025-06-04 06:00:00"):
            self._remind()
            self._remind()
        self.assertEqual(str(appointment.reminded_on), "2025-06-04")
        self.assertFalse(other.reminded_on)
        subjects = self._mails(appointment)
        self.assertEqual(sum("tomorrow" in subject for subject in subjects), 1)
        with freeze_time("2025-06-04 07:00:00"):
            appointment.date_from = "2025-06-10 09:00:00"
        self.assertFalse(appointment.reminded_on)

    def test_nobody_came(self):
        """The morning after it counts as missed; where we were to come, the desk says it."""
        with freeze_time(NOW):
            brought = self._book("2025-06-05 09:00:00")
            visit = self._book("2025-06-05 09:00:00", kind="visit")
            later = self._book("2025-06-09 09:00:00")
            here = self._book("2025-06-05 09:00:00")
        with freeze_time("2025-06-05 10:00:00"):
            here.action_arrive()
        for moment, state in [("2025-06-05 15:00:00", "booked"), ("2025-06-06 20:00:00", "missed")]:
            with freeze_time(moment), self.enter_registry_test_mode():
                job = self.env.ref("aftersales_repair.ir_cron_miss_appointments").sudo()
                job.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(brought.state, state)
        self.assertEqual((visit.state, later.state, here.state), ("booked", "booked", "kept"))
        brought.with_user(self.agent).action_rebook()
        self.assertEqual(brought.state, "booked")

    def test_one_bad_appointment_keeps_no_other_from_it(self):
        with freeze_time(NOW):
            first, bad, last = (self._book() for __ in range(3))
        self._break(bad, "_send")
        with freeze_time("2025-06-04 06:00:00"):
            self._remind()
        self.assertTrue(first.reminded_on and last.reminded_on)
        self.assertFalse(bad.reminded_on)
        self.assertIn("That one not.", bad.message_ids[0].body)
        self.assertNotIn("That one", "".join((first | last).message_ids.mapped("body")))
        self.assertEqual(sum("tomorrow" in subject for subject in self._mails(first)), 1)

        self._break(bad, "action_miss")
        with freeze_time("2025-06-06 20:00:00"), self.enter_registry_test_mode():
            self.env.ref(
                "aftersales_repair.ir_cron_miss_appointments"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((first | bad | last).mapped("state"), ["missed", "booked", "missed"])
        self.assertIn("noted as missed", bad.message_ids[0].body)

    # === FORBIDDEN === #

    @freeze_time(NOW)
    def test_facts_are_not_written_by_hand(self):
        appointment = self._book()
        for vals in (
            {"state": "cancelled"},
            {"cancelled_by": "company"},
            {"loss_amount": 5},
            {"moved_count": 9},
            {"day": "2025-06-09"},
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                appointment.with_user(self.manager).write(vals)
        self.assertFalse(self._book(loss_amount=5, cancelled_by="company").loss_amount)

    @freeze_time(NOW)
    def test_roles(self):
        appointment = self._book()
        for user in (self.other_agent, self.technician, self.storekeeper, self.portal):
            with self.assertRaises(AccessError):
                appointment.with_user(user).read(["subject"])
            with self.assertRaises(AccessError):
                appointment.with_user(user).action_arrive()
        appointment.with_user(self.manager).read(["subject"])
        foreign = (
            self.env["aftersales.appointment"]
            .sudo()
            .create(
                {
                    "company_id": self.other_company.id,
                    "partner_id": self.other_customer.id,
                    "date_from": "2025-06-05 09:00:00",
                    "team_id": False,
                }
            )
        )
        with self.assertRaises(AccessError):
            foreign.with_user(self.agent).read(["subject"])


@tagged("post_install", "-at_install")
class TestAppointmentPortal(RepairCommon, HttpCase):
    """The customer books, moves and cancels, his own alone and only while there is time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sudo().partner_id.tz = "UTC"
        cls.portal.company_ids = cls.company
        cls.portal.company_id = cls.company
        cls.company.sudo().resource_calendar_id = False
        cls.company.sudo().aftersales_portal_team_id = cls.team_a
        cls.Appointment = cls.env["aftersales.appointment"].sudo()
        # The pages live by the server's clock.
        cls.soon = fields.Datetime.now().replace(hour=10, minute=0, second=0, microsecond=0)

    def _post(self, url, **form):
        self.authenticate(self.portal.login, self.portal.login)
        return self.url_open(url, data={**form, "csrf_token": Request.csrf_token(self)})

    def _form(self, days=5, **form):
        return {
            "subject": "Drips",
            "unit_id": str(self.unit.id),
            "kind": "bring",
            "day": (self.soon + timedelta(days=days)).strftime("%Y-%m-%d"),
            "hour": "10:00",
            **form,
        }

    def _own(self):
        return self.Appointment.search([("partner_id", "=", self.portal.partner_id.id)])

    def _make(self, days=5, partner=None):
        return self.Appointment.create(
            {
                "company_id": self.company.id,
                "partner_id": (partner or self.portal.partner_id).id,
                "subject": "Drips",
                "date_from": self.soon + timedelta(days=days),
                "team_id": self.team_a.id,
            }
        )

    def test_book_move_cancel(self):
        self._post("/my/appointments/book", **self._form())
        appointment = self._own()
        self.assertRecordValues(
            appointment,
            [
                {
                    "unit_id": self.unit.id,
                    "channel": "portal",
                    "team_id": self.team_a.id,
                    "date_from": self.soon + timedelta(days=5),
                    "state": "booked",
                }
            ],
        )
        page = self.url_open("/my/appointments").text
        self.assertIn("Drips", page)
        url = f"/my/appointments/{appointment.id}"
        form = self._form(days=7)
        self._post(f"{url}/move", day=form["day"], hour="11:30")
        appointment.invalidate_recordset()
        self.assertEqual(
            (appointment.date_from, appointment.moved_count),
            (self.soon + timedelta(days=7, hours=1, minutes=30), 1),
        )
        self._post(f"{url}/cancel", reason="Works again")
        appointment.invalidate_recordset()
        self.assertEqual(
            (appointment.state, appointment.cancelled_by, appointment.cancel_reason),
            ("cancelled", "customer", "Works again"),
        )
        self.assertFalse(appointment.charge_id)
        self.assertIn("nothing to change", self._post(f"{url}/move", **form).text)

    def test_what_is_not_booked(self):
        other = self._make_unit("ZHAO", partner_id=self.other_customer.id)
        self.team_a.appointment_capacity = 1
        self._make(days=9)
        for wrong in (
            {"subject": " "},
            {"subject": "x" * 121},
            {"unit_id": str(other.id)},
            {"unit_id": "nonsense"},
            {"kind": "booked"},
            {"day": "2025-13-40"},
            {"hour": ""},
            {"hour": "1000Z"},
            {"hour": "10:00:00+24:00"},
            {"day": "0001-01-01"},
            {"day": "9999-12-31"},
            self._form(days=0),
            self._form(days=200),
            self._form(days=9),
        ):
            before = len(self._own())
            page = self._post("/my/appointments/book", **{**self._form(), **wrong}).text
            self.assertIn("not booked yet", page, wrong)
            self.assertEqual(len(self._own()), before, wrong)

    def test_forged_times_do_not_move_it(self):
        appointment = self._make()
        for wrong in (
            {"hour": "1000Z"},
            {"hour": "10:00" * 1000},
            {"day": "0001-01-01"},
            {"day": "9999-12-31"},
            {"day": "2" * 5000},
            {"day": "", "hour": ""},
        ):
            page = self._post(
                f"/my/appointments/{appointment.id}/move", **{**self._form(days=7), **wrong}
            )
            self.assertEqual(page.status_code, 200, wrong)
            self.assertIn("and a time", page.text, wrong)
        appointment.invalidate_recordset()
        self.assertEqual(appointment.moved_count, 0)

    def test_the_last_place_is_given_once(self):
        """Who looks for room writes the team's row: of two at once the later begins anew."""

        def version():
            self.env.cr.execute("SELECT ctid FROM aftersales_team WHERE id = %s", [self.team_a.id])
            return self.env.cr.fetchone()

        before = version()
        self._post("/my/appointments/book", **self._form())
        self.assertEqual(version(), before, "nobody waits where days are never full")
        self.team_a.appointment_capacity = 2
        self.env.flush_all()
        before = version()
        self._post("/my/appointments/book", **self._form(days=7))
        booked = version()
        self.assertNotEqual(booked, before)
        appointment = self._own()[:1]
        self._post(f"/my/appointments/{appointment.id}/move", **self._form(days=8))
        self.assertNotEqual(version(), booked)

    def test_opening_hours_are_shown(self):
        calendar = self.env.ref("resource.resource_calendar_std").sudo().copy({"tz": "UTC"})
        calendar.attendance_ids = [
            Command.clear(),
            *(
                Command.create({"name": day, "dayofweek": day, "hour_from": start, "hour_to": end})
                for day, start, end in (
                    ("0", 8, 12),
                    ("0", 13, 17.5),
                    ("1", 8, 12),
                    ("1", 13, 17.5),
                    ("3", 8, 12),
                    ("3", 13, 17.5),
                    ("5", 9, 12),
                )
            ),
        ]
        self.authenticate(self.portal.login, self.portal.login)
        self.assertNotIn("We are open", self.url_open("/my/appointments/book").text)
        self.company.sudo().resource_calendar_id = calendar
        words = (
            "Monday–Tuesday 08:00–12:00, 13:00–17:30; Thursday 08:00–12:00, 13:00–17:30; "
            "Saturday 09:00–12:00"
        )
        self.assertIn(words, self.url_open("/my/appointments/book").text)
        appointment = self._make()
        self.assertIn(words, self.url_open(f"/my/appointments/{appointment.id}").text)
        # By the clock of the company, as the times that are booked.
        calendar.tz = "Africa/Lagos"
        words = (
            "Monday–Tuesday 07:00–11:00, 12:00–16:30; Thursday 07:00–11:00, 12:00–16:30; "
            "Saturday 08:00–11:00"
        )
        self.assertIn(words, self.url_open("/my/appointments/book").text)
        calendar.tz = "Pacific/Kiritimati"
        self.assertNotIn("We are open", self.url_open("/my/appointments/book").text)

    def test_closed(self):
        calendar = self.env.ref("resource.resource_calendar_std").sudo().copy({"tz": "UTC"})
        self.company.sudo().resource_calendar_id = calendar
        days = 5
        while (self.soon + timedelta(days=days)).weekday() != 6:
            days += 1
        page = self._post("/my/appointments/book", **self._form(days=days)).text
        self.assertIn("We are closed", page)
        self._post("/my/appointments/book", **self._form(days=days + 1))
        self.assertEqual(len(self._own()), 1)

    def test_too_late(self):
        appointment = self._make(days=0)
        appointment.date_from = fields.Datetime.now() + timedelta(hours=3)
        url = f"/my/appointments/{appointment.id}"
        for page in (
            self._post(f"{url}/cancel", reason="x"),
            self._post(f"{url}/move", **self._form()),
        ):
            self.assertIn("too late", page.text)
        appointment.invalidate_recordset()
        self.assertEqual((appointment.state, appointment.moved_count), ("booked", 1))

    def test_other_customers(self):
        foreign = self._make(partner=self.other_customer)
        url = f"/my/appointments/{foreign.id}"
        self.authenticate(self.portal.login, self.portal.login)
        self.assertNotIn(foreign.name, self.url_open(url).text)
        self._post(f"{url}/cancel", reason="x")
        self._post(f"{url}/move", **self._form())
        foreign.invalidate_recordset()
        self.assertEqual((foreign.state, foreign.moved_count), ("booked", 0))
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(url).url)
