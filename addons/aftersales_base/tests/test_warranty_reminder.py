from freezegun import freeze_time

from odoo.api import SUPERUSER_ID, Environment
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-15")
class TestWarrantyReminder(AftersalesCommon):
    """Before the last warranty of a unit ends, one to-do for whoever looks after the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_reminder_days = 30
        cls.customer.user_id = cls.salesman
        cls.env["aftersales.unit"].search([]).state = "scrapped"

    def _make_ending(self, serial, last_day="2026-02-01", **vals):
        """Make a unit with one warranty until ``last_day``."""
        unit = self._make_unit(serial, policy_id=False, **vals)
        self._promise(unit, last_day)
        return unit

    def _promise(self, unit, last_day, **vals):
        return self.env["aftersales.warranty"].create(
            {
                "unit_id": unit.id,
                "date_start": last_day,
                "duration": 1,
                "duration_unit": "day",
                **vals,
            }
        )

    def _remind(self, batch_size=500):
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            desk = self.env["aftersales.unit"].with_env(Environment(cr, SUPERUSER_ID, {}))
            desk._cron_remind_of_warranty_end(batch_size)
        self.env.invalidate_all()

    def _remind_without_time(self):
        """Run the job with no time left; return how much it says is still to do."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            job = env.ref("aftersales_base.ir_cron_remind_of_warranty_end")
            __, progress = job._add_progress()
            context = {"ir_cron_progress_id": progress.id, "cron_id": job.id, "cron_end_time": 0}
            env["aftersales.unit"].with_context(**context)._cron_remind_of_warranty_end()
            return progress.remaining

    def _get_activities(self, units):
        return self.env["mail.activity"].search(
            [("res_model", "=", "aftersales.unit"), ("res_id", "in", units.ids)]
        )

    def test_salesperson_gets_one_todo(self):
        unit = self._make_ending("RE1")
        self._remind()
        activity = self._get_activities(unit)
        self.assertEqual(activity.user_id, self.salesman)
        self.assertEqual(str(activity.date_deadline), "2026-02-01")
        self._remind()
        self.assertEqual(self._get_activities(unit), activity)
        activity.action_done()
        self._remind()
        self.assertFalse(self._get_activities(unit))

    def test_only_what_ends_within_the_days(self):
        today = self._make_ending("RE2", "2026-01-15")
        last = self._make_ending("RE3", "2026-02-14")
        others = self._make_ending("RE4", "2026-02-15") | self._make_ending("RE5", "2026-01-14")
        longer = self._make_ending("RE6")
        self._promise(longer, "2030-01-01")
        lifetime = self._make_ending("RE7")
        self._promise(lifetime, "2026-01-01", duration_unit="lifetime")
        waiting = self._make_ending("RE8")
        self._promise(waiting, False, start_basis="registration")
        gone = self._make_ending("RE9")
        gone.state = "scrapped"
        void = self._make_ending("RE10")
        void.warranty_ids._void("Opened")
        self._remind()
        others |= longer | lifetime | waiting | gone | void
        self.assertEqual(len(self._get_activities(today | last)), 2)
        self.assertFalse(self._get_activities(others))

    def test_batches_reach_everybody_once(self):
        units = self.env["aftersales.unit"].union(
            *(self._make_ending(f"RB{number}") for number in range(7))
        )
        self._remind(batch_size=2)
        self._remind(batch_size=3)
        self.assertEqual(len(self._get_activities(units)), 7)

    def test_one_bad_unit_keeps_no_other_from_it(self):
        first, bad, last = (self._make_ending(f"RX{number}") for number in range(3))
        self._break(bad, "activity_schedule")
        for __ in range(2):
            self._remind()
            self.assertEqual(len(self._get_activities(first | last)), 2)
            self.assertFalse(self._get_activities(bad))
            self.assertFalse(bad.reminded_end)
        notes = [body for body in bad.message_ids.mapped("body") if "Nobody was reminded" in body]
        self.assertEqual(len(notes), 1)
        self.assertIn("That one not.", notes[0])
        self.assertNotIn("Nobody was", "".join((first | last).message_ids.mapped("body")))

    def test_nobody_responsible_waits_for_somebody(self):
        unit = self._make_ending("RE11", partner_id=self.other_customer.id)
        self._remind()
        self.assertFalse(self._get_activities(unit))
        self.company.aftersales_reminder_user_id = self.agent
        self._remind()
        self.assertEqual(self._get_activities(unit).user_id, self.agent)

    def test_who_may_not_read_the_unit_is_not_asked(self):
        plain = self._new_user("plain", "base.group_user")
        self.company.aftersales_reminder_user_id = self.agent
        self.customer.user_id = plain
        unit = self._make_ending("RE12")
        self._remind()
        self.assertEqual(self._get_activities(unit).user_id, self.agent)

    def test_extended_warranty_is_reminded_of_its_new_end(self):
        unit = self._make_ending("RE13")
        self._remind()
        self._get_activities(unit).action_done()
        unit._extend_warranty({"kind": "all", "duration": 3})
        self._remind()
        self.assertFalse(self._get_activities(unit))
        with freeze_time("2026-04-20"):
            self._remind()
            self._remind()
        self.assertEqual(str(self._get_activities(unit).date_deadline), "2026-05-01")

    def test_off_by_default(self):
        self.company.aftersales_reminder_days = 0
        unit = self._make_ending("RE14")
        self._remind()
        self.assertFalse(self._get_activities(unit))

    def test_warranties_and_expired_units_are_left_alone(self):
        units = self._make_ending("RE15") | self._make_ending("RE16", "2025-06-01")
        self.env.flush_all()
        before = self.env["aftersales.warranty"].search_read([], ["write_date", "date_end"])
        expired = units[1].write_date
        self._remind()
        self.env.invalidate_all()
        after = self.env["aftersales.warranty"].search_read([], ["write_date", "date_end"])
        self.assertEqual(before, after)
        self.assertEqual(units[1].write_date, expired)

    def test_out_of_time_what_is_left_is_known(self):
        """A company that has nothing to do does not hide what is left of another."""
        self.env["res.company"].create({"name": "Idle", "aftersales_reminder_days": 30})
        units = self._make_ending("RE1") | self._make_ending("RE2")
        self.assertEqual(self._remind_without_time(), 2)
        self.assertFalse(self._get_activities(units))
