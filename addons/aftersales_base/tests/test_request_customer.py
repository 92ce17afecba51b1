from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools.date_utils import add, subtract

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRequestCustomer(AftersalesCommon):
    """What the desk sees of a customer at once, and what he wishes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.request = cls._make_request(partner_id=cls.customer_contact.id)
        cls.today = fields.Date.today()

    def _invoice(self, amount, days=-10, partner=None, post=True, move_type="out_invoice", **kw):
        due = add(self.today, days=days) if days > 0 else subtract(self.today, days=-days)
        move = self.init_invoice(
            move_type, partner=partner or self.customer, amounts=[amount], taxes=[], **kw
        )
        move.write(
            {
                "invoice_date": subtract(self.today, days=60),
                "invoice_payment_term_id": False,
                "invoice_date_due": due,
            }
        )
        if post:
            move.action_post()
        return move

    def _facts(self, request=None, user=None):
        self.env.invalidate_all()
        seen = (request or self.request).with_user(user or self.agent)
        return (seen.unpaid_count, seen.unpaid_amount, seen.overdue_amount)

    # === MONEY === #

    def test_no_form_asks_for_another_company(self):
        self._invoice(100)
        Request = self.env["aftersales.request"].with_user(self.agent)
        form = Request.new({"partner_id": self.customer.id, "company_id": self.company.id})
        self.assertEqual(form.unpaid_count, 1)
        stranger = self.env["aftersales.request"].with_user(
            self._new_user(
                "stranger",
                "aftersales_base.group_aftersales_agent",
                company_id=self.other_company.id,
            )
        )
        forged = stranger.new({"partner_id": self.customer.id, "company_id": self.company.id})
        self.assertEqual((forged.unpaid_count, forged.unpaid_amount), (0, 0))

    def test_what_he_owes(self):
        self.assertEqual(self._facts(), (0, 0, 0))
        self._invoice(100)
        self._invoice(40, days=20)
        self._invoice(1000, post=False)
        self._invoice(500, partner=self.other_customer)
        self.assertEqual(self._facts(), (2, 140, 100))
        self._invoice(30, move_type="out_refund")
        self.assertEqual(self._facts(), (3, 110, 70))

    def test_what_is_paid_is_not_owed(self):
        invoice = self._invoice(100)
        self._pay(invoice, 60)
        self.assertEqual(self._facts(), (1, 40, 40))
        self._pay(invoice, 40)
        self.assertEqual(self._facts(), (0, 0, 0))

    def test_foreign_invoices_count_in_our_currency(self):
        foreign = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        self._invoice(100, currency=foreign)
        count, amount, overdue = self._facts()
        self.assertEqual((count, amount, overdue), (1, 50, 50))

    def test_agent_learns_the_sum_and_no_entry(self):
        invoice = self._invoice(100)
        self.assertEqual(self._facts(user=self.agent)[1], 100)
        self.assertFalse(invoice.with_user(self.agent).has_access("read"))
        action = self.request.with_user(self.settler).action_view_unpaid()
        Move = self.env["account.move"]
        self.assertEqual(Move.with_user(self.settler).search(action["domain"]), invoice)
        with self.assertRaises(AccessError):
            Move.with_user(self.agent).search(action["domain"])

    def test_technicians_and_customers_are_not_told(self):
        self.request.user_id = self.technician
        self._invoice(100)
        for user in (self.technician, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.request.with_user(user).read(["unpaid_amount"])

    def test_another_company_is_owed_its_own(self):
        self._invoice(100)
        other = self._make_request(
            partner_id=self.customer.id, company_id=self.other_company.id, team_id=False
        )
        self.env.invalidate_all()
        self.assertEqual((self.request | other).mapped("unpaid_amount"), [100, 0])

    # === REQUESTS === #

    def test_what_he_asked_for_before(self):
        self._make_request(partner_id=self.customer.id)
        self._make_request(partner_id=self.customer.id).action_done()
        self._make_request(partner_id=self.customer.id).action_done()
        self._make_request(partner_id=self.customer.id).action_cancel()
        self._make_request(partner_id=self.other_customer.id)
        self._make_request(partner_id=self.customer.id, team_id=self.team_b.id)
        self.env.invalidate_all()
        seen = self.request.with_user(self.agent)
        self.assertEqual((seen.customer_open_count, seen.customer_closed_count), (1, 2))
        action = seen.action_view_customer_requests()
        found = self.env["aftersales.request"].with_user(self.agent).search(action["domain"])
        self.assertEqual(len(found), 4)
        self.assertNotIn(self.request, found)

    def test_facts_are_there_while_the_customer_speaks(self):
        self._invoice(100)
        with Form(self.env["aftersales.request"].with_user(self.agent)) as form:
            self.assertEqual(form.customer_open_count, 0)
            form.partner_id = self.customer
            self.assertEqual(form.customer_open_count, 1)
            self.assertEqual(form.unpaid_amount, 100)
            form.partner_id = self.other_customer
            self.assertEqual(form.customer_open_count, 0)
            self.assertEqual(form.unpaid_amount, 0)
            form.subject = "Question"

    def test_nobody_is_known_yet(self):
        request = self._make_request()
        self.assertEqual((request.customer_open_count, request.unpaid_count), (0, 0))
        empty = self.env["aftersales.request"]
        self.assertEqual(empty.mapped("customer_open_count"), [])

    def test_queries_do_not_grow(self):
        def count(requests):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests.with_user(self.agent).mapped("unpaid_amount")
            requests.with_user(self.agent).mapped("customer_open_count")
            return self.cr.sql_log_count - before

        requests = self.request
        for number in range(8):
            partner = self.env["res.partner"].create({"name": f"Customer {number}"})
            requests |= self._make_request(partner_id=partner.id)
            self._invoice(10, partner=partner)
        count(requests[1])
        self.assertLessEqual(count(requests), count(requests[1]) + 1)

    # === WISHES === #

    def test_wish_and_notice(self):
        request = self._make_request()
        self.assertEqual(request.notice, "fault")
        with Form(request.with_user(self.agent)) as form:
            form.wish = "exchange"
            form.notice = "advance"
        Request = self.env["aftersales.request"].with_user(self.agent)
        self.assertIn(request, Request.search([("wish", "=", "exchange")]))
        self.assertIn(request, Request.search([("notice", "=", "advance")]))
        groups = dict(Request._read_group([("id", "=", request.id)], ["wish"], ["__count"]))
        self.assertEqual(groups, {"exchange": 1})
