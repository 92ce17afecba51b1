from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestDiscount(AftersalesCommon):
    """How far each role may go below the list, and what is known of it afterwards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "aftersales_discount_technician": 5,
                "aftersales_discount_agent": 10,
                "aftersales_discount_manager": 30,
                "aftersales_discount_settlement": 100,
            }
        )
        cls.request = cls._make_request(partner_id=cls.customer.id, user_id=cls.technician.id)
        cls.both = cls._new_user(
            "both",
            "aftersales_base.group_aftersales_agent,aftersales_base.group_aftersales_settlement",
        )

    def _charge(self, **vals):
        return self._make_charge(self.compressor, request_id=self.request.id, **vals)

    # === LIMITS === #

    def test_limit_of_each_role(self):
        """By percentage or by price, up to exactly the limit; by form, import or remote call."""
        for user, limit in ((self.technician, 5), (self.agent, 10), (self.manager, 30)):
            within = ({"discount": limit}, {"price_unit": 800 * (1 - limit / 100)}, {"discount": 0})
            above = (
                {"discount": limit + 0.01},
                {"price_unit": 800 * (1 - limit / 100) - 0.1},
                {"price_unit": 792, "discount": limit},
                {"price_unit": 0},
            )
            for vals in within + above:
                for call in ("write", "create", "remote"):
                    with self.subTest(user=user.login, vals=vals, call=call):
                        self.assertEqual(self._may_give(user, vals, call), vals in within)

    def _may_give(self, user, vals, call):
        charge = self._charge()
        new = {"request_id": self.request.id, "product_id": self.compressor.id, **vals}
        if call == "create":
            return self._passes(self.env["aftersales.charge"].with_user(user).create, new)
        if call == "remote":
            return self._passes(self._call, user, charge, "write", vals)
        return self._passes(charge.with_user(user).write, vals)

    def test_a_default_gives_nothing(self):
        charges = self.env["aftersales.charge"].with_user(self.agent)
        charge = charges.with_context(default_price_unit=1, default_discount=90).create(
            {"request_id": self.request.id, "product_id": self.compressor.id}
        )
        self.assertEqual((charge.price_unit, charge.discount, charge.amount), (800, 0, 800))

    def test_a_credit_is_not_raised_beyond_the_limit(self):
        self.company.aftersales_discount_settlement = 20
        vals = {"request_id": self.request.id, "product_id": self.compressor.id}
        charge = self.env["aftersales.charge"].sudo().create({**vals, "price_unit": -50})
        line = self._make_settlement(charge).line_ids.with_user(self.settler)
        vals = {"difference_reason": "Angry"}
        with self.assertRaisesRegex(UserError, "900.00 %"), self.env.cr.savepoint():
            line.write({"amount_accepted": -500, **vals})
        line.write({"amount_accepted": -60, **vals})
        self.assertEqual(line.amount_accepted, -60)

    def test_refusal_says_who_may(self):
        charge = self._charge()
        with self.assertRaisesRegex(
            UserError, r"25\.00 % less.*You may give 10 %.*managers \(up to 30 %\), who settles"
        ):
            charge.with_user(self.agent).discount = 25
        self.company.aftersales_discount_settlement = 30
        with self.assertRaisesRegex(UserError, "nobody may give that much"):
            charge.with_user(self.agent).discount = 60

    def test_who_has_two_roles_has_the_greater_limit(self):
        self.team_a.member_ids = [Command.create({"user_id": self.both.id})]
        charge = self._charge()
        charge.with_user(self.both).discount = 80
        self.assertEqual(charge.amount, 160)

    def test_on_the_lines_of_the_request(self):
        vals = {"product_id": self.compressor.id, "discount": 11}
        with self.assertRaises(UserError):
            self.request.with_user(self.agent).write({"charge_ids": [Command.create(vals)]})

    def test_a_discount_given_stays_when_others_go_on(self):
        charge = self._charge()
        charge.with_user(self.manager).write({"discount": 25, "discount_reason": "Second visit"})
        charge.with_user(self.technician).quantity = 2
        charge.with_user(self.technician).action_confirm()
        self.assertEqual(charge.amount, 1200)
        self.assertEqual(charge.discount_amount, 400)
        self.assertEqual(charge.discount_user_id, self.manager)

    def test_given_with_the_last_step_it_is_told_once(self):
        charge = self._charge()
        told = self.request.message_ids
        charge.with_user(self.manager).write({"discount": 25, "state": "confirmed"})
        self.assertRecordValues(
            charge, [{"state": "confirmed", "amount": 600, "discount_user_id": self.manager.id}]
        )
        self.assertEqual(len(self.request.message_ids - told), 1)

    def test_item_and_price_in_one_go(self):
        """The price is held against the list of the new item, not of the old one."""
        charge = self._make_charge(self.filter_part, request_id=self.request.id)
        with self.assertRaises(UserError):
            charge.with_user(self.agent).write({"product_id": self.compressor.id, "price_unit": 60})

    def test_above_the_list_is_no_discount(self):
        charge = self._charge()
        charge.with_user(self.technician).write({"price_unit": 1000, "discount": 20})
        self.assertEqual(charge.discount_amount, 0)
        self.assertFalse(charge.discount_user_id)

    def test_without_list_price_the_percentage_counts(self):
        vals = {"name": "Advice", "request_id": self.request.id, "price_unit": 40}
        charge = self.env["aftersales.charge"].with_user(self.agent).create(vals)
        charge.price_unit = 20
        with self.assertRaises(UserError):
            charge.discount = 11

    def test_nothing_from_the_list_is_sold_as_agreed(self):
        for kind, price, allowed in (
            ("compensation", -20.0, True),
            ("part", 800.0, True),
        ):
            with self.subTest(kind=kind, price=price):
                vals = {"request_id": self.request.id, "product_id": self.compressor.id}
                create = self.env["aftersales.charge"].with_user(self.agent).create
                passed = self._passes(create, {**vals, "kind": kind, "price_unit": price})
                self.assertEqual(passed, allowed)

    def test_agreed_price_is_no_way_around_the_list(self):
        """First as a compensation, which is agreed, then as what it is."""
        charges = self.env["aftersales.charge"].with_user(self.technician)
        vals = {"request_id": self.request.id, "product_id": self.compressor.id}
        for price, discount, allowed in (
            (1, 0, False),
            (800, 90, False),
            (-20, 0, False),
            (760, 0, True),
            (900, 0, True),
        ):
            with self.subTest(price=price, discount=discount):
                charge = charges.create(
                    {**vals, "kind": "compensation", "price_unit": price, "discount": discount}
                )
                self.assertEqual(self._passes(charge.write, {"kind": "part"}), allowed)
                self.assertEqual(
                    self._passes(self._call, self.technician, charge, "write", {"kind": "fee"}),
                    allowed,
                )
        charge = charges.create({**vals, "kind": "compensation", "price_unit": 1, "discount": 90})
        with self.assertRaises(UserError):
            charge.product_id = self.travel

    def test_agreed_price_that_becomes_a_discount_is_on_record(self):
        charge = (
            self.env["aftersales.charge"]
            .with_user(self.agent)
            .create(
                {
                    "request_id": self.request.id,
                    "product_id": self.compressor.id,
                    "kind": "compensation",
                    "price_unit": 760,
                }
            )
        )
        self.assertFalse(charge.discount_user_id)
        charge.kind = "part"
        self.assertEqual((charge.discount_user_id, charge.discount_amount), (self.agent, 40))

    # === ON RECORD === #

    def test_reason_where_the_company_wants_one(self):
        self.company.aftersales_discount_reason = True
        charge = self._charge()
        with self.assertRaises(ValidationError):
            charge.with_user(self.agent).write({"discount": 5, "discount_reason": " "})
        charge.with_user(self.agent).write({"discount": 5, "discount_reason": "Waited long"})
        message = self.request.message_ids[0]
        self.assertIn("Waited long", message.body)
        self.assertIn("5.00", message.body)
        with self.assertRaises(ValidationError):
            charge.with_user(self.agent).discount_reason = False
        self.assertEqual(message.author_id, self.agent.partner_id)

    def test_list_of_discounts(self):
        given, plain = self._charge(), self._charge()
        given.with_user(self.agent).discount = 10
        action = self.env.ref("aftersales_base.aftersales_charge_discount_action")
        domain = [("discount_user_id", "!=", False), ("id", "in", (given | plain).ids)]
        self.assertIn("discount_user_id", action.domain)
        self.assertEqual(self.env["aftersales.charge"].search(domain), given)
        given.with_user(self.agent).discount = 0
        self.assertFalse(self.env["aftersales.charge"].search(domain))
        with self.assertRaises(UserError):
            plain.with_user(self.manager).discount_user_id = self.agent

    # === THE CUSTOMER'S LEVEL === #

    def test_standing_discount_of_the_level(self):
        gold = self.env["aftersales.customer.level"].create(
            {"name": "Gold", "discount_percent": 12.5}
        )
        self.customer.aftersales_level_id = gold
        charge = (
            self.env["aftersales.charge"]
            .with_user(self.technician)
            .create({"request_id": self.request.id, "product_id": self.compressor.id})
        )
        self.assertEqual(charge.price_unit, 700)
        self.assertEqual(charge.price_explanation, "Gold: 12.5 % less.")
        self.assertEqual(charge.discount_amount, 0)
        self.assertFalse(charge.discount_user_id)
        charge.price_unit = 665
        self.assertEqual(charge.discount_amount, 35)
        with self.assertRaises(UserError):
            charge.price_unit = 660
        other = self._make_charge(self.compressor, partner_id=self.other_customer.id)
        self.assertEqual(other.price_unit, 800)

    def test_standing_discount_and_service_price(self):
        gold = self.env["aftersales.customer.level"].create(
            {"name": "Gold", "discount_percent": 10}
        )
        self.customer.aftersales_level_id = gold
        self.env["aftersales.price.rule"].create({"price": 100})
        charge = self._make_charge(self.labour)
        self.assertEqual(charge.price_unit, 90)
        self.assertEqual(
            charge.price_explanation, "$\xa0100.00 an hour by the general price. Gold: 10 % less."
        )

    def test_the_class_of_a_product_beats_that_of_its_customer(self):
        """A vehicle has a class of its own; whoever works on it sees the price, not the class."""
        gold, fleet = self.env["aftersales.customer.level"].create(
            [{"name": "Gold", "discount_percent": 10}, {"name": "Fleet", "discount_percent": 25}]
        )
        self.customer.aftersales_level_id = gold
        self.request.unit_id = self._make_unit("DC1")
        self.request.unit_id.discount_level_id = fleet
        vals = {"request_id": self.request.id, "product_id": self.compressor.id}
        charge = self.env["aftersales.charge"].with_user(self.technician).create(vals)
        self.assertEqual(charge.price_unit, 600)
        self.assertEqual(charge.price_explanation, "Fleet: 25 % less.")
        self.env["aftersales.price.rule"].create({"price": 90, "customer_level_id": fleet.id})
        vals["product_id"] = self.labour.id
        hour = self.env["aftersales.charge"].with_user(self.technician).create(vals)
        self.assertEqual(hour.price_unit, 67.5)
        with self.assertRaises(AccessError):
            self.request.unit_id.with_user(self.agent).discount_level_id = gold

    def test_level_of_another_company_gives_nothing(self):
        gold = self.env["aftersales.customer.level"].create(
            {"name": "Gold", "discount_percent": 10, "company_id": self.other_company.id}
        )
        self.customer.aftersales_level_id = gold
        self.assertEqual(self._make_charge(self.compressor).price_unit, 800)

    # === THE WHOLE === #

    def test_less_than_the_share_on_a_settlement(self):
        settlement = self._make_settlement(self._charge())
        vals = {"amount_accepted": 719, "difference_reason": "Regular customer"}
        line = settlement.line_ids
        with self.assertRaisesRegex(UserError, "managers"):
            line.with_user(self.agent).write(vals)
        line.with_user(self.agent).write({**vals, "amount_accepted": 720})
        line.with_user(self.settler).write(vals)
        self.assertEqual(settlement.amount_untaxed, 719)

    def test_more_credit_than_agreed_on_a_settlement(self):
        credit = self._make_charge(self.compressor, price_unit=-50)
        vals = {"difference_reason": "Regular customer"}
        line = self._make_settlement(credit).line_ids
        for accepted, allowed in ((-55, True), (-55.01, False), (-500, False), (-45, True)):
            with self.subTest(accepted=accepted):
                call = line.with_user(self.agent).write
                self.assertEqual(self._passes(call, {**vals, "amount_accepted": accepted}), allowed)

    def _rounding(self, step, method="DOWN"):
        return self.env["account.cash.rounding"].create(
            {
                "name": f"Full {step}",
                "rounding": step,
                "rounding_method": method,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )

    def test_charge_line_and_rounding_count_together(self):
        """10 % of the list, in which step ever it is given."""
        charge = self._charge()
        charge.with_user(self.agent).discount = 6
        line = self._make_settlement(charge).line_ids.with_user(self.agent)
        vals = {"difference_reason": "Regular customer"}
        with self.assertRaisesRegex(UserError, "15.40 %"), self.env.cr.savepoint():
            line.write({**vals, "amount_accepted": 676.8})
        line.write({**vals, "amount_accepted": 724})
        own = line.settlement_id
        self.assertEqual(own.amount_total, 832.6)
        with self.assertRaisesRegex(UserError, "13.48 %"), self.env.cr.savepoint():
            own.cash_rounding_id = self._rounding(199)
        own.cash_rounding_id = self._rounding(2)
        self.assertEqual(own.amount_total, 832)

    def test_discount_of_a_manager_leaves_nothing_to_add(self):
        charge = self._charge()
        charge.with_user(self.manager).discount = 25
        line = self._make_settlement(charge).line_ids
        vals = {"difference_reason": "Regular customer"}
        write = line.with_user(self.agent).write
        self.assertFalse(self._passes(write, {**vals, "amount_accepted": 599}))
        self.assertTrue(self._passes(write, {**vals, "amount_accepted": 601}))
        self.assertTrue(
            self._passes(line.with_user(self.manager).write, {**vals, "amount_accepted": 560})
        )

    def test_limit_is_looked_at_when_the_settlement_is_confirmed(self):
        """A rounding that was within the limit is not, once most lines are gone."""
        self.company.aftersales_discount_settlement = 20
        charges = self._charge(price_unit=800) | self._make_charge(
            self.filter_part, request_id=self.request.id, price_unit=165
        )
        settlement = self._make_settlement(charges)
        settlement.with_user(self.agent).cash_rounding_id = self._rounding(100)
        self.assertEqual((settlement.amount_total, settlement.discount_user_id), (1100, self.agent))
        own = settlement.with_user(self.settler)
        self.assertTrue(self._passes(own.action_confirm))
        settlement.line_ids.filtered(lambda line: line.charge_id == charges[0]).unlink()
        self.assertEqual((settlement.amount_total, settlement.amount_rounding), (100, -89.75))
        with self.assertRaisesRegex(UserError, "47.30 %"):
            own.action_confirm()

    def test_what_a_manager_gave_is_confirmed_by_who_may_give_less(self):
        self.company.aftersales_discount_settlement = 20
        settlement = self._make_settlement(self._charge())
        line = settlement.line_ids
        line.with_user(self.agent).write({"amount_accepted": 790, "difference_reason": "Late"})
        line.with_user(self.manager).amount_accepted = 600
        self.assertEqual(settlement.discount_user_id, self.manager)
        self.assertTrue(self._passes(settlement.with_user(self.settler).action_confirm))
        with self.assertRaises(UserError):
            settlement.with_user(self.manager).discount_user_id = self.agent

    def test_rounding_of_the_company_is_nobodys_gift(self):
        self.company.write(
            {"aftersales_discount_settlement": 0, "aftersales_rounding_id": self._rounding(500).id}
        )
        settlement = self._make_settlement(self._charge())
        self.assertEqual(settlement.amount_total, 500)
        settlement.with_user(self.settler).action_confirm()
        self.assertFalse(settlement.discount_user_id)

    def test_total_rounded_on_settlement_and_invoice(self):
        self.company.aftersales_rounding_id = self._rounding(10)
        settlement = self._make_settlement(self._charge(price_unit=805.5))
        self.assertEqual(settlement.amount_total, 920)
        self.assertAlmostEqual(settlement.amount_rounding, -6.33)
        settlement.action_confirm()
        settlement.action_create_invoice()
        move = settlement.move_id
        self.assertEqual(move.amount_total, 920)
        move.action_post()
        self.assertEqual(settlement.status, "invoiced")
        rounded = move.line_ids.filtered(lambda line: line.display_type == "rounding")
        self.assertEqual(rounded.debit, 6.33)

    def test_rounding_has_the_limit_of_the_role(self):
        settlement = self._make_settlement(self._charge())
        self.assertEqual(settlement.amount_total, 920)
        coarse, fine = self._rounding(500), self._rounding(100)
        own = settlement.with_user(self.agent)
        with self.assertRaisesRegex(UserError, "who settles"):
            own.cash_rounding_id = coarse
        own.cash_rounding_id = fine
        self.assertEqual(settlement.amount_total, 900)
        settlement.with_user(self.settler).cash_rounding_id = coarse
        self.assertEqual(settlement.amount_total, 500)
        settlement.action_confirm()
        with self.assertRaises(UserError):
            settlement.cash_rounding_id = fine
