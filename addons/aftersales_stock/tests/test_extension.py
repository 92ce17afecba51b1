from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.aftersales_base.tests.common import BookkeepingMixin


@tagged("post_install", "-at_install")
class TestExtension(BookkeepingMixin, AccountTestInvoicingCommon):
    """Extensions sold as services, campaign policies, and what was delivered before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.policy, cls.campaign, cls.extra_year = cls.env["aftersales.warranty.policy"].create(
            [
                {"name": "One Year", "term_ids": [Command.create({"duration": 12})]},
                {
                    "name": "Campaign",
                    "repair_only": True,
                    "term_ids": [Command.create({"duration": 3})],
                },
                {
                    "name": "One More Year",
                    "start_basis": "installation",
                    "term_ids": [Command.create({"duration": 12})],
                },
            ]
        )
        cls.oven = cls.env["product.product"].create(
            {"name": "Oven", "is_storable": True, "aftersales_policy_id": cls.policy.id}
        )
        cls.extension = cls.env["product.product"].create(
            {
                "name": "One More Year",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 100,
                "aftersales_extension_policy_id": cls.extra_year.id,
            }
        )
        cls.manager = new_test_user(
            cls.env,
            "ex_manager",
            groups="aftersales_base.group_aftersales_manager",
            company_id=cls.company.id,
        )

    @classmethod
    def get_default_groups(cls):
        groups = super().get_default_groups()
        for xmlid in (
            "aftersales_base.group_aftersales_manager",
            "sales_team.group_sale_manager",
            "stock.group_stock_manager",
        ):
            groups |= cls.quick_ref(xmlid)
        return groups

    def _sell(self, *lines):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [Command.create(line) for line in lines],
            }
        )
        order.action_confirm()
        for picking in order.picking_ids:
            picking.move_ids.quantity = picking.move_ids.product_uom_qty
            picking.button_validate()
        return order

    def _pay_order(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        return invoice

    def _get_ends(self, unit):
        return sorted(unit.warranty_ids.mapped("date_end"))

    @freeze_time("2026-01-10 08:00:00")
    def test_extension_is_given_when_paid(self):
        order = self._sell({"product_id": self.oven.id}, {"product_id": self.extension.id})
        unit = self.env["aftersales.unit"].search([("sale_order_id", "=", order.id)])
        self.assertEqual(self._get_ends(unit), [date(2027, 1, 9)], "sold is not paid")
        self._pay_order(order)
        self.assertEqual(self._get_ends(unit), [date(2027, 1, 9), date(2028, 1, 9)])
        self.assertEqual(unit.warranty_end, date(2028, 1, 9))

    @freeze_time("2026-01-10 08:00:00")
    def test_extension_is_given_once(self):
        order = self._sell({"product_id": self.oven.id}, {"product_id": self.extension.id})
        invoice = self._pay_order(order)
        invoice._invoice_paid_hook()
        unit = self.env["aftersales.unit"].search([("sale_order_id", "=", order.id)])
        self.assertEqual(len(unit.warranty_ids), 2)

    def test_extension_sold_later_for_a_named_unit(self):
        with freeze_time("2026-01-10 08:00:00"):
            self._sell({"product_id": self.oven.id, "product_uom_qty": 1})
            other = self._sell({"product_id": self.oven.id, "product_uom_qty": 1})
        unit, __ = self.env["aftersales.unit"].search([], order="id desc", limit=2)
        with freeze_time("2027-06-01 08:00:00"):
            order = self._sell(
                {
                    "product_id": self.extension.id,
                    "aftersales_unit_ids": [Command.set(unit.ids)],
                }
            )
            self._pay_order(order)
        self.assertEqual(self._get_ends(unit), [date(2027, 1, 9), date(2028, 5, 31)])
        self.assertTrue(other)

    def test_refund_takes_it_back(self):
        with freeze_time("2026-01-10 08:00:00"):
            order = self._sell({"product_id": self.oven.id}, {"product_id": self.extension.id})
            invoice = self._pay_order(order)
        with freeze_time("2026-03-01 08:00:00"):
            self._credit_invoice(invoice, date="2026-03-01")
        unit = self.env["aftersales.unit"].search([("sale_order_id", "=", order.id)])
        extension = unit.warranty_ids.filtered(lambda warranty: warranty.origin == "extension")
        self.assertEqual(extension.close_reason, "refunded")
        self.assertEqual(unit.warranty_end, date(2027, 1, 9))

    @freeze_time("2026-01-10 08:00:00")
    def test_campaign_policy_of_the_line(self):
        order = self._sell({"product_id": self.oven.id, "aftersales_policy_id": self.campaign.id})
        unit = self.env["aftersales.unit"].search([("sale_order_id", "=", order.id)])
        self.assertEqual(unit.policy_id, self.campaign)
        self.assertEqual(self._get_ends(unit), [date(2026, 4, 9)])

    def _open_wizard(self, **vals):
        return (
            self.env["aftersales.unit.register"]
            .with_user(self.manager)
            .create({"date_from": "2025-12-01", "date_to": "2026-01-31", **vals})
        )

    @freeze_time("2026-02-01 08:00:00")
    def test_past_deliveries(self):
        """Delivered before there was a policy; registered later, and only once."""
        self.oven.aftersales_policy_id = False
        with freeze_time("2026-01-10 08:00:00"):
            order = self._sell({"product_id": self.oven.id, "product_uom_qty": 2})
        unit_domain = [("sale_order_id", "=", order.id)]
        self.assertFalse(self.env["aftersales.unit"].search(unit_domain))
        self.oven.aftersales_policy_id = self.policy
        wizard = self._open_wizard(product_ids=[Command.set(self.oven.ids)])
        wizard.action_preview()
        self.assertEqual(wizard.move_count, 1)
        wizard.action_register()
        unit = self.env["aftersales.unit"].search(unit_domain)
        self.assertRecordValues(unit, [{"quantity": 2, "date_start": date(2026, 1, 10)}])
        self.assertEqual(self._get_ends(unit), [date(2027, 1, 9)])
        again = self._open_wizard(product_ids=[Command.set(self.oven.ids)])
        again.action_preview()
        self.assertEqual((again.move_count, again.registered_count), (0, 1))

    @freeze_time("2026-02-01 08:00:00")
    def test_past_deliveries_that_came_back_are_left_out(self):
        self.oven.aftersales_policy_id = False
        with freeze_time("2026-01-10 08:00:00"):
            order = self._sell({"product_id": self.oven.id})
            wizard = self.env["stock.return.picking"].create({"picking_id": order.picking_ids.id})
            wizard.product_return_moves.quantity = 1
            back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
            back.button_validate()
        self.oven.aftersales_policy_id = self.policy
        wizard = self._open_wizard(product_ids=[Command.set(self.oven.ids)])
        wizard.action_preview()
        self.assertEqual((wizard.move_count, wizard.returned_count), (0, 1))
