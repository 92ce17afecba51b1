from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRequestIntake(AftersalesCommon):
    """Another system reports cases by its own numbers."""

    def _report(self, reference, user=None, **values):
        return self._call(
            user or self.agent,
            self.env["aftersales.request"],
            "report",
            reference,
            {"subject": "E12", "team_id": self.team_a.id, **values},
        )

    def test_report_makes_a_request(self):
        unit = self._make_unit("REP-1")
        answer = self._report("BMS-1", lookup="REP-1", priority="2")
        request = self.env["aftersales.request"].browse(answer["id"])
        self.assertTrue(answer["created"])
        self.assertEqual((answer["name"], answer["state"]), (request.name, "new"))
        self.assertRecordValues(
            request,
            [
                {
                    "unit_id": unit.id,
                    "partner_id": self.customer.id,
                    "channel": "api",
                    "priority": "2",
                    "external_ref": "BMS-1",
                }
            ],
        )

    def test_reported_again_is_the_same(self):
        first = self._report("BMS-2")
        again = self._report(" BMS-2 ", subject="Other words")
        self.assertEqual((again["id"], again["created"]), (first["id"], False))
        self.assertEqual(self.env["aftersales.request"].browse(first["id"]).subject, "E12")

    def test_companies_count_apart(self):
        self.env.user.company_ids |= self.other_company
        first = self._report("BMS-3")
        other = self.env["aftersales.request"].report(
            "BMS-3", {"subject": "E12", "company_id": self.other_company.id}
        )
        self.assertTrue(other["created"])
        self.assertNotEqual(other["id"], first["id"])

    def test_reference_of_what_one_may_not_see(self):
        self._report("BMS-4")
        with self.assertRaisesRegex(UserError, "BMS-4 belongs to a request you cannot see"):
            self._report("BMS-4", self.other_agent, team_id=self.team_b.id)

    def test_without_reference(self):
        for reference in ("", "  ", None, False):
            with self.subTest(reference=reference), self.assertRaises(UserError):
                self._report(reference)

    def test_who_may_not_take_requests(self):
        for user in (self.technician, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._report("BMS-5", user)

    def test_doors_hold(self):
        with self.assertRaises(UserError):
            self._report("BMS-6", state="done")

    def test_copy_has_no_reference(self):
        request = self.env["aftersales.request"].browse(self._report("BMS-7")["id"])
        self.assertFalse(request.copy().external_ref)
