from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCommon

CRON = "aftersales_contract.ir_cron_plan_and_release"
RULES = "odoo.addons.aftersales_contract.models.aftersales_maintenance_rule"


class MaintenanceCommon(ContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sudo().write(
            {"aftersales_maintenance_horizon": 90, "aftersales_release_days": 14}
        )

    @classmethod
    def _make_rule(cls, contract=None, line=None, policy=None, **vals):
        sources = {"contract_id": contract, "line_id": line, "policy_id": policy}
        return cls.env["aftersales.maintenance.rule"].create(
            {
                "name": "Cleaning",
                **{fname: source.id for fname, source in sources.items() if source},
                "interval": 1,
                "service_type_id": cls.type_onsite.id,
                **vals,
            }
        )

    @classmethod
    def _make_looked_after(cls, unit=None, **vals):
        """Make an active contract for one unit with a monthly visit."""
        contract = cls._make_contract([{"unit_id": (unit or cls.unit).id}])
        cls._make_rule(contract, **vals)
        contract.action_start()
        return contract

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _days(self, plans):
        return [f"{plan.date_due:%y-%m-%d}" for plan in plans.sorted("date_due")]

    def _plans_of(self, units):
        return self.env["aftersales.maintenance.plan"].search([("unit_id", "in", units.ids)])


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestPlan(MaintenanceCommon):
    """What is planned, for which units and days."""

    def test_planned_ahead_by_the_horizon(self):
        contract = self._make_looked_after()
        self.assertEqual(self._days(contract.plan_ids), ["26-04-01", "26-05-01", "26-06-01"])
        self.assertEqual(contract.plan_count, 3)
        self.assertEqual(set(contract.plan_ids.mapped("status")), {"planned"})
        self.assertEqual(contract.plan_ids.partner_id, self.customer)

    def test_rerun_plans_nothing_twice(self):
        contract = self._make_looked_after()
        plans = contract.plan_ids
        contract.rule_ids._plan_visits()
        self._run_cron()
        self.assertEqual(contract.plan_ids, plans)
        with freeze_time("2026-04-10"):
            self._run_cron()
            self.assertEqual(
                self._days(contract.plan_ids), ["26-04-01", "26-05-01", "26-06-01", "26-07-01"]
            )

    def test_month_ends_do_not_drift(self):
        self.company.sudo().aftersales_maintenance_horizon = 365
        contract = self._make_contract(date_start="2026-01-31", date_end="2026-08-31")
        self._make_rule(contract)
        contract.action_start()
        self.assertEqual(
            self._days(contract.plan_ids),
            ["26-03-31", "26-04-30", "26-05-31", "26-06-30", "26-07-31", "26-08-31"],
        )

    def test_drift_over_years(self):
        """Planned by a job that runs late and irregularly, the days stay the days."""
        contract = self._make_contract(date_start="2026-01-31", date_end="2027-12-31")
        self._make_rule(contract, interval=2)
        contract.action_start()
        for day in ("2026-05-03", "2026-07-31", "2026-10-01", "2027-01-02", "2027-03-02"):
            with freeze_time(day):
                contract.rule_ids._plan_visits()
        self.assertEqual(
            self._days(contract.plan_ids),
            [
                "26-03-31",
                "26-05-31",
                "26-07-31",
                "26-09-30",
                "26-11-30",
                "27-01-31",
                "27-03-31",
                "27-05-31",
            ],
        )

    def test_number_of_visits(self):
        contract = self._make_looked_after(visit_count=4)
        self.assertEqual(self._days(contract.plan_ids), ["26-04-01", "26-05-01"])

    def test_visits_end_with_the_contract(self):
        contract = self._make_looked_after()
        contract.date_end = "2026-04-30"
        self.assertEqual(self._days(contract.plan_ids), ["26-04-01"])
        contract.date_end = "2026-05-01"
        self.assertEqual(self._days(contract.plan_ids), ["26-04-01", "26-05-01"])

    def test_draft_plans_nothing(self):
        contract = self._make_contract()
        self._make_rule(contract)
        self._run_cron()
        self.assertFalse(contract.plan_ids)

    def test_rule_of_a_line_looks_after_its_units(self):
        twin = self._make_boiler("B-2")
        contract = self._make_contract([{"unit_id": twin.id}, {"kind": "labour"}])
        self._make_rule(contract, contract.line_ids[0])
        self._make_rule(contract, name="Check")
        contract.action_start()
        by_rule = contract.plan_ids.grouped(lambda plan: plan.rule_id.name)
        self.assertEqual(by_rule["Cleaning"].unit_id, twin)
        self.assertEqual(by_rule["Check"].unit_id, self.unit + twin)

    def test_line_of_another_contract_is_refused(self):
        contract, other = self._make_contract(), self._make_contract()
        with self.assertRaises(ValidationError):
            self._make_rule(contract, other.line_ids)
        rule = self._make_rule(line=other.line_ids)
        self.assertEqual(rule.contract_id, other)

    def test_rule_belongs_to_one_thing(self):
        rules, contract = self.env["aftersales.maintenance.rule"], self._make_contract()
        vals = {"name": "Cleaning", "service_type_id": self.type_onsite.id}
        for source, passes in (
            ({}, False),
            ({"contract_id": contract.id}, True),
            ({"policy_id": self.policy.id}, True),
            ({"contract_id": contract.id, "policy_id": self.policy.id}, False),
            ({"contract_id": contract.id, "interval": 0}, False),
        ):
            self.assertEqual(self._passes_database(rules, {**vals, **source}), passes, source)

    def test_rule_added_and_taken_away_on_an_active_contract(self):
        contract = self._make_contract([{"unit_id": self.unit.id}], start=True)
        rule = self._make_rule(contract)
        self.assertEqual(len(contract.plan_ids), 3)
        rule.interval_unit = "year"
        self.assertFalse(contract.plan_ids)
        rule.interval_unit = "month"
        rule.active = False
        self.assertFalse(contract.plan_ids)
        rule.active = True
        self.assertEqual(len(contract.plan_ids), 3)
        rule.unlink()
        self.assertFalse(contract.plan_ids)

    def test_line_added_and_taken_away_on_an_active_contract(self):
        twin = self._make_boiler("B-2")
        contract = self._make_looked_after()
        line = self.env["aftersales.contract.line"].create(
            {"contract_id": contract.id, "unit_id": twin.id}
        )
        self.assertEqual(contract.plan_ids.unit_id, self.unit + twin)
        line.unlink()
        self.assertEqual(contract.plan_ids.unit_id, self.unit)
        contract.line_ids.unit_id = twin
        self.assertEqual(contract.plan_ids.unit_id, twin)

    def test_unit_bought_later_is_planned_by_the_job(self):
        contract = self._make_contract([{"product_id": self.boiler.id}])
        self._make_rule(contract)
        contract.action_start()
        twin = self._make_boiler("B-2", date_start="2026-04-15")
        strange = self._make_boiler("B-3", partner_id=self.other_customer.id)
        self._run_cron()
        self.assertEqual(self._days(self._plans_of(twin)), ["26-05-01", "26-06-01"])
        self.assertFalse(self._plans_of(strange))

    def test_unit_that_left_the_customer_is_dropped_by_the_job(self):
        contract = self._make_contract([{"product_id": self.boiler.id}])
        self._make_rule(contract)
        contract.action_start()
        self.unit.partner_id = self.other_customer
        self._run_cron()
        self.assertFalse(contract.plan_ids)

    def test_units_sold_with_a_policy(self):
        self._make_rule(policy=self.policy, interval=12, visit_count=2)
        self.company.sudo().aftersales_maintenance_horizon = 400
        new, old, foreign = (
            self._make_unit("AC-1", date_start="2026-03-01"),
            self._make_unit("AC-2", date_start="2024-04-01"),
            self._make_boiler("B-9"),
        )
        self._run_cron()
        self.assertEqual(self._days(self._plans_of(new)), ["27-03-01"])
        self.assertEqual(self._days(self._plans_of(old)), ["26-04-01"])
        self.assertFalse(self._plans_of(foreign))

    def test_policy_visits_end_with_the_warranty(self):
        self._make_rule(policy=self.policy)
        unit = self._make_unit("AC-1", date_start="2023-05-10")
        self._run_cron()
        self.assertEqual(unit.warranty_end, date(2026, 5, 9))
        self.assertEqual(self._days(self._plans_of(unit)), ["26-03-10", "26-04-10"])
        unit.warranty_ids.sudo()._close(self.TODAY, "returned")
        self._run_cron()
        self.assertFalse(self._plans_of(unit).filtered(lambda plan: not plan.request_id))

    def test_closed_and_suspended_contracts_drop_open_visits(self):
        contract = self._make_looked_after()
        released = contract.plan_ids[0]
        released.action_release()
        contract.action_suspend()
        self.assertEqual(contract.plan_ids, released)
        contract.action_resume()
        self.assertEqual(len(contract.plan_ids), 3)
        contract.action_close()
        self.assertEqual(contract.plan_ids, released)

    def test_moved_visit_is_not_planned_again(self):
        """The due days of several visits are changed at once in the list."""
        contract = self._make_looked_after()
        plans = contract.plan_ids
        plans[:2].with_user(self.agent).write({"date_due": "2026-04-20"})
        self._run_cron()
        self.assertEqual(contract.plan_ids, plans)
        self.assertEqual(self._days(plans), ["26-04-20", "26-04-20", "26-06-01"])
        plans[0].action_release()
        with self.assertRaisesRegex(UserError, "released already"):
            plans[:2].with_user(self.agent).write({"date_due": "2026-04-21"})

    def test_plans_are_made_by_rules_only(self):
        plan = self._make_looked_after().plan_ids[:1]
        for user in (self.technician, self.agent, self.manager, self.portal):
            vals = {"rule_id": plan.rule_id.id, "unit_id": self.unit.id, "date_due": "2026-09-09"}
            self.assertFalse(self._passes(plan.with_user(user).create, vals))
        for vals in ({"repair_id": False}, {"rule_id": plan.rule_id.id}, {"date_planned": False}):
            self.assertFalse(self._passes(plan.with_user(self.manager).write, vals), vals)
        self.assertFalse(self._passes(plan.with_user(self.technician).write, {"date_due": None}))

    def test_agent_does_not_change_rules_of_policies(self):
        rule = self._make_rule(policy=self.policy)
        self.assertFalse(self._passes(rule.with_user(self.agent).write, {"interval": 3}))
        self.assertFalse(self._passes(rule.with_user(self.agent).unlink))
        self.assertTrue(self._passes(rule.with_user(self.manager).write, {"interval": 3}))

    def test_policy_with_rules_can_be_deleted(self):
        policy = self.env["aftersales.warranty.policy"].create(
            {"name": "Spare", "company_id": self.company.id}
        )
        rule = self._make_rule(policy=policy)
        policy.unlink()
        self.assertFalse(rule.exists())

    def test_query_count_does_not_grow_with_units(self):
        contract = self._make_contract()
        self._make_rule(contract)
        contract.action_start()
        counts = []
        for number in (1, 30):
            for index in range(number):
                self._make_boiler(f"Q-{number}-{index}")
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            plans = contract.rule_ids._plan_visits()
            self.env.flush_all()
            self.assertEqual(len(plans), 3 * number)
            counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[1] - counts[0], 3, counts)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-20")
