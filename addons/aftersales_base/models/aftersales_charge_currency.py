from odoo import api, fields, models


class AftersalesCharge(models.Model):
    """What turns the amounts of a charge into the company's currency, for reports."""

    _inherit = "aftersales.charge"

    currency_rate = fields.Float(
        compute="_compute_currency_rate",
        store=True,
        precompute=True,
        digits=0,
        aggregator=None,
        help="One unit of the company's currency in that of the charge, on the day of the report.",
    )

    # === COMPUTE METHODS === #

    @api.depends("currency_id", "company_id", "date_fault")
    def _compute_currency_rate(self):
        for charge in self:
            charge.currency_rate = self.env["res.currency"]._get_conversion_rate(
                charge.company_id.currency_id,
                charge.currency_id or charge.company_id.currency_id,
                charge.company_id,
                charge.date_fault or fields.Date.context_today(charge),
            )
