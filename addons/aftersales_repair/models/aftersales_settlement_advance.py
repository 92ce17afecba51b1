from odoo import models
from odoo.exceptions import UserError


class AftersalesSettlement(models.Model):
    """A payment in advance that was deducted stays invoiced."""

    _inherit = "aftersales.settlement"

    def _is_advance_paid(self):
        """Return whether the money is here, or nothing of it is owed."""
        self.ensure_one()
        return self.status in ("paid", "written_off")

    def _is_advance_credited(self):
        """Return whether it was paid, and credited since by accounting."""
        self.ensure_one()
        paid = not self.currency_id.is_zero(self.amount_paid)
        return paid and self.move_id._is_aftersales_credited()

    def _get_back_status(self):
        """Return what became of money that is given back: ``returned`` once no credit note is
        open."""
        self.ensure_one()
        if self.move_id.move_type == "out_refund":
            return "returned" if self.status in ("paid", "written_off") else "refunded"
        credits = self.move_id._get_aftersales_credits()
        is_open = not credits or any(credit._is_aftersales_open() for credit in credits)
        return "refunded" if is_open else "returned"

    def _transition_error_message(self, target):
        if target == "cancelled":
            # sudo: the order's other settlement may be another team's.
            backs = self.sudo().line_ids.charge_id.advance_back_ids
            line = backs.settlement_line_ids.filtered("is_living")[:1]
            if line:
                return self.env._(
                    "%(settlement)s was paid in advance and is taken off on %(other)s. Cancel that "
                    "one first.",
                    settlement=self.display_name,
                    other=line.settlement_id.display_name,
                )
        return super()._transition_error_message(target)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "cancelled":
            # sudo: what is not invoiced any more is not taken off either.
            advances = self.sudo().line_ids.charge_id.filtered("advance_repair_id")
            advances.advance_back_ids._cancel_unsettled_backs()
            ended = advances._get_standing_advances().filtered(
                lambda charge: not charge.advance_repair_id._is_open()
            )
            ended.action_cancel()
            # sudo: as above; what was credited meanwhile is not taken off elsewhere.
            self.sudo().line_ids.charge_id._cancel_baseless_backs()

    def _check_can_invoice(self):
        super()._check_can_invoice()
        # sudo: the payment may be of another team.
        backs = self.sudo().line_ids.charge_id.filtered("advance_id")
        for back in backs:
            if not back.advance_id._get_advance_moves():
                raise UserError(
                    self.env._(
                        "%(settlement)s takes off what was paid in advance for %(order)s, and that "
                        "was credited meanwhile. Cancel the settlement and settle its charges "
                        "anew.",
                        settlement=back.settlement_line_ids.filtered("is_living")[
                            :1
                        ].settlement_id.display_name,
                        order=back.advance_repair_id.display_name,
                    )
                )
