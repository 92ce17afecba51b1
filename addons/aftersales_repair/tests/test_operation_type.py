from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestOperationType(RepairCommon):
    """Work at the customer's has its own operation in every warehouse."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.onsite = cls.env.ref("aftersales_base.aftersales_service_type_onsite")
        cls.customers = cls.env.ref("stock.stock_location_customers")

    def test_warehouse_has_it(self):
        operation = self.warehouse.aftersales_onsite_type_id
        self.assertRecordValues(
            operation,
            [
                {
                    "code": "repair_operation",
                    "sequence_code": "OS",
                    "company_id": self.company.id,
                    "default_location_src_id": self.stock_location.id,
                    "default_product_location_src_id": self.customers.id,
                    "default_product_location_dest_id": self.customers.id,
                }
            ],
        )
        self.assertNotEqual(operation, self.warehouse.repair_type_id)

    def test_new_warehouse(self):
        warehouse = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.company.id}
        )
        operation = warehouse.aftersales_onsite_type_id
        self.assertEqual(operation.sequence_id.prefix, "SEC/OS/")
        self.assertEqual(operation.default_location_src_id, warehouse.lot_stock_id)
        # The first warehouse keeps the on-site orders.
        self.assertEqual(
            self.onsite.with_company(self.company).picking_type_id,
            self.warehouse.aftersales_onsite_type_id,
        )

    def test_new_company(self):
        company = self.env["res.company"].create({"name": "Third Company"})
        self.env.user.company_ids += company
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        self.assertTrue(warehouse.aftersales_onsite_type_id)
        self.assertEqual(
            self.onsite.with_company(company).picking_type_id, warehouse.aftersales_onsite_type_id
        )

    def test_archived_with_its_warehouse(self):
        warehouse = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.company.id}
        )
        warehouse.action_archive()
        self.assertFalse(warehouse.aftersales_onsite_type_id.active)

    def test_missing_ones_are_made_once(self):
        types = self.env["stock.picking.type"].search_count([])
        self.env["stock.warehouse"]._create_missing_onsite_types()
        self.assertEqual(self.env["stock.picking.type"].search_count([]), types)

    def test_order_on_site(self):
        order = self._make_order(service_type_id=self.onsite.id)
        self.assertRecordValues(
            order,
            [
                {
                    "picking_type_id": self.warehouse.aftersales_onsite_type_id.id,
                    "product_location_src_id": self.customers.id,
                    "product_location_dest_id": self.customers.id,
                    "location_id": self.stock_location.id,
                }
            ],
        )
        self.assertIn("/OS/", order.name)
        self.assertEqual(order.move_ids.location_id, self.stock_location)

    def test_unit_need_not_be_in_stock(self):
        unit = self._make_unit("RP-AWAY")
        order = self._make_order(unit_id=unit.id, service_type_id=self.onsite.id)
        self.assertIs(order.action_validate(), True)
        self.assertEqual(order.state, "confirmed")

    def test_unit_in_the_workshop_must_be_in_stock(self):
        unit = self._make_unit("RP-AWAY")
        order = self._make_order(unit_id=unit.id)
        action = order.action_validate()
        self.assertEqual(action["res_model"], "stock.warn.insufficient.qty.repair")
        self.assertEqual(order.state, "draft")

    def test_from_the_request(self):
        self.request.service_type_id = self.onsite
        order = self._make_order()
        self.assertEqual(order.picking_type_id, self.warehouse.aftersales_onsite_type_id)
        self.assertIn("/OS/", order.name)

    def test_service_type_changed_by_hand(self):
        order = self._make_order()
        self.assertIn("/RO/", order.name)
        order.action_validate()
        order.service_type_id = self.onsite
        self.assertEqual(order.picking_type_id, self.warehouse.aftersales_onsite_type_id)
        self.assertIn("/OS/", order.name)
        self.assertEqual(order.product_location_src_id, self.customers)

    def test_back_to_the_workshop(self):
        order = self._make_order(service_type_id=self.onsite.id)
        order.service_type_id = self.type_half
        self.assertEqual(order.picking_type_id, self.warehouse.repair_type_id)

    def test_operation_chosen_by_hand_is_kept(self):
        warehouse = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.company.id}
        )
        order = self._make_order(picking_type_id=warehouse.repair_type_id.id)
        order.service_type_id = self.type_half
        self.assertEqual(order.picking_type_id, warehouse.repair_type_id)

    def test_operation_of_another_service_type(self):
        self.type_half.picking_type_id = self.warehouse.aftersales_onsite_type_id
        order = self._make_order(service_type_id=self.type_half.id)
        self.assertEqual(order.picking_type_id, self.warehouse.aftersales_onsite_type_id)

    def test_each_company_its_own(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.other_company.id)], limit=1
        )
        order = self.env["repair.order"].create(
            {
                "company_id": self.other_company.id,
                "partner_id": self.customer.id,
                "service_type_id": self.onsite.id,
            }
        )
        self.assertEqual(order.picking_type_id, warehouse.aftersales_onsite_type_id)
