from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .test_visit import NINE, VisitCommon


class VisitCustomerCommon(VisitCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._make_visit()
        cls.visit.sudo().partner_id.email = "lin@example.com"

    def _mails(self):
        """Return the mails about the visit to the customer, not those to the technician."""
        mails = self.env["mail.mail"].sudo()
        return mails.search(
            [
                ("model", "=", "aftersales.visit"),
                ("res_id", "=", self.visit.id),
                ("recipient_ids", "in", self.visit.sudo().partner_id.ids),
            ]
        )


@tagged("post_install", "-at_install")
@freeze_time(NINE - timedelta(hours=3))
class TestVisitCustomer(VisitCustomerCommon):
    """The customer knows when we come, and when it gets later."""

    def test_customer_is_told_the_plan(self):
        self.assertFalse(self.visit.customer_told)
        self.visit.with_user(self.agent).action_tell_customer()
        self.assertTrue(self.visit.customer_told)
        self.assertEqual(self.visit.told_arrival, self.visit.planned_from)
        mail = self._mails()
        self.assertEqual(mail.recipient_ids, self.visit.sudo().partner_id)
        self.assertIn(self.visit._format_arrival(), mail.body_html)
        self.assertNotIn("sorry", mail.body_html)

    def test_template_is_shown_for_a_visit_nobody_was_told_of(self):
        template = self.env.ref("aftersales_repair.mail_template_visit_customer").sudo()
        subject = template._render_field("subject", self.visit.ids)[self.visit.id]
        self.assertEqual(subject.strip(), "We come on")

    def test_moved_visit_is_told_anew(self):
        self.visit.action_tell_customer()
        self.visit.planned_from += timedelta(hours=1)
        self.assertFalse(self.visit.customer_told)
        self.assertEqual(
            self.env["aftersales.visit"].search(
                [("state", "=", "planned"), ("customer_told", "=", False)]
            ),
            self.visit,
        )

    def test_it_gets_later(self):
        mine = self.visit.with_user(self.technician)
        with freeze_time(NINE + timedelta(minutes=10)):
            mine._run_late(30)
        self.assertEqual(self.visit.told_arrival, NINE + timedelta(minutes=40))
        self.assertEqual(self.visit.planned_from, NINE)
        self.assertIn("sorry", self._mails().body_html)

    def test_before_the_time_it_counts_from_the_plan(self):
        self.visit.with_user(self.technician)._run_late(15)
        self.assertEqual(self.visit.told_arrival, NINE + timedelta(minutes=15))

    def test_what_cannot_be_told(self):
        for minutes in (0, -5, 481):
            with self.subTest(minutes), self.assertRaisesRegex(UserError, "how many minutes"):
                self.visit._run_late(minutes)
        self.visit.sudo().partner_id.email = False
        with self.assertRaisesRegex(UserError, "no mail address"):
            self.visit.action_tell_customer()
        self.visit.sudo().partner_id.email = "lin@example.com"
        self.visit.action_cancel()
        with self.assertRaisesRegex(UserError, "nothing to announce"):
            self.visit.action_tell_customer()
        self.assertFalse(self._mails())

    def test_who_may_not(self):
        with self.assertRaises(AccessError):
            self.visit.with_user(self.other_technician).action_tell_customer()
        with self.assertRaises(UserError):
            self.visit.with_user(self.technician).write({"told_arrival": NINE})


@tagged("post_install", "-at_install")
class TestRunningLate(VisitCustomerCommon, HttpCase):
    def test_on_the_phone(self):
        self.technician.password = self.technician.login
        self.visit.planned_from = datetime.now().replace(microsecond=0)
        self.authenticate(self.technician.login, self.technician.login)
        url = f"/my-visits/{self.visit.id}"
        self.assertIn("It gets later", self.url_open(url).text)
        self.url_open(f"{url}/late", data={"minutes": "60", "csrf_token": Request.csrf_token(self)})
        self.env.invalidate_all()
        later = self.visit.told_arrival - self.visit.planned_from
        self.assertLessEqual(timedelta(minutes=59), later)
        self.assertIn("The customer was told", self.url_open(url).text)
