from odoo import models

# Odoo asks for no group beyond the right to write the order.
USER = "base.group_user"
# What may become of an order: the steps of Odoo's buttons, and no other.
STEPS = {
    "draft": {"confirmed": USER, "cancel": USER},
    "confirmed": {"under_repair": USER, "cancel": USER},
    "under_repair": {"done": USER, "cancel": USER},
    "cancel": {"draft": USER},
    "done": {},
}
# Of goods and parts: there is nothing left to move.
MOVED = ("done", "cancel")


class RepairOrder(models.Model):
    """The one door of a work order's state.

    Odoo's buttons move the goods and write the state then, so they come to the same door as an
    import or a remote call. What may be, and what follows, is said by the hooks of the mixin;
    no room of the order overrides ``write`` or a button for it.
    """

    _name = "repair.order"
    _inherit = ["repair.order", "aftersales.state.mixin"]

    # === CRUD METHODS === #

    def write(self, vals):
        if "state" in vals and len(vals) > 1:
            # What is told together with a step is there when the step is judged.
            super().write({fname: value for fname, value in vals.items() if fname != "state"})
            vals = {"state": vals["state"]}
        return super().write(vals)

    # === ACTION METHODS === #

    def action_repair_done(self):
        self._before_goods_move()
        return super().action_repair_done()

    # === BUSINESS METHODS === #

    def _before_goods_move(self):
        """Say what the end of the work moves, before Odoo moves it.

        Hook for what cannot be told from the movements afterwards; everything else is judged by
        :meth:`_transition_error_message`.
        """

    def _get_state_transitions(self):
        return STEPS

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        return message or self._goods_error_message(target)

    def _goods_error_message(self, target):
        """Return that the goods stayed behind, or an empty text: only the buttons move them."""
        self.ensure_one()
        if not self._are_goods_left_behind(target):
            return ""
        labels = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(order)s becomes %(state)s together with its goods and parts, which its button "
            "moves. Press that button on the order.",
            order=self.display_name,
            state=labels[target],
        )

    def _are_goods_left_behind(self, target):
        """Return whether parts, goods or the sales line are not where ``target`` has them."""
        self.ensure_one()
        # What is left behind holds everybody, whoever may see it.
        repair_sudo = self.sudo()
        states = set(repair_sudo.move_ids.mapped("state"))
        if target == "confirmed":
            return "draft" in states
        if target == "draft":
            return bool(states - {"draft"})
        if target == "cancel":
            return bool(states - set(MOVED) or repair_sudo.sale_order_line_id.product_uom_qty)
        if target == "done":
            return bool(states - set(MOVED)) or not repair_sudo._is_product_moved()
        return False

    def _is_product_moved(self):
        """Return whether what was worked on stands where it belongs; an order may be about none."""
        self.ensure_one()
        move = self.move_id
        return not self.product_id or (move.repair_id == self and move.state in MOVED)
