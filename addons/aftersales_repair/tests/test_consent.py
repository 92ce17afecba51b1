from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from ..models.repair_order_estimate import ESTIMATE_FACTS
from .common import RepairCommon


class ConsentCase(RepairCommon):
    """An order whose trip, 50, the customer pays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")
        cls.order = cls._make_order(charges=[cls.travel])
        cls.fee = cls.env["product.product"].create(
            {
                "name": "Diagnosis",
                "type": "service",
                "list_price": 20,
                "aftersales_charge_kind": "fee",
                "taxes_id": [],
            }
        )

    def _agree(self, order=None):
        order = order or self.order
        order.action_tell_estimate()
        order.action_accept_estimate()

    def _grow(self, amount=80, order=None):
        self._part_charge(order or self.order, self.travel).price_unit = amount

    def _fees(self, order=None):
        return (order or self.order).charge_ids.filtered("is_diagnosis_fee")


@tagged("post_install", "-at_install")
class TestConsent(ConsentCase):
    """Nobody works above the limit against the will of who pays."""

    def test_without_a_limit_work_starts_as_ever(self):
        self.order.action_repair_start()
        self.assertEqual(self.order.state, "under_repair")

    def test_above_the_limit_work_waits(self):
        self.company.aftersales_consent_limit = 40
        for start in (
            self.order.action_repair_start,
            lambda: self.order.write({"state": "under_repair"}),
            self.order.with_user(self.technician).action_repair_start,
        ):
            with self.assertRaisesRegex(UserError, f"{self.order.name}.*did not agree"):
                start()
        self.order.action_tell_estimate()
        with self.assertRaisesRegex(UserError, self.order.name):
            self.order.action_repair_start()
        self.order.action_accept_estimate()
        self.order.action_repair_start()
        self.assertEqual(self.order.state, "under_repair")

    def test_up_to_the_limit_work_starts(self):
        self.company.aftersales_consent_limit = 50
        self.order.action_repair_start()
        self.assertEqual(self.order.state, "under_repair")

    def test_limit_is_in_the_companys_currency(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XQT",
                "symbol": "x",
                "rate_ids": [Command.create({"name": "2025-01-01", "rate": 10})],
            }
        )
        self._part_charge(self.order, self.travel).currency_id = currency
        self._grow(500)
        self.order.charge_ids.currency_id = currency
        self.company.aftersales_consent_limit = 49
        with self.assertRaises(UserError):
            self.order.action_repair_start()
        self.company.aftersales_consent_limit = 51
        self.order.action_repair_start()
        self.assertEqual(self.order.state, "under_repair")

    def test_each_of_several_orders(self):
        self.company.aftersales_consent_limit = 40
        cheap = self._make_order()
        self.env["repair.order"].action_repair_start()
        with self.assertRaisesRegex(UserError, self.order.name):
            (cheap | self.order).action_repair_start()
        self._agree()
        (cheap | self.order).action_repair_start()
        self.assertEqual(set((cheap | self.order).mapped("state")), {"under_repair"})

    def test_more_than_agreed_needs_a_new_consent(self):
        self.company.aftersales_consent_limit = 40
        self._agree()
        self._grow()
        self.assertEqual(self.order.progress, "consent")
        with self.assertRaisesRegex(UserError, "agreed to .*50.* and would pay .*80"):
            self.order.action_repair_start()
        self._agree()
        self.assertEqual((self.order.progress, self.order.estimate_agreed_amount), ("agreed", 80))
        self.order.action_repair_start()

    def test_extra_damage_found_at_work(self):
        self.company.aftersales_consent_limit = 40
        self._agree()
        self._done_but_the_end()
        self._grow()
        self.assertEqual(self.order.progress, "consent")
        with self.assertRaisesRegex(UserError, self.order.name):
            self.order.action_repair_end()
        self.order.action_tell_estimate()
        self.assertEqual(self.order.progress, "consent")
        with self.assertRaisesRegex(UserError, self.order.name):
            self.order.action_repair_end()
        self.order.action_accept_estimate()
        self.assertEqual(self.order.progress, "in_work")
        self.order.action_repair_end()
        self.assertEqual(self.order.state, "done")

    def _done_but_the_end(self):
        self.order.action_validate()
        self.order.action_repair_start()
        self.order.move_ids.quantity = 1

    def test_extra_damage_refused_leaves_what_was_agreed(self):
        self.company.aftersales_consent_limit = 40
        self._agree()
        self._done_but_the_end()
        self._grow()
        self.order.action_tell_estimate()
        self.order.action_refuse_estimate()
        with self.assertRaisesRegex(UserError, self.order.name):
            self.order.action_repair_end()
        self._grow(50)
        self.order.action_repair_end()
        self.assertEqual(self.order.state, "done")

    def test_refusing_before_the_start_takes_the_consent_back(self):
        self._agree()
        self.order.action_refuse_estimate()
        self.assertRecordValues(
            self.order, [{"estimate_agreed_amount": 0, "estimate_agreed_date": False}]
        )

    def test_tolerance(self):
        self.company.aftersales_consent_limit = 40
        self.company.aftersales_consent_tolerance = 10
        self._agree()
        self._grow(55)
        self.assertEqual(self.order.progress, "agreed")
        self._grow(55.01)
        self.assertEqual(self.order.progress, "consent")

    def test_without_a_limit_more_than_agreed_is_only_said(self):
        self._agree()
        self._grow()
        self.assertEqual(self.order.progress, "consent")
        self.order.action_repair_start()
        self.assertEqual((self.order.state, self.order.progress), ("under_repair", "consent"))

    def test_no_limit_reads_no_charges(self):
        orders = self.order | self._make_order(charges=[self.travel])
        self.env.flush_all()
        self.env.invalidate_all()
        orders.mapped("company_id.aftersales_consent_limit")
        with self.assertQueryCount(0):
            for order in orders:
                self.assertFalse(order._consent_error_message())

    # === VALIDITY === #

    def test_expired(self):
        with freeze_time("2025-06-03 09:00:00"):
            self.order.action_tell_estimate()
        self.assertEqual(str(self.order.estimate_valid_until), "2025-07-03")
        with freeze_time("2025-07-04 09:00:00"):
            with self.assertRaisesRegex(UserError, "valid until"):
                self.order.action_accept_estimate()
            self.order.action_refuse_estimate()
        self.assertEqual(self.order.estimate_answer, "refused")

    def test_accepted_on_the_last_day(self):
        with freeze_time("2025-06-03 09:00:00"):
            self.order.action_tell_estimate()
        with freeze_time("2025-07-03 09:00:00"):
            self.order.action_accept_estimate()
        self.assertEqual(self.order.estimate_answer, "accepted")

    def test_no_end(self):
        self.company.aftersales_estimate_days = 0
        with freeze_time("2025-06-03 09:00:00"):
            self.order.action_tell_estimate()
        self.assertFalse(self.order.estimate_valid_until)
        self.order.action_accept_estimate()

    def test_changed_since(self):
        self.order.action_tell_estimate()
        self._grow()
        with self.assertRaisesRegex(UserError, f"{self.order.name} changed since"):
            self.order.action_accept_estimate()
        # A part that is covered changes nothing for the customer.
        self._grow(50)
        self.order.move_ids = [self._part(self.compressor)]
        self.order.action_accept_estimate()
        self.assertEqual(self.order.estimate_agreed_amount, 50)

    # === FACTS === #

    def test_facts(self):
        with freeze_time("2025-06-04 09:00:00"):
            self.order.action_tell_estimate()
            self.order.with_user(self.technician).action_accept_estimate()
            self.order.with_user(self.technician).action_accept_estimate()
        self.assertRecordValues(
            self.order,
            [
                {
                    "estimate_answer": "accepted",
                    "estimate_answer_channel": "agent",
                    "estimate_answer_user_id": self.technician.id,
                    "estimate_agreed_amount": 50,
                    "estimate_agreed_date": fields.Datetime.to_datetime("2025-06-04 09:00:00"),
                }
            ],
        )

    def test_nobody_writes_facts(self):
        self.order.action_tell_estimate()
        for user in (self.technician, self.agent, self.manager):
            for fname in sorted(ESTIMATE_FACTS):
                with self.subTest(user=user.login, fname=fname), self.assertRaises(UserError):
                    self.order.with_user(user).write({fname: False})

    def test_nobody_makes_an_agreed_order(self):
        order = (
            self.env["repair.order"]
            .with_user(self.agent)
            .create(
                {
                    "partner_id": self.customer.id,
                    "estimate_date": "2025-06-01",
                    "estimate_answer": "accepted",
                    "estimate_agreed_amount": 999,
                }
            )
        )
        self.assertRecordValues(
            order,
            [{"estimate_date": False, "estimate_answer": False, "estimate_agreed_amount": 0}],
        )

    def test_copy_has_no_estimate(self):
        self._agree()
        copy = self.order.copy()
        self.assertFalse(copy.estimate_date or copy.estimate_answer or copy.estimate_agreed_date)

    def test_others_answer_nothing(self):
        self.order.action_tell_estimate()
        with self.assertRaises(AccessError):
            self.order.with_user(self.other_technician).action_accept_estimate()

    def test_closed_order(self):
        self.order.action_tell_estimate()
        self._do(self.order)
        with self.assertRaisesRegex(UserError, "is closed"):
            self.order.action_accept_estimate()

    def test_reason_is_typed_by_us_or_by_him(self):
        self.order.action_tell_estimate()
        self.order.action_refuse_estimate()
        form = Form(self.order.with_user(self.technician))
        form.estimate_refusal_reason = "Buys a new one"
        form.save()
        self.assertEqual(self.order.estimate_refusal_reason, "Buys a new one")
        self.order.sudo().estimate_answer_channel = "portal"
        with self.assertRaisesRegex(UserError, "wrote himself"):
            self.order.with_user(self.technician).estimate_refusal_reason = "Other"

    # === DIAGNOSIS FEE === #

    def test_fee_is_charged_when_refused(self):
        self.company.aftersales_diagnosis_product_id = self.fee
        self.order.action_tell_estimate()
        self.assertRecordValues(self.order, [{"estimate_fee_amount": 20, "estimate_amount": 50}])
        self.assertFalse(self._fees())
        mine = self.order.with_user(self.technician)
        mine.action_refuse_estimate()
        mine.action_refuse_estimate()
        self.assertEqual(self._fees().mapped("customer_amount"), [20])
        mine.action_repair_cancel()
        self.assertEqual(self.order.progress, "unrepaired")
        self.assertEqual(self._fees().state, "confirmed")
        self.assertEqual(self.order.customer_amount, 20)
        self.order.action_settle()
        settlement = self._fees().settlement_line_ids.settlement_id
        self.assertEqual((settlement.kind, settlement.amount_total), ("customer", 20))

    def test_nobody_makes_a_fee_by_hand(self):
        """Nor by a remote call: a fee is left out of the estimate and taken back with it."""
        charge = self._part_charge(self.order, self.travel)
        for user in (self.technician, self.agent, self.manager):
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(UserError, "by hand"):
                    charge.with_user(user).is_diagnosis_fee = True
                with self.assertRaisesRegex(UserError, "by hand"):
                    self._call(user, charge, "write", {"move_id": self.order.move_ids[:1].id})
        vals = {"product_id": self.travel.id, "repair_id": self.order.id}
        made = self._call(self.manager, charge, "create", {**vals, "is_diagnosis_fee": True})
        self.assertFalse(charge.browse(made).is_diagnosis_fee)

    def test_fee_is_waived_when_accepted(self):
        self.company.aftersales_diagnosis_product_id = self.fee
        self.order.action_tell_estimate()
        self.order.action_refuse_estimate()
        self.order.action_accept_estimate()
        self.assertEqual(self._fees().mapped("state"), ["cancelled"])
        self.assertEqual((self.order.customer_amount, self.order.progress), (50, "agreed"))

    def test_waived_fee_does_not_come_back_with_the_order(self):
        self.company.aftersales_diagnosis_product_id = self.fee
        self.order.action_tell_estimate()
        self.order.action_refuse_estimate()
        self.order.action_accept_estimate()
        self.order.action_repair_cancel()
        self.order.action_repair_cancel_draft()
        self.assertEqual((self._fees().state, self.order.customer_amount), ("cancelled", 50))

    def test_fee_is_not_part_of_the_next_estimate(self):
        self.company.aftersales_diagnosis_product_id = self.fee
        self.order.action_tell_estimate()
        self.order.action_refuse_estimate()
        self.order.action_tell_estimate()
        self.assertEqual(self.order.estimate_amount, 50)

    def test_fee_that_was_not_told_is_not_charged(self):
        self.order.action_tell_estimate()
        self.company.aftersales_diagnosis_product_id = self.fee
        self.order.action_refuse_estimate()
        self.assertFalse(self._fees())

    def test_dropped_order_is_not_settled(self):
        self.order.action_repair_cancel()
        self.assertEqual(self.order.progress, "cancelled")
        with self.assertRaisesRegex(UserError, "is not done yet"):
            self.order.action_settle()

    def test_settings(self):
        vals = {
            "aftersales_consent_limit": 100,
            "aftersales_consent_tolerance": 5,
            "aftersales_estimate_days": 14,
            "aftersales_diagnosis_product_id": self.fee.id,
        }
        self.env["res.config.settings"].create(vals)
        self.assertRecordValues(self.company, [vals])

    def test_limit_below_zero(self):
        for fname in (
            "aftersales_consent_limit",
            "aftersales_consent_tolerance",
            "aftersales_estimate_days",
        ):
            with (
                self.subTest(fname=fname),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
            ):
                self.company[fname] = -1
                self.company.flush_recordset()


@tagged("post_install", "-at_install")
class TestEstimateMail(ConsentCase, MockEmail):
    """The customer gets the estimate with a link."""

    def test_sent(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("aftersales_repair.mail_template_estimate")
        template.with_context(lang="fr_FR").subject = "Notre devis {{ object.name }}"
        self.customer.write({"lang": "fr_FR", "email": "kitano@example.com"})
        with self.mock_mail_gateway():
            self.order.with_user(self.technician).action_send_estimate()
        [mail] = self._new_mails.filtered(lambda mail: mail.recipient_ids == self.customer)
        self.assertEqual(mail.subject, f"Notre devis {self.order.name}")
        self.assertIn(
            f"/my/work-orders/{self.order.id}?access_token={self.order.access_token}",
            mail.body_html,
        )
        self.assertEqual(self.order.progress, "estimated")
        self.assertIn("sent to kitano@example.com", self.order.message_ids[0].body)

    def test_no_address(self):
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "no mail address"):
            self.order.action_send_estimate()
        self.assertFalse(self.order.estimate_date)
