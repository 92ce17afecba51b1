import re
from contextlib import contextmanager

from odoo.fields import Command
from odoo.tests import tagged

from .common import RepairCommon

# An order reads its unit, whether a promise was voided and the promises, and makes a charge.
OWN_QUERIES = 4
OURS = re.compile(r'(?:FROM|INTO|UPDATE|JOIN)\s+"?aftersales_')


@tagged("post_install", "-at_install")
class TestOrderCost(RepairCommon):
    """What a work order costs beyond Odoo's own: counted, since time is not to be relied upon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = cls._new_user(
            "worker", "stock.group_stock_user,aftersales_base.group_aftersales_technician"
        )

    # === HELPERS === #

    def _work(self, units):
        """Take in, repair with one part and end the work on each unit; return what was asked."""
        self.env.flush_all()
        self.env.invalidate_all()
        with contextmanager(self._patchExecute)([]) as queries:
            for unit in units:
                order = self.env["repair.order"].with_user(self.worker)
                order = order.create(
                    {
                        "unit_id": unit.id,
                        "partner_id": self.customer.id,
                        "move_ids": [self._part()],
                    }
                )
                order.action_validate()
                order.action_repair_start()
                order.move_ids.write({"quantity": 1, "picked": True})
                order.action_repair_end()
            self.env.flush_all()
        self.assertEqual(order.state, "done")
        self.assertEqual(order.sudo().charge_ids.state, "confirmed")
        return queries

    def _units(self, count):
        units = self.env["aftersales.unit"]
        for __ in range(count):
            unit = self._make_unit(f"COST{len(self.env['aftersales.unit'].search([]))}")
            self._put_in_stock(self.ac, 1, lot=unit.lot_id)
            units |= unit
        return units

    # === TESTS === #

    def test_an_order_asks_few_queries_of_ours(self):
        self._work(self._units(1))
        one, six = (self._work(self._units(count)) for count in (1, 6))
        own = [[query for query in found if OURS.search(query)] for found in (one, six)]
        self.assertLessEqual(len(own[1]) - len(own[0]), 5 * OWN_QUERIES, own[1])

    def test_movements_are_looked_at_once(self):
        """A relation that follows a field makes Odoo look for what depends on it at each write,
        before and after; parts are written fifty times an order.
        """
        for model, fnames in {
            "stock.move": ["state", "quantity", "product_uom_qty", "date"],
            "repair.order": ["state", "date_ended", "date_first_response", "date_done"],
            "aftersales.charge": ["quantity", "amount", "customer_amount", "covered_amount"],
        }.items():
            for fname in fnames:
                with self.subTest(model=model, field=fname):
                    field = self.env[model]._fields[fname]
                    self.assertFalse(self.registry.is_modifying_relations(field))

    def test_what_is_noted_with_a_state_is_written_with_it(self):
        written = []
        unit = self._units(1)
        order = self._make_order(unit_id=unit.id, partner_id=self.customer.id)
        write = type(order).write

        def note(records, vals):
            written.append(set(vals))
            return write(records, vals)

        self.patch(type(order), "write", note)
        self._do(order)
        self.assertEqual(order.date_done, order.company_id._get_aftersales_day(order.date_ended))
        self.assertTrue(order.date_first_response)
        noted = {"state", "date_ended", "date_first_response", "date_done", "move_id"}
        own = [fnames for fnames in written if fnames & noted]
        # Confirmed, started, ended; and Odoo's movement of the goods.
        self.assertEqual(len(own), 4, own)

    def test_standing_data_set_up_later_counts_at_once(self):
        """Whether a company uses checklists and limits is remembered, and forgotten in time."""
        lists = self.env["aftersales.checklist"]
        lists.search([]).action_archive()
        self.assertFalse(lists._is_used())
        order = self._make_order()
        order.action_validate()
        self.env["aftersales.checklist"].create(
            {"name": "Before Hand-Over", "item_ids": [Command.create({"name": "Is it clean?"})]}
        )
        order.action_repair_start()
        self.assertEqual(order.check_ids.mapped("name"), ["Is it clean?"])
