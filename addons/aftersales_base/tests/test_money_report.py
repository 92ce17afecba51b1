from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon

REPORTED = "2025-06-01 08:00:00"


class MoneyReportCase(AftersalesCommon):
    """A unit under warranty: the maker bears parts, we bear labour, the customer pays trips."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("MR1")
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            service_type_id=cls.type_onsite.id,
            date_reported=REPORTED,
        )
        cls.compressor.standard_price = 300
        cls.charges = cls.env["aftersales.charge"]
        for product in (cls.compressor, cls.labour, cls.travel):
            cls.charges |= cls._make_charge(product, request_id=cls.request.id)
        cls.charges.action_confirm()
        cls.part, cls.hour, cls.trip = cls.charges

    def _read(self, model, groupby, *measures, domain=()):
        self.env.flush_all()
        report = self.env[model]
        groups = report._read_group(
            [("charge_id", "in", self._get_charges().ids), *domain], groupby, measures
        )
        return {tuple(group[: len(groupby)]): group[len(groupby) :] for group in groups}

    def _get_charges(self):
        return self.env["aftersales.charge"].search([("company_id", "=", self.company.id)])

    def _total(self, model, *measures, domain=()):
        return self._read(model, [], *measures, domain=domain)[()]

    def _invoice(self, settlement):
        if settlement.state == "draft":
            settlement.action_confirm()
        settlement.action_create_invoice()
        settlement.move_id.action_post()
        return settlement.move_id

    def _answer(self, line, amount, reason="Not ours"):
        self.env["aftersales.settlement.line"]._answer({line: (amount, reason)})


@tagged("post_install", "-at_install")
class TestResultReport(MoneyReportCase):
    """Revenue and cost, to the cent what the charges say."""

    def test_nothing_to_count(self):
        values = self._total(
            "aftersales.result.report", "__count", "revenue:sum", domain=[("id", "=", 0)]
        )
        self.assertEqual((values[0], values[1] or 0), (0, 0))

    def test_shares_by_who_bears_them(self):
        found = self._read(
            "aftersales.result.report", ["bearer"], "worth:sum", "revenue:sum", "borne:sum"
        )
        self.assertEqual(
            found,
            {
                ("customer",): (50, 50, 0),
                ("partner",): (800, 800, 0),
                ("company",): (150, 0, 150),
            },
        )

    def test_sums_are_those_of_the_charges(self):
        worth, revenue = self._total("aftersales.result.report", "worth:sum", "revenue:sum")
        self.assertEqual(worth, sum(self.charges.mapped("amount")))
        amounts = self.charges._get_amounts_by_bearer(self.company.currency_id)
        self.assertEqual(revenue, amounts["customer"] + amounts["partner"])

    def test_payer_is_who_owes_the_share(self):
        found = self._read("aftersales.result.report", ["payer_id"], "revenue:sum")
        self.assertEqual(found[(self.customer,)], (50,))
        self.assertEqual(found[(self.maker,)], (800,))

    def test_by_everything_managers_ask_for(self):
        for fname, value in (
            ("service_type_id", self.type_onsite),
            ("product_id", self.ac),
            ("product_category_id", self.category_ac),
            ("team_id", self.team_a),
            ("user_id", self.technician),
            ("unit_id", self.unit),
        ):
            found = self._read("aftersales.result.report", [fname], "worth:sum")
            self.assertEqual(found, {(value,): (1000,)}, fname)
        found = self._read("aftersales.result.report", ["kind"], "worth:sum")
        self.assertEqual(found, {("part",): (800,), ("labour",): (150,), ("travel",): (50,)})

    def test_part_without_a_movement_costs_what_it_costs(self):
        cost, margin, percent = self._total(
            "aftersales.result.report", "cost:sum", "margin:sum", "margin_percent:avg"
        )
        self.assertEqual((cost, margin), (300, 550))
        self.assertAlmostEqual(percent, 100 * 550 / 850)

    def test_cost_falls_into_the_shares(self):
        """Half covered: the customer's half carries half of the cost."""
        half = self._make_charge(
            self.compressor,
            partner_id=self.customer.id,
            service_type_id=self.type_half.id,
        )
        half.action_confirm()
        found = self._read(
            "aftersales.result.report",
            ["bearer"],
            "worth:sum",
            "cost:sum",
            domain=[("charge_id", "=", half.id)],
        )
        self.assertEqual(found, {("customer",): (400, 150), ("company",): (400, 150)})

    def test_drafts_and_cancelled_do_not_count(self):
        self._make_charge(self.travel, partner_id=self.customer.id)
        self.trip.action_cancel()
        self.assertEqual(self._total("aftersales.result.report", "worth:sum"), (950,))

    def test_what_the_maker_refuses_is_ours_until_somebody_else_pays(self):
        claim = self._make_settlement(self.part)
        claim.action_confirm()
        self._answer(claim.line_ids, 600)
        by_bearer = ["bearer"]
        found = self._read(
            "aftersales.result.report",
            by_bearer,
            "worth:sum",
            "revenue:sum",
            "borne:sum",
            domain=[("charge_id", "=", self.part.id)],
        )
        self.assertEqual(found, {("partner",): (800, 600, 0), ("company",): (0, 0, 200)})
        claim.line_ids._decide("customer", "His fault")
        found = self._read(
            "aftersales.result.report",
            by_bearer,
            "worth:sum",
            "revenue:sum",
            "borne:sum",
            domain=[("charge_id", "=", self.part.id)],
        )
        self.assertEqual(
            found,
            {
                ("partner",): (600, 600, 0),
                ("customer",): (200, 200, 0),
                ("company",): (0, 0, 0),
            },
        )

    def test_what_the_customer_need_not_pay_is_no_revenue(self):
        settlement = self._make_settlement(self.trip)
        settlement.line_ids.write({"amount_accepted": 40, "difference_reason": "Waited long"})
        own = [("charge_id", "=", self.trip.id)]
        self.assertEqual(
            self._total("aftersales.result.report", "worth:sum", "revenue:sum", domain=own),
            (50, 40),
        )
        settlement.action_cancel()
        self.assertEqual(self._total("aftersales.result.report", "revenue:sum", domain=own), (50,))

    def test_taxes_in_the_price_are_not_ours(self):
        """25 % in a price of 50 and of 150: 40 are revenue, 120 are borne; as the ledger says."""
        tax = self.env["account.tax"].create(
            {"name": "25 % in", "amount": 25, "price_include_override": "tax_included"}
        )
        (self.travel + self.labour).taxes_id = tax
        charges = self.env["aftersales.charge"]
        for product in (self.travel, self.labour):
            charges |= self._make_charge(product, request_id=self.request.id)
        charges.action_confirm()
        trip, hour = charges
        found = self._read(
            "aftersales.result.report",
            ["bearer"],
            "worth:sum",
            "revenue:sum",
            "borne:sum",
            domain=[("charge_id", "in", charges.ids)],
        )
        self.assertEqual(found, {("customer",): (40, 40, 0), ("company",): (120, 0, 120)})
        self.assertEqual(hour._get_borne_amounts(), {hour: 120})
        settlement = self._make_settlement(trip)
        self.assertEqual(self._invoice(settlement).amount_untaxed, 40)
        self.assertEqual(
            self._total(
                "aftersales.result.report", "revenue:sum", domain=[("charge_id", "=", trip.id)]
            ),
            (40,),
        )

    def test_foreign_currency_is_turned_by_the_rate_of_the_day(self):
        euro = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0), ("2025-07-01", 4.0)])
        charge = self._make_charge(
            self.travel,
            partner_id=self.customer.id,
            currency_id=euro.id,
            price_unit=33.33,
            date_fault=date(2025, 6, 1),
        )
        charge.action_confirm()
        own = [("charge_id", "=", charge.id)]
        [worth] = self._total("aftersales.result.report", "worth:sum", domain=own)
        amounts = charge._get_amounts_by_bearer(self.company.currency_id)
        self.assertEqual(self.company.currency_id.round(worth), amounts["customer"])

    def test_who_may_see_cost(self):
        report = self.env["aftersales.result.report"]
        for user in (self.manager, self.settler):
            self.assertEqual(
                len(report.with_user(user).search([("charge_id", "in", self.charges.ids)])), 3
            )
        with mute_logger("odoo.addons.base.models.ir_model"):
            for user in (self.technician, self.agent, self.portal):
                with self.assertRaises(AccessError):
                    report.with_user(user).search([])

    def test_other_company_sees_nothing(self):
        elsewhere = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager,aftersales_base.group_aftersales_settlement",
            company_id=self.other_company.id,
        )
        for model in ("result", "claim", "unpaid"):
            report = self.env[f"aftersales.{model}.report"].with_user(elsewhere)
            self.assertFalse(report.search([]))

    def test_rows_open_what_they_are_about(self):
        rows = self.env["aftersales.result.report"].search([("charge_id", "=", self.trip.id)])
        self.assertEqual(rows.action_open()["res_id"], self.request.id)


