from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import ContractCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestRequest(ContractCommon):
    """How the customer's contract stands, on the request."""

    def _facts(self, **vals):
        request = self._make_request(**{"unit_id": self.unit.id, **vals})
        self.env.flush_all()
        self.env.invalidate_all()
        seen = request.with_user(self.agent)
        return seen.contract_id, seen.contract_status

    def test_contract_that_runs(self):
        self._make_contract()
        self.assertEqual(self._facts(), (self.env["aftersales.contract"], False))
        contract = self._make_contract(start=True)
        self.assertEqual(self._facts(), (contract, "running"))
        self.assertEqual(
            self._facts(unit_id=False, partner_id=self.customer_contact.id)[0], contract
        )

    def test_best_of_several(self):
        expired = self._make_contract(start=True, date_start="2025-01-01", date_end="2025-12-31")
        self.assertEqual(self._facts(), (expired, "expired"))
        suspended = self._make_contract(start=True)
        suspended.action_suspend()
        self.assertEqual(self._facts(), (suspended, "suspended"))
        ending = self._make_contract(start=True, date_end="2026-03-20")
        self.assertEqual(self._facts(), (ending, "ending"))

    def test_contract_for_something_else(self):
        other = self._make_boiler("B-2")
        contract = self._make_contract([{"unit_id": other.id}], start=True)
        self.assertFalse(self._facts()[0])
        self.assertEqual(self._facts(unit_id=other.id)[0], contract)
        self._make_contract([{"product_id": self.ac.id}], start=True)
        self.assertFalse(self._facts()[0])

    def test_contract_of_somebody_else(self):
        self._make_contract(start=True, partner_id=self.other_customer.id)
        self.assertFalse(self._facts()[0])
        self._make_contract(start=True, company_id=self.other_company.id)
        self.assertFalse(self._facts()[0])

    def test_while_the_customer_speaks(self):
        contract = self._make_contract(start=True)
        with Form(self.env["aftersales.request"].with_user(self.agent)) as form:
            self.assertFalse(form.contract_id)
            form.partner_id = self.customer
            self.assertEqual(form.contract_id, contract)
            form.subject = "Question"

    def test_customers_read_it_elsewhere(self):
        self._make_contract(start=True)
        request = self._make_request(unit_id=self.unit.id)
        with self.assertRaises(AccessError):
            request.with_user(self.portal).read(["contract_status"])

    def test_queries_do_not_grow(self):
        requests = self.env["aftersales.request"]
        for number in range(6):
            partner = self.env["res.partner"].create({"name": f"Customer {number}"})
            self._make_contract(start=True, partner_id=partner.id)
            requests |= self._make_request(partner_id=partner.id)

        def count(asked):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            asked.with_user(self.agent).mapped("contract_status")
            return self.cr.sql_log_count - before

        count(requests[0])
        self.assertLessEqual(count(requests), count(requests[0]) + 1)
