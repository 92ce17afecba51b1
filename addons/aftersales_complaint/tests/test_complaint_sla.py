from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ComplaintCommon

MONDAY = datetime(2026, 3, 2, 8, 0)


@tagged("post_install", "-at_install")
class TestComplaintSla(ComplaintCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.policy_any, cls.policy_critical = cls.env["aftersales.sla.policy"].create(
            [
                {
                    "name": "Complaints",
                    "sequence": 20,
                    "res_model": "aftersales.complaint",
                    "response_hours": 24,
                    "resolution_hours": 240,
                },
                {
                    "name": "Critical",
                    "sequence": 10,
                    "res_model": "aftersales.complaint",
                    "severity": "critical",
                    "response_hours": 2,
                    "resolution_hours": 24,
                },
            ]
        )
        cls.reason = cls.env.ref("aftersales_base.pause_reason_customer")
        cls.complaint = cls._make_complaint(date_reported=MONDAY)

    def _at(self, hours):
        return freeze_time(MONDAY + timedelta(hours=hours))

    def test_limits_follow_the_severity(self):
        complaint = self.complaint
        self.assertEqual(complaint.sla_policy_id, self.policy_any)
        self.assertEqual(complaint.response_deadline, MONDAY + timedelta(hours=24))
        complaint.severity = "critical"
        self.assertEqual(complaint.sla_policy_id, self.policy_critical)
        self.assertEqual(complaint.resolution_deadline, MONDAY + timedelta(hours=24))

    def test_first_message_to_the_customer_answers(self):
        with self._at(1):
            self.complaint.with_user(self.technician).message_post(
                body="Note", subtype_xmlid="mail.mt_note", message_type="comment"
            )
            self.assertFalse(self.complaint.date_first_response)
        with self._at(2):
            self.complaint.with_user(self.technician).message_post(
                body="We look into it", subtype_xmlid="mail.mt_comment", message_type="comment"
            )
        self.assertEqual(self.complaint.response_hours, 2)
        self.assertEqual(self.complaint.response_result, "met")

    def test_closed_in_time_or_not(self):
        late = self._make_complaint(date_reported=MONDAY)
        with self._at(5):
            self._bring_to(self.complaint, "closed")
        with self._at(500):
            self._bring_to(late, "closed")
        self.assertEqual((self.complaint.sla_result, self.complaint.resolution_hours), ("met", 5))
        self.assertEqual((late.sla_result, late.resolution_hours), ("missed", 500))

    def test_waiting_moves_the_limit_until_the_customer_writes(self):
        as_handler = self.complaint.with_user(self.technician)
        with self._at(0):
            as_handler.action_start()
        with self._at(1):
            as_handler.action_wait(self.reason)
            self.assertEqual(self.complaint.sla_state, "paused")
        with self._at(11):
            self.complaint.message_post(
                body="Here is the picture",
                author_id=self.customer.id,
                message_type="email",
                subtype_xmlid="mail.mt_comment",
            )
        self.assertFalse(self.complaint.pause_reason_id)
        self.assertEqual(self.complaint.resolution_deadline, MONDAY + timedelta(hours=250))

    def test_a_step_ends_the_waiting(self):
        as_handler = self.complaint.with_user(self.technician)
        as_handler.action_start()
        as_handler.action_wait(self.reason)
        as_handler.answer = "<p>Sorry</p>"
        as_handler.action_answer()
        self.assertFalse(self.complaint.pause_reason_id)

    def test_only_the_handler_and_managers_let_it_wait(self):
        for user in (self.agent, self.accused):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self.complaint.with_user(user).action_wait(self.reason)
        self.complaint.with_user(self.manager).action_wait(self.reason)
        with self.assertRaises(UserError):
            self.complaint.with_user(self.agent).action_resume()
        self.complaint.with_user(self.technician).action_resume()
        self.assertTrue(self.complaint.sla_pause_ids.date_to)

    def test_time_while_closed_does_not_count(self):
        with self._at(10):
            self._bring_to(self.complaint, "closed")
        with self._at(110):
            self.complaint.with_user(self.verifier).action_reopen()
        self.assertEqual(self.complaint.resolution_deadline, MONDAY + timedelta(hours=340))
        with self._at(111):
            self.complaint.with_user(self.manager).action_cancel()
        self.assertFalse(self.complaint.sla_policy_id)

    def test_escalates_to_leaders(self):
        self.team_a.leader_id = self._new_user("leader", "aftersales_base.group_aftersales_agent")
        self.policy_critical.escalation_ids = [
            Command.create({"percent": 50, "recipient": "assignee"}),
            Command.create({"percent": 100, "recipient": "leader"}),
        ]
        self.complaint.severity = "critical"
        reminders = self.complaint.activity_ids
        self.env.flush_all()
        with self._at(30), self.enter_registry_test_mode():
            self.env.ref("aftersales_base.ir_cron_escalate").sudo().method_direct_trigger()
        self.env.invalidate_all()
        told = self.complaint.sudo().activity_ids - reminders.sudo()
        self.assertEqual(told.user_id, self.technician | self.team_a.leader_id)

    # === LEADERS === #

    def test_leaders_see_complaints_of_teams_below(self):
        above = self.env["aftersales.team"].create({"name": "Region"})
        above.leader_id = self._new_user("region", "aftersales_base.group_aftersales_agent")
        action = self._make_action(self.complaint)
        chief = above.leader_id
        self.assertFalse(self.complaint.with_user(chief).has_access("read"))
        self.team_a.parent_id = above
        self.env.flush_all()
        as_chief = self.complaint.with_user(chief)
        self.assertIn(self.complaint, as_chief.search([]))
        self.assertTrue(action.with_user(chief).has_access("read"))
        # He reads what somebody handles and takes up what nobody does.
        self.assertFalse(self._passes(as_chief.write, {"subject": "Mine"}))
        self.complaint.handler_id = False
        as_chief.action_start()
        self.assertEqual(self.complaint.handler_id, chief)
        self.assertFalse(self.complaint.with_user(self.other_agent).has_access("read"))

    def test_a_leader_takes_no_step_on_a_complaint_about_himself(self):
        above = self.env["aftersales.team"].create({"name": "Region"})
        above.leader_id = self._new_user("region", "aftersales_base.group_aftersales_agent")
        self.team_a.parent_id = above
        self.complaint.write(
            {"handler_id": False, "target_kind": "person", "target_user_id": above.leader_id.id}
        )
        with self.assertRaisesRegex(UserError, "about you"):
            self.complaint.with_user(above.leader_id).action_start()

    def test_queries_do_not_grow_with_complaints(self):
        def count(number):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["aftersales.complaint"].create(
                [
                    {
                        "subject": "x",
                        "partner_id": self.customer.id,
                        "team_id": self.team_a.id,
                        "date_reported": MONDAY,
                    }
                    for __ in range(number)
                ]
            )
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(2)
        self.assertLessEqual(count(20) - count(2), 1)

    def test_the_day_to_close_ends_where_the_company_is(self):
        """The evening of the day in New York is the next day in Greenwich, in Shanghai noon."""
        for zone, end in [
            ("America/New_York", datetime(2026, 3, 11, 3, 59, 59)),
            ("Asia/Shanghai", datetime(2026, 3, 10, 15, 59, 59)),
        ]:
            self.company.partner_id.tz = zone
            complaint = self._make_complaint(date_reported=MONDAY, date_deadline="2026-03-10")
            complaint.sudo().sla_policy_id = False
            self.assertEqual(complaint.date_due.replace(microsecond=0), end, zone)
