from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import SQL

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestEstimate(RepairCommon):
    """The customer is told a price, and nothing starts against his will."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Else an administrator is asked for the layout first.
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")

    @freeze_time("2025-06-03 09:00:00")
    def test_told(self):
        order = self._make_order(charges=[self.travel])
        action = order.action_tell_estimate()
        self.assertEqual(action["report_name"], "aftersales_repair.report_repair_estimate")
        self.assertRecordValues(
            order,
            [
                {
                    "estimate_amount": 50,
                    "estimate_date": Datetime.to_datetime("2025-06-03 09:00:00"),
                    "estimate_answer": False,
                }
            ],
        )

    def test_answer_needs_an_estimate(self):
        order = self._make_order()
        for answer in (order.action_accept_estimate, order.action_refuse_estimate):
            with self.assertRaisesRegex(UserError, order.name):
                answer()

    def test_refused_work_does_not_start(self):
        order = self._make_order(charges=[self.travel])
        order.action_tell_estimate()
        order.action_refuse_estimate()
        self.assertEqual(order.progress, "refused")
        with self.assertRaisesRegex(UserError, order.name), self.env.cr.savepoint():
            order.action_repair_start()
        self.assertEqual(order.state, "draft")

    def test_new_estimate_opens_the_question_again(self):
        order = self._make_order(charges=[self.travel])
        order.action_tell_estimate()
        order.action_refuse_estimate()
        self._part_charge(order, self.travel).price_unit = 30
        order.action_tell_estimate()
        self.assertRecordValues(
            order,
            [{"estimate_amount": 30, "estimate_answer": False, "estimate_answer_date": False}],
        )
        order.action_accept_estimate()
        order.action_repair_start()
        self.assertEqual(order.state, "under_repair")

    def test_several_told_at_once(self):
        orders = self._make_order(charges=[self.travel]) | self._make_order(unit_id=self.unit.id)
        orders.action_tell_estimate()
        self.assertEqual(orders.mapped("estimate_amount"), [50, orders[1].customer_amount])

    def test_finished_work_has_no_estimate(self):
        order = self._do(self._make_order())
        with self.assertRaisesRegex(UserError, order.name):
            order.action_tell_estimate()

    def _print(self, order):
        html, __ = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_repair.action_report_repair_estimate", order.ids
        )
        return html.decode()

    def test_paper(self):
        order = self._make_order(charges=[self.travel])
        html = self._print(order)
        for text in ("Estimate", order.name, "Compressor", "Travel Fee", "RP1", "Kitano"):
            with self.subTest(text=text):
                self.assertIn(text, html)
        self._do(order)
        self.assertIn("Repair Report", self._print(order))

    def test_each_paper_has_its_notice(self):
        self.company.sudo().write(
            {
                "aftersales_estimate_notice": "<p>Hidden damage is offered anew.</p>",
                "aftersales_report_notice": "<p>Let it stand for a day.</p>",
            }
        )
        order = self._make_order(charges=[self.travel])
        html = self._print(order)
        self.assertIn("Hidden damage", html)
        self.assertNotIn("Let it stand", html)
        self._do(order)
        html = self._print(order)
        self.assertIn("Let it stand", html)
        self.assertNotIn("Hidden damage", html)

    def test_paper_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.travel.with_context(lang="fr_FR").name = "Frais de déplacement"
        self.customer.lang = "fr_FR"
        order = self._make_order(charges=[self.travel])
        html = self._print(order.with_context(lang="en_US"))
        self.assertIn("01/06/2025", html)

    def test_cancelled_charge_is_not_printed(self):
        order = self._make_order(charges=[self.travel])
        self._part_charge(order, self.travel).action_cancel()
        self.assertNotIn("Travel Fee", self._print(order))

    def test_estimates_of_an_earlier_version(self):
        """What was told and accepted before there were currency and consent still holds."""
        order = self._make_order(charges=[self.travel])
        order.action_tell_estimate()
        order.action_accept_estimate()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE repair_order SET estimate_currency_id = NULL, "
                "estimate_agreed_amount = NULL WHERE id = %s",
                order.id,
            )
        )
        for column in ("estimate_currency_id", "estimate_agreed_amount"):
            self.env["repair.order"]._init_column(column)
        self.env.invalidate_all()
        self.assertEqual(order.estimate_currency_id, self.company.currency_id)
        self.assertEqual(order.estimate_agreed_amount, 50)
        self.assertEqual(order.progress, "agreed")
