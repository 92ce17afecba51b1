import base64
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon

TODAY = "2025-06-01"
SOLD = date(2025, 4, 1)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestUnitDealer(AftersalesCommon):
    """Units that wait at a dealer, and how they reach their end user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write(
            {"start_basis": "handover", "start_limit_days": 180, "cover_before_start": False}
        )
        Partner = cls.env["res.partner"]
        cls.dealer, cls.other_dealer = Partner.create(
            [
                {"name": "Dealer Sun", "is_company": True, "aftersales_is_dealer": True},
                {"name": "Dealer Moon", "is_company": True, "aftersales_is_dealer": True},
            ]
        )
        cls.branch = Partner.create({"name": "Branch", "parent_id": cls.dealer.id})
        cls.unit = cls._make_unit("DL-1", partner_id=cls.dealer.id)

    def _open_wizard(self, units=None, user=None, **values):
        """Fill in the wizard as people do, for the end user unless told otherwise."""
        HandOver = self.env["aftersales.unit.hand.over"].with_user(user or self.agent)
        units = self.unit if units is None else units
        form = Form(HandOver.with_context(default_unit_ids=units.ids))
        for fname, value in {"partner_to_id": self.customer, "date": SOLD, **values}.items():
            form[fname] = value
        wizard = form.save()
        wizard.proof_filename = wizard.proof and "invoice.pdf"
        return wizard

    def _hand_over(self, *args, **kwargs):
        self._open_wizard(*args, **kwargs).action_hand_over()

    def _get_starts(self, unit):
        return set(unit.warranty_ids.mapped("date_start"))

    # === AT THE DEALER === #

    def test_who_is_a_dealer(self):
        self.assertTrue(self.branch.aftersales_is_dealer)
        self.assertTrue(self.unit.is_at_dealer)
        self.assertEqual(self.unit.dealer_id, self.dealer)
        at_branch = self._make_unit("DL-2", partner_id=self.branch.id)
        self.assertEqual((at_branch.dealer_id, at_branch.is_at_dealer), (self.dealer, True))
        own = self._make_unit("DL-3", partner_id=self.dealer.id, dealer_id=False)
        self.assertFalse(own.is_at_dealer, "bought for himself")
        direct = self._make_unit("DL-4")
        self.assertFalse(direct.dealer_id or direct.is_at_dealer)
        through = self._make_unit("DL-5", dealer_id=self.dealer.id)
        self.assertFalse(through.is_at_dealer)

    def test_filter_shows_what_waits(self):
        self._make_unit("DL-2")
        returned = self._make_unit("DL-3", partner_id=self.dealer.id)
        returned._close("returned", date(2025, 3, 1))
        Unit = self.env["aftersales.unit"].with_user(self.agent)
        domain = [("state", "=", "active"), ("is_at_dealer", "=", True)]
        self.assertEqual(Unit.search([*domain, ("dealer_id", "=", self.dealer.id)]), self.unit)

    def test_warranty_waits_for_the_end_user_or_the_limit(self):
        """Delivered 2025-01-10: it starts 180 days later, if nobody hands it over before."""
        self.assertEqual(self._get_starts(self.unit), {date(2025, 7, 9)})
        self.assertEqual(self.unit.warranty_status, "pending")
        self._hand_over()
        self.assertEqual(self._get_starts(self.unit), {SOLD})
        late = self._make_unit("DL-2", partner_id=self.dealer.id)
        with freeze_time("2025-12-01"):
            self._hand_over(late, date=date(2025, 11, 1))
        self.assertEqual(self._get_starts(late), {date(2025, 7, 9)})

    def test_without_limit_it_waits(self):
        self.policy.start_limit_days = 0
        unit = self._make_unit("DL-2", partner_id=self.dealer.id)
        self.assertEqual(self._get_starts(unit), {False})
        unit.dealer_id = False
        self.assertEqual(self._get_starts(unit), {self.date_start}, "the dealer's own")

    def test_direct_sale_starts_with_the_delivery(self):
        self.assertEqual(self._get_starts(self._make_unit("DL-2")), {self.date_start})

    # === HANDING OVER === #

    def test_hand_over_to_the_end_user(self):
        self.unit.warranty_ids.transferable = False
        wizard = self._open_wizard(proof=base64.b64encode(b"%PDF-1.4"), note="Till 4")
        self.assertTrue(wizard.from_dealer)
        self.assertFalse(wizard.ending_warranty_ids)
        wizard.action_hand_over()
        self.assertRecordValues(
            self.unit,
            [
                {
                    "partner_id": self.customer.id,
                    "dealer_id": self.dealer.id,
                    "is_at_dealer": False,
                    "date_handover": SOLD,
                    "date_purchase": SOLD,
                    "proof_checked": True,
                    "proof_filename": "invoice.pdf",
                }
            ],
        )
        self.assertFalse(any(self.unit.warranty_ids.mapped("date_closed")))
        self.assertRecordValues(
            self.unit.transfer_ids,
            [
                {
                    "partner_from_id": self.dealer.id,
                    "partner_to_id": self.customer.id,
                    "from_dealer": True,
                    "note": "Till 4",
                }
            ],
        )

    def test_second_owner_gets_only_what_may_go_along(self):
        self.unit.warranty_ids.transferable = False
        self._hand_over()
        wizard = self._open_wizard(partner_to_id=self.other_customer, date=date(2025, 5, 1))
        self.assertFalse(wizard.from_dealer)
        self.assertEqual(wizard.ending_warranty_ids, self.unit.warranty_ids)
        wizard.action_hand_over()
        self.assertEqual(set(self.unit.warranty_ids.mapped("close_reason")), {"transferred"})
        self.assertEqual(self.unit.date_handover, SOLD)

    def test_many_at_once(self):
        units = self.unit | self._make_unit("DL-2", partner_id=self.dealer.id)
        units |= self._make_unit("DL-3", partner_id=self.branch.id)
        wizard = self._open_wizard(units, place_to_id=self.customer_contact)
        self.assertEqual(wizard.unit_count, 3)
        self.assertFalse(wizard.partner_from_id, "more than one")
        wizard.action_hand_over()
        self.assertEqual(units.partner_id, self.customer)
        self.assertEqual(units.place_id, self.customer_contact)
        self.assertEqual([self._get_starts(unit) for unit in units], [{SOLD}] * 3)
        self.assertEqual(len(units.transfer_ids), 3)

    def test_many_cost_little_more_than_one(self):
        def count(units):
            wizard = self.env["aftersales.unit.hand.over"].create(
                {
                    "unit_ids": units.ids,
                    "partner_to_id": self.customer.id,
                    "date": SOLD,
                }
            )
            self.env.flush_all()
            before = self.cr.sql_log_count
            wizard.action_hand_over()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        units = self.env["aftersales.unit"].concat(
            *(self._make_unit(f"DM-{number}", partner_id=self.dealer.id) for number in range(12))
        )
        count(units[0])
        few, many = count(units[1]), count(units[2:])
        self.assertLess(many, few + 3 * 10, "tracking of each unit, and nothing else")

    def test_dealer_to_dealer_still_waits(self):
        self._hand_over(partner_to_id=self.other_dealer)
        self.assertEqual(self.unit.dealer_id, self.other_dealer)
        self.assertTrue(self.unit.is_at_dealer)
        self.assertFalse(self.unit.date_handover or self.unit.date_purchase)
        self._hand_over()
        self.assertEqual(self.unit.date_handover, SOLD)

    def test_owner_corrected_on_the_form(self):
        with Form(self.unit.with_user(self.agent)) as form:
            form.partner_id = self.customer
        self.assertEqual(self.unit.dealer_id, self.dealer)
        self.assertEqual(self.unit.date_handover, date(2025, 6, 1))

    def test_refused(self):
        returned = self._make_unit("DL-2", partner_id=self.dealer.id)
        returned._close("returned", date(2025, 3, 1))
        table = [
            ({"date": date(2025, 1, 9)}, "cannot be handed over before"),
            ({"date": date(2025, 6, 2)}, "a day to come"),
            ({"partner_to_id": self.dealer}, "belongs to Dealer Sun already"),
            ({"units": returned}, "not in use"),
            ({"units": returned | self.unit}, "not in use"),
        ]
        for values, message in table:
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                self._hand_over(**values)
        self.assertEqual(self.unit.partner_id, self.dealer)

    def test_who_may_not(self):
        theirs = self._new_user(
            "theirs",
            "aftersales_base.group_aftersales_agent",
            company_id=self.other_company.id,
        )
        for user in (self.technician, self.settler, theirs):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._hand_over(user=user)

    # === REGISTERED BY THE END USER === #

    def _register(self, **vals):
        return (
            self.env["aftersales.unit.registration"]
            .create(
                {
                    "partner_id": self.portal.partner_id.id,
                    "serial": "DL-1",
                    "date_purchase": SOLD,
                    "proof": base64.b64encode(b"%PDF-1.4"),
                    "proof_filename": "till.pdf",
                    **vals,
                }
            )
            .with_user(self.agent)
        )

    def test_registration_hands_over(self):
        registration = self._register()
        self.assertEqual(registration.known_owner, "dealer")
        registration.action_approve()
        self.assertEqual(registration.unit_id, self.unit)
        self.assertRecordValues(
            self.unit,
            [
                {
                    "partner_id": self.portal.partner_id.id,
                    "dealer_id": self.dealer.id,
                    "date_handover": SOLD,
                    "date_purchase": SOLD,
                    "date_registered": registration.create_date.date(),
                    "proof_checked": True,
                    "proof_filename": "till.pdf",
                }
            ],
        )
        self.assertEqual(self.unit.transfer_ids.note, registration.name)
        self.assertEqual(self._get_starts(self.unit), {SOLD})

    def test_registration_before_the_delivery_is_refused(self):
        registration = self._register(date_purchase=date(2025, 1, 9))
        with self.assertRaisesRegex(UserError, "nobody bought it"):
            registration.action_approve()
        self.assertEqual(self.unit.partner_id, self.dealer)

    def test_what_was_handed_over_is_somebody_elses(self):
        self._hand_over(partner_to_id=self.other_customer)
        registration = self._register()
        self.assertEqual(registration.known_owner, "other")
        with self.assertRaisesRegex(UserError, "belongs to Zhao Trading"):
            registration.action_approve()
