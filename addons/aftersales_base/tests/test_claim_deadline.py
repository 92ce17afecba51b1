from datetime import date

from odoo.tests import freeze_time, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestClaimDeadline(AftersalesCommon):
    """Claim Within counts once: a charge that is corrected gains no time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.claim.terms"].create({"partner_id": cls.maker.id, "deadline_days": 30})
        cls.unit = cls._make_unit("CD1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-03-01 08:00:00")

    def _do(self, day, count=1):
        charges = self.env["aftersales.charge"]
        for __ in range(count):
            charges |= self._make_charge(self.compressor, request_id=self.request.id)
        with freeze_time(f"{day} 10:00:00"):
            charges.with_user(self.agent).action_confirm()
        return charges

    def test_correcting_it_moves_nothing(self):
        """Confirmed on 1 March; steps on 25 March => last day of the claim."""
        last, none = date(2025, 3, 31), False
        for steps, expected in (
            ((), last),
            (("draft",), none),
            (("draft", "confirm"), last),
            (("cancel",), none),
            (("cancel", "draft", "confirm"), last),
            (("draft", "confirm", "draft", "confirm"), last),
        ):
            with self.subTest(steps=steps):
                charge = self._do("2025-03-01")
                with freeze_time("2025-03-25 10:00:00"):
                    for step in steps:
                        getattr(charge.with_user(self.agent), f"action_{step}")()
                self.assertEqual(charge.claim_deadline, expected)

    def test_confirmed_together(self):
        """Those that were confirmed before keep their day, the others begin today."""
        early = self._do("2025-03-01", 2)
        early.with_user(self.agent).action_draft()
        late = self._make_charge(self.compressor, request_id=self.request.id)
        with freeze_time("2025-03-25 10:00:00"):
            (early | late).with_user(self.agent).action_confirm()
        self.assertEqual(
            (early | late).mapped("claim_deadline"), [date(2025, 3, 31)] * 2 + [date(2025, 4, 24)]
        )
        self.assertEqual(set((early | late).mapped("date_confirmed")), {date(2025, 3, 25)})

    def test_found_by_its_day(self):
        """What is late is late also after it was corrected."""
        charge = self._do("2025-03-01")
        with freeze_time("2025-03-25 10:00:00"):
            charge.with_user(self.agent).action_draft()
            charge.with_user(self.agent).action_confirm()
        with freeze_time("2025-04-02 10:00:00"):
            found = charge.search([("claim_deadline", "<", "today"), ("id", "=", charge.id)])
            self.assertEqual(found, charge)
        claim = charge._create_settlements()
        self.assertEqual(claim.claim_deadline, date(2025, 3, 31))

    def test_a_copy_begins_anew(self):
        charge = self._do("2025-03-01")
        again = charge.copy()
        with freeze_time("2025-03-25 10:00:00"):
            again.action_confirm()
        self.assertEqual(again.claim_deadline, date(2025, 4, 24))

    def test_nobody_writes_the_first_day(self):
        charge = self._do("2025-03-01")
        charge.with_user(self.agent).action_draft()
        for user in (self.agent, self.settler, self.manager):
            vals = {"date_first_confirmed": "2025-06-01"}
            self.assertFalse(self._passes(charge.with_user(user).write, vals))
