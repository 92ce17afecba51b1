from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_cost import TODAY, CostCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCostBill(CostCommon):
    """What we owe for service costs is billed once, by Odoo's taxes and accounts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.company_data["default_tax_purchase"]
        cls.expense = cls.company_data["default_account_expense"]
        for product in (cls.hotel, cls.ferry):
            product.supplier_taxes_id = [Command.set(cls.tax.ids)]

    # === HELPERS === #

    def _bill(self, costs, user=None):
        """Bill costs as finance does; return the draft bills."""
        (costs.with_user(user or self.settler)).action_create_bill()
        return costs.move_id

    def _post(self, moves):
        moves.invoice_date = "2025-06-10"
        moves.action_post()
        return moves

    # === BILLING === #

    def test_from_the_note_to_the_journal(self):
        """A hotel of 100.00 with 15 % tax: expense, tax and what we owe the workshop."""
        cost = self._owe(reference="H-77")
        self.assertEqual(cost.billing_status, "to_bill")
        move = self._bill(cost)
        self.assertRecordValues(
            move,
            [
                {
                    "move_type": "in_invoice",
                    "state": "draft",
                    "partner_id": self.workshop.id,
                    "ref": "H-77",
                    "invoice_origin": self.order.name,
                    "aftersales_kind": "vendor",
                    "amount_untaxed": 100,
                    "amount_tax": 15,
                }
            ],
        )
        self.assertIn(self.order.name, move.invoice_line_ids.name)
        self.assertEqual(cost.billing_status, "billed")
        self._post(move)
        self.assertRecordValues(
            move.line_ids.sorted("balance"),
            [
                {"account_id": self.workshop.property_account_payable_id.id, "balance": -115},
                {"account_id": self.tax.invoice_repartition_line_ids.account_id.id, "balance": 15},
                {"account_id": self.expense.id, "balance": 100},
            ],
        )
        self._pay(move, amount=15)
        self.assertEqual(cost.billing_status, "partial")
        self._pay(move)
        self.assertEqual(cost.billing_status, "paid")

    def test_fiscal_position_of_the_vendor(self):
        abroad = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self.tax.copy(
            {
                "name": "None",
                "amount": 0,
                "fiscal_position_ids": abroad.ids,
                "original_tax_ids": self.tax.ids,
            }
        )
        self.workshop.property_account_position_id = abroad
        self.assertEqual(self._bill(self._owe()).amount_tax, 0)

    def test_technician_gets_back_what_he_paid(self):
        """Taxes are in what he paid; what reverses the bill takes back the same."""
        for amount, untaxed in ((115, 100), (100, 86.96), (10.01, 8.70)):
            with self.subTest(amount=amount):
                cost = self._cost(amount)
                cost.action_confirm()
                move = self._post(self._bill(cost))
                self.assertRecordValues(move, [{"amount_total": amount, "amount_untaxed": untaxed}])
                credit = move._reverse_moves([{"invoice_date": "2025-06-10"}], cancel=True)
                self.assertEqual(credit.amount_total, amount)

    def test_one_bill_for_each_whom_we_owe(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        mine = self._cost()
        mine.action_confirm()
        costs = self._owe() | self._owe(50) | self._owe(currency_id=euro.id) | mine
        moves = self._bill(costs)
        self.assertRecordValues(
            moves.sorted("amount_untaxed_signed"),
            [
                {"partner_id": self.workshop.id, "amount_untaxed": 150},
                {"partner_id": self.technician.partner_id.id, "amount_untaxed": 86.96},
                {"partner_id": self.workshop.id, "amount_untaxed": 100},
            ],
        )
        self.assertEqual(moves.filtered(lambda m: m.currency_id == euro).amount_untaxed_signed, -50)

    def test_credit_note_when_the_vendor_owes_us(self):
        move = self._bill(self._owe(quantity=-1))
        self.assertRecordValues(
            move, [{"move_type": "in_refund", "amount_untaxed": 100, "amount_tax": 15}]
        )
        mixed = self._bill(self._owe(quantity=-1) | self._owe(150))
        self.assertRecordValues(mixed, [{"move_type": "in_invoice", "amount_untaxed": 50}])

    def test_analytic_accounts_of_the_work(self):
        plan = self.env["account.analytic.plan"].create({"name": "Service"})
        account = self.env["account.analytic.account"].create({"name": "A", "plan_id": plan.id})
        self.team_a.analytic_distribution = {account.id: 100}
        line = self._bill(self._owe()).invoice_line_ids
        self.assertEqual(line.analytic_distribution, {str(account.id): 100})

    def test_receipts_go_to_the_bill(self):
        cost = self._cost(flow="vendor", payee_id=self.workshop.id)
        self.env["ir.attachment"].create(
            {"name": "receipt.txt", "raw": b"80", "res_model": cost._name, "res_id": cost.id}
        )
        cost.action_confirm()
        move = self._bill(cost)
        found = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", move.id)]
        )
        self.assertEqual(found.mapped("name"), ["receipt.txt"])
        self.assertEqual(cost.receipt_count, 1, "and stay on the cost")

    def test_from_the_work_order(self):
        cost, draft = self._owe(), self._cost()
        self.assertTrue(self.order.has_costs_to_bill)
        self.order.with_user(self.settler).action_bill_costs()
        self.assertTrue(cost.move_id)
        self.assertFalse(draft.move_id)
        self.assertFalse(self.order.has_costs_to_bill)
        with self.assertRaisesRegex(UserError, "left to bill"):
            self.order.with_user(self.settler).action_bill_costs()

    # === ONCE === #

    def test_what_cannot_be_billed(self):
        paid = self._cost(flow="paid")
        paid.action_confirm()
        billed = self._owe()
        self._bill(billed)
        for cost, message in (
            (self._cost(), "not confirmed"),
            (paid, "nothing to bill"),
            (billed, "billed already"),
        ):
            with self.subTest(message=message), self.assertRaisesRegex(UserError, message):
                self._bill(cost | self._owe())
        self.assertEqual(paid.billing_status, "none")

    def test_two_who_bill_at_once(self):
        """Whoever comes second finds the row of the cost taken, and bills nothing."""
        cost = self._owe()
        with (
            patch.object(
                type(cost), "try_lock_for_update", lambda costs, **options: costs.browse()
            ),
            self.assertRaisesRegex(UserError, "Somebody else"),
        ):
            self._bill(cost)
        self.assertFalse(cost.move_id)

    def test_only_finance_bills(self):
        cost = self._owe()
        for user in (self.technician, self.leader, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._call(user, cost, "action_create_bill")
        for user in (self.settler, self.manager, self.env.user):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                cost.with_user(user).write({"move_line_id": False})

    def test_billed_costs_stand(self):
        cost = self._owe()
        self._bill(cost)
        for target in ("draft", "cancelled"):
            with self.subTest(target=target), self.assertRaisesRegex(UserError, "on bill"):
                cost.write({"state": target})

    def test_deleting_frees(self):
        """The bill, or the line of one cost on it."""
        costs = self._owe() | self._owe(50)
        move = self._bill(costs)
        costs[0].move_line_id.unlink()
        self.assertEqual(costs.mapped("billing_status"), ["to_bill", "billed"])
        move.unlink()
        self.assertEqual(costs.mapped("billing_status"), ["to_bill", "to_bill"])
        self.assertEqual(len(self._bill(costs)), 1)

    def test_cancelling_frees(self):
        cost = self._owe()
        first = self._bill(cost)
        first.button_cancel()
        self.assertEqual(cost.billing_status, "to_bill")
        second = self._bill(cost)
        self.assertNotEqual(first, second)
        first.button_draft()
        with self.assertRaisesRegex(UserError, "billed anew"):
            self._post(first)
        self._post(second)
        self.assertEqual(cost.billing_status, "billed")

    def test_a_cost_that_was_changed_is_not_posted(self):
        cost = self._owe()
        move = self._bill(cost)
        move.button_cancel()
        cost.action_draft()
        move.button_draft()
        with self.assertRaisesRegex(UserError, "gave up"):
            self._post(move)

    def test_reversing_frees(self):
        cost = self._owe()
        first = self._post(self._bill(cost))
        credit = first._reverse_moves([{"invoice_date": "2025-06-10"}], cancel=True)
        self.assertEqual(cost.billing_status, "reversed")
        self._reverse_back(credit)
        second = self._post(self._bill(cost))
        self.assertEqual(cost.move_id, second)
        with self.assertRaisesRegex(UserError, "billed anew"):
            credit.button_draft()

    def _reverse_back(self, credit):
        """A credit note taken back while nobody billed the cost again: its bill stands."""
        cost = self.env["aftersales.cost"].search([("move_id", "=", credit.reversed_entry_id.id)])
        with self.env.cr.savepoint() as savepoint:
            credit.button_draft()
            credit.line_ids.remove_move_reconcile()
            self.assertEqual(cost.billing_status, "billed")
            savepoint.rollback()
        self.env.invalidate_all()

    def test_reverse_and_create_leaves_the_cost_with_the_new_bill(self):
        cost = self._owe()
        first = self._post(self._bill(cost))
        second = self._credit_and_replace(first)
        self.assertEqual(cost.move_id, second)
        self.assertEqual(cost.billing_status, "billed")
        self.assertEqual(second.aftersales_kind, "vendor")
        self._post(second)
        self._pay(second)
        self.assertEqual(cost.billing_status, "paid")

    def test_bill_of_the_accountants_own(self):
        move = self.init_invoice("in_invoice", partner=self.workshop, amounts=[10], post=True)
        self.assertFalse(move.aftersales_kind)
        move._reverse_moves([{"invoice_date": "2025-06-10"}], cancel=True).button_draft()

    def test_seen_from_the_bill(self):
        costs = self._owe() | self._owe(50)
        move = self._bill(costs)
        self.assertEqual(move.aftersales_cost_count, 2)
        action = move.with_user(self.settler).action_view_aftersales_costs()
        self.assertEqual(self.env["aftersales.cost"].search(action["domain"]), costs)
        self.assertEqual(costs.action_view_bill()["res_id"], move.id)
        Form(move.with_user(self.settler))

    # === COMPANIES === #

    def test_each_company_bills_its_own(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids = [Command.link(other.id)]
        self.env["stock.warehouse"].search([("company_id", "=", other.id)])
        both = self.env(context={"allowed_company_ids": (self.company | other).ids})
        theirs = (
            both["repair.order"]
            .with_company(other)
            .create(
                {"product_id": self.ac.id, "company_id": other.id, "partner_id": self.customer.id}
            )
        )
        costs = self._owe() | self._owe(repair_id=theirs.id, user_id=self.env.uid)
        costs.with_env(both)._create_bills()
        self.assertEqual([cost.move_id.company_id for cost in costs], [self.company, other])
        self.assertEqual(
            [cost.move_id.journal_id.company_id for cost in costs], [self.company, other]
        )

    # === QUERIES === #

    def test_billing_many_costs_few_queries_more(self):
        spent = []
        for count in (1, 1, 6):
            costs = self.env["aftersales.cost"].union(*(self._owe() for __ in range(count)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            costs._create_bills()
            self.env.flush_all()
            spent.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(spent[2] - spent[1], 15, spent)
