from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestOldPart(RepairCommon):
    """Old parts that are wanted back are asked for, taken in, and returned to the maker."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.compressor.aftersales_old_part = "maker"

    @classmethod
    def _old(cls, order):
        return order.move_ids.filtered("aftersales_old_part_of_id")

    def _start(self, order):
        order.action_validate()
        order.action_repair_start()
        return order

    def _say(self, order, fate="taken", **vals):
        self._old(order).write({"aftersales_old_part_fate": fate, **vals})

    def test_line_for_the_old_part(self):
        order = self._make_order(parts=[self._part(quantity=2), self._part(self.filter_part)])
        part = order.move_ids.filtered(
            lambda m: m.repair_line_type == "add" and m.product_id == self.compressor
        )
        self.assertRecordValues(
            self._old(order),
            [
                {
                    "repair_line_type": "remove",
                    "product_id": self.compressor.id,
                    "product_uom_qty": 2,
                    "aftersales_old_part_of_id": part.id,
                    "location_dest_id": order.parts_location_id.id,
                }
            ],
        )
        self.assertEqual(len(order.charge_ids), 2, "what comes out is not charged")

    def test_follows_the_new_part(self):
        order = self._make_order()
        part = order.move_ids - self._old(order)
        part.product_uom_qty = 3
        self.assertEqual(self._old(order).product_uom_qty, 3)
        part.product_id = self.filter_part
        self.assertFalse(self._old(order))
        part.product_id = self.compressor
        self.assertEqual(len(self._old(order)), 1)
        part.repair_line_type = "recycle"
        self.assertFalse(self._old(order))

    def test_part_added_in_work_and_taken_off(self):
        order = self._start(self._make_order(parts=[]))
        order.write({"move_ids": [self._part()]})
        self.assertNotEqual(self._old(order).state, "draft")
        (order.move_ids - self._old(order)).unlink()
        self.assertFalse(order.move_ids)

    def test_by_form(self):
        order = self._make_order(parts=[])
        mine = order.with_user(self.technician)
        with Form(mine) as form, form.move_ids.new() as line:
            line.product_id = self.compressor
        self._start(mine)
        with Form(mine) as form, form.old_part_ids.edit(0) as line:
            line.aftersales_old_part_fate = "taken"
            line.aftersales_old_part_note = "oil leak"
        mine.action_repair_end()
        self.assertEqual(order.state, "done")
        self.assertRecordValues(self._old(order), [{"state": "done", "quantity": 1}])

    def test_work_does_not_end_before_it_is_said(self):
        order = self._start(self._make_order())
        with self.assertRaisesRegex(UserError, "Where is the old .*Compressor"):
            order.action_repair_end()
        self._say(order, "customer")
        order.action_repair_end()
        self.assertEqual(order.state, "done")
        self.assertEqual(self._old(order).state, "cancel")
        self.assertEqual(self._old(order).aftersales_old_part_fate, "customer")

    def test_company_only_notes_it(self):
        self.company.aftersales_old_part_check = "note"
        order = self._start(self._make_order())
        order.action_repair_end()
        self.assertEqual(order.state, "done")
        self.assertEqual(self._old(order).state, "cancel")
        self.assertIn("Where is the old", "".join(order.message_ids.mapped("body")))

    def test_where_it_goes(self):
        shelf = self.env["stock.location"].create({"name": "Old Parts", "usage": "inventory"})
        self.company.aftersales_old_part_location_id = shelf
        order = self._start(self._make_order())
        self._say(order)
        order.action_repair_end()
        quants = self.env["stock.quant"].search([("location_id", "=", shelf.id)])
        self.assertEqual(
            [(quant.product_id, quant.quantity) for quant in quants], [(self.compressor, 1)]
        )

    def test_serial_of_the_old_part(self):
        board = self._create_product(
            name="Board", type="consu", is_storable=True, tracking="serial"
        )
        board.aftersales_old_part = "keep"
        lot = self.env["stock.lot"].create({"name": "N1", "product_id": board.id})
        self._put_in_stock(board, 1, lot=lot)
        self._make_unit("O1", product_id=board.id, parent_id=self.unit.id)
        order = self._start(self._make_order(parts=[self._part(board)]))
        self.assertEqual(self._old(order).aftersales_old_serial, "O1", "it is built in there")
        self._say(order, aftersales_old_serial=False)
        mine = order.with_user(self.technician)
        with self.assertRaisesRegex(UserError, "Which serial has the old"):
            mine.action_repair_end()
        self._say(order, aftersales_old_serial="O2 ")
        mine.action_repair_end()
        self.assertEqual(self._old(order).move_line_ids.lot_id.name, "O2")

    def _make_done(self, count=1):
        orders = self.env["repair.order"]
        for __ in range(count):
            order = self._start(self._make_order())
            self._say(order)
            order.action_repair_end()
            orders |= order
        return orders

    def test_return_to_the_maker(self):
        """One delivery for the maker who pays; the list empties when it is done."""
        orders = self._make_done(2)
        old = self._old(orders)
        action = old.with_user(self.storekeeper).action_return_old_parts()
        picking = self.env["stock.picking"].browse(action["res_id"])
        self.assertEqual(picking.partner_id, self.maker)
        self.assertEqual(picking.move_ids, old.aftersales_returned_by_id)
        self.assertEqual(picking.move_ids.mapped("product_uom_qty"), [1, 1])
        self.assertTrue(all(move.aftersales_returned_by_id for move in old))
        with self.assertRaisesRegex(UserError, "already"):
            old.action_return_old_parts()
        charges = orders.charge_ids.filtered("move_id")
        self.assertNotIn("old_part", set.union(*charges._get_evidence().values()))
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(set(old.aftersales_returned_by_id.mapped("state")), {"done"})
        for charge, evidence in charges._get_evidence().items():
            self.assertIn("old_part", evidence, charge.repair_id.name)

    def test_cancelled_return_is_made_again(self):
        old = self._old(self._make_done())
        old.action_return_old_parts()
        old.aftersales_returned_by_id.picking_id.action_cancel()
        old.action_return_old_parts()
        self.assertNotEqual(old.aftersales_returned_by_id.state, "cancel")

    def test_maker_unknown(self):
        order = self._start(self._make_order(unit_id=False, partner_id=self.customer.id))
        self._say(order)
        order.action_repair_end()
        if not order.charge_ids.bearer_partner_id:
            with self.assertRaisesRegex(UserError, "Who made"):
                self._old(order).action_return_old_parts()

    def test_what_was_not_taken_in_is_not_returned(self):
        order = self._make_order()
        with self.assertRaisesRegex(UserError, "was not taken in"):
            self._old(order).action_return_old_parts()

    def test_list_filters(self):
        self._make_done()
        waiting = self._start(self._make_order())
        action = self.env.ref("aftersales_repair.stock_move_action_old_part")
        moves = (
            self.env["stock.move"]
            .with_user(self.technician)
            .search(
                [
                    ("aftersales_old_part_of_id", "!=", False),
                    ("aftersales_old_part_fate", "=", False),
                ]
            )
        )
        self.assertEqual(moves, self._old(waiting))
        self.assertEqual(action.res_model, "stock.move")

    def test_no_question_costs_nothing(self):
        """Parts that nobody wants back make no lines and no queries."""
        self.compressor.aftersales_old_part = False
        order = self._make_order()
        order.move_ids.product_id.fetch(["aftersales_old_part"])
        with self.assertQueryCount(0):
            order.move_ids._asks_for_old_part()
            self.assertFalse(order._describe_old_parts())
        self.assertFalse(self._old(order))
