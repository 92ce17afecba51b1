import base64
import io
import zipfile
from datetime import date, datetime
from unittest.mock import patch

import openpyxl
from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from ..tools.sheets import write_workbook
from ..wizard import aftersales_unit_import
from .common import AftersalesCommon

HEADINGS = ("Product", "Serial", "Customer", "Date of Delivery")
OTHER_HEADINGS = (
    "Quantity",
    "Price Paid",
    "Invoice Date",
    "Installation Date",
    "Registration Date",
    "Purchase Date",
    "Place",
    "Notes",
)


class ImportCase(AftersalesCommon):
    """An agent imports lists: he has no stock rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ac.write({"default_code": "AC-35", "barcode": "6900000000017"})
        cls.pump = cls._create_product(
            name="Pump", type="consu", is_storable=True, tracking="lot", default_code="PU-1"
        )
        cls.fan = cls._create_product(
            name="Fan", type="consu", is_storable=True, default_code="FAN-1"
        )
        cls.customer.write({"ref": "C001", "email": "Lin@Example.com"})

    def _sheet(self, rows, headings=HEADINGS):
        return write_workbook(
            [{"name": "List", "headings": headings, "rows": rows, "widths": [20] * len(headings)}]
        )

    def _wizard(self, rows=(), headings=HEADINGS, user=None, content=None, **vals):
        content = self._sheet(rows, headings) if content is None else content
        return (
            self.env["aftersales.unit.import"]
            .with_user(user or self.agent)
            .create({"file": base64.b64encode(content), "filename": "list.xlsx", **vals})
        )

    def _import(self, *rows, **kwargs):
        wizard = self._wizard(rows, **kwargs)
        wizard.action_import()
        return wizard

    def _row(self, serial, product="AC-35", customer="C001", day="2025-01-10"):
        return (product, serial, customer, day)

    def assertRefused(self, wizard, *reasons):
        """Assert that rows are refused for these reasons, in order."""
        self.assertEqual(len(wizard.line_ids), len(reasons), wizard.line_ids.mapped("reason"))
        for line, reason in zip(wizard.line_ids, reasons, strict=True):
            self.assertIn(reason, line.reason)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-01 08:00:00")
class TestUnitImport(ImportCase):
    """What becomes of a good list."""

    def test_rows_become_units_with_warranties(self):
        wizard = self._import(
            ("AC-35", "S1", "C001", date(2025, 1, 10), 1, 3390.5, date(2025, 1, 8), "2025-01-12")
            + (datetime(2025, 1, 15, 10, 30), "2025-01-07", None, "<b>Third floor</b>"),
            headings=HEADINGS + OTHER_HEADINGS,
        )
        self.assertEqual((wizard.step, wizard.unit_count, wizard.refused_count), ("done", 1, 0))
        unit = wizard.unit_ids
        self.assertRecordValues(
            unit,
            [
                {
                    "product_id": self.ac.id,
                    "serial": "S1",
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "date_start": date(2025, 1, 10),
                    "date_invoice": date(2025, 1, 8),
                    "date_installed": date(2025, 1, 12),
                    "date_registered": date(2025, 1, 15),
                    "date_purchase": date(2025, 1, 7),
                    "price_paid": 3390.5,
                    "quantity": 1.0,
                    "state": "active",
                }
            ],
        )
        self.assertIn("&lt;b&gt;Third floor", unit.note)
        self.assertEqual(unit.lot_id.name, "S1")
        self.assertEqual(len(unit.warranty_ids), 2)
        self.assertEqual(max(unit.warranty_ids.mapped("date_end")), date(2028, 1, 9))
        self.assertIn("list.xlsx, row 2", unit.message_ids[0].body)
        self.assertEqual(self.env["aftersales.unit"].find("S1")[0]["id"], unit.id)

    def test_customer_by_each_way(self):
        wizard = self._import(
            self._row("S1", customer="c001"),
            self._row("S2", customer="LIN@example.com"),
            self._row("S3", customer="138 0000 0001"),
            self._row("S4", customer="+8613800000001"),
            self._row("S5", customer="lin household"),
            self._row("S6", customer="Zhao Trading"),
            self._row("S7", customer="Lin Household, Lin Mei"),
        )
        self.assertRefused(wizard)
        self.assertEqual(
            wizard.unit_ids.sorted("serial").partner_id,
            self.customer | self.other_customer | self.customer_contact,
        )
        self.assertEqual(len(wizard.unit_ids.filtered(lambda u: u.partner_id == self.customer)), 5)

    def test_company_counts_where_a_contact_has_the_same_phone(self):
        self.customer_contact.phone = self.customer.phone
        wizard = self._import(self._row("S1", customer="13800000001"))
        self.assertEqual(wizard.unit_ids.partner_id, self.customer)

    def test_product_by_barcode_also_as_a_number(self):
        wizard = self._import(
            self._row("S1", product="6900000000017"), self._row("S2", product=6900000000017)
        )
        self.assertEqual(wizard.unit_ids.product_id, self.ac)
        self.assertEqual(wizard.unit_count, 2)

    def test_serials_that_are_numbers_keep_their_digits(self):
        wizard = self._import(self._row(2025000123), self._row("000777"))
        self.assertEqual(wizard.unit_ids.mapped("serial"), ["2025000123", "000777"])

    def test_lots(self):
        """Known lots are taken, missing ones made; a lot may stand for many units."""
        lot = self.env["stock.lot"].create({"name": "S1", "product_id": self.ac.id})
        wizard = self._import(
            self._row("S1"),
            (*self._row("L1", product="PU-1"), 20),
            (*self._row("L1", product="PU-1", customer="Zhao Trading"), 5),
            (*self._row("F1", product="FAN-1"), 1),
            (*self._row(None, product="FAN-1"), 3),
            headings=(*HEADINGS, "Quantity"),
        )
        self.assertRefused(wizard)
        units = wizard.unit_ids.sorted("id")
        self.assertEqual(units[0].lot_id, lot)
        self.assertEqual(units[1].lot_id, units[2].lot_id)
        self.assertEqual(units[1].lot_id.name, "L1")
        self.assertFalse((units[3] | units[4]).lot_id)
        self.assertEqual(units.mapped("quantity"), [1, 20, 5, 1, 3])
        self.assertFalse(self.agent.has_group("stock.group_stock_user"))

    def test_lot_of_another_company(self):
        """A number that another company holds is made for ours alone."""
        theirs = self.env["stock.lot"].create(
            {"name": "S1", "product_id": self.ac.id, "company_id": self.other_company.id}
        )
        unit = self._import(self._row("S1")).unit_ids
        self.assertNotEqual(unit.lot_id, theirs)
        self.assertEqual(unit.lot_id.company_id, self.company)

    def test_place_among_the_customers_addresses(self):
        place = self.env["res.partner"].create(
            {"name": "Shop", "parent_id": self.customer.id, "type": "delivery", "city": "Wuhan"}
        )
        wizard = self._import(
            (*self._row("S1"), "shop"),
            (*self._row("S2"), "Wuhan"),
            (*self._row("S3", customer="Zhao Trading"), "Shop"),
            headings=(*HEADINGS, "Place"),
            mode="skip",
        )
        self.assertEqual(wizard.unit_ids.place_id, place)
        self.assertRefused(wizard, "Place Shop names 0 addresses of Zhao Trading")

    def test_columns_in_any_order_unknown_ones_named(self):
        wizard = self._import(
            ("2025-01-10", "blue", "C001", "AC-35"),
            headings=("date_start", "Colour", " CUSTOMER ", "product"),
        )
        self.assertEqual(wizard.unit_count, 1)
        self.assertEqual(wizard.ignored_columns, "Colour")

    def test_empty_rows_between_do_not_count(self):
        wizard = self._wizard([self._row("S1"), ("", None, "  "), self._row("S2", day="no")])
        wizard.action_check()
        self.assertEqual(wizard.row_count, 2)
        self.assertEqual(wizard.line_ids.row, 4)

    def test_check_registers_nothing(self):
        wizard = self._wizard([self._row("S1")])
        wizard.action_check()
        self.assertEqual((wizard.step, wizard.unit_count), ("checked", 0))
        self.assertFalse(self.env["aftersales.unit"].search([("serial", "=", "S1")]))
        wizard.action_import()
        self.assertEqual((wizard.step, wizard.unit_count), ("done", 1))
        action = wizard.action_view_units()
        self.assertEqual(self.env["aftersales.unit"].search(action["domain"]), wizard.unit_ids)

    def test_form_opens_for_an_agent(self):
        form = Form(self.env["aftersales.unit.import"].with_user(self.agent))
        form.mode = "skip"
        self.assertEqual(form.save().company_id, self.company)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-01 08:00:00")
class TestUnitImportRefusals(ImportCase):
    """Rows that are refused, in words, and lists that cannot be read."""

    def test_every_reason_has_its_row(self):
        self._make_unit("TAKEN")
        self.env["res.partner"].create([{"name": "Twin"}, {"name": "twin"}])
        self._create_product(name="Fan 2", type="consu", default_code="FAN-1")
        rows = [
            self._row("A", product="NOPE"),
            self._row("B", product="FAN-1"),
            self._row("C", customer="Nobody"),
            self._row("D", customer="Twin"),
            self._row("E", day="31.12.2024"),
            self._row("F", day="2025-02-30"),
            self._row("G", day="2026-03-02"),
            self._row("H", day=45000),
            self._row("TAKEN"),
            self._row("I"),
            self._row("I"),
            (None, "J", "", "2025-01-10"),
        ]
        wizard = self._wizard(rows, mode="skip")
        wizard.action_check()
        self.assertEqual(wizard.line_ids.mapped("row"), [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13])
        self.assertRefused(
            wizard,
            "Product NOPE is unknown",
            "2 products have the reference FAN-1",
            "Customer Nobody is unknown",
            "Customer Twin is ambiguous",
            "Date of Delivery 31.12.2024 is no date",
            "Date of Delivery 2025-02-30 is no date",
            "in the future",
            "Date of Delivery 45000 is no date",
            "Serial TAKEN is registered already",
            "Serial I stands in row 11 already",
            "Product is missing. Customer is missing.",
        )

    def test_numbers(self):
        wizard = self._import(
            (*self._row("A"), 2, None),
            (*self._row("B", product="PU-1"), 0, None),
            (*self._row("C"), "many", None),
            (*self._row("D"), 1, -5),
            (*self._row("E"), "1", "3 390.50"),
            (*self._row("F"), "nan", "inf"),
            headings=(*HEADINGS, "Quantity", "Price Paid"),
            mode="skip",
        )
        self.assertRefused(
            wizard,
            "has a serial for each: the quantity is 1",
            "Quantity 0 is no number above zero",
            "Quantity many is no number",
            "Price Paid -5 is no number from zero on",
            "Quantity nan is no number above zero. Price Paid inf",
        )
        self.assertEqual(wizard.unit_ids.price_paid, 3390.5)

    def test_all_or_nothing(self):
        wizard = self._import(self._row("S1"), self._row("S2", product="NOPE"))
        self.assertEqual((wizard.step, wizard.unit_count), ("checked", 0))
        self.assertRefused(wizard, "Product NOPE is unknown")
        self.assertFalse(self.env["aftersales.unit"].search([("serial", "=", "S1")]))
        self.assertFalse(self.env["stock.lot"].search([("name", "=", "S1")]))

    def test_skip_and_report(self):
        wizard = self._import(
            self._row("S1"), self._row("=1+1", product="NOPE"), self._row("S3"), mode="skip"
        )
        self.assertEqual(wizard.unit_ids.mapped("serial"), ["S1", "S3"])
        content = wizard._make_refused_sheet()
        book = openpyxl.load_workbook(io.BytesIO(content))
        row = [cell.value for cell in book.active[2]]
        self.assertEqual(row[:4], ["NOPE", "=1+1", "C001", "2025-01-10"])
        self.assertEqual(row[12], 3)
        self.assertIn("Product NOPE is unknown", row[13])
        self.assertEqual(book.active["B2"].data_type, "s", "What customers typed is no formula.")

    def test_refused_rows_are_imported_once_corrected(self):
        wizard = self._import(self._row("S1", product="NOPE"), mode="skip")
        self.fan.default_code = "NOPE"
        again = self._wizard(content=wizard._make_refused_sheet())
        again.action_import()
        self.assertEqual(again.unit_ids.serial, "S1")

    def test_returned_serial_may_be_registered_again(self):
        unit = self._make_unit("S1")
        unit._close("returned", date(2025, 6, 1))
        self.assertEqual(self._import(self._row("S1")).unit_count, 1)

    def test_archived_unit_keeps_its_serial(self):
        self._make_unit("S1").active = False
        self.assertRefused(self._import(self._row("S1")), "registered already")

    def test_other_company(self):
        """Their units take no serial of ours, their products and customers are not ours."""
        self._import(self._row("S1"))
        theirs = self._new_user(
            "theirs", "aftersales_base.group_aftersales_agent", company_id=self.other_company.id
        )
        wizard = self._wizard([self._row("S1")], user=theirs)
        wizard.action_import()
        self.assertEqual(wizard.unit_ids.company_id, self.other_company)
        self.fan.company_id = self.company
        self.other_customer.company_id = self.company
        wizard = self._wizard(
            [self._row("S2", product="FAN-1"), self._row("S3", customer="Zhao Trading")],
            user=theirs,
        )
        wizard.action_import()
        self.assertRefused(wizard, "Product FAN-1 is unknown", "Customer Zhao Trading is unknown")
        with self.assertRaises(AccessError):
            self._wizard([], user=theirs, company_id=self.company.id)

    @mute_logger("odoo.tools.mimetypes.guess_mimetype")
    def test_files_that_are_no_list(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("xl/workbook.xml", "<nothing/>")
        plain = io.BytesIO()
        with zipfile.ZipFile(plain, "w") as file:
            file.writestr("readme.txt", "Hello")
        for content in (
            b"Product;Serial\nAC-35;S1",
            b"<html></html>",
            b"PK\x03\x04 broken",
            archive.getvalue(),
            plain.getvalue(),
        ):
            with self.assertRaisesRegex(UserError, "no xlsx workbook"):
                self._wizard(content=content).action_import()
        with self.assertRaisesRegex(UserError, "Choose the xlsx"):
            self._wizard(content=b"").action_import()
        with self.assertRaisesRegex(UserError, "larger than 10 MB"):
            self._wizard(content=b"PK\x03\x04" + bytes(10 * 1024 * 1024)).action_import()

    def test_file_that_unpacks_to_too_much(self):
        content = self._sheet([self._row("S1")])
        with (
            patch.object(self._sheets(), "MAX_UNPACKED_BYTES", 1000),
            self.assertRaisesRegex(UserError, "no xlsx workbook"),
        ):
            self._wizard(content=content).action_import()

    def _sheets(self):
        from ..tools import sheets

        return sheets

    def test_headings(self):
        with self.assertRaisesRegex(UserError, "no column Product, Date of Delivery"):
            self._import(("C001",), headings=("Customer",))
        with self.assertRaisesRegex(UserError, "Serial is there twice"):
            self._import(("1",), headings=(*HEADINGS, "serial"))
        with self.assertRaisesRegex(UserError, "headings and nothing below"):
            self._import()

    def test_too_many_rows(self):
        with (
            patch.object(self.registry["aftersales.unit.import"], "_import_max_rows", 2),
            self.assertRaisesRegex(UserError, "more than 2 rows"),
        ):
            self._import(*(self._row(f"S{number}") for number in range(3)))

    def test_who_may_import(self):
        for user in (self.technician, self.settler, self.salesman, self.portal):
            with self.assertRaises(AccessError):
                self._wizard([], user=user)
        self.assertEqual(self._import(self._row("S1"), user=self.manager).unit_count, 1)

    def test_lists_of_colleagues_stay_theirs(self):
        wizard = self._import(self._row("S1", product="NOPE"))
        with self.assertRaises(AccessError):
            wizard.with_user(self.other_agent).read(["filename"])
        with self.assertRaises(AccessError):
            wizard.line_ids.with_user(self.other_agent).read(["cells"])


@tagged("post_install", "-at_install")
@freeze_time("2026-03-01 08:00:00")
class TestUnitImportSheets(ImportCase):
    """The template, and how many queries a long list takes."""

    def test_template_imports_as_it_is(self):
        """The example row passes where its product and customer exist."""
        wizard = self._wizard()
        content = wizard._make_template()
        book = openpyxl.load_workbook(io.BytesIO(content))
        self.assertEqual(book.sheetnames, ["Installed Products", "Columns"])
        headings = [cell.value for cell in book.worksheets[0][1]]
        explained = [row[0].value for row in book.worksheets[1].iter_rows(min_row=2)]
        self.assertEqual(headings, explained)
        self.customer.email = "lin@example.com"
        again = self._wizard(content=content)
        again.action_import()
        self.assertEqual(again.unit_ids.serial, "SN2025-000123")

    def test_headings_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        labels = dict(self.env["aftersales.unit.import"]._get_column_labels(), product="Produit")
        wizard = self._wizard([self._row("S1")], headings=("Produit", *HEADINGS[1:]))
        with patch.object(type(wizard), "_get_column_labels", lambda self: labels):
            wizard.action_import()
        self.assertEqual(wizard.unit_count, 1)

    def test_queries_per_chunk_are_fixed(self):
        """Looking up takes the same queries for any list, registering the same per chunk."""
        self.agent.company_ids = [Command.set(self.company.ids)]

        def count(prefix, size):
            wizard = self._wizard([self._row(f"{prefix}{number}") for number in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_import()
            self.env.flush_all()
            self.assertEqual(wizard.unit_count, size)
            return self.env.cr.sql_log_count - before

        with patch.object(aftersales_unit_import, "CHUNK_SIZE", 20):
            count("warm", 20)
            one, two, three = count("a", 20), count("b", 40), count("c", 60)
        # One more or less: what is written in batches of 100 rows at the end.
        self.assertLessEqual(two - one, 12)
        self.assertLessEqual(three - two, 12)
        self.assertLessEqual(one, 90)


@tagged("post_install", "-at_install")
class TestUnitImportDownload(ImportCase, HttpCase):
    """The sheets go out by the browser, to who imports only."""

    def test_download(self):
        wizard = self._import(self._row("S1", product="NOPE"), mode="skip")
        actions = (wizard.action_download_template(), wizard.action_download_refused())
        self.authenticate(self.agent.login, self.agent.login)
        for action in actions:
            response = self.url_open(action["url"])
            self.assertEqual(response.status_code, 200)
            self.assertIn("attachment", response.headers["Content-Disposition"])
            self.assertTrue(openpyxl.load_workbook(io.BytesIO(response.content)).sheetnames)
        self.authenticate(self.other_agent.login, self.other_agent.login)
        for action in actions:
            self.assertEqual(self.url_open(action["url"]).status_code, 404)
        self.assertEqual(self.url_open("/aftersales/unit-import/0/template").status_code, 404)
