from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _invoice_paid_hook(self):
        """Give the extensions that are paid now."""
        result = super()._invoice_paid_hook()
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        # Who registers a payment has no after-sales right; the sale says what was promised.
        invoices._get_extension_lines().sudo()._grant_extensions()
        return result

    def _post(self, soft=True):
        """Date the units that are invoiced, and take back the extensions that are refunded."""
        posted = super()._post(soft=soft)
        posted.filtered(lambda move: move.move_type == "out_invoice")._date_aftersales_units()
        for refund in posted.filtered(lambda move: move.move_type == "out_refund"):
            # As above: the refund is the right to end what it pays back.
            refund._get_extension_lines().sudo()._take_back_extensions(
                refund.invoice_date or fields.Date.context_today(refund), refund.name
            )
        return posted

    def button_draft(self):
        """Take the day of an invoice that is no more off the units it dated."""
        if not self:
            # Odoo asks for nothing with each line it writes: of a thousand invoices too often.
            return super().button_draft()
        invoices = self.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        # As in _date_aftersales_units().
        lines_sudo = invoices.invoice_line_ids.sale_line_ids.sudo()
        days = {line: line._get_aftersales_invoice_date() for line in lines_sudo}
        result = super().button_draft()
        units_sudo = lines_sudo.env["aftersales.unit"].search(
            [("sale_line_id", "in", lines_sudo.ids), ("date_invoice", "!=", False)]
        )
        for line, line_units_sudo in units_sudo.grouped("sale_line_id").items():
            dated = line_units_sudo.filtered_domain([("date_invoice", "=", days[line])])
            dated.date_invoice = line._get_aftersales_invoice_date()
        return result

    def _date_aftersales_units(self):
        """Write on units delivered before when they were invoiced; the first invoice counts.

        Warranties that run from the invoice start with it.
        """
        lines = self.invoice_line_ids.sale_line_ids
        if not lines:
            return
        # Who posts an invoice has no after-sales right; the day is that of his document.
        units_sudo = (
            self.env["aftersales.unit"]
            .sudo()
            .search([("sale_line_id", "in", lines.ids), ("date_invoice", "=", False)])
        )
        for line_sudo, line_units_sudo in units_sudo.grouped("sale_line_id").items():
            line_units_sudo.date_invoice = line_sudo._get_aftersales_invoice_date()

    def _get_extension_lines(self):
        """Return the order lines of these invoices that sell an extension."""
        return self.invoice_line_ids.sale_line_ids.filtered(
            lambda line: line.product_id.aftersales_extension_policy_id
        )
