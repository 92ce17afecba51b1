from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.aftersales_base.tests.nightly import NightlyMixin

from .test_maintenance import MaintenanceCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestNightlyJobs(NightlyMixin, MaintenanceCommon):
    """Billing and planning visits, too, leave units and their warranties as they are."""

    def test_billing_and_visits_touch_no_warranty(self):
        unit = self._make_boiler("B-OLD", date_start="2010-01-01", policy_id=self.policy.id)
        self.assertEqual(unit.warranty_status, "expired")
        contract = self._make_looked_after(unit)
        self.assertJobsLeaveAlone(unit)
        self.assertTrue(contract.plan_ids)
