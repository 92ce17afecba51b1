from odoo import api, fields, models
from odoo.fields import Command

from .aftersales_statement_column import CLAIM_KEYS

USUAL_COLUMNS = (
    "claim_number",
    "request",
    "date_fault",
    "customer",
    "product",
    "serial",
    "item",
    "quantity",
    "claimed",
    "accepted",
    "reason",
)


class AftersalesStatementTemplate(models.Model):
    """How a payer wants his statement as a spreadsheet: sheets, columns, headings (RP7)."""

    _name = "aftersales.statement.template"
    _description = "Statement Template"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="The first one is for payers who have none.")
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: all companies use it."
    )
    sheet_by = fields.Selection(
        selection=[
            ("service_type", "A Sheet for Each Kind of Service"),
            ("kind", "A Sheet for Each Kind of Charge"),
            ("none", "One Sheet"),
        ],
        string="Sheets",
        required=True,
        default="service_type",
    )
    column_ids = fields.One2many(
        comodel_name="aftersales.statement.column",
        inverse_name="template_id",
        string="Columns",
        copy=True,
        default=lambda self: self._get_usual_columns(),
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_usual_columns(self):
        return [
            Command.create({"key": key, "sequence": number})
            for number, key in enumerate(USUAL_COLUMNS)
        ]

    def _get_columns_for(self, settlement):
        """Return the columns that can say something: customers have no claim numbers."""
        if settlement.kind == "claim":
            return self.column_ids
        return self.column_ids.filtered(lambda column: column.key not in CLAIM_KEYS)

    @api.model
    def _get_for(self, partner, company):
        """Return the template of a payer, or the first one there is for his company; nothing where
        the company makes spreadsheets in agreed columns only (RP7)."""
        own = partner.commercial_partner_id.aftersales_statement_id
        if own.active and own.company_id in (company, company.browse()):
            return own
        if company._get_aftersales_setting("aftersales_statement_agreed"):
            return self.browse()
        return self.search([("company_id", "in", (company.id, False))], limit=1)
