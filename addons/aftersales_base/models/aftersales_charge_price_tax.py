from odoo import models
from odoo.tools import float_compare


class AftersalesCharge(models.Model):
    """In which taxes a price is.

    A product is priced with the taxes of its own, included or not. Where its price includes them
    and the payer's tax position changes them, Odoo takes the ones out and puts the others in, as
    on its sales orders; ``price_facts["taxes"]`` keeps the ids of those the price is in then.
    Whoever pays a share pays it by his own position, so what he is asked for is worked out for him.
    """

    _inherit = "aftersales.charge"

    # === BUSINESS METHODS === #

    def _get_product_taxes(self):
        """Return the taxes the product is sold with in the company; none where there is no charge
        yet."""
        # sudo: what is owed does not depend on who asks.
        charge_sudo = self.sudo()
        return charge_sudo.product_id.taxes_id._filter_taxes_by_company(charge_sudo.company_id)

    def _get_held_taxes(self):
        """Return the taxes the price is in, or beside: the product's, unless the payer owes others
        than those in it."""
        taxes = self._get_product_taxes()
        noted = (self.price_facts or {}).get("taxes")
        return taxes if noted is None else taxes.browse(noted)

    def _get_payer_taxes(self):
        """Return ``{charge: taxes}`` of those whose list price includes other taxes than the
        customer's share is billed with."""
        included = {}
        for charge in self.filtered("product_id"):
            taxes = charge._get_product_taxes()
            if taxes and all(taxes.mapped("price_include")):
                included[charge] = taxes
        positions = self.browse().concat(*included)._get_payer_positions() if included else {}
        mapped = {charge: positions[charge].map_tax(taxes) for charge, taxes in included.items()}
        return {charge: taxes for charge, taxes in mapped.items() if taxes != included[charge]}

    def _get_payer_positions(self):
        """Return ``{charge: tax position}`` of who pays the customer's share; each payer is asked
        about once."""
        positions = {}
        found = {}
        # sudo: as for the taxes.
        for charge_sudo in self.sudo():
            key = (charge_sudo.company_id, charge_sudo._get_payer()._origin)
            if key not in positions:
                company, payer = key
                Position = self.env["account.fiscal.position"].sudo().with_company(company)
                positions[key] = Position._get_fiscal_position(payer)
            found[charge_sudo] = positions[key]
        return found

    def _put_in_taxes(self, price, taxes):
        """Return a price of the list as it is where ``taxes`` are owed."""
        self.ensure_one()
        price = self.product_id._get_tax_included_unit_price_from_price(
            price, self._get_product_taxes(), product_taxes_after_fp=taxes
        )
        return self._round_price(price)

    def _get_price_in(self, taxes):
        """Return what one costs where ``taxes`` are owed."""
        self.ensure_one()
        held = self._get_held_taxes()
        if held == taxes:
            return self.price_unit
        if held == self._get_product_taxes():
            return self._put_in_taxes(self.price_unit, taxes)
        bare = held.exists()._get_tax_details(
            self.price_unit, 1.0, rounding_method="round_globally", product=self.product_id
        )["total_excluded"]
        nothing = taxes.browse()
        price = taxes._adapt_price_unit_to_another_taxes(bare, self.product_id, nothing, taxes)
        return self._round_price(price)

    def _get_amount_in(self, amount, taxes):
        """Return what a part of the amount is where ``taxes`` are owed.

        :param float amount: the share of somebody, or the whole
        """
        if not self.amount:
            return amount
        price = self._get_price_in(taxes)
        if not float_compare(price, self.price_unit, precision_digits=self._get_price_digits()):
            return amount
        full = self._get_priced_quantity() * price * (1 - self.discount / 100)
        return self.currency_id.round(full * amount / self.amount)
