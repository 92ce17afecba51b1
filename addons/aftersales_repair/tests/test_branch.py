from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-20 10:00:00")
class TestBranch(RepairCommon):
    """The workshop of a branch works by the rules of its parent, unless it has its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Company = cls.env["res.company"].with_context(tracking_disable=True)
        cls.branch = Company.create({"name": "Branch", "parent_id": cls.company.id})
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": (cls.branch | cls.company | cls.other_company).ids,
            }
        )

    def _order(self, company=None, **vals):
        company = company or self.branch
        orders = self.env["repair.order"].with_company(company)
        return orders.create(
            {"company_id": company.id, "partner_id": self.customer.id, "move_ids": [], **vals}
        )

    def _charge(self, order):
        return self.env["aftersales.charge"].create(
            {"repair_id": order.id, "company_id": order.company_id.id, "product_id": self.travel.id}
        )

    def test_consent_limit(self):
        """A trip is 50: what the parent says binds the branch, not another company."""
        self.company.aftersales_consent_limit = 40
        order = self._order()
        self._charge(order)
        order.action_validate()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.action_repair_start()
        self.branch.aftersales_consent_limit = 60
        order.action_repair_start()
        self.assertEqual(order.state, "under_repair")
        other = self._order(self.other_company)
        self._charge(other)
        other.action_validate()
        self.assertTrue(self._passes(other.action_repair_start))

    def test_payment_in_advance(self):
        self.company.aftersales_advance_percent = 30
        self.assertEqual(self._order().advance_percent, 30)
        self.assertEqual(self._order(self.other_company).advance_percent, 0)
        self.branch.aftersales_advance_percent = 50
        self.assertEqual(self._order().advance_percent, 50)

    def test_fees(self):
        """Hours, diagnosis and storage are charged as what the parent charges."""
        self.branch.write(
            dict.fromkeys(
                (
                    "aftersales_labour_product_id",
                    "aftersales_diagnosis_product_id",
                    "aftersales_storage_product_id",
                ),
                False,
            )
        )
        self.company.write(
            {
                "aftersales_labour_product_id": self.labour.id,
                "aftersales_diagnosis_product_id": self.travel.id,
                "aftersales_storage_product_id": self.travel.id,
            }
        )
        order = self._order()
        self.assertEqual(order._get_labour_product(), self.labour)
        self.assertEqual(order._prepare_diagnosis_charge_vals()["product_id"], self.travel.id)
        self.assertEqual(order._prepare_storage_charge_vals(2)["product_id"], self.travel.id)
        self.branch.aftersales_labour_product_id = self.travel
        self.assertEqual(order._get_labour_product(), self.travel)
