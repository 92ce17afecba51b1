from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestOverrideLimit(AftersalesCommon):
    """Above the company's limit a manager has the last word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_override_limit = 500
        cls.request = cls._make_request(
            partner_id=cls.customer.id, user_id=cls.technician.id, team_id=cls.team_a.id
        )
        cls.dear = cls._make_charge(cls.compressor, request_id=cls.request.id)
        cls.cheap = cls._make_charge(cls.travel, request_id=cls.request.id)
        cls.override = {"override_bearer": "company", "override_reason": "Old friend"}

    def test_technician_decides_up_to_the_limit(self):
        self.cheap.with_user(self.technician).write(self.override)
        self.assertEqual(self.cheap.customer_amount, 0)
        self.assertEqual(self.cheap.override_user_id, self.technician)
        self.assertFalse(self.cheap.override_approved)
        self.cheap.with_user(self.technician).action_confirm()

    def test_exactly_the_limit_is_within(self):
        self.dear.price_unit = 500
        self.dear.with_user(self.agent).write(self.override)
        self.assertEqual(self.dear.bearer, "company")

    def test_above_the_limit_a_manager_decides(self):
        for user in (self.technician, self.agent):
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(UserError, "manager"):
                    self.dear.with_user(user).write(self.override)
                with self.assertRaisesRegex(UserError, "manager"):
                    self._call(user, self.dear, "write", self.override)
                with self.assertRaisesRegex(UserError, "manager"):
                    self._call(
                        user,
                        self.env["aftersales.charge"],
                        "create",
                        [
                            {"product_id": self.compressor.id, "request_id": self.request.id}
                            | self.override
                        ],
                    )
        self.dear.with_user(self.manager).write(self.override)
        self.assertTrue(self.dear.override_approved)
        self.dear.with_user(self.technician).action_confirm()
        self.assertEqual(self.dear.bearer, "company")

    def test_charge_on_the_request_is_held_to_the_limit(self):
        vals = {"product_id": self.compressor.id, **self.override}
        with self.assertRaisesRegex(UserError, "manager"):
            self.request.with_user(self.agent).write({"charge_ids": [Command.create(vals)]})

    def test_amount_does_not_grow_past_the_limit_afterwards(self):
        self.cheap.with_user(self.technician).write(self.override)
        for vals in ({"quantity": 11}, {"price_unit": 501}, {"product_id": self.compressor.id}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "manager"):
                self.cheap.with_user(self.technician).write(vals)
        # What a module changes by itself is caught at the door.
        self.cheap.sudo().quantity = 11
        with self.assertRaisesRegex(UserError, "manager"):
            self.cheap.with_user(self.technician).action_confirm()
        self.cheap.with_user(self.manager).action_confirm()

    def test_approval_is_not_for_typing(self):
        for vals in ({"override_approved": True}, {"override_user_id": self.manager.id}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.cheap.with_user(self.technician).write(vals)

    def test_taking_an_override_back_forgets_who(self):
        self.cheap.with_user(self.technician).write(self.override)
        self.cheap.with_user(self.technician).write(
            {"override_bearer": False, "override_reason": False}
        )
        self.assertFalse(self.cheap.override_user_id)

    def test_limit_is_in_the_currency_of_the_company(self):
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 0.5)])
        self.cheap.write({"currency_id": currency.id, "price_unit": 300})
        with self.assertRaisesRegex(UserError, "manager"):
            self.cheap.with_user(self.agent).write(self.override)

    def test_no_limit_by_default(self):
        self.company.aftersales_override_limit = 0
        self.dear.with_user(self.technician).write(self.override)
        self.assertEqual(self.dear.bearer, "company")

    def test_limit_of_the_charges_company_counts(self):
        self.other_company.aftersales_override_limit = 1
        self.cheap.with_user(self.technician).write(self.override)
        self.assertEqual(self.cheap.bearer, "company")

    def test_charge_changed_and_confirmed_at_once_is_priced_and_decided_anew(self):
        self.dear.write({"product_id": self.filter_part.id, **self.override})
        self.dear.action_confirm()
        self.assertEqual(self.dear.amount, 60)
        self.assertEqual((self.dear.bearer, self.dear.customer_amount), ("company", 0))
