from datetime import date

from odoo import api, models

from ..tools.sheets import write_workbook
from .aftersales_unit_import import COLUMNS, REQUIRED_COLUMNS


class AftersalesUnitImport(models.TransientModel):
    """The sheets people download: the one to fill in, and what was refused."""

    _inherit = "aftersales.unit.import"

    # === SHEETS === #

    def _get_sheet(self, sheet):
        """Return file name and bytes of the sheet ``template`` or ``refused``."""
        if sheet == "template":
            return self.env._("installed_products.xlsx"), self._make_template()
        return self.env._("refused_rows.xlsx"), self._make_refused_sheet()

    def _make_template(self):
        """Return the workbook to fill in: headings, an example, and what the columns mean."""
        labels = self._get_column_labels()
        examples = self._get_column_examples()
        explanations = self._get_column_explanations()
        return write_workbook(
            [
                {
                    "name": self.env._("Installed Products"),
                    "headings": [labels[column] for column in COLUMNS],
                    "rows": [[examples[column] for column in COLUMNS]],
                    "widths": [22] * len(COLUMNS),
                },
                {
                    "name": self.env._("Columns"),
                    "headings": [
                        self.env._("Column"),
                        self.env._("Needed"),
                        self.env._("What to write"),
                    ],
                    "rows": [
                        [
                            labels[column],
                            self.env._("yes") if column in REQUIRED_COLUMNS else self.env._("no"),
                            explanations[column],
                        ]
                        for column in COLUMNS
                    ],
                    "widths": [22, 10, 90],
                    "wrap": True,
                },
            ]
        )

    @api.model
    def _get_column_examples(self):
        return {
            "product": "AC-35",
            "serial": "SN2025-000123",
            "customer": "lin@example.com",
            "date_start": date(2025, 1, 10),
            "quantity": 1,
            "price_paid": 3390,
            "date_invoice": date(2025, 1, 8),
            "date_installed": date(2025, 1, 15),
            "date_registered": None,
            "date_purchase": None,
            "place": None,
            "note": self.env._("Example: delete this row"),
        }

    @api.model
    def _get_column_explanations(self):
        day = self.env._("A date cell, or text like 2025-01-31.")
        return {
            "product": self.env._("Internal reference or barcode of the product."),
            "serial": self.env._(
                "What is printed on the unit. A product tracked by serial or lot gets the "
                "number where it has none."
            ),
            "customer": self.env._(
                "Name, reference, e-mail or phone of the customer; one must match."
            ),
            "date_start": self.env._(
                "%(date)s Warranties run from here, unless their policy says otherwise.", date=day
            ),
            "quantity": self.env._("Empty means 1. With a serial for each it is 1."),
            "price_paid": self.env._(
                "What the customer paid for one, taxes included, in the company's currency."
            ),
            "date_invoice": day,
            "date_installed": self.env._("%(date)s Installation or acceptance.", date=day),
            "date_registered": self.env._(
                "%(date)s The day the customer registered the product.", date=day
            ),
            "date_purchase": self.env._("%(date)s As the proof of purchase says.", date=day),
            "place": self.env._(
                "Name, reference, street or city of an address of the customer. Empty: the "
                "main address."
            ),
            "note": self.env._("Internal notes."),
        }

    def _make_refused_sheet(self):
        """Return the refused rows as they were, with number and reason behind."""
        self.ensure_one()
        labels = self._get_column_labels()
        return write_workbook(
            [
                {
                    "name": self.env._("Refused Rows"),
                    "headings": [
                        *[labels[column] for column in COLUMNS],
                        self.env._("Row"),
                        self.env._("Reason"),
                    ],
                    "rows": [
                        [
                            *[(line.cells or {}).get(column) for column in COLUMNS],
                            line.row,
                            line.reason,
                        ]
                        for line in self.line_ids
                    ],
                    "widths": [*[18] * len(COLUMNS), 8, 80],
                }
            ]
        )
