from odoo import api, fields, models


class AftersalesCurrencyMixin(models.AbstractModel):
    """What turns the amounts of a document into the company's currency, for reports.

    A model has ``company_id`` and ``currency_id``, and names the field of its day.
    """

    _name = "aftersales.currency.mixin"
    _description = "Amounts in the Company's Currency"

    _currency_day_field = "date"

    currency_rate = fields.Float(
        compute="_compute_currency_rate",
        store=True,
        precompute=True,
        digits=0,
        aggregator=None,
        help="One unit of the company's currency in that of the document, on its day.",
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: ("currency_id", "company_id", self._currency_day_field))
    def _compute_currency_rate(self):
        for record in self:
            record.currency_rate = self.env["res.currency"]._get_conversion_rate(
                record.company_id.currency_id,
                record.currency_id or record.company_id.currency_id,
                record.company_id,
                record[self._currency_day_field] or record.company_id._get_aftersales_day(),
            )
