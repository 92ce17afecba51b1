from freezegun import freeze_time

from odoo.tests import tagged

from .common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestUnitPage(AftersalesStockCommon):
    """Sale, delivery and return in the history of a unit."""

    def test_sold_delivered_and_returned(self):
        self._stock(self.serial_product, lot="SN1")
        with freeze_time("2026-01-10 09:00:00"):
            picking = self._deliver(self.serial_product)
        with freeze_time("2026-02-01 09:00:00"):
            incoming = self._return(picking)
        unit = self._units(self.serial_product)
        with freeze_time("2026-03-01 09:00:00"):
            events = unit.get_timeline()["events"]
        self.assertEqual(
            [event["title"] for event in events],
            [
                "Warranty closed: returned",
                "Returned",
                "Warranty began",
                "Delivered",
                "Sold",
            ],
        )
        texts = {event["title"]: event["text"] for event in events}
        self.assertEqual(texts["Delivered"], picking.name)
        self.assertEqual(texts["Returned"], incoming.name)
        self.assertEqual(texts["Sold"], unit.sale_order_id.name)

    def test_numbers_open_for_those_who_may_read_the_document(self):
        self._stock(self.serial_product, lot="SN1")
        picking = self._deliver(self.serial_product)
        unit = self._units(self.serial_product)
        settler = self._new_user("page", "aftersales_base.group_aftersales_settlement")
        for user in (self.env.user, settler):
            opens = picking.with_user(user).has_access("read")
            events = unit.with_user(user).get_timeline()["events"]
            links = {event["title"]: event["res_id"] for event in events}
            self.assertEqual(links["Delivered"], picking.id if opens else False)
            order = unit.sale_order_id.with_user(user)
            self.assertEqual(bool(links["Sold"]), order.has_access("read"))
