import base64
import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools.sheets import write_workbook
from .common import AftersalesCommon

HEADINGS = ("Claim Number", "Accepted Amount", "Reason")


@tagged("post_install", "-at_install")
class TestClaimImport(AftersalesCommon):
    """The maker's answer comes as a file: all of it is noted, or nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("CI1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")
        cls.charges = cls.env["aftersales.charge"]
        for __ in range(3):
            cls.charges |= cls._make_charge(cls.compressor, request_id=cls.request.id)
        cls.claim = cls._make_settlement(cls.charges)
        cls.claim.action_confirm()
        cls.lines = cls.claim.line_ids
        cls.numbers = cls.lines.mapped("claim_number")

    def _import(self, *rows, headings=HEADINGS, user=None, **vals):
        content = write_workbook(
            [{"name": "A", "headings": headings, "rows": rows, "widths": [10] * len(headings)}]
        )
        wizard = (
            self.env["aftersales.claim.import"]
            .with_user(user or self.settler)
            .create({"file": base64.b64encode(content), "filename": "answer.xlsx", **vals})
        )
        wizard.action_import()
        return wizard

    def test_answers(self):
        first, second, third = self.numbers
        wizard = self._import(
            [first, 800, None], [second.lower(), "500.50", "List price"], [third, 0, "Wear"]
        )
        self.assertEqual((wizard.step, wizard.answer_count), ("done", 3))
        self.assertRecordValues(
            self.lines,
            [
                {"claim_state": "accepted", "amount_answered": 800, "difference_reason": False},
                {
                    "claim_state": "reduced",
                    "amount_answered": 500.5,
                    "difference_reason": "List price",
                },
                {"claim_state": "refused", "amount_answered": 0, "difference_reason": "Wear"},
            ],
        )

    def test_all_or_nothing(self):
        first, second, third = self.numbers
        wizard = self._import(
            [first, 800, None],
            [None, None, None],
            [second, "some", "Wear"],
            ["CL0", 5, "Wear"],
            [third, 900, "More"],
            [first, 800, None],
            [None, 5, "Whose?"],
            [second, 700, None],
            [second, None, "Only a reason"],
        )
        self.assertEqual(wizard.step, "refused")
        self.assertEqual(wizard.error_ids.mapped("row"), [4, 5, 6, 7, 8, 9, 10])
        reasons = wizard.error_ids.mapped("reason")
        for reason, text in zip(
            reasons,
            ["no number", "CL0", "between", "twice", "no claim number", "reason", "no number"],
            strict=True,
        ):
            self.assertIn(text, reason)
        self.assertEqual(set(self.lines.mapped("claim_state")), {"submitted"})
        wizard.action_back()
        self.assertEqual((wizard.step, wizard.error_ids.ids), ("file", []))

    def test_unreadable_files(self):
        for rows, headings, text in (
            ([], HEADINGS, "No row"),
            ([[self.numbers[0], None, None]], HEADINGS, "No row"),
            ([[self.numbers[0], 800]], HEADINGS[:2], "Reason"),
            ([[self.numbers[0], 800, ""]], [*HEADINGS[:2], HEADINGS[0]], "Claim Number"),
        ):
            with self.subTest(headings=headings), self.assertRaises(UserError) as caught:
                self._import(*rows, headings=headings)
            self.assertIn(text, str(caught.exception))
        wizard = self.env["aftersales.claim.import"].with_user(self.settler).create({})
        with self.assertRaises(UserError):
            wizard.action_import()
        wizard.file = base64.b64encode(b"no workbook")
        with self.assertRaises(UserError) as caught:
            wizard.action_import()
        self.assertIn("no xlsx", str(caught.exception))

    def test_template_comes_back(self):
        """What is downloaded is filled in and taken back; what is empty waits."""
        wizard = self.env["aftersales.claim.import"].with_user(self.settler).create({})
        self.assertIn("/template/", wizard.action_download_template()["url"])
        book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(wizard.template)))
        sheet = book.worksheets[0]
        self.assertEqual([sheet.cell(1, column).value for column in (1, 2, 3)], list(HEADINGS))
        listed = [sheet.cell(row, 1).value for row in range(2, sheet.max_row + 1)]
        self.assertLessEqual(set(self.numbers), set(listed))
        row = listed.index(self.numbers[1]) + 2
        self.assertEqual(sheet.cell(row, 4).value, 800)
        sheet.cell(row, 2).value = 800
        output = io.BytesIO()
        book.save(output)
        wizard.file = base64.b64encode(output.getvalue())
        wizard.action_import()
        self.assertEqual(self.lines.mapped("claim_state"), ["submitted", "accepted", "submitted"])

    def test_claims_of_the_maker_only(self):
        wizard = self._import([self.numbers[0], 800, None], partner_id=self.other_customer.id)
        self.assertIn(self.numbers[0], wizard.error_ids.reason)
        wizard = self._import([self.numbers[0], 800, None], partner_id=self.maker.id)
        self.assertEqual(wizard.step, "done")

    def test_claims_of_the_company_only(self):
        both = self._new_user(
            "both",
            "aftersales_base.group_aftersales_settlement",
            company_ids=[(6, 0, [self.company.id, self.other_company.id])],
        )
        rows = [[self.numbers[0], 800, None]]
        wizard = self._import(*rows, user=both, company_id=self.other_company.id)
        self.assertEqual(wizard.step, "refused")
        self.assertEqual(self.lines[0].claim_state, "submitted")

    def test_who_imports(self):
        for user in (self.agent, self.manager, self.technician):
            with self.assertRaises(AccessError):
                self._import([self.numbers[0], 800, None], user=user)
        wizard = self._import([self.numbers[0], 801, None])
        other = self._new_user("settler_two", "aftersales_base.group_aftersales_settlement")
        with self.assertRaises(AccessError):
            wizard.with_user(other).error_ids.mapped("reason")
        with self.assertRaises(AccessError):
            wizard.with_user(other).read(["template"])
