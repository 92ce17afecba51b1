from odoo import fields, models
from odoo.exceptions import UserError


class RepairOrder(models.Model):
    """Work that the maker, or another workshop, does for us."""

    _inherit = "repair.order"

    send_out_ids = fields.One2many(
        comodel_name="aftersales.send.out", inverse_name="repair_id", string="Sent Out"
    )

    # === ACTION METHODS === #

    def action_repair_cancel(self):
        self._check_back()
        # With the work its trip is off, whoever may see it.
        cases_sudo = self.sudo().send_out_ids.filtered(lambda case: case.state == "to_send")
        cases_sudo.action_cancel()
        return super().action_repair_cancel()

    def action_repair_done(self):
        self._check_back()
        return super().action_repair_done()

    def action_send_out(self):
        """Open a new stay at the maker's: the one who bears the parts, or the product's vendor."""
        self.ensure_one()
        charges_sudo = self.sudo().charge_ids.filtered("bearer_partner_id")
        maker = charges_sudo[:1].bearer_partner_id or self.product_id.seller_ids[:1].partner_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send to the Maker"),
            "res_model": "aftersales.send.out",
            "view_mode": "form",
            "context": {"default_repair_id": self.id, "default_partner_id": maker.id},
        }

    # === BUSINESS METHODS === #

    def _check_back(self):
        """Refuse to end or cancel work on a unit that is still away.

        :raises UserError: naming the order and where the unit is
        """
        # Where it is holds everybody, whoever may read it.
        away_sudo = self.sudo().send_out_ids.filtered(lambda case: case.state == "away")[:1]
        if away_sudo:
            raise UserError(
                self.env._(
                    "The unit of %(order)s is still at %(maker)s. Receive it by %(picking)s first.",
                    order=away_sudo.repair_id.display_name,
                    maker=away_sudo.partner_id.display_name,
                    picking=away_sudo.back_picking_id.display_name,
                )
            )
