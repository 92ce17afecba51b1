from ast import literal_eval
from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestPartsWaiting(RepairCommon):
    """Work that waits for parts is shown, listed and timed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rare = cls._create_product(name="Rare Valve", type="consu", is_storable=True)
        cls.reason = cls.env.ref("aftersales_base.pause_reason_parts")

    def _make(self, quantity=2, **vals):
        parts = [self._part(self.rare, quantity), self._part()]
        order = self._make_order(parts=parts, **vals)
        order.action_validate()
        return order

    def _deliver(self, order, quantity=2):
        self._put_in_stock(self.rare, quantity)
        order.action_assign()

    def test_missing_parts_are_named(self):
        order = self._make()
        self.assertTrue(order.parts_waiting)
        self.assertEqual(order.missing_parts, "Rare Valve (2)")
        self._deliver(order, 1)
        self.assertEqual(order.missing_parts, "Rare Valve (1)")
        self._deliver(order)
        self.assertFalse(order.parts_waiting)

    def test_filter(self):
        order, served = self._make(), self._make_order()
        served.action_validate()
        draft = self._make_order(parts=[self._part(self.rare)])
        ours = order | served | draft
        found = ours.search([("id", "in", ours.ids), ("parts_waiting", "=", True)])
        self.assertEqual(found, order)
        found = ours.search([("id", "in", ours.ids), ("parts_waiting", "=", False)])
        self.assertEqual(found, served | draft)

    def test_list_of_missing_parts(self):
        order = self._make()
        action = self.env.ref("aftersales_repair.stock_move_action_missing")
        domain = [*literal_eval(action.domain), ("repair_id", "=", order.id)]
        move = self.env["stock.move"].with_user(self.technician).search(domain)
        self.assertEqual((move.product_id, move.aftersales_missing_qty), (self.rare, 2))

    def test_missing_parts_are_summed_up(self):
        orders = self._make(quantity=2) | self._make(quantity=3)
        self._deliver(orders[0], 1)
        moves = orders.move_ids.with_user(self.technician)
        self.assertEqual(
            moves.fields_get(["aftersales_missing_qty"], ["aggregator"]),
            {"aftersales_missing_qty": {"aggregator": "sum"}},
        )
        sums = moves.formatted_read_group(
            [("id", "in", moves.ids), ("product_id", "=", self.rare.id)],
            ["product_id"],
            ["aftersales_missing_qty:sum"],
        )
        self.assertEqual([row["aftersales_missing_qty:sum"] for row in sums], [4])

    def test_waits_by_hand(self):
        order = self._make()
        mine = order.with_user(self.technician)
        with freeze_time("2025-06-02 08:00:00"):
            mine.action_wait_for_parts()
        self.assertEqual(order.pause_reason_id, self.reason)
        self.assertTrue(order.sla_paused)
        with self.assertRaisesRegex(UserError, "waits already"):
            mine.action_wait_for_parts()
        with freeze_time("2025-06-02 11:30:00"):
            mine.action_resume()
        self.assertEqual(order.parts_wait_hours, 3.5)

    def test_reason_taken_away(self):
        self.reason.active = False
        with self.assertRaisesRegex(UserError, "no reason to wait for parts"):
            self._make().action_wait_for_parts()

    def test_waits_by_itself(self):
        """Two times of waiting, 2 h and 1 h, one clock."""
        self.company.aftersales_parts_wait = True
        with freeze_time("2025-06-02 08:00:00"):
            order = self._make()
        self.assertEqual(order.pause_reason_id, self.reason)
        with freeze_time("2025-06-02 10:00:00"):
            self._deliver(order)
        self.assertFalse(order.pause_reason_id)
        with freeze_time("2025-06-02 12:00:00"):
            order.action_repair_start()
            self.assertFalse(order.pause_reason_id)
            order.write({"move_ids": [self._part(self.rare, 5)]})
            order.action_assign()
        self.assertEqual(order.pause_reason_id, self.reason)
        with freeze_time("2025-06-02 13:00:00"):
            self._deliver(order, 7)
        self.assertEqual(order.parts_wait_hours, 3)
        self.assertEqual(
            order.sla_pause_ids.mapped("date_from"),
            [datetime(2025, 6, 2, 8), datetime(2025, 6, 2, 12)],
        )

    def test_work_may_start_without_them(self):
        self.company.aftersales_parts_wait = True
        order = self._make()
        order.action_repair_start()
        self.assertEqual(order.pause_reason_id, self.reason, "it goes on waiting")
        order.move_ids.quantity = 1
        order.action_repair_end()
        self.assertFalse(order.pause_reason_id)
        self.assertFalse(order.parts_waiting)

    def test_what_waits_for_the_customer_goes_on_doing_so(self):
        self.company.aftersales_parts_wait = True
        order = self._make_order(parts=[self._part(self.rare)])
        customer = self.env.ref("aftersales_base.pause_reason_customer")
        order.action_wait(customer)
        order.action_validate()
        self._deliver(order)
        self.assertEqual(order.pause_reason_id, customer)

    def test_not_unless_the_company_wants_it(self):
        order = self._make()
        self.assertFalse(order.pause_reason_id)
        order.move_ids.repair_id.company_id.fetch(["aftersales_parts_wait"])
        with self.assertQueryCount(0):
            order._follow_parts()

    def test_storekeeper_brings_them(self):
        self.company.aftersales_parts_wait = True
        order = self._make()
        self._put_in_stock(self.rare, 2)
        order.move_ids.with_user(self.storekeeper)._action_assign()
        self.assertFalse(order.pause_reason_id)

    def test_constant_queries(self):
        def count(orders):
            orders.invalidate_recordset()
            before = self.env.cr.sql_log_count
            orders.mapped("missing_parts")
            return self.env.cr.sql_log_count - before

        orders = self._make()
        count(orders)
        one = count(orders)
        for number in range(3):
            orders |= self._make(unit_id=self._make_unit(f"W{number}").id, request_id=False)
        count(orders)
        self.assertEqual(count(orders), one)
