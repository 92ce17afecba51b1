from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

# More than anybody has in his van; a list on a phone is not longer.
MAX_CHOICES = 300


class AftersalesPhoneMixin(models.AbstractModel):
    """Parts used from the technician's own stock, by the moves of the work order (FS4)."""

    _inherit = "aftersales.phone.mixin"

    # === BUSINESS METHODS === #

    def _get_own_location(self):
        """Return where the technician takes parts from: his van, else where the order does."""
        self.ensure_one()
        # Where somebody's van stands is no secret from himself.
        members_sudo = self.env["aftersales.team.member"].sudo()
        members_sudo = members_sudo.search(
            [
                ("user_id", "=", self.env.uid),
                ("stock_location_id.company_id", "in", (self.company_id.id, False)),
            ]
        ).filtered("stock_location_id")
        own_sudo = members_sudo.filtered(lambda member: member.team_id == self.sudo().team_id)
        van_sudo = (own_sudo or members_sudo)[:1].stock_location_id
        return van_sudo.with_env(self.env) or self._get_work_order().location_id

    def _get_own_stock(self):
        """Return what lies in the technician's own stock and is not kept for other work."""
        self.ensure_one()
        domain = Domain("location_id", "child_of", self._get_own_location().ids)
        domain &= Domain("quantity", ">", 0) & Domain("owner_id", "=", False)
        domain &= Domain("package_id", "=", False)
        quants = self.env["stock.quant"].search(domain, limit=MAX_CHOICES)
        free = quants.filtered(
            lambda quant: quant.product_uom_id.compare(quant.available_quantity, 0) > 0
        )
        return free.sorted(lambda quant: (quant.product_id.display_name, quant.lot_id.name or ""))

    def _use_part(self, quant_id, quantity):
        """Put a part of the technician's own stock on the order, as used.

        The work starts with it, when it has not started yet.

        :param int quant_id: what was chosen of :meth:`_get_own_stock`
        :param float quantity: in the unit of the product
        :raises UserError: when it is not there, or the quantity is none
        """
        self._check_at_work()
        quant = self._get_own_stock().filtered(lambda quant: quant.id == quant_id)
        if not quant:
            raise UserError(
                self.env._(
                    "The part you chose for %(work)s is not in your stock. Choose another.",
                    work=self.display_name,
                )
            )
        self._check_part_quantity(quant, quantity)
        self._start_work()
        order = self._get_work_order()
        # As on the form: once somebody says which parts were used, he says it of each.
        picked = any(order.move_ids.mapped("picked"))
        known = order.move_ids
        order.write({"move_ids": [Command.create(self._prepare_part_vals(quant, quantity))]})
        move = order.move_ids - known
        move._do_unreserve()
        move.move_line_ids = [Command.create(self._prepare_part_line_vals(move, quant, quantity))]
        move.picked = picked

    def _check_part_quantity(self, quant, quantity):
        """Raise when so much of a part cannot be taken; see :meth:`_use_part`."""
        unit, free = quant.product_uom_id, quant.available_quantity
        if unit.compare(quantity, 0) <= 0:
            raise UserError(
                self.env._(
                    "Say how many of %(part)s were used: more than 0.",
                    part=quant.product_id.display_name,
                )
            )
        if unit.compare(quantity, free) > 0:
            raise UserError(
                self.env._(
                    "You have %(free)g of %(part)s, and not %(quantity)g.",
                    free=free,
                    part=quant.product_id.display_name,
                    quantity=quantity,
                )
            )

    def _prepare_part_vals(self, quant, quantity):
        """Return the values of the move that uses a part."""
        return {
            "product_id": quant.product_id.id,
            "product_uom": quant.product_uom_id.id,
            "product_uom_qty": quantity,
            "location_id": quant.location_id.id,
            "repair_line_type": "add",
        }

    def _prepare_part_line_vals(self, move, quant, quantity):
        """Return the values of the line that says which part exactly."""
        return {
            "product_id": quant.product_id.id,
            "product_uom_id": quant.product_uom_id.id,
            "lot_id": quant.lot_id.id,
            "quantity": quantity,
            "location_id": quant.location_id.id,
            "location_dest_id": move.location_dest_id.id,
            "company_id": move.company_id.id,
        }
