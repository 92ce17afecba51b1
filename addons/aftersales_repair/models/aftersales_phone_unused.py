from odoo import models
from odoo.exceptions import UserError


class AftersalesPhoneMixin(models.AbstractModel):
    """Planned parts that were not used, or not all of them (FS4).

    What is not used is neither charged nor taken out of stock: it goes back to where it was.
    """

    _inherit = "aftersales.phone.mixin"

    # === BUSINESS METHODS === #

    def _get_slip_parts(self):
        """Return the parts planned for the work."""
        self.ensure_one()
        return self._get_work_order().move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state != "cancel"
        )

    def _get_open_parts(self):
        """Return the planned parts of which it can still be said how many were used."""
        self.ensure_one()
        return self._get_slip_parts().filtered(lambda move: move.state != "done")

    def _get_unused_parts(self):
        """Return the parts that were planned and not used at all."""
        self.ensure_one()
        return self._get_work_order().move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state == "cancel"
        )

    def _note_used(self, used):
        """Note how many of the planned parts were used; the work starts with it.

        :param dict used: ``{id of a movement: quantity}`` in its unit; parts of other orders are
            passed over, what is not told stays as it is
        :raises UserError: naming the part whose quantity cannot be
        """
        self._check_at_work()
        moves = self._get_open_parts().filtered(lambda move: move.id in used)
        for move in moves:
            self._check_used_quantity(move, used[move.id])
        self._start_work()
        unused = moves.filtered(lambda move: move.product_uom.is_zero(used[move.id]))
        for move in moves - unused:
            if move.product_uom.compare(move.quantity, used[move.id]):
                move.quantity = used[move.id]
        left = [
            (move, move.product_uom_qty - used[move.id])
            for move in moves
            if move.product_uom.compare(move.product_uom_qty, used[move.id]) > 0
        ]
        unused._action_cancel()
        # Once it is said of some parts that they were used, it is said of all that stay.
        self._get_open_parts().picked = True
        if left:
            self._note_left_over(left)

    def _check_used_quantity(self, move, quantity):
        """Raise when so many of a part cannot have been used; see :meth:`_note_used`."""
        planned = move.product_uom_qty
        if quantity < 0 or move.product_uom.compare(quantity, planned) > 0:
            raise UserError(
                self.env._(
                    "Of %(part)s %(planned)g were planned. Say how many of them were used, and add "
                    "more from your own stock.",
                    part=move.product_id.display_name,
                    planned=planned,
                )
            )

    def _note_left_over(self, left):
        """Tell on the order what goes back to the store; modules that take it back extend this.

        :param left: list of ``(movement, quantity that was not used)``
        """
        names = ", ".join(
            f"{quantity:g} × {move.product_id.display_name}" for move, quantity in left
        )
        self._get_work_order().message_post(
            body=self.env._("Not used, goes back: %(parts)s.", parts=names),
            subtype_xmlid="mail.mt_note",
        )
