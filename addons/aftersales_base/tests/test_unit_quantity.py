from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-01")
class TestUnitQuantity(AftersalesCommon):
    """Units of several pieces: split, and merged again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fan = cls._create_product(name="Fan", type="consu", is_storable=True)
        cls.unit = cls._make_fans()

    @classmethod
    def _make_fans(cls, quantity=10, **vals):
        return cls._make_unit(
            False, product_id=cls.fan.id, policy_id=cls.policy.id, quantity=quantity, **vals
        )

    def _open(self, user=None, unit=None, **values):
        Split = self.env["aftersales.unit.split"].with_user(user or self.agent)
        form = Form(Split.with_context(default_unit_id=(unit or self.unit).id))
        for fname, value in values.items():
            form[fname] = value
        return form

    def _split(self, **values):
        action = self._open(**values).save().action_split()
        return self.env["aftersales.unit"].browse(action["res_id"])

    def _merge(self, units, user=None):
        Merge = self.env["aftersales.unit.merge"].with_user(user or self.agent)
        return Form(Merge.with_context(default_unit_ids=units.ids)).save()

    def _promises(self, unit):
        return sorted(
            (w.kind, w.date_start, w.date_end, w.close_reason, w.bearer_partner_id.id)
            for w in unit.warranty_ids
        )

    # === SPLIT === #

    def test_split_keeps_dates_and_warranties(self):
        self.unit.write({"date_purchase": "2025-01-08", "proof_checked": True, "price_paid": 90})
        self.env["aftersales.unit.downtime"].create(
            {"unit_id": self.unit.id, "date_from": "2025-03-01", "date_to": "2025-03-10"}
        )
        self.unit.to_check = True
        self.unit.warranty_ids[0]._void("Seal broken")
        before = self._promises(self.unit)
        form = self._open(quantity=3)
        self.assertEqual((form.quantity_now, form.quantity_left), (10, 7))
        part = self.env["aftersales.unit"].browse(form.save().action_split()["res_id"])
        self.assertEqual((self.unit.quantity, part.quantity), (7, 3))
        self.assertRecordValues(
            part,
            [
                {
                    "product_id": self.fan.id,
                    "partner_id": self.customer.id,
                    "date_start": self.date_start,
                    "date_purchase": date(2025, 1, 8),
                    "proof_checked": True,
                    "to_check": True,
                    "price_paid": 90,
                    "policy_id": self.policy.id,
                    "state": "active",
                    "warranty_end": self.unit.warranty_end,
                }
            ],
        )
        self.assertNotEqual(part.name, self.unit.name)
        self.assertEqual(self._promises(part), before)
        for record, other in ((self.unit, part), (part, self.unit)):
            body = record.message_ids[0].body
            self.assertIn("3 Units", body)
            self.assertIn(f'data-oe-id="{other.id}"', body)

    def test_to_another_place(self):
        part = self._split(quantity=2, place_id=self.customer_contact)
        self.assertEqual((part.place_id, part.partner_id), (self.customer_contact, self.customer))
        self.assertFalse(part.transfer_ids)
        self.assertFalse(self.unit.place_id)

    def test_to_another_owner(self):
        self.unit.warranty_ids[0].transferable = False
        part = self._split(quantity=2, partner_id=self.other_customer, date=date(2025, 5, 1))
        self.assertEqual(part.partner_id, self.other_customer)
        self.assertEqual(part.transfer_ids.partner_from_id, self.customer)
        self.assertIn("transferred", part.warranty_ids.mapped("close_reason"))
        self.assertEqual(self.unit.partner_id, self.customer)
        self.assertFalse(any(self.unit.warranty_ids.mapped("close_reason")))

    def test_dealer_sells_one_of_many(self):
        dealer = self.env["res.partner"].create({"name": "Dealer", "aftersales_is_dealer": True})
        unit = self._make_fans(20, partner_id=dealer.id)
        part = self._split(unit=unit, partner_id=self.customer)
        self.assertEqual((part.is_at_dealer, part.dealer_id), (False, dealer))
        self.assertEqual((unit.is_at_dealer, unit.quantity), (True, 19))

    def test_split_refused(self):
        serial = self._make_unit("SP-1")
        gone = self._make_fans()
        gone._close("scrapped", date(2025, 5, 1))
        table = [
            (self.unit, 10, "less than all"),
            (self.unit, 11, "less than all"),
            (self.unit, 0, "more than none"),
            (self.unit, -1, "more than none"),
            (serial, 1, "one piece with a serial number"),
            (gone, 1, "not in use"),
        ]
        Split = self.env["aftersales.unit.split"].with_user(self.agent)
        for unit, quantity, message in table:
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                Split.create({"unit_id": unit.id, "quantity": quantity}).action_split()
        self.assertEqual(self.unit.quantity, 10)

    # === MERGE === #

    def test_what_was_split_becomes_one_again(self):
        part = self._split(quantity=3)
        units = self.unit | part | self._split(quantity=2)
        wizard = self._merge(units)
        self.assertFalse(wizard.error)
        self.assertEqual(wizard.quantity, 10)
        action = wizard.action_merge()
        self.assertEqual(action["res_id"], self.unit.id)
        self.assertEqual(units.exists(), self.unit)
        self.assertEqual(self.unit.quantity, 10)
        self.assertIn("5 Units added", self.unit.message_ids[0].body)

    def test_the_one_with_a_history_stays(self):
        part = self._split(quantity=3)
        request = self._make_request(unit_id=part.id)
        self._merge(self.unit | part).action_merge()
        self.assertEqual((part.quantity, request.unit_id), (10, part))
        self.assertFalse(self.unit.exists())

    def test_merge_refused(self):
        def with_request():
            unit = self._make_fans(2)
            self._make_request(unit_id=unit.id)
            return unit

        gone = self._make_fans()
        gone._close("scrapped", date(2025, 5, 1))
        void = self._make_fans()
        void.warranty_ids[0]._void("Seal broken")
        place = self._make_fans(place_id=self.customer_contact.id)
        more = self._make_fans(
            warranty_ids=[Command.create({"duration": 5, "date_start": "2025-01-10"})]
        )
        serials = self._make_unit("SM-1") | self._make_unit("SM-2")
        table = [
            (self.unit, "two or more"),
            (self.unit | gone, "not in use"),
            (serials, "serial numbers"),
            (self.unit | void, "differ in: Warranties"),
            (self.unit | more, "differ in: Warranties"),
            (self.unit | place, "differ in: Place"),
            (
                self.unit | self._make_fans(partner_id=self.other_customer.id),
                "differ in: Customer",
            ),
            (
                self.unit | self._make_fans(date_start=date(2025, 1, 11)),
                "differ in: In Service Since, Warranties",
            ),
            (with_request() | with_request(), "history of their own"),
        ]
        for units, message in table:
            with self.subTest(message):
                wizard = self._merge(units)
                self.assertRegex(wizard.error, message)
                with self.assertRaisesRegex(UserError, message):
                    wizard.action_merge()

    # === RIGHTS === #

    def test_who_may_not(self):
        part = self._split(quantity=3)
        theirs = self._new_user(
            "theirs", "aftersales_base.group_aftersales_agent", company_id=self.other_company.id
        )
        for user in (self.technician, self.settler, theirs):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self._open(user=user).save().action_split()
                with self.assertRaises(AccessError):
                    self._merge(self.unit | part, user=user).action_merge()
        with self.assertRaises(AccessError):
            self.unit.with_user(self.technician)._split(1)
        with self.assertRaises(AccessError):
            (self.unit | part).with_user(self.technician)._merge()
