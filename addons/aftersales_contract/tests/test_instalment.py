from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ContractCommon

CRON = "aftersales_contract.ir_cron_bill_instalments"
JOBS = "odoo.addons.aftersales_base.tools.jobs"


class InstalmentCommon(ContractCommon):
    @classmethod
    def _make_billed(cls, start=True, **vals):
        """Make a contract with monthly instalments of 100."""
        return cls._make_contract(
            start=start,
            **{"instalment_amount": 100, "instalment_product_id": cls.care.id, **vals},
        )

    def _plan(self, contract):
        """Return ``[(number, from, to, due)]`` as text."""
        return [
            (
                instalment.number,
                *(
                    f"{instalment[fname]:%y-%m-%d}"
                    for fname in ("date_from", "date_to", "date_due")
                ),
            )
            for instalment in contract.instalment_ids.sorted("date_from")
        ]

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestInstalmentPlan(InstalmentCommon):
    """The plan fits the contract and leaves alone what was billed."""

    def test_in_advance(self):
        contract = self._make_billed(instalment_interval=3)
        self.assertEqual(
            self._plan(contract),
            [
                (1, "26-01-01", "26-03-31", "26-01-01"),
                (2, "26-04-01", "26-06-30", "26-04-01"),
                (3, "26-07-01", "26-09-30", "26-07-01"),
                (4, "26-10-01", "26-12-31", "26-10-01"),
            ],
        )
        self.assertEqual(
            contract.instalment_ids.mapped("status"), ["due", "planned", "planned", "planned"]
        )
        self.assertEqual(contract.due_instalment_count, 1)

    def test_in_arrears_the_rest_is_shorter(self):
        contract = self._make_billed(
            instalment_interval=5, instalment_timing="arrears", date_end="2026-12-15"
        )
        self.assertEqual(
            self._plan(contract),
            [
                (1, "26-01-01", "26-05-31", "26-05-31"),
                (2, "26-06-01", "26-10-31", "26-10-31"),
                (3, "26-11-01", "26-12-15", "26-12-15"),
            ],
        )
        self.assertEqual(set(contract.instalment_ids.mapped("amount")), {100.0})

    def test_month_ends_do_not_drift(self):
        contract = self._make_billed(date_start="2026-01-31", date_end="2026-05-30")
        self.assertEqual(
            self._plan(contract),
            [
                (1, "26-01-31", "26-02-27", "26-01-31"),
                (2, "26-02-28", "26-03-30", "26-02-28"),
                (3, "26-03-31", "26-04-29", "26-03-31"),
                (4, "26-04-30", "26-05-30", "26-04-30"),
            ],
        )

    def test_leap_day(self):
        contract = self._make_billed(
            date_start="2024-02-29", date_end="2028-02-28", instalment_interval=12
        )
        self.assertEqual(
            [day for __, day, __, __ in self._plan(contract)],
            ["24-02-29", "25-02-28", "26-02-28", "27-02-28"],
        )

    def test_no_amount_no_plan(self):
        self.assertFalse(self._make_billed(instalment_amount=0).instalment_ids)
        self.assertFalse(self._make_billed(start=False).instalment_ids)

    def test_one_day(self):
        contract = self._make_billed(date_start="2026-05-05", date_end="2026-05-05")
        self.assertEqual(self._plan(contract), [(1, "26-05-05", "26-05-05", "26-05-05")])

    def test_plan_follows_a_changed_end(self):
        contract = self._make_billed(date_end="2026-06-30")
        contract.action_bill()
        billed = contract.instalment_ids.filtered("is_billed")
        self.assertEqual(billed.mapped("number"), [1, 2, 3])
        contract.date_end = "2026-08-31"
        self.assertEqual(len(contract.instalment_ids), 8)
        contract.date_end = "2026-04-15"
        self.assertEqual(self._plan(contract)[3:], [(4, "26-04-01", "26-04-15", "26-04-01")])
        contract.date_end = "2026-02-15"
        self.assertEqual(contract.instalment_ids, billed, "what is billed stays")

    def test_plan_follows_a_changed_interval(self):
        """After the billed months come quarters, without a gap and without an overlap."""
        contract = self._make_billed()
        contract.action_bill()
        contract.write({"instalment_interval": 3, "instalment_amount": 290})
        self.assertEqual(
            [row[:3] for row in self._plan(contract)],
            [
                (1, "26-01-01", "26-01-31"),
                (2, "26-02-01", "26-02-28"),
                (3, "26-03-01", "26-03-31"),
                (4, "26-04-01", "26-06-30"),
                (5, "26-07-01", "26-09-30"),
                (6, "26-10-01", "26-12-31"),
            ],
        )
        self.assertEqual(contract.instalment_ids.mapped("amount"), [100.0] * 3 + [290.0] * 3)

    def test_month_ends_do_not_drift_after_billing(self):
        contract = self._make_billed(date_start="2026-01-31", date_end="2026-05-30")
        contract.action_bill()
        contract.instalment_amount = 120
        self.assertEqual(
            [row[1] for row in self._plan(contract)],
            ["26-01-31", "26-02-28", "26-03-31", "26-04-30"],
        )

    def test_extended_after_a_shorter_last_period(self):
        contract = self._make_billed(date_end="2026-02-15")
        contract.action_bill()
        contract.date_end = "2026-04-15"
        self.assertEqual(
            [row[1:3] for row in self._plan(contract)[2:]],
            [("26-02-16", "26-03-15"), ("26-03-16", "26-04-15")],
        )

    def test_freed_instalment_before_billed_ones_stays(self):
        contract = self._make_billed()
        contract.action_bill()
        contract.instalment_ids[1].charge_ids.settlement_line_ids.settlement_id.action_cancel()
        contract.instalment_ids[1].charge_ids.action_cancel()
        contract.date_end = "2026-05-31"
        self.assertEqual(contract.instalment_ids.mapped("number"), [1, 2, 3, 4, 5])
        self.assertEqual(
            contract.instalment_ids.mapped("status"),
            ["billed", "due", "billed", "planned", "planned"],
        )

    def test_closed_drops_what_has_not_begun(self):
        contract = self._make_billed(instalment_timing="arrears")
        contract.action_close()
        self.assertEqual(contract.instalment_ids.mapped("number"), [1, 2, 3])
        contract.action_bill()
        self.assertEqual(contract.instalment_ids.mapped("status"), ["billed", "billed", "planned"])
        with freeze_time("2026-03-31"):
            contract.action_bill()
        self.assertEqual(contract.billed_amount, 300, "the period that had begun is owed")

    def test_resumed_plans_the_rest_again(self):
        contract = self._make_billed()
        plan = self._plan(contract)
        contract.action_close()
        contract.action_resume()
        self.assertEqual(self._plan(contract), plan)

    def test_manager_waives_an_instalment(self):
        contract = self._make_billed()
        contract.action_close()
        instalments = contract.instalment_ids
        self.assertFalse(self._passes(instalments.with_user(self.agent).unlink))
        instalments[0].with_user(self.manager).unlink()
        self.assertFalse(self._passes(instalments[1:].with_user(self.manager).write, {"amount": 1}))


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestBilling(InstalmentCommon):
    """Due instalments become charges and settlements, once."""

    def _charges(self, contract):
        return contract.charge_ids.sorted("id")

    def test_button_bills_what_is_due(self):
        contract = self._make_billed()
        action = contract.with_user(self.agent).action_bill()
        charges = self._charges(contract)
        self.assertEqual(charges.mapped("amount"), [100.0] * 3)
        self.assertEqual(set(charges.mapped("state")), {"confirmed"})
        self.assertEqual(set(charges.mapped("kind")), {"instalment"})
        self.assertEqual(set(charges.mapped("bearer")), {"customer"})
        settlement = charges.settlement_line_ids.settlement_id
        self.assertEqual((len(settlement), settlement.state), (1, "draft"))
        self.assertEqual(action["res_id"], settlement.id)
        self.assertEqual(settlement.partner_id, self.customer)
        self.assertEqual(settlement.amount_untaxed, 300)
        self.assertEqual(contract.instalment_ids[:4].mapped("status"), ["billed"] * 3 + ["planned"])
        self.assertEqual((contract.billed_amount, contract.due_instalment_count), (300, 0))

    def test_rerun_makes_nothing_twice(self):
        contract = self._make_billed()
        contract.action_bill()
        with self.assertRaisesRegex(UserError, "No instalment is due"):
            contract.action_bill()
        with self.assertRaisesRegex(UserError, "billed already"):
            contract.instalment_ids[0].action_bill()
        self._run_cron()
        self.assertEqual(len(contract.charge_ids), 3)

    def test_cron_bills_every_due_contract_once(self):
        contracts = self._make_billed() | self._make_billed(partner_id=self.other_customer.id)
        draft = self._make_billed(start=False)
        suspended = self._make_billed()
        suspended.action_suspend()
        self._run_cron()
        self._run_cron()
        self.assertEqual([len(contract.charge_ids) for contract in contracts], [3, 3])
        self.assertFalse((draft + suspended).charge_ids)
        with freeze_time("2026-04-01"):
            self._run_cron()
        self.assertEqual([len(contract.charge_ids) for contract in contracts], [4, 4])

    def test_suspended_bills_after_it_is_resumed(self):
        contract = self._make_billed()
        contract.action_suspend()
        with self.assertRaisesRegex(UserError, "not active"):
            contract.instalment_ids[0].action_bill()
        contract.action_resume()
        contract.action_bill()
        self.assertEqual(len(contract.charge_ids), 3)

    def test_bad_contract_does_not_stop_the_rest(self):
        """One that cannot be billed is told in its thread; the others are billed."""
        good, bad, last = (self._make_billed() for __ in range(3))
        product = self._create_product(name="Moved away", type="service")
        bad.instalment_product_id = product
        product.sudo().company_id = self.other_company
        self._run_cron()
        self.assertEqual([len(c.charge_ids) for c in (good, bad, last)], [3, 0, 3])
        self.assertIn("could not be billed", bad.message_ids[0].body)
        self.assertNotIn("could not be billed", (good + last).message_ids.mapped("body"))
        product.sudo().company_id = False
        self._run_cron()
        self.assertEqual(len(bad.charge_ids), 3)

    def test_whatever_goes_wrong_stays_with_one(self):
        good, bad = self._make_billed(), self._make_billed()
        Charge = self.env.registry["aftersales.charge"]
        confirm = Charge._after_transition

        def fail(charges, origin, target):
            if bad in charges.contract_id:
                raise ZeroDivisionError("strange")
            return confirm(charges, origin, target)

        self.patch(Charge, "_after_transition", fail)
        with mute_logger(JOBS):
            self._run_cron()
        self.assertEqual([len(good.charge_ids), len(bad.charge_ids)], [3, 0])
        self.assertIn("strange", bad.message_ids[0].body)

    def test_archived_product_is_still_billed(self):
        contract = self._make_billed()
        self.care.active = False
        self._run_cron()
        self.assertEqual(len(contract.charge_ids), 3)

    def test_cancelled_charge_frees_the_instalment(self):
        contract = self._make_billed()
        contract.action_bill()
        first = contract.instalment_ids[0]
        with self.assertRaisesRegex(UserError, "Cancel the settlement first"):
            first.charge_ids.action_cancel()
        first.charge_ids.settlement_line_ids.settlement_id.action_cancel()
        cancelled = first.charge_ids
        cancelled.action_cancel()
        self.assertEqual(first.status, "due")
        first.action_bill()
        self.assertEqual(first.charge_ids.sorted("id").mapped("state"), ["cancelled", "confirmed"])
        self.assertFalse(self._passes_database_write(cancelled, {"state": "draft"}))

    def _passes_database_write(self, record, vals):
        return self._passes_database(
            type("Writer", (), {"create": lambda self, values: record.write(values)})(), vals
        )

    def test_who_may_bill(self):
        contract = self._make_billed()
        for user, may in (
            (self.agent, True),
            (self.manager, True),
            (self.technician, False),
            (self.settler, False),
            (self.salesman, False),
            (self.portal, False),
        ):
            for records in (contract, contract.instalment_ids[:1]):
                done = self._passes(self._call, user, records, "action_bill")
                self.assertEqual(done, may, (user.login, records))

    def test_instalments_are_not_written_by_hand(self):
        contract = self._make_billed()
        instalment = contract.instalment_ids[0]
        for user in (self.agent, self.manager, self.settler, self.portal):
            self.assertFalse(self._passes(instalment.with_user(user).write, {"amount": 1}))
            vals = {"contract_id": contract.id, "number": 99}
            self.assertFalse(self._passes(instalment.with_user(user).create, vals))
        contract.action_bill()
        charge = contract.charge_ids[0].with_user(self.manager)
        self.assertFalse(self._passes(charge.write, {"instalment_id": False}))
        with self.assertRaisesRegex(UserError, "stays on record"):
            instalment.with_user(self.manager).unlink()

    def test_nothing_from_the_list_is_sold_as_an_instalment(self):
        """Without a contract nobody agreed on anything: the list price would be passed."""
        request = self._make_request(unit_id=self.unit.id, user_id=self.technician.id)
        create = self.env["aftersales.charge"].with_user(self.agent).create
        vals = {"request_id": request.id, "kind": "instalment"}
        for price in (1.0, 0.0):
            item = {"product_id": self.compressor.id, "price_unit": price}
            self.assertFalse(self._passes(create, {**vals, **item}))
        self.assertTrue(self._passes(create, {**vals, "product_id": self.care.id}))

    def test_nobody_covers_an_instalment(self):
        unit = self._make_unit("COVERED")
        charge = self._make_charge(
            self.care,
            unit_id=unit.id,
            date_fault="2025-06-01",
            service_type_id=self.type_goodwill.id,
        )
        self.assertRecordValues(
            charge,
            [{"kind": "instalment", "bearer": "customer", "coverage_rule": "customer"}],
        )

    def test_to_the_journal_items_and_paid(self):
        contract = self._make_billed(date_end="2026-01-31")
        contract.action_bill()
        settlement = contract.charge_ids.settlement_line_ids.settlement_id
        settlement.with_user(self.settler).action_confirm()
        settlement.action_create_invoice()
        move = settlement.move_id
        move.action_post()
        self.assertEqual((move.amount_untaxed, move.amount_tax), (100, 15))
        line = move.invoice_line_ids
        self.assertEqual(line.product_id, self.care)
        self.assertEqual(
            line.name, f"Contract {contract.name}, instalment 1: 01/01/2026 to 01/31/2026"
        )
        self.assertEqual(
            sorted(move.line_ids.mapped("balance")),
            [-100.0, -15.0, 115.0],
        )
        self.assertEqual(contract.instalment_ids.status, "billed")
        self._pay(move)
        self.assertEqual(contract.instalment_ids.status, "paid")
        self.assertEqual(contract.billed_amount, 100)

    def test_foreign_currency(self):
        currency = self.setup_other_currency("EUR")
        contract = self._make_billed(currency_id=currency.id, date_end="2026-01-31")
        contract.action_bill()
        settlement = contract.charge_ids.settlement_line_ids.settlement_id
        self.assertEqual((settlement.currency_id, settlement.amount_untaxed), (currency, 100))
        settlement.action_confirm()
        settlement.action_create_invoice()
        self.assertEqual(settlement.move_id.currency_id, currency)
        self.assertEqual(settlement.move_id.amount_untaxed, 100)

    def test_invoice_goes_to_the_invoice_address(self):
        address = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id, "type": "invoice"}
        )
        contract = self._make_billed(date_end="2026-01-31")
        contract.action_bill()
        self.assertEqual(contract.charge_ids.payer_id, address)

    def test_text_is_in_the_customers_language(self):
        self.env["res.lang"].sudo()._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        contract = self._make_billed(date_end="2026-01-31")
        contract.action_bill()
        self.assertIn("31/01/2026", contract.charge_ids.name)

    def test_two_contracts_of_a_customer_make_one_settlement(self):
        contracts = self._make_billed() | self._make_billed(date_end="2026-01-31")
        contracts.action_bill()
        settlement = contracts.charge_ids.settlement_line_ids.settlement_id
        self.assertEqual((len(settlement), len(settlement.line_ids)), (1, 4))

    def test_each_company_has_its_own(self):
        other = self.setup_other_company()["company"]
        product = self.env["product.product"].create({"name": "Care", "type": "service"})
        self.env.user.company_ids = [Command.link(other.id)]
        contract = self.env["aftersales.contract"].create(
            {
                "company_id": other.id,
                "partner_id": self.customer.id,
                "date_start": "2026-01-01",
                "date_end": "2026-01-31",
                "instalment_amount": 50,
                "instalment_product_id": product.id,
                "line_ids": [Command.create({})],
            }
        )
        self.assertEqual(contract.currency_id, other.currency_id)
        contract.action_start()
        mine = self._make_billed()
        self._run_cron()
        self.assertEqual(contract.charge_ids.company_id, other)
        self.assertEqual(contract.charge_ids.settlement_line_ids.settlement_id.company_id, other)
        self.assertEqual(mine.charge_ids.company_id, self.company)

    def test_query_count_does_not_grow_with_instalments(self):
        counts = []
        for number in (2, 12):
            contract = self._make_billed(date_end=date(2026, number, 28), date_start="2026-01-01")
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            contract.instalment_ids._bill()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[1] - counts[0], 5, counts)
