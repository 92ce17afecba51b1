from odoo import api, fields, models

# Taxes of so much tell what those by percent are of any price.
SAMPLE = 1_000_000
BY_PERCENT = ("percent", "division")


class AftersalesCharge(models.Model):
    """What of a price is ours, where prices contain taxes."""

    _inherit = "aftersales.charge"

    untaxed_percent = fields.Float(
        string="Untaxed (%)",
        compute="_compute_untaxed_percent",
        store=True,
        precompute=True,
        digits=(16, 6),
        help="What remains of the price without the taxes in it. Reports on revenue count that as "
        "long as the charge is on no settlement.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "product_id",
        "company_id",
        "price_facts",
        "price_unit",
        "quantity",
        "discount",
        "is_flat_price",
    )
    def _compute_untaxed_percent(self):
        for (product, company, taxes_sudo), charges in self.grouped(
            lambda charge: (charge.product_id, charge.company_id, charge._get_held_taxes())
        ).items():
            all_taxes = taxes_sudo.flatten_taxes_hierarchy()
            if not any(tax.price_include for tax in all_taxes):
                charges.untaxed_percent = 100
            elif all(tax.amount_type in BY_PERCENT for tax in all_taxes):
                amounts = taxes_sudo.compute_all(
                    SAMPLE, currency=company.currency_id, product=product
                )
                charges.untaxed_percent = 100 * amounts["total_excluded"] / SAMPLE
            else:
                charges._set_untaxed_percent(taxes_sudo)

    # === BUSINESS METHODS === #

    def _set_untaxed_percent(self, taxes):
        """Work out what is ours where a tax is so much a piece, whatever the price."""
        for charge in self:
            price = charge.price_unit * (1 - charge.discount / 100)
            quantity = charge._get_priced_quantity()
            details = taxes._get_tax_details(
                price, quantity, rounding_method="round_globally", product=charge.product_id
            )
            full = price * quantity
            charge.untaxed_percent = 100 * details["total_excluded"] / full if full else 100
