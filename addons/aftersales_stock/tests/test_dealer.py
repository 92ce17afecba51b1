from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import AftersalesStockCommon

DELIVERED = "2026-03-10 09:00:00"


@tagged("post_install", "-at_install")
class TestDealer(AftersalesStockCommon):
    """Delivery to a dealer, and what becomes of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dealer = cls.env["res.partner"].create(
            {"name": "Dealer Sun", "is_company": True, "aftersales_is_dealer": True}
        )
        cls.shop = cls.env["res.partner"].create(
            {"name": "Shop", "parent_id": cls.dealer.id, "type": "delivery"}
        )
        cls.policy.write(
            {"start_basis": "handover", "start_limit_days": 90, "cover_before_start": False}
        )

    @freeze_time(DELIVERED)
    def test_what_a_dealer_gets_waits_for_the_end_user(self):
        for product, lot in ((self.serial_product, "SN1"), (self.bulk_product, False)):
            with self.subTest(product.name):
                self._stock(product, lot=lot)
                self._deliver(product, 1, self.dealer, partner_shipping_id=self.shop.id)
                unit = self._units(product)
                self.assertRecordValues(
                    unit,
                    [
                        {
                            "partner_id": self.dealer.id,
                            "place_id": self.shop.id,
                            "dealer_id": self.dealer.id,
                            "is_at_dealer": True,
                            "date_handover": False,
                            "date_start": date(2026, 3, 10),
                            "warranty_status": "pending",
                        }
                    ],
                )
                self.assertEqual(set(unit.warranty_ids.mapped("date_start")), {date(2026, 6, 8)})

    @freeze_time(DELIVERED)
    def test_delivered_to_the_door_of_the_dealers_customer(self):
        self._stock(self.serial_product, lot="SN1")
        self._deliver(self.serial_product, 1, self.dealer, partner_shipping_id=self.lin.id)
        unit = self._units(self.serial_product)
        self.assertRecordValues(
            unit,
            [
                {
                    "partner_id": self.lin.id,
                    "place_id": False,
                    "dealer_id": self.dealer.id,
                    "is_at_dealer": False,
                    "date_handover": date(2026, 3, 10),
                }
            ],
        )
        self.assertEqual(set(unit.warranty_ids.mapped("date_start")), {date(2026, 3, 10)})

    @freeze_time(DELIVERED)
    def test_end_user_who_bought_from_us_has_no_dealer(self):
        self._stock(self.serial_product, lot="SN1")
        self._deliver(self.serial_product)
        unit = self._units(self.serial_product)
        self.assertFalse(unit.dealer_id or unit.date_handover)
        self.assertEqual(set(unit.warranty_ids.mapped("date_start")), {date(2026, 3, 10)})

    def test_dealer_gives_it_back_before_or_after(self):
        """His own delivery takes it back, whoever has it by then; resale starts anew."""
        for number, handed_over in enumerate((False, True)):
            with self.subTest(handed_over=handed_over):
                serial = f"SN{number}"
                self._stock(self.serial_product, lot=serial)
                with freeze_time(DELIVERED):
                    picking = self._deliver(self.serial_product, 1, self.dealer)
                unit = self._units(self.serial_product, serial=serial)
                if handed_over:
                    with freeze_time("2026-04-01"):
                        self.env["aftersales.unit.transfer"].create(
                            {"unit_id": unit.id, "partner_to_id": self.lin.id}
                        )
                with freeze_time("2026-05-01 09:00:00"):
                    self._return(picking)
                self.assertEqual(unit.state, "returned")
                self.assertEqual(set(unit.warranty_ids.mapped("date_closed")), {date(2026, 5, 1)})
                with freeze_time("2026-05-02 09:00:00"):
                    self._deliver(self.serial_product, 1, self.wang)
                again = self._units(self.serial_product, serial=serial)[1]
                self.assertEqual((again.partner_id, again.dealer_id.id), (self.wang, False))
                self.assertEqual(set(again.warranty_ids.mapped("date_start")), {date(2026, 5, 2)})
                again._close("returned", date(2026, 5, 3))
