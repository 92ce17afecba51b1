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
