from odoo.fields import Command
from odoo.tests import tagged

from .test_money_report import MoneyReportCase


class MoneyTaxesCase(MoneyReportCase):
    """Our price of a part includes 13 % and is 100 net; abroad nobody owes taxes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.charges.action_draft()
        cls.charges.action_cancel()
        cls.included = cls._tax("13 % in", 13)
        cls.compressor.write({"lst_price": 113, "taxes_id": [Command.set(cls.included.ids)]})
        cls.export = cls._position("Export", amount=0)
        cls.elsewhere = cls._position("Elsewhere", amount=20, price_include_override="tax_excluded")
        cls.abroad = cls.env["res.partner"].create({"name": "Müller, Bern"})

    @classmethod
    def _tax(cls, name, amount, **vals):
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": amount,
                "type_tax_use": "sale",
                "company_id": cls.company.id,
                "price_include_override": "tax_included",
                **vals,
            }
        )

    @classmethod
    def _position(cls, name, **vals):
        """Return a position that puts another tax in the place of the included 13 %."""
        position = cls.env["account.fiscal.position"].create({"name": name})
        cls._tax(f"{name} tax", **vals).write(
            {
                "fiscal_position_ids": [Command.set(position.ids)],
                "original_tax_ids": [Command.set(cls.included.ids)],
            }
        )
        return position

    def _do(self, product=None, **vals):
        """Return a confirmed charge for a unit the maker's warranty covers."""
        unit = self._make_unit(False, partner_id=self.abroad.id)
        charge = self._make_charge(
            product or self.compressor,
            unit_id=unit.id,
            partner_id=self.abroad.id,
            date_fault="2025-06-01",
            **vals,
        )
        charge.action_confirm()
        return charge

    def _sum(self, charge, *measures):
        """Return what *Revenue and Cost* shows of a charge, to the cent."""
        self.env.flush_all()
        [values] = self.env["aftersales.result.report"]._read_group(
            [("charge_id", "=", charge.id)], [], [f"{measure}:sum" for measure in measures]
        )
        return tuple(round(value, 6) for value in values)

    def _book(self, settlement):
        """Return what the ledger has as income of the invoice of a settlement."""
        items = self._invoice(settlement).line_ids
        # These taxes have no account of their own, and fall on that of the income.
        income = items.filtered(
            lambda item: item.account_id.internal_group == "income" and not item.tax_line_id
        )
        return round(-sum(income.mapped("balance")), 6)


