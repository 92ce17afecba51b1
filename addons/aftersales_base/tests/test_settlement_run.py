from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon

TODAY = "2026-03-10"
SETTLEMENT = "aftersales_base.group_aftersales_settlement"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSettlementRun(AftersalesCommon):
    """Many payers in one go: looked at, started, gone on with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enable_pricelists()
        cls.other = cls.env["res.partner"].create({"name": "Harbour Hotel"})
        cls.Run = cls.env["aftersales.settlement.run"]

    def _charge(self, partner=None, product=None, day=TODAY, **vals):
        with freeze_time(day):
            charge = self._make_charge(
                product or self.travel, partner_id=(partner or self.customer).id, **vals
            )
            if charge.state == "draft":
                charge.action_confirm()
        return charge

    def _look(self, user=None, **vals):
        run = self.Run.with_user(user or self.settler).create(vals)
        run.action_look()
        return run

    def _told(self, run):
        return {(line.partner_id, line.amount, line.charge_count) for line in run.line_ids}

    # === LOOKING === #

    def test_preview_says_who_would_pay_what(self):
        self._charge()
        self._charge(quantity=2)
        self._charge(self.other)
        run = self._look()
        self.assertEqual(self._told(run), {(self.customer, 150, 2), (self.other, 50, 1)})
        self.assertEqual((run.payer_count, run.charge_count, run.amount), (2, 3, 200))
        self.assertFalse(self.env["aftersales.settlement"].search([]))

    def test_both_shares_of_one_charge_have_a_line_each(self):
        self.policy.term_ids.filtered(lambda term: term.kind == "part").percent = 60
        unit = self._make_unit("RUN2")
        with freeze_time("2025-06-01"):
            charge = self._make_charge(self.compressor, unit_id=unit.id)
            if charge.state == "draft":
                charge.action_confirm()
        run = self._look()
        self.assertEqual(
            {(line.partner_id, line.kind, line.amount) for line in run.line_ids},
            {(self.customer, "customer", 320), (self.maker, "claim", 480)},
        )
        run.line_ids.filtered(lambda line: line.kind == "claim").include = False
        run.action_start()
        self.assertEqual(charge.settlement_line_ids.mapped("share"), ["customer"])
        self.assertEqual(charge.settlement_status, "to_settle")
        again = self._look()
        self.assertEqual(again.line_ids.mapped("kind"), ["claim"])

    def test_what_a_run_is_about(self):
        """Each choice leaves the others out."""
        unit = self._make_unit("RUN3")
        onsite = self._charge(
            self.other, service_type_id=self.type_onsite.id, team_id=self.team_a.id
        )
        self._charge(
            service_type_id=self.type_goodwill.id, team_id=self.team_b.id, covered_percent=0
        )
        served = self._charge(unit_id=unit.id, service_type_id=False)
        late = self._charge(self.other, day="2026-03-20")
        cases = [
            ({"date_until": "2026-03-31", "partner_ids": [self.other.id]}, onsite | late),
            ({"partner_ids": [self.other.id]}, onsite),
            ({"service_type_ids": [self.type_onsite.id]}, onsite),
            ({"team_ids": [self.team_a.id]}, onsite),
            ({"category_ids": [self.category_ac.id]}, served),
        ]
        for vals, charges in cases:
            with self.subTest(vals):
                run = self.Run.with_user(self.settler).create(vals)
                run.action_look()
                found = (
                    self.env["aftersales.charge"]
                    .search(run._get_open_domain("customer"))
                    .filtered(lambda charge, run=run: run._is_asked_for(charge.payer_id))
                )
                self.assertEqual(found, charges)
                self.assertEqual(sum(run.line_ids.mapped("amount")), sum(charges.mapped("amount")))

    def test_a_period_has_a_first_day(self):
        """What was confirmed before it is left for another run, here and when it is settled."""
        before = self._charge(day="2026-01-31")
        first, last = self._charge(day="2026-02-01"), self._charge(day="2026-02-28")
        run = self._look(date_from="2026-02-01", date_until="2026-02-28")
        self.assertEqual(self._told(run), {(self.customer, 100, 2)})
        run.action_start()
        self.assertEqual(run.line_ids.settlement_ids.line_ids.charge_id, first | last)
        self.assertEqual(before.settlement_status, "to_settle")
        with self.assertRaisesRegex(ValidationError, "first day 2026-03-01 is after"):
            self.Run.create({"date_from": "2026-03-01", "date_until": "2026-02-28"})
        with self.assertRaisesRegex(UserError, "was started"):
            run.write({"date_from": False})

    def test_a_run_with_a_first_day_is_not_the_month(self):
        self.customer.aftersales_settle_by = "month"
        old = self._charge(day="2026-01-15")
        self._charge(day="2026-02-27")
        some = self._look(schedule="month", date_from="2026-02-01", date_until="2026-02-28")
        some.action_start()
        month = self._settle_what_is_due("2026-03-04") - some
        self.assertEqual(month.line_ids.charge_count, 1)
        self.assertEqual(old.settlement_status, "settled")

    def test_nothing_to_settle_says_so(self):
        self._charge(day="2026-03-20")
        with self.assertRaisesRegex(UserError, "Nothing waits to be settled until 2026-03-10"):
            self._look()

    def test_another_company_is_left_out(self):
        self._charge()
        run = self._look()
        self.assertFalse(self.Run.with_user(self.settler).search([]) - run)
        other = (
            self.Run.sudo()
            .with_company(self.other_company)
            .create({"company_id": self.other_company.id})
        )
        with self.assertRaises(UserError):
            other.action_look()
        with self.assertRaises(AccessError):
            other.with_user(self.settler).read(["name"])

    # === STARTING === #

    def test_one_settlement_a_payer(self):
        charges = self._charge() | self._charge() | self._charge(self.other)
        run = self._look()
        run.action_start()
        self.assertEqual(run.state, "done")
        settlements = run.line_ids.settlement_ids
        self.assertEqual(settlements.run_id, run)
        self.assertEqual(
            {(s.partner_id, s.line_count, s.state) for s in settlements},
            {(self.customer, 2, "draft"), (self.other, 1, "draft")},
        )
        self.assertEqual(set(charges.mapped("settlement_status")), {"settled"})

    def test_who_is_unticked_waits(self):
        self._charge()
        kept = self._charge(self.other)
        run = self._look()
        with Form(run) as form:
            index = run.line_ids.partner_id.ids.index(self.other.id)
            with form.line_ids.edit(index) as line:
                line.include = False
        run.action_start()
        self.assertEqual(kept.settlement_status, "to_settle")
        self.assertEqual(run.line_ids.settlement_ids.partner_id, self.customer)

    def test_starting_without_anybody(self):
        self._charge()
        run = self._look()
        run.line_ids.include = False
        with self.assertRaisesRegex(UserError, "tick at least one"):
            run.action_start()

    def test_who_was_settled_meanwhile_holds_up_nobody(self):
        gone = self._charge()
        self._charge(self.other)
        run = self._look()
        # Somebody is faster.
        gone.action_settle()
        run.action_start()
        self.assertEqual((run.state, run.failed_count, run.gone_count), ("done", 0, 1))
        line = run.line_ids.filtered(lambda line: line.partner_id == self.customer)
        settlement = gone.settlement_line_ids.settlement_id
        self.assertEqual(
            (line.state, line.error), ("gone", f"Settled meanwhile on {settlement.name}.")
        )
        self.assertEqual(run.line_ids.settlement_ids.partner_id, self.other)

    def test_what_was_taken_back_meanwhile_is_nobodys_settlement(self):
        charge = self._charge()
        run = self._look()
        charge.action_draft()
        run.action_start()
        self.assertEqual(run.line_ids.state, "gone")
        self.assertIn("changed meanwhile", run.line_ids.error)

    def test_what_went_wrong_is_tried_again(self):
        charge = self._charge()
        self._charge(self.other)
        run = self._look()
        with patch.object(type(charge), "_settle_shares", side_effect=UserError("No journal")):
            run.action_start()
        self.assertEqual((run.state, run.failed_count), ("done", 2))
        self.assertEqual(set(run.line_ids.mapped("error")), {"No journal"})
        run.action_retry()
        self.assertEqual(run.failed_count, 0)
        self.assertEqual(run.line_ids.settlement_ids.partner_id, self.other | self.customer)

    def test_many_payers_go_on_in_the_background(self):
        partners = self.env["res.partner"].create([{"name": f"Payer {n}"} for n in range(25)])
        for partner in partners:
            self._charge(partner)
        run = self._look()
        run.action_start()
        self.assertEqual((run.state, run.done_percent), ("running", 0))
        # One was settled before a stop: it is not settled again.
        run.line_ids[0]._settle()
        with self.enter_registry_test_mode():
            self.env.ref("aftersales_base.ir_cron_settle").sudo().method_direct_trigger()
        self.assertEqual((run.state, run.done_percent), ("done", 100))
        settlements = run.line_ids.settlement_ids
        self.assertEqual(len(settlements), 25)
        self.assertEqual(settlements.partner_id, partners)
        self.assertEqual(settlements.create_uid, self.settler)

    def test_what_nobody_expected_holds_up_nobody(self):
        self._charge()
        self._charge(self.other)
        run = self._look()
        lines = type(run.line_ids)
        settle = lines._create_settlements

        def stumble(line):
            if line.partner_id == self.customer:
                raise KeyError("rate")
            return settle(line)

        logger = "odoo.addons.aftersales_base.models.aftersales_settlement_run_line"
        with patch.object(lines, "_create_settlements", stumble), mute_logger(logger):
            run.action_start()
        failed = run.line_ids.filtered(lambda line: line.state == "failed")
        self.assertEqual(failed.partner_id, self.customer)
        self.assertIn("rate", failed.error)
        self.assertEqual(run.line_ids.settlement_ids.partner_id, self.other)

    def _start_and_leave(self, **vals):
        """Have two runs settled by the job; who started the first is not any more who he was."""
        self._charge()
        gone = self._look()
        self._charge(self.other)
        colleague = self._new_user("second", SETTLEMENT)
        run = self._look(colleague, partner_ids=[self.other.id])
        (gone | run).sudo().write({"state": "running"})
        self.settler.sudo().write(vals)
        self._call_job()
        self.assertEqual((gone | run).mapped("state"), ["done", "done"])
        self.assertEqual(run.line_ids.settlement_ids.partner_id, self.other)
        self.assertEqual((gone.line_ids.state, run.line_ids.state), ("failed", "done"))
        self.assertIn(self.settler.name, gone.line_ids.error)

    def test_who_left_the_company_holds_up_nobody(self):
        company = self.other_company
        self._start_and_leave(company_ids=[Command.set(company.ids)], company_id=company.id)

    def test_who_may_not_settle_any_more_holds_up_nobody(self):
        self._start_and_leave(group_ids=[Command.unlink(self.env.ref(SETTLEMENT).id)])

    # === BY ITSELF === #

    def _call_job(self, most=None):
        """Call the job as Odoo does, until nothing waits; its time is up after ``most`` payers."""
        job, calls = self.env["ir.cron"], 0

        def count(job, processed=0, *, remaining=None, deactivate=False):
            self.progress["done"] += processed
            if remaining is None:
                remaining = max(self.progress["remaining"] - processed, 0)
            self.progress["remaining"] = remaining
            return 0 if most and self.progress["done"] >= most else 60

        with patch.object(type(job), "_commit_progress", count):
            while True:
                self.progress = {"done": 0, "remaining": 0}
                self.Run.sudo()._cron_settle()
                calls += 1
                if not self.progress["remaining"]:
                    return calls
                self.assertLess(calls, 50, "the job comes to no end")

    def _make_payers(self, count):
        partners = self.env["res.partner"].create(
            [{"name": f"Payer {number}", "aftersales_settle_by": "now"} for number in range(count)]
        )
        for partner in partners:
            self._charge(partner)
        return partners

    def test_what_an_accountant_started_is_not_taken_a_second_time(self):
        """Payers who are settled at once anyway, many of them, cut off in between."""
        partners = self._make_payers(25)
        run = self._look()
        run.action_start()
        self.assertEqual(run.state, "running")
        self.assertGreater(self._call_job(most=7), 2)
        self.assertEqual(self.Run.search([]), run, "nothing was left for another run")
        self.assertEqual((run.state, run.failed_count, run.gone_count), ("done", 0, 0))
        self.assertEqual(run.line_ids.settlement_ids.partner_id, partners)
        self.assertEqual(len(run.line_ids.settlement_ids), 25)

    def test_what_is_due_is_one_run_however_often_it_is_cut_off(self):
        partners = self._make_payers(12)
        self.assertGreater(self._call_job(most=5), 2)
        run = self.Run.search([])
        self.assertEqual((len(run), run.state, run.schedule), (1, "done", "now"))
        self.assertEqual(set(run.line_ids.mapped("state")), {"done"})
        self.assertEqual(run.line_ids.settlement_ids.partner_id, partners)
        self._call_job()
        self.assertEqual(self.Run.search([]), run)

    def test_what_goes_wrong_by_itself_waits_for_the_next_day(self):
        charge = self._charge(self._make_payers(1))
        with patch.object(type(charge), "_settle_shares", side_effect=UserError("No journal")):
            self._call_job()
            self._call_job()
        run = self.Run.search([])
        self.assertEqual((len(run), run.failed_count), (1, 1))
        with freeze_time("2026-03-11"):
            self._call_job()
        again = self.Run.search([]) - run
        self.assertEqual((again.failed_count, again.charge_count), (0, 2))
        run.action_retry()
        self.assertEqual(run.line_ids.state, "gone")
        self.assertIn(again.line_ids.settlement_ids.name, run.line_ids.error)

    def test_a_due_run_waits_until_what_was_started_is_through(self):
        """The rest of a payer of whom an accountant started a part comes in the month's run."""
        self.customer.aftersales_settle_by = "month"
        self._charge(day="2026-02-27", team_id=self.team_a.id)
        rest = self._charge(day="2026-02-27", team_id=self.team_b.id)
        run = self._look(team_ids=[self.team_a.id])
        run.write({"state": "running"})
        self._call_job()
        month = self.Run.search([]) - run
        self.assertEqual((month.schedule, month.charge_count), ("month", 1))
        self.assertEqual(month.line_ids.settlement_ids.line_ids.charge_id, rest)
        self.assertEqual((run.gone_count, run.failed_count), (0, 0))

    # === TERMS === #

    def test_small_sums_are_carried_forward(self):
        self.customer.aftersales_settle_minimum = 100
        self._charge()
        self._charge(self.other)
        run = self._look()
        self.assertEqual(
            {(line.partner_id, line.include, line.below_minimum) for line in run.line_ids},
            {(self.customer, False, True), (self.other, True, False)},
        )
        run.action_start()
        self._charge()
        self.assertEqual(self._told(self._look()), {(self.customer, 100, 2)})
        self.assertTrue(self._look().line_ids.include)

    def test_foreign_sums_are_compared_in_the_companys_currency(self):
        """50 euros are 100 here: his minimum of 90 is reached; the totals add what is alike."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.other.property_product_pricelist = self._create_pricelist(currency_id=euro.id)
        self.other.aftersales_settle_minimum = 90
        self._charge()
        self._charge(self.other, quantity=2)
        run = self._look()
        line = run.line_ids.filtered(lambda line: line.partner_id == self.other)
        self.assertRecordValues(
            line,
            [{"currency_id": euro.id, "amount": 50, "amount_company": 100, "include": True}],
        )
        self.assertEqual((run.amount, run.charge_count), (150, 2))
        self.other.aftersales_settle_minimum = 110
        run.action_look()
        line = run.line_ids.filtered(lambda line: line.partner_id == self.other)
        self.assertEqual((line.below_minimum, line.include), (True, False))
        self.assertEqual(run.amount, 50, "who is carried forward does not count")
        line.include = True
        run.action_start()
        settlement = line.settlement_ids
        self.assertEqual((settlement.currency_id, settlement.amount_untaxed), (euro, 50))

    def test_a_payer_with_charges_in_two_currencies(self):
        """A settlement for each currency; the totals are in ours."""
        self._charge()
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.customer.property_product_pricelist = self._create_pricelist(currency_id=euro.id)
        self._charge(quantity=2)
        run = self._look()
        self.assertEqual(
            {(line.currency_id, line.amount, line.amount_company) for line in run.line_ids},
            {(self.company.currency_id, 50, 50), (euro, 50, 100)},
        )
        self.assertEqual((run.payer_count, run.amount), (1, 150))
        run.action_start()
        self.assertEqual(
            {(made.currency_id, made.amount_untaxed) for made in run.line_ids.settlement_ids},
            {(self.company.currency_id, 50), (euro, 50)},
        )

    def test_terms_of_payer_and_company(self):
        self._charge()
        self._charge(self.other)
        company = self.company.sudo()
        company.aftersales_settle_by = "month"
        self.other.aftersales_settle_by = "now"
        self.assertEqual(self._look(schedule="month").line_ids.partner_id, self.customer)
        self.assertEqual(self._look(schedule="now").line_ids.partner_id, self.other)
        self.assertEqual(self._look().line_ids.partner_id, self.customer | self.other)

    def _settle_what_is_due(self, day):
        with freeze_time(day):
            self._call_job()
        return self.Run.sudo().search([("state", "!=", "draft")])

    def test_months_are_settled_by_themselves(self):
        self.company.sudo().aftersales_settle_day = 3
        self.customer.aftersales_settle_by = "month"
        self._charge(day="2026-02-27")
        self._charge(day="2026-03-01")
        self.assertFalse(self._settle_what_is_due("2026-03-02"))
        run = self._settle_what_is_due("2026-03-04")
        self.assertEqual((run.schedule, run.date_until), ("month", date(2026, 2, 28)))
        self.assertEqual(run.charge_count, 1)
        # Only once, and what is by hand never.
        self._charge(self.other)
        self.assertEqual(self._settle_what_is_due("2026-03-05"), run)

    def test_a_run_for_some_is_not_the_month(self):
        self.customer.aftersales_settle_by = "month"
        self.other.aftersales_settle_by = "month"
        self._charge(day="2026-02-27")
        self._charge(self.other, day="2026-02-27")
        some = self._look(schedule="month", date_until="2026-02-28", partner_ids=[self.customer.id])
        some.action_start()
        runs = self._settle_what_is_due("2026-03-04") - some
        self.assertEqual(runs.line_ids.partner_id, self.other)

    def test_what_a_maker_refused_is_settled_with_the_customer(self):
        charge = self._charge()
        charge.sudo().refused_amount = 30
        run = self._look()
        self.assertEqual(self._told(run), {(self.customer, 80, 2)})
        run.action_start()
        self.assertEqual(set(charge.settlement_line_ids.mapped("share")), {"customer", "refused"})

    def test_at_once_is_every_day(self):
        self.customer.aftersales_settle_by = "now"
        self._charge()
        self.assertEqual(self._settle_what_is_due(TODAY).charge_count, 1)

    def test_nothing_but_small_sums_makes_no_run(self):
        self.customer.aftersales_settle_by = "now"
        self.customer.aftersales_settle_minimum = 1000
        self._charge()
        self.assertFalse(self._settle_what_is_due(TODAY))

    # === PAYER AND REFERENCE === #

    def test_insurer_pays_and_reads_his_reference(self):
        insurer = self.env["res.partner"].create({"name": "Shield Insurance"})
        self.customer.aftersales_payer_id = insurer
        request = self._make_request(partner_id=self.customer.id, customer_ref="DMG-77")
        self._charge(request_id=request.id)
        run = self._look()
        self.assertEqual(run.line_ids.partner_id, insurer)
        run.action_start()
        settlement = run.line_ids.settlement_ids
        self.assertEqual((settlement.partner_id, settlement.partner_ref), (insurer, "DMG-77"))
        self.assertIn("DMG-77", settlement.line_ids._get_move_line_name())

    # === FORBIDDEN === #

    def test_who_may(self):
        self._charge()
        for user in (self.technician, self.agent):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.Run.with_user(user).create({})
        run = self._look()
        with self.assertRaisesRegex(UserError, "you cannot make it Settling"):
            run.with_user(self.agent).action_start()

    def test_amounts_and_steps_are_not_written(self):
        self._charge()
        run = self._look()
        line = run.line_ids
        for vals in ({"amount": 1}, {"partner_id": self.other.id}, {"state": "done"}):
            with self.subTest(vals), self.assertRaises(UserError):
                line.write(vals)
        with self.assertRaises(UserError):
            run.write({"state": "done"})
        with self.assertRaises(AccessError):
            line.create({"run_id": run.id, "partner_id": self.other.id, "kind": "customer"})
        run.action_start()
        for change in (
            lambda: run.write({"date_until": "2026-12-31"}),
            lambda: run.action_look(),
            lambda: line.write({"include": False}),
            lambda: run.unlink(),
        ):
            with self.assertRaisesRegex(UserError, "was started"):
                change()

    # === QUERIES === #

    def test_looking_takes_as_many_queries_for_many(self):
        def count():
            run = self.Run.with_user(self.settler).create({})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run._get_open_groups()
            return self.env.cr.sql_log_count - before

        for __ in range(2):
            self._charge()
        self._charge(self.other)
        count()
        few = count()
        for partner in self.env["res.partner"].create([{"name": f"P{n}"} for n in range(10)]):
            self._charge(partner)
        self.assertEqual(count(), few)
