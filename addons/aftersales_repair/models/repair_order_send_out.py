from odoo import fields, models

from .repair_order import ENDED


class RepairOrder(models.Model):
    """Work that the maker, or another workshop, does for us."""

    _inherit = "repair.order"

    send_out_ids = fields.One2many(
        comodel_name="aftersales.send.out", inverse_name="repair_id", string="Sent Out"
    )

    # === ACTION METHODS === #

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

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target in ENDED:
            message = self._away_error_message()
        return message

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "cancel":
            # With the work its trip is off, whoever may see it.
            cases_sudo = self.sudo().send_out_ids.filtered(lambda case: case.state == "to_send")
            cases_sudo.action_cancel()

    def _away_error_message(self):
        """Return where the unit is while it is away, or an empty text."""
        self.ensure_one()
        # Where it is holds everybody, whoever may read it.
        away_sudo = self.sudo().send_out_ids.filtered(lambda case: case.state == "away")[:1]
        if not away_sudo:
            return ""
        return self.env._(
            "The unit of %(order)s is still at %(maker)s. Receive it by %(picking)s first.",
            order=self.display_name,
            maker=away_sudo.partner_id.display_name,
            picking=away_sudo.back_picking_id.display_name,
        )
