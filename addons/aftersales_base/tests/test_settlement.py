from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestSettlement(AftersalesCommon):
    """From charges to a paid invoice, and back. Default sales tax: 15 %."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enable_pricelists()
        cls.unit = cls._make_unit("ST1")
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            date_reported="2025-06-01 08:00:00",
        )

    def _settle(self, *products, **vals):
        charges = self.env["aftersales.charge"]
        for product in products or (self.travel,):
            charges |= self._make_charge(product, **vals)
        return self._make_settlement(charges)

    def _invoice(self, settlement, post=True):
        """Do the day of the one who settles, with his rights alone."""
        own = settlement.with_user(self.settler)
        own.action_confirm()
        own.action_create_invoice()
        if post:
            own.move_id.action_post()
        return settlement.move_id

    # === GATHERING === #

    def test_main_job_in_warranty(self):
        """Compressor at the maker's cost, labour at ours, travel at the customer's."""
        charges = self.env["aftersales.charge"]
        for product in (self.compressor, self.labour, self.travel):
            charges |= self._make_charge(product, request_id=self.request.id)
        settlements = self._make_settlement(charges)
        self.assertRecordValues(
            settlements.sorted("kind"),
            [
                {
                    "kind": "claim",
                    "partner_id": self.maker.id,
                    "amount_untaxed": 800,
                    "amount_tax": 120,
                    "amount_total": 920,
                    "line_count": 1,
                    "status": "draft",
                },
                {
                    "kind": "customer",
                    "partner_id": self.customer.id,
                    "amount_untaxed": 50,
                    "amount_tax": 7.5,
                    "amount_total": 57.5,
                    "line_count": 1,
                    "status": "draft",
                },
            ],
        )

    def test_one_settlement_per_payer_and_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        charges = (
            self._make_charge(self.travel)
            | self._make_charge(self.labour)
            | self._make_charge(self.travel, partner_id=self.other_customer.id)
            | self._make_charge(self.travel, currency_id=euro.id)
            | self._make_charge(self.compressor, request_id=self.request.id)
        )
        settlements = self._make_settlement(charges)
        self.assertEqual(
            sorted(
                (settlement.partner_id.name, settlement.currency_id.name, settlement.line_count)
                for settlement in settlements
            ),
            [
                ("Kitano Compressors", "USD", 1),
                ("Lin Household", "EUR", 1),
                ("Lin Household", "USD", 2),
                ("Zhao Trading", "USD", 1),
            ],
        )

    def test_day_of_what_is_confirmed_stays(self):
        """The rate of that day turns it into our currency: reports of the past stay as they are."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5), ("2024-01-01", 0.8)])
        settlement = self._settle(currency_id=euro.id)
        own = settlement.with_user(self.agent)
        own.date = "2023-05-05"
        self.assertEqual(settlement.currency_rate, 0.5)
        settlement.with_user(self.settler).action_confirm()
        for user in (self.agent, self.settler):
            with self.subTest(user.login), self.assertRaisesRegex(UserError, "back to draft"):
                settlement.with_user(user).write({"date": "2025-05-05"})
        self.assertEqual(settlement.currency_rate, 0.5)
        settlement.with_user(self.settler).action_draft()
        own.date = "2025-05-05"
        self.assertEqual(settlement.currency_rate, 0.8)

    def test_one_settlement_per_company(self):
        data = self.setup_other_company(name="Invoicing Company")
        charges = self._make_charge(self.travel) | self._make_charge(
            self.travel, company_id=data["company"].id
        )
        settlements = self._make_settlement(charges)
        self.assertEqual(settlements.company_id, self.company | data["company"])
        settlements.action_confirm()
        settlements.action_create_invoice()
        for settlement in settlements:
            self.assertEqual(settlement.move_id.company_id, settlement.company_id)
            self.assertEqual(settlement.move_id.journal_id.company_id, settlement.company_id)
            self.assertEqual(
                settlement.move_id.invoice_line_ids.tax_ids.company_id,
                settlement.line_ids.tax_ids.company_id,
            )

    def test_nothing_to_settle_says_why(self):
        draft = self._make_charge()
        ours = self._make_charge(self.labour, request_id=self.request.id)
        ours.action_confirm()
        settled = self._make_charge()
        settlement = self._make_settlement(settled)
        for charge, text in (
            (draft, "not confirmed"),
            (ours, "nobody outside"),
            (settled, settlement.name),
            (self.env["aftersales.charge"], "Nothing to settle"),
        ):
            with self.subTest(text=text):
                with self.assertRaises(UserError) as caught:
                    charge.action_settle()
                self.assertIn(text, str(caught.exception))

    def test_settling_twice_takes_the_open_rest(self):
        first, second = self._make_charge(self.travel), self._make_charge(self.labour)
        settlement = self._make_settlement(first)
        rest = self._make_settlement(first | second)
        self.assertEqual(rest.line_ids.charge_id, second)
        self.assertEqual(settlement.line_ids.charge_id, first)

    def test_agent_gathers(self):
        charge = self._make_charge(request_id=self.request.id)
        charge.action_confirm()
        action = charge.with_user(self.agent).action_settle()
        settlement = self.env["aftersales.settlement"].browse(action["res_id"])
        self.assertEqual(settlement.partner_id, self.maker)
        self.assertEqual(settlement.create_uid, self.agent)
        self.assertEqual(settlement.amount_total, 920)

    # === A SHARE STANDS ONCE === #

    def test_database_refuses_a_share_twice(self):
        settlement = self._settle()
        charge = settlement.line_ids.charge_id
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env["aftersales.settlement"].create(
                {
                    "partner_id": self.customer.id,
                    "line_ids": [Command.create({"charge_id": charge.id})],
                }
            )
        settlement.action_cancel()
        again = charge._create_settlements()
        with self.assertRaises(UserError) as caught:
            settlement.action_draft()
        self.assertIn(again.name, str(caught.exception))
        again.action_cancel()
        settlement.action_draft()
        self.assertEqual(charge.settlement_status, "settled")

    def test_what_does_not_belong_is_refused(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        settlement = self._settle()
        foreign = self._make_charge(self.travel, currency_id=euro.id)
        draft = self._make_charge(self.travel)
        others = self._make_charge(self.travel, partner_id=self.other_customer.id)
        ours = self._make_charge(self.labour, request_id=self.request.id)
        makers = self._make_charge(self.compressor, request_id=self.request.id)
        (foreign | others | ours | makers).action_confirm()
        for charge, share, text in (
            (foreign, "customer", "another currency"),
            (draft, "customer", "not confirmed"),
            (others, "customer", "Zhao Trading"),
            (ours, "covered", "Nobody outside"),
            (ours, "customer", "Nobody outside"),
            (makers, "covered", "Kitano"),
            (makers, "customer", "Nobody outside"),
        ):
            with self.subTest(charge=charge.name, share=share):
                with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
                    settlement.line_ids = [Command.create({"charge_id": charge.id, "share": share})]
                self.assertIn(text, str(caught.exception))

    def test_payer_change_is_checked(self):
        settlement = self._settle()
        with self.assertRaises(ValidationError):
            settlement.partner_id = self.other_customer
        with self.assertRaises(ValidationError):
            settlement.currency_id = self.env.ref("base.EUR")

    # === LOCKS === #

    def test_confirmed_lines_are_locked(self):
        settlement = self._settle(self.travel, self.labour)
        draft = self._settle(self.filter_part)
        line, moved = settlement.line_ids[0], draft.line_ids
        settlement.with_user(self.settler).action_confirm()
        table = [
            (line.write, {"amount_accepted": 1, "difference_reason": "Less"}),
            (line.write, {"difference_reason": "Less"}),
            (line.write, {"tax_ids": [Command.clear()]}),
            (line.write, {"settlement_id": draft.id}),
            (moved.write, {"settlement_id": settlement.id}),
            (settlement.write, {"line_ids": [Command.delete(line.id)]}),
            (settlement.write, {"line_ids": [Command.clear()]}),
            (settlement.write, {"partner_id": self.other_customer.id}),
            (settlement.write, {"currency_id": self.env.ref("base.EUR").id}),
            (settlement.write, {"fiscal_position_id": self.fiscal_pos_a.id}),
            (settlement.write, {"kind": "claim"}),
            (settlement.write, {"company_id": self.other_company.id}),
            (settlement.write, {"state": "draft", "kind": "claim"}),
        ]
        for user in (self.settler, self.manager):
            for method, vals in table:
                with self.subTest(user=user.login, vals=vals):
                    record = method.__self__.with_user(user)
                    self.assertFalse(self._passes(record.write, vals))
            self.assertFalse(self._passes(line.with_user(user).unlink))
            self.assertFalse(self._passes(settlement.with_user(user).unlink))
        settlement.with_user(self.settler).action_draft()
        settlement.line_ids[0].unlink()
        self.assertEqual(settlement.line_count, 1)

    def test_agent_prepares_and_does_not_confirm(self):
        settlement = self._settle()
        own = settlement.with_user(self.agent)
        own.line_ids.write({"amount_accepted": 40, "difference_reason": "Agreed"})
        self.assertEqual(settlement.amount_untaxed, 40)
        with self.assertRaises(UserError):
            own.action_confirm()
        settlement.with_user(self.settler).action_confirm()
        with self.assertRaises(AccessError):
            own.action_create_invoice()
        with self.assertRaises(UserError):
            own.action_cancel()

    def test_empty_settlement_is_not_confirmed(self):
        settlement = self.env["aftersales.settlement"].create({"partner_id": self.customer.id})
        self.assertEqual(settlement.amount_total, 0)
        with self.assertRaises(UserError) as caught:
            settlement.action_confirm()
        self.assertIn(settlement.name, str(caught.exception))

    def test_accepted_amount_needs_a_reason(self):
        settlement = self._settle(self.labour)
        line = settlement.line_ids
        for reason in (False, " "):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                line.write({"amount_accepted": 100, "difference_reason": reason})
        line.write({"amount_accepted": 100, "difference_reason": "Maker's rate"})
        self.assertEqual(settlement.amount_claimed, 150)
        move = self._invoice(settlement)
        self.assertEqual(move.amount_untaxed, 100)
        self.assertEqual(move.amount_total, settlement.amount_total)

    def test_nothing_accepted(self):
        settlement = self._settle(self.labour, self.travel)
        settlement.line_ids[0].write({"amount_accepted": 0, "difference_reason": "Rejected"})
        move = self._invoice(settlement)
        self.assertEqual(move.amount_untaxed, settlement.line_ids[1].amount_accepted)

    # === INVOICE === #

    def test_invoice_to_the_journal_items(self):
        settlement = self._settle(
            self.labour, quantity=2, discount=10, partner_id=self.partner_a.id
        )
        settlement.partner_ref = "CLAIM-7"
        move = self._invoice(settlement)
        income = self.company_data["default_account_revenue"]
        self.assertInvoiceValues(
            move,
            [
                {
                    "product_id": self.labour.id,
                    "account_id": income.id,
                    "quantity": 2,
                    "price_unit": 150,
                    "discount": 10,
                    "price_subtotal": 270,
                    "price_total": 310.5,
                    "tax_ids": self.tax_sale_a.ids,
                    "balance": -270,
                },
                {
                    "product_id": False,
                    "account_id": self.tax_sale_a.invoice_repartition_line_ids.account_id.id,
                    "quantity": False,
                    "price_unit": 0,
                    "discount": 0,
                    "price_subtotal": 0,
                    "price_total": 0,
                    "tax_ids": [],
                    "balance": -40.5,
                },
                {
                    "product_id": False,
                    "account_id": self.company_data["default_account_receivable"].id,
                    "quantity": False,
                    "price_unit": 0,
                    "discount": 0,
                    "price_subtotal": 0,
                    "price_total": 0,
                    "tax_ids": [],
                    "balance": 310.5,
                },
            ],
            {
                "move_type": "out_invoice",
                "state": "posted",
                "partner_id": self.partner_a.id,
                "invoice_origin": settlement.name,
                "ref": "CLAIM-7",
                "amount_untaxed": settlement.amount_untaxed,
                "amount_tax": settlement.amount_tax,
                "amount_total": settlement.amount_total,
            },
        )
        self.assertEqual(move.aftersales_settlement_ids, settlement)
        self.assertEqual(move.invoice_line_ids.aftersales_settlement_line_id, settlement.line_ids)

    def _get_taxes(self):
        Tax = self.env["account.tax"]
        vals = {"amount_type": "percent", "type_tax_use": "sale", "company_id": self.company.id}
        return {
            "excluded": Tax.create({**vals, "name": "13 %", "amount": 13}),
            "included": Tax.create(
                {**vals, "name": "13 % in", "amount": 13, "price_include_override": "tax_included"}
            ),
            "none": Tax,
        }

    def test_invoice_equals_settlement_to_the_cent(self):
        prices = [(1, 99.99, 0), (3, 33.33, 0), (7, 0.13, 5), (1.5, 123.45, 33.33), (2, 10, 100)]
        for label, tax in self._get_taxes().items():
            products = self.env["product.product"]
            for number in range(len(prices)):
                products |= self._create_product(
                    name=f"{label} {number}",
                    type="service",
                    taxes_id=[Command.set(tax.ids)],
                )
            charges = self.env["aftersales.charge"]
            for product, (quantity, price, discount) in zip(products, prices, strict=True):
                charges |= self._make_charge(
                    product, quantity=quantity, price_unit=price, discount=discount
                )
            for accepted in (False, 33.33):
                with self.subTest(tax=label, accepted=accepted):
                    settlement = self._make_settlement(charges)
                    if accepted:
                        settlement.line_ids[:2].write(
                            {"amount_accepted": accepted, "difference_reason": "Rate"}
                        )
                    move = self._invoice(settlement, post=False)
                    self.assertEqual(move.amount_untaxed, settlement.amount_untaxed)
                    self.assertEqual(move.amount_tax, settlement.amount_tax)
                    self.assertEqual(move.amount_total, settlement.amount_total)
                    settlement.with_user(self.settler).action_cancel()

    def test_included_tax_is_not_added(self):
        tax = self._get_taxes()["included"]
        product = self._create_product(
            name="Flat Fee", type="service", lst_price=113, taxes_id=[Command.set(tax.ids)]
        )
        settlement = self._settle(product)
        self.assertEqual(
            (settlement.amount_untaxed, settlement.amount_tax, settlement.amount_total),
            (100, 13, 113),
        )
        self.assertEqual(self._invoice(settlement).amount_total, 113)

    def test_fiscal_position(self):
        settlement = self._settle(self.labour, partner_id=self.partner_b.id)
        self.assertEqual(settlement.fiscal_position_id, self.fiscal_pos_a)
        self.assertEqual(settlement.line_ids.tax_ids, self.tax_sale_b)
        move = self._invoice(settlement)
        self.assertEqual(move.fiscal_position_id, self.fiscal_pos_a)
        self.assertEqual(move.invoice_line_ids.tax_ids, self.tax_sale_b)
        self.assertEqual(move.amount_total, settlement.amount_total)

    def test_foreign_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.customer.property_product_pricelist = self._create_pricelist(currency_id=euro.id)
        settlement = self._settle(self.labour)
        self.assertEqual(settlement.currency_id, euro)
        move = self._invoice(settlement)
        self.assertEqual(move.currency_id, euro)
        self.assertEqual(move.amount_total, 86.25)
        self.assertEqual(move.amount_total_signed, 172.5)
        self.assertEqual(settlement.amount_total, 86.25)

    def test_credit_note_when_we_owe(self):
        settlement = self._settle(self.travel, price_unit=-200)
        self.assertEqual(settlement.amount_total, -230)
        move = self._invoice(settlement)
        self.assertEqual(move.move_type, "out_refund")
        self.assertEqual(move.amount_total, 230)
        self._pay(move, user=self.settler)
        self.assertEqual(settlement.status, "paid")

    def test_credit_and_debit_on_one_settlement(self):
        charges = self._make_charge(self.labour) | self._make_charge(self.travel, price_unit=-200)
        settlement = self._make_settlement(charges)
        self.assertEqual(settlement.amount_untaxed, -50)
        move = self._invoice(settlement)
        self.assertEqual(move.move_type, "out_refund")
        self.assertEqual(move.amount_untaxed, 50)
        self.assertEqual(move.amount_total, -settlement.amount_total)

    def test_journal_of_the_company(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "ASALE"})
        self.company.aftersales_journal_id = journal
        self.assertEqual(self._invoice(self._settle()).journal_id, journal)

    def test_no_journal_says_what_to_do(self):
        settlement = self.env["aftersales.settlement"].create(
            {"partner_id": self.customer.id, "company_id": self.other_company.id}
        )
        with self.assertRaises(UserError) as caught:
            settlement._get_journal()
        self.assertIn("Second Company", str(caught.exception))

    def test_invoicing_needs_confirmation_and_happens_once(self):
        settlement = self._settle().with_user(self.settler)
        with self.assertRaises(UserError):
            settlement.action_create_invoice()
        settlement.action_confirm()
        settlement.action_create_invoice()
        with self.assertRaises(UserError) as caught:
            settlement.action_create_invoice()
        self.assertIn(settlement.name, str(caught.exception))
        with self.assertRaises(UserError):
            settlement.action_draft()

    def test_several_settlements_at_once(self):
        charges = self._make_charge(self.travel) | self._make_charge(
            self.travel, partner_id=self.other_customer.id
        )
        settlements = self._make_settlement(charges).with_user(self.settler)
        settlements.action_confirm()
        action = settlements.action_create_invoice()
        self.assertEqual(action["res_model"], "account.move")
        self.assertEqual(len(settlements.move_id), 2)
        for settlement in settlements:
            self.assertEqual(settlement.move_id.partner_id, settlement.partner_id)

    def test_defaults_of_the_screen_do_not_reach_the_invoice(self):
        settlement = self._settle()
        settlement.action_confirm()
        settlement.with_context(
            default_kind="claim", default_state="posted", default_move_type="in_invoice"
        ).action_create_invoice()
        self.assertEqual(settlement.move_id.state, "draft")
        self.assertEqual(settlement.move_id.move_type, "out_invoice")

    # === PAID, REVERSED, CANCELLED === #

    def test_payment_is_read_back(self):
        settlement = self._settle(self.labour)
        charge = settlement.line_ids.charge_id
        move = self._invoice(settlement, post=False)
        self.assertEqual(settlement.status, "invoiced")
        move.with_user(self.settler).action_post()
        self.assertEqual(settlement.status, "invoiced")
        self.assertEqual(charge.settlement_status, "settled")
        self._pay(move, amount=100, user=self.settler)
        self.assertEqual(settlement.status, "partial")
        self.assertEqual(charge.settlement_status, "partial")
        self._pay(move, user=self.settler)
        self.assertEqual(settlement.status, "paid")
        self.assertEqual(charge.settlement_status, "paid")

    def test_both_shares_paid(self):
        self.unit.warranty_ids.filtered(lambda line: line.kind == "part").percent = 50
        charge = self._make_charge(request_id=self.request.id)
        settlements = self._make_settlement(charge)
        moves = self.env["account.move"]
        for settlement in settlements:
            moves |= self._invoice(settlement)
        self._pay(moves[0], user=self.settler)
        self.assertEqual(charge.settlement_status, "partial")
        self._pay(moves[1], user=self.settler)
        self.assertEqual(charge.settlement_status, "paid")

    def test_reversal_by_the_accountant(self):
        settlement = self._settle()
        move = self._invoice(settlement)
        self._credit_invoice(move, user=self.settler)
        self.assertEqual(settlement.status, "reversed")
        charge = settlement.line_ids.charge_id
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(charge.settlement_status, "to_settle")
        self.assertEqual(len(move.reversal_move_ids), 1, "reversed once")

    def test_cancel_with_a_draft_invoice(self):
        settlement = self._settle()
        move = self._invoice(settlement, post=False)
        settlement.with_user(self.settler).action_cancel()
        self.assertFalse(move.exists())
        self.assertEqual(settlement.status, "cancelled")
        self.assertFalse(settlement.move_id)
        self.assertEqual(settlement.line_ids.charge_id.settlement_status, "to_settle")
        settlement.with_user(self.settler).action_draft()
        self.assertEqual(settlement.status, "draft")

    def test_cancel_with_a_posted_invoice(self):
        settlement = self._settle()
        move = self._invoice(settlement)
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(settlement.status, "cancelled")
        self.assertEqual(move.payment_state, "reversed")
        self.assertEqual(move.reversal_move_ids.amount_total, move.amount_total)
        self.assertEqual(move.reversal_move_ids.state, "posted")
        charge = settlement.line_ids.charge_id
        self.assertEqual(charge.settlement_status, "to_settle")
        again = charge._create_settlements()
        self._pay(self._invoice(again), user=self.settler)
        self.assertEqual(charge.settlement_status, "paid")
        with self.assertRaises(UserError):
            settlement.action_draft()

    def test_cancel_when_paid_keeps_the_payment(self):
        settlement = self._settle()
        move = self._invoice(settlement)
        self._pay(move, user=self.settler)
        payment = move.matched_payment_ids
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(settlement.status, "cancelled")
        self.assertEqual(move.reversal_move_ids.amount_total, move.amount_total)
        self.assertTrue(payment.exists())

    def test_invoice_deleted_by_the_accountant(self):
        settlement = self._settle()
        self._invoice(settlement, post=False).with_user(self.settler).unlink()
        self.assertEqual(settlement.status, "confirmed")
        self.assertFalse(settlement.move_id)
        self._pay(self._invoice_again(settlement), user=self.settler)
        self.assertEqual(settlement.status, "paid")

    def _invoice_again(self, settlement):
        own = settlement.with_user(self.settler)
        own.action_create_invoice()
        own.move_id.action_post()
        return settlement.move_id

    def test_invoice_cancelled_by_the_accountant(self):
        settlement = self._settle()
        move = self._invoice(settlement)
        move.button_draft()
        move.button_cancel()
        self.assertEqual(settlement.status, "confirmed")
        self.assertEqual(settlement.line_ids.charge_id.settlement_status, "settled")
        self._pay(self._invoice_again(settlement), user=self.settler)
        self.assertNotEqual(settlement.move_id, move)
        self.assertEqual(settlement.status, "paid")

    def test_lines_removed_from_the_invoice_do_not_break_the_settlement(self):
        settlement = self._settle(self.travel, self.labour)
        move = self._invoice(settlement, post=False)
        move.invoice_line_ids[0].unlink()
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(settlement.status, "cancelled")

    # === DELETION, NAMES, WORDS === #

    def test_deletion(self):
        settlement = self._settle()
        charge = settlement.line_ids.charge_id
        settlement.with_user(self.settler).unlink()
        self.assertEqual(charge.settlement_status, "to_settle")
        settlement = charge._create_settlements()
        move = self._invoice(settlement)
        settlement.action_cancel()
        with self.assertRaises(UserError) as caught:
            settlement.with_user(self.settler).unlink()
        self.assertIn(move.name, str(caught.exception))

    def test_agent_cannot_delete(self):
        settlement = self._settle()
        with self.assertRaises(AccessError):
            settlement.with_user(self.agent).unlink()

    def test_copy_has_no_lines(self):
        settlement = self._settle()
        copied = settlement.copy()
        self.assertFalse(copied.line_ids)
        self.assertNotEqual(copied.name, settlement.name)

    def test_names(self):
        settlement = self._settle()
        settlement.partner_ref = "PO-4711"
        Settlement = self.env["aftersales.settlement"]
        for term in (settlement.name, "Lin House", "PO-4711"):
            with self.subTest(term=term):
                self.assertIn(settlement.id, [row[0] for row in Settlement.name_search(term)])
        self.assertEqual(settlement.line_ids.display_name, "Travel Fee")

    def test_numbers_are_unique_in_a_batch(self):
        settlements = self.env["aftersales.settlement"].create(
            [{"partner_id": self.customer.id}] * 3
        )
        self.assertEqual(len(set(settlements.mapped("name"))), 3)
        self.assertTrue(all(name.startswith("ST/") for name in settlements.mapped("name")))

    def test_amount_in_words(self):
        self.assertIn("Fifty-Seven", self._settle()._get_amount_in_words())
