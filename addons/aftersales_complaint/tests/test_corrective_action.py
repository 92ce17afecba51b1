from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ComplaintCommon


@freeze_time("2025-03-05 09:00:00")
@tagged("post_install", "-at_install")
class TestCorrectiveAction(ComplaintCommon):
    """What, by whom, until when."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.action = cls._make_action(cls.complaint)

    def test_owner_does_it_and_changes_nothing_else(self):
        own = self.action.with_user(self.other_technician)
        own.result = "Calendar changed."
        own.action_done()
        self.assertEqual(self.action.date_done, date(2025, 3, 5))
        for vals in (
            {"name": "Nothing"},
            {"date_deadline": "2026-01-01"},
            {"user_id": self.agent.id},
            {"complaint_id": self._make_complaint().id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                own.write(vals)
        with self.assertRaises(UserError):
            own.unlink()

    @freeze_time("2025-03-10 17:00:00")
    def test_late_by_the_clock_of_the_company(self):
        """Due on the 10th, which is over in Shanghai and not in New York."""
        self.complaint.date_deadline = "2025-03-10"
        for zone, elsewhere, late in (
            ("America/New_York", "Asia/Shanghai", False),
            ("Asia/Shanghai", "America/New_York", True),
        ):
            self.company.partner_id.tz = zone
            (self.technician | self.other_technician | self.env.user).sudo().tz = elsewhere
            self.env.invalidate_all()
            for record in (
                self.action.with_user(self.other_technician),
                self.complaint.with_user(self.technician),
            ):
                self.assertEqual(record.is_overdue, late)
                found = record.search([("is_overdue", "=", True), ("id", "=", record.id)])
                self.assertEqual(bool(found), late)
            self.assertEqual(self.complaint.days_late, int(late))
        self.action.with_user(self.other_technician).action_done()
        self.assertEqual(self.action.date_done, date(2025, 3, 11))

    def test_handler_and_manager_do_everything(self):
        for user in (self.technician, self.manager):
            own = self.env["aftersales.corrective.action"].with_user(user)
            action = own.create(
                {
                    "complaint_id": self.complaint.id,
                    "name": "Call first",
                    "user_id": self.agent.id,
                    "date_deadline": "2025-03-09",
                }
            )
            action.name = "Call an hour before"
            action.action_done()
            self.assertTrue(action.date_done)
            action.unlink()
            self.assertFalse(action.exists())

    def test_others_are_refused(self):
        vals = {
            "complaint_id": self.complaint.id,
            "name": "Mine",
            "user_id": self.agent.id,
            "date_deadline": "2025-03-09",
        }
        for user in (self.agent, self.other_technician, self.other_agent, self.accused):
            Action = self.env["aftersales.corrective.action"].with_user(user)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                Action.create({**vals, "user_id": user.id})
        with self.assertRaises(UserError):
            self.action.with_user(self.agent).action_done()
        for user in (self.accused, self.other_agent):
            with self.assertRaises(AccessError):
                self.action.with_user(user).write({"date_done": "2025-03-05"})
        with self.assertRaises(UserError):
            self.action.with_user(self.settler).write({"date_done": "2025-03-05"})

    def test_closed_complaints_keep_their_actions(self):
        self.action.action_done()
        self._bring_to(self.complaint, "closed")
        for user in (self.other_technician, self.technician, self.manager):
            with self.assertRaises(UserError):
                self.action.with_user(user).action_reopen()
        with self.assertRaises(UserError):
            self.action.with_user(self.manager).unlink()

    def test_overdue(self):
        Action = self.env["aftersales.corrective.action"]
        for day, late in (("2025-03-10", False), ("2025-03-11", True)):
            with freeze_time(day):
                self.action.invalidate_recordset()
                self.assertEqual(self.action.is_overdue, late)
                found = Action.search([("is_overdue", "=", True), ("id", "=", self.action.id)])
                self.assertEqual(bool(found), late)
        with freeze_time("2025-03-11"):
            self.action.action_done()
            self.assertFalse(self.action.is_overdue)

    def test_reminder_of_the_owner(self):
        activity = self.action.activity_ids
        self.assertEqual(activity.user_id, self.other_technician)
        self.assertEqual(activity.date_deadline, date(2025, 3, 10))
        self.action.with_user(self.technician).write(
            {"user_id": self.agent.id, "date_deadline": "2025-03-12"}
        )
        activity = self.action.activity_ids
        self.assertEqual(
            (activity.user_id, activity.date_deadline), (self.agent, date(2025, 3, 12))
        )
        self.action.with_user(self.agent).action_done()
        self.assertFalse(self.action.activity_ids)
        self.action.with_user(self.technician).action_reopen()
        self.assertEqual(self.action.activity_ids.user_id, self.agent)

    def test_cancelled_complaint_reminds_nobody(self):
        self.complaint.with_user(self.manager).action_cancel()
        self.assertFalse(self.action.activity_ids)

    def test_owner_needs_a_role(self):
        with self.assertRaises(UserError):
            self.action.user_id = self.salesman

    def test_is_opened_from_its_complaint(self):
        action = self.complaint.action_view_actions()
        found = self.env["aftersales.corrective.action"].search(action["domain"])
        self.assertEqual(found, self.action)
        self.assertEqual(self.complaint.action_count, 1)
