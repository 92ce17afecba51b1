import base64
from html import unescape
from io import BytesIO
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from ..models import aftersales_settlement_statement
from .common import AftersalesCommon

JOBS = "odoo.addons.aftersales_base.tools.jobs"


class StatementCommon(AftersalesCommon):
    """A settlement with three lines: two on site, one of no kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("=HYPERLINK(1)")
        cls.request = cls._make_request(
            unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00", customer_ref="DMG-77"
        )
        charges = cls.env["aftersales.charge"]
        for product, vals in (
            (cls.travel, {"request_id": cls.request.id, "service_type_id": cls.type_onsite.id}),
            (cls.travel, {"request_id": cls.request.id, "service_type_id": cls.type_onsite.id}),
            (cls.travel, {"partner_id": cls.customer.id}),
        ):
            charges |= cls._make_charge(product, **vals)
        charges.filtered(lambda charge: charge.state == "draft").action_confirm()
        cls.settlement = cls._make_settlement(charges)

    def _open(self, content):
        return openpyxl.load_workbook(BytesIO(content))

    def _book(self, settlement=None):
        stream = self.env["aftersales.statement"]._make(settlement or self.settlement)
        return self._open(stream.getvalue())

    def _print(self, settlement):
        report = "aftersales_base.report_aftersales_settlement"
        html, __ = self.env["ir.actions.report"]._render_qweb_html(report, settlement.ids)
        return unescape(html.decode())

    def _rows(self, sheet):
        return [[cell.value for cell in row] for row in sheet.iter_rows()]


@tagged("post_install", "-at_install")
class TestStatement(StatementCommon):
    def test_summary_and_a_sheet_for_each_kind_of_service(self):
        book = self._book()
        self.assertEqual(book.sheetnames, ["Summary", "On Site", "Other"])
        rows = self._rows(book["Summary"])
        self.assertIn(["Number", self.settlement.name, None, None], rows)
        self.assertIn(["Total", 172.5, None, None], rows)
        self.assertIn(["On Site", 2, 100, 100], rows)
        self.assertIn(["Other", 1, 50, 50], rows)
        self.assertEqual(rows[-1], ["Total", 3, 150, 150])
        self.assertEqual(len(self._rows(book["On Site"])), 3)

    def test_lines_show_what_the_template_says(self):
        template = self.env["aftersales.statement.template"].create(
            {
                "name": "As he asks",
                "sheet_by": "none",
                "column_ids": [
                    Command.create({"key": "customer_ref", "heading": "Schaden-Nr.", "width": 30}),
                    Command.create({"key": "serial"}),
                    Command.create({"key": "kind"}),
                    Command.create({"key": "date_fault"}),
                    Command.create({"key": "accepted"}),
                ],
            }
        )
        self.customer.aftersales_statement_id = template
        line = self.settlement.line_ids[0]
        line.write({"amount_accepted": 40, "difference_reason": "Agreed"})
        sheet = self._book()["Lines"]
        rows = self._rows(sheet)
        self.assertEqual(
            rows[0], ["Schaden-Nr.", "Serial Number", "Kind of Charge", "Reported On", "Accepted"]
        )
        self.assertEqual(rows[1][:3], ["DMG-77", "=HYPERLINK(1)", "Travel"])
        # What looks like a formula is text.
        self.assertEqual(sheet["B2"].data_type, "s")
        self.assertEqual(rows[1][3].date(), line.charge_id.date_fault)
        self.assertEqual([row[4] for row in rows[1:]], [40, 50, 50])

    def test_every_column_shows_something(self):
        columns = self.env["aftersales.statement.column"]
        keys = [key for key, __ in columns._fields["key"]._description_selection(self.env)]
        self.assertEqual(set(keys), set(columns._get_paths()))
        for key in keys:
            with self.subTest(key):
                columns.new({"key": key})._get_value(self.settlement.line_ids[0])

    def test_claim_shows_its_number_answer_and_decision(self):
        part = self._make_charge(self.compressor, request_id=self.request.id)
        claim = self._make_settlement(part)
        claim.action_confirm()
        line = claim.line_ids
        line._answer({line: (600, "Our price list")})
        line._decide("company", "Not worth a letter")
        self.maker.aftersales_statement_id = self.env["aftersales.statement.template"].create(
            {
                "name": "Claim",
                "sheet_by": "none",
                "column_ids": [
                    Command.create({"key": key})
                    for key in ("claim_number", "answer", "theirs", "difference", "decision")
                ],
            }
        )
        rows = self._rows(self._book(claim)["Lines"])
        self.assertEqual(rows[1], [line.claim_number, "Reduced", 600, 200, "We Bear It"])

    def test_usual_papers_name_the_claim(self):
        """The maker answers by that number; customers have none."""
        usual = self.env["aftersales.statement.template"].create({"name": "Usual"})
        (self.maker | self.customer).aftersales_statement_id = usual
        claim = self._make_settlement(
            self._make_charge(self.compressor, request_id=self.request.id)
        )
        claim.action_confirm()
        number = claim.line_ids.claim_number
        sheet = self._rows(self._book(claim)[self._book(claim).sheetnames[1]])
        self.assertEqual((sheet[0][0], sheet[1][0]), ("Claim Number", number))
        self.assertIn(number, self._print(claim))
        sheet = self._rows(self._book()["On Site"])
        self.assertEqual(sheet[0][0], "Request")
        self.assertNotIn("Claim Number", self._print(self.settlement))

    def test_papers_say_why_this_payer_pays(self):
        """Who pays what the maker refused does not read that the warranty covers it."""
        part = self._make_charge(self.compressor, request_id=self.request.id)
        claim = self._make_settlement(part)
        claim.action_confirm()
        line = claim.line_ids
        line._answer({line: (0, "Misuse")})
        bill = line._decide("customer", "Misuse proven")
        self.maker.aftersales_statement_id = self.customer.aftersales_statement_id = self.env[
            "aftersales.statement.template"
        ].create(
            {
                "name": "Why",
                "sheet_by": "none",
                "column_ids": [Command.create({"key": "explanation"})],
            }
        )
        refused = "The maker did not accept to pay for this."
        for settlement, said, not_said in (
            (bill, refused, part.explanation),
            (claim, part.explanation, refused),
        ):
            with self.subTest(settlement.kind):
                page = self._print(settlement)
                self.assertIn(said, page)
                self.assertNotIn(not_said, page)
                self.assertEqual(self._rows(self._book(settlement)["Lines"])[1], [said])

    def test_archived_template_and_that_of_another_company(self):
        templates = self.env["aftersales.statement.template"]
        usual = templates._get_for(self.customer, self.company)
        for vals in ({"active": False}, {"company_id": self.other_company.id}):
            with self.subTest(vals):
                own = templates.create({"name": "Own", "sequence": 99, **vals})
                self.customer.aftersales_statement_id = own
                self.assertEqual(templates._get_for(self.customer, self.company), usual)

    def test_templates_of_another_company_are_theirs(self):
        theirs = self.env["aftersales.statement.template"].create(
            {"name": "Theirs", "company_id": self.other_company.id}
        )
        for record in (theirs, theirs.column_ids[0]):
            own = record.with_user(self.settler)
            with self.subTest(record._name):
                with self.assertRaises(AccessError):
                    own.write({"sequence": 3})
                with self.assertRaises(AccessError):
                    own.unlink()

    def test_names_of_sheets(self):
        statement, taken = self.env["aftersales.statement"], set()
        names = [
            statement._get_sheet_name(name, taken) for name in ("A/C [1]", "A C  1 ", "x" * 40)
        ]
        self.assertEqual(names[0], "A C  1")
        self.assertEqual(names[1], "A C  1 (2)")
        self.assertEqual(len(names[2]), 31)

    def test_queries_do_not_grow(self):
        def count(settlement):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._book(settlement)
            return self.env.cr.sql_log_count - before

        one = self._make_charge(self.travel, service_type_id=self.type_onsite.id)
        many = self.env["aftersales.charge"]
        for __ in range(20):
            many |= self._make_charge(self.travel, service_type_id=self.type_onsite.id)
        few, lots = self._make_settlement(one), self._make_settlement(many)
        count(few)
        self.assertEqual(count(lots), count(few))

    # === LONG ONES === #

    def _ask_for_long(self, user=None):
        with patch.object(aftersales_settlement_statement, "MOST_LINES_AT_ONCE", 2):
            action = self.settlement.with_user(user or self.settler).action_make_spreadsheet()
        return self.env["aftersales.statement.export"].sudo().browse(action["res_id"])

    def _write_what_waits(self):
        with self.enter_registry_test_mode():
            self.env.ref("aftersales_base.ir_cron_write_statements").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def test_long_statement_is_written_in_the_background(self):
        export = self._ask_for_long()
        self.assertEqual((export.percent, export.line_count), (0, 3))
        self.assertEqual(self._ask_for_long(), export)
        self._write_what_waits()
        self.assertEqual((export.percent, export.done_count), (100, 3))
        book = self._open(base64.b64decode(export.file))
        self.assertEqual(self._rows(book["Summary"])[-1], ["Total", 3, 150, 150])

    def test_lost_right_holds_up_no_other(self):
        lost, other = self._ask_for_long(), self._ask_for_long(self.manager)
        self.settler.write({"group_ids": [Command.set(self.env.ref("base.group_user").ids)]})
        self._write_what_waits()
        self.assertEqual((other.percent, other.error), (100, False))
        self.assertFalse(lost.filename)
        self.assertIn("not allowed to access", lost.error)

    def test_what_cannot_be_written_says_why_and_is_not_tried_for_ever(self):
        """It fails in the middle, after some was told to be written."""
        failed, other = self._ask_for_long(), self._ask_for_long(self.manager)
        Statement = self.env.registry["aftersales.statement"]
        make, calls = Statement._make, []

        def break_off(statement, settlement, stream, progress):
            calls.append(settlement.env.user)
            if settlement.env.user == self.settler:
                progress(2)
                settlement.env.cr.execute("SELECT 1 / 0")
            return make(statement, settlement, stream, progress)

        with patch.object(Statement, "_make", break_off), mute_logger("odoo.sql_db", JOBS):
            self._write_what_waits()
            self._write_what_waits()
        self.assertEqual(calls, [self.settler, self.manager], "each once")
        self.assertEqual((other.percent, failed.done_count), (100, 2))
        mine = failed.with_user(self.settler)
        self.assertIn("division by zero", mine.error)
        # Asking again shows what is wrong; it is tried again when he says so.
        self.assertEqual(self._ask_for_long(), failed)
        mine.action_retry()
        self._write_what_waits()
        self.assertEqual((failed.percent, failed.error), (100, False))

    def test_written_anew_once_something_in_it_changed(self):
        template = self.env["aftersales.statement.template"].create({"name": "As agreed"})
        self.settlement.partner_id.commercial_partner_id.aftersales_statement_id = template
        for changed in (
            self.settlement,
            self.settlement.line_ids[:1],
            self.settlement.partner_id.commercial_partner_id,
            template,
        ):
            with self.subTest(changed=changed):
                export = self._ask_for_long()
                self._write_what_waits()
                self.assertEqual(self._ask_for_long(), export, "nothing changed")
                self._change_later(changed)
                self.assertNotEqual(self._ask_for_long(), export)
                self._change_later(changed, "-1 hour")
                self._write_what_waits()

    def _change_later(self, record, later="1 hour"):
        """Let a record be changed after what this transaction does."""
        record.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date + %s::interval WHERE id = %s",
                SQL.identifier(record._table),
                later,
                record.id,
            )
        )
        record.invalidate_recordset(["write_date"])

    def test_trying_again_takes_the_right_to_read(self):
        export = self._ask_for_long(self.agent)
        export.error = "Something"
        with self.assertRaises(AccessError):
            export.with_user(self.settler).action_retry()
        self.agent.write({"group_ids": [Command.set(self.env.ref("base.group_user").ids)]})
        with self.assertRaises(AccessError):
            export.with_user(self.agent).action_retry()

    def test_export_of_somebody_else(self):
        export = self._ask_for_long()
        with self.assertRaises(AccessError):
            export.with_user(self.agent).read(["file"])
        with self.assertRaises(UserError):
            export.with_user(self.settler).write({"line_count": 1})
        with self.assertRaises(AccessError):
            self.env["aftersales.statement.export"].with_user(self.technician).create(
                {"settlement_id": self.settlement.id}
            )

    def test_no_line_no_statement(self):
        empty = self.env["aftersales.settlement"].create({"partner_id": self.customer.id})
        with self.assertRaisesRegex(UserError, "has no line"):
            empty.action_make_spreadsheet()

    def test_agreed_columns_only(self):
        """Where a company asks for it, a payer without a template of his own gets none."""
        self.company.aftersales_statement_agreed = True
        with self.assertRaisesRegex(UserError, "Choose a template on his contact"):
            self.settlement.action_make_spreadsheet()
        with self.assertRaisesRegex(UserError, self.customer.name):
            self.env["aftersales.statement"]._get_bytes(self.settlement)
        own = self.env["aftersales.statement.template"].create({"name": "As agreed"})
        self.settlement.partner_id.commercial_partner_id.aftersales_statement_id = own
        self.assertTrue(self.settlement.action_make_spreadsheet())
        self.assertTrue(self.env["aftersales.statement"]._get_bytes(self.settlement))


@tagged("post_install", "-at_install")
class TestStatementDownload(StatementCommon, HttpCase):
    def _get(self, user, settlement=None):
        self.authenticate(user.login, user.login)
        settlement_id = (settlement or self.settlement).id
        return self.url_open(f"/aftersales/settlement/{settlement_id}/statement.xlsx")

    def test_download(self):
        action = self.settlement.with_user(self.settler).action_make_spreadsheet()
        self.assertEqual(
            action["url"], f"/aftersales/settlement/{self.settlement.id}/statement.xlsx"
        )
        response = self._get(self.settler)
        self.assertEqual(response.status_code, 200)
        self.assertIn("ST_", response.headers["Content-Disposition"])
        self.assertEqual(self._open(response.content).sheetnames, ["Summary", "On Site", "Other"])

    def test_who_may_not(self):
        for user in (self.technician, self.portal, self.salesman):
            with self.subTest(user.login):
                self.assertEqual(self._get(user).status_code, 404)
        elsewhere = (
            self.env["aftersales.settlement"]
            .sudo()
            .create({"partner_id": self.customer.id, "company_id": self.other_company.id})
        )
        self.assertEqual(self._get(self.settler, elsewhere).status_code, 404)
