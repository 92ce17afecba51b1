from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestExchange(AftersalesCommon):
    """A unit exchanged for another, and what a refund comes to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = date(2025, 6, 1)
        cls.old = cls._make_unit("EX-OLD")
        cls.policy = cls.old.policy_id

    def _exchange(self, mode, minimum=0, serial="EX-NEW", day=None):
        self.policy.write({"replacement_mode": mode, "replacement_minimum_days": minimum})
        new = self._make_unit(serial, date_start=self.day)
        self.old._replace_by(new, day or self.day)
        return new

    def _get_ends(self, unit):
        return {warranty.kind: warranty.date_end for warranty in unit.warranty_ids}

    def test_promise_after_an_exchange(self):
        """Old promises: parts until 2028-01-09, labour until 2026-01-09."""
        table = [
            # mode, minimum, parts until, labour until
            ("restart", 0, date(2028, 5, 31), date(2026, 5, 31)),
            ("rest", 0, date(2028, 1, 9), date(2026, 1, 9)),
            ("rest_minimum", 30, date(2028, 1, 9), date(2026, 1, 9)),
            ("rest_minimum", 365, date(2028, 1, 9), date(2026, 5, 31)),
        ]
        for number, (mode, minimum, part, labour) in enumerate(table):
            with self.subTest(mode=mode, minimum=minimum):
                self.old = self._make_unit(f"EX-OLD-{number}")
                new = self._exchange(mode, minimum, serial=f"EX-NEW-{number}")
                self.assertEqual(self._get_ends(new), {"part": part, "labour": labour})
                self.assertEqual(set(new.warranty_ids.mapped("origin")), {"replacement"})

    def test_bought_extension_goes_along_with_its_days(self):
        """Parts are promised until 2028-01-09; the year bought beside begins after."""
        for mode in ("restart", "rest", "rest_minimum"):
            with self.subTest(mode=mode):
                self.old = self._make_unit(f"EX-BOUGHT-{mode}")
                bought = self.old._extend_warranty(
                    {"kind": "part", "duration": 12, "duration_unit": "month"}
                )
                self.assertEqual(bought.date_end, date(2029, 1, 9))
                new = self._exchange(mode, serial=f"EX-BOUGHT-NEW-{mode}")
                kept = new.warranty_ids.filtered(lambda w: w.origin == "extension")
                self.assertEqual(kept.mapped("date_end"), [date(2029, 1, 9)])

    def test_old_unit_leaves_with_its_warranties(self):
        new = self._exchange("rest")
        self.assertEqual(self.old.state, "replaced")
        self.assertEqual(self.old.warranty_ids.mapped("close_reason"), ["replaced"] * 2)
        self.assertEqual(new.replaces_id, self.old)
        self.assertEqual(new.partner_id, self.old.partner_id)
        charge = self._make_charge(self.compressor, unit_id=self.old.id, date_fault="2025-06-02")
        self.assertEqual(charge.bearer, "customer", "the old unit is covered no more")
        charge = self._make_charge(self.compressor, unit_id=new.id, date_fault="2025-06-02")
        self.assertEqual(charge.bearer_partner_id, self.maker)

    def test_expired_warranty_is_not_inherited(self):
        new = self._exchange("rest", day=date(2026, 3, 1))
        self.assertEqual(self._get_ends(new), {"part": date(2028, 1, 9)})

    def test_repair_only_goods_are_not_exchanged(self):
        self.policy.repair_only = True
        with self.assertRaisesRegex(UserError, "repaired, not exchanged"):
            self._exchange("restart")
        self.assertEqual(self.old.state, "active")

    def test_a_unit_is_exchanged_once(self):
        self._exchange("rest")
        with self.assertRaisesRegex(UserError, "not in use"):
            self.old._replace_by(self._make_unit("EX-THIRD"), self.day)

    def test_no_exchange_for_itself(self):
        with self.assertRaisesRegex(UserError, "for itself"):
            self.old._replace_by(self.old, self.day)

    def test_nobody_writes_an_exchange_by_hand(self):
        new = self._make_unit("EX-NEW")
        with self.assertRaisesRegex(UserError, "cannot be written by hand"):
            new.with_user(self.manager).write({"replaces_id": self.old.id})

    def test_refund(self):
        """Price 1000, 10 % a year; a started year counts whole (RX4)."""
        self.policy.depreciation_percent = 10
        self.old.price_paid = 1000
        for day, amount in [
            ("2025-01-09", 1000),  # before delivery
            ("2025-01-10", 900),  # the first year begins at once
            ("2026-01-09", 900),
            ("2026-01-10", 800),
            ("2034-01-09", 100),
            ("2035-01-10", 0),
            ("2045-01-10", 0),
        ]:
            with self.subTest(day=day), freeze_time(day):
                self.old.invalidate_recordset(["refund_amount"])
                self.assertEqual(self.old.refund_amount, amount)

    def test_refund_of_the_lower_price(self):
        self.policy.write({"depreciation_percent": 0, "refund_price_basis": "lower"})
        self.old.product_id.list_price = 800
        for paid, amount in [(1000, 800), (700, 700)]:
            with self.subTest(paid=paid):
                self.old.price_paid = paid
                self.assertEqual(self.old._get_refund_amount(self.day), amount)
