from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .test_instalment import InstalmentCommon
from .test_maintenance import MaintenanceCommon

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 1)
EAST, WEST = "Asia/Shanghai", "America/New_York"


class CompanyDayMixin:
    def _each_way(self):
        """Yield the day where the company is, while it is the other one for everybody in it."""
        users = self.manager | self.env.user
        # In the east last: what is due there is due for good.
        for company_zone, user_zone, day in ((WEST, EAST, MARCH), (EAST, WEST, APRIL)):
            self.company.partner_id.tz = company_zone
            users.sudo().tz = user_zone
            self.env.invalidate_all()
            with self.subTest(company=company_zone, user=user_zone):
                yield day


# One in the morning of the 1st of April in Shanghai, one in the afternoon of the 31st of March in
# New York; OdooBot, as whom the jobs run, has no time zone.
@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 17:00:00")
class TestContractDay(CompanyDayMixin, InstalmentCommon):
    """A contract runs, rests and is billed by the days of the company."""

    def test_instalment_due_today_is_billed_by_the_job(self):
        contract = self._make_billed()
        april = contract.instalment_ids.filtered(lambda due: due.date_due == APRIL)
        for day in self._each_way():
            due = day == APRIL
            mine = april.with_user(self.manager)
            self.assertEqual(mine.status, "due" if due else "planned")
            self.assertEqual(contract.due_instalment_count, 1 if due else 3)
            self._run_cron()
            self.assertEqual(april.is_billed, due)
            self.assertEqual(len(contract.charge_ids), 4 if due else 3)
        self.assertEqual(april.charge_ids.date_confirmed, APRIL)

    def test_first_day_of_a_contract(self):
        begins = self._make_contract(start=True, date_start=APRIL)
        ended = self._make_contract(start=True, date_end=MARCH)
        for day in self._each_way():
            statuses = [contract.with_user(self.manager).status for contract in begins | ended]
            self.assertEqual(
                statuses, ["running", "expired"] if day == APRIL else ["upcoming", "ending"]
            )
            covering = self.unit.with_user(self.manager).contract_line_ids.contract_id
            self.assertEqual(covering, begins if day == APRIL else ended)

    def test_rests_from_today_until_yesterday(self):
        for day in self._each_way():
            contract = self._make_contract(start=True).with_user(self.manager)
            contract.action_suspend()
            self.assertEqual(contract.suspension_ids.date_from, day)
            self.assertFalse(contract._covers_on(day))
            contract.suspension_ids.sudo().date_from = date(2026, 3, 1)
            contract.action_resume()
            self.assertTrue(contract._covers_on(day))
            self.assertFalse(contract._covers_on(date(2026, 3, 30)))
            contract.action_close()
            self.assertEqual(contract.date_closed, day)

    def test_new_contract_begins_today(self):
        for day in self._each_way():
            contract = self.env["aftersales.contract"].with_user(self.manager)
            self.assertEqual(contract.create({"partner_id": self.customer.id}).date_start, day)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 17:00:00")
class TestVisitDay(CompanyDayMixin, MaintenanceCommon):
    """Visits are planned, released and late by the days of the company."""

    def test_released_so_many_days_before(self):
        contract = self._make_looked_after()
        plan = contract.plan_ids.sorted("date_due")[0]
        plan.date_due = date(2026, 4, 15)
        for day in self._each_way():
            self._run_cron()
            self.assertEqual(bool(plan.request_id), day == APRIL)

    def test_planned_for_the_day_it_is_due(self):
        for __ in self._each_way():
            contract = self._make_looked_after(self._make_boiler(self.company.partner_id.tz))
            plan = contract.plan_ids.sorted("date_due")[0]
            plan.action_release()
            for moment in (plan.request_id.date_planned, plan.repair_id.schedule_date):
                self.assertEqual(self.company._get_aftersales_day(moment), plan.date_due)

    def test_overdue_from_the_day_after(self):
        plan = self._make_looked_after().plan_ids.sorted("date_due")[0]
        plan.date_due = MARCH
        for day in self._each_way():
            status = "overdue" if day == APRIL else "planned"
            mine = plan.with_user(self.manager)
            self.assertEqual(mine.status, status)
            for asked in ("overdue", "planned"):
                found = mine.search([("status", "=", asked), ("id", "=", plan.id)])
                self.assertEqual(bool(found), asked == status)

    def test_days_gone_by_are_not_planned(self):
        contract = self._make_looked_after()
        rule = contract.rule_ids
        contract.plan_ids.unlink()
        rule.with_context(tz=WEST).interval_unit = "day"
        for day in self._each_way():
            contract.plan_ids.unlink()
            rule._plan_visits()
            self.assertEqual(min(contract.plan_ids.mapped("date_planned")), day)