@tagged("post_install", "-at_install")
class TestResultTaxes(MoneyTaxesCase):
    """What is accepted counts without the taxes of whoever pays it, as the ledger says."""

    def test_each_payer_by_his_own_position(self):
        """The part is 100 net for whoever pays it, wherever customer and maker sit."""
        home = self.env["account.fiscal.position"]
        for customer, maker, claimed in (
            (home, home, 113),
            (home, self.export, 100),
            (self.export, home, 113),
            (self.export, self.export, 100),
            (home, self.elsewhere, 100),
            (self.elsewhere, home, 113),
        ):
            with self.subTest(customer=customer.name, maker=maker.name):
                self.abroad.property_account_position_id = customer
                self.maker.property_account_position_id = maker
                charge = self._do()
                self.assertAlmostEqual(self._sum(charge, "worth")[0], 100, 2)
                claim = self._make_settlement(charge)
                self.assertEqual(claim.amount_claimed, claimed)
                self.assertEqual(claim.line_ids.amount_untaxed, 100)
                self.assertEqual(self._sum(charge, "revenue"), (100,))
                self.assertEqual(self._book(claim), 100)
                self.assertEqual(self._sum(charge, "revenue", "margin"), (100, -200))

    def test_shares_of_two_payers(self):
        """Half each, one of them abroad: 50 net of either."""
        half = {"kind": "part", "percent": 50, "bearer_type": "partner"}
        self.policy.term_ids.filtered(lambda term: term.kind == "part").write(half)
        for customer, maker in ((self.export, False), (False, self.export)):
            with self.subTest(customer=customer, maker=maker):
                self.abroad.property_account_position_id = customer
                self.maker.property_account_position_id = maker
                charge = self._do()
                settlements = self._make_settlement(charge)
                self.assertEqual(settlements.line_ids.mapped("amount_untaxed"), [50, 50])
                self.assertEqual(self._sum(charge, "revenue"), (100,))
                self.assertEqual(sum(self._book(one) for one in settlements), 100)

    def test_position_changed_on_the_settlement(self):
        charge = self._do()
        claim = self._make_settlement(charge)
        for position, claimed in ((self.export, 100), (False, 113), (self.elsewhere, 100)):
            with self.subTest(position=position):
                claim.fiscal_position_id = position
                self.assertEqual(claim.amount_claimed, claimed)
                self.assertEqual(self._sum(charge, "revenue"), (100,))
        self.assertEqual(self._book(claim), 100)
        claim.action_cancel()
        self.assertAlmostEqual(self._sum(charge, "revenue")[0], 100, 2)

    def test_taxes_changed_on_the_line(self):
        charge = self._do()
        claim = self._make_settlement(charge)
        claim.line_ids.tax_ids = False
        self.assertEqual(self._sum(charge, "revenue"), (113,))
        self.assertEqual(self._book(claim), 113)

    def test_answer_of_the_maker(self):
        """Abroad and asked for 100 he accepts 60: 40 are ours, at our price without taxes."""
        self.maker.property_account_position_id = self.export
        charge = self._do()
        claim = self._make_settlement(charge)
        claim.action_confirm()
        self._answer(claim.line_ids, 60)
        revenue, borne = self._sum(charge, "revenue", "borne")
        self.assertEqual(revenue, 60)
        self.assertAlmostEqual(borne, 40, 2)
        self.assertEqual(self._book(claim), 60)
        passed_on = claim.line_ids._decide("customer", "His fault")
        self.assertEqual(passed_on.line_ids.amount_accepted, 45.2)
        self.assertEqual(self._sum(charge, "revenue", "borne"), (100, 0))
        self.assertEqual(self._book(passed_on), 40)

    def test_lines_add_up_to_the_settlement(self):
        """Rounded globally, three times 10.10 are 26.81 net, not three times 8.94."""
        self.company.tax_calculation_rounding_method = "round_globally"
        self.compressor.lst_price = 10.1
        charges = self.env["aftersales.charge"].union(*(self._do() for __ in range(3)))
        claim = self._make_settlement(charges)
        self.assertEqual(len(claim), 1)
        self.assertEqual(claim.amount_untaxed, 26.81)
        self.assertAlmostEqual(sum(claim.line_ids.mapped("amount_untaxed")), 26.81)
        shown = sum(self._sum(charge, "revenue")[0] for charge in charges)
        self.assertAlmostEqual(shown, self._book(claim))

    def test_line_taken_off_again(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        self.compressor.lst_price = 10.1
        charges = self._do() | self._do()
        claim = self._make_settlement(charges)
        claim.line_ids[0].unlink()
        self.assertEqual(claim.line_ids.amount_untaxed, claim.amount_untaxed)
        claim.line_ids.write({"amount_accepted": 5, "difference_reason": "Agreed"})
        self.assertEqual(claim.line_ids.amount_untaxed, claim.amount_untaxed)
        self.assertEqual(claim.amount_untaxed, 4.42)

    # === FIXED TAXES === #

    def test_fixed_tax_in_the_price(self):
        """2.50 in a price of 10: price, quantity, discount => what is ours."""
        fee = self._tax("2.50 in", 2.5, amount_type="fixed")
        self.filter_part.taxes_id = fee
        for price, quantity, discount, net in (
            (10, 1, 0, 7.5),
            (10, 3, 0, 22.5),
            (20, 1, 0, 17.5),
            (20, 2, 50, 15),
        ):
            with self.subTest(price=price, quantity=quantity, discount=discount):
                charge = self._do(
                    self.filter_part,
                    price_unit=price,
                    quantity=quantity,
                    discount=discount,
                    override_bearer="customer",
                    override_reason="Wear",
                )
                self.assertAlmostEqual(self._sum(charge, "revenue")[0], net, 4)
                settlement = self._make_settlement(charge)
                self.assertEqual(self._sum(charge, "revenue"), (net,))
                self.assertEqual(self._book(settlement), net)

    def test_fixed_tax_of_what_we_bear(self):
        """Warranty entries book at our price what is ours of it."""
        self.filter_part.taxes_id = self._tax("2.50 in", 2.5, amount_type="fixed")
        charge = self._do(
            self.filter_part, price_unit=10, override_bearer="company", override_reason="Regular"
        )
        self.assertAlmostEqual(self._sum(charge, "borne")[0], 7.5, 4)
        self.assertEqual(charge._get_borne_amounts(), {charge: 7.5})

    def test_free_of_charge_with_a_fixed_tax(self):
        self.filter_part.taxes_id = self._tax("2.50 in", 2.5, amount_type="fixed")
        charge = self._do(self.filter_part, price_unit=0)
        self.assertEqual(charge.untaxed_percent, 100)

    # === BATCHES === #

    def test_one_pass_for_settlement_and_lines(self):
        """The tax engine works out a settlement once, however many lines it has."""
        charges = self.env["aftersales.charge"].union(*(self._do() for __ in range(5)))
        taxes = type(self.env["account.tax"])
        runs = []
        engine = taxes._round_base_lines_tax_details

        def count(model, base_lines, *args, **kwargs):
            runs.append(len(base_lines))
            return engine(model, base_lines, *args, **kwargs)

        self.patch(taxes, "_round_base_lines_tax_details", count)
        claim = charges._create_settlements()
        self.env.flush_all()
        self.assertEqual(runs, [5])
        claim.line_ids[0].write({"amount_accepted": 50, "difference_reason": "Agreed"})
        self.env.flush_all()
        self.assertEqual(runs, [5, 5])
        self.assertEqual(claim.line_ids[0].amount_untaxed, 44.25)

    def test_lines_of_an_earlier_version(self):
        """What the lines are without taxes is worked out; totals stay as they were settled."""
        claim = self._make_settlement(self._do())
        self.env.flush_all()
        self.included.amount = 9
        lines, line = claim.line_ids, claim.line_ids._fields["amount_untaxed"]
        self.env.add_to_compute(line, lines)
        self.env.flush_all()
        self.assertEqual(claim.amount_untaxed, 100)
        self.assertAlmostEqual(lines.amount_untaxed, 103.67)


@tagged("post_install", "-at_install")
class TestChangedInvoice(MoneyTaxesCase):
    """What is open is that of the invoice as it was posted, also where it was edited before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.compressor + cls.filter_part).taxes_id = False
        cls.compressor.lst_price, cls.filter_part.lst_price = 60, 40

    def _draft(self, **vals):
        """Return the draft invoice of a customer's settlement over 60 and 40."""
        bears = {"override_bearer": "customer", "override_reason": "Wear"}
        charges = self._do(**bears) | self._do(self.filter_part, **bears)
        settlement = self._make_settlement(charges)
        settlement.action_confirm()
        settlement.action_create_invoice()
        return settlement, settlement.move_id

    def _assert_open(self, settlement, expected):
        """Each line owes what is expected: in *Unpaid*, in *Balances* and at its unit."""
        move, charges = settlement.move_id, settlement.line_ids.charge_id
        self.env.flush_all()
        for model, measure in (
            ("aftersales.unpaid.report", "amount_residual"),
            ("aftersales.balance.report", "closing"),
        ):
            groups = self.env[model]._read_group(
                [("move_id", "=", move.id)], ["charge_id"], [f"{measure}:sum"]
            )
            found = {charge: round(amount, 6) for charge, amount in groups}
            self.assertEqual([found.get(charge, 0) for charge in charges], expected, model)
            self.assertEqual(sum(found.values()), move.amount_residual, model)
        units = charges.unit_id
        units.invalidate_recordset(["amount_open"])
        self.assertEqual([round(amount, 6) for amount in units.mapped("amount_open")], expected)

    def test_price_changed(self):
        settlement, move = self._draft()
        self._halve(move)
        move.action_post()
        self._assert_open(settlement, [30, 20])
        self._pay(move, 25)
        self._assert_open(settlement, [15, 10])

    def test_line_deleted(self):
        settlement, move = self._draft()
        move.invoice_line_ids[1].unlink()
        move.action_post()
        self._assert_open(settlement, [60, 0])

    def test_line_added(self):
        """What the accountant added belongs to the charges as far as they are on the invoice."""
        settlement, move = self._draft()
        move.write({"invoice_line_ids": [Command.create({"name": "Postage", "price_unit": 10})]})
        move.invoice_line_ids.tax_ids = False
        move.action_post()
        self._assert_open(settlement, [66, 44])

    def test_taxes_changed(self):
        settlement, move = self._draft()
        move.invoice_line_ids[0].tax_ids = self.elsewhere.tax_ids
        move.action_post()
        self._assert_open(settlement, [72, 40])

    def test_claim(self):
        """What came of a claim is that of its invoice, down to the charge: paid, open."""
        for name, edit, invoiced in (
            ("as settled", lambda move: True, [60, 40]),
            ("half the price", self._halve, [30, 20]),
            (
                "less of one",
                lambda move: move.invoice_line_ids[0].write({"discount": 50}),
                [30, 40],
            ),
            ("one deleted", lambda move: move.invoice_line_ids[1].unlink(), [60, 0]),
        ):
            with self.subTest(name):
                self.abroad = self.abroad.copy()
                charges = self._do() | self._do(self.filter_part)
                claim = self._make_settlement(charges)
                self.assertEqual((claim.kind, claim.amount_total), ("claim", 100))
                claim.action_confirm()
                claim.action_create_invoice()
                edit(claim.move_id)
                claim.move_id.action_post()
                self._assert_claimed(charges, ("accepted", "outstanding"), invoiced)
                self._pay(claim.move_id, claim.move_id.amount_total / 2)
                halves = [amount / 2 for amount in invoiced]
                self._assert_claimed(charges, ("recovered", "outstanding"), halves)
                self._pay(claim.move_id)
                self._assert_claimed(charges, ("recovered",), invoiced)
                self._assert_claimed(charges, ("outstanding",), [0, 0])

    def _halve(self, move):
        for line in move.invoice_line_ids:
            line.price_unit /= 2

    def _assert_claimed(self, charges, measures, expected):
        self.env.flush_all()
        for measure in measures:
            found = dict(
                self.env["aftersales.claim.report"]._read_group(
                    [("charge_id", "in", charges.ids)], ["charge_id"], [f"{measure}:sum"]
                )
            )
            self.assertEqual([round(found[charge], 6) for charge in charges], expected, measure)

    def test_credit_note(self):
        """We owe, and less than was settled."""
        bears = {"override_bearer": "customer", "override_reason": "Wear"}
        settlement = self._make_settlement(self._do(quantity=-1, **bears))
        settlement.action_confirm()
        settlement.action_create_invoice()
        move = settlement.move_id
        move.invoice_line_ids.price_unit = -30
        move.action_post()
        self.assertEqual((move.move_type, move.amount_residual_signed), ("out_refund", -30))
        self.env.flush_all()
        report = self.env["aftersales.unpaid.report"]
        [[amount]] = report._read_group([("move_id", "=", move.id)], [], ["amount_residual:sum"])
        self.assertEqual(amount, -30)
        self.assertEqual(settlement.line_ids.unit_id.amount_open, -30)
