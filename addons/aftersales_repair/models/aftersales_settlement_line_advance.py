from odoo import models


class AftersalesSettlementLine(models.Model):
    """The taxes of a payment in advance are those it was worked out with, to the cent."""

    _inherit = "aftersales.settlement.line"

    def _get_payer_taxes(self):
        if self.charge_id.kind == "advance":
            return self.charge_id.advance_tax_ids
        return super()._get_payer_taxes()

    def _get_advance_tax_data(self, quantity):
        """Return what Odoo's tax engine knows of the payment, for once or for minus once."""
        self.ensure_one()
        data = self.charge_id.advance_tax_data
        if quantity < 0:
            return self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data(data)
        return data

    def _prepare_base_line(self):
        base_line = super()._prepare_base_line()
        if self.charge_id.kind == "advance":
            data = self._get_advance_tax_data(base_line["quantity"])
            base_line.update(
                self.env["account.tax"]._import_base_line_extra_tax_data(base_line, data)
            )
        return base_line

    def _prepare_move_line_vals(self, sign=1):
        vals = super()._prepare_move_line_vals(sign)
        if self.charge_id.kind == "advance":
            quantity = sign * vals["quantity"]
            vals.update(
                quantity=quantity,
                price_unit=sign * vals["price_unit"],
                extra_tax_data=self._get_advance_tax_data(quantity),
            )
        return vals
