from datetime import date

from odoo.tests import tagged

from .common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestTwins(AftersalesStockCommon):
    """Units made together have the warranties they would have had one by one."""

    def _create(self, *vals_list):
        return self.env["aftersales.unit"].create(
            [
                {
                    "product_id": self.bulk_product.id,
                    "partner_id": self.lin.id,
                    "date_start": date(2026, 1, 10),
                    **vals,
                }
                for vals in vals_list
            ]
        )

    def _facts(self, unit):
        """Return all that is stored about the warranties of a unit, but the unit itself."""
        fnames = [
            fname
            for fname, field in self.env["aftersales.warranty"]._fields.items()
            if field.store and fname not in ("id", "unit_id")
        ]
        self.env.invalidate_all()
        return [[warranty[fname] for fname in fnames] for warranty in unit.warranty_ids.sorted()]

    def test_copies_equal_what_one_alone_gets(self):
        self.policy.term_ids[0].excluded_category_ids = self.category
        alone = self._create({})
        together = self._create({}, {}, {})
        self.assertEqual(len(alone.warranty_ids), 2)
        for unit in together:
            self.assertEqual(self._facts(unit), self._facts(alone))
            self.assertEqual(unit.warranty_end, date(2029, 1, 9))
            self.assertEqual(unit.warranty_status, alone.warranty_status)
        self.assertEqual(len(together.warranty_ids), 6)
        self.assertEqual(together.warranty_ids.filtered("excluded_category_ids").unit_id, together)

    def test_end_is_stored_and_searchable(self):
        together = self._create({}, {})
        self.env.flush_all()
        found = self.env["aftersales.unit"].search(
            [("id", "in", together.ids), ("warranty_end", "=", date(2029, 1, 9))]
        )
        self.assertEqual(len(found), 2)

    def test_units_that_differ_are_worked_out_each(self):
        units = self._create(
            {},
            {"date_start": date(2026, 2, 10)},
            {"policy_id": self.category_policy.id},
            {"date_start": date(2026, 2, 10)},
            {"policy_id": False},
        )
        self.assertEqual(
            units.mapped("warranty_end"),
            [date(2029, 1, 9), date(2029, 2, 9), date(2027, 1, 9), date(2029, 2, 9), False],
        )
        self.assertEqual([len(unit.warranty_ids) for unit in units], [2, 2, 1, 2, 0])

    def test_copy_follows_its_own_unit_afterwards(self):
        first, second = self._create({}, {})
        second._close("returned", date(2026, 3, 1))
        self.assertEqual(second.warranty_end, date(2026, 2, 28))
        self.assertEqual(first.warranty_end, date(2029, 1, 9))
