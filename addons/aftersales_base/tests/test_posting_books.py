from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

JUNE, JULY = date(2025, 6, 30), date(2025, 7, 31)


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15 10:00:00")
class TestPostingBooks(AftersalesCommon):
    """From the charge to the journal items: who pays what, in which books, on which day.

    The maker bears compressors (800), we labour (150), the customer trips (50); 15 % tax.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("PB1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.revenue = cls.company_data["default_account_revenue"]
        cls.tax_account = cls.tax_sale_a.invoice_repartition_line_ids.account_id

    def _settle(self, *lines):
        """Settle charges of ``(product, values)``; the settlements, claims first."""
        charges = self.env["aftersales.charge"]
        for product, vals in lines:
            charges |= self._make_charge(product, **{"request_id": self.request.id, **vals})
        charges.action_confirm()
        return charges._create_settlements().sorted("kind")

    def _post(self, settlements):
        own = settlements.with_user(self.settler)
        own.action_confirm()
        own.action_create_invoice()
        own.move_id.action_post()
        return settlements.move_id

    def _get_items(self, moves):
        """Return ``{(partner, account): balance}`` of journal entries."""
        items = {}
        for line in moves.line_ids:
            key = (line.partner_id, line.account_id)
            items[key] = round(items.get(key, 0) + line.balance, 2)
        return items

    def _expect(self, partner, untaxed, tax):
        """Return the items of an invoice over these amounts; negative: a credit note."""
        return {
            (partner, self.receivable): untaxed + tax,
            (partner, self.revenue): -untaxed,
            (partner, self.tax_account): -tax,
        }

    # === WHO PAYS WHAT === #

    def test_to_the_journal_items(self):
        """Charges => journal items by payer and account."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        half = {"service_type_id": self.type_half.id}
        customer, maker = self.customer, self.maker
        for name, lines, expected in (
            ("customer", [(self.travel, {})], self._expect(customer, 50, 7.5)),
            ("maker", [(self.compressor, {})], self._expect(maker, 800, 120)),
            (
                "split between maker and customer",
                [(self.compressor, {}), (self.travel, {})],
                self._expect(maker, 800, 120) | self._expect(customer, 50, 7.5),
            ),
            ("half of it ours", [(self.travel, half)], self._expect(customer, 25, 3.75)),
            (
                "free labour beside a trip",
                [(self.labour, {}), (self.travel, {})],
                self._expect(customer, 50, 7.5),
            ),
            (
                "foreign currency",
                [(self.travel, {"currency_id": euro.id, "price_unit": 100})],
                self._expect(customer, 200, 30),
            ),
            (
                "credit",
                [(self.travel, {"price_unit": -100})],
                self._expect(customer, -100, -15),
            ),
            (
                "more to pay than to give",
                [(self.travel, {"quantity": 3}), (self.travel, {"price_unit": -40})],
                self._expect(customer, 110, 16.5),
            ),
        ):
            with self.subTest(case=name):
                moves = self._post(self._settle(*lines))
                self.assertEqual(self._get_items(moves), expected)

    def test_nothing_of_what_we_bear_alone(self):
        charge = self._make_charge(self.labour, request_id=self.request.id)
        charge.action_confirm()
        self.assertEqual(charge.settlement_status, "none")
        self.assertFalse(charge._get_open_shares())

    def test_reversed_to_the_journal_items(self):
        settlement = self._settle((self.travel, {}))
        move = self._post(settlement)
        settlement.with_user(self.settler).action_cancel()
        both = move | move.reversal_move_ids
        self.assertEqual(set(self._get_items(both).values()), {0})
        self.assertEqual(move.reversal_move_ids.move_type, "out_refund")
        receivable = both.line_ids.filtered(lambda line: line.account_id == self.receivable)
        self.assertEqual(receivable.mapped("reconciled"), [True, True])

    def test_zero_total(self):
        """What is owed and what is given come to nothing: an invoice over nothing, paid."""
        settlement = self._settle((self.travel, {}), (self.travel, {"price_unit": -50}))
        self.assertEqual(settlement.amount_total, 0)
        move = self._post(settlement)
        self.assertEqual((move.move_type, move.amount_total), ("out_invoice", 0))
        self.assertEqual(settlement.status, "paid")
        self.assertEqual(settlement.line_ids.charge_id.mapped("settlement_status"), ["paid"] * 2)

    # === TAXES === #

    def test_both_ways_to_round_taxes(self):
        """Seven times 10.37 at 15 %: 1.56 a line are 10.92, of the sum it is 10.89."""
        included = self.env["account.tax"].create(
            {
                "name": "13 % in",
                "amount": 13,
                "type_tax_use": "sale",
                "company_id": self.company.id,
                "price_include_override": "tax_included",
            }
        )
        for tax in (self.tax_sale_a, included):
            for method in ("round_per_line", "round_globally"):
                with self.subTest(tax=tax.name, method=method):
                    self.company.tax_calculation_rounding_method = method
                    self.travel.taxes_id = [Command.set(tax.ids)]
                    settlement = self._settle(*[(self.travel, {"price_unit": 10.37})] * 7)
                    move = self._post(settlement)
                    self.assertRecordValues(
                        settlement,
                        [
                            {
                                "amount_untaxed": move.amount_untaxed,
                                "amount_tax": move.amount_tax,
                                "amount_total": move.amount_total,
                            }
                        ],
                    )
        per_line, globally = (
            self._tax_of_seven(method) for method in ("round_per_line", "round_globally")
        )
        self.assertEqual((per_line, globally), (10.92, 10.89))

    def _tax_of_seven(self, method):
        self.company.tax_calculation_rounding_method = method
        self.travel.taxes_id = [Command.set(self.tax_sale_a.ids)]
        return self._settle(*[(self.travel, {"price_unit": 10.37})] * 7).amount_tax

    # === DAYS === #

    def test_rate_of_the_day_of_the_invoice(self):
        """Settled at 0.5 euros a dollar, invoiced a month later at 0.25."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5), ("2025-07-01", 0.25)])
        settlement = self._settle((self.travel, {"currency_id": euro.id, "price_unit": 100}))
        settlement.action_confirm()
        with freeze_time("2025-07-10 10:00:00"):
            settlement.with_user(self.settler).action_create_invoice()
            settlement.move_id.action_post()
        self.assertEqual(settlement.move_id.amount_total, 115)
        self.assertEqual(self._get_items(settlement.move_id), self._expect(self.customer, 400, 60))
        with freeze_time("2025-07-20 10:00:00"):
            settlement.action_cancel()
        both = settlement.move_id | settlement.move_id.reversal_move_ids
        self.assertEqual(set(self._get_items(both).values()), {0})

    def test_closed_period(self):
        """What is done to a settlement of a closed month => day of the reversal."""
        for lock, until, day in (
            ("fiscalyear_lock_date", JUNE, date(2025, 7, 20)),
            ("sale_lock_date", JUNE, date(2025, 7, 20)),
            ("tax_lock_date", JUNE, date(2025, 7, 20)),
            # Closed to the end of the month already: the first open date is in the next.
            ("fiscalyear_lock_date", JULY, date(2025, 8, 1)),
            ("sale_lock_date", JULY, date(2025, 8, 1)),
            ("hard_lock_date", JULY, date(2025, 8, 1)),
        ):
            with self.subTest(lock=lock, until=until), self.env.cr.savepoint():
                settlement = self._settle((self.travel, {}))
                move = self._post(settlement)
                self.company[lock] = until
                with freeze_time("2025-07-20 10:00:00"):
                    settlement.with_user(self.settler).action_cancel()
                reversal = move.reversal_move_ids
                self.assertEqual((reversal.state, reversal.date), ("posted", day))
                self.assertEqual(move.payment_state, "reversed")
                self.assertEqual(move.date, date(2025, 6, 15))
                told = any("first open date" in note.body for note in reversal.message_ids)
                self.assertEqual(told, until == JULY)
                if lock != "hard_lock_date":
                    self.company[lock] = False

    def test_settling_when_the_month_is_closed(self):
        """An invoice dated into a closed month is entered on the first open date."""
        settlement = self._settle((self.travel, {}))
        self.company.fiscalyear_lock_date = JUNE
        settlement.action_confirm()
        with freeze_time("2025-07-20 10:00:00"):
            settlement.with_user(self.settler).action_create_invoice()
            settlement.move_id.invoice_date = JUNE
            settlement.move_id.action_post()
            self.assertGreater(settlement.move_id.date, JUNE)
            self.assertEqual(settlement.status, "invoiced")

    def test_a_draft_of_a_closed_month_is_deleted(self):
        settlement = self._settle((self.travel, {}))
        settlement.action_confirm()
        settlement.with_user(self.settler).action_create_invoice()
        move = settlement.move_id
        self.company.fiscalyear_lock_date = JUNE
        settlement.with_user(self.settler).action_cancel()
        self.assertFalse(move.exists())
        self.assertEqual(settlement.line_ids.charge_id.settlement_status, "to_settle")

    # === WHOSE BOOKS === #

    def test_a_branch_posts_in_the_books_of_its_parent(self):
        branch = self.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": self.company.id,
                "country_id": self.company.country_id.id,
                "account_fiscal_country_id": self.company.account_fiscal_country_id.id,
            }
        )
        # The branch gets the chart of accounts of its parent.
        self.env.cr.precommit.run()
        self.env.user.company_ids = [Command.link(branch.id)]
        self.settler.company_ids = [Command.link(branch.id)]
        self.company.aftersales_claim_journal_id = self.company_data["default_journal_sale"].copy(
            {"code": "CLM", "sequence": 90}
        )
        env_all = self.env["aftersales.charge"].with_context(
            allowed_company_ids=[branch.id, self.company.id]
        )
        charge = env_all.create(
            {
                "product_id": self.travel.id,
                "partner_id": self.customer.id,
                "company_id": branch.id,
            }
        )
        charge.action_confirm()
        settlement = charge._create_settlements()
        self.assertEqual(settlement.company_id, branch)
        settlement.action_confirm()
        settlement.action_create_invoice()
        move = settlement.move_id
        move.action_post()
        self.assertEqual(move.company_id, branch)
        self.assertEqual(move.journal_id, self.company_data["default_journal_sale"])
        self.assertEqual(self._get_items(move), self._expect(self.customer, 50, 7.5))
        settlement.action_cancel()
        self.assertEqual(move.payment_state, "reversed")

    def test_each_company_in_its_own_books(self):
        data = self.setup_other_company(name="Invoicing Company")
        self.travel.taxes_id |= data["default_tax_sale"]
        charges = self._make_charge(self.travel, request_id=self.request.id) | self._make_charge(
            self.travel, company_id=data["company"].id
        )
        charges.action_confirm()
        settlements = charges._create_settlements()
        settlements.action_confirm()
        settlements.action_create_invoice()
        settlements.move_id.action_post()
        for settlement in settlements:
            move = settlement.move_id
            with self.subTest(company=settlement.company_id.name):
                self.assertEqual(move.company_id, settlement.company_id)
                self.assertIn(settlement.company_id, move.line_ids.account_id.company_ids)
                self.assertEqual(len(move.line_ids.account_id.company_ids), 1)
                self.assertEqual(move.line_ids.tax_line_id.company_id, settlement.company_id)
