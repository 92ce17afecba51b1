from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import _UndoError
from .test_money_report import MoneyReportCase

COLUMNS = ("opening", "invoiced", "paid", "credited", "written_off", "exchange", "closing")
MAY, JUNE, JULY, AUGUST = (
    (date(2025, month, 1), date(2025, month, day))
    for month, day in ((5, 31), (6, 30), (7, 31), (8, 31))
)
IN_JUNE, IN_JULY = "2025-06-15 10:00:00", "2025-07-20 10:00:00"


@tagged("post_install", "-at_install")
@freeze_time(IN_JUNE)
class TestBalanceReport(MoneyReportCase):
    """Opening and what happened make closing, to the cent, as the ledger has it (SA6).

    A trip is 57.50 with tax and the customer's, the part 920.00 and the maker's.
    """

    # === HELPERS === #

    def _show(self, period, groupby="payer_id", own=False, domain=()):
        """Return ``{key: (opening, … closing)}`` of a period, and see that it is sound."""
        self.env.flush_all()
        self.env.invalidate_all()
        report = self.env["aftersales.balance.report"].with_context(
            aftersales_from=str(period[0]),
            aftersales_to=str(period[1]),
            aftersales_own_currency=own,
        )
        found = {
            key: tuple(round(value, 2) + 0.0 for value in values)
            for key, *values in report._read_group(
                [("company_id", "=", self.company.id), *domain],
                [groupby],
                [f"{name}:sum" for name in COLUMNS],
            )
        }
        for key, (opening, invoiced, paid, credited, lost, exchange, closing) in found.items():
            self.assertAlmostEqual(
                opening + invoiced - paid - credited - lost + exchange, closing, msg=key
            )
        if not own and not domain:
            closing = sum(values[-1] for values in found.values())
            self.assertAlmostEqual(closing, self._get_ledger(period[1]), msg="the ledger")
        return found

    def _get_ledger(self, day):
        """Return what the ledger says is open on a day on our invoices and their credit notes."""
        moves = self.env["account.move"].search(
            [("aftersales_kind", "!=", False), ("company_id", "=", self.company.id)]
        )
        moves |= moves.reversal_move_ids
        lines = moves.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and line.date <= day
            )
        )
        open_amount = sum(lines.mapped("balance"))
        for sign, fname in ((-1, "matched_credit_ids"), (1, "matched_debit_ids")):
            partials = lines[fname].filtered(lambda partial: partial.max_date <= day)
            open_amount += sign * sum(partials.mapped("amount"))
        return self.company.currency_id.round(open_amount)

    def _make_trip(self, **vals):
        """Return an invoice over one trip of the customer."""
        vals = {"partner_id": self.customer.id, **vals}
        return self._invoice(self._make_settlement(self._make_charge(self.travel, **vals)))

    def _get_loss_account(self):
        return self.company_data["default_account_expense"]

    def _close(self, day):
        self.company.fiscalyear_lock_date = day

    # === PERIODS === #

    def test_nothing_happened(self):
        self.assertEqual(self._show(JUNE), {})
        self._make_trip()
        self.assertEqual(self._show(MAY), {})

    def test_opening_and_what_happened_make_closing(self):
        move = self._make_trip()
        self._pay(move, 20)
        with freeze_time(IN_JULY):
            self._pay(move)
        customer = self.customer
        self.assertEqual(self._show(JUNE), {customer: (0, 57.5, 20, 0, 0, 0, 37.5)})
        self.assertEqual(self._show(JULY), {customer: (37.5, 0, 37.5, 0, 0, 0, 0)})
        self.assertEqual(self._show((JUNE[0], JULY[1])), {customer: (0, 57.5, 57.5, 0, 0, 0, 0)})
        self.assertEqual(self._show(AUGUST), {})

    def test_invoices_of_an_earlier_version(self):
        """What was invoiced before balances were known counts; an invoice of others does not."""
        move = self._make_trip()
        other = self.init_invoice("out_invoice", partner=self.customer, amounts=[10], post=True)
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE account_move SET aftersales_kind = NULL"))
        self.env["account.move"]._init_column("aftersales_kind")
        self.env.invalidate_all()
        self.assertEqual(move.aftersales_kind, "customer")
        self.assertFalse(other.aftersales_kind)
        self.assertEqual(self._show(JUNE), {self.customer: (0, 57.5, 0, 0, 0, 0, 57.5)})

    def test_periods_one_after_the_other(self):
        """Rows of another period are read anew, in one piece of work, too."""
        self._make_trip()
        report = self.env["aftersales.balance.report"]
        closings = [
            report.with_context(aftersales_from=str(first), aftersales_to=str(last))
            .search([("company_id", "=", self.company.id)])
            .mapped("opening")
            for first, last in (JUNE, JULY)
        ]
        self.assertEqual(closings, [[0], [57.5]])

    def test_payers_and_makers(self):
        """Who owes is who is invoiced: a dealer for his customers, the maker for his part."""
        dealer = self.env["res.partner"].create({"name": "Dealer Song"})
        self._make_trip(payer_id=dealer.id)
        self._make_trip()
        claim = self._make_settlement(self.part)
        claim.action_confirm()
        self._answer(claim.line_ids, 600)
        self._invoice(claim)
        self.assertEqual(
            self._show(JUNE),
            {
                dealer: (0, 57.5, 0, 0, 0, 0, 57.5),
                self.customer: (0, 57.5, 0, 0, 0, 0, 57.5),
                self.maker: (0, 690, 0, 0, 0, 0, 690),
            },
        )
        found = self._show(JUNE, "kind")
        self.assertEqual(
            {key: values[-1] for key, values in found.items()}, {"customer": 115, "claim": 690}
        )

    def test_by_unit(self):
        """Two units on one invoice: each has its part of what was paid."""
        unit = self._make_unit("MR2")
        other = self._make_charge(self.travel, unit_id=unit.id, quantity=3)
        settlement = self._make_settlement(self.trip | other)
        self.assertEqual(len(settlement), 1)
        self._pay(self._invoice(settlement), 100)
        self.assertEqual(
            self._show(JUNE, "unit_id"),
            {
                self.unit: (0, 57.5, 25, 0, 0, 0, 32.5),
                unit: (0, 172.5, 75, 0, 0, 0, 97.5),
            },
        )
        rows = self.env["aftersales.balance.report"].search([("unit_id", "=", unit.id)])
        self.assertEqual(rows.charge_id, other)
        self.assertEqual(rows.action_open()["res_id"], settlement.id)

    def test_drafts_owe_nothing(self):
        settlement = self._make_settlement(self.trip)
        settlement.action_confirm()
        settlement.action_create_invoice()
        self.assertEqual(self._show(JUNE), {})
        settlement.move_id.action_post()
        settlement.move_id.button_draft()
        self.assertEqual(self._show(JUNE), {})

    # === WHAT HAPPENS === #

    def test_credit_notes(self):
        """In part, then the rest: each on its own day."""
        move = self._make_trip()
        for moment, quantity in ((IN_JULY, 0.4), ("2025-08-05 10:00:00", 0.6)):
            with freeze_time(moment):
                credit = move._reverse_moves([{"invoice_date": date.today()}])
                credit.invoice_line_ids.quantity = quantity
                credit.action_post()
        customer = self.customer
        self.assertEqual(self._show(JUNE), {customer: (0, 57.5, 0, 0, 0, 0, 57.5)})
        self.assertEqual(self._show(JULY), {customer: (57.5, 0, 0, 23, 0, 0, 34.5)})
        self.assertEqual(self._show(AUGUST), {customer: (34.5, 0, 0, 34.5, 0, 0, 0)})

    def test_our_own_credit_is_owed_to_the_customer(self):
        self._make_trip(quantity=-2)
        self.assertEqual(self._show(JUNE), {self.customer: (0, -115, 0, 0, 0, 0, -115)})

    def test_set_off_against_each_other(self):
        credit, move = self._make_trip(quantity=-2), self._make_trip()
        lines = (credit | move).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        found = self._show(JUNE, "move_id")
        self.assertEqual(found[move], (0, 57.5, 57.5, 0, 0, 0, 0))
        self.assertEqual(found[credit], (0, -115, -57.5, 0, 0, 0, -57.5))
        self.assertEqual(self._show(JUNE), {self.customer: (0, -57.5, 0, 0, 0, 0, -57.5)})

    def test_credit_of_what_is_paid_is_owed_back(self):
        move = self._make_trip()
        self._pay(move)
        with freeze_time(IN_JULY):
            move._reverse_moves([{"invoice_date": date.today()}]).action_post()
        self.assertEqual(self._show(JULY), {self.customer: (0, 0, 0, 57.5, 0, 0, -57.5)})
        with freeze_time("2025-08-05 10:00:00"):
            self._pay(move.reversal_move_ids)
        self.assertEqual(self._show(AUGUST), {self.customer: (-57.5, 0, -57.5, 0, 0, 0, 0)})

    def test_written_off(self):
        """By us, and as the difference of a payment."""
        move = self._make_trip()
        self._pay(move, 50)
        with freeze_time(IN_JULY):
            move.aftersales_settlement_ids._write_off(
                self._get_loss_account(),
                self.company._get_aftersales_entry_journal(),
                False,
                "Insolvent",
            )
            self.assertEqual(self._show(JULY), {self.customer: (7.5, 0, 0, 0, 7.5, 0, 0)})
            self._pay(
                self._make_trip(),
                57,
                payment_difference_handling="reconcile",
                writeoff_account_id=self._get_loss_account().id,
            )
        self.assertEqual(self._show(JULY), {self.customer: (7.5, 57.5, 57, 0, 8, 0, 0)})

    def _make_entry(self, *items):
        """Return a posted entry of ``(account, balance)``."""
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create({"account_id": account.id, "name": "Item", "balance": balance})
                    for account, balance in items
                ],
            }
        )
        entry.action_post()
        return entry

    def test_a_loss_is_the_same_to_the_report_and_to_the_settlement(self):
        """What a settlement reads from an entry, the report reads from the same entry in SQL."""
        data = self.company_data
        owed, owing = data["default_account_receivable"], data["default_account_payable"]
        expense, revenue = data["default_account_expense"], data["default_account_revenue"]
        rate = self.company.expense_currency_exchange_account_id
        bank = data["default_journal_bank"].default_account_id
        cost, other = self.env["account.account"].create(
            [
                {"name": "Cost", "code": "699001", "account_type": "expense_direct_cost"},
                {"name": "Other", "code": "799001", "account_type": "income_other"},
            ]
        )
        shares = {
            self._make_entry((owed, -100), (expense, 100)): 1,
            self._make_entry((owed, -100), (bank, 98), (cost, 2)): 0.02,
            self._make_entry((owed, -100), (bank, 104), (other, -4)): 0.04,
            self._make_entry((owing, 100), (revenue, -25), (bank, -75)): 0.25,
            self._make_entry((owed, -100), (rate, 10), (bank, 90)): 0,
            self._make_entry((owed, -100), (rate, 10), (expense, 5), (bank, 85)): 0.05,
            self._make_entry((owed, -10), (expense, 40), (bank, -30)): 1,
            self._make_entry((owed, -60), (owing, -40), (expense, 50), (bank, 50)): 0.5,
            self._make_entry((bank, -100), (expense, 100)): 0,
            self._make_entry((owed, -100), (owing, 100)): 0,
        }
        for entry, share in shares.items():
            self.assertAlmostEqual(entry._get_aftersales_loss_share(), share, msg=entry.line_ids)
        found = self.env.execute_query(
            SQL(
                """
                SELECT o.id, COALESCE(w.share, 0)
                FROM account_move o JOIN res_company oc ON oc.id = o.company_id
                LEFT JOIN LATERAL (%s) w ON TRUE WHERE o.id IN %s
                """,
                self.env["aftersales.balance.report"]._select_loss(),
                tuple(entry.id for entry in shares),
            )
        )
        found = {entry_id: float(share) for entry_id, share in found}
        for entry, share in shares.items():
            self.assertAlmostEqual(found[entry.id], share, msg=entry.line_ids)

    def test_what_somebody_else_owes_now_is_no_loss(self):
        """A debt that is moved to another account is set off, as on the settlement."""
        move = self._make_trip()
        debt = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        entry = self._make_entry((debt.account_id, -57.5), (debt.account_id, 57.5))
        (debt | entry.line_ids.filtered(lambda line: line.balance < 0)).reconcile()
        self.assertEqual(self._show(JUNE), {self.customer: (0, 57.5, 57.5, 0, 0, 0, 0)})
        settlement = move.aftersales_settlement_ids
        self.assertEqual((settlement.amount_paid, settlement.status), (57.5, "paid"))

    def test_reversed_and_made_anew(self):
        """*Reverse and Create Invoice*: the old one is credited, the new one is owed."""
        move = self._make_trip()
        with freeze_time(IN_JULY):
            self._credit_and_replace(move)
            new = self.env["account.move"].search([("aftersales_replaces_id", "=", move.id)])
            new.action_post()
        self.assertEqual(self._show(JULY), {self.customer: (57.5, 57.5, 0, 57.5, 0, 0, 57.5)})

    def test_what_happened_stays_when_the_settlement_is_changed(self):
        """Reversed, reopened, a line taken off: the books of June and July stay as they were."""
        other = self._make_charge(self.travel, partner_id=self.customer.id, quantity=2)
        settlement = self._make_settlement(self.trip | other)
        self._invoice(settlement)
        with freeze_time(IN_JULY):
            settlement.action_cancel()
            before = self._show(JUNE), self._show(JULY)
            self.assertEqual(before[0][self.customer][-1], 172.5)
            settlement.action_draft()
            settlement.line_ids.filtered(lambda line: line.charge_id == other).unlink()
        self.assertEqual((self._show(JUNE), self._show(JULY)), before)

    # === CURRENCIES AND COMPANIES === #

    def test_two_currencies(self):
        """The rate changes between invoice and payment: the difference is nobody's debt."""
        euro = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0), ("2025-07-01", 4.0)])
        move = self._make_trip(currency_id=euro.id, price_unit=100)
        self._make_trip()
        self.assertEqual(move.amount_total, 115)
        with freeze_time(IN_JULY):
            self._pay(move, 40)
        customer = self.customer
        self.assertEqual(self._show(JUNE), {customer: (0, 115, 0, 0, 0, 0, 115)})
        [opening, __, paid, __, __, exchange, closing] = self._show(JULY)[customer]
        self.assertEqual((opening, paid, closing), (115, 10, 57.5 + 57.5 - 20))
        self.assertEqual(exchange, -10)
        found = self._show(JULY, "currency_id", own=True)
        self.assertEqual(found[euro], (115, 0, 40, 0, 0, 0, 75))
        self.assertEqual(found[self.company.currency_id], (57.5, 0, 0, 0, 0, 0, 57.5))

    def test_two_companies(self):
        data = self.setup_other_company(name="Invoicing Company")
        self.travel.taxes_id |= data["default_tax_sale"]
        self._make_trip()
        self._make_trip(company_id=data["company"].id, quantity=2)
        report = self.env["aftersales.balance.report"].with_context(
            aftersales_from="2025-06-01", aftersales_to="2025-06-30"
        )
        groups = report._read_group([], ["company_id"], ["closing:sum"])
        self.assertEqual(
            {company: round(value, 2) for company, value in groups},
            {self.company: 57.5, data["company"]: 115},
        )
        own = report.with_user(self.settler)
        self.assertEqual(own.search([]).company_id, self.company)

    # === CLOSED PERIODS === #

    def test_a_closed_period_keeps_its_closing_balance(self):
        """What is done to settlements after the close => June as it was, July moves."""
        loss, journal = self._get_loss_account(), self.company._get_aftersales_entry_journal()
        for name, paid, action, moved in (
            ("cancel", None, lambda record: record.action_cancel(), -57.5),
            ("cancel, paid in part", 20, lambda record: record.action_cancel(), -57.5),
            ("cancel, paid", 57.5, lambda record: record.action_cancel(), -57.5),
            (
                "write off into June",
                20,
                lambda record: record._write_off(loss, journal, JUNE[1], "Insolvent"),
                -37.5,
            ),
        ):
            with self.subTest(name), self.assertRaises(_UndoError), self.env.cr.savepoint():
                move = self._make_trip()
                if paid:
                    self._pay(move, paid)
                self._close(JUNE[1])
                before = self._show(JUNE)
                with freeze_time(IN_JULY):
                    action(move.aftersales_settlement_ids)
                self.assertEqual(self._show(JUNE), before)
                [closing] = [values[-1] for values in self._show(JULY).values()]
                self.assertAlmostEqual(closing, before[self.customer][-1] + moved)
                raise _UndoError

    def test_what_is_invoiced_keeps_its_charges(self):
        """Neither charge nor line leaves what is invoiced, so no balance changes with them."""
        settlement = self._make_trip().aftersales_settlement_ids
        charge = settlement.line_ids.charge_id
        for action in (charge.action_cancel, charge.action_draft, settlement.line_ids.unlink):
            self.assertFalse(self._passes(action))

    def test_invoiced_late_counts_when_the_books_are_open(self):
        settlement = self._make_settlement(self.trip)
        settlement.action_confirm()
        self._close(JUNE[1])
        with freeze_time(IN_JULY):
            settlement.action_create_invoice()
            settlement.move_id.invoice_date = JUNE[1]
            settlement.move_id.action_post()
        self.assertEqual(self._show(JUNE), {})
        self.assertEqual(self._show(JULY), {self.customer: (0, 57.5, 0, 0, 0, 0, 57.5)})

    def test_paid_and_cancelled_after_the_close_is_settled_again(self):
        """The payment of June stays; the credit note of July is owed back, and shown unpaid."""
        move = self._make_trip()
        settlement, charge = move.aftersales_settlement_ids, move.aftersales_settlement_ids.line_ids
        charge = charge.charge_id
        self._pay(move)
        self._close(JUNE[1])
        with freeze_time(IN_JULY):
            settlement.with_user(self.settler).action_cancel()
            credit = move.reversal_move_ids
            self.assertEqual((credit.state, credit.amount_residual), ("posted", 57.5))
            self.assertEqual(charge.settlement_status, "to_settle")
            self.assertEqual(self._owed_now(), {self.customer: -57.5 - 0.0}, "as the ledger has it")
            settlement.with_user(self.settler).action_draft()
            settlement.with_user(self.settler).action_confirm()
            settlement.with_user(self.settler).action_create_invoice()
            settlement.move_id.action_post()
            (settlement.move_id | credit).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            ).reconcile()
            self.assertEqual(settlement.status, "paid")
        self.assertEqual(self._show(JUNE), {self.customer: (0, 57.5, 57.5, 0, 0, 0, 0)})
        self.assertEqual(self._show(JULY), {self.customer: (0, 57.5, 0, 57.5, 0, 0, 0)})

    # === UNPAID === #

    def _owed_now(self, groupby="payer_id"):
        self.env.flush_all()
        return {
            key: round(amount, 2)
            for key, amount in self.env["aftersales.unpaid.report"]._read_group(
                [("company_id", "=", self.company.id), ("move_id", "!=", False)],
                [groupby],
                ["amount_residual:sum"],
            )
        }

    def test_closes_as_unpaid_says(self):
        unit = self._make_unit("MR2")
        other = self._make_charge(self.travel, unit_id=unit.id, quantity=3)
        self._pay(self._invoice(self._make_settlement(self.trip | other)), 33.33)
        self._invoice(self._make_settlement(self.part))
        paid = self._make_trip()
        self._pay(paid)
        paid._reverse_moves([{"invoice_date": date.today()}]).action_post()
        self._make_trip(quantity=-0.5)
        for groupby in ("payer_id", "unit_id"):
            with self.subTest(groupby=groupby):
                found = self._show(JUNE, groupby)
                self.assertEqual(
                    {key: values[-1] for key, values in found.items()}, self._owed_now(groupby)
                )

    # === WHO AND HOW === #

    def test_who_may_see_balances(self):
        self._make_trip()
        report = self.env["aftersales.balance.report"]
        for user in (self.manager, self.settler):
            self.assertEqual(len(report.with_user(user).search([])), 1)
        with mute_logger("odoo.addons.base.models.ir_model"):
            for user in (self.technician, self.agent, self.portal):
                with self.assertRaises(AccessError):
                    report.with_user(user).search([])
        elsewhere = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        self.assertFalse(report.with_user(elsewhere).search([]))

    def test_asked_for_a_period(self):
        """Periods people choose => their days; the list shows them and nothing else."""
        self._make_trip()
        for period, first, last in (
            ("this_month", "2025-06-01", "2025-06-30"),
            ("last_month", "2025-05-01", "2025-05-31"),
            ("this_quarter", "2025-04-01", "2025-06-30"),
            ("last_quarter", "2025-01-01", "2025-03-31"),
            ("this_year", "2025-01-01", "2025-12-31"),
            ("last_year", "2024-01-01", "2024-12-31"),
        ):
            with self.subTest(period):
                form = Form(self.env["aftersales.balance.show"].with_user(self.settler))
                form.period = period
                action = form.save().action_show()
                context = action["context"]
                self.assertEqual(
                    (context["aftersales_from"], context["aftersales_to"]), (first, last)
                )
                rows = self.env[action["res_model"]].with_context(**context)
                found = rows.search(action["domain"])
                self.assertEqual(bool(found), last > "2025-06-15")

    def test_closed_by_whoever_closes_the_books(self):
        """Lock date, of the company or its parent => until when the books are said to be closed."""
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        for name in ("fiscalyear_lock_date", "sale_lock_date", "tax_lock_date", "hard_lock_date"):
            for company in (self.company, branch):
                with self.subTest(name, company=company.name), self.assertRaises(_UndoError):
                    with self.env.cr.savepoint():
                        company[name] = MAY[1]
                        asked = self.env["aftersales.balance.show"].create(
                            {"company_id": branch.id}
                        )
                        self.assertEqual(asked.closed_until, MAY[1])
                        raise _UndoError
        asked = self.env["aftersales.balance.show"].create({"company_id": branch.id})
        self.assertFalse(asked.closed_until)

    def test_asked_for_somebody_on_certain_days(self):
        self._make_trip()
        self._close(date(2025, 5, 31))
        contact = self.customer_contact
        form = Form(self.env["aftersales.balance.show"].with_user(self.manager))
        self.assertEqual(form.closed_until, date(2025, 5, 31))
        form.period = "dates"
        form.date_from, form.date_to = date(2025, 6, 10), date(2025, 6, 1)
        form.kind = "customer"
        form.partner_ids = contact
        asked = form.save()
        with self.assertRaisesRegex(UserError, "ends before it begins"):
            asked.action_show()
        asked.date_to = date(2025, 6, 20)
        action = asked.action_show()
        rows = self.env[action["res_model"]].with_context(**action["context"])
        self.assertEqual(rows.search(action["domain"]).payer_id, self.customer)
        asked.write({"kind": "claim", "partner_ids": [Command.clear()]})
        self.assertFalse(rows.search(asked.action_show()["domain"]))

    def test_screens_open(self):
        self._make_trip()
        rows = self.env["aftersales.balance.report"].search([])
        fnames = [name for name, field in rows._fields.items() if field.store]
        self.assertTrue(rows.read(fnames))
