from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.aftersales_stock.tests.common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestDeliveryPlan(AftersalesStockCommon):
    """What sales passes on is planned by service before the goods leave the store."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse._link_onsite_service_type()
        cls.serial_product.aftersales_needs_installation = True
        cls.desk = cls._new_user("desk", "aftersales_base.group_aftersales_agent")
        cls.fitter = cls._new_user("fitter", "aftersales_base.group_aftersales_technician")
        cls.salesman = cls._new_user("seller", "sales_team.group_sale_salesman")
        cls.cook = cls.env["res.partner"].create({"name": "Cook Wang", "phone": "555-0199"})

    def _order_goods(self, product=None, **vals):
        return self._sell(product or self.serial_product, partner=self.hotel, **vals)

    def test_service_plans_what_sales_passed_on(self):
        self._stock(self.serial_product, lot="DP1")
        order = self._order_goods(
            aftersales_promise="Trial run",
            aftersales_agreement="400 V",
            aftersales_user_partner_id=self.cook.id,
            aftersales_contact_id=self.cook.id,
            partner_shipping_id=self.hotel_annex.id,
            commitment_date="2035-03-01 09:00:00",
        )
        plan = order.aftersales_plan_ids.with_user(self.desk)
        self.assertEqual((plan.status, plan.order_name), ("to_plan", order.name))
        self.assertEqual((plan.promise, plan.agreement), ("Trial run", "400 V"))
        self.assertEqual((plan.place_id, plan.contact_phone), (self.hotel_annex, "555-0199"))
        self.assertIn(self.serial_product.name, plan.products)
        with Form(plan) as form:
            form.date_dispatch = datetime(2035, 2, 27, 8, 0)
            form.date_install = datetime(2035, 2, 28, 8, 0)
            form.technician_id = self.fitter
            form.note = "Crane ordered"
        self.assertEqual(plan.status, "planned")
        self.assertFalse(plan.warning)
        self.assertEqual(order.picking_ids.scheduled_date, datetime(2035, 2, 27, 8, 0))
        picking = self._validate(order.picking_ids)
        self.assertEqual(plan.status, "left")
        install = self.env["repair.order"].search([("install_move_id", "in", picking.move_ids.ids)])
        self.assertEqual(install.technician_id, self.fitter)
        self.assertEqual(install.schedule_date, datetime(2035, 2, 28, 8, 0))
        for text in ("Trial run", "400 V", "Cook Wang, 555-0199", "Crane ordered"):
            self.assertIn(text, install.internal_notes)
        self.assertEqual(install.unit_id.user_partner_id, self.cook)
        domain = plan.action_view_installations()["domain"]
        self.assertEqual(self.env["repair.order"].search(domain), install)
        with self.assertRaisesRegex(UserError, order.name):
            plan.date_dispatch = "2035-03-02 08:00:00"

    def test_a_plan_stays_with_its_order(self):
        plan = self._order_goods().aftersales_plan_ids.with_user(self.desk)
        other = self._order_goods(self.bulk_product)
        for vals in ({"order_id": other.id}, {"status": "left"}, {"partner_id": self.cook.id}):
            with self.assertRaisesRegex(UserError, "by hand"):
                plan.write(vals)

    def test_warnings(self):
        plan = self._order_goods(commitment_date="2035-03-01 09:00:00").aftersales_plan_ids
        plan.date_dispatch = "2035-03-02 08:00:00"
        self.assertIn("promised", plan.warning)
        plan.date_install = "2035-03-01 08:00:00"
        self.assertIn("before the goods", plan.warning)

    def test_only_what_needs_installing_comes_by_itself(self):
        order = self._order_goods(self.bulk_product)
        self.assertFalse(order.aftersales_plan_ids)
        for __ in range(2):
            order.action_pass_on_to_service()
        self.assertEqual(len(order.aftersales_plan_ids), 1)
        self.assertEqual(order.aftersales_plan_status, "to_plan")

    def test_a_quotation_is_not_planned(self):
        order = self._order_goods(self.bulk_product).copy()
        with self.assertRaisesRegex(UserError, "not confirmed"):
            order.action_pass_on_to_service()

    def test_confirmed_again(self):
        order = self._order_goods()
        order._action_cancel()
        self.assertEqual(order.aftersales_plan_status, "cancelled")
        order.action_draft()
        order.action_confirm()
        self.assertEqual(len(order.aftersales_plan_ids), 1)
        self.assertEqual(order.aftersales_plan_status, "to_plan")

    def test_who_plans(self):
        plan = self._order_goods().aftersales_plan_ids
        plan.technician_id = self.fitter
        stranger = self._new_user("stranger_t", "aftersales_base.group_aftersales_technician")
        for user, sees, plans in [
            (self.desk, True, True),
            (self.fitter, True, False),
            (stranger, False, False),
            (self.salesman, False, False),
        ]:
            with self.subTest(user=user.login):
                theirs = plan.with_user(user)
                self.assertEqual(bool(theirs.search([("id", "=", plan.id)])), sees)
                self.assertEqual(theirs.has_access("write"), plans)
        plan.order_id.user_id = self.salesman
        plan.order_id.aftersales_promise = "Trial run"
        self.assertEqual(plan.with_user(self.salesman).promise, "Trial run")
        with self.assertRaises(AccessError):
            plan.with_user(self.desk).create({"order_id": plan.order_id.id})

    def test_other_team_and_company(self):
        team = self.env["aftersales.team"].create({"name": "Elsewhere"})
        plan = self._order_goods().aftersales_plan_ids
        plan.team_id = team
        self.assertFalse(plan.with_user(self.desk).search([("id", "=", plan.id)]))
        company = self.env["res.company"].create({"name": "Second Company"})
        boss = new_test_user(
            self.env,
            "boss",
            groups="aftersales_base.group_aftersales_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(plan.with_user(boss).search([("id", "=", plan.id)]))
