from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import RepairCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-02 10:00:00")
class TestAdvance(RepairCommon):
    """What the customer pays in advance, from the estimate to the journal items."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")
        cls.deposits = cls.env["account.account"].create(
            {"name": "Deposits", "code": "254999", "account_type": "liability_current"}
        )
        cls.advance_product = cls._create_product(
            name="Payment in Advance",
            type="service",
            property_account_income_id=cls.deposits.id,
        )
        cls.company.write(
            {
                "aftersales_advance_percent": 30,
                "aftersales_advance_product_id": cls.advance_product.id,
            }
        )

    # === HELPERS === #

    def _accepted(self, products=None, **vals):
        """Make an order of parts and work the customer pays, told and accepted."""
        order = self._make_order(
            parts=[],
            charges=self.travel if products is None else products,
            partner_id=self.customer.id,
            **vals,
        )
        order.action_tell_estimate()
        order.action_accept_estimate()
        return order

    def _settlements(self, order):
        return order.advance_charge_ids.settlement_line_ids.settlement_id

    def _invoice(self, settlements):
        """Confirm, invoice and post as those do whose work it is."""
        own = settlements.with_user(self.settler)
        own.action_confirm()
        own.action_create_invoice()
        settlements.move_id.action_post()
        return settlements.move_id

    def _invoice_advance(self, order, pay=True):
        move = self._invoice(self._settlements(order))
        if pay:
            self._pay(move)
        return move

    def _finish(self, order):
        """Do the work and settle it; return the invoice."""
        self._do(order)
        order.action_settle()
        settlements = order.charge_ids.settlement_line_ids.settlement_id
        settlements = (settlements | self._settlements(order)).filtered(
            lambda settlement: settlement.state == "draft"
        )
        self.assertEqual(len(settlements), 1)
        return self._invoice(settlements)

    def _sum(self, moves, **domain):
        """Return the balance of journal items, by account or tax."""
        lines = moves.line_ids
        for fname, value in domain.items():
            lines = lines.filtered(lambda line, f=fname, v=value: line[f] == v)
        return sum(lines.mapped("balance"))

    def _tax(self, amount, **vals):
        tax = self.company_data["default_tax_sale"].copy(
            {"name": f"Tax {amount}", "amount": amount, **vals}
        )
        group = self.env["account.tax.group"].create({"name": tax.name})
        tax.tax_group_id = group
        return tax

    # === FROM THE ESTIMATE TO THE LAST INVOICE === #

    def test_an_advance_is_no_revenue(self):
        """Revenue is what the work brings in, in the month it is charged."""
        order = self._accepted()
        report, own = self.env["aftersales.result.report"], [("repair_id", "=", order.id)]

        def revenue():
            self.env.flush_all()
            return report._read_group(own, [], ["revenue:sum"])[0][0] or 0

        self._invoice_advance(order)
        self.assertEqual(revenue(), 0)
        self._finish(order)
        self.assertEqual(
            revenue(),
            sum(
                order.charge_ids.filtered(lambda charge: charge.kind != "advance").mapped(
                    "customer_amount"
                )
            ),
        )

    def test_paid_in_advance_and_deducted(self):
        order = self._accepted(self.travel | self.labour)
        self.assertEqual(order.estimate_amount, 200)
        self.assertEqual(order.estimate_advance_amount, 69, "30 % of 230")
        self.assertEqual(order.customer_amount, 200, "the work costs what it costs")
        self.assertEqual(order.advance_status, "asked")
        settlement = self._settlements(order)
        self.assertRecordValues(
            settlement,
            [
                {
                    "state": "draft",
                    "amount_total": 69,
                    "amount_tax": 9,
                    "partner_id": self.customer.id,
                }
            ],
        )
        advance = self._invoice_advance(order)
        self.assertRecordValues(
            advance.invoice_line_ids,
            [{"account_id": self.deposits.id, "price_subtotal": 60, "price_total": 69}],
        )
        self.assertEqual((order.advance_status, order.advance_paid_amount), ("paid", 69))
        final = self._finish(order)
        self.assertEqual(order.advance_status, "deducted")
        self.assertRecordValues(
            final, [{"move_type": "out_invoice", "amount_untaxed": 140, "amount_total": 161}]
        )
        both = advance | final
        self.assertAlmostEqual(self._sum(both, account_id=self.deposits), 0)
        self.assertAlmostEqual(sum(both.mapped("amount_tax")), 30)
        self._pay(final)
        self.assertEqual(order.settlement_status, "paid")

    def test_each_group_of_taxes_by_itself(self):
        low = self._tax(5)
        self.travel.taxes_id = low
        order = self._accepted(self.travel | self.labour)
        self.assertEqual(order.estimate_advance_amount, 67.5, "30 % of 52.50 and 172.50")
        advance = self._invoice_advance(order)
        self.assertEqual(len(advance.invoice_line_ids), 2)
        final = self._finish(order)
        both = advance | final
        usual = self.company_data["default_tax_sale"]
        for tax, amount in ((low, -2.5), (usual, -22.5)):
            with self.subTest(tax=tax.name):
                self.assertAlmostEqual(self._sum(both, tax_line_id=tax), amount)
        self.assertAlmostEqual(self._sum(both, account_id=self.deposits), 0)
        self.assertAlmostEqual(sum(both.mapped("amount_total")), 225)

    def test_taxes_in_the_price(self):
        included = self._tax(13, price_include_override="tax_included")
        (self.travel | self.labour).taxes_id = included
        order = self._accepted(self.travel | self.labour)
        self.assertEqual(order.estimate_advance_amount, 60, "30 % of 200, taxes in it")
        advance = self._invoice_advance(order)
        self.assertEqual(advance.amount_total, 60)
        final = self._finish(order)
        both = advance | final
        self.assertAlmostEqual(sum(both.mapped("amount_total")), 200)
        self.assertAlmostEqual(sum(both.mapped("amount_tax")), 23.01)
        self.assertAlmostEqual(self._sum(both, account_id=self.deposits), 0)

    def test_taxes_in_the_price_and_the_payer_owes_none(self):
        """Estimate, payment in advance and last invoice: the same 300 without taxes."""
        included = self._tax(13, price_include_override="tax_included")
        self.customer.property_account_position_id = self.env["account.fiscal.position"].create(
            {"name": "Export"}
        )
        self.travel.write({"lst_price": 113, "taxes_id": [Command.set(included.ids)]})
        self.labour.write({"lst_price": 226, "taxes_id": [Command.set(included.ids)]})
        order = self._accepted(self.travel | self.labour)
        self.assertEqual((order.estimate_amount, order.customer_amount), (300, 300))
        self.assertEqual(order.estimate_advance_amount, 90, "30 % of 300")
        advance = self._invoice_advance(order)
        self.assertEqual((advance.amount_total, advance.amount_tax), (90, 0))
        final = self._finish(order)
        self.assertEqual((final.amount_total, final.amount_tax), (210, 0))
        self.assertAlmostEqual(self._sum(advance | final, account_id=self.deposits), 0)

    def test_charge_of_another_position_is_paid_in_advance_as_it_is_billed(self):
        """The payer's position came after the price, before the estimate."""
        included = self._tax(13, price_include_override="tax_included")
        self.travel.write({"lst_price": 113, "taxes_id": [Command.set(included.ids)]})
        order = self._make_order(parts=[], charges=self.travel, partner_id=self.customer.id)
        self.customer.property_account_position_id = self.env["account.fiscal.position"].create(
            {"name": "Export"}
        )
        order.action_tell_estimate()
        order.action_accept_estimate()
        self.assertEqual(order.estimate_advance_amount, 30)
        advance = self._invoice_advance(order)
        final = self._finish(order)
        self.assertEqual(advance.amount_total + final.amount_total, 100)

    def test_odd_amounts_end_at_nothing(self):
        """Cents that do not divide: what was taken comes back to the cent."""
        low = self._tax(7)
        self.travel.write({"lst_price": 33.33, "taxes_id": [Command.set(low.ids)]})
        self.labour.lst_price = 66.67
        for percent in (33.33, 7.77, 99.99):
            with self.subTest(percent=percent):
                order = self._accepted(self.travel | self.labour, advance_percent=percent)
                advance = self._invoice_advance(order)
                self.assertAlmostEqual(advance.amount_total, order.estimate_advance_amount)
                final = self._finish(order)
                both = advance | final
                self.assertAlmostEqual(self._sum(both, account_id=self.deposits), 0)
                self.assertAlmostEqual(sum(both.mapped("amount_untaxed")), 100)
                self.assertAlmostEqual(sum(both.mapped("amount_tax")), 12.33)

    def test_another_currency(self):
        self._enable_pricelists()
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.customer.property_product_pricelist = self._create_pricelist(currency_id=euro.id)
        order = self._accepted(self.travel | self.labour)
        self.assertEqual(order.estimate_currency_id, euro)
        self.assertEqual(order.estimate_advance_amount, 34.5, "30 % of 115 euros")
        advance = self._invoice_advance(order)
        self.assertEqual((advance.currency_id, advance.amount_total), (euro, 34.5))
        self.assertAlmostEqual(self._sum(advance, account_id=self.deposits), -60)
        final = self._finish(order)
        self.assertEqual((final.currency_id, final.amount_total), (euro, 80.5))
        self.assertAlmostEqual(self._sum(advance | final, account_id=self.deposits), 0)

    # === HOW MUCH === #

    def test_percent_and_amount(self):
        self.type_half.advance_percent = 50
        half, order = (
            self._make_order(
                parts=[],
                charges=self.travel,
                partner_id=self.customer.id,
                service_type_id=service_type.id,
            )
            for service_type in (self.type_half, self.type_onsite)
        )
        self.assertEqual(half.advance_percent, 50, "as the kind of service says")
        self.assertEqual(order.advance_percent, 30, "as the settings say")
        for vals, amount in (
            ({"advance_percent": 10}, 5.75),
            ({"advance_percent": 0}, 0),
            ({"advance_fixed": 20}, 20),
            ({"advance_fixed": 1000}, 57.5),
        ):
            with self.subTest(vals=vals):
                order.write(vals)
                order.action_tell_estimate()
                self.assertAlmostEqual(order.estimate_advance_amount, amount)

    def test_nothing_in_advance(self):
        self.company.aftersales_advance_percent = 0
        order = self._accepted()
        self.assertFalse(order.advance_charge_ids)
        self.assertEqual(order.advance_status, "none")
        self.assertEqual(self._finish(order).amount_untaxed, 50)

    def test_nothing_of_what_others_pay(self):
        order = self._make_order()
        order.action_tell_estimate()
        self.assertEqual(order.estimate_advance_amount, 0, "the maker pays the part")

    # === NEVER TWICE === #

    def test_accepted_once_more_asks_nothing_more(self):
        order = self._accepted()
        order.action_accept_estimate()
        self.assertEqual(len(order.advance_charge_ids), 1)
        self._invoice_advance(order)
        self.env["aftersales.charge"].create({"repair_id": order.id, "product_id": self.labour.id})
        order.action_tell_estimate()
        order.action_accept_estimate()
        self.assertEqual(len(order.advance_charge_ids), 1)
        self.assertEqual(self._finish(order).amount_untaxed, 185)

    def test_a_new_estimate_withdraws_what_is_not_invoiced(self):
        order = self._accepted()
        first = self._settlements(order)
        order.action_tell_estimate()
        self.assertEqual(first.state, "cancelled")
        self.assertEqual(order.advance_status, "none")
        order.advance_percent = 60
        order.action_tell_estimate()
        order.action_accept_estimate()
        self.assertEqual(order.advance_asked_amount, 34.5)
        order.action_refuse_estimate()
        self.assertEqual(order.advance_status, "none")

    def test_not_invoiced_is_not_deducted(self):
        order = self._accepted()
        self.assertEqual(self._finish(order).amount_untaxed, 50)
        self.assertEqual(order.advance_status, "none")

    def test_taken_back_once(self):
        order = self._accepted()
        self._invoice_advance(order)
        self._do(order)
        order.sudo()._take_back_advance()
        backs = order.advance_charge_ids.filtered("advance_id")
        self.assertEqual(len(backs), 1)
        vals = order.advance_charge_ids[0].sudo()._prepare_advance_back_vals()
        vals["advance_id"] = backs.advance_id.id
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["aftersales.charge"].sudo().create(vals)

    def test_work_that_cost_less_gives_the_rest_back(self):
        order = self._accepted(self.travel | self.labour)
        self._invoice_advance(order)
        order.charge_ids.filtered(lambda charge: charge.product_id == self.labour).action_cancel()
        final = self._finish(order)
        self.assertRecordValues(
            final, [{"move_type": "out_refund", "amount_untaxed": 10, "amount_total": 11.5}]
        )
        self.assertAlmostEqual(self._sum(final, account_id=self.deposits), 60)

    def test_deducted_stays_invoiced(self):
        order = self._accepted()
        self._invoice_advance(order)
        settlement = self._settlements(order)
        self._do(order)
        order.action_settle()
        with self.assertRaisesRegex(UserError, "Cancel that one first"):
            settlement.action_cancel()
        final = self._settlements(order) - settlement
        final.action_cancel()
        settlement.action_cancel()
        self.assertEqual(order.advance_status, "none")
        order.action_settle()
        last = order.charge_ids.settlement_line_ids.settlement_id - final
        self.assertEqual(last.amount_untaxed, 50)

    # === CREDITED BY ACCOUNTING === #

    def _credit(self, move, cancel=False, **line_vals):
        """Credit an invoice as accountants do; return the posted credit note."""
        credit = move._reverse_moves([{"invoice_date": move.invoice_date}], cancel=cancel)
        if line_vals:
            credit.invoice_line_ids.write(line_vals)
        if not cancel:
            credit.action_post()
        return credit

    def test_deducted_is_not_given_back_too(self):
        """Paid in advance and taken off: crediting it as well is refused, whoever does it."""
        keeper = self._new_user("keeper", "account.group_account_user")
        order = self._accepted()
        advance = self._invoice_advance(order)
        self._do(order)
        order.action_settle()
        draft = self._settlements(order) - advance.aftersales_settlement_ids
        with self.assertRaisesRegex(UserError, draft.name):
            self._credit(advance)
        final = self._invoice(draft)
        for cancel in (False, True):
            with self.subTest(cancel=cancel), self.assertRaisesRegex(UserError, final.name):
                self._credit(advance.with_user(keeper), cancel=cancel)
        self.assertEqual(order.advance_status, "deducted")
        self.assertFalse(advance.reversal_move_ids.filtered(lambda move: move.state == "posted"))

    def test_both_credited_and_settled_anew(self):
        """First the invoice it is taken off, then the payment: nothing is left in the books, and
        the work is invoiced in full."""
        order = self._accepted()
        advance = self._invoice_advance(order, pay=False)
        final = self._finish(order)
        moves = advance | final
        moves |= self._credit(final, cancel=True)
        moves |= self._credit(advance, cancel=True)
        for account in moves.line_ids.account_id:
            self.assertAlmostEqual(self._sum(moves, account_id=account), 0, msg=account.name)
        settlement = final.aftersales_settlement_ids
        self.assertEqual(settlement.status, "reversed")
        with self.assertRaisesRegex(UserError, "credited meanwhile"):
            settlement.action_create_invoice()
        settlement.action_cancel()
        order.action_settle()
        last = order.charge_ids.settlement_line_ids.settlement_id - settlement
        self.assertEqual((last.amount_untaxed, last.amount_total), (50, 57.5))
        self.assertEqual(self._invoice(last).amount_total, 57.5)
        self.assertAlmostEqual(self._sum(moves | last.move_id, account_id=self.deposits), 0)

    def test_credited_before_it_is_taken_off(self):
        """Paid and credited, before or after the work ended: the work is invoiced in full."""
        for when in ("before", "after"):
            with self.subTest(when):
                order = self._accepted()
                advance = self._invoice_advance(order)
                if when == "after":
                    self._do(order)
                    self.assertEqual(order.advance_status, "deducted")
                credit = self._credit(advance)
                self.assertEqual(credit.amount_residual, 17.25, "owed back")
                if when == "before":
                    self.assertEqual(order.advance_status, "refunded")
                    self._do(order)
                order.action_settle()
                settlement = order.charge_ids.settlement_line_ids.settlement_id
                final = self._invoice(settlement)
                self.assertEqual((final.amount_untaxed, final.amount_total), (50, 57.5))
                books = advance | credit | final
                self.assertAlmostEqual(self._sum(books, account_id=self.deposits), 0)

    def test_credit_note_taken_back_is_deducted_again(self):
        """Worked, credited, and the credit note taken back: what was paid is owed once."""
        order = self._accepted()
        advance = self._invoice_advance(order)
        self._do(order)
        first = order.advance_charge_ids.filtered("advance_id")
        credit = self._credit(advance)
        self.assertEqual(first.state, "cancelled")
        credit.button_draft()
        again = order.advance_charge_ids.filtered("advance_id") - first
        self.assertRecordValues(again, [{"state": "confirmed", "amount": -15}])
        credit.action_post()
        self.assertEqual(again.state, "cancelled")
        credit.button_draft()
        credit.button_cancel()
        order.action_settle()
        settlement = order.charge_ids.settlement_line_ids.settlement_id
        self.assertEqual(settlement.amount_untaxed, 35)

    def test_credit_note_that_was_reversed_is_deducted_again(self):
        """Worked, credited by mistake, and the credit note reversed: the customer pays the rest."""
        order = self._accepted()
        advance = self._invoice_advance(order)
        self._do(order)
        credit = self._credit(advance)
        undoing = credit._reverse_moves([{"invoice_date": credit.invoice_date}], cancel=True)
        order.action_settle()
        settlement = order.charge_ids.settlement_line_ids.settlement_id
        final = self._invoice(settlement)
        self.assertEqual(final.amount_untaxed, 35)
        self.assertEqual(order.advance_status, "deducted")
        books = advance | credit | undoing | final
        self.assertAlmostEqual(self._sum(books, account_id=self.deposits), 0)

    def test_to_give_back_until_it_is_given(self):
        """Credited, or the order cancelled: as long as the credit note is open."""
        order = self._accepted()
        credit = self._credit(self._invoice_advance(order))
        self.assertEqual((order.advance_status, order.advance_paid_amount), ("refunded", 0))
        self._pay(credit)
        order.invalidate_recordset()
        self.assertEqual((order.advance_status, order.advance_paid_amount), ("returned", 0))
        cancelled = self._accepted()
        self._invoice_advance(cancelled)
        cancelled.action_repair_cancel()
        self.assertEqual(cancelled.advance_status, "refunded")
        drafts = self._settlements(cancelled).filtered(lambda record: record.state == "draft")
        credit = self._invoice(drafts)
        self.assertEqual(cancelled.advance_status, "refunded")
        self._pay(credit)
        self.assertEqual(cancelled.advance_status, "returned")

    def test_a_part_of_it_is_not_credited(self):
        order = self._accepted()
        advance = self._invoice_advance(order)
        with self.assertRaisesRegex(UserError, "Credit all of it"):
            self._credit(advance, quantity=0.5)
        self._credit(advance)

    # === CANCELLED === #

    def test_cancelled_order_gives_it_back(self):
        order = self._accepted()
        advance = self._invoice_advance(order)
        order.action_repair_cancel()
        self.assertEqual(order.advance_status, "refunded")
        refund = self._settlements(order).filtered(lambda record: record.state == "draft")
        self.assertEqual(refund.amount_total, -17.25)
        credit = self._invoice(refund)
        self.assertRecordValues(
            credit, [{"move_type": "out_refund", "amount_untaxed": 15, "amount_total": 17.25}]
        )
        both = advance | credit
        for account in both.line_ids.account_id:
            with self.subTest(account=account.name):
                self.assertAlmostEqual(self._sum(both, account_id=account), 0)

    def test_cancelled_before_it_was_invoiced(self):
        order = self._accepted()
        order.action_repair_cancel()
        self.assertEqual(order.advance_status, "none")
        self.assertEqual(set(order.advance_charge_ids.mapped("state")), {"cancelled"})

    def test_opened_again_the_refund_is_taken_back(self):
        order = self._accepted()
        self._invoice_advance(order)
        order.action_repair_cancel()
        order.action_repair_cancel_draft()
        self.assertEqual(order.advance_status, "paid")
        self.assertEqual(self._finish(order).amount_untaxed, 35)

    # === WORK WAITS FOR THE MONEY === #

    def test_work_waits_until_it_is_paid(self):
        self.company.aftersales_advance_first = True
        order = self._accepted(technician_id=self.technician.id)
        order.action_validate()
        for start in (order.with_user(self.technician).action_repair_start,):
            with self.assertRaisesRegex(UserError, r"pays \$\xa017\.25 in advance"):
                start()
        with self.assertRaises(UserError):
            self._call(self.technician, order, "write", {"state": "under_repair"})
        move = self._invoice_advance(order, pay=False)
        with self.assertRaises(UserError):
            order.action_repair_start()
        self._pay(move)
        order.with_user(self.technician).action_repair_start()
        self.assertEqual(order.state, "under_repair")

    def test_work_waits_when_it_was_credited(self):
        """Paid, credited and paid out: no work before a manager does without, or it is paid."""
        self.company.aftersales_advance_first = True
        for paid_out, again in ((False, False), (True, False), (False, True)):
            with self.subTest(paid_out=paid_out, again=again):
                order = self._accepted(technician_id=self.technician.id)
                order.action_validate()
                advance = self._invoice_advance(order)
                credit = self._credit(advance)
                if paid_out:
                    self._pay(credit)
                own = order.with_user(self.technician)
                order.invalidate_recordset()
                with self.assertRaisesRegex(UserError, r"\$\xa017\.25 of it is not here"):
                    own.action_repair_start()
                with self.assertRaises(UserError):
                    self._call(self.technician, order, "write", {"state": "under_repair"})
                moves = advance | credit
                if again:
                    order.action_accept_estimate()
                    self.assertEqual(order.advance_status, "asked")
                    drafts = self._settlements(order).filtered(lambda one: one.state == "draft")
                    moves |= self._invoice(drafts)
                    self._pay(drafts.move_id)
                else:
                    order.with_user(self.manager).action_waive_advance()
                own.action_repair_start()
                order.action_repair_end()
                order.action_settle()
                final = self._invoice(order.charge_ids.settlement_line_ids.settlement_id)
                self.assertEqual(final.amount_untaxed, 35 if again else 50)
                self.assertAlmostEqual(self._sum(moves | final, account_id=self.deposits), 0)

    def test_manager_does_without(self):
        self.company.aftersales_advance_first = True
        order = self._accepted(technician_id=self.technician.id)
        order.action_validate()
        with self.assertRaises(AccessError):
            order.with_user(self.technician).action_waive_advance()
        order.with_user(self.manager).action_waive_advance()
        order.action_repair_start()
        self.assertEqual(order.advance_status, "none")
        invoiced = self._accepted()
        self._invoice_advance(invoiced)
        with self.assertRaisesRegex(UserError, "invoiced as"):
            invoiced.with_user(self.manager).action_waive_advance()

    # === WHO MAY === #

    def test_not_by_hand(self):
        order = self._accepted()
        charge = order.advance_charge_ids
        self.assertEqual(charge.bearer, "customer")
        with self.assertRaises(UserError):
            self.env["aftersales.charge"].create(
                {"kind": "advance", "partner_id": self.customer.id, "price_unit": -100}
            )
        for call in (
            lambda: charge.with_user(self.manager).action_cancel(),
            lambda: charge.with_user(self.manager).action_draft(),
            lambda: charge.with_user(self.manager).write({"advance_repair_id": False}),
            lambda: order.with_user(self.manager).write({"estimate_advance_amount": 1}),
        ):
            with self.assertRaises(UserError):
                call()

    def test_technician_takes_the_answer(self):
        order = self._make_order(
            parts=[],
            charges=self.travel,
            partner_id=self.customer.id,
            technician_id=self.technician.id,
        )
        own = order.with_user(self.technician)
        own.action_tell_estimate()
        own.action_accept_estimate()
        self.assertEqual(order.advance_asked_amount, 17.25)
        self.assertEqual(own.advance_status, "asked")
