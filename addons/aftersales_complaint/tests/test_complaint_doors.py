from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ComplaintCommon

# The technician handles it; the other technician has an action to do.
TECHNICIAN_HANDLES = {
    ("new", "in_progress"): {"technician", "manager"},
    ("new", "closed"): {"manager"},
    ("new", "cancelled"): {"manager"},
    ("in_progress", "answered"): {"technician", "manager"},
    ("in_progress", "closed"): {"manager"},
    ("in_progress", "cancelled"): {"manager"},
    ("answered", "in_progress"): {"technician", "agent", "manager"},
    ("answered", "verified"): {"agent", "manager"},
    ("answered", "cancelled"): {"manager"},
    ("verified", "closed"): {"technician", "agent", "manager"},
    ("verified", "in_progress"): {"agent", "manager"},
    ("closed", "in_progress"): {"agent", "manager"},
    ("cancelled", "new"): {"manager"},
}
# The agent handles it himself: all but the verification is his.
AGENT_HANDLES = {
    **{step: {"agent", "manager"} for step in TECHNICIAN_HANDLES},
    ("answered", "verified"): {"manager"},
    ("cancelled", "new"): {"manager"},
}
# Nobody handles it: agents of the team take it up.
NOBODY_HANDLES = {
    **{step: {"agent", "manager"} for step in TECHNICIAN_HANDLES},
    ("cancelled", "new"): {"manager"},
}
BUTTONS = {
    "action_start": "in_progress",
    "action_answer": "answered",
    "action_verify": "verified",
    "action_close": "closed",
    "action_reopen": "in_progress",
    "action_cancel": "cancelled",
    "action_restore": "new",
}
ROLES = [
    "technician",
    "other_technician",
    "agent",
    "other_agent",
    "manager",
    "settler",
    "salesman",
    "portal",
]


