from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestDelivery(AftersalesStockCommon):
    """What a delivery registers, and what it does not."""

    @freeze_time("2026-03-10 09:00:00")
    def test_serial_delivered_with_warranties_of_policy(self):
        lot = self._stock(self.serial_product, lot="SN1")
        picking = self._deliver(self.serial_product)
        unit = self._units(self.serial_product)
        self.assertRecordValues(
            unit,
            [
                {
                    "partner_id": self.lin.id,
                    "place_id": False,
                    "lot_id": lot.id,
                    "serial": "SN1",
                    "quantity": 1,
                    "date_start": date(2026, 3, 10),
                    "policy_id": self.policy.id,
                    "warranty_end": date(2029, 3, 9),
                    "company_id": self.company.id,
                    "move_id": picking.move_ids.id,
                    "picking_id": picking.id,
                    "sale_order_id": picking.sale_id.id,
                    "product_category_id": self.serial_product.categ_id.id,
                    "product_tracking": "serial",
                }
            ],
        )
        self.assertRecordValues(
            unit.warranty_ids.sorted("kind"),
            [
                {"kind": "labour", "date_end": date(2027, 3, 9), "company_id": self.company.id},
                {"kind": "part", "date_end": date(2029, 3, 9), "company_id": self.company.id},
            ],
        )

    def test_ends_shown_are_those_of_the_warranties(self):
        """What a delivery knows beforehand is what its warranties come to."""
        lifetime = Command.create({"kind": "part", "duration_unit": "lifetime"})
        year = Command.create({"kind": "labour", "duration": 1, "duration_unit": "year"})
        for vals in (
            {"term_ids": [lifetime, year]},
            {"term_ids": [lifetime]},
            {"term_ids": [year]},
            {"term_ids": []},
            {"start_basis": "installation", "term_ids": [lifetime, year]},
            {"start_basis": "invoice", "start_limit_days": 90, "term_ids": [year]},
            {"start_basis": "fixed", "start_date": "2030-01-01", "term_ids": [year]},
        ):
            with self.subTest(vals=vals):
                self.serial_product.aftersales_policy_id = self.policy.create(
                    {"name": "Tried", **vals}
                )
                for number in range(2):
                    self._stock(self.serial_product, lot=f"E{number}-{self.cr.sql_log_count}")
                delivery = self._deliver(self.serial_product, 2)
                for unit in self._units(self.serial_product, move_id=delivery.move_ids.id):
                    shown = (unit.warranty_end, unit.has_lifetime_warranty)
                    self.env.add_to_compute(unit._fields["warranty_end"], unit)
                    self.env.add_to_compute(unit._fields["has_lifetime_warranty"], unit)
                    self.assertEqual((unit.warranty_end, unit.has_lifetime_warranty), shown)

    def test_what_one_delivery_registers(self):
        """One unit per serial, one per lot and move, one per move without tracking."""
        lots = ("A", "B")
        table = [
            ("two serials", self.serial_product, [("A", 1), ("B", 1)]),
            ("policy of the category", self.category_product, [("A", 1), ("B", 1)]),
            ("two lots", self.lot_product, [("A", 3), ("B", 2)]),
            ("no tracking", self.bulk_product, [(False, 5)]),
            ("no policy", self.plain_product, []),
        ]
        for what, product, expected in table:
            with self.subTest(what):
                tracked = product.tracking != "none"
                if tracked:
                    each = {"serial": (1, 1), "lot": (3, 2)}[product.tracking]
                    for name, quantity in zip(lots, each, strict=True):
                        self._stock(product, quantity, lot=name)
                else:
                    each = (5,)
                    self._stock(product, 5)
                self._deliver(product, sum(each))
                units = self._units(product)
                self.assertEqual([(unit.serial, unit.quantity) for unit in units], expected)
                self.assertEqual(
                    [len(unit.warranty_ids) for unit in units],
                    [len(unit.policy_id.term_ids) for unit in units],
                )

    def test_quantity_in_unit_of_product(self):
        self._stock(self.bulk_product, 24)
        order = self._sell(self.bulk_product, 24)
        order.picking_ids.move_ids.unlink()
        order = self.env["sale.order"].create(
            {
                "partner_id": self.lin.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.bulk_product.id,
                            "product_uom_qty": 2,
                            "product_uom_id": self.env.ref("uom.product_uom_dozen").id,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        self._validate(order.picking_ids)
        self.assertUnits(self.bulk_product, [(self.lin, False, 24, "active")])

    def test_three_steps_count_on_the_last(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self._stock(self.serial_product, lot="SN1")
        order = self._sell(self.serial_product)
        for last in (False, False, True):
            self.assertFalse(self._units(self.serial_product))
            todo = order.picking_ids.filtered(lambda picking: picking.state not in ("done",))
            self._validate(todo)
            self.assertEqual(bool(self._units(self.serial_product)), last)
        self.assertEqual(self._units(self.serial_product).sale_order_id, order)

    def test_partial_delivery_and_backorder(self):
        for name in ("A", "B", "C"):
            self._stock(self.serial_product, lot=name)
        order = self._sell(self.serial_product, 3)
        first = order.picking_ids
        self._validate(first, 1)
        self.assertEqual(len(self._units(self.serial_product)), 1)
        self._validate(order.picking_ids - first)
        self.assertEqual(sorted(self._units(self.serial_product).mapped("serial")), ["A", "B", "C"])
        self.assertEqual(order.aftersales_unit_count, 3)

    def test_cancelled_delivery_registers_nothing(self):
        self._stock(self.serial_product, lot="SN1")
        order = self._sell(self.serial_product)
        order.picking_ids.action_cancel()
        self.assertUnits(self.serial_product, [])

    def test_no_customer_no_unit(self):
        """A transfer that names nobody, or ourselves, hands nothing over."""
        self._stock(self.bulk_product, 2)
        for partner in (self.env["res.partner"], self.company.partner_id):
            with self.subTest(partner.name):
                picking = self.env["stock.picking"].create(
                    {
                        "picking_type_id": self.warehouse.out_type_id.id,
                        "partner_id": partner.id,
                        "move_ids": [
                            Command.create(
                                {
                                    "product_id": self.bulk_product.id,
                                    "product_uom_qty": 1,
                                    "location_id": self.warehouse.lot_stock_id.id,
                                    "location_dest_id": self.customers.id,
                                }
                            )
                        ],
                    }
                )
                picking.action_confirm()
                self._validate(picking)
                self.assertUnits(self.bulk_product, [])

    def test_owner_and_place(self):
        """The order's customer owns it; the address is its place when it is one of his."""
        table = [
            ("his branch", self.hotel, self.hotel_annex, self.hotel, self.hotel_annex),
            ("himself", self.hotel, self.hotel, self.hotel, self.env["res.partner"]),
            ("at a stranger's", self.hotel, self.wang, self.hotel, self.env["res.partner"]),
        ]
        for number, (what, customer, address, owner, place) in enumerate(table):
            with self.subTest(what):
                self._stock(self.serial_product, lot=f"P{number}")
                self._deliver(self.serial_product, 1, customer, partner_shipping_id=address.id)
                unit = self._units(self.serial_product, serial=f"P{number}")
                self.assertEqual((unit.partner_id, unit.place_id), (owner, place))

    def test_without_order_the_address_owns_it(self):
        self._stock(self.bulk_product)
        self._move(self.bulk_product, self.warehouse.lot_stock_id, self.customers)
        self.assertUnits(self.bulk_product, [(self.lin, False, 1, "active")])

    def test_dropship_counts(self):
        self._move(self.bulk_product, self.suppliers, self.customers, 2)
        self.assertUnits(self.bulk_product, [(self.lin, False, 2, "active")])

    def test_moves_that_are_no_delivery(self):
        internal = self.warehouse.lot_stock_id
        transit = self.env.ref("stock.stock_location_inter_company")
        transit.active = True
        other_customer = self.customers.copy({"name": "Van of a Customer"})
        inventory = self.bulk_product.property_stock_inventory
        self._stock(self.bulk_product, 5)
        for source, dest in (
            (internal, transit),
            (internal, inventory),
            (self.customers, other_customer),
            (inventory, self.customers),
        ):
            with self.subTest(source=source.name, dest=dest.name):
                self._move(self.bulk_product, source, dest)
                self.assertUnits(self.bulk_product, [])

    def test_goods_of_others(self):
        """The customer's own goods and goods we only store change nothing; consigned goods
        that we sell do.
        """
        table = [
            ("his own", self.lin, True, 0),
            ("a third party's, no order", self.wang, False, 0),
            ("consigned and sold", self.wang, True, 1),
        ]
        for number, (what, owner, ordered, count) in enumerate(table):
            with self.subTest(what):
                product = self._new_product(f"Consigned {number}", "none")
                self._stock(product, owner=owner)
                order = self._sell(product) if ordered else self.env["sale.order"]
                if ordered:
                    order.picking_ids.owner_id = owner
                    order.picking_ids.action_assign()
                    order.picking_ids.move_ids.quantity = 1
                    order.picking_ids.move_ids.move_line_ids.owner_id = owner
                    self._validate(order.picking_ids)
                else:
                    self._move(
                        product,
                        self.warehouse.lot_stock_id,
                        self.customers,
                        restrict_partner_id=owner.id,
                    )
                self.assertEqual(len(self._units(product)), count)

    def test_day_is_the_companys(self):
        """Half past eight in the evening UTC is the next day in Shanghai, whoever validates."""
        self.company.sudo().partner_id.tz = "Asia/Shanghai"
        self._stock(self.bulk_product, quantity=10)
        for zone in ("America/New_York", "Asia/Shanghai", False):
            self.storekeeper.tz = zone
            with freeze_time("2026-03-10 20:30:00"):
                self._deliver(self.bulk_product)
        units = self._units(self.bulk_product)
        self.assertEqual(units.mapped("date_start"), [date(2026, 3, 11)] * 3)

    def test_defaults_of_the_screen_do_not_reach_the_unit(self):
        self._stock(self.bulk_product)
        picking = self._sell(self.bulk_product).picking_ids
        self._validate(
            picking.with_context(
                default_state="scrapped", default_name="X", default_partner_id=self.wang.id
            )
        )
        self.assertUnits(self.bulk_product, [(self.lin, False, 1, "active")])
        self.assertNotEqual(self._units(self.bulk_product).name, "X")

    # === SERIALS THAT ARE KNOWN === #

    def test_resale_without_return_closes_the_old_unit(self):
        lot = self._stock(self.serial_product, lot="SN1")
        with freeze_time("2026-01-10 09:00:00"):
            self._deliver(self.serial_product)
        # Found again in the store by an inventory count.
        self.env["stock.quant"]._update_available_quantity(
            self.serial_product, self.customers, -1, lot_id=lot
        )
        self.env["stock.quant"]._update_available_quantity(
            self.serial_product, self.warehouse.lot_stock_id, 1, lot_id=lot
        )
        with freeze_time("2026-03-10 09:00:00"):
            self._deliver(self.serial_product, partner=self.wang)
        self.assertUnits(
            self.serial_product,
            [(self.lin, "SN1", 1, "returned"), (self.wang, "SN1", 1, "active")],
        )
        old, new = self._units(self.serial_product)
        self.assertEqual(set(old.warranty_ids.mapped("date_closed")), {date(2026, 3, 10)})
        self.assertEqual(new.warranty_end, date(2029, 3, 9))

    def test_serial_its_customer_has_already(self):
        """Registered by hand before, perhaps archived: the delivery makes no second one."""
        for number, vals in enumerate(({}, {"active": False}, {"partner_id": self.hotel.id})):
            with self.subTest(vals=vals):
                lot = self._stock(self.serial_product, lot=f"H{number}")
                unit = self.env["aftersales.unit"].create(
                    {
                        "product_id": self.serial_product.id,
                        "lot_id": lot.id,
                        "partner_id": self.lin.id,
                        **vals,
                    }
                )
                partner = self.hotel_annex if vals.get("partner_id") else self.lin
                self._deliver(self.serial_product, partner=partner)
                found = (
                    self.env["aftersales.unit"]
                    .with_context(active_test=False)
                    .search([("lot_id", "=", lot.id)])
                )
                self.assertEqual(found, unit)
                self.assertEqual(unit.state, "active")

    # === COMPANIES === #

    def test_second_company_has_its_own_units(self):
        other = self.env["res.company"].create({"name": "Branch B"})
        self.storekeeper.company_ids += other
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        self._stock(self.bulk_product, warehouse=warehouse)
        order = self._sell(self.bulk_product, company_id=other.id, warehouse_id=warehouse.id)
        self._validate(order.picking_ids)
        self.assertRecordValues(
            self._units(self.bulk_product), [{"company_id": other.id, "sale_order_id": order.id}]
        )

    def test_sold_to_a_sister_company_and_on(self):
        """Between companies nothing is handed over: the one that sells to the customer does."""
        other = self.env["res.company"].create({"name": "Branch B"})
        self.storekeeper.company_ids += other
        self.policy.company_id = False
        lot = self._stock(self.serial_product, lot="SN1")
        transit = self.env.ref("stock.stock_location_inter_company")
        sister = other.partner_id.with_company(self.company)
        self.assertEqual(sister.property_stock_customer, transit)
        sent = self._deliver(self.serial_product, partner=other.partner_id)
        self.assertEqual(sent.location_dest_id, transit)
        self.assertUnits(self.serial_product, [])
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.in_type_id.id,
                "location_id": transit.id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "partner_id": self.company.partner_id.id,
                "company_id": other.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.serial_product.id,
                            "product_uom_qty": 1,
                            "location_id": transit.id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                            "company_id": other.id,
                        }
                    )
                ],
            }
        )
        receipt.action_confirm()
        receipt.action_assign()
        receipt.move_ids.move_line_ids.lot_id = lot
        self._validate(receipt)
        self.assertUnits(self.serial_product, [])
        order = self._sell(self.serial_product, company_id=other.id, warehouse_id=warehouse.id)
        self._validate(order.picking_ids)
        self.assertRecordValues(
            self._units(self.serial_product),
            [
                {
                    "company_id": other.id,
                    "partner_id": self.lin.id,
                    "lot_id": lot.id,
                    "sale_order_id": order.id,
                    "state": "active",
                }
            ],
        )

    def test_policy_of_another_company_does_not_count(self):
        other = self.env["res.company"].create({"name": "Branch B"})
        self.policy.company_id = other
        self._stock(self.bulk_product)
        self._deliver(self.bulk_product)
        self.assertUnits(self.bulk_product, [])
