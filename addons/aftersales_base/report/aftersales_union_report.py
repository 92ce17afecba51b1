from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesUnionReport(models.AbstractModel):
    """A report on money over several kinds of documents.

    Whom and what a row is about reads alike in all of them. Rows of charges (h) take it from
    :meth:`_get_charge_columns` and :meth:`_get_charge_tables`, which modules extend for all
    reports at once; a report adds what it asks about.
    """

    _name = "aftersales.union.report"
    _description = "Report on Money over Several Documents"
    _inherit = ["aftersales.union.mixin"]

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    charge_id = fields.Many2one(comodel_name="aftersales.charge", readonly=True)
    request_id = fields.Many2one(comodel_name="aftersales.request", readonly=True)
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", readonly=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product", string="Served Product", readonly=True
    )
    product_category_id = fields.Many2one(
        comodel_name="product.category",
        string="Served Category",
        readonly=True,
        help="Make or brand, where categories say it.",
    )
    service_type_id = fields.Many2one(comodel_name="aftersales.service.type", readonly=True)
    team_id = fields.Many2one(comodel_name="aftersales.team", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", string="Technician", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer", readonly=True)

    _depends = {
        "aftersales.charge": [
            "state",
            "date_confirmed",
            "company_id",
            "request_id",
            "unit_id",
            "product_id",
            "service_type_id",
            "team_id",
            "user_id",
            "partner_id",
            "currency_rate",
        ],
        "aftersales.unit": ["product_id"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "res.company": ["currency_id"],
    }

    # === QUERY: CHARGES === #

    @api.model
    def _get_charge_columns(self):
        """Return whom and what a row of a charge is about; modules add their documents."""
        return {
            "company_id": SQL("h.company_id"),
            "currency_id": SQL("c.currency_id"),
            "charge_id": SQL("h.id"),
            "request_id": SQL("h.request_id"),
            "unit_id": SQL("h.unit_id"),
            "product_id": SQL("u.product_id"),
            "product_category_id": SQL("ut.categ_id"),
            "service_type_id": SQL("h.service_type_id"),
            "team_id": SQL("h.team_id"),
            "user_id": SQL("h.user_id"),
            "partner_id": SQL("h.partner_id"),
        }

    @api.model
    def _get_charge_tables(self):
        """Return the tables of a charge (h): its company (c), its unit (u) and the template (ut) of
        what that is. Each is one at most."""
        return SQL(
            """
            aftersales_charge h
            JOIN res_company c ON c.id = h.company_id
            LEFT JOIN aftersales_unit u ON u.id = h.unit_id
            LEFT JOIN product_product up ON up.id = u.product_id
            LEFT JOIN product_template ut ON ut.id = up.product_tmpl_id
            """
        )

    @api.model
    def _get_share_payer(self, share):
        """Return who pays a share of the charge (h)."""
        payers = [SQL("h.%s", SQL.identifier(fname)) for fname in share.payers]
        return SQL("COALESCE(%s)", SQL(", ").join(payers))

    @api.model
    def _get_passed_on(self):
        """Return what the customer pays of the covered share of the charge (h) after all."""
        shares = self.env["aftersales.charge"]._get_shares().values()
        return SQL(" + ").join(
            SQL("COALESCE(h.%s, 0)", SQL.identifier(share.amount))
            for share in shares
            if share.is_passed_on
        )

    @api.model
    def _to_company_currency(self, amount):
        """Return an amount of the charge (h) in the currency of its company."""
        return SQL("((%s) / COALESCE(NULLIF(h.currency_rate, 0), 1)::numeric)", amount)
