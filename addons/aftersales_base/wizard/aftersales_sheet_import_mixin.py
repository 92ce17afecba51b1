import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.sheets import SheetError, parse_text, read_rows

MAX_FILE_MB = 10


class AftersalesSheetImportMixin(models.AbstractModel):
    """A wizard that takes the rows of an xlsx file.

    It reads the file within limits and finds the columns by their headings; what a row means,
    and what is wrong with it, is the wizard's. ``_import_columns`` are the technical names of
    the columns, ``_import_max_rows`` how many rows one file may have.
    """

    _name = "aftersales.sheet.import.mixin"
    _description = "Import of an xlsx File"

    _import_columns = ()
    _import_max_rows = 5000

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    file = fields.Binary(attachment=False)
    filename = fields.Char()

    @api.model
    def _get_column_labels(self):
        """Return ``{column: heading}``, in the user's language."""
        raise NotImplementedError

    @api.model
    def _get_column_by_heading(self):
        """Return the column of each heading: the user's language, English, technical names."""
        by_heading = {column: column for column in self._import_columns}
        for lang in ("en_US", self.env.lang or "en_US"):
            labels = self.with_context(lang=lang)._get_column_labels()
            by_heading |= {label.casefold(): column for column, label in labels.items()}
        return by_heading

    def _read_columns(self):
        """Return the headings, the column of each (or None) and the rows below.

        :raises UserError: when there is no file, or none that can be read
        """
        headings, *rows = self._read_file()
        by_heading = self._get_column_by_heading()
        columns = [by_heading.get(parse_text(heading).casefold()) for heading in headings]
        return headings, columns, rows

    def _read_file(self):
        if not self.file:
            raise UserError(self.env._("Choose the xlsx file to import first."))
        content = base64.b64decode(self.with_context(bin_size=False).file)
        if len(content) > MAX_FILE_MB * 1024 * 1024:
            raise UserError(
                self.env._("The file is larger than %(size)s MB. Split it.", size=MAX_FILE_MB)
            )
        try:
            rows = read_rows(content, self._import_max_rows)
        except SheetError as error:
            raise UserError(
                self.env._(
                    "%(file)s is no xlsx workbook that opens. Save the list as xlsx, or start "
                    "from the template.",
                    file=self.filename or self.env._("The file"),
                )
            ) from error
        if len(rows) > self._import_max_rows + 1:
            raise UserError(
                self.env._(
                    "The file has more than %(count)s rows. Split it.",
                    count=self._import_max_rows,
                )
            )
        return rows or [[]]

    def _get_reopen_action(self):
        """Show the wizard again, with what came of it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env["ir.model"]._get(self._name).name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
