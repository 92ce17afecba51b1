from odoo import models


class AftersalesSettlementLine(models.Model):
    """What the payer sees of a line."""

    _inherit = "aftersales.settlement.line"

    # === BUSINESS METHODS === #

    def _prepare_portal_row(self):
        """Return in plain values what the page of the settlement shows of the line.

        Nothing of what others pay for the same charge but the sum the promise takes off it.
        """
        self.ensure_one()
        charge = self.charge_id
        # What a maker is asked for follows from his terms: our price is none of his numbers.
        priced = self.share != "covered"
        return {
            "job": self._get_portal_job(),
            "request": charge.request_id,
            "unit": charge.unit_id,
            "name": charge.name,
            "claim_number": self.claim_number,
            "quantity": charge.quantity,
            "uom": charge.uom_id.name,
            "price_unit": charge.price_unit if priced else None,
            "discount": charge.discount if priced else 0.0,
            "price_currency": charge.currency_id,
            "taxes": ", ".join(self.tax_ids.mapped("name")),
            "covered": self._get_portal_covered(),
            "explanation": self._get_portal_explanation(),
            "claimed": self.amount_claimed,
            "differs": bool(
                self.currency_id.compare_amounts(self.amount_accepted, self.amount_claimed)
            ),
            "reason": self.difference_reason,
            "amount": self.amount_accepted,
        }

    def _get_portal_job(self):
        """Return the number of the job; modules that know work orders say theirs."""
        self.ensure_one()
        return self.charge_id.request_id.name

    def _get_portal_covered(self):
        """Return what a promise takes off the price for this payer."""
        self.ensure_one()
        if self.share != "customer":
            return 0.0
        charge = self.charge_id
        return charge.currency_id.round(charge.amount - charge._get_customer_pays())

    def _get_portal_explanation(self):
        """Return who pays it and why, as far as it is about this payer."""
        self.ensure_one()
        return "" if self.share == "covered" else self.explanation
