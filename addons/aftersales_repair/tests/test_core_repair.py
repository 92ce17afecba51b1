from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestCoreRepair(RepairCommon):
    """Who only keeps a store repairs as before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(user=cls.storekeeper)
        cls._put_in_stock(cls.filter_part, 1000)

    def _do_by_form(self, **vals):
        with Form(self.env["repair.order"]) as form:
            form.product_id = self.filter_part
            for name, value in vals.items():
                form[name] = value
            with form.move_ids.new() as line:
                line.product_id = self.compressor
                line.product_uom_qty = 1
        return self._do(form.record)

    def test_without_customer(self):
        order = self._do_by_form()
        self.assertEqual(order.state, "done")
        self.assertEqual(order.move_ids.state, "done")
        self.assertFalse(order.sudo().charge_ids)

    def test_with_customer(self):
        order = self._do_by_form(partner_id=self.customer)
        self.assertRecordValues(
            order.sudo().charge_ids,
            [{"state": "confirmed", "amount": 800, "customer_amount": 800, "bearer": "customer"}],
        )

    def test_order_with_request_he_cannot_read(self):
        orders = self.env["repair.order"].with_user(self.agent)
        order = orders.create({"request_id": self.request.id}).with_user(self.storekeeper)
        order.write({"move_ids": [self._part()]})
        self._do(order)
        self.assertEqual(order.sudo().charge_ids.state, "confirmed")
        self.assertEqual(self.request.sudo().state, "in_progress")

    def test_form_of_an_order_with_charges(self):
        order = self._make_order(partner_id=self.customer.id)
        with Form(order.with_user(self.storekeeper)) as form:
            form.internal_notes = "Checked"
        self.assertIn("Checked", order.internal_notes)

    def test_screens_open(self):
        order = self._make_order(partner_id=self.customer.id, technician_id=self.technician.id)
        for view_type in ("form", "list", "kanban", "pivot", "graph"):
            with self.subTest(view=view_type):
                self._open_view(order.with_user(self.storekeeper), view_type)

    def test_cancel_and_back(self):
        order = self._make_order(partner_id=self.customer.id)
        order.action_repair_cancel()
        self.assertEqual(order.sudo().charge_ids.state, "cancelled")
        order.action_repair_cancel_draft()
        self.assertEqual(order.sudo().charge_ids.state, "draft")

    def test_quotation(self):
        self.storekeeper.sudo().group_ids += self.env.ref("sales_team.group_sale_salesman")
        order = self._do_by_form(partner_id=self.customer)
        order.action_create_sale_order()
        self.assertEqual(order.sale_order_id.order_line.product_id, self.compressor)