@tagged("post_install", "-at_install")
class TestClaimReport(MoneyReportCase):
    """Covered against claimed against recovered."""

    MEASURES = (
        "covered:sum",
        "to_claim:sum",
        "claimed:sum",
        "accepted:sum",
        "refused:sum",
        "recovered:sum",
        "outstanding:sum",
    )

    def _claim(self):
        return self._total("aftersales.claim.report", *self.MEASURES)

    def test_from_covered_to_recovered(self):
        self.assertEqual(self._claim(), (800, 800, 0, 0, 0, 0, 0))
        claim = self._make_settlement(self.part)
        self.assertEqual(self._claim(), (800, 0, 800, 0, 0, 0, 800))
        claim.action_confirm()
        self._answer(claim.line_ids, 600)
        self.assertEqual(self._claim(), (800, 0, 800, 600, 200, 0, 600))
        move = self._invoice(claim)
        self.assertEqual(self._claim(), (800, 0, 800, 600, 200, 0, 600))
        self._pay(move, move.amount_total / 4)
        self.assertEqual(self._claim(), (800, 0, 800, 600, 200, 150, 450))
        self._pay(move)
        self.assertEqual(self._claim(), (800, 0, 800, 600, 200, 600, 0))
        [percent] = self._total("aftersales.claim.report", "recovered_percent:avg")
        self.assertEqual(percent, 75)

    def test_what_is_written_off_is_not_recovered(self):
        claim = self._make_settlement(self.part)
        move = self._invoice(claim)
        self._pay(move, move.amount_total / 4)
        account = self.env["account.account"].search(
            [*self.env["account.account"]._check_company_domain(self.company)]
            + [("account_type", "=", "expense")],
            limit=1,
        )
        claim._write_off(account, self.company._get_aftersales_entry_journal(), False, "Insolvent")
        self.assertEqual(self._claim(), (800, 0, 800, 800, 0, 200, 0))

    def test_states_group_by_maker(self):
        self.assertEqual(
            self._read("aftersales.claim.report", ["maker_id", "claim_state"], "__count"),
            {(self.maker, "none"): (1,)},
        )

    def test_claimed_again_counts_once(self):
        claim = self._make_settlement(self.part)
        claim.action_confirm()
        self._answer(claim.line_ids, 0)
        claim.line_ids._decide("resubmit", "Photo sent")
        self.assertEqual(self._claim(), (800, 0, 800, 0, 0, 0, 800))

    def test_reversed_is_neither_paid_nor_outstanding(self):
        claim = self._make_settlement(self.part)
        move = self._invoice(claim)
        move._reverse_moves(cancel=True)
        values = self._claim()
        self.assertEqual(values[-2:], (0, 0))
        self.assertEqual(self._total("aftersales.claim.report", "given_up:sum"), (800,))

    def test_agent_sees_those_of_his_team(self):
        report = self.env["aftersales.claim.report"]
        own = [("charge_id", "in", self.charges.ids)]
        self.assertEqual(len(report.with_user(self.agent).search(own)), 1)
        self.assertFalse(report.with_user(self.other_agent).search(own))
        self.assertEqual(len(report.with_user(self.settler).search(own)), 1)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            report.with_user(self.technician).search(own)


