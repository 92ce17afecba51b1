from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRepairSaleOrder(RepairCommon):
    """Odoo's own way to bill a repair stays; what it bills, no settlement bills."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Out of warranty: the customer pays everything.
        cls.order = cls._make_order(
            partner_id=cls.customer.id, parts=[cls._part()], charges=[cls.labour]
        )

    def test_parts_are_billed_elsewhere(self):
        self.order.action_create_sale_order()
        self._do(self.order)
        part, labour = self._part_charge(self.order), self._part_charge(self.order, self.labour)
        self.assertTrue(part.billed_elsewhere)
        self.assertEqual(part.settlement_status, "elsewhere")
        self.assertFalse(labour.billed_elsewhere)
        self.assertEqual(self.order.sale_order_id.order_line.price_unit, 800)
        with self.assertRaisesRegex(UserError, "sales order"):
            part.action_settle()

    def test_the_rest_is_settled(self):
        self.order.action_create_sale_order()
        self._do(self.order)
        self.order.action_settle()
        line = self.order.charge_ids.settlement_line_ids
        self.assertEqual(line.charge_id.product_id, self.labour)

    def test_settled_parts_get_no_quotation(self):
        self._do(self.order)
        self.order.action_settle()
        settlement = self.order.charge_ids.settlement_line_ids.settlement_id
        with self.assertRaisesRegex(UserError, settlement.name):
            self.order.action_create_sale_order()
        self.assertFalse(self.order.sale_order_id)

    def test_cancelled_quotation_frees_the_parts(self):
        self.order.action_create_sale_order()
        self._do(self.order)
        sale = self.order.sale_order_id
        sale._action_cancel()
        self.assertFalse(any(self.order.charge_ids.mapped("billed_elsewhere")))
        self.order.action_settle()
        settlement = self.order.charge_ids.settlement_line_ids.settlement_id
        self.assertEqual(settlement.amount_untaxed, 950)
        with self.assertRaisesRegex(UserError, settlement.name):
            sale.action_draft()
        self.assertEqual(sale.state, "cancel")

    def test_cancelled_quotation_comes_back_unsettled(self):
        self.order.action_create_sale_order()
        sale = self.order.sale_order_id
        sale._action_cancel()
        sale.action_draft()
        self.assertEqual(sale.state, "draft")

    def test_part_added_to_an_order_with_a_quotation(self):
        self.order.action_create_sale_order()
        self.order.write({"move_ids": [self._part(self.filter_part)]})
        self.assertTrue(self._part_charge(self.order, self.filter_part).billed_elsewhere)

    def _sell_repair(self):
        service = self._create_product(
            name="Repair Service", type="service", lst_price=99.0, service_tracking="repair"
        )
        sale = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": service.id})],
            }
        )
        sale.action_confirm()
        return sale.repair_order_ids

    def test_sold_repair(self):
        order = self._sell_repair()
        self.assertEqual(order.state, "confirmed")
        order.write({"unit_id": self.unit.id, "move_ids": [self._part()]})
        charge = order.charge_ids
        self.assertTrue(charge.billed_elsewhere)
        order.action_repair_start()
        order.move_ids.quantity = 1
        order.action_repair_end()
        self.assertEqual(order.sale_order_line_id.qty_delivered, 1)
        self.assertEqual(charge.settlement_status, "elsewhere")
        self.assertEqual(order.progress, "done")

    def test_technician_does_a_sold_repair(self):
        order = self._sell_repair()
        order.write({"unit_id": self.unit.id, "technician_id": self.technician.id})
        mine = order.with_user(self.technician)
        mine.write({"move_ids": [self._part()]})
        self.assertEqual(order.move_ids.sale_line_id.order_id, order.sale_order_id)
        self._call(self.technician, order, "action_repair_start")
        mine.move_ids.product_uom_qty = 2
        self.assertEqual(order.move_ids.sale_line_id.product_uom_qty, 2)
        mine.move_ids.quantity = 2
        self._call(self.technician, order, "action_repair_end")
        self.assertEqual(order.state, "done")
        self.assertEqual(order.sale_order_line_id.qty_delivered, 1)

    def test_technician_takes_a_part_off_a_sold_repair(self):
        order = self._sell_repair()
        order.write({"technician_id": self.technician.id, "move_ids": [self._part()]})
        line = order.move_ids.sale_line_id
        order.move_ids.with_user(self.technician).unlink()
        self.assertEqual(line.product_uom_qty, 0)

    def test_cancelled_with_its_sales_order(self):
        order = self._sell_repair()
        order.write({"move_ids": [self._part()]})
        order.sale_order_id._action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.charge_ids.state, "cancelled")
