from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_portal import PortalCase

ASKED = {"company_name": "Lin Catering Ltd.", "vat": "91310000MA1FL0X123"}


@tagged("post_install", "-at_install")
class PortalSettlementCase(PortalCase):
    """``settlement`` of the portal user's company: labour of 150, tax 15 %, invoiced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_ids = [Command.link(cls.company.id)]
        for user in (cls.portal, cls.stranger):
            user.sudo().write({"company_ids": cls.company_ids, "company_id": cls.company.id})
        cls.charge = cls._make_charge(cls.labour, request_id=cls.request.id, unit_id=cls.unit.id)
        cls.settlement = cls._make_settlement(cls.charge)
        cls.settlement.action_confirm()
        cls.url = f"/my/settlements/{cls.settlement.id}"

    @classmethod
    def _invoice(cls, settlement=None):
        settlement = settlement or cls.settlement
        settlement.action_create_invoice()
        settlement.move_id.action_post()
        return settlement.move_id

    def _ask(self, url=None, **data):
        return self._post(f"{url or self.url}/invoice-request", **{**ASKED, **data})

    def _asked(self):
        return self.env["aftersales.invoice.request"].search([])


@tagged("post_install", "-at_install")
class TestPortalSettlementAccess(PortalSettlementCase):
    """Whose settlements open, and where others are sent."""

    def test_payer_sees_his_own(self):
        self._login()
        for url in ("/my/settlements", self.url):
            self.assertIn(self.settlement.name, self._page(url))

    def test_contact_of_the_payers_company_sees_it(self):
        boss = new_test_user(self.env, "aftersales_boss", groups="base.group_portal")
        boss.partner_id.parent_id = self.customer
        boss.sudo().write({"company_ids": self.company_ids, "company_id": self.company.id})
        self._login(boss)
        self.assertIn(self.settlement.name, self._page(self.url))

    def test_other_customer_is_sent_home(self):
        self._login(self.stranger)
        for url in (self.url, f"{self.url}/statement.xlsx", f"{self.url}?report_type=html"):
            self.assertSentAway(self._get(url))
        self.assertNotIn(self.settlement.name, self._page("/my/settlements"))
        self.assertSentAway(self._ask())
        self.assertFalse(self._asked())

    def test_owner_who_does_not_pay_sees_nothing(self):
        """A dealer pays for the unit of the customer: the bill is the dealer's."""
        charge = self._make_charge(
            self.travel, request_id=self.request.id, payer_id=self.other_customer.id
        )
        settlement = self._make_settlement(charge)
        settlement.action_confirm()
        self._login()
        self.assertSentAway(self._get(f"/my/settlements/{settlement.id}"))
        self.assertNotIn(settlement.name, self._page(self.request_url))
        self._login(self.stranger)
        self.assertIn("Travel Fee", self._page(f"/my/settlements/{settlement.id}"))

    def test_drafts_and_cancelled_ones_are_not_shown(self):
        token = self.settlement._portal_ensure_token()
        for step in ("action_draft", "action_cancel"):
            getattr(self.settlement, step)()
            for address in (self.url, f"{self.url}?access_token={token}"):
                self._login()
                self.assertSentAway(self._get(address))
            self.assertNotIn(self.settlement.name, self._page("/my/settlements"))

    def test_other_company_of_ours(self):
        settlement = self.env["aftersales.settlement"].create(
            {"partner_id": self.customer.id, "company_id": self.other_company.id}
        )
        self._force_state(settlement, "confirmed")
        self._login()
        self.assertSentAway(self._get(f"/my/settlements/{settlement.id}"))
        self.assertNotIn(settlement.name, self._page("/my/settlements"))

    def test_numbers_nobody_has(self):
        self._login()
        for number in (0, 2**31 - 1, 2**31, 10**20):
            self.assertSentAway(self._get(f"/my/settlements/{number}"))
            self.assertSentAway(self._get(f"/my/settlements/{number}/statement.xlsx"))
            self.assertSentAway(self._ask(f"/my/settlements/{number}"))

    def test_stranger_needs_the_token(self):
        self.assertIn("/web/login", self._get("/my/settlements").headers["Location"])
        for token in ("", "wrong", "%C3%A9", self.request._portal_ensure_token()):
            refused = self._get(f"{self.url}?access_token={token}")
            self.assertIn("/web/login?redirect=", refused.headers["Location"])
        page = self._page(self.settlement.get_portal_url())
        self.assertIn(self.settlement.name, page)
        self.assertIn("Sign in to ask for an invoice", page)

    def test_token_is_no_right_to_ask_for_an_invoice(self):
        token = self.settlement._portal_ensure_token()
        self._login(self.stranger)
        self.assertSentAway(self._ask(access_token=token))
        self.assertFalse(self._asked())

    def test_remote_calls_read_named_fields_of_own_settlements_only(self):
        Settlement = self.env["aftersales.settlement"]
        own = Settlement.with_user(self.portal)
        self.assertEqual(own.search([]), self.settlement)
        self.assertFalse(Settlement.with_user(self.stranger).search([]))
        self.assertTrue(own.browse(self.settlement.id).read(["name", "amount_total", "status"]))
        for fname in ("line_ids", "amount_claimed", "message_ids", "run_id", "access_token"):
            with self.subTest(fname), self.assertRaises(AccessError):
                own.browse(self.settlement.id).read([fname])
        with mute_logger("odoo.addons.base.models.ir_model"):
            for model in ("aftersales.settlement.line", "aftersales.invoice.request"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.portal).search([])
            with self.assertRaises(AccessError):
                own.browse(self.settlement.id).write({"partner_ref": "mine"})


