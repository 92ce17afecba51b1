from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

STATUSES = ("pending", "running", "ending", "expired", "void", "none")


@tagged("post_install", "-at_install")
@freeze_time("2025-06-01")
class TestUnitStatus(AftersalesCommon):
    """How the warranties of a unit stand today, shown and searched by."""

    def _make_unit_with(self, serial, *warranties):
        """Make a unit with just these warranties."""
        vals = {"start_basis": "fixed", "date_start": date(2025, 1, 10), "kind": "all"}
        return self._make_unit(
            serial,
            policy_id=False,
            warranty_ids=[Command.create({**vals, **warranty}) for warranty in warranties],
        )

    def _make_units(self):
        """Return ``{situation: (unit, expected status)}``."""
        waiting = {"start_basis": "installation", "date_start": False}
        closed = {"date_closed": "2025-05-01", "close_reason": "returned"}
        void = {"date_closed": "2025-05-01", "close_reason": "void"}
        lifetime = {"duration_unit": "lifetime"}
        table = {
            "runs a year": ([{}], "running"),
            "31 days left": ([{"date_start": "2024-07-03"}], "running"),
            "30 days left": ([{"date_start": "2024-07-02"}], "ending"),
            "last day": ([{"date_start": "2024-06-02"}], "ending"),
            "over": ([{"date_start": "2024-06-01"}], "expired"),
            "starts today": ([{"date_start": "2025-06-01"}], "running"),
            "starts tomorrow": ([{"date_start": "2025-06-02"}], "pending"),
            "waits for its event": ([waiting], "pending"),
            "waits, covered until then": ([{**waiting, "cover_before_start": True}], "running"),
            "waits beside a running one": ([waiting, {}], "running"),
            "waits beside one that is over": ([waiting, {"date_start": "2023-01-10"}], "pending"),
            "ends, another one follows": (
                [{"date_start": "2024-06-10"}, {"date_start": "2025-06-10"}],
                "running",
            ),
            "lifetime": ([lifetime], "running"),
            "lifetime taken back": ([{**lifetime, **closed}], "expired"),
            "waited until it was closed": ([{**waiting, **closed}], "none"),
            "void": ([void], "void"),
            "void beside a running one": ([void, {}], "running"),
            "void beside one that is over": ([void, {"date_start": "2023-01-10"}], "expired"),
            "none": ([], "none"),
        }
        return {
            what: (self._make_unit_with(f"ST-{number}", *warranties), expected)
            for number, (what, (warranties, expected)) in enumerate(table.items())
        }

    def test_shown_and_found_alike(self):
        units = self._make_units()
        Unit = self.env["aftersales.unit"].with_user(self.agent)
        ours = [("id", "in", [unit.id for unit, __ in units.values()])]
        found = {
            status: Unit.search([*ours, ("warranty_status", "=", status)]) for status in STATUSES
        }
        for what, (unit, expected) in units.items():
            with self.subTest(what):
                self.assertEqual(unit.warranty_status, expected)
                self.assertEqual([key for key in STATUSES if unit in found[key]], [expected])

    def test_search_by_several(self):
        units = self._make_units()
        wanted = {unit.id for unit, status in units.values() if status in ("pending", "void")}
        domain = [("id", "in", [unit.id for unit, __ in units.values()])]
        Unit = self.env["aftersales.unit"]
        found = Unit.search([*domain, ("warranty_status", "in", ["pending", "void"])])
        self.assertEqual(set(found.ids), wanted)
        rest = Unit.search([*domain, ("warranty_status", "not in", ["pending", "void"])])
        self.assertEqual(set((rest | found).ids), {unit.id for unit, __ in units.values()})
        self.assertFalse(rest & found)

    def test_requests_are_found_by_it(self):
        unit = self._make_unit_with("ST-R", {"start_basis": "installation", "date_start": False})
        request = self._make_request(unit_id=unit.id)
        Request = self.env["aftersales.request"].with_user(self.agent)
        self.assertEqual(request.warranty_status, "pending")
        self.assertIn(request, Request.search([("warranty_status", "=", "pending")]))
        self.assertNotIn(request, Request.search([("warranty_status", "=", "none")]))

    def test_list_costs_the_same_for_many(self):
        units = [unit.id for unit, __ in self._make_units().values()]
        Unit = self.env["aftersales.unit"]
        Unit.browse(units).mapped("warranty_status")
        for ids in (units[:1], units):
            Unit.invalidate_model()
            self.env["aftersales.warranty"].invalidate_model()
            with self.assertQueryCount(5):
                Unit.browse(ids).mapped("warranty_status")

    def test_public_is_told_that_it_has_not_started(self):
        unit = self._make_unit_with("ST-P", {"start_basis": "installation", "date_start": False})
        [answer] = unit._get_public_answers(date(2025, 6, 1))
        self.assertEqual(answer["status"], "pending")
        unit.warranty_ids.write({"close_reason": "void", "date_closed": "2025-05-01"})
        [answer] = unit._get_public_answers(date(2025, 6, 1))
        self.assertEqual(answer["status"], "none")