class TestRelease(MaintenanceCommon):
    """Visits become work in time, once, and are done when the work is."""

    def test_job_releases_what_is_near(self):
        contract = self._make_looked_after()
        self._run_cron()
        self._run_cron()
        first, *rest = contract.plan_ids.sorted("date_due")
        self.assertEqual(first.status, "released")
        self.assertEqual([plan.status for plan in rest], ["planned", "planned"])
        request, repair = first.request_id, first.repair_id
        self.assertEqual((request.subject, request.channel), ("Cleaning", "plan"))
        self.assertEqual((request.unit_id, request.partner_id), (self.unit, self.customer))
        self.assertEqual(request.service_type_id, self.type_onsite)
        self.assertEqual(repair.request_id, request)
        self.assertEqual((repair.unit_id, repair.partner_id), (self.unit, self.customer))
        self.assertEqual(repair.schedule_date.date(), date(2026, 4, 1))

    def test_button_releases_one_and_many(self):
        contract = self._make_looked_after()
        plans = contract.plan_ids.with_user(self.agent)
        action = plans[0].action_release()
        self.assertEqual(action["res_id"], plans[0].request_id.id)
        plans[1:].action_release()
        self.assertEqual(len(plans.request_id), 3)
        self.assertEqual(len(plans.repair_id), 3)
        with self.assertRaisesRegex(UserError, "released already"):
            plans.action_release()
        self.env["aftersales.maintenance.plan"].action_release()

    def test_work_starts_with_the_jobs_of_its_type(self):
        self.type_onsite.job_ids = self.env["aftersales.job"].create(
            {
                "name": "Call at the customer's",
                "line_ids": [Command.create({"product_id": self.travel.id})],
            }
        )
        plans = self._make_looked_after().plan_ids
        plans.action_release()
        for order in plans.repair_id:
            self.assertEqual(order.charge_ids.product_id, self.travel)
            self.assertEqual(len(order.charge_ids), 1)

    def test_who_may_release(self):
        plan = self._make_looked_after().plan_ids[:1]
        for user, may in (
            (self.agent, True),
            (self.manager, True),
            (self.technician, False),
            (self.settler, False),
            (self.portal, False),
        ):
            self.assertEqual(
                self._passes(self._call, user, plan, "action_release"), may, user.login
            )

    def test_done_when_the_work_is_done(self):
        plans = self._make_looked_after().plan_ids
        plans.action_release()
        plans[0].repair_id._action_repair_confirm()
        self._finish(plans[0].repair_id)
        plans[1].repair_id.action_repair_cancel()
        self.assertEqual(plans.mapped("status"), ["done", "cancelled", "released"])

    def test_search_finds_what_the_status_says(self):
        """Also for a technician, who sees visits and not the orders of others."""
        plans = (
            self._make_looked_after().plan_ids
            + self._make_looked_after(self._make_boiler("B-2")).plan_ids
        )
        (plans[0] + plans[1] + plans[2]).action_release()
        plans[0].repair_id._action_repair_confirm()
        self._finish(plans[0].repair_id)
        plans[1].repair_id.action_repair_cancel()
        statuses = [value for value, __ in plans._fields["status"].selection]
        seen = set()
        for day in ("2026-03-20", "2026-05-02", "2027-01-01"):
            with freeze_time(day):
                for user in (self.manager, self.technician):
                    mine = plans.with_user(user)
                    mine.invalidate_recordset()
                    for status in statuses:
                        domain = [("id", "in", plans.ids), ("status", "=", status)]
                        expected = mine.filtered(lambda plan, s=status: plan.status == s)
                        self.assertEqual(mine.search(domain), expected.sorted(), (day, status))
                        seen |= {status} if expected else set()
                        inverse = [("id", "in", plans.ids), ("status", "!=", status)]
                        self.assertEqual(mine.search(inverse), (mine - expected).sorted())
        self.assertEqual(seen, set(statuses))

    def test_returned_unit_is_not_visited(self):
        contract = self._make_looked_after()
        released = contract.plan_ids[0]
        released.action_release()
        self.unit._close("returned", self.TODAY)
        self.assertEqual(contract.plan_ids, released)
        self._run_cron()
        self.assertEqual(contract.plan_ids, released)
        self.unit.state = "active"
        self._run_cron()
        self.assertEqual(len(contract.plan_ids), 3)

    def test_what_waits_for_nobody_is_not_released(self):
        plan = self._make_looked_after().plan_ids[0]
        for record, state in ((self.unit, "returned"), (plan.contract_id, "suspended")):
            before = record.state
            self._force_state(record, state)
            with self.assertRaisesRegex(UserError, "waits for nobody"):
                plan.action_release()
            self.assertNotIn(plan, plan.search(plan._get_release_domain()))
            self._force_state(record, before)

    def test_bad_rule_does_not_stop_the_rest(self):
        boilers = [self.unit, *(self._make_boiler(f"B-{number}") for number in (2, 3))]
        contracts = [self._make_looked_after(boiler) for boiler in boilers]
        first, bad, last = contracts
        for contract in contracts:
            contract.plan_ids.unlink()
        self._break(bad.rule_ids, "_get_due_days")
        for __ in range(2):
            self._run_cron()
        self.assertEqual([len(contract.plan_ids) for contract in contracts], [3, 0, 3])
        told = [body for body in bad.message_ids.mapped("body") if "could not be planned" in body]
        self.assertEqual(len(told), 1)
        self.assertIn(bad.rule_ids.name, told[0])
        self.assertNotIn("not be planned", "".join((first | last).message_ids.mapped("body")))

    def test_bad_rule_of_a_policy_is_logged(self):
        contract = self._make_looked_after()
        contract.plan_ids.unlink()
        rule = self._make_rule(policy=self.policy)
        self._break(rule, "_get_due_days")
        self._make_unit("POLICY-1", date_start=date(2026, 1, 10))
        with self.assertLogs(RULES, "ERROR") as logs:
            self._run_cron()
        self.assertIn("That one not.", logs.output[0])
        self.assertEqual(len(contract.plan_ids), 3)

    def test_bad_visit_does_not_stop_the_rest(self):
        good, bad = self._make_looked_after(), self._make_looked_after(self._make_boiler("B-2"))
        service_type = self.type_onsite.copy({"name": "Moved away"})
        bad.rule_ids.service_type_id = service_type
        service_type.sudo().company_id = self.other_company
        self._run_cron()
        self.assertTrue(good.plan_ids.request_id)
        self.assertFalse(bad.plan_ids.request_id)
        self.assertIn("could not be released", bad.message_ids[0].body)
        self.assertNotIn("could not be released", "".join(good.message_ids.mapped("body")))

    def test_rule_that_led_to_work_stays(self):
        contract = self._make_looked_after()
        contract.plan_ids[0].action_release()
        rule = contract.rule_ids
        for records in (rule, contract.plan_ids[0]):
            with self.assertRaisesRegex(UserError, "stays on record|released already"):
                records.unlink()
        rule.active = False
        self.assertEqual(len(contract.plan_ids), 1)

    def test_line_whose_rule_led_to_work_stays(self):
        contract = self._make_contract([{"unit_id": self.unit.id}])
        self._make_rule(contract, contract.line_ids)
        contract.action_start()
        contract.plan_ids[0].action_release()
        with self.assertRaisesRegex(UserError, "stays on record"):
            contract.line_ids.unlink()

    def test_every_company_releases_in_its_own_time(self):
        other = self.other_company
        self.assertTrue(self.env["stock.warehouse"].sudo().search([("company_id", "=", other.id)]))
        (self.company + other).sudo().aftersales_maintenance_horizon = 90
        other.sudo().aftersales_release_days = 0
        product = self.env["product.product"].create({"name": "Shared boiler"})
        unit = self.env["aftersales.unit"].create(
            {
                "product_id": product.id,
                "serial": "E-1",
                "partner_id": self.customer.id,
                "company_id": other.id,
                "date_start": "2026-01-01",
            }
        )
        onsite = self.env["aftersales.service.type"].create(
            {"name": "Visit", "company_id": other.id}
        )
        contract = self._make_contract([{"unit_id": unit.id}], company_id=other.id)
        self._make_rule(contract, service_type_id=onsite.id)
        contract.action_start()
        mine = self._make_looked_after()
        self._run_cron()
        self.assertEqual((len(mine.plan_ids.request_id), len(contract.plan_ids.request_id)), (1, 0))
        with freeze_time("2026-04-01"):
            self._run_cron()
        repair = contract.plan_ids.repair_id
        self.assertEqual((repair.company_id, repair.picking_type_id.company_id), (other, other))

    def test_query_count_of_a_batch(self):
        counts = {}
        for number in (1, 2, 12):
            contract = self._make_contract(
                [{"unit_id": self._make_boiler(f"Q-{number}-{i}").id} for i in range(number)]
            )
            self._make_rule(contract, interval=2)
            contract.action_start()
            plans = contract.plan_ids.filtered(lambda p: p.date_due == date(2026, 5, 1))
            self.assertEqual(len(plans), number)
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            plans._release()
            self.env.flush_all()
            counts[number] = self.env.cr.sql_log_count - start
        # Each order takes a number of its operation, and each request one of its own.
        self.assertLessEqual((counts[12] - counts[2]) / 10, 12, counts)

    def test_release_days_before_the_due_day(self):
        contract = self._make_looked_after()
        first = contract.plan_ids.sorted("date_due")[0]
        domain = first._get_release_domain()
        with freeze_time(first.date_due - timedelta(days=15)):
            self.assertNotIn(first, first.search(first._get_release_domain()))
        with freeze_time(first.date_due - timedelta(days=14)):
            self.assertIn(first, first.search(first._get_release_domain()))
        self.assertTrue(domain)
