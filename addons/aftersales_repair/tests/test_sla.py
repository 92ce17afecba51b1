from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import RepairCommon

# A Friday afternoon; the company works 8 to 12 and 13 to 17, Monday to Friday, in UTC.
FRIDAY = datetime(2026, 3, 6, 15, 0)


@tagged("post_install", "-at_install")
class TestWorkOrderSla(RepairCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).active = False
        # Why work is late is asked elsewhere.
        cls.company.aftersales_ask_late_reason = False
        office = cls.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC", "company_id": cls.company.id}
        )
        cls.policy_work, cls.policy_urgent = cls.env["aftersales.sla.policy"].create(
            [
                {
                    "name": "Work",
                    "sequence": 20,
                    "res_model": "repair.order",
                    "calendar_id": office.id,
                    "response_hours": 4,
                    "resolution_hours": 16,
                },
                {
                    "name": "Urgent work",
                    "sequence": 10,
                    "res_model": "repair.order",
                    "priority": "2",
                    "response_hours": 1,
                    "resolution_hours": 4,
                },
            ]
        )
        cls.parts = cls.env.ref("aftersales_base.pause_reason_parts")
        cls.customer_wait = cls.env.ref("aftersales_base.pause_reason_customer")

    def _at(self, hours):
        return freeze_time(FRIDAY + timedelta(hours=hours))

    def _order(self, **vals):
        with self._at(0):
            order = self._make_order(technician_id=self.technician.id, **vals)
            order.action_validate()
            return order

    def test_limits_leave_out_the_weekend(self):
        order = self._order()
        self.assertEqual(order.sla_policy_id, self.policy_work)
        self.assertEqual(order.response_deadline, datetime(2026, 3, 9, 10, 0))
        self.assertEqual(order.resolution_deadline, datetime(2026, 3, 10, 15, 0))
        self.assertEqual(order.sla_state, "late")
        with self._at(1):
            order.invalidate_recordset(["sla_state"])
            self.assertEqual(order.sla_state, "on_time")

    def test_started_and_done(self):
        order = self._order()
        with self._at(1):
            order.with_user(self.technician).action_repair_start()
        self.assertEqual(order.date_first_response, FRIDAY + timedelta(hours=1))
        self.assertEqual((order.response_result, order.response_hours), ("met", 1))
        order.move_ids.quantity = 1
        with self._at(98):
            order.with_user(self.technician).action_repair_end()
        # Tuesday 17:00: two hours on Friday and two days of eight.
        self.assertEqual(order.date_ended, datetime(2026, 3, 10, 17, 0))
        self.assertEqual((order.sla_result, order.resolution_hours), ("missed", 18))

    def test_messages_do_not_start_the_work(self):
        order = self._order()
        order.with_user(self.agent).message_post(
            body="We come", subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        self.assertFalse(order.date_first_response)

    def test_urgent_by_its_request_or_its_star(self):
        self.assertEqual(self._order(priority="1").sla_policy_id, self.policy_urgent)
        self.request.priority = "2"
        order = self._order()
        self.assertEqual(order.sla_policy_id, self.policy_urgent)
        self.request.priority = "0"
        self.assertEqual(order.sla_policy_id, self.policy_work)

    def test_policies_of_requests_are_not_for_work(self):
        (self.policy_work | self.policy_urgent).active = False
        self.env["aftersales.sla.policy"].create({"name": "Requests", "response_hours": 1})
        order = self._order()
        self.assertFalse(order.sla_policy_id)
        self.assertEqual(order.sla_state, "none")

    def test_waiting_for_parts_moves_the_limit(self):
        order = self._order()
        with self._at(1):
            wizard = Form(
                self.env["aftersales.sla.wait"]
                .with_user(self.technician)
                .with_context(default_res_model="repair.order", default_res_id=order.id)
            )
            wizard.reason_id = self.parts
            wizard.date = "2026-03-09"
            wizard.save().action_wait()
            self.assertEqual(order.sla_state, "paused")
            self.assertEqual(order.pause_reason_id, self.parts)
            self.assertEqual(order.activity_ids.user_id, self.technician)
            with self.assertRaisesRegex(UserError, "waits already"):
                order.with_user(self.technician).action_wait(self.parts)
        with self._at(73):
            order.with_user(self.technician).action_resume()
        # Monday 16:00; one of four hours was used on Friday.
        self.assertFalse(order.pause_reason_id)
        self.assertEqual(order.response_deadline, datetime(2026, 3, 10, 10, 0))
        self.assertEqual(order.sla_pause_ids.hours, 72)

    def test_work_ends_the_waiting(self):
        order = self._order()
        order.action_wait(self.parts)
        order.action_repair_start()
        self.assertFalse(order.pause_reason_id)
        order.action_wait(self.parts)
        order.move_ids.quantity = 1
        order.action_repair_end()
        self.assertFalse(order.pause_reason_id)
        with self.assertRaisesRegex(UserError, "is over"):
            order.action_wait(self.parts)

    def test_an_estimate_waits_for_the_customer(self):
        order = self._order()
        order.action_tell_estimate()
        self.assertEqual(order.pause_reason_id, self.customer_wait)
        order.action_tell_estimate()
        self.assertEqual(len(order.sla_pause_ids), 1)
        order.action_accept_estimate()
        self.assertFalse(order.pause_reason_id)

    def test_an_answer_brings_no_parts(self):
        order = self._order()
        order.action_wait(self.parts)
        order.action_tell_estimate()
        order.action_accept_estimate()
        self.assertEqual(order.pause_reason_id, self.parts)

    def test_cancelled_work_has_no_clock_and_starts_again(self):
        order = self._order()
        with self._at(1):
            order.action_repair_cancel()
        self.assertFalse(order.sla_policy_id)
        with self._at(66):
            order.action_repair_cancel_draft()
        self.assertFalse(order.date_ended)
        # Monday 9:00; one of four hours was used on Friday.
        self.assertFalse(order.date_first_response)
        self.assertEqual(order.resolution_deadline, datetime(2026, 3, 10, 17, 0))

    def test_work_done_before_there_were_clocks_has_none(self):
        order = self._order()
        order.action_repair_start()
        order.move_ids.quantity = 1
        order.action_repair_end()
        self.env.flush_all()
        order.sudo().write({"date_ended": False})
        order.priority = "1"
        self.assertFalse(order.sla_policy_id)
        open_orders = order.search(order._get_sla_open_domain())
        self.assertNotIn(order, open_orders)

    def test_escalates_to_the_technician_then_to_leaders_who_see_it(self):
        above = self.env["aftersales.team"].create({"name": "Region"})
        self.team_a.leader_id, above.leader_id = (
            self._new_user(login, "aftersales_base.group_aftersales_agent")
            for login in ("leader", "region")
        )
        self.team_a.parent_id = above
        self.policy_urgent.escalation_ids = [
            Command.create({"percent": 50, "recipient": "assignee"}),
            Command.create({"percent": 100, "recipient": "leader"}),
            Command.create({"percent": 150, "recipient": "upper"}),
        ]
        order = self._order(priority="1")
        self.env.flush_all()
        for hours, users in (
            (2, self.technician),
            (4, self.technician | self.team_a.leader_id),
            (6, self.technician | self.team_a.leader_id | above.leader_id),
        ):
            with self._at(hours), self.enter_registry_test_mode():
                self.env.ref("aftersales_base.ir_cron_escalate").sudo().method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(order.activity_ids.user_id, users)

    def test_nobody_writes_the_clock_by_hand(self):
        order = self._order()
        for fname, value in (
            ("date_ordered", FRIDAY),
            ("date_ended", FRIDAY),
            ("date_first_response", FRIDAY),
            ("resolution_deadline", FRIDAY),
            ("sla_policy_id", self.policy_urgent.id),
            ("pause_reason_id", self.parts.id),
        ):
            for user in (self.technician, self.agent, self.manager):
                with self.subTest(fname=fname, user=user.login), self.assertRaises(UserError):
                    order.with_user(user).write({fname: value})

    def test_only_those_who_work_on_it_let_it_wait(self):
        order = self._order()
        with self.assertRaises(AccessError):
            order.with_user(self.other_technician).action_wait(self.parts)
        wizard = (
            self.env["aftersales.sla.wait"]
            .with_user(self.other_technician)
            .create(
                {
                    "res_model": "repair.order",
                    "res_id": order.id,
                    "reason_id": self.parts.id,
                }
            )
        )
        with self.assertRaises(AccessError):
            wizard.action_wait()
        self.assertFalse(order.sla_pause_ids)

    def test_storekeepers_work_without_reading_policies(self):
        with self._at(0):
            order = (
                self.env["repair.order"]
                .with_user(self.storekeeper)
                .create({"product_id": self.compressor.id, "partner_id": self.customer.id})
            )
        self.assertEqual(order.sudo().sla_policy_id, self.policy_work)
        order.action_validate()
        order.action_repair_start()
        order.action_repair_end()
        self.assertTrue(order.sudo().date_ended)

    def test_leaders_see_the_work_of_teams_below(self):
        above = self.env["aftersales.team"].create({"name": "Above"})
        above.leader_id = self._new_user("above", "aftersales_base.group_aftersales_agent")
        order = self._order()
        as_leader = order.with_user(above.leader_id)
        self.assertFalse(as_leader.has_access("read"))
        self.team_a.parent_id = above
        self.assertTrue(as_leader.has_access("write"))
        self.assertFalse(order.with_user(self.other_agent).has_access("read"))

    def test_queries_do_not_grow_with_orders(self):
        def count(number):
            orders = self.env["repair.order"].create(
                [{"request_id": self.request.id} for __ in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.add_to_compute(orders._fields["sla_policy_id"], orders)
            self.env.add_to_compute(orders._fields["sla_deadline"], orders)
            before = self.cr.sql_log_count
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(20) - count(2), 0)

    def test_screens(self):
        orders = self._order() | self._order(parts=[])
        orders[0].action_wait(self.parts)
        orders = orders.with_user(self.technician)
        for view_type, xmlid in (
            ("form", None),
            ("list", "aftersales_repair.repair_order_view_list"),
            ("kanban", "aftersales_repair.repair_order_view_kanban"),
        ):
            self._open_view(orders, view_type, xmlid)
