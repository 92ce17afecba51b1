from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Settlement Journal",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Journal of invoices made from settlements. Empty: the company's first sales journal.",
    )