@tagged("post_install", "-at_install")
class TestUnpaidReport(MoneyReportCase):
    """What is owed, by payer and unit, as the ledger says it."""

    MEASURES = ("amount_to_invoice:sum", "amount_residual:sum", "amount_overdue:sum")

    def _owed(self, groupby=("payer_id",), domain=()):
        return self._read("aftersales.unpaid.report", list(groupby), *self.MEASURES, domain=domain)

    def test_not_settled_yet(self):
        self.assertEqual(self._owed(), {(self.customer,): (50, 0, 0), (self.maker,): (800, 0, 0)})
        self.assertEqual(self._owed(("unit_id",)), {(self.unit,): (850, 0, 0)})

    @freeze_time("2025-06-10")
    def test_aged_as_the_invoice_is_due(self):
        move = self._invoice(self._make_settlement(self.trip))
        customers = [("kind", "=", "customer")]
        self.assertEqual(move.amount_residual, 57.5)
        for due, age in (
            ("2025-06-10", "3_not_due"),
            ("2025-06-09", "4_30"),
            ("2025-05-10", "5_60"),
            ("2025-04-01", "6_90"),
            ("2025-01-01", "7_older"),
        ):
            move.invoice_date_due = due
            late = 0 if age == "3_not_due" else 57.5
            self.assertEqual(self._owed(("age",), customers), {(age,): (0, 57.5, late)}, due)

    def test_rounded_total_is_owed_as_the_lines_are(self):
        """The parts of the lines add up to the open amount, what was rounded included."""
        self.company.aftersales_rounding_id = self.env["account.cash.rounding"].create(
            {
                "name": "Full 10",
                "rounding": 10,
                "rounding_method": "DOWN",
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        move = self._invoice(self._make_settlement(self.trip))
        self.assertEqual(move.amount_residual, 50)
        self.assertEqual(self._owed()[(self.customer,)], (0, 50, 0))
        self.assertEqual(self.unit.amount_open, 50)

    def test_part_payment_leaves_the_rest(self):
        """Three lines of one invoice: their open parts add up to what the ledger says."""
        for __ in range(2):
            self.charges |= self._make_charge(self.filter_part, partner_id=self.customer.id)
        self.charges.filtered(lambda charge: charge.state == "draft").action_confirm()
        settlement = (self.charges - self.part - self.hour)._create_settlements()
        self.assertEqual(len(settlement), 1)
        move = self._invoice(settlement)
        self._pay(move, 33.33)
        [(invoiced, residual, __)] = self._owed((), [("kind", "=", "customer")]).values()
        self.assertEqual(invoiced, 0)
        self.assertEqual(
            self.company.currency_id.round(residual), move.amount_residual, "to the cent"
        )

    def test_paid_reversed_and_cancelled_are_gone(self):
        move = self._invoice(self._make_settlement(self.trip))
        self._pay(move)
        self.assertNotIn((self.customer,), self._owed())
        trip = self._make_charge(self.travel, partner_id=self.customer.id)
        settlement = self._make_settlement(trip)
        move = self._invoice(settlement)
        move._reverse_moves(cancel=True)
        self.assertNotIn((self.customer,), self._owed())

    def test_draft_invoice_is_not_invoiced_yet(self):
        settlement = self._make_settlement(self.trip)
        settlement.action_confirm()
        settlement.action_create_invoice()
        self.assertEqual(self._owed()[(self.customer,)], (50, 0, 0))
        found = self._owed(("age",), [("kind", "=", "customer")])
        self.assertEqual(list(found), [("2_not_invoiced",)])

    def test_credit_lowers_what_is_owed(self):
        credit = self._make_charge(self.travel, partner_id=self.customer.id, quantity=-0.5)
        self._invoice(self._make_settlement(credit))
        self._invoice(self._make_settlement(self.trip))
        self.assertEqual(self._owed()[(self.customer,)][1], 57.5 - 28.75)

    def test_what_the_customer_pays_instead_of_the_maker(self):
        claim = self._make_settlement(self.part)
        claim.action_confirm()
        self._answer(claim.line_ids, 0)
        claim.line_ids._decide("customer", "His fault")
        owed = self._owed()
        self.assertEqual(owed[(self.customer,)], (850, 0, 0))
        self.assertNotIn((self.maker,), owed, "the claim is closed")

    def test_rows_open_the_settlement(self):
        settlement = self._make_settlement(self.trip)
        row = self.env["aftersales.unpaid.report"].search([("charge_id", "=", self.trip.id)])
        self.assertEqual(row.action_open()["res_id"], settlement.id)

    def test_screens_open(self):
        for model in ("result", "claim", "unpaid"):
            report = self.env[f"aftersales.{model}.report"]
            rows = report.search([("charge_id", "in", self.charges.ids)])
            fnames = [name for name, field in report._fields.items() if field.store]
            self.assertTrue(rows.read(fnames))
