from datetime import date
from unittest import SkipTest

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesStockCommon

# We do not depend on them; who has them hands goods over in these ways, too.
ALSO_INSTALL = ("sale_mrp", "stock_dropshipping")


@tagged("post_install", "-at_install")
class TestDropship(AftersalesStockCommon):
    """The vendor delivers to our customer's door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.route = cls.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not cls.route:
            raise SkipTest("Goods are dropshipped with Odoo's module for it.")
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        for product in (cls.serial_product, cls.bulk_product):
            product.write(
                {
                    "route_ids": [Command.set(cls.route.ids)],
                    "seller_ids": [Command.create({"partner_id": cls.vendor.id})],
                }
            )

    def _dropship(self, product, quantity=1, serial=False, **vals):
        """Sell, order from the vendor, and have it delivered; return order and transfer."""
        order = self._sell(product, quantity, **vals)
        purchase = order._get_purchase_orders()
        purchase.button_confirm()
        picking = purchase.picking_ids
        self.assertTrue(picking.is_dropship)
        if serial:
            lot = self.env["stock.lot"].create({"name": serial, "product_id": product.id})
            picking.move_ids.move_line_ids.unlink()
            picking.move_ids.move_line_ids = [
                Command.create(
                    {
                        "product_id": product.id,
                        "lot_id": lot.id,
                        "quantity": 1,
                        "picking_id": picking.id,
                    }
                )
            ]
        picking.move_ids.picked = True
        picking.with_user(self.storekeeper).button_validate()
        self.assertEqual(picking.state, "done")
        return order, picking

    @freeze_time("2026-03-10 09:00:00")
    def test_dropshipped_serial_is_the_customers(self):
        order, picking = self._dropship(self.serial_product, serial="DS1")
        unit = self._units(self.serial_product)
        self.assertRecordValues(
            unit,
            [
                {
                    "partner_id": self.lin.id,
                    "serial": "DS1",
                    "state": "active",
                    "date_start": date(2026, 3, 10),
                    "warranty_end": date(2029, 3, 9),
                    "move_id": picking.move_ids.id,
                    "sale_order_id": order.id,
                }
            ],
        )
        with freeze_time("2026-04-01 09:00:00"):
            self._return(picking)
        self.assertEqual(unit.state, "returned")
        self.assertEqual(set(unit.warranty_ids.mapped("date_closed")), {date(2026, 4, 1)})

    def test_part_of_a_dropshipped_quantity_comes_back(self):
        __, picking = self._dropship(self.bulk_product, 5, partner=self.hotel)
        self.assertUnits(self.bulk_product, [(self.hotel, False, 5, "active")])
        self._return(picking, 2)
        self.assertUnits(
            self.bulk_product,
            [(self.hotel, False, 3, "active"), (self.hotel, False, 2, "returned")],
        )

    def test_dropshipped_for_a_dealer(self):
        """To his door it waits there; to his customer's door the end user has it."""
        dealer = self.env["res.partner"].create({"name": "Dealer", "aftersales_is_dealer": True})
        self._dropship(self.serial_product, serial="DS1", partner=dealer)
        self._dropship(
            self.serial_product, serial="DS2", partner=dealer, partner_shipping_id=self.wang.id
        )
        self.assertRecordValues(
            self._units(self.serial_product),
            [
                {"partner_id": dealer.id, "dealer_id": dealer.id, "is_at_dealer": True},
                {"partner_id": self.wang.id, "dealer_id": dealer.id, "is_at_dealer": False},
            ],
        )


@tagged("post_install", "-at_install")
class TestKit(AftersalesStockCommon):
    """A kit is sold; what is in it is delivered, warranted and given back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "mrp.bom" not in cls.env:
            raise SkipTest("Kits come with Manufacturing.")
        cls.kit = cls._new_product("Kit", "none")
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": cls.bulk_product.id, "product_qty": 2}),
                    Command.create({"product_id": cls.serial_product.id, "product_qty": 1}),
                    Command.create({"product_id": cls.plain_product.id, "product_qty": 8}),
                ],
            }
        )

    def _deliver_kit(self, *serials):
        self._stock(self.bulk_product, 2 * len(serials))
        self._stock(self.plain_product, 8 * len(serials))
        for serial in serials:
            self._stock(self.serial_product, lot=serial)
        return self._deliver(self.kit, len(serials))

    @freeze_time("2026-03-10 09:00:00")
    def test_components_are_registered(self):
        picking = self._deliver_kit("K1", "K2")
        self.assertUnits(self.kit, [])
        self.assertUnits(self.plain_product, [])
        self.assertUnits(self.bulk_product, [(self.lin, False, 4, "active")])
        self.assertUnits(
            self.serial_product, [(self.lin, "K1", 1, "active"), (self.lin, "K2", 1, "active")]
        )
        units = self._units(self.bulk_product) | self._units(self.serial_product)
        self.assertEqual(units.sale_order_id, picking.sale_id)
        self.assertEqual(set(units.mapped("warranty_end")), {date(2029, 3, 9)})

    def test_campaign_policy_of_the_kit_counts_for_its_components(self):
        for serial in ("K1",):
            self._stock(self.serial_product, lot=serial)
        self._stock(self.bulk_product, 2)
        self._stock(self.plain_product, 8)
        order = self._sell(self.kit)
        order.order_line.aftersales_policy_id = self.category_policy
        self._validate(order.picking_ids)
        self.assertEqual(self._units(self.serial_product).policy_id, self.category_policy)

    def test_one_kit_of_two_comes_back(self):
        picking = self._deliver_kit("K1", "K2")
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.storekeeper)
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        each = {self.bulk_product: 2, self.serial_product: 1, self.plain_product: 8}
        for line in wizard.product_return_moves:
            line.quantity = each[line.product_id]
        incoming = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back = self._units(self.serial_product, serial="K2")
        moves = incoming.move_ids.filtered(lambda move: move.product_id == self.serial_product)
        moves.move_line_ids.lot_id = back.lot_id
        self._validate(incoming)
        self.assertUnits(
            self.serial_product, [(self.lin, "K1", 1, "active"), (self.lin, "K2", 1, "returned")]
        )
        self.assertUnits(
            self.bulk_product, [(self.lin, False, 2, "active"), (self.lin, False, 2, "returned")]
        )
