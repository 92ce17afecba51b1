from odoo import models
from odoo.exceptions import UserError


class AftersalesSettlement(models.Model):
    """A payment in advance that was deducted stays invoiced."""

    _inherit = "aftersales.settlement"

    def _is_advance_paid(self):
        """Return whether the money is here, or nothing of it is owed."""
        self.ensure_one()
        return self.status in ("paid", "written_off")

    def _is_advance_owed_back(self):
        """Return whether it was paid, and credited since by accounting."""
        self.ensure_one()
        return self.status == "paid" and self.move_id._is_aftersales_credited()

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
                lambda charge: charge.advance_repair_id.state in ("done", "cancel")
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


class AftersalesSettlementLine(models.Model):
    """The taxes of a payment in advance are those it was worked out with, to the cent."""

    _inherit = "aftersales.settlement.line"

    def _compute_tax_ids(self):
        advances = self.filtered(lambda line: line.charge_id.kind == "advance")
        super(AftersalesSettlementLine, self - advances)._compute_tax_ids()
        for line in advances:
            line.tax_ids = line.charge_id.advance_tax_ids

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
