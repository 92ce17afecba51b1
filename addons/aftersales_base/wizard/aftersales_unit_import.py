from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import split_every

from ..tools.sheets import parse_text

CHUNK_SIZE = 1000
DATE_COLUMNS = (
    "date_start",
    "date_invoice",
    "date_installed",
    "date_registered",
    "date_purchase",
)
COLUMNS = (
    "product",
    "serial",
    "customer",
    "date_start",
    "quantity",
    "price_paid",
    "date_invoice",
    "date_installed",
    "date_registered",
    "date_purchase",
    "place",
    "note",
)
REQUIRED_COLUMNS = ("product", "customer", "date_start")


class AftersalesUnitImport(models.TransientModel):
    """Register what customers own from a list in an xlsx file.

    Every row is judged before the first one is registered: the whole file takes a fixed
    number of queries to look things up, and each chunk a fixed number to register. A row
    that cannot be registered is named with its number and the reason in words.
    """

    _name = "aftersales.unit.import"
    _description = "Import Installed Products"
    _inherit = ["aftersales.sheet.import.mixin"]

    _import_columns = COLUMNS
    _import_max_rows = 20000

    mode = fields.Selection(
        selection=[
            ("all", "All or nothing"),
            ("skip", "Skip what is wrong and report it"),
        ],
        required=True,
        default="all",
    )
    step = fields.Selection(
        selection=[("file", "File"), ("checked", "Checked"), ("done", "Done")],
        required=True,
        default="file",
        readonly=True,
    )
    row_count = fields.Integer(string="Rows", readonly=True)
    refused_count = fields.Integer(string="Refused", compute="_compute_refused_count")
    ignored_columns = fields.Char(readonly=True)
    unit_ids = fields.Many2many(comodel_name="aftersales.unit", readonly=True)
    unit_count = fields.Integer(string="Registered", compute="_compute_unit_count")
    line_ids = fields.One2many(
        comodel_name="aftersales.unit.import.line",
        inverse_name="import_id",
        string="Refused Rows",
        readonly=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids")
    def _compute_refused_count(self):
        for wizard in self:
            wizard.refused_count = len(wizard.line_ids)

    @api.depends("unit_ids")
    def _compute_unit_count(self):
        for wizard in self:
            wizard.unit_count = len(wizard.unit_ids)

    # === ACTION METHODS === #

    def action_download_template(self):
        """Download the workbook to fill in."""
        return self._get_download_action("template")

    def action_download_refused(self):
        """Download the refused rows with the reasons, to correct and import them."""
        return self._get_download_action("refused")

    def action_check(self):
        """Judge the file; nothing is registered."""
        self._judge_file()
        self.step = "checked"
        return self._get_reopen_action()

    def action_import(self):
        """Register the rows; in the mode all or nothing, none when any is refused."""
        rows = self._judge_file()
        self.step = "checked"
        if rows and (self.mode == "skip" or not self.line_ids):
            units = self._register_rows(rows)
            self.write({"step": "done", "unit_ids": [Command.set(units.ids)]})
        return self._get_reopen_action()

    def action_back(self):
        """Take another file, or the corrected one."""
        self.write({"step": "file", "file": False, "filename": False})
        self.line_ids.unlink()
        return self._get_reopen_action()

    def action_view_units(self):
        """Open what was registered."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_unit_action"
        )
        action["domain"] = [("id", "in", self.unit_ids.ids)]
        action["context"] = {}
        return action

    def _get_download_action(self, sheet):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/aftersales/unit-import/{self.id}/{sheet}",
            "target": "download",
        }

    # === READING === #

    @api.model
    def _get_column_labels(self):
        """Return the heading of each column, in the user's language."""
        return {
            "product": self.env._("Product"),
            "serial": self.env._("Serial"),
            "customer": self.env._("Customer"),
            "date_start": self.env._("Date of Delivery"),
            "quantity": self.env._("Quantity"),
            "price_paid": self.env._("Price Paid"),
            "date_invoice": self.env._("Invoice Date"),
            "date_installed": self.env._("Installation Date"),
            "date_registered": self.env._("Registration Date"),
            "date_purchase": self.env._("Purchase Date"),
            "place": self.env._("Place"),
            "note": self.env._("Notes"),
        }

    def _judge_file(self):
        """Return the values of the rows that can be registered; note why the others cannot.

        :return: list of the dicts of :meth:`_read_table`, completed with records and values
        """
        self.ensure_one()
        self.line_ids.unlink()
        table = self._read_table()
        self._judge_cells(table)
        self._judge_products(table)
        self._judge_customers(table)
        self._judge_places(table)
        self._judge_serials(table)
        refused = [row for row in table if row["errors"]]
        self.env["aftersales.unit.import.line"].create(
            [
                {
                    "import_id": self.id,
                    "row": row["number"],
                    "reason": " ".join(row["errors"]),
                    "cells": row["cells"],
                }
                for row in refused
            ]
        )
        self.row_count = len(table)
        return [row for row in table if not row["errors"]]

    def _read_table(self):
        """Return the filled rows of the file.

        :return: list of dicts with ``number`` in the sheet, ``cells`` as texts by column,
            ``raw`` values by column, ``errors``, ``vals``
        :raises UserError: when there is no file, or none that can be read
        """
        headings, columns, rows = self._read_columns()
        self._check_columns(columns)
        self._note_ignored(headings, columns)
        table = []
        for number, values in enumerate(rows, start=2):
            raw = {
                column: value
                for column, value in zip(columns, values, strict=False)
                if column and value not in (None, "")
            }
            cells = {column: parse_text(value) for column, value in raw.items()}
            if any(cells.values()):
                table.append(
                    {"number": number, "raw": raw, "cells": cells, "errors": [], "vals": {}}
                )
        if not table:
            raise UserError(
                self.env._("The file has headings and nothing below. Fill in a row for each unit.")
            )
        return table

    def _check_columns(self, columns):
        """Raise when the sheet has not the columns it needs.

        :raises UserError: when a needed column is missing or a column is there twice
        """
        labels = self._get_column_labels()
        missing = [labels[column] for column in REQUIRED_COLUMNS if column not in columns]
        if missing:
            raise UserError(
                self.env._(
                    "The first row of the sheet has no column %(columns)s. Use the headings of "
                    "the template.",
                    columns=", ".join(missing),
                )
            )
        doubled = [
            labels[column] for column, count in Counter(columns).items() if column and count > 1
        ]
        if doubled:
            raise UserError(
                self.env._(
                    "Column %(columns)s is there twice. Keep one of them.",
                    columns=", ".join(doubled),
                )
            )

    def _note_ignored(self, headings, columns):
        """Note the headings nobody knows."""
        ignored = [
            parse_text(heading)
            for heading, column in zip(headings, columns, strict=True)
            if parse_text(heading) and not column
        ]
        self.ignored_columns = ", ".join(ignored)[:500]

    # === REGISTERING === #

    def _register_rows(self, rows):
        """Make the units of the judged rows, chunk by chunk; return them."""
        units = self.env["aftersales.unit"]
        for chunk in split_every(CHUNK_SIZE, rows, list):
            units |= self._register_chunk(chunk)
        return units

    def _register_chunk(self, rows):
        lots = self.env["stock.lot"]._find_or_make_for_units(
            [
                (row["product"], row["cells"]["serial"])
                for row in rows
                if row["cells"].get("serial") and row["product"].tracking != "none"
            ],
            self.company_id,
        )
        units = (
            self.env["aftersales.unit"]
            .with_company(self.company_id)
            .with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
            .create([self._prepare_unit_vals(row, lots) for row in rows])
        )
        units._message_log_batch(
            {
                unit.id: self.env._(
                    "Imported from %(file)s, row %(row)s.",
                    file=self.filename or "xlsx",
                    row=row["number"],
                )
                for unit, row in zip(units, rows, strict=True)
            }
        )
        return units

    def _prepare_unit_vals(self, row, lots):
        """Return the values of the unit a judged row stands for."""
        serial = row["cells"].get("serial", False)
        return {
            "company_id": self.company_id.id,
            "product_id": row["product"].id,
            "partner_id": row["partner"].id,
            "serial": serial,
            "lot_id": lots[row["product"], serial].id
            if (row["product"], serial) in lots
            else False,
            "currency_id": self.company_id.currency_id.id,
            **row["vals"],
        }


class AftersalesUnitImportLine(models.TransientModel):
    """A row that was not registered, and why."""

    _name = "aftersales.unit.import.line"
    _description = "Refused Row of an Import"
    _order = "import_id, row"

    import_id = fields.Many2one(
        comodel_name="aftersales.unit.import", required=True, ondelete="cascade", index=True
    )
    row = fields.Integer(readonly=True)
    reason = fields.Char(readonly=True)
    cells = fields.Json(readonly=True)
    product = fields.Char(compute="_compute_cells")
    serial = fields.Char(compute="_compute_cells")
    customer = fields.Char(compute="_compute_cells")

    @api.depends("cells")
    def _compute_cells(self):
        for line in self:
            cells = line.cells or {}
            line.product = cells.get("product")
            line.serial = cells.get("serial")
            line.customer = cells.get("customer")
