from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestCharge(AftersalesCommon):
    """What it costs, how it is shared, and that it stays as agreed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enable_pricelists()
        cls.unit = cls._make_unit("CH1")
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            date_reported="2025-06-01 08:00:00",
        )

    # === PRICE === #

    def test_defaults_from_product(self):
        for product, kind, price in (
            (self.compressor, "part", 800),
            (self.labour, "labour", 150),
            (self.travel, "travel", 50),
        ):
            with self.subTest(product=product.name):
                charge = self._make_charge(product)
                self.assertRecordValues(
                    charge,
                    [
                        {
                            "name": product.display_name,
                            "kind": kind,
                            "quantity": 1,
                            "uom_id": product.uom_id.id,
                            "price_unit": price,
                            "amount": price,
                            "customer_amount": price,
                            "covered_amount": 0,
                            "currency_id": self.company.currency_id.id,
                        }
                    ],
                )

    def test_price_of_the_customers_pricelist(self):
        self.customer.property_product_pricelist = self._create_pricelist(
            item_ids=[
                Command.create(
                    {
                        "applied_on": "1_product",
                        "product_tmpl_id": self.compressor.product_tmpl_id.id,
                        "compute_price": "fixed",
                        "fixed_price": 700,
                    }
                ),
                Command.create(
                    {
                        "applied_on": "1_product",
                        "product_tmpl_id": self.compressor.product_tmpl_id.id,
                        "compute_price": "fixed",
                        "fixed_price": 600,
                        "min_quantity": 10,
                    }
                ),
            ]
        )
        self.assertEqual(self._make_charge().amount, 700)
        self.assertEqual(self._make_charge(quantity=10).amount, 6000)
        self.assertEqual(self._make_charge(partner_id=self.other_customer.id).amount, 800)

    def test_price_in_the_pricelists_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.customer.property_product_pricelist = self._create_pricelist(currency_id=euro.id)
        charge = self._make_charge()
        self.assertEqual(charge.currency_id, euro)
        self.assertEqual(charge.amount, 400)
        self.assertEqual(self._make_charge(partner_id=self.other_customer.id).amount, 800)

    def test_price_in_another_unit_of_measure(self):
        charge = self._make_charge(uom_id=self.uom_dozen.id)
        self.assertEqual(charge.price_unit, 9600)

    def test_discount_and_rounding(self):
        for vals, amount in (
            ({"discount": 10}, 720),
            ({"discount": 100}, 0),
            ({"quantity": 3, "price_unit": 33.33}, 99.99),
            ({"quantity": 0.5, "price_unit": 0.01}, 0.01),
            ({"quantity": 1.5, "discount": 33.33}, 800.04),
            ({"price_unit": -80}, -80),
            ({"quantity": 0}, 0),
        ):
            with self.subTest(vals=vals):
                self.assertAlmostEqual(self._make_charge(**vals).amount, amount, 2)

    def test_price_typed_by_hand_stays(self):
        charge = self._make_charge(price_unit=123)
        charge.write({"discount": 10, "cause_id": self.cause_misuse.id})
        self.assertEqual(charge.price_unit, 123)
        charge.product_id = self.filter_part
        self.assertEqual(charge.price_unit, 60)

    def test_without_product(self):
        charge = self.env["aftersales.charge"].create(
            {"name": "Parking", "partner_id": self.customer.id, "price_unit": 12, "quantity": 2}
        )
        self.assertEqual((charge.name, charge.kind, charge.amount), ("Parking", "fee", 24))
        charge.action_confirm()
        self.assertEqual(charge._create_settlements().line_ids.amount_accepted, 24)

    def test_what_gives_money_is_confirmed_by_a_manager(self):
        """However it comes to be negative, and whatever it is called."""
        for vals in (
            {"price_unit": -80},
            {"quantity": -1},
            {"discount": 150},
            {"kind": "fee", "price_unit": -1},
            {"kind": "compensation", "price_unit": -80},
            {"kind": "compensation", "price_unit": 80},
        ):
            charge = self._make_charge(request_id=self.request.id, **vals)
            for user in (self.technician, self.agent):
                with self.subTest(vals=vals, user=user.login):
                    with self.assertRaisesRegex(UserError, "manager"):
                        charge.with_user(user).action_confirm()
                    with self.assertRaisesRegex(UserError, "manager"):
                        self._call(user, charge, "write", {"state": "confirmed"})
            charge.with_user(self.manager).action_confirm()
            self.assertEqual(charge.state, "confirmed")
        free = self._make_charge(request_id=self.request.id, price_unit=0)
        free.with_user(self.technician).action_confirm()
        self.assertEqual(free.state, "confirmed")

    def test_price_turned_negative_with_the_step_is_caught(self):
        charge = self._make_charge(request_id=self.request.id)
        with self.assertRaisesRegex(UserError, "manager"):
            charge.with_user(self.technician).write({"price_unit": -5, "state": "confirmed"})

    # === SHARES === #

    def test_shares_add_up(self):
        warranty = self.unit.warranty_ids.filtered(lambda line: line.kind == "part")
        for percent, price in ((33.33, 100), (33.33, 0.01), (66.67, 99.99), (50, 0.01), (1, 1234)):
            with self.subTest(percent=percent, price=price):
                warranty.percent = percent
                charge = self._make_charge(request_id=self.request.id, price_unit=price)
                self.assertEqual(
                    self.company.currency_id.round(charge.customer_amount + charge.covered_amount),
                    charge.amount,
                )
                for share in (charge.customer_amount, charge.covered_amount):
                    self.assertEqual(self.company.currency_id.round(share), share)
        warranty.percent = 33.33
        charge = self._make_charge(request_id=self.request.id, price_unit=100)
        self.assertEqual((charge.covered_amount, charge.customer_amount), (33.33, 66.67))

    def test_values_from_the_request(self):
        charge = self._make_charge(request_id=self.request.id)
        self.assertRecordValues(
            charge,
            [
                {
                    "unit_id": self.unit.id,
                    "partner_id": self.customer.id,
                    "payer_id": self.customer.id,
                    "team_id": self.team_a.id,
                    "user_id": self.technician.id,
                }
            ],
        )
        self.request.partner_id = self.other_customer
        self.assertEqual(charge.partner_id, self.other_customer)
        self.assertEqual(charge.payer_id, self.other_customer)

    def test_invoice_address_pays(self):
        address = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id, "type": "invoice"}
        )
        self.assertEqual(self._make_charge().payer_id, address)

    # === OVERRIDE === #

    def test_override_needs_a_reason(self):
        charge = self._make_charge(request_id=self.request.id)
        for reason in (False, "", "  "):
            with (
                self.subTest(reason=reason),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                charge.write({"override_bearer": "customer", "override_reason": reason})
        with self.assertRaises(ValidationError):
            self._make_charge(override_bearer="company")

    def test_override_is_logged_with_its_author(self):
        charge = self._make_charge(request_id=self.request.id)
        charge.with_user(self.technician).write(
            {"override_bearer": "customer", "override_reason": "Seal was broken"}
        )
        message = self.request.message_ids[0]
        self.assertIn("Seal was broken", message.body)
        self.assertIn("Customer Pays", message.body)
        self.assertEqual(message.author_id, self.technician.partner_id)
        self.assertEqual(charge.customer_amount, 800)

    def test_override_given_at_create_is_logged_too(self):
        self._make_charge(
            request_id=self.request.id, override_bearer="company", override_reason="Old friend"
        )
        self.assertIn("Old friend", self.request.message_ids[0].body)

    def test_override_of_a_charge_without_request(self):
        charge = self._make_charge()
        charge.write({"override_bearer": "company", "override_reason": "Fair"})
        self.assertEqual(charge.covered_amount, 800)
        charge.write({"override_bearer": False, "override_reason": False})
        self.assertEqual(charge.customer_amount, 800)

    # === FROZEN === #

    def test_confirmed_and_cancelled_stay_as_they_are(self):
        other_request = self._make_request(partner_id=self.other_customer.id)
        table = {
            "kind": "fee",
            "name": "Other",
            "product_id": self.travel.id,
            "uom_id": self.uom_dozen.id,
            "quantity": 2,
            "price_unit": 1,
            "discount": 10,
            "currency_id": self.env.ref("base.EUR").id,
            "partner_id": self.other_customer.id,
            "payer_id": self.other_customer.id,
            "unit_id": False,
            "cause_id": self.cause_misuse.id,
            "date_fault": "2020-01-01",
            "service_type_id": self.type_goodwill.id,
            "override_bearer": "company",
            "override_reason": "Because",
            "company_id": self.other_company.id,
            "request_id": other_request.id,
        }
        for state in ("confirmed", "cancelled"):
            charge = self._make_charge(request_id=self.request.id)
            charge.state = state
            for fname, value in table.items():
                for user in (self.technician, self.manager):
                    with self.subTest(state=state, field=fname, user=user.login):
                        own = charge.with_user(user)
                        self.assertFalse(self._passes(own.write, {fname: value}))
                        self.assertFalse(
                            self._passes(self._call, user, charge, "write", {fname: value})
                        )

    def test_reopening_and_changing_in_one_write_is_refused(self):
        charge = self._make_charge(request_id=self.request.id)
        charge.action_confirm()
        with self.assertRaises(UserError) as caught:
            charge.write({"state": "draft", "price_unit": 1})
        self.assertIn(charge.display_name, str(caught.exception))
        charge.action_draft()
        charge.price_unit = 1
        self.assertEqual(charge.amount, 1)

    def test_confirm_needs_a_customer(self):
        charge = self.env["aftersales.charge"].create({"product_id": self.travel.id})
        with self.assertRaises(UserError) as caught:
            charge.action_confirm()
        self.assertIn("customer", str(caught.exception))

    def test_confirm_dates_the_charge(self):
        charge = self._make_charge()
        self.assertFalse(charge.date_confirmed)
        charge.action_confirm()
        self.assertTrue(charge.date_confirmed)
        charge.action_draft()
        self.assertFalse(charge.date_confirmed)

    def test_settled_charges_stay_confirmed(self):
        charge = self._make_charge()
        settlement = self._make_settlement(charge)
        for action in (charge.action_draft, charge.action_cancel):
            with self.assertRaises(UserError) as caught:
                action()
            self.assertIn(settlement.name, str(caught.exception))
        settlement.action_cancel()
        charge.action_cancel()
        self.assertEqual(charge.state, "cancelled")

    # === DELETION, COPY, NAMES === #

    def test_deletion(self):
        charges = self.env["aftersales.charge"].browse()
        for state in ("draft", "confirmed", "cancelled"):
            charge = self._make_charge()
            charge.state = state
            charges |= charge
        draft, confirmed, cancelled = charges.sorted("id")
        with self.assertRaises(UserError) as caught:
            charges.unlink()
        self.assertIn(confirmed.display_name, str(caught.exception))
        (draft | cancelled).unlink()
        self.assertEqual(charges.exists(), confirmed)

    def test_copy(self):
        charge = self._make_charge(
            request_id=self.request.id, override_bearer="customer", override_reason="Agreed"
        )
        settlement = self._make_settlement(charge)
        self.assertEqual(settlement.partner_id, self.customer)
        copied = charge.copy()
        self.assertRecordValues(
            copied,
            [
                {
                    "state": "draft",
                    "coverage_rule": "warranty",
                    "settlement_status": "none",
                    "override_bearer": False,
                    "date_confirmed": False,
                }
            ],
        )
        self.assertFalse(copied.settlement_line_ids)

    def test_names(self):
        charge = self._make_charge(request_id=self.request.id)
        Charge = self.env["aftersales.charge"]
        for term in ("Compressor", self.request.name):
            with self.subTest(term=term):
                self.assertIn(charge.id, [row[0] for row in Charge.name_search(term)])

    # === SETTLEMENT STATUS === #

    def test_settlement_status(self):
        customer_pays = self._make_charge()
        maker_pays = self._make_charge(request_id=self.request.id)
        we_pay = self._make_charge(self.labour, request_id=self.request.id)
        charges = customer_pays | maker_pays | we_pay
        self.assertEqual(charges.mapped("settlement_status"), ["none"] * 3)
        charges.action_confirm()
        self.assertEqual(charges.mapped("settlement_status"), ["to_settle", "to_settle", "none"])
        self.assertEqual(
            self.env["aftersales.charge"].search(
                [("id", "in", charges.ids), *charges._get_settleable_domain()]
            ),
            (customer_pays | maker_pays).sorted("id", reverse=True),
        )
        settlements = charges._create_settlements()
        self.assertEqual(charges.mapped("settlement_status"), ["settled", "settled", "none"])
        settlements.action_cancel()
        self.assertEqual(charges.mapped("settlement_status"), ["to_settle", "to_settle", "none"])

    def test_half_settled(self):
        self.unit.warranty_ids.filtered(lambda line: line.kind == "part").percent = 50
        charge = self._make_charge(request_id=self.request.id)
        settlements = self._make_settlement(charge)
        self.assertEqual(len(settlements), 2)
        settlements[0].action_cancel()
        self.assertEqual(charge.settlement_status, "to_settle")
        again = charge._create_settlements()
        self.assertEqual(again.partner_id, settlements[0].partner_id)
        self.assertEqual(charge.settlement_status, "settled")
        again.unlink()
        self.assertEqual(charge.settlement_status, "to_settle")