@tagged("post_install", "-at_install")
class TestComplaintDoors(ComplaintCommon):
    """Every step, from every state, by every role, through every way in."""

    def _check_table(self, complaint, steps):
        # Conditions are met here: they have tests of their own.
        complaint.write({"answer": "<p>Sorry.</p>", "record_only": True})
        self.env.flush_all()
        states = list(dict(complaint._fields["state"].selection))
        for origin in states:
            self._force_state(complaint, origin)
            for target in states:
                for role in ROLES:
                    if origin != target:
                        expected = role in steps.get((origin, target), ())
                        self._check_cell(complaint, role, origin, target, expected)

    def _check_cell(self, complaint, role, origin, target, expected):
        user = getattr(self, role)
        own = complaint.with_user(user)
        ways = {"write": lambda: own.write({"state": target})}
        if expected:
            ways["remote"] = lambda: self._call(user, complaint, "write", {"state": target})
        for button, result in BUTTONS.items():
            if result == target:
                ways[button] = getattr(own, button)
        for way, action in ways.items():
            with self.subTest(role=role, step=(origin, target), way=way):
                self.assertEqual(self._passes(action), expected)
        if role in ("technician", "agent", "manager") and own.has_access("read"):
            with self.subTest(role=role, step=(origin, target), way="offered"):
                self.assertEqual(target in own.next_states.split(","), expected)

    def test_handled_by_a_technician(self):
        self._make_action(self.complaint, date_done="2025-03-10")
        self._check_table(self.complaint, TECHNICIAN_HANDLES)

    def test_handled_by_an_agent(self):
        self._check_table(self._make_complaint(handler_id=self.agent.id), AGENT_HANDLES)

    def test_handled_by_nobody(self):
        complaint = self._make_complaint(handler_id=False)
        steps = {step for step in NOBODY_HANDLES if step[1] == "in_progress"}
        self._check_table(complaint, NOBODY_HANDLES)
        self.assertTrue(steps)

    def test_person_complained_about_takes_no_step(self):
        """Not even as a manager: others look at it."""
        complaint = self._make_complaint(
            target_kind="person", target_user_id=self.manager.id, record_only=True
        )
        for origin, target in TECHNICIAN_HANDLES:
            self._force_state(complaint, origin)
            with self.subTest(step=(origin, target)):
                own = complaint.with_user(self.manager)
                self.assertFalse(self._passes(own.write, {"state": target}))
                self.assertEqual(own.next_states, "")

    def test_new_complaints_start_at_the_beginning(self):
        vals = {"subject": "By hand", "state": "closed"}
        for user in (self.agent, self.manager):
            with self.assertRaises(UserError):
                self.env["aftersales.complaint"].with_user(user).create(vals)

    def test_values_of_the_rules_are_not_typed(self):
        table = {
            "name": "CP1",
            "date_answered": "2025-01-01 08:00:00",
            "answer_user_id": self.agent.id,
            "date_verified": "2025-01-01 08:00:00",
            "verify_user_id": self.agent.id,
            "date_closed": "2025-01-01 08:00:00",
            "days_to_close": 1.0,
            "compensation_status": "paid_out",
            "compensation_user_id": self.manager.id,
        }
        for fname, value in table.items():
            with self.subTest(field=fname):
                own = self.complaint.with_user(self.manager)
                self.assertFalse(self._passes(own.write, {fname: value}))

    def test_batch_with_one_forbidden_changes_none(self):
        other = self._make_complaint(handler_id=self.agent.id)
        with self.assertRaises(UserError):
            (self.complaint | other).with_user(self.agent).write({"state": "in_progress"})
        self.assertEqual((self.complaint | other).mapped("state"), ["new", "new"])

    def test_empty_batch(self):
        for button in BUTTONS:
            getattr(self.env["aftersales.complaint"], button)()

    # === CONDITIONS, IN WORDS === #

    def assertRefused(self, complaint, user, state, *texts):
        with self.assertRaises(UserError) as caught:
            complaint.with_user(user).write({"state": state})
        for text in (complaint.name, *texts):
            self.assertIn(text, str(caught.exception))

    def test_answered_needs_an_answer(self):
        self._bring_to(self.complaint, "in_progress")
        for empty in (False, "", "<p><br></p>"):
            self.complaint.with_user(self.technician).answer = empty
            self.assertRefused(self.complaint, self.technician, "answered", "has no answer")
            self.assertIn("has no answer", self.complaint.blocking_message)

    def test_handler_and_answerer_do_not_verify(self):
        complaint = self._make_complaint(handler_id=self.agent.id)
        self._bring_to(complaint, "answered")
        self.assertRefused(complaint, self.agent, "verified", "Somebody else")
        # Handing it over does not make him somebody else.
        complaint.with_user(self.agent).handler_id = self.technician
        self.assertRefused(complaint, self.agent, "verified", "Somebody else")
        complaint.with_user(self.verifier).action_verify()
        self.assertEqual(complaint.verify_user_id, self.verifier)

    def test_closed_needs_the_actions_done(self):
        action = self._make_action(self.complaint)
        self._bring_to(self.complaint, "verified")
        self.assertRefused(
            self.complaint, self.technician, "closed", "Plan the way", self.other_technician.name
        )
        action.with_user(self.other_technician).action_done()
        self.complaint.with_user(self.technician).action_close()
        self.assertEqual(self.complaint.state, "closed")

    def test_closed_needs_the_rework_done(self):
        complaint = self._make_complaint(handler_id=self.agent.id, outcome="rework")
        self._bring_to(complaint, "verified")
        self.assertRefused(complaint, self.agent, "closed", "has no request for it")
        complaint.with_user(self.agent).action_create_rework()
        request = complaint.rework_ids
        self.assertRefused(complaint, self.agent, "closed", request.name)
        request.action_done()
        complaint.with_user(self.agent).action_close()

    def test_only_what_is_just_noted_is_closed_at_once(self):
        complaint = self._make_complaint(handler_id=False)
        self.assertRefused(complaint, self.agent, "closed", "Just Noted")
        complaint.with_user(self.agent).record_only = True
        complaint.with_user(self.agent).action_close()
        self.assertTrue(complaint.date_closed)
        self.assertFalse(complaint.handler_id)

    def test_ended_complaints_stay_as_they_are(self):
        self._bring_to(self.complaint, "closed")
        for user in (self.technician, self.agent, self.manager):
            with self.assertRaises(UserError) as caught:
                self.complaint.with_user(user).write({"subject": "Nothing happened"})
            self.assertIn("Reopen it", str(caught.exception))
        self.complaint.with_user(self.agent).action_reopen()
        self.complaint.with_user(self.technician).subject = "It happened again"

    def test_reopening_starts_a_new_round(self):
        self._bring_to(self.complaint, "closed")
        self.complaint.with_user(self.agent).action_reopen()
        self.assertFalse(self.complaint.date_closed)
        self.assertFalse(self.complaint.verify_user_id)
        self.assertEqual(self.complaint.handler_id, self.technician)
        self._bring_to(self.complaint, "closed")
