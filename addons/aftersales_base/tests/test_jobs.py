from psycopg2 import OperationalError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.jobs import attempt, attempt_together, tell
from .common import AftersalesCommon

JOBS = "odoo.addons.aftersales_base.tools.jobs"


@tagged("post_install", "-at_install")
class TestJobs(AftersalesCommon):
    """What fails in a job keeps nobody else from his turn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.faults = cls.symptom | cls.cause_wear | cls.cause_misuse

    def setUp(self):
        super().setUp()
        self.calls = []

    def _rename(self, bad, error=None):
        """Return a method that renames faults, and fails when ``bad`` is among them."""

        def rename(faults):
            self.calls.append(faults)
            faults.write({"name": "Renamed"})
            if bad & faults:
                raise error or UserError("That one not.")
            return faults

        return rename

    def test_together_when_nothing_is_wrong(self):
        method = self._rename(self.faults.browse())
        self.assertEqual(attempt_together(self.env, [], method), ([], {}))
        self.assertFalse(self.calls)
        for faults in (self.symptom, self.faults):
            self.calls.clear()
            self.assertEqual(attempt_together(self.env, faults, method), ([faults], {}))
            self.assertEqual(self.calls, [faults])

    def test_one_by_one_when_something_is(self):
        method = self._rename(self.cause_wear)
        made, errors = attempt_together(self.env, self.faults, method)
        self.assertEqual(made, [self.symptom, self.cause_misuse])
        self.assertEqual(errors, {self.cause_wear: "That one not."})
        self.assertEqual(
            self.faults.mapped("name"), ["Renamed", "Worn out", "Renamed"], "undone with it"
        )

    def test_groups_stand_or_fall_together(self):
        groups = [self.symptom | self.cause_wear, self.cause_misuse]
        made, errors = attempt_together(self.env, groups, self._rename(self.cause_wear))
        self.assertEqual((made, list(errors)), ([self.cause_misuse], [groups[0]]))
        self.assertEqual(self.symptom.name, "Does not cool")

    def test_one_alone_is_tried_once(self):
        __, errors = attempt_together(self.env, self.symptom, self._rename(self.symptom))
        self.assertEqual((list(errors), len(self.calls)), ([self.symptom], 1))

    def test_rules_of_the_database_are_told_in_words(self):
        def give_twice(faults):
            faults.write({"percent": 0})

        terms = self.env["aftersales.sla.escalation"].create(
            {
                "policy_id": self.env["aftersales.sla.policy"]
                .create({"name": "Standard", "response_hours": 4})
                .id
            }
        )
        with mute_logger("odoo.sql_db"):
            __, error = attempt(self.env, give_twice, terms)
        self.assertEqual(error, "An escalation comes after some of the time is used up.")

    def test_what_is_nobodys_mistake_is_logged(self):
        with self.assertLogs(JOBS, "WARNING") as logs:
            __, error = attempt(
                self.env, self._rename(self.symptom, ZeroDivisionError("strange")), self.symptom
            )
        self.assertEqual(error, "strange")
        self.assertIn("ZeroDivisionError", logs.output[0])

    def test_a_conflict_is_for_the_database_to_repeat(self):
        method = self._rename(self.symptom, OperationalError("could not serialize"))
        with self.assertRaises(OperationalError), self.env.cr.savepoint():
            attempt(self.env, method, self.symptom)

    # === TELLING === #

    def test_the_same_is_told_once(self):
        request = self._make_request()
        said = len(request.message_ids)
        for text, told in (
            ("Not done: no address.", 1),
            ("Not done: no address.", 1),
            ("Not done: 2 < 3 & so on.", 2),
            ("Not done: 2 < 3 & so on.", 2),
            ("Not done: no address.", 3),
        ):
            tell(request, text)
            self.assertEqual(len(request.message_ids), said + told, text)
        note = self.env.ref("mail.mt_note")
        self.assertEqual(request.message_ids[0].subtype_id, note, "for colleagues alone")
        request.message_post(body="I put in the address.")
        tell(request, "Not done: no address.")
        self.assertEqual(len(request.message_ids), said + 5)

    def test_what_cannot_be_told_is_logged(self):
        request = self._make_request()
        self._break(request, "message_post")
        with self.assertLogs(JOBS, "ERROR") as logs:
            tell(request, "Not done.")
        self.assertIn("That one not.", logs.output[0])
