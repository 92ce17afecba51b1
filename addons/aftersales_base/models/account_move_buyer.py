from odoo import api, fields, models


class AccountMove(models.Model):
    """An invoice made out to the company the payer named, with its tax data (SA12)."""

    _inherit = "account.move"

    aftersales_buyer = fields.Text(
        string="Made Out To",
        compute="_compute_aftersales_buyer",
        compute_sudo=True,
        help="What the payer asked for and finance accepted; the invoice is printed with it.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "aftersales_settlement_ids.invoice_request_ids.state",
        "reversed_entry_id.aftersales_settlement_ids.invoice_request_ids.state",
    )
    def _compute_aftersales_buyer(self):
        for move in self:
            lines = move._get_aftersales_buyer_request()._get_buyer_lines()
            move.aftersales_buyer = "\n".join(lines) or False

    # === BUSINESS METHODS === #

    def _get_aftersales_buyer_request(self):
        """Return the tax data the invoice is made out to: what was accepted last for the
        settlement it was made of, or for the invoice it reverses."""
        self.ensure_one()
        # sudo: whoever may print the invoice may read whom it is made out to.
        move_sudo = self.sudo()
        settlements_sudo = (
            move_sudo.aftersales_settlement_ids
            or (
                move_sudo.reversed_entry_id | move_sudo.aftersales_replaces_id
            ).invoice_line_ids.aftersales_settlement_line_id.settlement_id
            or move_sudo.invoice_line_ids.aftersales_settlement_line_id.settlement_id
        )
        return settlements_sudo.invoice_request_ids.filtered(
            lambda asked: asked.state == "done"
        ).sorted("id")[-1:]
