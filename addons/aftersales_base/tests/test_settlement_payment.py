from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestSettlementPayment(AftersalesCommon):
    """What accountants do with an invoice is seen on settlement, charge and unit.

    One trip for 50.00 and 15 % tax: 57.50 are owed.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("SP1")
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            date_reported="2025-06-01 08:00:00",
        )
        cls.loss = cls.company_data["default_account_expense"]
        cls.company.aftersales_write_off_account_id = cls.loss

    # === WHAT ACCOUNTANTS DO === #

    def _settle(self, product=None, **vals):
        charge = self._make_charge(product or self.travel, request_id=self.request.id, **vals)
        return self._make_settlement(charge)

    def _confirm(self, settlement):
        settlement.with_user(self.settler).action_confirm()

    def _invoice(self, settlement):
        settlement.with_user(self.settler).action_create_invoice()

    def _post(self, settlement):
        settlement.move_id.with_user(self.settler).action_post()

    def _pay_all(self, settlement):
        self._pay(settlement.move_id, user=self.settler)

    def _pay_less_and_write_off(self, settlement):
        self._pay(
            settlement.move_id,
            57.0,
            self.settler,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.loss.id,
        )

    def _undo_payment(self, settlement):
        payment = settlement.move_id.reconciled_payment_ids
        payment.action_draft()
        payment.action_cancel()

    def _write_off(self, settlement):
        action = settlement.with_user(self.settler).action_write_off()
        Wizard = self.env["aftersales.settlement.write.off"].with_user(self.settler)
        form = Form(Wizard.with_context(**action["context"]))
        form.reason = "Insolvent"
        form.save().action_write_off()

    def _undo_write_off(self, settlement):
        lines = settlement.move_id.line_ids.matched_credit_ids.credit_move_id
        lines.move_id.filtered(lambda move: move.move_type == "entry")._reverse_moves(cancel=True)

    def _credit(self, settlement, post=True):
        return self._credit_invoice(settlement.move_id, user=self.settler, post=post)

    def _credit_a_part(self, settlement):
        self._credit_invoice(settlement.move_id, 20.0, self.settler)

    def _take_credit_back(self, settlement):
        settlement.move_id.reversal_move_ids.button_draft()

    def _delete_credit(self, settlement):
        credit = settlement.move_id.reversal_move_ids
        credit.button_draft()
        credit.unlink()

    def _replace(self, settlement):
        self._credit_and_replace(settlement.move_id, self.settler)

    def _draft_invoice(self, settlement):
        settlement.move_id.with_user(self.settler).button_draft()

    def _cancel_invoice(self, settlement):
        settlement.move_id.with_user(self.settler).button_draft()
        settlement.move_id.with_user(self.settler).button_cancel()

    def _delete_invoice(self, settlement):
        settlement.move_id.with_user(self.settler).unlink()

    def _set_off(self, settlement):
        """Reconcile the invoice with a credit note for something else."""
        credit = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"name": "Bonus", "price_unit": 57.5, "tax_ids": False})
                ],
            }
        )
        credit.action_post()
        lines = (credit | settlement.move_id).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()

    def _reopen(self, settlement):
        settlement.with_user(self.settler).action_draft()

    def _cancel(self, settlement):
        settlement.with_user(self.settler).action_cancel()

    # === SEEN BACK === #

    def test_every_path_is_seen_back(self):
        """Steps of the accountant => status, charge, open, paid, credited, written off."""
        invoice = ("confirm", "invoice")
        posted = (*invoice, "post")
        for steps, *expected in (
            (("confirm",), "confirmed", "settled", 0, 0, 0, 0),
            (invoice, "invoiced", "settled", 0, 0, 0, 0),
            (posted, "invoiced", "settled", 57.5, 0, 0, 0),
            ((*posted, "pay_20"), "partial", "partial", 37.5, 20, 0, 0),
            ((*posted, "pay_all"), "paid", "paid", 0, 57.5, 0, 0),
            ((*posted, "pay_20", "pay_all"), "paid", "paid", 0, 57.5, 0, 0),
            ((*posted, "pay_all", "undo_payment"), "invoiced", "settled", 57.5, 0, 0, 0),
            ((*posted, "pay_less_and_write_off"), "written_off", "written_off", 0, 57, 0, 0.5),
            ((*posted, "write_off"), "written_off", "written_off", 0, 0, 0, 57.5),
            ((*posted, "pay_20", "write_off"), "written_off", "written_off", 0, 20, 0, 37.5),
            ((*posted, "write_off", "undo_write_off"), "invoiced", "settled", 57.5, 0, 0, 0),
            ((*posted, "credit_a_part"), "partial", "partial", 34.5, 0, 23, 0),
            ((*posted, "credit_a_part", "pay_all"), "paid", "paid", 0, 34.5, 23, 0),
            (
                (*posted, "credit_a_part", "write_off"),
                *("written_off", "written_off", 0, 0, 23, 34.5),
            ),
            ((*posted, "credit"), "reversed", "reversed", 0, 0, 57.5, 0),
            # What is reconciled stays so while the credit note is a draft: Odoo's way.
            ((*posted, "credit", "take_credit_back"), "reversed", "reversed", 0, 0, 57.5, 0),
            ((*posted, "credit", "delete_credit"), "invoiced", "settled", 57.5, 0, 0, 0),
            ((*posted, "credit", "invoice"), "invoiced", "settled", 0, 0, 0, 0),
            ((*posted, "credit", "invoice", "post", "pay_all"), "paid", "paid", 0, 57.5, 0, 0),
            ((*posted, "credit", "reopen"), "draft", "settled", 0, 0, 0, 0),
            ((*posted, "credit", "reopen", "confirm"), "confirmed", "settled", 0, 0, 0, 0),
            ((*posted, "credit", "reopen", *posted, "pay_all"), "paid", "paid", 0, 57.5, 0, 0),
            ((*posted, "credit", "cancel"), "cancelled", "to_settle", 0, 0, 57.5, 0),
            ((*posted, "replace"), "invoiced", "settled", 0, 0, 0, 0),
            ((*posted, "replace", "post", "pay_all"), "paid", "paid", 0, 57.5, 0, 0),
            ((*posted, "replace", "post", "cancel"), "cancelled", "to_settle", 0, 0, 57.5, 0),
            ((*posted, "set_off"), "paid", "paid", 0, 57.5, 0, 0),
            ((*posted, "draft_invoice"), "invoiced", "settled", 0, 0, 0, 0),
            ((*posted, "draft_invoice", "post"), "invoiced", "settled", 57.5, 0, 0, 0),
            ((*posted, "pay_all", "draft_invoice"), "invoiced", "settled", 0, 0, 0, 0),
            ((*posted, "cancel_invoice"), "confirmed", "settled", 0, 0, 0, 0),
            ((*posted, "cancel_invoice", "invoice"), "invoiced", "settled", 0, 0, 0, 0),
            ((*posted, "cancel_invoice", "reopen"), "draft", "settled", 0, 0, 0, 0),
            ((*invoice, "delete_invoice"), "confirmed", "settled", 0, 0, 0, 0),
            ((*invoice, "delete_invoice", "invoice"), "invoiced", "settled", 0, 0, 0, 0),
            ((*invoice, "cancel"), "cancelled", "to_settle", 0, 0, 0, 0),
            ((*posted, "cancel"), "cancelled", "to_settle", 0, 0, 57.5, 0),
            ((*posted, "cancel", "reopen"), "draft", "settled", 0, 0, 0, 0),
        ):
            with self.subTest(steps=steps), self.env.cr.savepoint():
                settlement = self._settle()
                charge = settlement.line_ids.charge_id
                for step in steps:
                    if step == "pay_20":
                        self._pay(settlement.move_id, 20.0, self.settler)
                    else:
                        getattr(self, f"_{step}")(settlement)
                self.assertEqual(
                    (
                        settlement.status,
                        charge.settlement_status,
                        settlement.amount_residual,
                        settlement.amount_paid,
                        settlement.amount_credited,
                        settlement.amount_written_off,
                    ),
                    tuple(expected),
                )

    def test_credit_note_of_ours_is_paid_back(self):
        """We owe: every amount is negative, and paying it back closes it."""
        settlement = self._settle(price_unit=-50.0)
        self._confirm(settlement)
        self._invoice(settlement)
        self._post(settlement)
        self.assertEqual(settlement.move_id.move_type, "out_refund")
        self.assertEqual(settlement.amount_residual, -57.5)
        self._pay(settlement.move_id, 20.0, self.settler)
        self.assertEqual((settlement.amount_residual, settlement.amount_paid), (-37.5, -20))
        self._write_off(settlement)
        self.assertEqual(settlement.status, "written_off")
        self.assertEqual(settlement.amount_written_off, -37.5)

    def test_the_page_of_the_unit_says_what_is_open(self):
        other = self._make_unit("SP2")
        request = self._make_request(unit_id=other.id)
        charges = self._make_charge(self.travel, request_id=self.request.id)
        charges |= self._make_charge(self.travel, request_id=request.id, price_unit=150.0)
        settlement = self._make_settlement(charges)
        units = self.unit | other
        for step, expected in (
            ("confirm", [0, 0]),
            ("invoice", [0, 0]),
            ("post", [57.5, 172.5]),
            ("pay_23", [51.75, 155.25]),
            ("pay_all", [0, 0]),
        ):
            with self.subTest(step=step):
                if step == "pay_23":
                    self._pay(settlement.move_id, 23.0, self.settler)
                else:
                    getattr(self, f"_{step}")(settlement)
                units.invalidate_recordset(["amount_open"])
                self.assertEqual(units.with_user(self.technician).mapped("amount_open"), expected)

    def test_an_invoice_made_anew_is_open_once(self):
        settlement = self._settle()
        self._confirm(settlement)
        self._invoice(settlement)
        self._post(settlement)
        self._replace(settlement)
        self._post(settlement)
        unit = settlement.line_ids.unit_id
        unit.invalidate_recordset(["amount_open"])
        self.assertEqual(unit.amount_open, settlement.amount_residual)

    def test_one_payment_for_two_settlements_with_a_difference(self):
        """What is lost of a payment falls on its invoices by what it settles of each."""
        settlements = self._settle() | self._settle()
        for settlement in settlements:
            self._confirm(settlement)
            self._invoice(settlement)
            self._post(settlement)
        self._pay(
            settlements.move_id,
            114.0,
            self.settler,
            group_payment=True,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.loss.id,
        )
        self.assertEqual(settlements.mapped("amount_written_off"), [0.5, 0.5])
        self.assertEqual(settlements.mapped("amount_paid"), [57.0, 57.0])

    # === NOTHING TWICE === #

    def test_a_credit_note_is_kept_once_its_charges_are_free(self):
        """Neither side of a reversal comes back after the charges are settled again."""
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post, self._credit):
            step(settlement)
        move, credit = settlement.move_id, settlement.move_id.reversal_move_ids
        self._invoice(settlement)
        for undo in (credit.button_draft, credit.button_cancel):
            with self.assertRaises(UserError) as caught:
                undo()
            self.assertIn(settlement.name, str(caught.exception))
        self.assertNotEqual(settlement.move_id, move)
        move.button_draft()
        with self.assertRaises(UserError) as caught:
            move.action_post()
        self.assertIn("given up", str(caught.exception))
        move.button_cancel()

    def test_lines_that_were_deleted_leave_no_way_back(self):
        """The old invoice stays reversed though nothing on the settlement points to it."""
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post, self._credit):
            step(settlement)
        move, credit = settlement.move_id, settlement.move_id.reversal_move_ids
        self._reopen(settlement)
        charge = settlement.line_ids.charge_id
        settlement.with_user(self.settler).line_ids.unlink()
        again = self._make_settlement(charge)
        for step in (self._confirm, self._invoice, self._post):
            step(again)
        with self.assertRaisesRegex(UserError, settlement.name):
            credit.button_draft()
        move.button_draft()
        with self.assertRaisesRegex(UserError, "given up"):
            move.action_post()

    def test_an_invoice_given_up_is_not_posted(self):
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post, self._cancel_invoice):
            step(settlement)
        move = settlement.move_id
        self._invoice(settlement)
        move.button_draft()
        self.assertFalse(self._passes(move.action_post))
        self.assertTrue(self._passes(settlement.move_id.action_post))

    def test_what_was_undone_in_part_is_not_undone_again(self):
        """Cancelling reverses what stands, so it waits for what the accountant began."""
        for begun, text in (
            ("credit_a_part", "credited in part"),
            ("write_off", "written off"),
            ("draft_credit", "is a draft"),
            ("credit_taken_back", "is a draft"),
        ):
            with self.subTest(begun=begun):
                settlement = self._settle()
                for step in (self._confirm, self._invoice, self._post):
                    step(settlement)
                if begun == "draft_credit":
                    self._credit(settlement, post=False)
                elif begun == "credit_taken_back":
                    self._credit(settlement).button_draft()
                    self.assertFalse(self._passes(self._reopen, settlement))
                    self.assertFalse(self._passes(self._invoice, settlement))
                else:
                    getattr(self, f"_{begun}")(settlement)
                with self.assertRaises(UserError) as caught:
                    settlement.with_user(self.settler).action_cancel()
                self.assertIn(text, str(caught.exception))

    def test_credited_in_full_and_not_matched(self):
        """Cancelling reverses nothing again, and matches what was not matched."""
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post, self._credit):
            step(settlement)
        move, credit = settlement.move_id, settlement.move_id.reversal_move_ids
        move.line_ids.remove_move_reconcile()
        self.assertEqual((move.amount_residual, credit.amount_residual), (57.5, 57.5))
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(move.reversal_move_ids, credit)
        self.assertEqual((move.amount_residual, credit.amount_residual), (0, 0))
        self.assertEqual(move.payment_state, "reversed")
        lines = (move | credit).line_ids
        for account in lines.account_id:
            own = lines.filtered(lambda line, of=account: line.account_id == of)
            self.assertAlmostEqual(sum(own.mapped("balance")), 0)

    def test_a_credit_note_in_another_currency_tells_nothing(self):
        """75 euros against 57.50 dollars: neither credited in full nor reversed on top of it."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 10.0)])
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post):
            step(settlement)
        move = settlement.move_id
        credit = self._credit(settlement, post=False)
        credit.currency_id = euro
        credit.invoice_line_ids.price_unit = 75
        credit.action_post()
        move.line_ids.remove_move_reconcile()
        self.assertGreater(credit.amount_total, move.amount_total)
        self.assertFalse(move._is_aftersales_credited())
        with self.assertRaisesRegex(UserError, "credited in part"):
            settlement.with_user(self.settler).action_cancel()
        credit.button_draft()
        credit.unlink()
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(move.payment_state, "reversed")

    def test_a_credit_note_that_was_reversed_credits_nothing(self):
        """Credited by mistake and that undone: cancelling reverses the invoice that stands."""
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post, self._credit):
            step(settlement)
        move, credit = settlement.move_id, settlement.move_id.reversal_move_ids
        self.assertTrue(move._is_aftersales_credited())
        undoing = credit._reverse_moves(cancel=True)
        self.assertEqual(move.amount_residual, 57.5)
        self.assertFalse(move._is_aftersales_credited())
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(move.payment_state, "reversed")
        lines = (move | move.reversal_move_ids | undoing).line_ids
        for account in lines.account_id:
            own = lines.filtered(lambda line, of=account: line.account_id == of)
            self.assertAlmostEqual(sum(own.mapped("balance")), 0)

    def test_what_led_to_an_invoice_stays_on_record(self):
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post, self._credit, self._reopen):
            step(settlement)
        self.assertFalse(settlement.move_id)
        with self.assertRaises(UserError) as caught:
            settlement.with_user(self.settler).unlink()
        self.assertIn("stays on record", str(caught.exception))

    # === WRITE-OFF === #

    def test_write_off_to_the_journal_items(self):
        settlement = self._settle()
        for step in (self._confirm, self._invoice, self._post):
            step(settlement)
        self._pay(settlement.move_id, 50.0, self.settler)
        self._write_off(settlement)
        receivable = self.company_data["default_account_receivable"]
        entry = (
            settlement.move_id.line_ids.matched_credit_ids.credit_move_id.move_id
            - settlement.move_id.reconciled_payment_ids.move_id
        )
        self.assertEqual(entry.state, "posted")
        self.assertRecordValues(
            entry.line_ids.sorted("balance"),
            [
                {"account_id": receivable.id, "balance": -7.5, "reconciled": True},
                {"account_id": self.loss.id, "balance": 7.5, "reconciled": False},
            ],
        )
        self.assertEqual(entry.line_ids.partner_id, self.customer)
        self.assertEqual(settlement.move_id.payment_state, "paid")

    def test_write_off_in_a_foreign_currency(self):
        """Open: 100 euros, entered at 0.5 euros a dollar. The loss is what the books hold."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        settlement = self._settle(currency_id=euro.id, price_unit=100.0)
        settlement.line_ids.tax_ids = False
        for step in (self._confirm, self._invoice, self._post):
            step(settlement)
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.25})
        self._write_off(settlement)
        self.assertEqual(settlement.amount_written_off, 100)
        entry = settlement.move_id.line_ids.matched_credit_ids.credit_move_id.move_id
        loss = entry.line_ids.filtered(lambda line: line.account_id == self.loss)
        self.assertRecordValues(loss, [{"amount_currency": 100, "balance": 200}])

    def test_write_off_is_finance_and_says_why(self):
        settlement = self._settle()
        with self.assertRaises(UserError) as caught:
            settlement.with_user(self.settler).action_write_off()
        self.assertIn("no posted invoice", str(caught.exception))
        for step in (self._confirm, self._invoice, self._post):
            step(settlement)
        for user in (self.technician, self.agent, self.manager):
            with self.subTest(user=user.login):
                self.assertFalse(self._passes(self._call, user, settlement, "action_write_off"))
        journal = self.company._get_aftersales_entry_journal()
        args = (self.loss, journal, False)
        with self.assertRaises(AccessError):
            settlement.with_user(self.manager)._write_off(*args, "Insolvent")
        with self.assertRaises(UserError) as caught:
            settlement.with_user(self.settler)._write_off(*args, " ")
        self.assertIn("why", str(caught.exception))
        self._pay_all(settlement)
        with self.assertRaises(UserError) as caught:
            settlement.with_user(self.settler).action_write_off()
        self.assertIn("nothing is open", str(caught.exception))

    def test_several_are_written_off_at_once(self):
        settlements = self._settle() | self._settle()
        for settlement in settlements:
            for step in (self._confirm, self._invoice, self._post):
                step(settlement)
        action = settlements.with_user(self.settler).action_write_off()
        Wizard = self.env["aftersales.settlement.write.off"].with_user(self.settler)
        form = Form(Wizard.with_context(**action["context"]))
        self.assertEqual(form.amount, 115)
        self._write_off(settlements)
        self.assertEqual(settlements.mapped("status"), ["written_off"] * 2)

    def test_what_was_not_accepted_is_told(self):
        settlement = self._settle()
        settlement.line_ids.write({"amount_accepted": 40.0, "difference_reason": "Too dear"})
        self.assertEqual(settlement.amount_not_accepted, 10)
