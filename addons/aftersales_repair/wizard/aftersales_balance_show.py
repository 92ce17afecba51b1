from odoo import fields, models


class AftersalesBalanceShow(models.TransientModel):
    """Balances of those whom we owe for service costs, too (SA6)."""

    _inherit = "aftersales.balance.show"

    kind = fields.Selection(
        selection_add=[("vendor", "Vendors We Owe")], ondelete={"vendor": "set null"}
    )
