from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tests.common import warmup

from odoo.addons.aftersales_stock.tests.common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestInstallation(AftersalesStockCommon):
    """A delivery of what needs installing makes the order; done, it starts the warranty."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install = cls.env.ref("aftersales_repair.aftersales_service_type_installation")
        cls.warehouse._link_onsite_service_type()
        products = cls.serial_product | cls.lot_product | cls.bulk_product | cls.plain_product
        products.aftersales_needs_installation = True
        cls.customer_desk = cls._new_user("desk", "aftersales_base.group_aftersales_agent")

    def _orders(self, picking):
        moves = picking.move_ids
        return self.env["repair.order"].search([("install_move_id", "in", moves.ids)], order="id")

    def _do(self, orders):
        for order in orders:
            order.action_validate()
        orders.action_repair_start()
        orders.action_repair_end()

    # === FROM THE DELIVERY === #

    def test_one_order_for_each_serial(self):
        for number in range(3):
            self._stock(self.serial_product, lot=f"I{number}")
        picking = self._deliver(
            self.serial_product,
            3,
            partner=self.hotel,
            partner_shipping_id=self.hotel_annex.id,
            commitment_date="2035-03-01 09:00:00",
            aftersales_install_note="Third floor, no lift",
        )
        orders = self._orders(picking)
        self.assertEqual(len(orders), 3)
        self.assertEqual(sorted(orders.lot_id.mapped("name")), ["I0", "I1", "I2"])
        for order in orders:
            self.assertRecordValues(
                order,
                [
                    {
                        "state": "draft",
                        "partner_id": self.hotel.id,
                        "service_type_id": self.install.id,
                        "picking_type_id": self.warehouse.aftersales_onsite_type_id.id,
                        "install_order_name": picking.sale_id.name,
                        "install_picking_name": picking.name,
                        "user_id": False,
                    }
                ],
            )
            self.assertEqual(str(order.schedule_date), "2035-03-01 09:00:00")
            self.assertIn("Third floor", order.internal_notes)
            self.assertEqual(order.unit_id.place_id, self.hotel_annex)
        self.assertEqual(picking.aftersales_installation_count, 3)
        self.assertEqual(picking.sale_id.aftersales_installation_count, 3)
        self.assertEqual(
            self.env["repair.order"].search(picking.action_view_installations()["domain"]), orders
        )

    def test_starts_with_the_flat_rate(self):
        fee = self.env["product.product"].create(
            {"name": "Flat Rate", "type": "service", "aftersales_charge_kind": "fee"}
        )
        self.install.job_ids = self.env["aftersales.job"].create(
            {"name": "Install", "line_ids": [Command.create({"product_id": fee.id})]}
        )
        for number in range(2):
            self._stock(self.serial_product, lot=f"F{number}")
        orders = self._orders(self._deliver(self.serial_product, 2))
        self.assertEqual(len(orders), 2)
        for order in orders:
            self.assertEqual(order.charge_ids.product_id, fee)

    def test_operation_is_made_when_it_is_missing(self):
        """As in a database that is older than installations."""
        self.install.with_company(self.warehouse.company_id).picking_type_id = False
        self.env["stock.warehouse"].search([]).aftersales_onsite_type_id = False
        self._stock(self.serial_product, lot="OLD1")
        order = self._orders(self._deliver(self.serial_product))
        self.assertTrue(order.picking_type_id)
        self.assertEqual(order.picking_type_id, self.warehouse.aftersales_onsite_type_id)
        self.assertEqual(order.product_location_src_id.usage, "customer")

    def test_one_order_for_a_quantity(self):
        self._stock(self.bulk_product, 5)
        order = self._orders(self._deliver(self.bulk_product, 5))
        self.assertEqual((len(order), order.product_qty, order.unit_id.quantity), (1, 5, 5))

    def test_without_a_policy(self):
        """What is not registered is installed all the same, where it was delivered."""
        self._stock(self.plain_product, 2)
        picking = self._deliver(
            self.plain_product, 2, partner=self.hotel, partner_shipping_id=self.hotel_annex.id
        )
        order = self._orders(picking)
        self.assertRecordValues(
            order,
            [{"unit_id": False, "partner_id": self.hotel_annex.id, "product_qty": 2}],
        )
        self._do(order)
        self.assertEqual(order.state, "done")

    def test_product_and_company_say_as_what(self):
        ours, its = self.env["aftersales.service.type"].create([{"name": "Ours"}, {"name": "Its"}])
        self.company.aftersales_install_type_id = ours
        self._stock(self.bulk_product, 2)
        first = self._orders(self._deliver(self.bulk_product, 1))
        self.bulk_product.aftersales_install_type_id = its
        second = self._orders(self._deliver(self.bulk_product, 1))
        self.assertEqual((first.service_type_id, second.service_type_id), (ours, its))

    def test_nothing_to_install(self):
        self._stock(self.category_product, lot="OV1")
        self.assertFalse(self._orders(self._deliver(self.category_product)))
        self._stock(self.bulk_product, 1)
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        inside = self._move(self.bulk_product, self.warehouse.lot_stock_id, shelf)
        self.assertFalse(self._orders(inside))

    def test_backorder_makes_its_own(self):
        self._stock(self.bulk_product, 3)
        order = self._sell(self.bulk_product, 3)
        self._validate(order.picking_ids, 1)
        rest = order.picking_ids.filtered(lambda picking: picking.state != "done")
        self._validate(rest)
        orders = self._orders(order.picking_ids)
        self.assertEqual(sorted(orders.mapped("product_qty")), [1, 2])

    # === ACCEPTANCE === #

    def test_acceptance_starts_the_warranty(self):
        self.policy.write({"start_basis": "installation", "cover_before_start": False})
        self._stock(self.serial_product, lot="I1")
        order = self._orders(self._deliver(self.serial_product))
        unit = order.unit_id
        self.assertFalse(unit.date_installed)
        self.assertEqual(unit.warranty_status, "pending")
        self.env["aftersales.checklist"].create(
            {
                "name": "Trial Run",
                "service_type_ids": [Command.link(self.install.id)],
                "item_ids": [Command.create({"name": "Runs"})],
            }
        )
        order.action_validate()
        order.action_repair_start()
        with self.assertRaisesRegex(UserError, "Runs"):
            order.action_repair_end()
        order.check_ids.result = "passed"
        order.action_repair_end()
        self.assertTrue(unit.date_installed)
        self.assertEqual(unit.date_installed, order.date_done)
        self.assertEqual(unit.warranty_ids.mapped("date_start"), [order.date_done] * 2)

    def test_the_day_the_customer_signed_counts(self):
        self._stock(self.serial_product, lot="I1")
        order = self._orders(self._deliver(self.serial_product))
        visit = self.env["aftersales.visit"].create(
            {"repair_id": order.id, "user_id": self.env.uid}
        )
        visit.sudo().write({"signed_on": "2026-01-05 10:00:00", "signed_by": "Lin"})
        self._do(order)
        self.assertEqual(str(order.unit_id.date_installed), "2026-01-05")

    def test_a_known_day_stays(self):
        self._stock(self.serial_product, lot="I1")
        order = self._orders(self._deliver(self.serial_product))
        order.unit_id.date_installed = "2026-01-02"
        self._do(order)
        self.assertEqual(str(order.unit_id.date_installed), "2026-01-02")

    # === GIVEN BACK === #

    def test_return_cancels_what_nobody_began(self):
        lots = [self._stock(self.serial_product, lot=f"I{number}") for number in range(3)]
        picking = self._deliver(self.serial_product, 3)
        by_lot = self._orders(picking).grouped("lot_id")
        begun = by_lot[lots[0]]
        begun.action_validate()
        begun.action_repair_start()
        self._return(picking, 1, lots[0])
        self._return(picking, 1, lots[1])
        self.assertEqual(begun.state, "under_repair")
        self.assertIn("gave the goods back", begun.message_ids[0].body)
        self.assertEqual(by_lot[lots[1]].state, "cancel")
        self.assertEqual(by_lot[lots[2]].state, "draft")

    def test_return_of_a_part_of_a_quantity(self):
        self._stock(self.bulk_product, 5)
        picking = self._deliver(self.bulk_product, 5)
        order = self._orders(picking)
        self._return(picking, 2)
        self.assertEqual((order.state, order.product_qty), ("draft", 3))
        self._return(picking, 3)
        self.assertEqual(order.state, "cancel")

    def test_coming_in_for_repair_cancels_nothing(self):
        lot = self._stock(self.serial_product, lot="I1")
        picking = self._deliver(self.serial_product)
        self._return(picking, 1, lot, to_refund=False)
        self.assertEqual(self._orders(picking).state, "draft")

    # === RIGHTS AND SPEED === #

    def test_nobody_says_by_hand_what_delivered_it(self):
        self._stock(self.serial_product, lot="I1")
        order = self._orders(self._deliver(self.serial_product))
        with self.assertRaises(UserError):
            order.with_user(self.customer_desk).write({"install_move_id": False})

    @warmup
    def test_queries_do_not_grow_with_the_moves(self):
        """Beside what making each order takes: its number and its reference."""

        def count(tag, serials):
            for number in range(serials):
                self._stock(self.serial_product, lot=f"{tag}{number}")
            self.serial_product.aftersales_needs_installation = False
            moves = self._deliver(self.serial_product, serials).move_ids
            self.serial_product.aftersales_needs_installation = True
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["repair.order"]._make_installations(moves)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count("w", 2)
        one, eleven = count("a", 1), count("b", 11)
        self.assertLessEqual(eleven - one, 10 * 8)
