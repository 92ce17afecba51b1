from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.base.tests.common import BaseCommon


class AftersalesStockCommon(BaseCommon):
    """A warehouse that sells products with and without a warranty policy.

    Transfers are validated by ``storekeeper``, who has stock rights and nothing else.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.storekeeper = cls._new_user("storekeeper", "stock.group_stock_user")
        cls.technician = cls._new_user("technician", "aftersales_base.group_aftersales_technician")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls._setup_partners()
        cls._setup_products()

    @classmethod
    def _new_user(cls, login, groups):
        return new_test_user(
            cls.env, f"st_{login}", groups=groups, company_id=cls.company.id, tz="UTC"
        )

    @classmethod
    def _setup_partners(cls):
        cls.lin, cls.wang, cls.hotel = cls.env["res.partner"].create(
            [
                {"name": "Lin Household"},
                {"name": "Wang Household"},
                {"name": "Harbour Hotel", "is_company": True},
            ]
        )
        cls.hotel_annex = cls.env["res.partner"].create(
            {"name": "Annex", "parent_id": cls.hotel.id, "type": "delivery"}
        )

    @classmethod
    def _setup_products(cls):
        cls.policy, cls.category_policy = cls.env["aftersales.warranty.policy"].create(
            [
                {
                    "name": "Three Years",
                    "term_ids": [
                        Command.create({"kind": "part", "duration": 36}),
                        Command.create({"kind": "labour", "duration": 12}),
                    ],
                },
                {"name": "One Year", "term_ids": [Command.create({"duration": 12})]},
            ]
        )
        cls.category = cls.env["product.category"].create(
            {"name": "Appliances", "aftersales_policy_id": cls.category_policy.id}
        )
        cls.serial_product = cls._new_product("Air Conditioner", "serial")
        cls.lot_product = cls._new_product("Filter", "lot")
        cls.bulk_product = cls._new_product("Fan", "none")
        cls.plain_product = cls._new_product("Screw", "none", aftersales_policy_id=False)
        cls.category_product = cls._new_product(
            "Oven", "serial", aftersales_policy_id=False, categ_id=cls.category.id
        )

    @classmethod
    def _new_product(cls, name, tracking, **vals):
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "tracking": tracking,
                "aftersales_policy_id": cls.policy.id,
                **vals,
            }
        )

    # === STEPS === #

    def _stock(self, product, quantity=1, lot=False, warehouse=None, owner=False):
        """Put goods into the store.

        :param str lot: name of the lot or serial to make
        :return: the lot, if any
        """
        warehouse = warehouse or self.warehouse
        lot = lot and self.env["stock.lot"].create({"name": lot, "product_id": product.id})
        self.env["stock.quant"]._update_available_quantity(
            product,
            warehouse.lot_stock_id,
            quantity,
            lot_id=lot or None,
            owner_id=owner or None,
        )
        return lot

    def _sell(self, product, quantity=1, partner=None, **vals):
        """Return a confirmed order of ``partner``, by default Lin."""
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.lin).id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                ],
                **vals,
            }
        )
        order.action_confirm()
        return order

    def _validate(self, picking, quantity=None):
        """Do the transfer as the storekeeper, in full or with ``quantity`` of it; the rest is
        a backorder.
        """
        picking = picking.with_user(self.storekeeper).with_company(picking.company_id)
        picking.action_assign()
        if quantity is not None:
            picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done")
        return picking.sudo()

    def _deliver(self, product, quantity=1, partner=None, **vals):
        """Sell and deliver from what is in the store; return the delivery."""
        order = self._sell(product, quantity, partner, **vals)
        return self._validate(order.picking_ids)

    def _return(self, picking, quantity=1, lot=None, to_refund=True):
        """Return goods of a transfer and take them in; return the incoming transfer."""
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.storekeeper)
            .with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            .create({})
        )
        wizard.product_return_moves.write({"quantity": quantity, "to_refund": to_refund})
        incoming = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        if lot:
            incoming.move_ids.move_line_ids.lot_id = lot
        return self._validate(incoming)

    def _move(self, product, source, dest, quantity=1, lot=False, partner=None, **vals):
        """Do a transfer that no order asked for; return it."""
        picking_type = self.warehouse.out_type_id
        if source.usage == "customer":
            picking_type = self.warehouse.in_type_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": picking_type.id,
                "location_id": source.id,
                "location_dest_id": dest.id,
                "partner_id": (partner or self.lin).id,
            }
        )
        self.env["stock.move"].create(
            {
                "picking_id": picking.id,
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": dest.id,
                **vals,
            }
        )
        picking.action_confirm()
        if lot:
            picking.action_assign()
            picking.move_ids.move_line_ids.lot_id = lot
        return self._validate(picking)

    # === ASSERTIONS === #

    def _units(self, product, **domain):
        """Return the units of the product, oldest first."""
        return self.env["aftersales.unit"].search(
            [("product_id", "=", product.id), *((k, "=", v) for k, v in domain.items())],
            order="id",
        )

    def assertUnits(self, product, expected):
        """Assert what is registered of the product.

        :param expected: list of ``(owner, serial or lot, quantity, state)``
        """
        found = [
            (unit.partner_id, unit.serial, unit.quantity, unit.state)
            for unit in self._units(product)
        ]
        self.assertEqual(found, expected)
