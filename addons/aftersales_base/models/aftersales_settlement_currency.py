from odoo import api, fields, models


class AftersalesSettlement(models.Model):
    """What turns the amounts of a settlement into the company's currency, for reports."""

    _inherit = "aftersales.settlement"

    currency_rate = fields.Float(
        compute="_compute_currency_rate",
        store=True,
        precompute=True,
        digits=0,
        aggregator=None,
        help="One unit of the company's currency in that of the settlement, on its day.",
    )

    # === COMPUTE METHODS === #

    @api.depends("currency_id", "company_id", "date")
    def _compute_currency_rate(self):
        for settlement in self:
            settlement.currency_rate = self.env["res.currency"]._get_conversion_rate(
                settlement.company_id.currency_id,
                settlement.currency_id or settlement.company_id.currency_id,
                settlement.company_id,
                settlement.date or fields.Date.context_today(settlement),
            )
