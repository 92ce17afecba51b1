from ast import literal_eval
from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRefurbish(RepairCommon):
    """A unit that came back is worked on at our cost, and sold again, taken apart or scrapped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit._close("returned", date(2025, 6, 1))
        cls.unit.condition = "Dusty"

    def _refurbish(self, user=None):
        action = self.unit.with_user(user or self.agent).action_refurbish()
        return self.env["repair.order"].browse(action["res_id"])

    def _count_stock(self):
        return sum(
            self.env["stock.quant"]
            .search(
                [
                    ("lot_id", "=", self.unit.lot_id.id),
                    ("location_id.usage", "=", "internal"),
                ]
            )
            .mapped("quantity")
        )

    def _end(self, order, result, **vals):
        order.write({"refurbish_result": result, **vals})
        return self._do(order)

    def test_back_to_sale(self):
        order = self._refurbish()
        self.assertFalse(order.partner_id)
        self.assertEqual((order.product_id, order.lot_id), (self.ac, self.unit.lot_id))
        order.move_ids = [self._part()]
        self.assertFalse(order.charge_ids, "our own unit is nobody's bill")
        self._end(order, "sale", refurbish_grade="b", refurbish_condition="New compressor")
        self.assertEqual(self.unit.grade, "b")
        self.assertEqual(self.unit.condition, "New compressor")
        self.assertEqual(self.unit.state, "returned", "to its customer it stays returned")
        self.assertEqual(self._count_stock(), 1)
        self.assertFalse(self.unit.warranty_ids.filtered(lambda w: w.origin == "repair"))
        self.assertFalse(order.pickup_status)

    def test_another_service_type_keeps_the_customer_who_was_typed(self):
        order = self.env["repair.order"].create({"partner_id": self.customer.id})
        order.service_type_id = self.type_onsite
        self.assertEqual(order.partner_id, self.customer)

    def test_a_service_type_in_use_keeps_its_customers(self):
        order = self._make_order(parts=[], service_type_id=self.type_onsite.id)
        with self.assertRaisesRegex(UserError, "another service type"):
            order.service_type_id.is_refurbish = True
        self.assertEqual(order.partner_id, self.customer)
        own = self._refurbish()
        with self.assertRaisesRegex(UserError, "another service type"):
            own.service_type_id.is_refurbish = False
        own.service_type_id.is_refurbish = True

    def test_cost_of_parts(self):
        self.compressor.standard_price = 300
        order = self._refurbish()
        order.move_ids = [self._part(quantity=2)]
        self._end(order, "sale", refurbish_grade="a")
        self.assertEqual(order.refurbish_cost, 600)

    def test_scrapped(self):
        order = self._end(self._refurbish(), "scrap")
        self.assertEqual((self.unit.state, self.unit.grade), ("scrapped", False))
        self.assertEqual(self.unit.condition, "Dusty")
        self.assertEqual(self._count_stock(), 0)
        scrap = self.env["stock.scrap"].search([("origin", "=", order.name)])
        self.assertEqual(scrap.state, "done")

    def test_taken_apart(self):
        """What is recycled is on the shelf, and the unit is gone."""
        before = self.compressor.qty_available
        order = self._refurbish()
        order.move_ids = [self._part(line_type="recycle")]
        self._end(order, "parts")
        self.assertEqual(self.compressor.qty_available, before + 1)
        self.assertEqual(self._count_stock(), 0)

    def test_not_in_our_stock(self):
        """What came back without a transfer leaves no stock below zero."""
        self.unit.lot_id = self.env["stock.lot"].create(
            {"name": "NEVER-IN", "product_id": self.ac.id}
        )
        order = self._refurbish()
        order.refurbish_result = "scrap"
        order._action_repair_confirm()
        order.action_repair_start()
        order.product_id.is_storable = False
        order.action_repair_end()
        self.assertEqual(self.unit.state, "scrapped")
        self.assertFalse(self.env["stock.scrap"].search([("origin", "=", order.name)]))
        self.assertIn("nothing was taken out", "".join(order.message_ids.mapped("body")))

    def test_by_a_technician(self):
        """He ends it without a right on units or stock."""
        order = self._refurbish()
        order.technician_id = self.technician
        order = order.with_user(self.technician)
        order.action_validate()
        order.action_repair_start()
        with Form(order) as form:
            form.refurbish_result = "sale"
            form.refurbish_grade = "c"
        order.action_repair_end()
        self.assertEqual(self.unit.grade, "c")

    def test_what_becomes_of_it_is_said(self):
        order = self._refurbish()
        order.action_validate()
        order.action_repair_start()
        with self.assertRaisesRegex(UserError, "what becomes"):
            order.action_repair_end()
        order.refurbish_result = "sale"
        with self.assertRaisesRegex(UserError, "Grade"):
            order.action_repair_end()

    def test_one_at_a_time(self):
        order = self._refurbish()
        self.assertEqual(self._refurbish(), order, "a second click opens it")
        self.assertFalse(self._passes_database(order.browse(), self.unit._prepare_refurbish_vals()))
        self._end(order, "sale", refurbish_grade="b")
        again = self._refurbish()
        self.assertNotEqual(again, order)
        self._end(again, "sale", refurbish_grade="a")
        self.assertEqual(self.unit.grade, "a")

    def test_cancelled(self):
        order = self._refurbish()
        order.action_repair_cancel()
        self.assertFalse(self.unit.refurbish_id)
        self.assertNotEqual(self._refurbish(), order)

    def test_only_what_came_back(self):
        living = self._make_unit("RF-LIVING")
        with self.assertRaisesRegex(UserError, "did not come back"):
            living.with_user(self.agent).action_refurbish()
        with self.assertRaisesRegex(ValidationError, "in use"):
            self._make_order(
                parts=[],
                unit_id=living.id,
                partner_id=False,
                service_type_id=self.env.ref(
                    "aftersales_repair.aftersales_service_type_refurbish"
                ).id,
            )

    def test_sold_again(self):
        self.unit.copy({"lot_id": self.unit.lot_id.id})
        with self.assertRaisesRegex(UserError, "sold again"):
            self._refurbish()

    def test_nobody_is_charged(self):
        order = self._refurbish()
        with self.assertRaisesRegex(ValidationError, "nobody is charged"), self.cr.savepoint():
            order.charge_ids = [
                Command.create({"product_id": self.labour.id, "partner_id": self.customer.id})
            ]
        with self.assertRaisesRegex(ValidationError, "no customer"):
            order.partner_id = self.customer

    def test_charged_work_does_not_become_refurbishing(self):
        """What was charged is settled first; charges of parts come and go with their movements."""
        own = self.env.ref("aftersales_repair.aftersales_service_type_refurbish")
        order = self._make_order(charges=[self.labour], unit_id=self.unit.id)
        order.partner_id = self.customer
        part, work = self._part_charge(order), self._part_charge(order, self.labour)
        with self.assertRaisesRegex(UserError, "Cancel its charges first"), self.cr.savepoint():
            order.with_user(self.manager).service_type_id = own
            self.env.flush_all()
        self.assertTrue(part.exists(), "refused, nothing is lost")
        work.action_cancel()
        order.with_user(self.manager).service_type_id = own
        self.env.flush_all()
        self.assertTrue(order.is_refurbish)
        self.assertFalse(part.exists())
        self.assertEqual(order.charge_ids, work)
        self._end(order, "sale", refurbish_grade="a")
        self.assertEqual(order.charge_ids.mapped("state"), ["cancelled"])

    def test_confirmed_parts_do_not_become_refurbishing(self):
        order = self._do(self._make_order(unit_id=self.unit.id, partner_id=self.customer.id))
        self.assertEqual(order.charge_ids.state, "confirmed")
        with self.assertRaisesRegex(UserError, "Cancel its charges first"):
            order.service_type_id = self.env.ref(
                "aftersales_repair.aftersales_service_type_refurbish"
            )
            self.env.flush_all()

    def test_is_no_repair_of_the_customer(self):
        """It counts neither towards an exchange nor as work that came back."""
        order = self._refurbish()
        order.cause_id = self.cause_wear
        self._end(order, "sale", refurbish_grade="b")
        self.assertEqual(self.unit._get_repeats(), 0)
        other = self._make_order(parts=[], unit_id=self.unit.id, cause_id=self.cause_wear.id)
        self.assertEqual(other.repeat_count, 0)

    def test_grade_is_not_written_by_hand(self):
        with self.assertRaisesRegex(UserError, "by hand"):
            self.unit.with_user(self.manager).grade = "a"

    def test_no_service_type(self):
        self.env["aftersales.service.type"].search([("is_refurbish", "=", True)]).active = False
        with self.assertRaisesRegex(UserError, "Service Types"):
            self._refurbish()

    def test_filters(self):
        Unit = self.env["aftersales.unit"].with_user(self.agent)
        view = self.env.ref("aftersales_repair.aftersales_unit_view_search_refurbish")
        arch = view._get_combined_arch()

        def find(name):
            [node] = arch.xpath(f"//filter[@name='{name}']")
            return Unit.search([*literal_eval(node.get("domain")), ("id", "=", self.unit.id)])

        self.assertTrue(find("to_refurbish"))
        self._end(self._refurbish(), "sale", refurbish_grade="b")
        self.assertFalse(find("to_refurbish"))
        self.assertTrue(find("ready_for_sale"))
        self.unit.copy({"lot_id": self.unit.lot_id.id})
        self.assertFalse(find("ready_for_sale"))

    def test_roles(self):
        for user, allowed in [
            (self.agent, True),
            (self.manager, True),
            (self.settler, False),
        ]:
            with self.subTest(user=user.login):
                unit = self.unit.with_user(user)
                self.assertEqual(self._passes(unit.action_refurbish), allowed)
