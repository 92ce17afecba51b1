"""Reading tables people fill in, and writing those they get: xlsx without surprises."""

import io
import re
import zipfile
from datetime import date, datetime

import openpyxl
import xlsxwriter

ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+)?")
MAX_UNPACKED_BYTES = 300 * 1024 * 1024


class SheetError(Exception):
    """The bytes are no workbook that opens."""


def read_rows(content, max_rows, max_columns=50):
    """Return the rows of the first sheet as lists of values, the headings first.

    Formulas give the value they had when the file was saved. One row more than ``max_rows``
    is returned when there are more, so that the caller can tell.

    :param bytes content: the file
    :raises SheetError: what it is not: an xlsx by its bytes, of a sane size, that opens
    """
    _check_archive(content)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        # What the file says of its own size is not always true.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=max_rows + 2, max_col=max_columns, values_only=True)
        return [list(row) for row in rows]
    except Exception as error:
        # Broken parts of a workbook raise whatever the part's reader raises.
        raise SheetError from error


def _check_archive(content):
    if not content.startswith(b"PK\x03\x04"):
        raise SheetError
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise SheetError from error
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise SheetError
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise SheetError


def parse_text(value):
    """Return what a cell says as text: a number as it was typed, no spaces around."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date):
        value = parse_date(value)
    return " ".join(str(value).split())


def parse_date(value):
    """Return the day of a date cell or of an ISO text.

    :raises ValueError: it is neither
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError
    if not (match := ISO_DAY.fullmatch(value.strip())):
        raise ValueError
    return date(*map(int, match.groups()))


def parse_number(value):
    """Return the number of a cell, or of a text with a decimal point.

    :raises ValueError: it is none
    """
    if isinstance(value, bool) or isinstance(value, datetime | date):
        raise ValueError
    number = float(value.replace(" ", "")) if isinstance(value, str) else float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return number


def write_workbook(sheets):
    """Return the bytes of an xlsx.

    Text stays text: what looks like a formula or a link is none, whoever typed it.

    :param sheets: list of dicts with ``name``, ``headings``, ``rows`` and ``widths``
    """
    output = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(output, options) as workbook:
        bold = workbook.add_format({"bold": True, "bg_color": "#EEEEEE", "bottom": 1})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = workbook.add_worksheet(sheet["name"][:31])
            page.freeze_panes(1, 0)
            page.write_row(0, 0, sheet["headings"], bold)
            for column, width in enumerate(sheet["widths"]):
                page.set_column(column, column, width, wrapped if sheet.get("wrap") else None)
            for index, row in enumerate(sheet["rows"], start=1):
                page.write_row(index, 0, row)
    return output.getvalue()
