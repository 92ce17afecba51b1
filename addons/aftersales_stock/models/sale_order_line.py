from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    aftersales_policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Warranty Policy",
        check_company=True,
        help="Promised with this sale instead of the product's own policy: campaign goods.",
    )
    aftersales_unit_ids = fields.Many2many(
        comodel_name="aftersales.unit",
        string="Extended Products",
        copy=False,
        domain="[('partner_id', 'child_of', order_partner_id), ('state', '=', 'active')]",
        help="Whose warranty this line extends. Empty: everything delivered by this order.",
    )
    aftersales_warranty_ids = fields.One2many(
        comodel_name="aftersales.warranty",
        inverse_name="extension_line_id",
        string="Extensions Given",
        groups="aftersales_base.group_aftersales_technician",
    )

    def _prepare_aftersales_sold_vals(self, product):
        """Return what the sale says about the units it delivers: price and day of the invoice.

        The price of a kit is not that of its parts.

        :param product: what is delivered
        """
        if not self:
            return {}
        self.ensure_one()
        vals = {"date_invoice": self._get_aftersales_invoice_date()}
        quantity = self.product_uom_id._compute_quantity(
            self.product_uom_qty, product.uom_id, round=False
        )
        if product == self.product_id and quantity > 0:
            vals["currency_id"] = self.currency_id.id
            vals["price_paid"] = self.currency_id.round(self.price_total / quantity)
        return vals

    def _get_aftersales_invoice_date(self):
        """Return the day of the first posted invoice of this line, if any."""
        self.ensure_one()
        invoices = self.invoice_lines.move_id.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        return min(invoices.mapped("invoice_date"), default=False)

    def _get_extended_units(self):
        """Return the living units this line extends."""
        self.ensure_one()
        units = self.aftersales_unit_ids
        if not units:
            units = self.env["aftersales.unit"].search([("sale_order_id", "=", self.order_id.id)])
        return units.filtered(lambda unit: unit.state == "active")

    def _grant_extensions(self):
        """Add the sold terms to the units; a line that gave its extension gives no other."""
        for line in self:
            policy = line.product_id.aftersales_extension_policy_id
            running = line.aftersales_warranty_ids.filtered(lambda w: not w.close_reason)
            for unit in line._get_extended_units() - running.unit_id:
                for term in policy.term_ids:
                    unit._extend_warranty(line._prepare_extension_vals(term, unit))

    def _prepare_extension_vals(self, term, unit):
        """Return the values of the warranty a sold term gives to a unit."""
        self.ensure_one()
        vals = term._prepare_warranty_vals(unit, origin="extension")
        # An extension follows what is covered; it waits for no event.
        vals.pop("date_start", None)
        return {**vals, "cover_before_start": False, "extension_line_id": self.id}

    def _take_back_extensions(self, day, note):
        """End the extensions of refunded lines from ``day`` on."""
        self.aftersales_warranty_ids._close(day, "refunded", note)
