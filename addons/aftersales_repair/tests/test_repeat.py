from datetime import timedelta

from freezegun import freeze_time

from odoo.fields import Command, Datetime
from odoo.tests import tagged

from .common import RepairCommon

END = Datetime.to_datetime("2025-06-02 12:00:00")


@tagged("post_install", "-at_install")
class TestRepeat(RepairCommon):
    """What is a repeat: counter, request and analysis say the same of the same case (IN18)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_repeat_days = 90
        faults = cls.env["aftersales.fault"]
        cls.loud = faults.create({"name": "Loud", "kind": "symptom"})

    def _solve(self, serial, symptom=None, cause=None, **vals):
        """Repair a unit until END, and close its request."""
        with freeze_time(END - timedelta(hours=2)):
            request = self._make_request(
                unit_id=self._make_unit(serial).id,
                symptom_id=symptom and symptom.id,
                date_reported=Datetime.now(),
                **vals,
            )
            request.cause_id = cause
            order = self._make_order(parts=[], request_id=request.id, schedule_date=END)
            order.action_validate()
            order.action_repair_start()
        with freeze_time(END):
            order.action_repair_end()
            request.action_done()
        return order

    def _bring(self, serial, days, symptom=None):
        """Bring a unit to the counter so many days after END."""
        with freeze_time(END + timedelta(days=days)):
            line = self.env["aftersales.intake"].with_user(self.agent)
            line = line.create(
                {
                    "partner_id": self.customer.id,
                    "subject": "Again",
                    "line_ids": [
                        Command.create({"lookup": serial, "symptom_id": symptom and symptom.id})
                    ],
                }
            ).line_ids
            said = line.is_repeat
            line.intake_id.action_take_in()
        self.assertTrue(line.request_id, line.error)
        self.assertEqual(line.is_repeat, said, "taken in, it is what it was")
        return line

    def _came_back(self, order):
        self.env.flush_all()
        [(rate,)] = self.env["aftersales.repair.report"]._read_group(
            [("repair_id", "=", order.id)], [], ["repeat:avg"]
        )
        return rate == 100

    def test_all_say_the_same(self):
        symptom, loud, wear, misuse = self.symptom, self.loud, self.cause_wear, self.cause_misuse
        table = [
            # days, symptom and cause before, symptom and cause now
            (5, symptom, None, symptom, None, True),
            (5, symptom, None, loud, None, False),
            (90, symptom, wear, symptom, None, True),
            (91, symptom, wear, symptom, None, False),
            (5, None, None, None, None, True),
            (5, symptom, None, None, None, True),
            (5, None, None, loud, None, True),
            (5, symptom, wear, loud, wear, True),
            (5, symptom, wear, symptom, misuse, True),
            (5, symptom, wear, loud, misuse, False),
            (5, None, wear, None, misuse, False),
            (5, None, wear, None, wear, True),
        ]
        for number, (days, before, cause, now, found, expected) in enumerate(table):
            with self.subTest(days=days, before=before, cause=cause, now=now, found=found):
                serial = f"AGAIN-{number}"
                order = self._solve(serial, before, cause)
                line = self._bring(serial, days, now)
                if not found:
                    self.assertEqual(line.is_repeat, expected, "counter")
                # Found when the work began.
                line.request_id.sudo().cause_id = found
                self.assertEqual(line.repair_id.cause_id, found or self.env["aftersales.fault"])
                self.assertEqual(line.request_id.is_repeat, expected, "request")
                self.assertEqual(self._came_back(order), expected, "analysis")

    def test_company_sets_the_days(self):
        order = self._solve("DAYS-1")
        self.company.aftersales_repeat_days = 4
        line = self._bring("DAYS-1", 5)
        self.assertFalse(line.is_repeat or line.request_id.is_repeat or self._came_back(order))
        self.company.aftersales_repeat_days = 0
        line = self._bring("DAYS-1", 0)
        self.assertFalse(line.is_repeat or line.request_id.is_repeat or self._came_back(order))

    def test_announced_work_repeats_nothing(self):
        order = self._solve("PLAN-1")
        line = self._bring("PLAN-1", 5)
        self.assertTrue(line.request_id.is_repeat and self._came_back(order))
        line.request_id.sudo().notice = "advance"
        self.assertFalse(line.request_id.is_repeat or self._came_back(order))

    def test_announced_work_does_not_come_back(self):
        order = self._solve("PLAN-2", notice="advance")
        line = self._bring("PLAN-2", 5)
        self.assertFalse(line.is_repeat or line.request_id.is_repeat or self._came_back(order))

    def test_installing_does_not_come_back(self):
        """A fault within the days after installation is the first one."""
        order = self._solve("INST-1")
        order.request_id = False
        order.sudo().install_move_id = self.env["stock.move"].search([], limit=1)
        self.env["aftersales.request"].search([("unit_id", "=", order.unit_id.id)]).unlink()
        line = self._bring("INST-1", 5)
        self.assertFalse(line.is_repeat or self._came_back(order))

    def test_repair_without_a_request_is_known_at_the_counter(self):
        with freeze_time(END - timedelta(hours=2)):
            unit = self._make_unit("NOREQ-1")
            order = self._make_order(parts=[], unit_id=unit.id, schedule_date=END)
            order.action_validate()
            order.action_repair_start()
        with freeze_time(END):
            order.action_repair_end()
        line = self._bring("NOREQ-1", 5)
        self.assertTrue(line.is_repeat and self._came_back(order))
