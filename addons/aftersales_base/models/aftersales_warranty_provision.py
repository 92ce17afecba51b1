from odoo import fields, models


class AftersalesWarrantyPolicy(models.Model):
    """What is set aside for a unit sold with this promise."""

    _inherit = "aftersales.warranty.policy"

    provision_by = fields.Selection(
        selection=[("percent", "Percent of the Price Paid"), ("fixed", "Amount a Unit")],
        string="Set Aside",
        help="What is set aside for warranty cost when a unit is sold. Empty: nothing.",
    )
    provision_percent = fields.Float(string="Set Aside (%)", digits="Discount")
    provision_amount = fields.Float(
        string="Set Aside a Unit",
        digits="Product Price",
        help="In the currency of the company.",
    )

    _provision_not_negative = models.Constraint(
        "CHECK(provision_percent BETWEEN 0 AND 100 AND provision_amount >= 0)",
        "What is set aside is from 0 to 100 percent, or an amount of zero or more.",
    )

    def _get_provision(self, unit):
        """Return what is set aside for a unit, in the currency of its company."""
        self.ensure_one()
        company = unit.company_id
        if self.provision_by == "fixed":
            return company.currency_id.round(self.provision_amount * unit.quantity)
        if self.provision_by != "percent" or not unit.price_paid:
            return 0.0
        currency = unit.currency_id or company.currency_id
        amount = unit.price_paid * self.provision_percent / 100
        return currency._convert(amount, company.currency_id, company, unit.date_start)
