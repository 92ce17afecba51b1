from unittest.mock import patch

from odoo.api import Environment
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestGroup(AftersalesCommon):
    """Groups of charges stand in the order of their names, as groups of anything else do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payers = cls.env["res.partner"].create(
            [{"name": name} for name in ("Zander", "Aspen", "Miller")]
        )
        cls.users = cls.env["res.users"].create(
            [{"name": name, "login": f"group-{name}"} for name in ("Zoe", "Abe")]
        )
        products = [cls.travel, cls.labour, cls.travel]
        cls.charges = cls.env["aftersales.charge"].union(
            *(
                cls._make_charge(product, payer_id=payer.id, user_id=cls.users[number % 2].id)
                for number, (payer, product) in enumerate(zip(cls.payers, products, strict=True))
            )
        )
        cls.charges |= cls._make_charge(cls.travel, payer_id=False, user_id=False)
        cls.domain = [("id", "in", cls.charges.ids)]

    def _names(self, *groupby, order=None, **options):
        groups = self.env["aftersales.charge"].formatted_read_group(
            self.domain, groupby, ["__count"], order=order, **options
        )
        return [tuple(group[spec] and group[spec][1] for spec in groupby) for group in groups]

    def test_by_name_none_last(self):
        self.assertEqual(self._names("payer_id"), [("Aspen",), ("Miller",), ("Zander",), (False,)])
        self.assertEqual(self._names("user_id"), [("Abe",), ("Zoe",), (False,)])

    def test_backwards_and_by_numbers(self):
        names = [(False,), ("Zander",), ("Miller",), ("Aspen",)]
        self.assertEqual(self._names("payer_id", order="payer_id DESC"), names)
        by_count = self._names("user_id", order="__count DESC, user_id")
        self.assertEqual(by_count[0], ("Zoe",))
        self.assertEqual(self._names("payer_id", limit=1, offset=1), [("Miller",)])

    def test_one_within_the_other(self):
        names = self._names("user_id", "payer_id")
        self.assertEqual(
            names,
            [("Abe", "Aspen"), ("Zoe", "Miller"), ("Zoe", "Zander"), (False, False)],
        )

    def test_all_of_a_pivot_at_once(self):
        """As the web client asks: the total, the rows, and the rows within the columns."""
        sets = [[], ["payer_id"], ["date_fault:month", "payer_id"], ["product_id"]]
        found = self.env["aftersales.charge"].formatted_read_grouping_sets(
            self.domain, sets, ["__count"]
        )
        self.assertEqual(found[0][0]["__count"], 4)
        for groups in found[1:3]:
            names = [group["payer_id"] and group["payer_id"][1] for group in groups]
            self.assertEqual(names, ["Aspen", "Miller", "Zander", False])
        products = self.env["product.product"].union(self.travel, self.labour)
        ordered = [group["product_id"][0] for group in found[3]]
        self.assertEqual(ordered, products.search([("id", "in", products.ids)]).ids)

    def test_months_within_names(self):
        """Months stand in their order within each payer, though payers were not read in theirs."""
        first, second = self.payers[:2]
        self.charges[0].date_fault = "2024-05-01"
        self.charges |= self._make_charge(
            self.travel, payer_id=first.id, user_id=False, date_fault="2024-03-01"
        )
        self.charges |= self._make_charge(
            self.travel, payer_id=second.id, user_id=False, date_fault="2024-04-01"
        )
        self.charges[1].date_fault = "2024-06-01"
        self.domain = [("id", "in", self.charges.ids), ("payer_id", "in", (first + second).ids)]
        self.assertEqual(
            self._names("payer_id", "date_fault:month"),
            [
                ("Aspen", "April 2024"),
                ("Aspen", "June 2024"),
                ("Zander", "March 2024"),
                ("Zander", "May 2024"),
            ],
        )

    def test_archived_payers_stand_in_order_too(self):
        self.payers[1].active = False
        self.assertEqual(self._names("payer_id")[0], ("Aspen",))

    def test_names_are_not_read_for_each_row(self):
        """A million charges are summed up without their payers beside each."""
        queries, execute_query = [], Environment.execute_query

        def remember(env, query):
            queries.append(query.code)
            return execute_query(env, query)

        with patch.object(Environment, "execute_query", remember):
            self._names("date_fault:month", "payer_id")
        (summed,) = [code for code in queries if "aftersales_charge" in code]
        self.assertNotIn("res_partner", summed)
