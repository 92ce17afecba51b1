from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestReturn(AftersalesStockCommon):
    """What a return closes, and what it leaves alone."""

    # === SERIALS === #

    def test_full_return_closes_and_ends_warranties(self):
        self._stock(self.serial_product, lot="SN1")
        with freeze_time("2026-01-10 09:00:00"):
            picking = self._deliver(self.serial_product)
        with freeze_time("2026-02-01 09:00:00"):
            incoming = self._return(picking)
        unit = self._units(self.serial_product)
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "returned")])
        self.assertEqual(unit.return_move_id, incoming.move_ids)
        self.assertEqual(unit.return_picking_name, incoming.name)
        self.assertRecordValues(
            unit.warranty_ids,
            [{"date_closed": date(2026, 2, 1), "close_reason": "returned"}] * 2,
        )
        self.assertEqual(unit.warranty_end, date(2026, 1, 31))
        self.assertEqual(incoming.aftersales_unit_count, 1)

    def test_one_serial_of_two(self):
        for name in ("A", "B"):
            self._stock(self.serial_product, lot=name)
        picking = self._deliver(self.serial_product, 2)
        unit = self._units(self.serial_product, serial="B")
        self._return(picking, lot=unit.lot_id)
        self.assertUnits(
            self.serial_product,
            [(self.lin, "A", 1, "active"), (self.lin, "B", 1, "returned")],
        )

    def test_repair_and_back_changes_nothing(self):
        """In without refund, and out again whatever the storekeeper ticks."""
        for product, lot in (
            (self.serial_product, "SN1"),
            (self.lot_product, "L1"),
            (self.bulk_product, False),
        ):
            for to_refund in (False, True):
                with self.subTest(product=product.name, to_refund=to_refund):
                    name = lot and f"{lot}{to_refund}"
                    self._units(product).unlink()
                    self._stock(product, lot=name)
                    picking = self._deliver(product)
                    incoming = self._return(picking, to_refund=False)
                    self.assertUnits(product, [(self.lin, name, 1, "active")])
                    self._return(incoming, to_refund=to_refund)
                    self.assertUnits(product, [(self.lin, name, 1, "active")])
                    unit = self._units(product)
                    self.assertEqual(unit.move_id, picking.move_ids)
                    self.assertFalse(any(unit.warranty_ids.mapped("date_closed")))

    def test_return_taken_back_goes_on_as_before(self):
        self._stock(self.serial_product, lot="SN1")
        with freeze_time("2026-01-10 09:00:00"):
            picking = self._deliver(self.serial_product)
            incoming = self._return(picking)
        with freeze_time("2026-02-10 09:00:00"):
            again = self._return(incoming)
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "active")])
        unit = self._units(self.serial_product)
        self.assertEqual(unit.warranty_end, date(2029, 1, 9))
        self.assertEqual(unit.move_id, again.move_ids)
        self._return(again)
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "returned")])

    def test_return_then_resale_starts_new_warranties(self):
        self._stock(self.serial_product, lot="SN1")
        for customer in (self.wang, self.lin):
            with self.subTest(customer.name):
                self._units(self.serial_product).unlink()
                with freeze_time("2026-01-10 09:00:00"):
                    picking = self._deliver(self.serial_product)
                    self._return(picking)
                with freeze_time("2026-03-10 09:00:00"):
                    resale = self._deliver(self.serial_product, partner=customer)
                self.assertUnits(
                    self.serial_product,
                    [(self.lin, "SN1", 1, "returned"), (customer, "SN1", 1, "active")],
                )
                self.assertEqual(self._units(self.serial_product)[1].warranty_end, date(2029, 3, 9))
                self._return(resale)

    def test_wrong_serial_closes_nothing(self):
        """A serial never sold, and one sold to somebody else."""
        self._stock(self.serial_product, lot="A")
        picking = self._deliver(self.serial_product)
        self._stock(self.serial_product, lot="B")
        self._deliver(self.serial_product, partner=self.wang)
        living = [(self.lin, "A", 1, "active"), (self.wang, "B", 1, "active")]
        unknown = self.env["stock.lot"].create({"name": "C", "product_id": self.serial_product.id})
        for lot in (unknown, self._units(self.serial_product, serial="B").lot_id):
            with self.subTest(lot.name):
                self._return(picking, lot=lot)
                self.assertUnits(self.serial_product, living)

    def test_serial_back_without_return_document(self):
        lot = self._stock(self.serial_product, lot="SN1")
        self._deliver(self.serial_product)
        self._move(self.serial_product, self.customers, self.warehouse.lot_stock_id, lot=lot)
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "returned")])

    def test_sold_on_privately_still_closes_by_its_delivery(self):
        self._stock(self.serial_product, lot="SN1")
        picking = self._deliver(self.serial_product)
        self._units(self.serial_product).partner_id = self.wang
        self._return(picking)
        self.assertUnits(self.serial_product, [(self.wang, "SN1", 1, "returned")])

    def test_scrapped_at_the_customer(self):
        lot = self._stock(self.serial_product, lot="SN1")
        self._deliver(self.serial_product)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.serial_product.id,
                "lot_id": lot.id,
                "scrap_qty": 1,
                "location_id": self.customers.id,
            }
        )
        scrap.do_scrap()
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "scrapped")])

    def test_count_correction_at_the_customer_closes_nothing(self):
        lot = self._stock(self.serial_product, lot="SN1")
        self._deliver(self.serial_product)
        self._move(
            self.serial_product,
            self.customers,
            self.serial_product.property_stock_inventory,
            lot=lot,
        )
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "active")])

    # === QUANTITIES === #

    def test_part_of_a_quantity(self):
        """What stays keeps its number; the returned part is a closed unit of its own."""
        for product, lot in ((self.lot_product, "L1"), (self.bulk_product, False)):
            with self.subTest(product.name):
                self._stock(product, 5, lot=lot)
                with freeze_time("2026-01-10 09:00:00"):
                    picking = self._deliver(product, 5)
                name = self._units(product).name
                with freeze_time("2026-02-01 09:00:00"):
                    incoming = self._return(picking, 2)
                self.assertUnits(
                    product, [(self.lin, lot, 3, "active"), (self.lin, lot, 2, "returned")]
                )
                kept, part = self._units(product)
                self.assertEqual(kept.name, name)
                self.assertNotEqual(part.name, name)
                self.assertEqual(kept.warranty_end, date(2029, 1, 9))
                self.assertEqual(part.warranty_end, date(2026, 1, 31))
                self.assertEqual(part.move_id, picking.move_ids)
                self.assertEqual(part.sale_order_id, picking.sale_id)
                self.assertEqual(part.return_move_id, incoming.move_ids)
                self.assertFalse(kept.return_move_id)
                self._return(picking, 3)
                self.assertEqual(kept.state, "returned")
                self.assertEqual(kept.quantity, 3)

    def test_part_taken_back(self):
        self._stock(self.bulk_product, 5)
        with freeze_time("2026-01-10 09:00:00"):
            picking = self._deliver(self.bulk_product, 5)
        incoming = self._return(picking, 4)
        with freeze_time("2026-03-10 09:00:00"):
            self._return(incoming, 1)
        self.assertUnits(
            self.bulk_product,
            [
                (self.lin, False, 1, "active"),
                (self.lin, False, 3, "returned"),
                (self.lin, False, 1, "active"),
            ],
        )
        self.assertEqual(self._units(self.bulk_product)[2].warranty_end, date(2029, 1, 9))

    def test_return_of_one_delivery_leaves_the_other(self):
        self._stock(self.bulk_product, 4)
        first = self._deliver(self.bulk_product, 2)
        self._deliver(self.bulk_product, 2)
        self._return(first, 2)
        self.assertUnits(
            self.bulk_product,
            [(self.lin, False, 2, "returned"), (self.lin, False, 2, "active")],
        )

    def test_quantity_back_without_return_document(self):
        """Which of the customer's units came back is not known: people decide."""
        self._stock(self.bulk_product, 2)
        self._deliver(self.bulk_product, 2)
        self._move(self.bulk_product, self.customers, self.warehouse.lot_stock_id)
        self.assertUnits(self.bulk_product, [(self.lin, False, 2, "active")])

    def test_return_of_what_was_never_registered(self):
        self._stock(self.plain_product, 2)
        picking = self._deliver(self.plain_product, 2)
        self._return(picking, 1)
        self.assertUnits(self.plain_product, [])

    # === FOR REPAIR === #

    def _return_for_repair(self, picking, for_repair=True):
        """Return goods as people do, all boxes ticked as they come."""
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.storekeeper)
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"aftersales_for_repair": for_repair})
        )
        wizard.product_return_moves.quantity = 1
        return self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])

    def test_return_for_repair_closes_nothing(self):
        """Quantities on the order updated or not: the customer keeps the unit."""
        self._stock(self.serial_product, lot="SN1")
        picking = self._deliver(self.serial_product)
        incoming = self._validate(self._return_for_repair(picking))
        self.assertTrue(incoming.aftersales_for_repair)
        self.assertTrue(incoming.move_ids.to_refund)
        unit = self._units(self.serial_product)
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "active")])
        self.assertFalse(any(unit.warranty_ids.mapped("date_closed")))
        self._return(incoming)
        self.assertUnits(self.serial_product, [(self.lin, "SN1", 1, "active")])

    def test_said_afterwards(self):
        """Ticked late it puts the unit back, unticked it ends it after all."""
        self._stock(self.serial_product, lot="SN1")
        with freeze_time("2026-01-10 09:00:00"):
            picking = self._deliver(self.serial_product)
        with freeze_time("2026-02-01 09:00:00"):
            incoming = self._validate(self._return_for_repair(picking, for_repair=False))
        unit = self._units(self.serial_product)
        self.assertEqual(unit.state, "returned")
        incoming.aftersales_for_repair = True
        self.assertEqual((unit.state, unit.return_move_id.id), ("active", False))
        self.assertEqual(unit.move_id, picking.move_ids)
        self.assertEqual(unit.warranty_end, date(2029, 1, 9))
        incoming.aftersales_for_repair = False
        self.assertEqual(unit.state, "returned")
        self.assertEqual(unit.warranty_end, date(2026, 1, 31))

    def test_said_when_it_is_sold_already(self):
        self._stock(self.serial_product, lot="SN1")
        incoming = self._validate(
            self._return_for_repair(self._deliver(self.serial_product), for_repair=False)
        )
        self._deliver(self.serial_product, partner=self.wang)
        incoming.aftersales_for_repair = True
        self.assertUnits(
            self.serial_product,
            [(self.lin, "SN1", 1, "returned"), (self.wang, "SN1", 1, "active")],
        )

    def test_said_when_the_same_customer_bought_it_again(self):
        """What was said of the first return, there and back, does not end the second sale."""
        self._stock(self.serial_product, lot="SN1")
        with freeze_time("2026-01-10 09:00:00"):
            picking = self._deliver(self.serial_product)
        with freeze_time("2026-02-01 09:00:00"):
            incoming = self._validate(self._return_for_repair(picking, for_repair=False))
        with freeze_time("2026-02-01 15:00:00"):
            self._deliver(self.serial_product)
        incoming.aftersales_for_repair = True
        incoming.aftersales_for_repair = False
        self.assertUnits(
            self.serial_product,
            [(self.lin, "SN1", 1, "returned"), (self.lin, "SN1", 1, "active")],
        )

    # === EXCHANGE === #

    def _exchange(self, picking):
        """Return one for exchange; return what comes in and what goes out instead."""
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.storekeeper)
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.write({"quantity": 1, "to_refund": False})
        incoming = self.env["stock.picking"].browse(wizard.action_create_exchanges()["res_id"])
        outgoing = self.env["stock.move"].search(
            [
                ("aftersales_exchange_move_id", "=", picking.move_ids.id),
                ("location_dest_id.usage", "=", "customer"),
            ]
        )
        return incoming, outgoing.picking_id

    def test_exchange_passes_the_promise_on(self):
        """Whichever transfer is done first."""
        self.policy.replacement_mode = "rest"
        for number, comes_first in enumerate((True, False)):
            with self.subTest(comes_first=comes_first):
                product = self._new_product(f"Heat Pump {number}", "serial")
                old_lot = self._stock(product, lot=f"OLD{number}")
                with freeze_time("2026-01-10 09:00:00"):
                    picking = self._deliver(product)
                self._stock(product, lot=f"NEW{number}")
                with freeze_time("2026-02-01 09:00:00"):
                    transfers = self._exchange(picking)
                    incoming, __ = transfers
                    incoming.move_ids.move_line_ids.lot_id = old_lot
                    for transfer in transfers if comes_first else reversed(transfers):
                        self._validate(transfer)
                old = self._units(product, serial=f"OLD{number}")
                new = self._units(product, serial=f"NEW{number}")
                self.assertEqual((old.state, new.state), ("replaced", "active"))
                self.assertEqual(new.replaces_id, old)
                self.assertEqual(new.date_start, date(2026, 2, 1))
                self.assertEqual(
                    {warranty.kind: warranty.date_end for warranty in new.warranty_ids},
                    {"part": date(2029, 1, 9), "labour": date(2027, 1, 9)},
                )
                self.assertEqual(set(old.warranty_ids.mapped("close_reason")), {"replaced"})
                self.assertEqual(old.warranty_end, date(2026, 1, 31))

    def test_exchange_of_repair_only_goods_is_a_new_sale(self):
        """The transfers are done; who may be exchanged is not the storekeeper's to say."""
        self.policy.repair_only = True
        lot = self._stock(self.serial_product, lot="OLD")
        picking = self._deliver(self.serial_product)
        self._stock(self.serial_product, lot="NEW")
        incoming, outgoing = self._exchange(picking)
        incoming.move_ids.move_line_ids.lot_id = lot
        self._validate(incoming)
        self._validate(outgoing)
        self.assertUnits(
            self.serial_product,
            [(self.lin, "OLD", 1, "returned"), (self.lin, "NEW", 1, "active")],
        )
        self.assertFalse(self._units(self.serial_product).replaces_id)

    # === BACKDATED === #

    def test_backdated_after_it_was_done(self):
        """A unit and its warranties follow the date of the transfer; what people entered stays."""
        self._stock(self.bulk_product, 2)
        with freeze_time("2026-03-10 09:00:00"):
            pickings = [self._deliver(self.bulk_product) for __ in range(2)]
        unit, corrected = self._units(self.bulk_product)
        corrected.date_start = date(2026, 3, 1)
        for picking in pickings:
            picking.with_user(self.storekeeper).date_done = "2026-02-20 09:00:00"
        self.assertEqual(
            (unit.date_start, unit.warranty_end), (date(2026, 2, 20), date(2029, 2, 19))
        )
        self.assertEqual(corrected.date_start, date(2026, 3, 1))
        with freeze_time("2026-03-20 09:00:00"):
            incoming = self._return(pickings[0])
        incoming.with_user(self.storekeeper).date_done = "2026-03-15 09:00:00"
        self.assertEqual(set(unit.warranty_ids.mapped("date_closed")), {date(2026, 3, 15)})
        self.assertEqual(unit.warranty_end, date(2026, 3, 14))
