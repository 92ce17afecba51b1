from odoo.fields import Command
from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestReturn(RepairCommon):
    """Goods that come in by a return and are repaired from it stay the customer's."""

    def _deliver(self):
        """Deliver an air conditioner to the customer; return the transfer."""
        lot = self.env["stock.lot"].create({"name": "RET-1", "product_id": self.ac.id})
        self._put_in_stock(self.ac, 1, lot=lot)
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "partner_id": self.customer.id,
                "location_id": warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.ac.id,
                            "product_uom_qty": 1,
                            "location_id": warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.move_ids.move_line_ids.lot_id = lot
        return self._validate(picking)

    def _validate(self, picking):
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        return picking

    def _return(self, picking):
        """Return it with every box as it comes: the order's quantities are updated."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        return self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])

    def _repair(self, picking, user=None, **vals):
        lot = picking.move_ids.move_line_ids.lot_id
        return (
            self.env["repair.order"]
            .with_user(user or self.env.user)
            .create(
                {
                    "picking_id": picking.id,
                    "product_id": self.ac.id,
                    "lot_id": lot.id,
                    "partner_id": self.customer.id,
                    **vals,
                }
            )
        )

    def setUp(self):
        super().setUp()
        delivery = self._deliver()
        self.incoming = self._return(delivery)
        self.unit = self.env["aftersales.unit"].search([("move_id", "in", delivery.move_ids.ids)])
        self.assertTrue(self.unit)
        self.assertTrue(self.incoming.move_ids.to_refund)

    def test_order_made_before_the_goods_come_in(self):
        self._repair(self.incoming)
        self._validate(self.incoming)
        self.assertEqual(self.unit.state, "active")
        self.assertFalse(any(self.unit.warranty_ids.mapped("date_closed")))

    def test_order_made_from_the_goods_that_came_in(self):
        self._validate(self.incoming)
        self.assertEqual(self.unit.state, "returned")
        self._repair(self.incoming, user=self.agent)
        self.assertEqual(self.unit.state, "active")
        self.assertFalse(any(self.unit.warranty_ids.mapped("date_closed")))
        self.assertTrue(self.incoming.aftersales_for_repair)

    def test_transfer_named_later(self):
        self._validate(self.incoming)
        repair = self._repair(self.incoming, picking_id=False)
        self.assertEqual(self.unit.state, "returned")
        repair.picking_id = self.incoming
        self.assertEqual(self.unit.state, "active")

    def test_our_own_goods_stay_given_back(self):
        self._validate(self.incoming)
        self._repair(self.incoming, partner_id=False)
        self.assertEqual(self.unit.state, "returned")
