from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-10 08:00:00")
class TestSold(AccountTestInvoicingCommon):
    """What the sale says about a unit: what was paid for it, and when it was invoiced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.env["aftersales.warranty.policy"].create(
            {
                "name": "From the Invoice",
                "start_basis": "invoice",
                "term_ids": [Command.create({"duration": 12})],
            }
        )
        cls.oven = cls.env["product.product"].create(
            {
                "name": "Oven",
                "is_storable": True,
                "aftersales_policy_id": cls.policy.id,
                "invoice_policy": "order",
                "list_price": 100,
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )

    @classmethod
    def get_default_groups(cls):
        return (
            super().get_default_groups()
            | cls.quick_ref("aftersales_base.group_aftersales_manager")
            | cls.quick_ref("sales_team.group_sale_manager")
            | cls.quick_ref("stock.group_stock_manager")
        )

    def _order(self, quantity=1, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.oven.id, "product_uom_qty": quantity, **values}
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    def _deliver(self, order):
        for picking in order.picking_ids.filtered(lambda picking: picking.state != "done"):
            picking.move_ids.quantity = picking.move_ids.product_uom_qty
            picking.button_validate()
        return self.env["aftersales.unit"].search([("sale_order_id", "=", order.id)])

    def _invoice(self, order, day):
        invoice = order._create_invoices()
        invoice.invoice_date = day
        invoice.action_post()
        return invoice

    def test_price_really_paid(self):
        """For one, with discount and taxes (15 %)."""
        unit = self._deliver(self._order(3, price_unit=100, discount=10))
        self.assertEqual((unit.price_paid, unit.currency_id), (103.5, self.env.company.currency_id))

    def test_price_in_the_currency_of_the_order(self):
        currency = self.setup_other_currency("EUR")
        order = self._order()
        pricelist = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": currency.id}
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "pricelist_id": pricelist.id,
                "order_line": [Command.create({"product_id": self.oven.id, "price_unit": 80})],
            }
        )
        order.action_confirm()
        unit = self._deliver(order)
        self.assertEqual((unit.price_paid, unit.currency_id), (92.0, currency))

    def test_price_of_one_when_sold_by_the_dozen(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        unit = self._deliver(self._order(2, product_uom_id=dozen.id, price_unit=1200))
        self.assertEqual((unit.quantity, unit.price_paid), (24, 115.0))

    def test_invoiced_after_delivery(self):
        order = self._order()
        unit = self._deliver(order)
        self.assertFalse(unit.date_invoice)
        self.assertFalse(unit.warranty_ids.date_start)
        self._invoice(order, "2026-01-20")
        self.assertEqual(unit.date_invoice, date(2026, 1, 20))
        self.assertEqual(unit.warranty_ids.date_start, date(2026, 1, 20))
        self.assertEqual(unit.warranty_end, date(2027, 1, 19))

    def test_invoiced_before_delivery(self):
        order = self._order()
        self._invoice(order, "2026-01-05")
        unit = self._deliver(order)
        self.assertEqual(unit.date_invoice, date(2026, 1, 5))

    def test_first_invoice_counts_and_what_was_typed_stays(self):
        order = self._order(2)
        unit = self._deliver(order)
        unit.date_invoice = "2026-01-02"
        self._invoice(order, "2026-01-20")
        self.assertEqual(unit.date_invoice, date(2026, 1, 2))

    def test_corrected_day_of_the_invoice_counts(self):
        order = self._order()
        unit = self._deliver(order)
        invoice = self._invoice(order, "2026-02-20")
        invoice.button_draft()
        self.assertFalse(unit.date_invoice)
        self.assertFalse(unit.warranty_ids.date_start)
        invoice.invoice_date = "2026-01-20"
        invoice.action_post()
        self.assertEqual(unit.date_invoice, date(2026, 1, 20))
        self.assertEqual(unit.warranty_end, date(2027, 1, 19))

    def test_invoice_taken_back(self):
        """The next invoice of the line counts then, and what was typed stays."""
        order = self._order(2)
        unit = self._deliver(order)
        first = self._invoice(order, "2026-01-20")
        second = first.copy({"invoice_date": "2026-02-03"})
        second.invoice_line_ids.sale_line_ids = order.order_line
        second.action_post()
        first.button_cancel()
        self.assertEqual(unit.date_invoice, date(2026, 2, 3))
        unit.date_invoice = "2026-01-02"
        second.button_cancel()
        self.assertEqual(unit.date_invoice, date(2026, 1, 2))

    def test_draft_invoice_starts_nothing(self):
        order = self._order()
        unit = self._deliver(order)
        order._create_invoices()
        self.assertFalse(unit.date_invoice)

    def test_accountant_needs_no_aftersales_right(self):
        order = self._order()
        unit = self._deliver(order)
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-01-20"
        accountant = self.env["res.users"].create(
            {
                "name": "Books",
                "login": "sold_accountant",
                "group_ids": [Command.set([self.env.ref("account.group_account_invoice").id])],
                "company_id": self.env.company.id,
                "company_ids": [Command.set(self.env.company.ids)],
            }
        )
        invoice.with_user(accountant).action_post()
        self.assertEqual(unit.date_invoice, date(2026, 1, 20))
