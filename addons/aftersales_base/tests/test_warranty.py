from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestWarranty(AftersalesCommon):
    """What is promised, from which day to which day."""

    def _make_warranty(self, unit=None, **vals):
        unit = unit or self._make_unit(False, policy_id=False)
        return self.env["aftersales.warranty"].create(
            {"unit_id": unit.id, "date_start": self.date_start, **vals}
        )

    def _give_policy(self, **term):
        return self.env["aftersales.warranty.policy"].create(
            {"name": "Given", "term_ids": [Command.create(term)]}
        )

    # === ARITHMETIC === #

    def test_last_day_table(self):
        unit = self._make_unit(False, policy_id=False)
        table = [
            # start, duration, unit, last covered day
            ("2025-01-10", 12, "month", "2026-01-09"),
            ("2025-01-01", 12, "month", "2025-12-31"),
            ("2025-01-01", 1, "month", "2025-01-31"),
            ("2025-01-31", 1, "month", "2025-02-27"),
            ("2024-01-31", 1, "month", "2024-02-28"),
            ("2025-01-30", 1, "month", "2025-02-27"),
            ("2025-03-31", 3, "month", "2025-06-29"),
            ("2025-08-31", 6, "month", "2026-02-27"),
            ("2024-02-29", 12, "month", "2025-02-27"),
            ("2024-02-29", 1, "year", "2025-02-27"),
            ("2024-02-29", 48, "month", "2028-02-28"),
            ("2024-03-01", 12, "month", "2025-02-28"),
            ("2023-03-01", 12, "month", "2024-02-29"),
            ("2025-02-28", 12, "month", "2026-02-27"),
            ("2025-01-10", 36, "month", "2028-01-09"),
            ("2025-01-10", 3, "year", "2028-01-09"),
            ("2025-01-10", 1, "day", "2025-01-10"),
            ("2025-01-10", 90, "day", "2025-04-09"),
            ("2025-01-10", 1, "week", "2025-01-16"),
            ("2025-12-31", 2, "week", "2026-01-13"),
        ]
        for start, duration, duration_unit, expected in table:
            with self.subTest(start=start, duration=duration, unit=duration_unit):
                warranty = self._make_warranty(
                    unit, date_start=start, duration=duration, duration_unit=duration_unit
                )
                self.assertEqual(str(warranty.date_end), expected)

    def test_last_day_follows_its_terms(self):
        warranty = self._make_warranty(duration=12)
        warranty.date_start = date(2025, 3, 1)
        self.assertEqual(warranty.date_end, date(2026, 2, 28))
        warranty.write({"duration": 2, "duration_unit": "year"})
        self.assertEqual(warranty.date_end, date(2027, 2, 28))

    def test_nonsense_terms_are_refused(self):
        unit = self._make_unit(False, policy_id=False)
        for vals in (
            {"duration": 0},
            {"duration": -1},
            {"percent": 0},
            {"percent": 100.5},
            {"bearer_type": "partner"},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self._make_warranty(unit, **vals)
        with self.assertRaises(ValidationError):
            self._give_policy(kind="part", bearer_type="partner")

    # === STATUS ON A DAY === #

    def test_status_table(self):
        unit = self._make_unit(False, policy_id=False)
        runs = self._make_warranty(unit, duration=12)  # 2025-01-10 to 2026-01-09
        closed = self._make_warranty(unit, duration=12)
        closed._close(date(2025, 6, 1), "returned")
        void = self._make_warranty(unit, duration=12, close_reason="void")
        table = [
            (runs, "2025-01-09", "upcoming"),
            (runs, "2025-01-10", "running"),
            (runs, "2025-12-09", "running"),
            (runs, "2025-12-10", "ending"),
            (runs, "2026-01-09", "ending"),
            (runs, "2026-01-10", "expired"),
            (closed, "2025-01-09", "upcoming"),
            (closed, "2025-05-31", "ending"),
            (closed, "2025-06-01", "closed"),
            (closed, "2027-01-01", "closed"),
            (void, "2024-01-01", "void"),
            (void, "2025-06-01", "void"),
            (void, "2027-01-01", "void"),
        ]
        for warranty, day, expected in table:
            with self.subTest(day=day, expected=expected), freeze_time(day):
                warranty.invalidate_recordset(["status"])
                self.assertEqual(warranty.status, expected)

    def test_closing_ends_the_day_before(self):
        warranty = self._make_warranty(duration=12)
        warranty._close(date(2025, 6, 1), "returned")
        self.assertEqual(warranty.date_end, date(2025, 5, 31))
        warranty._close(date(2025, 3, 1), "replaced")
        self.assertEqual(warranty.date_closed, date(2025, 6, 1), "closed once, by the first event")

    def test_closing_late_does_not_lengthen(self):
        warranty = self._make_warranty(duration=12)
        warranty._close(date(2027, 6, 1), "returned")
        self.assertEqual(warranty.date_end, date(2026, 1, 9))

    def test_elapsed_share(self):
        warranty = self._make_warranty(date_start="2025-01-01", duration=100, duration_unit="day")
        for day, expected in (
            ("2024-12-01", 0),
            ("2025-01-01", 0),
            ("2025-01-26", 25),
            ("2025-05-01", 100),
        ):
            with self.subTest(day=day), freeze_time(day):
                warranty.invalidate_recordset(["elapsed_percent"])
                self.assertEqual(warranty.elapsed_percent, expected)

    # === WHAT A UNIT GETS === #

    def test_unit_gets_its_policy(self):
        unit = self._make_unit("SN1")
        self.assertRecordValues(
            unit.warranty_ids.sorted("kind"),
            [
                {
                    "kind": "labour",
                    "date_start": date(2025, 1, 10),
                    "date_end": date(2026, 1, 9),
                    "bearer_type": "company",
                    "bearer_partner_id": False,
                    "origin": "sale",
                },
                {
                    "kind": "part",
                    "date_start": date(2025, 1, 10),
                    "date_end": date(2028, 1, 9),
                    "bearer_type": "partner",
                    "bearer_partner_id": self.maker.id,
                    "origin": "sale",
                },
            ],
        )
        self.assertEqual(unit.warranty_end, date(2028, 1, 9))

    def test_agent_registers_a_unit(self):
        lot = self.env["stock.lot"].create({"name": "SN1", "product_id": self.ac.id})
        unit = (
            self.env["aftersales.unit"]
            .with_user(self.agent)
            .create(
                {
                    "product_id": self.ac.id,
                    "lot_id": lot.id,
                    "partner_id": self.customer.id,
                    "date_start": "2025-01-10",
                }
            )
        )
        self.assertEqual(unit.serial, "SN1")
        self.assertEqual(len(unit.warranty_ids), 2)

    def test_policy_lookup(self):
        top = self.env["product.category"].create({"name": "Top"})
        middle = self.env["product.category"].create({"name": "Middle", "parent_id": top.id})
        bottom = self.env["product.category"].create({"name": "Bottom", "parent_id": middle.id})
        product = self._create_product(name="Oven", type="consu", categ_id=bottom.id)
        other = self._give_policy()
        other.company_id = self.other_company
        of_top, of_bottom, own = self._give_policy(), self._give_policy(), self._give_policy()

        def found():
            return product._get_aftersales_policies(self.company)[product]

        self.assertFalse(found())
        top.aftersales_policy_id = of_top
        self.assertEqual(found(), of_top)
        bottom.aftersales_policy_id = of_bottom
        self.assertEqual(found(), of_bottom)
        product.aftersales_policy_id = own
        self.assertEqual(found(), own)
        product.aftersales_policy_id = other
        self.assertEqual(found(), of_bottom, "the policy of another company does not count")
        self.assertEqual(product._get_aftersales_policies(self.other_company)[product], other)

    def test_policy_change_keeps_what_was_given(self):
        unit = self._make_unit("SN1")
        before = unit.warranty_ids.read(["date_end", "percent", "bearer_partner_id"])
        self.policy.term_ids.write({"duration": 1, "percent": 10})
        self.category_ac.aftersales_policy_id = False
        self.assertEqual(
            unit.warranty_ids.read(["date_end", "percent", "bearer_partner_id"]), before
        )
        self.assertEqual(unit.policy_id, self.policy)
        self.policy.term_ids.unlink()
        self.assertEqual(
            unit.warranty_ids.read(["date_end", "percent", "bearer_partner_id"]), before
        )

    def test_given_warranties_replace_the_policy(self):
        unit = self._make_unit("SN1", warranty_ids=[Command.create({"duration": 3})])
        self.assertEqual(unit.warranty_ids.duration, 3)

    def test_units_in_batch(self):
        units = self.env["aftersales.unit"].create(
            [
                {"product_id": self.ac.id, "partner_id": self.customer.id, "serial": f"B{number}"}
                for number in range(3)
            ]
        )
        self.assertEqual(len(set(units.mapped("name"))), 3)
        self.assertEqual([len(unit.warranty_ids) for unit in units], [2, 2, 2])
        self.assertFalse(self.env["aftersales.unit"].create([]))

    def test_unit_warranty_end_and_status(self):
        unit = self._make_unit("SN1")
        part = unit.warranty_ids.filtered(lambda warranty: warranty.kind == "part")
        table = [
            ("2025-01-10", "running"),
            ("2027-12-09", "running"),
            ("2027-12-10", "ending"),
            ("2028-01-09", "ending"),
            ("2028-01-10", "expired"),
        ]
        for day, expected in table:
            with self.subTest(day=day), freeze_time(day):
                unit.invalidate_recordset(["warranty_status"])
                self.assertEqual(unit.warranty_status, expected)
        part.close_reason = "void"
        self.assertEqual(unit.warranty_end, date(2026, 1, 9))
        unit.warranty_ids.close_reason = "void"
        self.assertFalse(unit.warranty_end)
        self.assertEqual(unit.warranty_status, "void")
        bare = self._make_unit(False, policy_id=False)
        self.assertEqual(bare.warranty_status, "none")

    # === RETURN, RESALE, REPLACEMENT === #

    def test_return_closes_and_resale_opens_anew(self):
        unit = self._make_unit("SN1")
        unit._close("returned", date(2025, 6, 1))
        self.assertEqual(unit.state, "returned")
        self.assertEqual(set(unit.warranty_ids.mapped("date_end")), {date(2025, 5, 31)})
        self.assertEqual(set(unit.warranty_ids.mapped("close_reason")), {"returned"})
        again = self._make_unit(
            "SN1",
            date_start="2025-07-01",
            lot_id=unit.lot_id.id,
            partner_id=self.other_customer.id,
        )
        self.assertEqual(again.warranty_end, date(2028, 6, 30))
        self.assertEqual(unit.warranty_end, date(2025, 5, 31))

    def test_replacement_says_so(self):
        unit = self._make_unit("SN1")
        unit._close("replaced", date(2025, 6, 1))
        self.assertEqual(set(unit.warranty_ids.mapped("close_reason")), {"replaced"})
        unit._close("scrapped", date(2025, 7, 1))
        self.assertEqual(unit.state, "replaced", "a unit leaves once")

    def test_one_living_unit_per_serial(self):
        unit = self._make_unit("SN1")
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._make_unit("SN1", lot_id=unit.lot_id.id)

    def test_same_lot_for_several_units_where_not_serial(self):
        lot_product = self._create_product(
            name="Bulbs", type="consu", is_storable=True, tracking="lot"
        )
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": lot_product.id})
        for quantity in (1, 5):
            self._make_unit(False, product_id=lot_product.id, lot_id=lot.id, quantity=quantity)
        self.assertEqual(self.env["aftersales.unit"].search_count([("lot_id", "=", lot.id)]), 2)

    def test_quantity_above_zero(self):
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._make_unit("SN1", quantity=0)

    # === NAMES AND DELETION === #

    def test_names(self):
        unit = self._make_unit("SN1")
        bare = self._make_unit(False, policy_id=False)
        self.assertEqual(unit.display_name, "Air Conditioner 35 · SN1")
        self.assertEqual(bare.display_name, f"Air Conditioner 35 · {bare.name}")
        labour = unit.warranty_ids.filtered(lambda warranty: warranty.kind == "labour")
        self.assertIn("Labour", labour.display_name)
        self.assertIn("2026", labour.display_name)
        Unit = self.env["aftersales.unit"]
        for term in ("SN1", unit.name, "Lin House"):
            with self.subTest(term=term):
                self.assertIn(unit.id, [row[0] for row in Unit.name_search(term)])

    def test_used_warranty_and_served_unit_stay(self):
        unit = self._make_unit("SN1")
        charge = self._make_charge(unit_id=unit.id, date_fault="2025-02-01")
        with self.assertRaises(UserError) as caught:
            charge.warranty_id.unlink()
        self.assertIn(charge.display_name, str(caught.exception))
        with self.assertRaises(UserError) as caught:
            unit.unlink()
        self.assertIn(unit.display_name, str(caught.exception))
        served = self._make_unit("SN2")
        self._make_request(unit_id=served.id)
        with self.assertRaises(UserError):
            served.unlink()

    def test_unused_unit_can_go(self):
        unit = self._make_unit("SN1")
        warranties = unit.warranty_ids
        unit.unlink()
        self.assertFalse(warranties.exists())

    def test_policy_in_use_stays(self):
        self._make_unit("SN1")
        self.assertEqual(self.policy.warranty_count, 2)
        self.assertFalse(self._passes_delete(self.policy))

    def _passes_delete(self, record):
        try:
            with mute_logger("odoo.sql_db"):
                return self._passes(record.unlink)
        except IntegrityError:
            return False
