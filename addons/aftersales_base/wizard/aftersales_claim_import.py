import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.sheets import parse_number, parse_text, write_workbook

COLUMNS = ("claim_number", "amount", "reason")


class AftersalesClaimImport(models.TransientModel):
    """The maker's answer from an xlsx file, by claim number (WA14).

    Every row is judged before the first answer is noted; when one is wrong, none is noted, and
    each that is wrong is named with its number and the reason in words. Rows without an amount
    are not answered yet.
    """

    _name = "aftersales.claim.import"
    _description = "Import a Maker's Answer"
    _inherit = ["aftersales.sheet.import.mixin"]

    _import_columns = COLUMNS

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Maker or Vendor",
        help="The template lists what waits for his answer, and other claims are refused.",
    )
    template = fields.Binary(attachment=False, readonly=True)
    step = fields.Selection(
        selection=[("file", "File"), ("refused", "Refused"), ("done", "Done")],
        required=True,
        default="file",
        readonly=True,
    )
    answer_count = fields.Integer(string="Answers", readonly=True)
    error_ids = fields.One2many(
        comodel_name="aftersales.claim.import.error", inverse_name="import_id", readonly=True
    )

    # === ACTION METHODS === #

    def action_download_template(self):
        """Download the workbook to fill in: a row for each claim that waits for an answer."""
        self.ensure_one()
        self.template = base64.b64encode(self._make_template())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/template/"
            f"{self.env._('claims.xlsx')}?download=true",
            "target": "download",
        }

    def action_import(self):
        """Note the answers of the file, all of them or, when one is wrong, none."""
        self.ensure_one()
        self.error_ids.unlink()
        answers, errors = self._judge_rows(self._read_rows())
        if errors:
            self.write(
                {
                    "step": "refused",
                    "error_ids": [
                        Command.create({"row": row, "claim_number": number, "reason": reason})
                        for row, number, reason in errors
                    ],
                }
            )
        else:
            self.env["aftersales.settlement.line"]._answer(answers)
            self.write({"step": "done", "answer_count": len(answers)})
        return self._get_reopen_action()

    def action_back(self):
        """Take another file, or the corrected one."""
        self.write({"step": "file", "file": False, "filename": False})
        self.error_ids.unlink()
        return self._get_reopen_action()

    # === BUSINESS METHODS === #

    @api.model
    def _get_column_labels(self):
        """Return the heading of each column, in the user's language."""
        return {
            "claim_number": self.env._("Claim Number"),
            "amount": self.env._("Accepted Amount"),
            "reason": self.env._("Reason"),
        }

    def _make_template(self):
        """Return the workbook: what waits for an answer, and room for it."""
        labels = self._get_column_labels()
        lines = self.env["aftersales.settlement.line"].search(
            [*self._get_claims_domain(), ("claim_state", "=", "submitted")],
            limit=self._import_max_rows,
        )
        return write_workbook(
            [
                {
                    "name": self.env._("Claims"),
                    "headings": [
                        *(labels[column] for column in COLUMNS),
                        self.env._("Claimed"),
                        self.env._("Currency"),
                        self.env._("Charge"),
                        self.env._("Serial"),
                    ],
                    "rows": [self._prepare_template_row(line) for line in lines],
                    "widths": [16, 18, 40, 12, 10, 40, 20],
                }
            ]
        )

    @api.model
    def _prepare_template_row(self, line):
        """Return the cells of a claim, two of them empty for the answer."""
        return [
            line.claim_number,
            None,
            None,
            line.amount_claimed,
            line.currency_id.name,
            line.charge_id.name,
            line.serial or None,
        ]

    def _get_claims_domain(self):
        """Return the domain of the claims the file may be about."""
        domain = [("company_id", "=", self.company_id.id), ("settlement_id.kind", "=", "claim")]
        if self.partner_id:
            payer = self.partner_id.commercial_partner_id
            domain.append(("settlement_id.partner_id", "child_of", payer.id))
        return domain

    def _read_rows(self):
        """Return ``[(row number, {column: value})]`` of the rows that say something.

        :raises UserError: when there is no file, or none that can be read
        """
        __, columns, rows = self._read_columns()
        self._check_columns(columns)
        table = []
        for number, values in enumerate(rows, start=2):
            cells = dict(zip(columns, values, strict=False))
            if parse_text(cells.get("amount")) or parse_text(cells.get("reason")):
                table.append((number, cells))
        if not table:
            raise UserError(
                self.env._("No row of the file has an answer. Fill in the accepted amounts.")
            )
        return table

    def _check_columns(self, columns):
        labels = self._get_column_labels()
        wrong = [labels[column] for column in COLUMNS if columns.count(column) != 1]
        if wrong:
            raise UserError(
                self.env._(
                    "The first row of the sheet needs each of these columns once: %(columns)s. "
                    "Use the headings of the template.",
                    columns=", ".join(wrong),
                )
            )

    def _judge_rows(self, table):
        """Return ``{line: (amount, reason)}`` and ``[(row, claim number, what is wrong)]``."""
        numbers = [parse_text(cells.get("claim_number")).upper() for __, cells in table]
        lines = self.env["aftersales.settlement.line"].search(
            [*self._get_claims_domain(), ("claim_number", "in", numbers)]
        )
        by_number = {line.claim_number.upper(): line for line in lines}
        answers, errors = {}, []
        for (row, cells), number in zip(table, numbers, strict=True):
            line, reason = by_number.get(number), parse_text(cells.get("reason"))
            try:
                amount = parse_number(cells.get("amount"))
            except (TypeError, ValueError):
                amount = None
            if message := self._get_row_error(number, line, amount, reason, answers):
                errors.append((row, number, message))
            else:
                answers[line] = (amount, reason)
        return answers, errors

    def _get_row_error(self, number, line, amount, reason, answers):
        """Return what is wrong with a row, or an empty text."""
        if not number:
            return self.env._("There is no claim number.")
        if not line:
            return self.env._("No claim has the number %(number)s here.", number=number)
        if line in answers:
            return self.env._("The claim is in the file twice. Keep one row.")
        if amount is None:
            return self.env._("The accepted amount is no number. 0 means refused.")
        return line._get_answer_error(amount, reason)


class AftersalesClaimImportError(models.TransientModel):
    """A row that cannot be the answer, and why."""

    _name = "aftersales.claim.import.error"
    _description = "Wrong Row of a Maker's Answer"
    _order = "import_id, row"

    import_id = fields.Many2one(
        comodel_name="aftersales.claim.import", required=True, ondelete="cascade", index=True
    )
    row = fields.Integer(readonly=True)
    claim_number = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)