@tagged("post_install", "-at_install")
class TestPortalSettlementPage(PortalSettlementCase):
    """What the page says, and where it leads."""

    def setUp(self):
        super().setUp()
        self._login()

    def test_lines_and_totals(self):
        page = self._page(self.url)
        for text in ("Labour Hour", "AC-0001", self.request.name, "150.00", "172.50", "22.50"):
            self.assertIn(text, page)
        self.assertIn("Invoice follows", page)

    def test_what_is_covered_is_shown_as_nothing_to_pay(self):
        free = self._make_charge(
            self.compressor,
            request_id=self.request.id,
            unit_id=self.unit.id,
            date_fault="2025-02-01",
        )
        free.action_confirm()
        self.assertFalse(free.customer_amount)
        page = self._page(self.url)
        self.assertIn("Compressor", page)
        self.assertIn(free.explanation, page)
        self.assertIn("0.00", page)
        self.assertNotIn("800.00", page)

    def test_share_a_promise_takes_off_is_told(self):
        half = self._make_charge(
            self.travel,
            request_id=self._make_request(
                partner_id=self.customer.id, service_type_id=self.type_half.id
            ).id,
        )
        settlement = self._make_settlement(half)
        settlement.action_confirm()
        page = self._page(f"/my/settlements/{settlement.id}")
        self.assertIn("Warranty or goodwill pays", page)
        self.assertIn("25.00", page)

    def test_covered_work_of_another_payer_is_not_told(self):
        other = self._make_charge(
            self.compressor,
            request_id=self.request.id,
            unit_id=self.unit.id,
            date_fault="2025-02-01",
            payer_id=self.other_customer.id,
        )
        other.action_confirm()
        self.assertNotIn("Compressor", self._page(self.url))

    def test_invoice_leads_to_odoos_payment_page(self):
        move = self._invoice()
        page = self._page(self.url)
        self.assertIn("To pay", page)
        self.assertIn(f"/my/invoices/{move.id}", page)
        self.assertIn(move.access_token, page)
        payment = self.settlement.sudo()._get_portal_payment()
        self.assertEqual(payment["amount"], 172.5)
        self.assertEqual(self._get(payment["url"]).status_code, 200)

    def test_draft_invoice_is_no_bill_yet(self):
        self.settlement.action_create_invoice()
        page = self._page(self.url)
        self.assertIn("Invoice follows", page)
        self.assertNotIn("/my/invoices/", page.split('name="lines"')[0])

    def test_overdue_paid_and_reversed(self):
        move = self._invoice()
        move.invoice_date_due = "2020-01-01"
        self.assertIn("This is overdue", self._page(self.url))
        self._pay(move)
        page = self._page(self.url)
        self.assertIn("There is nothing to do for you now", page)
        self.assertNotIn("overdue", page.split('name="lines"')[0])

    def test_credit_is_no_bill(self):
        charge = self._make_charge(self.travel, quantity=-1)
        settlement = self._make_settlement(charge)
        settlement.action_confirm()
        self._invoice(settlement)
        page = self._page(f"/my/settlements/{settlement.id}")
        self.assertIn("We owe you this", page)
        self.assertNotIn("Ask for an invoice", page)

    def test_maker_sees_his_claim(self):
        clerk = new_test_user(self.env, "aftersales_maker", groups="base.group_portal")
        clerk.partner_id.parent_id = self.maker
        clerk.sudo().write({"company_ids": self.company_ids, "company_id": self.company.id})
        part = self._make_charge(
            self.compressor,
            request_id=self.request.id,
            unit_id=self.unit.id,
            date_fault="2025-02-01",
        )
        claim = self._make_settlement(part)
        claim.action_confirm()
        self.assertSentAway(self._get(f"/my/settlements/{claim.id}"))
        self._login(clerk)
        page = self._page(f"/my/settlements/{claim.id}")
        self.assertIn(claim.line_ids.claim_number, page)
        self.assertIn("We ask you to answer", page)
        self.assertNotIn("Ask for an invoice", page)

    def test_maker_reads_what_his_terms_make_of_it_and_not_our_price(self):
        """Two parts of 800 less 10 %, claimed at a cost of 500: his number is 1,000."""
        clerk = new_test_user(self.env, "aftersales_maker", groups="base.group_portal")
        clerk.partner_id.parent_id = self.maker
        clerk.sudo().write({"company_ids": self.company_ids, "company_id": self.company.id})
        self.compressor.standard_price = 500
        self.env["aftersales.claim.terms"].create({"partner_id": self.maker.id, "parts_by": "cost"})
        part = self._make_charge(
            self.compressor,
            request_id=self.request.id,
            unit_id=self.unit.id,
            date_fault="2025-02-01",
            quantity=2,
            discount=10,
        )
        claim = self._make_settlement(part)
        claim.action_confirm()
        self._login(clerk)
        page = self._page(f"/my/settlements/{claim.id}")
        self.assertIn("1,000.00", page)
        for ours in ("800.00", "1,440.00", "% off"):
            self.assertNotIn(ours, page)

    def test_downloads(self):
        report = self._get(f"{self.url}?report_type=html")
        self.assertIn("Service Statement", report.text)
        book = self._get(f"{self.url}/statement.xlsx")
        self.assertEqual(book.content[:2], b"PK")
        self.assertEqual(book.headers["X-Content-Type-Options"], "nosniff")

    def test_invoice_page_leads_back(self):
        move = self._invoice()
        page = self._page(move.get_portal_url())
        self.assertIn(f"{self.url}?access_token=", page)

    def test_request_page_leads_to_the_bill(self):
        self.assertIn(f'href="{self.url}"', self._page(self.request_url))

    def test_long_settlements_are_shown_by_pages(self):
        charges = self.env["aftersales.charge"].create(
            [
                {
                    "product_id": self.travel.id,
                    "partner_id": self.customer.id,
                    "name": f"Trip {i:03}",
                }
                for i in range(101)
            ]
        )
        settlement = self._make_settlement(charges)
        settlement.action_confirm()
        url = f"/my/settlements/{settlement.id}"
        page = self._page(url)
        self.assertIn("Trip 000", page)
        self.assertNotIn("Trip 100", page)
        for asked in ("2", "9", "99999999999999999999"):
            page = self._page(f"{url}?lines={asked}")
            self.assertIn("Trip 100", page)
            self.assertNotIn("Trip 000", page)
        for asked in ("0", "-1", "x", "²", ""):
            self.assertIn("Trip 000", self._page(f"{url}?lines={asked}"))

    def test_list_filters_searches_and_sorts(self):
        for query in ("", "?filterby=open", "?search=" + self.settlement.name, "?sortby=amount"):
            self.assertIn(self.url, self._page(f"/my/settlements{query}"))
        self.assertNotIn(self.url, self._page("/my/settlements?filterby=paid"))
        self.assertIn("Nothing found", self._page("/my/settlements?search=nothing-like-it"))

    def test_queries_do_not_grow_with_the_list(self):
        self._invoice()

        def count():
            self._get("/my/settlements")
            before = self.env.cr.sql_log_count
            self._page("/my/settlements")
            return self.env.cr.sql_log_count - before

        one = count()
        for __ in range(4):
            more = self._make_settlement(
                self._make_charge(self.travel, partner_id=self.customer.id)
            )
            more.action_confirm()
            self._invoice(more)
        self.assertLessEqual(count(), one)


