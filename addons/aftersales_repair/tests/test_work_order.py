from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestWorkOrder(RepairCommon):
    """What an order takes from its request and unit, and that done work stays as it was."""

    def test_follows_request(self):
        self.request.write({"cause_id": self.cause_wear.id, "service_type_id": self.type_half.id})
        order = self._make_order()
        self.assertRecordValues(
            order,
            [
                {
                    "unit_id": self.unit.id,
                    "product_id": self.ac.id,
                    "lot_id": self.unit.lot_id.id,
                    "partner_id": self.customer.id,
                    "team_id": self.team_a.id,
                    "technician_id": self.technician.id,
                    "cause_id": self.cause_wear.id,
                    "service_type_id": self.type_half.id,
                    "date_fault": Date.to_date("2025-06-01"),
                }
            ],
        )

    def test_follows_changed_request(self):
        order = self._make_order()
        other = self._make_unit("RP2", partner_id=self.other_customer.id)
        self.request.write({"unit_id": other.id, "date_reported": "2025-07-05 10:00:00"})
        self.assertRecordValues(
            order,
            [
                {
                    "unit_id": other.id,
                    "lot_id": other.lot_id.id,
                    "partner_id": self.other_customer.id,
                    "date_fault": Date.to_date("2025-07-05"),
                }
            ],
        )
        self.assertEqual(order.charge_ids.unit_id, other)
        self.assertEqual(order.charge_ids.partner_id, self.other_customer)

    def test_done_order_stays_as_it_was_done(self):
        order = self._do(self._make_order())
        onsite = self.env.ref("aftersales_base.aftersales_service_type_onsite")
        move = order.move_ids
        before = (order.picking_type_id, order.location_id, move.location_id)
        other = self._make_unit("RP3", partner_id=self.other_customer.id)
        self.request.write(
            {
                "unit_id": other.id,
                "service_type_id": onsite.id,
                "cause_id": self.cause_misuse.id,
                "date_reported": "2025-08-01 10:00:00",
            }
        )
        self.assertRecordValues(
            order,
            [
                {
                    "unit_id": self.unit.id,
                    "lot_id": self.unit.lot_id.id,
                    "partner_id": self.customer.id,
                    "cause_id": False,
                    "service_type_id": False,
                    "date_fault": Date.to_date("2025-06-01"),
                }
            ],
        )
        self.assertEqual((order.picking_type_id, order.location_id, move.location_id), before)

    def test_from_unit_alone(self):
        order = self._make_order(unit_id=self.unit.id)
        self.assertEqual(order.product_id, self.ac)
        self.assertEqual(order.lot_id, self.unit.lot_id)
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.technician_id, self.env["res.users"])

    def test_request_without_customer_keeps_the_typed_one(self):
        request = self._make_request()
        order = self._make_order(partner_id=self.customer.id)
        order.request_id = request
        self.assertEqual(order.partner_id, self.customer)

    def test_technician_given_is_kept(self):
        order = self._make_order(technician_id=self.other_technician.id)
        self.assertEqual(order.technician_id, self.other_technician)
        self.request.user_id = self.agent
        self.assertEqual(order.technician_id, self.other_technician)

    def test_technician_of_request_does_not_move_given_work(self):
        order = self._make_order()
        self.request.user_id = self.other_technician
        self.assertEqual(order.technician_id, self.technician)

    def test_day_of_report_in_time_zone_of_company(self):
        self.company.partner_id.tz = "Asia/Tokyo"
        self.request.date_reported = "2025-06-01 20:00:00"
        self.assertEqual(self._make_order().date_fault, Date.to_date("2025-06-02"))

    @freeze_time("2025-06-01 20:00:00")
    def test_day_without_request_is_the_users_day(self):
        self.env.user.tz = "UTC"
        order = self._make_order(unit_id=self.unit.id)
        self.assertEqual(order.date_fault, Date.to_date("2025-06-01"))

    def test_other_product_than_the_units_is_refused(self):
        order = self._make_order()
        with self.assertRaisesRegex(ValidationError, "RP1"):
            order.product_id = self.compressor

    def test_form_takes_the_unit(self):
        with Form(self.env["repair.order"]) as form:
            form.unit_id = self.unit
        order = form.record
        self.assertEqual(order.product_id, self.ac)
        self.assertEqual(order.lot_id, self.unit.lot_id)
        self.assertEqual(order.partner_id, self.customer)

    def test_work_order_button(self):
        action = self.request.with_user(self.agent).action_create_work_order()
        order = self.env["repair.order"].browse(action["res_id"])
        self.assertEqual(order.request_id, self.request)
        self.assertEqual(self.request.state, "in_progress")
        self.assertEqual(self.request.repair_count, 1)
        self.assertEqual(self.unit.repair_count, 1)

    def test_start_takes_the_request_up(self):
        for state in ("new", "waiting"):
            with self.subTest(state=state):
                request = self._make_request(unit_id=self.unit.id)
                self._force_state(request, state)
                order = self._make_order(
                    request_id=request.id, parts=[], technician_id=self.technician.id
                )
                self._call(self.technician, order, "action_repair_start")
                self.assertEqual(request.state, "in_progress")
                self.assertEqual(request.user_id, self.technician)

    def test_start_leaves_closed_request(self):
        order = self._make_order()
        self.request.action_cancel()
        order.action_repair_start()
        self.assertEqual(self.request.state, "cancelled")

    def test_several_orders_at_once(self):
        orders = self._make_order() | self._make_order(unit_id=self.unit.id)
        orders.action_repair_start()
        orders.move_ids.quantity = 1
        orders.action_repair_end()
        self.assertEqual(set(orders.mapped("state")), {"done"})
        self.assertEqual(orders.charge_ids.mapped("state"), ["confirmed", "confirmed"])

    def test_nothing_at_once(self):
        nothing = self.env["repair.order"]
        nothing.action_repair_start()
        nothing.action_repair_done()
        nothing._confirm_charges()
        self.assertFalse(nothing.charge_ids)

    def test_ended_twice(self):
        order = self._do(self._make_order(charges=[self.labour]))
        product_move, charges = order.move_id, order.charge_ids
        with self.assertRaises(UserError):
            order.action_repair_end()
        self.assertEqual(order.move_id, product_move)
        self.assertEqual(order.charge_ids, charges)

    def test_copy(self):
        order = self._do(self._make_order(parts=[self._part(quantity=2)], charges=[self.labour]))
        copy = order.copy()
        self.assertRecordValues(
            copy, [{"state": "draft", "unit_id": self.unit.id, "estimate_date": False}]
        )
        self.assertEqual(copy.charge_ids.mapped("kind"), ["part"])
        self.assertEqual(copy.charge_ids.quantity, 2)
        self.assertEqual(copy.charge_ids.state, "draft")
        self.assertEqual(len(order.charge_ids), 2)

    def test_delete(self):
        order = self._make_order(charges=[self.travel])
        order.unlink()
        self.assertFalse(self.env["aftersales.charge"].search([("unit_id", "=", self.unit.id)]))

    def test_order_with_confirmed_charge_stays(self):
        order = self._make_order(charges=[self.travel])
        self._part_charge(order, self.travel).action_confirm()
        with self.assertRaisesRegex(UserError, "Travel Fee"):
            order.unlink()
        self.assertTrue(order.exists())

    def test_other_company(self):
        other = self.env["repair.order"].with_company(self.other_company)
        with self.assertRaises(UserError):
            other.create({"request_id": self.request.id})
        with self.assertRaises(UserError):
            other.create({"unit_id": self.unit.id})
        order = other.create({"partner_id": self.customer.id})
        with self.assertRaises(UserError):
            self._make_order().charge_ids.repair_id = order

    def test_other_companys_order_is_not_seen(self):
        order = self.env["repair.order"].with_company(self.other_company).create({})
        for user in (self.agent, self.manager):
            with self.subTest(user=user.login):
                theirs = self.env["repair.order"].with_user(user).browse(order.id)
                self.assertFalse(theirs.has_access("read"))

    def test_progress(self):
        order = self._make_order(charges=[self.travel])
        self.assertEqual(order.progress, "new")
        order.action_tell_estimate()
        self.assertEqual(order.progress, "estimated")
        order.action_accept_estimate()
        self.assertEqual(order.progress, "agreed")
        order.action_repair_start()
        self.assertEqual(order.progress, "in_work")
        order.move_ids.quantity = 1
        order.action_repair_end()
        self.assertEqual(order.progress, "to_settle")
        cancelled = self._make_order()
        cancelled.action_repair_cancel()
        self.assertEqual(cancelled.progress, "cancelled")

    def test_on_site_work_moves_no_ownership(self):
        onsite = self.env.ref("aftersales_base.aftersales_service_type_onsite")
        order = self._do(self._make_order(service_type_id=onsite.id))
        self.assertEqual(order.move_id.state, "done")
        self.assertEqual(self.unit.state, "active")
        self.assertEqual(
            self.env["aftersales.unit"].search([("product_id", "=", self.ac.id)]), self.unit
        )

    def test_negative_part_on_site_is_refused(self):
        onsite = self.env.ref("aftersales_base.aftersales_service_type_onsite")
        order = self._make_order(service_type_id=onsite.id)
        order.write({"move_ids": [Command.update(order.move_ids.id, {"product_uom_qty": -1})]})
        with self.assertRaises(UserError):
            order.action_validate()

    def _count_queries_of_end(self, orders):
        for order in orders:
            order.action_validate()
        orders.action_repair_start()
        orders.move_ids.picked = True
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        orders._confirm_charges()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_of_charges_do_not_grow(self):
        def make(count):
            orders = self.env["repair.order"]
            for __ in range(count):
                orders |= self._make_order(parts=[], charges=[self.labour, self.travel])
            return orders

        self._count_queries_of_end(make(1))
        one, ten = (self._count_queries_of_end(make(count)) for count in (1, 10))
        self.assertLessEqual(ten, one + 2)

    def test_queries_of_part_charges_do_not_grow(self):
        def count(number):
            order = self._make_order(parts=[self._part() for __ in range(number)])
            order.charge_ids.unlink()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.move_ids._create_part_charges()
            self.env.flush_all()
            self.assertEqual(len(order.charge_ids), number)
            return self.env.cr.sql_log_count - before

        count(1)
        one, ten = count(1), count(10)
        self.assertLessEqual(ten, one + 2)

    def test_customer_does_not_close_what_work_is_planned_for(self):
        order = self._make_order()
        request_sudo = self.request.with_user(self.portal).sudo()
        self.assertTrue(request_sudo._get_customer_close_obstacle())
        self.assertFalse(request_sudo._close_by_customer("works"))
        self.assertNotEqual(self.request.state, "done")
        order.action_repair_cancel()
        self.assertTrue(request_sudo._close_by_customer("works"))
        self.assertEqual(self.request.state, "done")
