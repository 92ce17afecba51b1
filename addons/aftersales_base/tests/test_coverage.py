from datetime import date

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tests.common import warmup
from odoo.tools import SQL

from .common import AftersalesCommon

TODAY = "2025-06-01"


@tagged("post_install", "-at_install")
class TestCoverage(AftersalesCommon):
    """Who pays, for every combination that has its own rule.

    The unit starts on 10 January 2025: parts 36 months by the maker, labour 12 months by us.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("COV1")
        cls.part_warranty = cls.unit.warranty_ids.filtered(lambda line: line.kind == "part")
        cls.labour_warranty = cls.unit.warranty_ids - cls.part_warranty
        cls.products = {
            "part": cls.compressor,
            "labour": cls.labour,
            "travel": cls.travel,
            "fee": cls.travel,
        }

    def _add_warranty(self, **vals):
        return self.env["aftersales.warranty"].create(
            {"unit_id": self.unit.id, "date_start": self.date_start, "duration": 12, **vals}
        )

    def _charge(self, kind, day, **vals):
        product = vals.pop("product", self.products[kind])
        return self._make_charge(
            product,
            kind=kind,
            unit_id=vals.pop("unit_id", self.unit.id),
            date_fault=day,
            **vals,
        )

    def _check(self, charge, rule, percent, bearer):
        self.assertEqual(
            (charge.coverage_rule, charge.covered_percent, charge.bearer), (rule, percent, bearer)
        )

    # === THE TABLE === #

    def test_day_and_kind(self):
        maker, ours, nobody = (
            ("warranty", 100, "partner"),
            ("warranty", 100, "company"),
            (
                "customer",
                0,
                "customer",
            ),
        )
        table = [
            ("part", "2025-01-09", nobody),
            ("part", "2025-01-10", maker),
            ("part", "2026-01-10", maker),
            ("part", "2028-01-09", maker),
            ("part", "2028-01-10", nobody),
            ("labour", "2025-01-09", nobody),
            ("labour", "2025-01-10", ours),
            ("labour", "2026-01-09", ours),
            ("labour", "2026-01-10", nobody),
            ("travel", "2025-06-01", nobody),
            ("fee", "2025-06-01", nobody),
        ]
        charges = self.env["aftersales.charge"]
        for kind, day, __ in table:
            charges |= self._charge(kind, day)
        for charge, (kind, day, expected) in zip(charges.sorted("id"), table, strict=True):
            with self.subTest(kind=kind, day=day):
                self._check(charge, *expected)
                self.assertEqual(
                    charge.bearer_partner_id,
                    self.maker if expected[2] == "partner" else self.env["res.partner"],
                )

    def test_customer_fault(self):
        for cause, kind, expected in (
            (self.cause_misuse, "part", ("exclusion", 0, "customer")),
            (self.cause_misuse, "labour", ("exclusion", 0, "customer")),
            (self.cause_wear, "part", ("warranty", 100, "partner")),
        ):
            with self.subTest(cause=cause.name, kind=kind):
                self._check(self._charge(kind, TODAY, cause_id=cause.id), *expected)

    def test_customer_fault_beats_goodwill_and_override_beats_all(self):
        vals = {"cause_id": self.cause_misuse.id, "service_type_id": self.type_goodwill.id}
        self._check(self._charge("part", TODAY, **vals), "exclusion", 0, "customer")
        vals |= {"override_bearer": "company", "override_reason": "Regular customer"}
        self._check(self._charge("part", TODAY, **vals), "override", 100, "company")
        vals = {"override_bearer": "customer", "override_reason": "Agreed on the phone"}
        charge = self._charge("part", TODAY, **vals)
        self._check(charge, "override", 0, "customer")
        self.assertFalse(charge.bearer_partner_id)
        self.assertFalse(charge.warranty_id)

    def test_service_type(self):
        for service_type, kind, day, expected in (
            (self.type_goodwill, "travel", TODAY, ("service_type", 100, "company")),
            (self.type_half, "travel", TODAY, ("service_type", 50, "company")),
            (self.type_onsite, "travel", TODAY, ("customer", 0, "customer")),
            (self.type_half, "labour", TODAY, ("warranty", 100, "company")),
            (self.type_half, "labour", "2026-06-01", ("service_type", 50, "company")),
            (self.type_goodwill, "part", "2028-06-01", ("service_type", 100, "company")),
        ):
            with self.subTest(type=service_type.name, kind=kind, day=day):
                self._check(self._charge(kind, day, service_type_id=service_type.id), *expected)

    def test_void(self):
        self.part_warranty.write({"close_reason": "void", "close_note": "Seal broken"})
        charge = self._charge("part", TODAY)
        self._check(charge, "exclusion", 0, "customer")
        self.assertIn("Seal broken", charge.explanation)
        self._check(self._charge("labour", TODAY), "warranty", 100, "company")
        self._check(self._charge("travel", TODAY), "customer", 0, "customer")
        self._check(self._charge("part", "2028-06-01"), "customer", 0, "customer")
        goodwill = self._charge("part", TODAY, service_type_id=self.type_goodwill.id)
        self._check(goodwill, "exclusion", 0, "customer")

    def test_void_beside_a_valid_one(self):
        self.part_warranty.close_reason = "void"
        extension = self._add_warranty(kind="part", origin="extension", percent=60)
        charge = self._charge("part", TODAY)
        self._check(charge, "warranty", 60, "company")
        self.assertEqual(charge.warranty_id, extension)

    def test_percent(self):
        for percent, covered in ((100, 800), (50, 400), (33.33, 266.64), (0.01, 0.08)):
            with self.subTest(percent=percent):
                self.part_warranty.percent = percent
                charge = self._charge("part", TODAY)
                self._check(charge, "warranty", percent, "partner")
                self.assertAlmostEqual(charge.covered_amount, covered, 2)
                self.assertAlmostEqual(charge.customer_amount, 800 - covered, 2)

    def test_component(self):
        self._add_warranty(
            kind="part", component_category_id=self.category_parts.id, duration=60, percent=80
        )
        self._add_warranty(
            kind="all", component_category_id=self.category_compressor.id, duration=60, percent=70
        )
        late = "2029-01-01"
        for product, kind, day, expected in (
            # the kind named beats the width of the category: rank is component, kind, percent
            (self.compressor, "part", late, 80),
            (self.filter_part, "part", late, 80),
            (self.filter_part, "part", TODAY, 80),
            (self.labour, "labour", late, 0),
            (self.ac, "part", late, 0),
            (self.ac, "part", TODAY, 100),
        ):
            with self.subTest(product=product.name, kind=kind, day=day):
                charge = self._charge(kind, day, product=product)
                self.assertEqual(charge.covered_percent, expected)

    def test_component_needs_a_product(self):
        self._add_warranty(component_category_id=self.category_parts.id, duration=60)
        charge = self.env["aftersales.charge"].create(
            {
                "name": "Unknown part",
                "kind": "part",
                "unit_id": self.unit.id,
                "partner_id": self.customer.id,
                "date_fault": "2029-01-01",
            }
        )
        self._check(charge, "customer", 0, "customer")

    def test_several_warranties(self):
        """Narrowest first (component, then kind), then the most generous, then the longest."""
        everything = self._add_warranty(kind="all", percent=90)
        less = self._add_warranty(kind="travel", percent=30)
        self.assertEqual(self._charge("travel", TODAY).warranty_id, less)
        more = self._add_warranty(kind="travel", percent=40)
        self.assertEqual(self._charge("travel", TODAY).warranty_id, more)
        longer = self._add_warranty(kind="travel", percent=40, duration=24)
        self.assertEqual(self._charge("travel", TODAY).warranty_id, longer)
        self.assertEqual(self._charge("fee", TODAY).warranty_id, everything)
        component = self._add_warranty(
            kind="all", component_category_id=self.category_compressor.id, percent=5
        )
        self.assertEqual(self._charge("part", TODAY).warranty_id, component)

    def test_returned_unit(self):
        self.unit._close("returned", date(2025, 6, 1))
        for day, expected in (
            ("2025-05-31", ("warranty", 100, "partner")),
            ("2025-06-01", ("customer", 0, "customer")),
        ):
            with self.subTest(day=day):
                self._check(self._charge("part", day), *expected)

    def test_without_unit_or_other_unit(self):
        bare = self._make_unit(False, policy_id=False)
        self._check(self._charge("part", TODAY, unit_id=bare.id), "customer", 0, "customer")
        charge = self._make_charge(self.compressor, date_fault=TODAY)
        self._check(charge, "customer", 0, "customer")
        charge = self._make_charge(
            self.compressor, date_fault=TODAY, service_type_id=self.type_goodwill.id
        )
        self._check(charge, "service_type", 100, "company")

    def test_one_batch_of_several_units_and_days(self):
        other = self._make_unit("COV2", date_start="2020-01-10")
        charges = self.env["aftersales.charge"].create(
            [
                {
                    "product_id": self.compressor.id,
                    "unit_id": unit.id,
                    "partner_id": self.customer.id,
                    "date_fault": day,
                }
                for unit in (self.unit, other)
                for day in ("2020-06-01", "2025-06-01")
            ]
        )
        self.assertEqual(charges.mapped("covered_percent"), [0, 100, 100, 0])
        self.assertFalse(self.env["aftersales.coverage"]._decide(charges.browse()))

    # === EXPLANATION === #

    def test_explanation_of_a_warranty(self):
        charge = self._charge("part", "2025-01-12")
        for text in (
            "Parts",
            "36 months",
            "01/10/2025",
            "Kitano Compressors",
            "100 %",
            "01/12/2025",
        ):
            self.assertIn(text, charge.explanation)
        self.assertIn("day 3 of 1095", charge.explanation)
        first, last = self._charge("part", "2025-01-10"), self._charge("part", "2028-01-09")
        self.assertIn("day 1 of 1095", first.explanation)
        self.assertIn("day 1095 of 1095", last.explanation)
        ours = self._charge("labour", TODAY)
        self.assertIn(self.company.name, ours.explanation)

    def test_explanation_of_other_rules(self):
        override = {"override_bearer": "company", "override_reason": "Old friend"}
        for vals, text in (
            ({"cause_id": self.cause_misuse.id}, "Misuse"),
            ({"override_bearer": "customer", "override_reason": "Old friend"}, "Old friend"),
            (override, "We bear it"),
            ({"service_type_id": self.type_half.id, "kind": "fee"}, "50 %"),
            ({"kind": "fee"}, "does not cover fee"),
        ):
            with self.subTest(vals=vals):
                charge = self._make_charge(
                    **{"unit_id": self.unit.id, "date_fault": TODAY, "kind": "part", **vals}
                )
                self.assertIn(text, charge.explanation)

    def test_explanation_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        charge = self._charge("part", "2025-01-12")
        chinese = charge.with_context(lang="zh_CN")
        self.assertIn("36个月", chinese.explanation)
        self.assertIn("2025/01/10", chinese.explanation)
        self.assertIn("2028/01/09", chinese.warranty_id.display_name)
        self.assertIn("01/09/2028", charge.warranty_id.display_name)
        self.assertIn("2025", chinese.explanation)
        self.assertIn(self.maker.name, chinese.explanation)
        for kind in ("labour", "travel"):
            self.assertTrue(self._charge(kind, TODAY).with_context(lang="zh_CN").explanation)

    # === DRAFT FOLLOWS, CONFIRMED STAYS === #

    def test_draft_follows_every_change(self):
        charge = self._charge("part", TODAY)
        steps = [
            (charge, {"date_fault": "2028-06-01"}, 0),
            (charge, {"date_fault": TODAY}, 100),
            (self.part_warranty, {"percent": 40}, 40),
            (self.part_warranty, {"date_start": "2025-07-01"}, 0),
            (self.part_warranty, {"date_start": "2025-01-10"}, 40),
            (self.part_warranty, {"duration": 3}, 0),
            (self.part_warranty, {"duration": 36}, 40),
            (charge, {"cause_id": self.cause_wear.id}, 40),
            (self.cause_wear, {"customer_fault": True}, 0),
            (self.cause_wear, {"customer_fault": False}, 40),
            (self.part_warranty, {"date_closed": "2025-05-01"}, 0),
            (self.part_warranty, {"date_closed": False}, 40),
            (charge, {"kind": "fee"}, 0),
            (charge, {"service_type_id": self.type_half.id}, 50),
            (self.type_half, {"covered_percent": 20}, 20),
        ]
        for record, vals, percent in steps:
            with self.subTest(model=record._name, vals=vals):
                record.write(vals)
                self.assertEqual(charge.covered_percent, percent)
        self.part_warranty.write({"bearer_type": "company", "bearer_partner_id": False})
        charge.kind = "part"
        self.assertEqual(charge.bearer, "company")
        self.part_warranty.write({"bearer_type": "partner", "bearer_partner_id": self.maker.id})
        self.assertEqual(charge.bearer, "partner")

    def test_draft_follows_a_new_and_a_deleted_warranty(self):
        charge = self._charge("travel", TODAY)
        self.assertEqual(charge.covered_percent, 0)
        extra = self._add_warranty(kind="travel", percent=75)
        self.assertEqual(charge.covered_percent, 75)
        extra.kind = "labour"
        self.assertEqual(charge.covered_percent, 0)
        extra.unlink()
        self.assertEqual(charge.covered_percent, 0)

    def test_draft_follows_its_request(self):
        request = self._make_request(unit_id=self.unit.id, date_reported="2025-06-01 08:00:00")
        charge = self._make_charge(request_id=request.id)
        self._check(charge, "warranty", 100, "partner")
        request.cause_id = self.cause_misuse
        self._check(charge, "exclusion", 0, "customer")
        request.cause_id = self.cause_wear
        self._check(charge, "warranty", 100, "partner")
        request.date_reported = "2028-06-01 08:00:00"
        self._check(charge, "customer", 0, "customer")

    def test_day_of_the_report_is_a_local_day(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        request = self._make_request(unit_id=self.unit.id, date_reported="2028-01-09 17:00:00")
        charge = self._make_charge(request_id=request.id)
        self.assertEqual(charge.date_fault, date(2028, 1, 10))
        self._check(charge, "customer", 0, "customer")

    def test_confirmed_keeps_its_decision(self):
        request = self._make_request(unit_id=self.unit.id, date_reported="2025-06-01 08:00:00")
        charge = self._make_charge(request_id=request.id, cause_id=self.cause_wear.id)
        charge.action_confirm()
        text = charge.explanation
        self.part_warranty.write({"percent": 10, "date_start": "2030-01-01"})
        self.cause_wear.customer_fault = True
        request.write({"cause_id": self.cause_misuse.id, "date_reported": "2029-01-01"})
        self.unit._close("returned", date(2025, 2, 1))
        self.maker.name = "Renamed"
        self._check(charge, "warranty", 100, "partner")
        self.assertEqual(charge.customer_amount, 0)
        self.assertEqual(charge.explanation, text)

    def test_back_to_draft_decides_anew(self):
        charges = self._charge("part", TODAY) | self._charge("labour", TODAY)
        charges.action_confirm()
        self.part_warranty.percent = 50
        self.labour_warranty.close_reason = "void"
        self.assertEqual(charges.mapped("covered_percent"), [100, 100])
        charges.action_draft()
        self.assertEqual(charges.mapped("covered_percent"), [50, 0])
        self.assertEqual(charges.mapped("customer_amount"), [400, 150])

    def test_technician_gets_the_same_answer(self):
        request = self._make_request(
            unit_id=self.unit.id, user_id=self.technician.id, date_reported="2025-06-01 08:00:00"
        )
        charge = (
            self.env["aftersales.charge"]
            .with_user(self.technician)
            .create({"request_id": request.id, "product_id": self.compressor.id})
        )
        self._check(charge, "warranty", 100, "partner")
        self.assertIn("Kitano", charge.explanation)
        charge.action_confirm()
        self.assertEqual(charge.state, "confirmed")

    # === QUERIES === #

    def _prepare_batch(self, count):
        warranty = Command.create({"kind": "part", "duration": 36, "date_start": "2025-01-10"})
        units = self.env["aftersales.unit"].create(
            [
                {
                    "product_id": self.ac.id,
                    "partner_id": self.customer.id,
                    "serial": f"Q{count}-{number}",
                    "date_start": "2025-01-10",
                    "warranty_ids": [warranty],
                }
                for number in range(count)
            ]
        )
        return [
            {
                "product_id": self.compressor.id,
                "unit_id": unit.id,
                "partner_id": self.customer.id,
                "date_fault": TODAY,
            }
            for unit in units
        ]

    def _count_queries(self, action, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        action(*args)
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _prepare_mixed_batch(self, count):
        """Prepare charges answered by every rule, and refused for every reason."""
        vals_list = self._prepare_batch(count)
        units = self.env["aftersales.unit"].browse(vals["unit_id"] for vals in vals_list)
        units[::4].warranty_ids.write({"usage_limit": 10})
        units[::7].warranty_ids.write({"proof_required": True})
        units[1::9].warranty_ids.close_reason = "void"
        units[::3].warranty_ids.excluded_category_ids = self.category_compressor
        units[::2].reading_ids = [Command.create({"value": 20, "date": "2025-02-01"})]
        products = (self.compressor, self.filter_part, self.labour, self.travel)
        for number, vals in enumerate(vals_list):
            vals["product_id"] = products[number % 4].id
            vals["cause_id"] = self.cause_misuse.id if number % 13 == 4 else self.cause_wear.id
            vals["service_type_id"] = self.type_half.id if number % 6 == 0 else False
            if number % 17 == 0:
                vals.update(override_bearer="company", override_reason="Regular customer")
        return vals_list

    def _multiply(self, charges, times):
        """Return many more charges like these, by the quick way."""
        self.env.flush_all()
        columns = SQL(", ").join(
            SQL.identifier(fname)
            for fname, field in charges._fields.items()
            if field.store and field.column_type and fname != "id"
        )
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO aftersales_charge (%(columns)s) SELECT %(columns)s "
                "FROM aftersales_charge, generate_series(1, %(times)s) "
                "WHERE id IN %(ids)s RETURNING id",
                columns=columns,
                times=times,
                ids=charges._ids,
            )
        )
        return charges.browse(charge_id for (charge_id,) in rows)

    @warmup
    def test_deciding_takes_a_fixed_number_of_queries(self):
        coverage = self.env["aftersales.coverage"]
        ten = self.env["aftersales.charge"].create(self._prepare_mixed_batch(10))
        thousand = self._multiply(ten, 100)
        hundred = self.env["aftersales.charge"].create(self._prepare_mixed_batch(100))
        most = self._multiply(hundred, 100)
        counts = [
            self._count_queries(coverage._decide, charges)
            for charges in (ten, ten, thousand, hundred, most)
        ]
        self.assertEqual(counts[2], counts[1])
        self.assertEqual(counts[4], counts[3])
        self.assertEqual([len(thousand), len(most)], [1000, 10000])
        self.assertLessEqual(counts[4], 25)
        decided = coverage._decide(most)
        self.assertEqual(len(decided), 10000)
        rules = {"override", "exclusion", "warranty", "service_type", "customer"}
        self.assertEqual({decision["rule"] for decision in decided.values()}, rules)

    @warmup
    def test_creating_charges_takes_a_fixed_number_of_queries(self):
        Charge = self.env["aftersales.charge"]
        first, one, many = (self._prepare_batch(count) for count in (1, 2, 100))
        self._count_queries(Charge.create, first)
        few_queries = self._count_queries(Charge.create, one)
        self.assertEqual(self._count_queries(Charge.create, many), few_queries)

    @warmup
    def test_confirming_charges_takes_a_fixed_number_of_queries(self):
        Charge = self.env["aftersales.charge"]
        first, one, many = (Charge.create(self._prepare_batch(count)) for count in (1, 2, 100))
        self._count_queries(first.action_confirm)
        few_queries = self._count_queries(one.action_confirm)
        self.assertEqual(self._count_queries(many.action_confirm), few_queries)

    # === SEVERAL COMPANIES === #

    def test_service_level_of_a_sister_company_does_not_bind_us(self):
        Level = self.env["aftersales.customer.level"].sudo()
        sister = self.env["res.company"].sudo().create({"name": "Sister"})
        for company, rule in ((False, "customer_level"), (sister.id, "customer")):
            level = Level.create({"name": "Gold", "company_id": company, "covered_percent": 50})
            self.customer.sudo().aftersales_level_id = level
            charge = self._charge("travel", TODAY)
            self._check(
                charge,
                rule,
                50 if rule == "customer_level" else 0,
                "company" if rule == "customer_level" else "customer",
            )
