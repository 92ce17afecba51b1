from datetime import date, timedelta
from itertools import permutations

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

ZONES = ("Pacific/Honolulu", "America/New_York", "UTC", "Asia/Shanghai", "Pacific/Kiritimati")


@tagged("post_install", "-at_install")
class TestCoverageDays(AftersalesCommon):
    """The day that decides, wherever people sit and whatever happened to the unit."""

    # === TIME ZONES === #

    def _ask(self, unit, user):
        """Return whether labour on the unit is covered, by each way to ask about today."""
        request = self._make_request(unit_id=unit.id, user_id=user.id)
        Charge = self.env["aftersales.charge"].with_user(user)
        charges = Charge.create(
            [
                {"product_id": self.labour.id, "request_id": request.id},
                {
                    "product_id": self.labour.id,
                    "unit_id": unit.id,
                    "partner_id": self.customer.id,
                    "user_id": user.id,
                },
            ]
        )
        answer = unit.with_user(user).who_pays([{"product_id": self.labour.id}])
        return {*charges.mapped("covered_percent"), answer[0]["covered_percent"]}

    def test_who_sits_where_decides_nothing(self):
        """Labour is covered until 9 January 2026 where the company is."""
        unit = self._make_unit("TZ1")
        self.company.partner_id.tz = "Asia/Shanghai"
        for zone in ZONES:
            self.technician.tz = zone
            with self.subTest(zone=zone):
                with freeze_time("2026-01-09 15:30:00"):
                    self.assertEqual(self._ask(unit, self.technician), {100})
                with freeze_time("2026-01-09 16:30:00"):
                    self.assertEqual(self._ask(unit, self.technician), {0})

    def test_late_on_the_last_day_counts_wherever_the_company_is(self):
        unit = self._make_unit("TZ2")
        for zone, moment in (
            ("Pacific/Honolulu", "2026-01-10 09:30:00"),
            ("America/New_York", "2026-01-10 04:30:00"),
            ("Asia/Shanghai", "2026-01-09 15:30:00"),
            ("Pacific/Kiritimati", "2026-01-09 09:30:00"),
        ):
            self.company.partner_id.tz = zone
            with self.subTest(zone=zone):
                request = self._make_request(unit_id=unit.id, date_reported=moment)
                charge = self._make_charge(self.labour, request_id=request.id)
                self.assertEqual(charge.date_fault, date(2026, 1, 9))
                self.assertEqual(charge.covered_percent, 100)

    # === EXCHANGES === #

    def _exchange_along(self, mode, gaps, minimum=0):
        """Exchange a unit for the next one after each gap; return what each was promised."""
        policy = self.policy.copy(
            {"replacement_mode": mode, "replacement_minimum_days": minimum, "name": mode}
        )
        day, unit = date(2025, 1, 10), self._make_unit(False, policy_id=policy.id)
        chain = [(day, self._get_ends(unit))]
        for gap in gaps:
            day += timedelta(days=gap)
            following = self._make_unit(False, policy_id=policy.id, date_start=day)
            unit._replace_by(following, day)
            unit = following
            chain.append((day, self._get_ends(unit)))
        return chain

    def _get_ends(self, unit):
        return {warranty.kind: warranty.date_end for warranty in unit.warranty_ids}

    def test_the_rest_is_handed_on_and_never_grows(self):
        for gaps in ((0, 0, 0), (1, 30, 300), (364, 1, 1), (365, 400), (1094, 1), (200, 200, 200)):
            with self.subTest(gaps=gaps):
                chain = self._exchange_along("rest", gaps)
                promised = chain[0][1]
                for day, ends in chain[1:]:
                    alive = {kind: end for kind, end in promised.items() if end >= day}
                    self.assertEqual(ends, alive)
                    promised = ends

    def test_the_minimum_holds_at_each_exchange(self):
        for gaps in ((300, 30, 30), (364, 29, 29), (1, 1), (364, 31)):
            with self.subTest(gaps=gaps):
                chain = self._exchange_along("rest_minimum", gaps, minimum=30)
                promised = chain[0][1]
                for day, ends in chain[1:]:
                    least = day + timedelta(days=29)
                    alive = {kind: max(end, least) for kind, end in promised.items() if end >= day}
                    self.assertEqual(ends, alive)
                    promised = ends

    def test_starting_anew_is_the_whole_period_each_time(self):
        for day, ends in self._exchange_along("restart", (10, 400, 36)):
            self.assertEqual((ends["labour"] - day).days, 364)

    # === PAUSES === #

    def test_pauses_count_once_in_any_order(self):
        """Two that overlap, one that adjoins, one outside: nine days in all."""
        pauses = [
            ("2025-03-01", "2025-03-04"),
            ("2025-03-03", "2025-03-06"),
            ("2025-03-07", "2025-03-09"),
            ("2024-12-01", "2024-12-31"),
        ]
        ends = set()
        for order in permutations(pauses):
            unit = self._make_unit(False)
            for first, last in order:
                unit.downtime_ids = [Command.create({"date_from": first, "date_to": last})]
            ends.add(self._get_ends(unit)["labour"])
        self.assertEqual(ends, {date(2026, 1, 18)})

    @freeze_time("2025-06-01")
    def test_an_extension_follows_on_the_end_with_its_pauses(self):
        unit = self._make_unit(False)
        unit.downtime_ids = [Command.create({"date_from": "2025-03-01", "date_to": "2025-03-10"})]
        self.assertEqual(self._get_ends(unit)["labour"], date(2026, 1, 19))
        extension = self.env["aftersales.warranty"].create(
            {
                "unit_id": unit.id,
                "kind": "labour",
                "origin": "extension",
                "start_basis": "fixed",
                "date_start": unit._get_extension_start("labour"),
                "duration": 12,
            }
        )
        self.assertEqual(extension.date_start, date(2026, 1, 20))
        for day, warranty in (
            ("2026-01-19", unit.warranty_ids.filtered(lambda w: w.origin == "sale")),
            ("2026-01-20", extension),
            ("2027-01-19", extension),
            ("2027-01-20", extension.browse()),
        ):
            charge = self._make_charge(self.labour, unit_id=unit.id, date_fault=day)
            self.assertEqual(charge.warranty_id & warranty, charge.warranty_id)
            self.assertEqual(bool(charge.warranty_id), bool(warranty))