@tagged("post_install", "-at_install")
class TestInvoiceRequest(PortalSettlementCase):
    """A payer asks for an invoice on his company; finance checks it."""

    def setUp(self):
        super().setUp()
        self._login()

    def _make(self, **vals):
        return self.env["aftersales.invoice.request"].create(
            {"settlement_id": self.settlement.id, **ASKED, **vals}
        )

    def test_customer_asks_and_sees_where_it_stands(self):
        self.assertIn("Ask for an invoice on my company", self._page(self.url))
        answer = self._ask(bank_account="6222 0001", street="1 Long Road")
        self.assertURLEqual(answer.headers["Location"], f"{self.url}?done=invoice")
        asked = self._asked()
        self.assertEqual(asked.asked_by_id, self.portal.partner_id)
        self.assertEqual(asked.bank_account, "6222 0001")
        self.assertFalse(self.customer.vat, "nothing changes the customer before it is checked")
        page = self._page(self.url)
        self.assertIn("We check it", page)
        self.assertNotIn('id="invoice_form"', page)
        asked.with_user(self.settler).action_accept()
        asked.with_user(self.settler).invoice_number = "FP-77"
        self.assertIn("FP-77", self._page(self.url))

    def test_finance_gets_a_todo_that_ends_with_the_answer(self):
        self._ask()
        asked = self._asked()
        self.assertEqual(len(asked.activity_ids), 1)
        self.assertTrue(
            asked.activity_ids.user_id.has_group("aftersales_base.group_aftersales_settlement")
        )
        asked.with_user(self.settler).action_accept()
        self.assertFalse(asked.activity_ids)

    def test_fields_nobody_asked_for_are_ignored(self):
        self._ask(state="done", partner_id=str(self.other_customer.id), invoice_number="X")
        asked = self._asked()
        self.assertEqual(asked.state, "asked")
        self.assertEqual(asked.partner_id, self.settlement.partner_id)
        self.assertFalse(asked.invoice_number)

    def test_what_is_missing_or_wrong_is_said(self):
        for wrong, text in (
            ({"company_name": ""}, "Write the name"),
            ({"vat": "12"}, "Write the tax number"),
            ({"email": "nobody"}, "no mail address"),
            ({"note": "x" * 501}, "longer than 500"),
        ):
            page = self._ask(**wrong)
            self.assertEqual(page.status_code, 200)
            self.assertIn(text, page.text)
        self.assertFalse(self._asked())

    def test_markup_is_shown_as_typed(self):
        self._ask(company_name="<b>Lin</b>")
        self.assertIn("&lt;b&gt;Lin&lt;/b&gt;", self._page(self.url))

    def test_once_at_a_time(self):
        self._ask()
        self.assertIn("You asked for it already", self._ask().text)
        self.assertEqual(len(self._asked()), 1)
        self.assertFalse(
            self._passes_database(
                self.env["aftersales.invoice.request"],
                {"settlement_id": self.settlement.id, **ASKED},
            )
        )

    def test_refused_needs_a_reason_and_may_be_asked_anew(self):
        asked = self._make()
        with self.assertRaisesRegex(UserError, "write why"):
            asked.action_refuse()
        asked.refusal_reason = "The number belongs to another company."
        asked.action_refuse()
        page = self._page(self.url)
        self.assertIn("The number belongs to another company.", page)
        self.assertIn("Send other data", page)
        self._ask()
        self.assertEqual(self._asked().mapped("state"), ["asked", "refused"])

    def test_taking_over_changes_the_customer(self):
        asked = self._make(
            street="1 Long Road", city="Shanghai", bank_account="62 22", bank_name="ICBC"
        )
        self.assertTrue(asked.differs)
        asked.action_accept_and_update()
        self.assertEqual(self.customer.name, ASKED["company_name"])
        self.assertEqual(self.customer.vat, ASKED["vat"])
        self.assertEqual(self.customer.city, "Shanghai")
        self.assertEqual(self.customer.bank_ids.acc_number, "62 22")
        self.assertFalse(self.customer.bank_ids.allow_out_payment)
        self.assertEqual(asked.state, "done")
        self.assertFalse(asked.differs)
        self.customer.city = "Suzhou"
        with self.assertRaisesRegex(UserError, "stays as it is"):
            asked.action_accept_and_update()
        self.assertEqual(self.customer.city, "Suzhou")

    def test_who_may_not_change_customers_does_not(self):
        asked = self._make().with_user(self.settler)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            asked.action_accept_and_update()
        self.assertFalse(self.customer.vat)

    def test_answered_data_stays(self):
        asked = self._make()
        asked.action_accept()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            asked.vat = "999999"
        asked.write({"state": "asked"})
        asked.vat = "999999"

    def test_only_who_settles_answers(self):
        asked = self._make()
        for user in (self.technician, self.agent, self.portal):
            for vals in ({"state": "done"}, {"vat": "99999"}, {"invoice_number": "1"}):
                with mute_logger("odoo.addons.base.models.ir_model"):
                    self.assertFalse(self._passes(asked.with_user(user).write, vals))
        self.assertTrue(self._passes(asked.with_user(self.settler).write, {"state": "done"}))

    def test_other_company(self):
        asked = self._make()
        elsewhere = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_settlement",
            company_id=self.other_company.id,
        )
        self.assertFalse(self.env["aftersales.invoice.request"].with_user(elsewhere).search([]))
        with self.assertRaises(AccessError):
            asked.with_user(elsewhere).read(["vat"])

    def test_staff_asks_nothing_on_the_portal(self):
        self._login(self.settler)
        self.assertNotIn("Ask for an invoice on my company", self._page(self.url))
        self._ask()
        self.assertFalse(self._asked())
