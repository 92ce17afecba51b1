from collections import defaultdict

from odoo import fields, models

from odoo.addons.aftersales_base.tools.periods import get_last_day


class StockMove(models.Model):
    _inherit = "stock.move"

    # === BUSINESS METHODS === #

    def _action_done(self, cancel_backorder=False):
        """Tell after-sales what reached a customer and what he gave back."""
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        done = moves.filtered(lambda move: move.state == "done")
        Unit = self.env["aftersales.unit"]
        # Returns first: a serial that comes in and goes out in one batch is a new sale.
        Unit._close_returns(done.filtered(lambda move: move._is_aftersales_return()))
        Unit._register_deliveries(done.filtered(lambda move: move._is_aftersales_delivery()))
        return moves

    def _is_aftersales_delivery(self):
        """Return whether the move hands goods over to a customer.

        Neither an inventory correction nor the way back from a repair: what came in
        without being given back (``to_refund`` off) is the customer's already.
        """
        self.ensure_one()
        came_in = self.origin_returned_move_id
        return (
            self.location_dest_id.usage == "customer"
            and self.location_id.usage not in ("customer", "inventory")
            and (not came_in or (self.to_refund and came_in.to_refund))
        )

    def _is_aftersales_return(self):
        """Return whether the move ends what a customer has: given back for good, or scrapped.

        Goods that come in for a repair have ``to_refund`` off and stay the customer's.
        """
        self.ensure_one()
        return (
            self.location_id.usage == "customer"
            and self.location_dest_id.usage != "customer"
            and self.to_refund
            and (self.location_dest_id.usage != "inventory" or bool(self.scrap_id))
        )

    def _is_taken_back(self):
        """Return whether all of a delivery came back for good."""
        self.ensure_one()
        back = self.returned_move_ids.filtered(lambda move: move.state == "done" and move.to_refund)
        uom = self.product_id.uom_id
        return bool(back) and uom.compare(sum(back.mapped("product_qty")), self.product_qty) >= 0

    def _get_aftersales_order(self):
        """Return the sale order the goods were sold by, if any."""
        self.ensure_one()
        return self.sale_line_id.order_id or self.picking_id.sale_id

    def _get_aftersales_customer(self):
        """Return whose the goods are or were: the order's customer, else the address."""
        self.ensure_one()
        return (
            self._get_aftersales_order().partner_id or self.picking_id.partner_id or self.partner_id
        )

    def _get_aftersales_quantities(self):
        """Return ``{lot: quantity}`` of what changes hands, in the product's unit.

        Goods without a lot stand under the empty lot. Goods that belonged to the customer
        before the transfer, or to somebody else for whom we only store them, do not change
        hands with us.
        """
        self.ensure_one()
        customer = self._get_aftersales_customer().commercial_partner_id
        own = self.company_id.partner_id
        quantities = defaultdict(float)
        for line in self.move_line_ids:
            owner = line.owner_id
            if owner and owner != own:
                if owner.commercial_partner_id == customer or not self.sale_line_id:
                    continue
            if line.quantity_product_uom > 0:
                quantities[line.lot_id] += line.quantity_product_uom
        return quantities

    def _get_aftersales_day(self):
        """Return the day the move was done, where the user is."""
        self.ensure_one()
        return fields.Date.context_today(self, self.date)

    def _prepare_aftersales_owner_vals(self, owner, day):
        """Return who has what was delivered, and where it stands.

        What a dealer ordered is his until he hands it over, unless we delivered it to his
        customer's door: then that is the end user, who has it from this day on (WA10).

        :param owner: who ordered it
        :param date day: day of the delivery
        """
        self.ensure_one()
        address = self.picking_id.partner_id
        dealer = owner.commercial_partner_id if owner.aftersales_is_dealer else owner.browse()
        vals = {"partner_id": owner.id, "place_id": False, "dealer_id": dealer.id}
        company = address.commercial_partner_id
        if company == owner.commercial_partner_id:
            return {**vals, "place_id": address.id if address != owner else False}
        if dealer and address and company != self.company_id.partner_id:
            return {**vals, "partner_id": address.id, "date_handover": day}
        return vals

    def _prepare_aftersales_unit_vals_list(self, policy):
        """Return the values of the installed products this delivery makes: one per lot or
        serial, one for what has neither.

        :param policy: the policy in force for the product
        """
        self.ensure_one()
        owner = self._get_aftersales_customer()
        if not owner or owner.commercial_partner_id == self.company_id.partner_id:
            return []
        day = self._get_aftersales_day()
        common = {
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            **self._prepare_aftersales_owner_vals(owner, day),
            "date_start": day,
            "policy_id": policy.id,
            "move_id": self.id,
            "sale_line_id": self.sale_line_id.id,
            # Computed as well; known here, each row is written once only.
            "product_tracking": self.product_id.tracking,
            "product_category_id": self.product_id.categ_id.id,
            "sale_order_id": self.sale_line_id.order_id.id,
            "warranty_end": max(
                (get_last_day(day, term.duration, term.duration_unit) for term in policy.term_ids),
                default=False,
            ),
        }
        return [
            {**common, "lot_id": lot.id, "serial": lot.name, "quantity": quantity}
            for lot, quantity in self._get_aftersales_quantities().items()
        ]
