from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon

MONDAY_NOON, MONDAY_EVENING = "2025-06-02 12:00:00", "2025-06-02 20:00:00"
SATURDAY = "2025-06-07 12:00:00"


@tagged("post_install", "-at_install")
@freeze_time("2025-06-02 10:00:00")
class TestPriceRule(AftersalesCommon):
    """What a charge costs by the service prices, and why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Eight to Five",
                "company_id": cls.company.id,
                "tz": "UTC",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {"name": day, "dayofweek": day, "hour_from": 8, "hour_to": 17}
                        )
                        for day in "01234"
                    ),
                ],
            }
        )
        cls.company.resource_calendar_id = cls.calendar
        cls.level_1, cls.level_2 = cls.env["aftersales.repair.level"].create(
            [{"name": "Level 1"}, {"name": "Level 2"}]
        )
        cls.unit = cls._make_unit("PR1")
        cls.foreign_unit = cls._make_unit("PR2", sold_by_others=True)
        cls.request = cls._make_request(unit_id=cls.unit.id, user_id=cls.technician.id)
        cls.hour = cls.env.ref("uom.product_uom_hour")
        cls.labour.uom_id = cls.hour

    @classmethod
    def _row(cls, **vals):
        return cls.env["aftersales.price.rule"].create({"price": 100, **vals})

    def _assert_price(self, price, why="", product=None, **vals):
        charge = self._make_charge(product or self.labour, **vals)
        self.assertEqual(charge.price_unit, price)
        self.assertEqual(charge.price_explanation, why)
        return charge

    # === WHAT IT COSTS === #

    def test_without_a_row_the_pricelist_holds(self):
        self._assert_price(150)
        self._row(kind="travel")
        self._assert_price(150)

    def test_own_and_other_products(self):
        """The furniture maker's 100 and 150 an hour (001-A)."""
        self._row(sold_by="us")
        self._row(sold_by="others", price=150)
        self._assert_price(100, "$\xa0100.00 an hour: product sold by us.", unit_id=self.unit.id)
        charge = self._assert_price(
            150,
            "$\xa0150.00 an hour: product sold by others.",
            unit_id=self.foreign_unit.id,
            quantity=1.5,
        )
        self.assertEqual(charge.amount, 225)
        # Nobody knows who sold it: neither row holds.
        self._assert_price(150)

    def test_product_not_sold_by_us_makes_such_units(self):
        self.ac.aftersales_sold_by_others = True
        self.assertTrue(self._make_unit("PR3").sold_by_others)
        self._row(sold_by="others", price=160)
        request = self._make_request(product_id=self.ac.id, partner_id=self.customer.id)
        self._assert_price(
            160, request_id=request.id, why="$\xa0160.00 an hour: product sold by others."
        )

    def test_brand_and_level(self):
        """Fee tables of brand by repair level (004-A)."""
        above = self.env["product.category"].create({"name": "Appliances"})
        self.category_ac.parent_id = above
        self._row(category_id=above.id, price_by="flat", price=40)
        self._row(
            category_id=self.category_ac.id,
            repair_level_id=self.level_2.id,
            price_by="flat",
            price=90,
        )
        self._assert_price(
            40,
            "$\xa040.00 flat: Appliances.",
            unit_id=self.unit.id,
            repair_level_id=self.level_1.id,
        )
        charge = self._assert_price(
            90,
            "$\xa090.00 flat: Appliances / Air Conditioners, Level 2.",
            unit_id=self.unit.id,
            repair_level_id=self.level_2.id,
            quantity=2.5,
        )
        self.assertEqual(charge.amount, 90, "flat, whatever the hours")
        self.assertTrue(charge.is_flat_price)
        charge.quantity = 0
        self.assertEqual(charge.amount, 0)

    def test_level_of_the_service_item(self):
        self._row(repair_level_id=self.level_1.id, price=55)
        self.labour.aftersales_repair_level_id = self.level_1
        charge = self._assert_price(55, "$\xa055.00 an hour: Level 1.")
        self.assertEqual(charge.repair_level_id, self.level_1)
        charge.repair_level_id = self.level_2
        self.assertEqual(charge.price_unit, 150)

    def test_time_of_work(self):
        self._row(work_time="outside", price=200)
        self._row(work_time="off", price=300)
        for moment, price in (
            (False, 150),
            (MONDAY_NOON, 150),
            (MONDAY_EVENING, 200),
            ("2025-06-02 16:59:59", 150),
            ("2025-06-02 17:00:00", 200),
            (SATURDAY, 300),
        ):
            with self.subTest(moment=moment):
                charge = self._make_charge(self.labour, date_work=moment)
                self.assertEqual(charge.price_unit, price)
        self.assertEqual(charge.price_explanation, "$\xa0300.00 an hour: weekend or holiday.")

    def test_a_holiday_is_a_day_off(self):
        self._row(work_time="off", price=300)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Dragon Boat Festival",
                "calendar_id": self.calendar.id,
                "company_id": self.company.id,
                "date_from": "2025-06-02 00:00:00",
                "date_to": "2025-06-02 23:59:59",
            }
        )
        self.assertEqual(self._make_charge(self.labour, date_work=MONDAY_NOON).price_unit, 300)

    def test_hours_of_the_team_come_first(self):
        self._row(work_time="outside", price=200)
        late = self.calendar.copy({"name": "Two to Ten"})
        late.attendance_ids.write({"hour_from": 14, "hour_to": 22})
        self.team_a.calendar_id = late
        vals = {"team_id": self.team_a.id}
        self.assertEqual(
            self._make_charge(self.labour, date_work=MONDAY_NOON, **vals).price_unit, 200
        )
        evening = self._make_charge(self.labour, date_work=MONDAY_EVENING, **vals)
        self.assertEqual(evening.price_unit, 150)

    def test_agreed_time_of_the_request(self):
        self._row(work_time="outside", price=200)
        charge = self._make_charge(self.labour, request_id=self.request.id)
        self.assertEqual(charge.price_unit, 150)
        self.request.date_planned = MONDAY_EVENING
        self.assertEqual(charge.price_unit, 200)

    def test_grade(self):
        self._row(grade="expert", price=180)
        member = self.env["aftersales.team.member"].create(
            {"team_id": self.team_a.id, "user_id": self.technician.id, "grade": "senior"}
        )
        other = self.env["aftersales.team.member"].create(
            {"team_id": self.team_b.id, "user_id": self.technician.id, "grade": "expert"}
        )
        vals = {"user_id": self.technician.id}
        self.assertEqual(self._make_charge(self.labour, **vals).price_unit, 180, "his highest")
        vals["team_id"] = self.team_a.id
        self.assertEqual(self._make_charge(self.labour, **vals).price_unit, 150, "in this team")
        member.grade = "expert"
        self._assert_price(180, "$\xa0180.00 an hour: expert.", **vals)
        (member | other).unlink()
        self.assertEqual(self._make_charge(self.labour, **vals).price_unit, 150)

    def test_customer_level_and_service_type(self):
        gold = self.env["aftersales.customer.level"].create({"name": "Gold"})
        self._row(customer_level_id=gold.id, price=80)
        self._row(service_type_id=self.type_half.id, price=60)
        self.customer.aftersales_level_id = gold
        contact = {"partner_id": self.customer_contact.id}
        self._assert_price(80, "$\xa080.00 an hour: Gold.", **contact)
        self._assert_price(
            60, "$\xa060.00 an hour: Half Price.", service_type_id=self.type_half.id, **contact
        )
        self._assert_price(150, partner_id=self.other_customer.id)

    def test_each_and_percent(self):
        self._row(kind="travel", price_by="each", price=45.5)
        self._assert_price(45.5, "$\xa045.50 each by the general price.", product=self.travel)
        self._row(kind="part", sold_by="others", price_by="percent", percent=120)
        self._assert_price(
            960,
            "120 % of the pricelist: product sold by others.",
            product=self.compressor,
            unit_id=self.foreign_unit.id,
        )
        self.assertEqual(self._make_charge(uom_id=self.uom_dozen.id).price_unit, 9600)

    def test_hours_in_another_unit(self):
        self._row(price=100)
        day = self.env.ref("uom.product_uom_day")
        charge = self._make_charge(self.labour, uom_id=day.id)
        self.assertEqual(charge.price_unit, 800)
        # No unit of time: its quantity counts as hours.
        charge = self._make_charge(self.travel, kind="labour")
        self.assertEqual(charge.price_unit, 100)

    def test_price_in_another_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self._row(price=100, currency_id=euro.id)
        self._assert_price(200, "100.00\xa0€ an hour by the general price.")

    def test_valid_on_the_day_of_work(self):
        self._row(date_from="2025-06-03", price=110)
        self.assertEqual(self._make_charge(self.labour).price_unit, 150)
        charge = self._make_charge(self.labour, date_work="2025-06-03 09:00:00")
        self.assertEqual(charge.price_unit, 110)

    def test_charge_without_product(self):
        self._row(price=90)
        charge = self.env["aftersales.charge"].create(
            {"name": "Advice", "kind": "labour", "partner_id": self.customer.id, "quantity": 2}
        )
        self.assertEqual(charge.amount, 180)

    # === WHAT PEOPLE TYPE === #

    def test_typed_price_stays_and_says_so(self):
        self._row(price=100)
        charge = self._make_charge(self.labour, request_id=self.request.id)
        charge.price_unit = 130
        self.assertEqual(
            charge.price_explanation,
            "Typed by hand. By the service prices: $\xa0100.00 an hour by the general price.",
        )
        self.request.user_id = self.other_technician
        self.request.cause_id = self.cause_wear
        charge.quantity = 3
        self.assertEqual(charge.user_id, self.other_technician)
        self.assertEqual(charge.amount, 390)
        charge.product_id = self.travel
        self.assertEqual(charge.price_unit, 50, "another item has a price of its own")

    def test_typed_price_of_a_new_charge_stays(self):
        charge = self._make_charge(self.labour, request_id=self.request.id, price_unit=130)
        self.assertEqual(charge.price_explanation, "Typed by hand. By the pricelist: $\xa0150.00.")
        self.request.user_id = self.other_technician
        self.assertEqual(charge.price_unit, 130)
        self._row(price=100)
        charge.unit_id = self.foreign_unit
        self.assertEqual(charge.price_unit, 100, "another price holds now")

    def test_form(self):
        self._row(sold_by="others", price=150)
        self._row(price=100)
        with Form(self.env["aftersales.charge"]) as form:
            form.partner_id = self.customer
            form.product_id = self.labour
            self.assertEqual(form.price_unit, 100)
            form.unit_id = self.foreign_unit
            self.assertEqual(form.price_unit, 150)
            form.price_unit = 140
            form.quantity = 2
            self.assertEqual(form.amount, 280)
        charge = form.save()
        self.assertEqual(charge.price_unit, 140)
        self.assertTrue(charge.price_explanation.startswith("Typed by hand."))
        with Form(charge) as form:
            form.product_id = self.travel
            self.assertEqual(form.price_unit, 50)
            form.product_id = self.labour
            self.assertEqual(form.price_unit, 150)

    def test_form_with_a_flat_price(self):
        self._row(price_by="flat", price=90)
        with Form(self.env["aftersales.charge"]) as form:
            form.partner_id = self.customer
            form.product_id = self.labour
            form.quantity = 3
            self.assertEqual(form.amount, 90)
        charge = form.save()
        self.assertEqual(charge.amount, 90)
        self.assertEqual(charge.price_explanation, "$\xa090.00 flat by the general price.")

    def test_confirmed_stays_as_it_was(self):
        rule = self._row(price=100, note="x")
        charge = self._make_charge(self.labour, request_id=self.request.id)
        charge.action_confirm()
        rule.price = 999
        rule.unlink()
        self.request.user_id = self.other_technician
        self.assertEqual(charge.price_unit, 100)
        self.assertEqual(charge.price_explanation, "$\xa0100.00 an hour by the general price.")
        for fname in ("repair_level_id", "date_work"):
            with self.subTest(field=fname):
                value = self.level_1.id if fname == "repair_level_id" else MONDAY_NOON
                self.assertFalse(self._passes(charge.write, {fname: value}))
        self.assertFalse(self._passes(charge.write, {"price_facts": {}}))

    def test_explained_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._row(work_time="off", price=300)
        charge = self._make_charge(self.labour, date_work=SATURDAY)
        self.assertIn("300", charge.with_context(lang="fr_FR").price_explanation)

    # === QUANTITIES OF THE PRICELIST === #

    def _tiers(self):
        """One filter costs 700, from ten on 600 each."""
        # Odoo asks the superuser whether pricelists are used.
        self.env.ref("base.user_root").sudo().group_ids += self.group_product_pricelist
        self.filter_part.lst_price = 700
        tier = {
            "product_tmpl_id": self.filter_part.product_tmpl_id.id,
            "applied_on": "1_product",
            "compute_price": "fixed",
            "fixed_price": 600,
            "min_quantity": 10,
        }
        self.customer.property_product_pricelist = self._create_pricelist(
            item_ids=[Command.create(tier)]
        )

    def test_price_follows_the_quantity(self):
        self._tiers()
        charge = self._make_charge(self.filter_part)
        for quantity, price in ((1, 700), (10, 600), (9, 700), (12, 600)):
            with self.subTest(quantity=quantity):
                charge.quantity = quantity
                self.assertEqual((charge.price_unit, charge.price_explanation), (price, ""))
                self.assertEqual(charge.amount, quantity * price)
        self.assertEqual(charge.discount_amount, 0)

    def test_price_follows_the_quantity_in_the_form(self):
        self._tiers()
        with Form(self.env["aftersales.charge"]) as form:
            form.partner_id = self.customer
            form.product_id = self.filter_part
            form.quantity = 10
            self.assertEqual(form.price_unit, 600)
        charge = form.save()
        self.assertEqual((charge.price_unit, charge.price_explanation), (600, ""))
        with Form(charge) as form:
            form.quantity = 1
            self.assertEqual(form.price_unit, 700)
        self.assertEqual((charge.amount, charge.price_explanation), (700, ""))

    def test_typed_price_is_held_against_the_quantity_it_is_for(self):
        self._tiers()
        self.company.write({"aftersales_discount_technician": 5, "aftersales_discount_agent": 5})
        charge = self._make_charge(self.filter_part, quantity=10).with_user(self.agent)
        charge.price_unit = 590
        with self.assertRaisesRegex(UserError, "15.71 %"), self.env.cr.savepoint():
            charge.quantity = 1
        charge.quantity = 11
        self.assertEqual((charge.price_unit, charge.discount_amount), (590, 110))
        self.assertIn("600", charge.price_explanation)

    def test_another_quantity_of_many_at_once(self):
        self._tiers()
        charges = self.env["aftersales.charge"].create(
            [{"product_id": self.filter_part.id, "partner_id": self.customer.id}] * 30
        )

        def count(batch, quantity):
            self.env.flush_all()
            self.env.invalidate_all()
            batch.mapped("state")
            before = self.env.cr.sql_log_count
            batch.quantity = quantity
            batch.mapped("price_unit")
            return self.env.cr.sql_log_count - before

        count(charges[:1], 2)
        self.assertEqual(count(charges[:2], 10), count(charges, 11))
        self.assertEqual(set(charges.mapped("price_unit")), {600})

    # === WHO ASKS === #

    def test_technician_gets_the_same_price(self):
        self._row(sold_by="us", grade=False, price=100)
        charge = (
            self.env["aftersales.charge"]
            .with_user(self.technician)
            .create({"request_id": self.request.id, "product_id": self.labour.id})
        )
        self.assertEqual(charge.price_unit, 100)

    def test_who_keeps_prices(self):
        rule = self._row()
        for user in (self.technician, self.agent, self.settler):
            with self.subTest(user=user.login):
                self.assertEqual(rule.with_user(user).price, 100)
                with self.assertRaises(AccessError):
                    rule.with_user(user).price = 1
        rule.with_user(self.manager).price = 1
        self.assertEqual(self._make_charge(self.labour).price_unit, 1)

    def test_prices_of_another_company_do_not_hold(self):
        rule = self.env["aftersales.price.rule"].create(
            {"company_id": self.other_company.id, "price": 7}
        )
        self._assert_price(150)
        self.assertFalse(rule.with_user(self.manager).has_access("read"))

    def test_archived_and_changed_rows(self):
        rule = self._row()
        self._assert_price(100, "$\xa0100.00 an hour by the general price.")
        rule.active = False
        self._assert_price(150)

    def test_rows_that_make_no_sense(self):
        with self.assertRaisesRegex(ValidationError, "another kind"):
            self._row(kind="travel", product_id=self.labour.id)
        for vals in ({"price": -1}, {"date_from": "2025-06-02", "date_to": "2025-06-01"}):
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._row(**vals)

    def test_who_pays_says_the_price(self):
        self._row(sold_by="us", work_time="outside", price=170)
        ask = self.env["aftersales.coverage.ask"].create(
            {
                "unit_id": self.unit.id,
                "date_work": MONDAY_EVENING,
                "line_ids": [Command.create({"product_id": self.labour.id, "quantity": 2})],
            }
        )
        self.assertEqual(ask.line_ids.amount, 340)
        self.assertEqual(
            ask.line_ids.price_explanation,
            "$\xa0170.00 an hour: product sold by us, outside working hours.",
        )
        action = self._row().action_try()
        self.assertEqual(action["res_model"], "aftersales.coverage.ask")

    # === MONEY === #

    def test_flat_price_on_the_invoice(self):
        self._row(price_by="flat", price=90)
        charge = self._make_charge(self.labour, quantity=3, discount=10)
        self.assertEqual(charge.amount, 81)
        settlement = self._make_settlement(charge)
        self.assertEqual(settlement.amount_untaxed, 81)
        settlement.action_confirm()
        settlement.action_create_invoice()
        line = settlement.move_id.invoice_line_ids
        self.assertRecordValues(
            line, [{"quantity": 1, "price_unit": 90, "discount": 10, "price_subtotal": 81}]
        )

    # === SPEED === #

    def test_queries_do_not_grow(self):
        self._row(sold_by="us", category_id=self.category_ac.id, grade="senior")
        self._row(work_time="outside", price=200)
        units = self.unit | self.foreign_unit
        units |= units.browse().concat(*(self._make_unit(f"PRN{n}") for n in range(28)))
        vals_list = [
            {
                "product_id": self.labour.id,
                "unit_id": unit.id,
                "partner_id": self.customer.id,
                "user_id": self.technician.id,
                "date_work": MONDAY_EVENING,
                "kind": "labour",
            }
            for unit in units
        ]
        charges = self.env["aftersales.charge"].create(vals_list)

        def count(batch):
            self.env.flush_all()
            self.env.invalidate_all()
            batch.mapped("state")
            before = self.env.cr.sql_log_count
            self.env["aftersales.price.rule"]._find(batch)
            return self.env.cr.sql_log_count - before

        count(charges[:1])
        few, many = count(charges[:2]), count(charges)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 12)

    def test_without_rows_nothing_is_asked(self):
        charges = self._make_charge(self.labour) | self._make_charge(self.labour)
        rules = self.env["aftersales.price.rule"]
        rules._get_rows(self.company.id)
        charges.mapped("company_id")
        with self.assertQueryCount(0):
            self.assertFalse(rules._find(charges))

    def test_technician_cannot_write_the_facts(self):
        charge = self._make_charge(self.labour, request_id=self.request.id)
        with self.assertRaises(UserError):
            charge.with_user(self.technician).write({"price_facts": {"listed": "1"}})
