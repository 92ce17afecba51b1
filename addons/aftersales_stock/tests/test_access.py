from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestAccess(AftersalesStockCommon):
    """Who sees what of a delivery's installed products."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman = cls._new_user("salesman", "sales_team.group_sale_salesman")
        cls.store_technician = cls._new_user(
            "store_technician",
            "aftersales_base.group_aftersales_technician,stock.group_stock_user",
        )

    def setUp(self):
        super().setUp()
        self._stock(self.serial_product, lot="SN1")
        self.picking = self._deliver(self.serial_product, client_order_ref="PO-4711")
        self.order = self.picking.sale_id
        self.unit = self._units(self.serial_product)

    def test_storekeeper_needs_no_aftersales_right(self):
        self.assertEqual(self.unit.create_uid, self.storekeeper)
        with self.assertRaises(AccessError):
            self.unit.with_user(self.storekeeper).read(["name"])

    def test_form_opens_for_each_role(self):
        for user in (self.technician, self.store_technician, self.salesman):
            with self.subTest(user.login):
                view = Form(self.unit.with_user(user))
                self.assertEqual(view.serial, "SN1")

    def test_technician_reads_names_not_documents(self):
        unit = self.unit.with_user(self.technician)
        self.assertEqual(unit.sale_order_name, self.order.name)
        self.assertEqual(unit.picking_name, self.picking.name)
        with self.assertRaises(AccessError):
            unit.sale_order_id.read(["amount_total"])

    def test_salesman_opens_unit_of_a_colleagues_order(self):
        self.order.user_id = self.env.ref("base.user_admin")
        unit = self.unit.with_user(self.salesman)
        self.env.invalidate_all()
        [values] = unit.web_read({"sale_order_id": {"fields": {"display_name": {}}}})
        self.assertEqual(values["sale_order_id"]["display_name"], self.order.name)

    def test_documents_find_the_unit(self):
        Unit = self.env["aftersales.unit"].with_user(self.technician)
        for term in (self.order.name, "PO-4711", self.picking.name, "SN1"):
            with self.subTest(term):
                self.assertIn(self.unit.id, [found["id"] for found in Unit.find(term)])
        self.assertEqual(Unit.find("PO-4712"), [])

    def test_counters(self):
        user = self.store_technician
        user.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        order = self.order.with_user(user)
        picking = self.picking.with_user(user)
        self.assertEqual((order.aftersales_unit_count, picking.aftersales_unit_count), (1, 1))
        for document in (order, picking):
            action = document.action_view_aftersales_units()
            self.assertEqual(
                self.env["aftersales.unit"].with_user(user).search(action["domain"]), self.unit
            )

    def test_counters_are_for_aftersales_people(self):
        with self.assertRaises(AccessError):
            self.picking.with_user(self.storekeeper).read(["aftersales_unit_count"])
        self.assertNotIn(
            "aftersales_unit_count",
            self.env["stock.picking"]
            .with_user(self.storekeeper)
            .get_view(view_type="form")["arch"],
        )

    def test_counters_of_none_one_and_many(self):
        for name in ("A", "B"):
            self._stock(self.serial_product, lot=name)
        two = self._deliver(self.serial_product, 2)
        self._stock(self.plain_product)
        none = self._deliver(self.plain_product)
        pickings = none + self.picking + two
        self.assertEqual(pickings.mapped("aftersales_unit_count"), [0, 1, 2])
        self.assertEqual(pickings.sale_id.mapped("aftersales_unit_count"), [0, 1, 2])
        self.assertEqual(self.env["stock.picking"].new({}).aftersales_unit_count, 0)

    def test_nobody_writes_deliveries_by_hand(self):
        manager = self._new_user("manager", "aftersales_base.group_aftersales_manager")
        unit = self.unit.with_user(manager)
        for field in ("move_id", "sale_line_id", "return_move_id", "sale_order_id"):
            with self.subTest(field), self.assertRaises(UserError):
                unit.write({field: False})
        made = unit.create(
            {
                "product_id": self.bulk_product.id,
                "partner_id": self.lin.id,
                "move_id": self.picking.move_ids.id,
            }
        )
        self.assertFalse(made.sudo().move_id)

    def test_copy_is_another_thing(self):
        copy = self.unit.copy()
        self.assertFalse(copy.move_id or copy.sale_line_id or copy.return_move_id or copy.lot_id)
