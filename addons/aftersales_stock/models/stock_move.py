from collections import defaultdict

from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    aftersales_exchange_move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Exchange Of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The delivery whose goods come back in exchange, or go out instead of them.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        if "date" not in vals:
            return super().write(vals)
        done = self.filtered(lambda move: move.state == "done")
        days = {move: move._get_aftersales_day() for move in done}
        result = super().write(vals)
        # Each transfer writes the moment it was done again: mostly it is the same day.
        moved = {move: day for move, day in days.items() if move._get_aftersales_day() != day}
        if moved:
            self.env["aftersales.unit"]._follow_backdating(moved)
        return result

    # === BUSINESS METHODS === #

    def _action_done(self, cancel_backorder=False):
        """Tell after-sales what reached a customer and what he gave back."""
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        done = moves.filtered(lambda move: move.state == "done")
        Unit = self.env["aftersales.unit"]
        # Returns first: a serial that comes in and goes out in one batch is a new sale.
        Unit._close_returns(done.filtered(lambda move: move._is_aftersales_return()))
        Unit._register_deliveries(done.filtered(lambda move: move._is_aftersales_delivery()))
        Unit._pair_exchanges(done.aftersales_exchange_move_id)
        return moves

    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), "aftersales_exchange_move_id"]

    def _prepare_merge_negative_moves_excluded_distinct_fields(self):
        """Let an order that asks for less take it from what goes out in exchange, too."""
        excluded = super()._prepare_merge_negative_moves_excluded_distinct_fields()
        return [*excluded, "aftersales_exchange_move_id"]

    def _is_aftersales_delivery(self):
        """Return whether the move hands goods over to a customer.

        Neither an inventory correction nor the way back from a repair: what came in
        without being given back is the customer's already.
        """
        self.ensure_one()
        came_in = self.origin_returned_move_id
        return (
            self.location_dest_id.usage == "customer"
            and self.location_id.usage not in ("customer", "inventory")
            and (not came_in or (self.to_refund and came_in._is_given_back()))
        )

    def _is_aftersales_return(self):
        """Return whether the move ends what a customer has: given back for good, or scrapped.

        Goods that come in for a repair stay the customer's.
        """
        self.ensure_one()
        return (
            self.location_id.usage == "customer"
            and self.location_dest_id.usage != "customer"
            and self._is_given_back()
            and (self.location_dest_id.usage != "inventory" or bool(self.scrap_id))
        )

    def _is_given_back(self):
        """Return whether the goods come back for good, not for a repair.

        In exchange they do, whatever the order says about them.
        """
        self.ensure_one()
        if self.picking_id.aftersales_for_repair:
            return False
        return self.to_refund or bool(self.aftersales_exchange_move_id)

    def _is_taken_back(self):
        """Return whether all of a delivery came back for good."""
        self.ensure_one()
        back = self.returned_move_ids.filtered(
            lambda move: move.state == "done" and move._is_given_back()
        )
        uom = self.product_id.uom_id
        return bool(back) and uom.compare(sum(back.mapped("product_qty")), self.product_qty) >= 0

    def _get_aftersales_order(self):
        """Return the sale order the goods were sold by, if any."""
        self.ensure_one()
        return self.sale_line_id.order_id or self.picking_id.sale_id

    def _get_aftersales_customer(self):
        """Return whose the goods are or were: the order's customer, else the address."""
        self.ensure_one()
        return self._get_aftersales_order().partner_id or self._get_aftersales_address()

    def _get_aftersales_address(self):
        """Return where the goods go to or come from.

        The transfer of what a vendor delivers to the customer names the vendor.
        """
        self.ensure_one()
        if "supplier" in (self.location_id.usage, self.location_dest_id.usage):
            order = self._get_aftersales_order()
            address = order.partner_shipping_id or self.partner_id
            return address or self.picking_id.partner_id
        return self.picking_id.partner_id or self.partner_id

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
        """Return the day the move was done where the company is."""
        self.ensure_one()
        return self.company_id._get_aftersales_day(self.date)

    def _prepare_aftersales_owner_vals(self, owner, day):
        """Return who has what was delivered, and where it stands.

        What a dealer ordered is his until he hands it over, unless we delivered it to his
        customer's door: then that is the end user, who has it from this day on (WA10).

        :param owner: who ordered it
        :param date day: day of the delivery
        """
        self.ensure_one()
        address = self._get_aftersales_address()
        dealer = owner.commercial_partner_id if owner.aftersales_is_dealer else owner.browse()
        vals = {
            "partner_id": owner.id,
            "place_id": False,
            "dealer_id": dealer.id,
            "is_at_dealer": bool(dealer),
        }
        company = address.commercial_partner_id
        if company == owner.commercial_partner_id:
            return {**vals, "place_id": address.id if address != owner else False}
        if dealer and address and company != self.company_id.partner_id:
            handed_over = {"date_handover": day, "is_at_dealer": False}
            return {**vals, "partner_id": address.id, **handed_over}
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
        common = self._prepare_aftersales_unit_vals(owner, policy)
        return [
            {**common, "lot_id": lot.id, "serial": lot.name, "quantity": quantity}
            for lot, quantity in self._get_aftersales_quantities().items()
        ]

    def _prepare_aftersales_unit_vals(self, owner, policy):
        """Return what all installed products of this delivery have in common."""
        self.ensure_one()
        day = self._get_aftersales_day()
        return {
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            **self._prepare_aftersales_owner_vals(owner, day),
            "date_start": day,
            "policy_id": policy.id,
            "move_id": self.id,
            "sale_line_id": self.sale_line_id.id,
            "currency_id": self.company_id.currency_id.id,
            # Computed as well; known here, each row is written once only.
            "sold_by_others": False,
            "product_tracking": self.product_id.tracking,
            "product_category_id": self.product_id.categ_id.id,
            "sale_order_id": self.sale_line_id.order_id.id,
            **policy._prepare_unit_vals(day),
            **self.sale_line_id._prepare_aftersales_sold_vals(self.product_id),
        }
