from datetime import date

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_base.tools.pricing import PriceCase, PriceRow, get_best

TODAY = date(2025, 6, 2)
# Categories, from the top down; brands stand below all appliances.
ALL, POLAR, POLAR_ROOF, HEARTH = 1, 2, 3, 4


def row(row_id, **values):
    """Return a row of labour prices that names what is given, and nothing else."""
    empty = dict.fromkeys(PriceRow._fields, False)
    defaults = {"id": row_id, "sequence": 10, "kind": "labour", "price_by": "hour", "price": 1.0}
    return PriceRow(**{**empty, **defaults, **values})


def case(**values):
    return PriceCase(**{"kind": "labour", "day": TODAY, "work_time": "working", **values})


@tagged("post_install", "-at_install")
class TestPriceTable(BaseCase):
    """Which row of the service prices holds; no database is asked."""

    def _assert_best(self, rows, table):
        for values, expected in table:
            with self.subTest(**values):
                best = get_best(rows, case(**values))
                self.assertEqual(best.id if best else None, expected)

    def test_each_condition(self):
        """A row holds where what it names is so, and nowhere else; unknown is not so."""
        table = {
            "kind": ("travel", "labour", "fee"),
            "product_id": (7, 8, False),
            "repair_level_id": (1, 2, False),
            "service_type_id": (1, 2, False),
            "sold_by": ("others", "us", False),
            "customer_level_id": (1, 2, False),
            "grade": ("expert", "junior", False),
            "work_time": ("off", "outside", "working"),
        }
        for name, (good, other, none) in table.items():
            rows = [row(1, **{name: good})]
            with self.subTest(condition=name):
                self.assertTrue(get_best(rows, case(**{name: good})))
                self.assertIsNone(get_best(rows, case(**{name: other})))
                self.assertIsNone(get_best(rows, case(**{name: none})))

    def test_days_are_both_included(self):
        rows = [row(1, date_from=date(2025, 6, 1), date_to=date(2025, 6, 3))]
        for day, holds in (
            (date(2025, 5, 31), False),
            (date(2025, 6, 1), True),
            (date(2025, 6, 3), True),
            (date(2025, 6, 4), False),
        ):
            with self.subTest(day=day):
                self.assertEqual(bool(get_best(rows, case(day=day))), holds)

    def test_own_and_other_products_by_the_hour(self):
        rows = [row(1), row(2, sold_by="others"), row(3, sold_by="others", work_time="outside")]
        self._assert_best(
            rows,
            [
                ({"sold_by": "us"}, 1),
                ({"sold_by": False}, 1),
                ({"sold_by": "others"}, 2),
                ({"sold_by": "others", "work_time": "outside"}, 3),
                ({"sold_by": "us", "work_time": "outside"}, 1),
                ({"sold_by": "others", "kind": "travel"}, None),
            ],
        )

    def test_brand_by_repair_level(self):
        rows = [
            row(1, category_id=ALL),
            row(2, category_id=POLAR),
            row(3, category_id=POLAR, repair_level_id=1),
            row(4, category_id=POLAR, repair_level_id=2),
            row(5, repair_level_id=2),
            row(6, category_id=POLAR_ROOF),
        ]
        polar, roof, hearth = (ALL, POLAR), (ALL, POLAR, POLAR_ROOF), (ALL, HEARTH)
        self._assert_best(
            rows,
            [
                ({"category_ids": polar}, 2),
                ({"category_ids": polar, "repair_level_id": 1}, 3),
                ({"category_ids": polar, "repair_level_id": 2}, 4),
                ({"category_ids": polar, "repair_level_id": 3}, 2),
                ({"category_ids": hearth}, 1),
                ({"category_ids": hearth, "repair_level_id": 2}, 1),
                ({"category_ids": roof, "repair_level_id": 2}, 6),
                ({"repair_level_id": 2}, 5),
                ({}, None),
            ],
        )

    def test_the_stronger_condition_wins(self):
        """The documented order, pair by pair."""
        values = {
            "product_id": 7,
            "category_id": POLAR,
            "repair_level_id": 1,
            "service_type_id": 1,
            "sold_by": "others",
            "customer_level_id": 1,
            "grade": "expert",
            "work_time": "off",
        }
        everything = {**values, "category_ids": (ALL, POLAR)}
        del everything["category_id"]
        names = list(values)
        for place, strong in enumerate(names):
            weaker = {name: values[name] for name in names[place + 1 :]}
            rows = [row(1, **weaker), row(2, **{strong: values[strong]})]
            with self.subTest(strong=strong):
                self.assertEqual(get_best(rows, case(**everything)).id, 2)

    def test_equal_rows_go_by_their_order(self):
        rows = [row(1, sequence=20), row(2, sequence=10), row(3, sequence=10)]
        self.assertEqual(get_best(rows, case()).id, 2)
        self.assertIsNone(get_best([], case()))
