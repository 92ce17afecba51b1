from freezegun import freeze_time

from odoo.tests import tagged

from .common import ContractCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestUninstall(ContractCommon):
    """What the module added to others' choices goes with it; what was decided stays."""

    def _take_away(self, model, fname, value):
        """Do what an uninstall does with a choice."""
        selection = self.env["ir.model.fields.selection"].sudo()
        selection.search(
            [
                ("field_id.model", "=", model),
                ("field_id.name", "=", fname),
                ("value", "=", value),
            ]
        )._process_ondelete()
        self.env.invalidate_all()

    def test_what_contracts_bore_is_ours(self):
        self._make_contract(start=True)
        repair = self._make_work()
        self._finish(repair)
        charge = repair.charge_ids
        self.assertEqual(charge.bearer, "contract")
        self._take_away("aftersales.charge", "bearer", "contract")
        self.assertEqual((charge.bearer, charge.covered_percent), ("company", 100))
        self.assertEqual((charge.state, charge.customer_amount), ("confirmed", 0))

    def test_instalments_are_fees(self):
        charge = self._make_charge(self.care)
        charge.action_confirm()
        self._take_away("aftersales.charge", "kind", "instalment")
        self.assertRecordValues(charge, [{"kind": "fee", "state": "confirmed", "amount": 100}])
        self._take_away("product.template", "aftersales_charge_kind", "instalment")
        self.assertFalse(self.care.aftersales_charge_kind)

    def test_request_of_a_visit_came_by_another_way(self):
        request = self._make_request(unit_id=self.unit.id, channel="plan")
        self._take_away("aftersales.request", "channel", "plan")
        self.assertEqual(request.channel, request._fields["channel"].default(request))

    def test_decision_of_a_rule_that_is_gone_has_no_sentence(self):
        self.assertEqual(self.env["aftersales.coverage"].explain("gone", 100, {}), "")
