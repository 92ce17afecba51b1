from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import AftersalesCommon

NOW = datetime(2026, 3, 2, 9, 0)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestRequestOutcome(AftersalesCommon):
    """Solved on the phone, the call to check back, and how requests came out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.request = cls._make_request(partner_id=cls.customer.id, symptom_id=cls.symptom.id)
        cls.check_back = cls.env.ref("aftersales_base.mail_activity_type_check_back")

    def _dialog(self, request=None, user=None):
        wizard = self.env["aftersales.request.solve"].with_user(user or self.agent)
        return Form(wizard.with_context(default_request_id=(request or self.request).id))

    def _solve(self, request=None, user=None, **values):
        form = self._dialog(request, user)
        form.remedy_id = self.remedy
        for fname, value in values.items():
            form[fname] = value
        return form.save().action_solve()

    # === THE DIALOG === #

    def test_solved_on_the_phone(self):
        with self._dialog() as form:
            self.assertEqual(form.symptom_id, self.symptom)
            self.assertEqual(form.resolution, "phone")
            self.assertEqual(form.check_back_minutes, 30)
            self.assertTrue(form.check_back)
            form.cause_id = self.cause_misuse
            form.remedy_id = self.remedy
            form.note = "Switched off for ten minutes"
        form.record.action_solve()
        self.assertRecordValues(
            self.request,
            [
                {
                    "state": "done",
                    "resolution": "phone",
                    "cause_id": self.cause_misuse.id,
                    "remedy_id": self.remedy.id,
                    "resolution_note": "Switched off for ten minutes",
                    "user_id": self.agent.id,
                    "date_closed": NOW,
                }
            ],
        )
        notes = self.request.message_ids.filtered(lambda message: message.subtype_id.internal)
        self.assertIn("Switched off for ten minutes", "".join(notes.mapped("body")))

    def test_remedy_is_asked_for(self):
        wizard = self.env["aftersales.request.solve"].with_user(self.agent)
        with self.assertRaises(ValidationError) as caught:
            wizard.create({"request_id": self.request.id}).action_solve()
        self.assertIn(self.request.name, str(caught.exception))
        wizard.create({"request_id": self.request.id, "resolution": "none"}).action_solve()
        self.assertEqual((self.request.state, self.request.resolution), ("done", "none"))
        self.assertFalse(self.request.activity_ids)

    def test_solved_by_a_colleague_meanwhile(self):
        mine = self._dialog()
        mine.remedy_id = self.remedy
        self._solve(note="His way")
        with self.assertRaisesRegex(UserError, "is solved already"):
            mine.save().action_solve()
        self.assertEqual(self.request.resolution_note, "His way")
        self.assertEqual(len(self.request.activity_ids), 1)

    def test_who_has_it_keeps_it(self):
        self.request.user_id = self.technician
        self._solve()
        self.assertEqual(self.request.user_id, self.technician)

    def test_door_stays_the_door(self):
        mine = self._make_request(user_id=self.technician.id)
        with self.assertRaises(UserError) as caught:
            self._solve(mine, self.technician)
        self.assertIn(mine.name, str(caught.exception))
        mine.with_user(self.technician).action_start()
        self._solve(mine, self.technician)
        self.assertEqual(mine.state, "done")
        with self.assertRaises(UserError):
            self.request.action_cancel()
            self._solve()

    def test_requests_of_others(self):
        for user in (self.other_agent, self.technician):
            wizard = self.env["aftersales.request.solve"].with_user(user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                dialog = wizard.create(
                    {
                        "request_id": self.request.id,
                        "remedy_id": self.remedy.id,
                        "symptom_id": self.symptom.id,
                        "cause_id": self.cause_wear.id,
                        "check_back": False,
                        "check_back_minutes": 5,
                    }
                )
                dialog.action_solve()
        for user in (self.portal, self.settler, self.salesman):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["aftersales.request.solve"].with_user(user).create(
                    {"request_id": self.request.id}
                )
        self.assertEqual(self.request.state, "new")

    def test_dialog_tells_nothing_about_requests_of_others(self):
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.env["aftersales.request.solve"].with_user(self.other_agent).create(
                {"request_id": self.request.id}
            )
            self.env.flush_all()

    # === CHECK BACK === #

    def test_agent_is_to_check_back(self):
        self.agent.tz = "Asia/Shanghai"
        self._solve()
        self.assertRecordValues(
            self.request.activity_ids,
            [
                {
                    "activity_type_id": self.check_back.id,
                    "user_id": self.agent.id,
                    "date_deadline": date(2026, 3, 2),
                    "summary": "Check back at 17:30",
                }
            ],
        )
        event = self.request.activity_ids.calendar_event_id
        self.assertRecordValues(
            event,
            [
                {
                    "start": NOW + timedelta(minutes=30),
                    "user_id": self.agent.id,
                    "partner_ids": self.agent.partner_id.ids,
                    "location": "+86 138 0000 0001",
                    "privacy": "private",
                }
            ],
        )
        self.assertEqual(event.alarm_ids.alarm_type, "notification")
        self.assertIn(self.request.name, event.with_user(self.agent).name)

    def test_one_call_from_the_button_of_the_form(self):
        """The web client says what its screen is about; the calendar would make a to-do of it."""
        wizard = self.env["aftersales.request.solve"].with_user(self.agent)
        dialog = wizard.create({"request_id": self.request.id, "remedy_id": self.remedy.id})
        dialog.with_context(
            active_model="aftersales.request",
            active_id=self.request.id,
            active_ids=self.request.ids,
            default_request_id=self.request.id,
        ).action_solve()
        self.assertEqual(len(self.request.activity_ids), 1)

    def test_shortly_before_midnight(self):
        self.agent.tz = "UTC"
        with freeze_time("2026-03-02 23:45:00"):
            self._solve()
        self.assertEqual(self.request.activity_ids.date_deadline, date(2026, 3, 3))

    def test_company_and_agent_choose_the_minutes(self):
        self.company.aftersales_check_back_minutes = 120
        self._solve()
        self.assertEqual(
            self.request.activity_ids.calendar_event_id.start, NOW + timedelta(hours=2)
        )
        other = self._make_request()
        self._solve(other, check_back_minutes=10)
        self.assertEqual(other.activity_ids.calendar_event_id.start, NOW + timedelta(minutes=10))

    def test_nobody_checks_back(self):
        self.company.aftersales_check_back_minutes = 0
        self._solve()
        self.assertFalse(self.request.activity_ids)
        other = self._make_request()
        self.company.aftersales_check_back_minutes = 30
        self._solve(other, check_back=False)
        self.assertFalse(other.activity_ids)
        advised = self._make_request()
        self._solve(advised, resolution="advice")
        self.assertFalse(advised.activity_ids)

    def test_moving_the_call(self):
        self._solve()
        activity = self.request.with_user(self.agent).activity_ids
        activity.calendar_event_id.start = NOW + timedelta(days=1)
        self.assertEqual(activity.date_deadline, date(2026, 3, 3))
        activity.date_deadline = date(2026, 3, 5)
        self.assertEqual(activity.calendar_event_id.start, NOW + timedelta(days=3))

    def test_check_back_is_done(self):
        self._solve()
        event = self.request.activity_ids.calendar_event_id
        self.request.with_user(self.agent).activity_ids.action_feedback("It runs")
        self.assertFalse(self.request.activity_ids)
        self.assertTrue(event.exists())
        self.assertIn("It runs", "".join(self.request.message_ids.mapped("body")))

    def test_it_did_not_help(self):
        self._solve()
        event = self.request.activity_ids.calendar_event_id
        self.request.activity_schedule("mail.mail_activity_data_todo", user_id=self.agent.id)
        self.request.with_user(self.agent).action_reopen()
        self.assertFalse(event.exists())
        self.assertEqual(len(self.request.activity_ids), 1, "other to-dos stay")
        self.assertFalse(self.request.resolution)

    def test_manager_reopens_what_an_agent_solved(self):
        self._solve()
        self.request.with_user(self.manager).action_reopen()
        self.assertFalse(self.request.activity_ids)

    def test_nobody_is_mailed_about_his_own_call(self):
        mails = self.env["mail.mail"].sudo().search_count([])
        self._solve()
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), mails)

    def test_minutes_are_not_negative(self):
        self.assertFalse(
            self._passes_database(
                self.env["aftersales.request.solve"].with_user(self.agent),
                {"request_id": self.request.id, "check_back_minutes": -1},
            )
        )

    def test_solving_many_costs_no_more_a_piece(self):
        def count(requests):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests._schedule_check_back(30)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        requests = self.env["aftersales.request"].concat(*(self._make_request() for __ in range(6)))
        count(requests[0])
        one = count(requests[1])
        self.assertLessEqual(count(requests[2:]), 4 * one)

    # === OUTCOME === #

    def test_outcome_can_be_corrected(self):
        self.request.action_done()
        self.assertFalse(self.request.resolution)
        self.request.with_user(self.agent).resolution = "none"
        self.assertEqual(self.request.solving_rate, 0)

    def test_solving_rate(self):
        outcomes = ("phone", "visit", "none", False)
        for outcome in outcomes:
            self._make_request(resolution=outcome).action_done()
        self._make_request().action_cancel()
        self._make_request()
        Request = self.env["aftersales.request"]
        mine = [("company_id", "=", self.company.id)]
        ((rate,),) = Request._read_group(mine, [], ["solving_rate:avg"])
        self.assertEqual(rate, 75)
        rates = dict(Request._read_group(mine, ["resolution"], ["solving_rate:avg"]))
        self.assertEqual((rates["phone"], rates["none"]), (100, 0))
        rates = dict(Request._read_group(mine, ["state"], ["solving_rate:avg"]))
        self.assertFalse(rates["new"])
        shown = Request.formatted_read_group(mine, ["resolution"], ["solving_rate:avg"])
        self.assertEqual(len(shown), 4)
