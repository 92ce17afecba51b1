from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import RepairCommon

TODAY = date(2026, 3, 18)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-18 12:00:00")
class TestDispatch(RepairCommon):
    """Work orders are jobs of their technicians, and leaders see those of the teams below."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.member, cls.other_member = cls.env["aftersales.team.member"].create(
            [
                {"team_id": cls.team_a.id, "user_id": user.id, "capacity": 2}
                for user in (cls.technician, cls.other_technician)
            ]
        )
        cls.members = cls.member | cls.other_member

    def _get_jobs(self, member, day=TODAY):
        return self.members._get_member_jobs(day).get(member.user_id.id, set())

    def test_a_job_counts_once(self):
        own = self._make_order()
        self.assertEqual(self._get_jobs(self.member), {("repair.order", own.id)})
        other = self._make_order(technician_id=self.other_technician.id)
        self.assertEqual(self._get_jobs(self.other_member), {("repair.order", other.id)})
        self.assertEqual(self.other_member.job_count, 1)
        action = self.other_member.action_view_jobs()
        self.assertEqual(self.env["aftersales.request"].search(action["domain"]), self.request)

    def test_day_of_a_work_order(self):
        order = self._make_order(technician_id=self.other_technician.id)
        order.schedule_date = "2026-03-20 09:00:00"
        self.assertFalse(self._get_jobs(self.other_member))
        self.assertTrue(self._get_jobs(self.other_member, date(2026, 3, 20)))
        order.schedule_date = "2026-03-10 09:00:00"
        self.assertTrue(self._get_jobs(self.other_member))
        order.action_repair_cancel()
        self.assertFalse(self._get_jobs(self.other_member))

    def test_who_repaired_served_the_customer(self):
        order = self._make_order(technician_id=self.other_technician.id)
        order.action_validate()
        order.action_repair_start()
        self.assertIn(order.name, self.other_member.current_job)
        order.action_repair_end()
        self.request.action_start()
        self.request.action_done()
        request = self._make_request(partner_id=self.customer.id)
        Dispatch = self.env["aftersales.dispatch"]
        best, other = (
            candidate
            for candidate in Dispatch._rank(request, Dispatch._get_facts(request))
            if candidate["member"] in self.members
        )
        self.assertEqual((best["member"], best["served"]), (self.other_member, 1))
        self.assertEqual(best["last_served"], TODAY)
        self.assertEqual((other["member"], other["served"]), (self.member, 0))

    def test_leader_above_works_on_orders(self):
        leader = self._new_user("leader", "aftersales_base.group_aftersales_agent")
        office = self.env["aftersales.team"].create({"name": "Office", "leader_id": leader.id})
        order = self._make_order()
        self.assertFalse(order.with_user(leader).has_access("read"))
        self.team_a.parent_id = office
        own = order.with_user(leader)
        self.assertTrue(self._passes(own.write, {"move_ids": [self._part(self.filter_part)]}))
        self.assertTrue(self._passes(own.action_validate))
        self.assertTrue(
            self._passes(
                own.write, {"charge_ids": [Command.create({"product_id": self.travel.id})]}
            )
        )
        self.assertFalse(order.with_user(self.other_agent).has_access("read"))

    def test_as_many_queries_for_many_people_as_for_one(self):
        counts = []
        for members in (self.member, self.member, self.members):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            members.browse(members.ids).mapped("load")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
