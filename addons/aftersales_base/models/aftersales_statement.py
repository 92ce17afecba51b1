import io
import re
import tempfile
from datetime import date, datetime, time

import xlsxwriter

from odoo import api, models

CHUNK = 1000
# What the sheets stand for: a field of the charge.
SHEET_FIELDS = {"service_type": "service_type_id", "kind": "kind"}


class AftersalesStatement(models.AbstractModel):
    """The statement of a settlement as a workbook: a summary, then the lines by kind of work (SA1,
    SA9, RP7).

    Lines are read and written a thousand at a time and rows leave the memory as soon as they are
    written: a hundred thousand take no more of it than a thousand.
    """

    _name = "aftersales.statement"
    _description = "Statement as a Spreadsheet"

    # === BUSINESS METHODS === #

    @api.model
    def _make(self, settlement, stream=None, progress=None):
        """Write the workbook.

        :param stream: a binary file to write to; by default into memory
        :param progress: called with the number of lines written so far
        :return: the stream
        """
        stream = stream or io.BytesIO()
        payer = settlement.partner_id
        settlement = settlement.with_context(lang=payer.lang or self.env.lang)
        template = settlement._get_statement_template()
        columns = template._get_columns_for(settlement)
        writer = _Workbook(stream, settlement.env, settlement.currency_id, columns)
        sheets = self._get_sheets(settlement, template)
        writer.write_summary(settlement._get_statement_facts(), sheets)
        done = 0
        for sheet in sheets:
            writer.begin_sheet(sheet["name"])
            for lines in self._read_lines(settlement, sheet["domain"]):
                writer.write_lines(lines)
                done += len(lines)
                if progress:
                    progress(done)
        writer.close()
        return stream

    @api.model
    def _get_bytes(self, settlement):
        """Return the bytes of the workbook; while it is made, it is kept out of memory."""
        with tempfile.TemporaryFile() as stream:
            self._make(settlement, stream)
            stream.seek(0)
            return stream.read()

    @api.model
    def _get_sheets(self, settlement, template):
        """Return dicts of ``name``, ``domain``, ``count``, ``claimed`` and ``accepted``."""
        domain = [("settlement_id", "=", settlement.id)]
        fname = SHEET_FIELDS.get(template.sheet_by)
        if not fname:
            return [self._prepare_sheet(settlement, settlement.env._("Lines"), domain, set())]
        taken = set()
        return [
            self._prepare_sheet(
                settlement, name, [*domain, (f"charge_id.{fname}", "=", value)], taken
            )
            for name, value in self._get_sheet_values(settlement, fname)
        ]

    @api.model
    def _get_sheet_values(self, settlement, fname):
        """Return ``[(name, value)]`` of what the charges have in a field, nothing at the end."""
        charges = settlement.env["aftersales.charge"]
        on_it = [("settlement_line_ids.settlement_id", "=", settlement.id)]
        values = [value for (value,) in charges._read_group(on_it, [fname])]
        field = charges._fields[fname]
        if field.type == "selection":
            labels = dict(field._description_selection(settlement.env))
            names = [(labels.get(value, ""), value) for value in values]
        else:
            names = [(value.display_name or "", value.id) for value in values]
        names.sort(key=lambda pair: (not pair[0], pair[0]))
        return [(name or settlement.env._("Other"), value) for name, value in names]

    @api.model
    def _prepare_sheet(self, settlement, name, domain, taken):
        """Return name, domain and sums of a sheet."""
        lines = settlement.env["aftersales.settlement.line"]
        [(count, claimed, accepted)] = lines._read_group(
            domain, [], ["__count", "amount_claimed:sum", "amount_accepted:sum"]
        )
        return {
            "name": self._get_sheet_name(name, taken),
            "domain": domain,
            "count": count,
            "claimed": claimed or 0.0,
            "accepted": accepted or 0.0,
        }

    @api.model
    def _get_sheet_name(self, name, taken):
        """Return a name a workbook accepts, used once."""
        clean = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31] or "-"
        base, number = clean, 1
        while clean.lower() in taken:
            number += 1
            clean = f"{base[:26]} ({number})"
        taken.add(clean.lower())
        return clean

    @api.model
    def _read_lines(self, settlement, domain):
        """Yield the lines, some at a time; what was read is forgotten."""
        lines = settlement.env["aftersales.settlement.line"]
        ids = lines.search(domain, order="id").ids
        for start in range(0, len(ids), CHUNK):
            yield lines.browse(ids[start : start + CHUNK])
            settlement.env.invalidate_all()


class _Workbook:
    """The workbook being written: rows leave the memory one by one."""

    def __init__(self, stream, env, currency, columns):
        self.env = env
        self.columns = columns
        self.book = xlsxwriter.Workbook(
            stream, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
        )
        digits = "0" * currency.decimal_places
        money = f"#,##0.{digits}" if digits else "#,##0"
        self.money = self.book.add_format({"num_format": money})
        self.total = self.book.add_format({"num_format": money, "bold": True, "top": 1})
        self.bold = self.book.add_format({"bold": True})
        self.head = self.book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#EEEEEE", "text_wrap": True}
        )

    def write_summary(self, facts, sheets):
        """Write who, when and how much, and one row a sheet."""
        env, sheet = self.env, self.book.add_worksheet(self.env._("Summary"))
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 3, 18)
        for row, (label, value) in enumerate(facts):
            self._write(sheet, row, 0, label, self.bold)
            self._write(sheet, row, 1, value)
        row = len(facts) + 1
        heads = (env._("Sheet"), env._("Lines"), env._("Claimed"), env._("Accepted"))
        for column, head in enumerate(heads):
            self._write(sheet, row, column, head, self.head)
        for part in sheets:
            row += 1
            for column, key in enumerate(("name", "count", "claimed", "accepted")):
                self._write(sheet, row, column, part[key], column > 1 and self.money)
        self._write(sheet, row + 1, 0, env._("Total"), self.total)
        for column, key in enumerate(("count", "claimed", "accepted"), start=1):
            style = self.bold if key == "count" else self.total
            self._write(sheet, row + 1, column, sum(part[key] for part in sheets), style)

    def begin_sheet(self, name):
        """Open the next sheet with its headings."""
        self.sheet = self.book.add_worksheet(name)
        self.row = 1
        for column, spec in enumerate(self.columns):
            self.sheet.set_column(column, column, spec.width)
            self._write(self.sheet, 0, column, spec._get_heading(), self.head)
        self.sheet.freeze_panes(1, 0)

    def write_lines(self, lines):
        """Write settlement lines below what is there."""
        for line in lines:
            for column, spec in enumerate(self.columns):
                money = spec._is_money() and self.money
                self._write(self.sheet, self.row, column, spec._get_value(line), money)
            self.row += 1

    def close(self):
        self.book.close()

    @staticmethod
    def _write(sheet, row, column, value, style=None):
        """Write a value as what it is: text that begins like a formula stays text."""
        style = style or None
        if isinstance(value, date):
            sheet.write_datetime(row, column, datetime.combine(value, time()), style)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            sheet.write_number(row, column, value, style)
        elif value:
            sheet.write_string(row, column, str(value), style)
        else:
            sheet.write_blank(row, column, None, style)
