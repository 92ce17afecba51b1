from odoo import api, fields, models

# Taxes of so much tell what they are of any price.
SAMPLE = 1_000_000


class AftersalesCharge(models.Model):
    """What of a price is ours, where prices contain taxes."""

    _inherit = "aftersales.charge"

    untaxed_percent = fields.Float(
        string="Untaxed (%)",
        compute="_compute_untaxed_percent",
        store=True,
        precompute=True,
        digits=(16, 6),
        help="What remains of the price without the taxes in it. Reports on revenue count that.",
    )

    @api.depends("product_id", "company_id", "price_facts")
    def _compute_untaxed_percent(self):
        for (product, company, taxes_sudo), charges in self.grouped(
            lambda charge: (charge.product_id, charge.company_id, charge._get_held_taxes())
        ).items():
            if not any(tax.price_include for tax in taxes_sudo.flatten_taxes_hierarchy()):
                charges.untaxed_percent = 100
                continue
            amounts = taxes_sudo.compute_all(SAMPLE, currency=company.currency_id, product=product)
            charges.untaxed_percent = 100 * amounts["total_excluded"] / SAMPLE
