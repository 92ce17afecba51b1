from odoo import fields, models


class AftersalesCharge(models.Model):
    """What of a charge we bear, and where that is booked."""

    _inherit = "aftersales.charge"

    warranty_entry_line_ids = fields.One2many(
        comodel_name="aftersales.warranty.entry.line", inverse_name="charge_id", copy=False
    )

    def _transition_error_message(self, target):
        # sudo: whoever did the work need not see what is booked of it.
        booked = self.sudo().warranty_entry_line_ids.filtered(
            lambda line: line.is_living and line.entry_id.state == "confirmed"
        )
        if target != "confirmed" and booked:
            return self.env._(
                "%(charge)s is booked as warranty cost by %(entry)s. Have accounting cancel that "
                "entry first.",
                charge=self.display_name,
                entry=booked[0].entry_id.display_name,
            )
        return super()._transition_error_message(target)

    def _get_borne_amount(self, at_cost=False):
        """Return what of the charge we bear, in the currency of the company.

        :param bool at_cost: what it cost us instead of our price
        """
        self.ensure_one()
        currency = self.company_id.currency_id
        if at_cost:
            return currency.round(self._get_claim_cost() * self.covered_percent / 100)
        return self.currency_id._convert(
            self.covered_amount, currency, self.company_id, self.date_confirmed
        )
