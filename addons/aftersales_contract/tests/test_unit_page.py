from freezegun import freeze_time

from odoo.tests import tagged

from .test_maintenance import MaintenanceCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestUnitPage(MaintenanceCommon):
    """Contracts on the page of a unit."""

    def test_contract_is_in_the_history_and_in_the_money(self):
        contract = self._make_contract(start=True)
        draft = self._make_contract()
        elsewhere = self._make_contract([{"unit_id": self._make_boiler("B-2").id}], start=True)
        unit = self.unit.with_user(self.manager)
        titles = [event["title"] for event in unit.get_timeline()["events"]]
        self.assertIn(f"Contract {contract.name} began", titles)
        for other in draft | elsewhere:
            self.assertNotIn(f"Contract {other.name} began", titles)
        self._make_work(charges=2)
        self.assertEqual(unit.amount_contract, 300.0)
        self.assertEqual(unit.amount_charged, 300.0)

    def test_visits_that_were_due_are_in_the_history(self):
        contract = self._make_contract(start=True)
        rule = self._make_rule(contract, name="Check")
        self.env["aftersales.maintenance.plan"].sudo().search([]).unlink()
        self.env["aftersales.maintenance.plan"].sudo().create(
            [
                {
                    "rule_id": rule.id,
                    "unit_id": self.unit.id,
                    "date_planned": day,
                    "date_due": day,
                }
                for day in ("2026-02-01", "2026-06-01")
            ]
        )
        events = self.unit.with_user(self.manager).get_timeline()["events"]
        visits = [event["text"] for event in events if event["title"] == "Maintenance visit due"]
        self.assertEqual(visits, ["Check · Overdue"])
