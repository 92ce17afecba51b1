from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ContractCommon


@tagged("post_install", "-at_install")
class TestContractSla(ContractCommon):
    """Time limits a contract promises win over those for everybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        policies = cls.env["aftersales.sla.policy"]
        policies.search([]).active = False
        cls.general, cls.gold, cls.gold_work = policies.create(
            [
                {"name": "General", "sequence": 1, "response_hours": 24, "resolution_hours": 48},
                {"name": "Gold", "sequence": 9, "response_hours": 2, "by_contract": True},
                {
                    "name": "Gold work",
                    "sequence": 9,
                    "res_model": "repair.order",
                    "resolution_hours": 8,
                    "by_contract": True,
                },
            ]
        )
        cls.startClassPatcher(freeze_time(cls.TODAY))

    def _start(self, lines=({},), **vals):
        policies = (self.gold | self.gold_work).ids
        return self._make_contract(lines, start=True, sla_policy_ids=policies, **vals)

    def test_contract_wins_for_requests_and_work(self):
        self.assertEqual(self._make_request(unit_id=self.unit.id).sla_policy_id, self.general)
        self._start()
        request = self._make_request(unit_id=self.unit.id)
        self.assertEqual(request.sla_policy_id, self.gold)
        repair = self.env["repair.order"].create(request._prepare_work_order_vals())
        self.assertEqual(repair.sla_policy_id, self.gold_work)
        other = self._make_request(partner_id=self.other_customer.id)
        self.assertEqual(other.sla_policy_id, self.general)

    def test_policies_for_contracts_hold_for_nobody_else(self):
        self.general.active = False
        self.assertFalse(self._make_request(unit_id=self.unit.id).sla_policy_id)

    def test_other_conditions_of_the_policy_hold_too(self):
        self.gold.priority = "2"
        self._start()
        request = self._make_request(unit_id=self.unit.id)
        self.assertEqual(request.sla_policy_id, self.general)
        request.priority = "2"
        self.assertEqual(request.sla_policy_id, self.gold)

    def test_the_contract_of_the_unit_comes_first(self):
        silver = self.gold.copy({"name": "Silver"})
        self._start()
        self._make_contract([{"unit_id": self.unit.id}], start=True, sla_policy_ids=silver.ids)
        other_unit = self._make_boiler("B-2")
        self.assertEqual(self._make_request(unit_id=self.unit.id).sla_policy_id, silver)
        self.assertEqual(self._make_request(unit_id=other_unit.id).sla_policy_id, self.gold)

    def test_a_line_of_one_unit_promises_nothing_for_others(self):
        self._start([{"unit_id": self.unit.id}])
        request = self._make_request(partner_id=self.customer.id)
        self.assertEqual(request.sla_policy_id, self.general)
        request.unit_id = self.unit
        self.assertEqual(request.sla_policy_id, self.gold)

    def test_the_day_of_the_report_counts(self):
        self._start(date_end=self.TODAY - timedelta(days=1), date_start="2026-01-01")
        before = self._make_request(
            unit_id=self.unit.id, date_reported=self.TODAY - timedelta(days=3)
        )
        self.assertEqual(before.sla_policy_id, self.gold)
        self.assertEqual(self._make_request(unit_id=self.unit.id).sla_policy_id, self.general)

    def test_what_is_open_follows_the_contract(self):
        request = self._make_request(unit_id=self.unit.id)
        contract = self._start()
        self.assertEqual(request.sla_policy_id, self.gold)
        contract.sla_policy_ids = False
        self.assertEqual(request.sla_policy_id, self.general)
        contract.sla_policy_ids = self.gold
        self.assertEqual(request.sla_policy_id, self.gold)
        contract.with_user(self.manager).action_close()
        self.assertEqual(request.sla_policy_id, self.general)

    def test_what_is_open_follows_lines_days_and_suspensions(self):
        other_unit = self._make_boiler("B-3")
        request = self._make_request(unit_id=other_unit.id)
        contract = self._start([{"unit_id": self.unit.id}])
        self.assertEqual(request.sla_policy_id, self.general)
        line = self.env["aftersales.contract.line"].create(
            {"contract_id": contract.id, "unit_id": other_unit.id}
        )
        self.assertEqual(request.sla_policy_id, self.gold)
        pause = self.env["aftersales.contract.suspension"].create(
            {"contract_id": contract.id, "date_from": self.TODAY}
        )
        self.assertEqual(request.sla_policy_id, self.general)
        pause.date_from = self.TODAY + timedelta(days=5)
        self.assertEqual(request.sla_policy_id, self.gold)
        request.date_reported = contract.date_start - timedelta(days=2)
        self.assertEqual(request.sla_policy_id, self.general)
        request.date_reported = self.TODAY
        self.assertEqual(request.sla_policy_id, self.gold)
        line.unlink()
        self.assertEqual(request.sla_policy_id, self.general)

    def test_agents_do_not_change_what_is_promised(self):
        contract = self._start()
        with self.assertRaises(UserError):
            contract.with_user(self.agent).sla_policy_ids = False

    def test_a_contract_of_another_company_promises_nothing(self):
        self._start()
        request = self._make_request(
            partner_id=self.customer.id, company_id=self.other_company.id, team_id=False
        )
        self.assertNotEqual(request.sla_policy_id, self.gold)

    def test_queries_do_not_grow_with_requests(self):
        self._start()

        def count(number):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests = self.env["aftersales.request"].create(
                [
                    {"subject": "x", "team_id": self.team_a.id, "unit_id": self.unit.id}
                    for __ in range(number)
                ]
            )
            self.env.flush_all()
            self.assertEqual(requests.sla_policy_id, self.gold)
            return self.cr.sql_log_count - before

        count(2)
        self.assertLessEqual(count(20) - count(2), 1)
