from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import clean_context


class AftersalesUnit(models.Model):
    _inherit = "aftersales.unit"

    move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Delivery Move",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        groups="base.group_user",
        help="The move that brought it to the customer.",
    )
    picking_id = fields.Many2one(related="move_id.picking_id", string="Delivery")
    picking_name = fields.Char(related="picking_id.name", string="Delivery Reference")
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Line",
        readonly=True,
        groups="base.group_user",
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id",
        string="Sales Order",
        store=True,
        index="btree_not_null",
    )
    sale_order_name = fields.Char(related="sale_order_id.name", string="Sales Order Reference")
    return_move_id = fields.Many2one(
        comodel_name="stock.move",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        groups="base.group_user",
        help="The move by which the customer gave it back.",
    )
    return_picking_name = fields.Char(
        related="return_move_id.picking_id.name", string="Return Reference"
    )

    # === COMPUTE METHODS === #

    @api.depends("move_id")
    def _compute_sold_by_others(self):
        """What we delivered we sold, whoever made it."""
        delivered = self.filtered("move_id")
        delivered.sold_by_others = False
        super(AftersalesUnit, self - delivered)._compute_sold_by_others()

    # === CRUD METHODS === #

    def _check_company(self, fnames=None):
        """Leave out what was checked when the move was done: the same records again, one by
        one, for each of its serials.
        """
        if self.env.su and self.env.context.get("aftersales_checked_moves"):
            return
        super()._check_company(fnames)

    @api.model
    def _get_guarded_fields(self):
        """Nobody says by hand by which delivery a unit came or went."""
        return super()._get_guarded_fields() | {"move_id", "sale_line_id", "return_move_id"}

    # === BUSINESS METHODS: SEARCH === #

    @api.model
    def _get_find_domain(self, term):
        """Let the number of an order, the customer's number for it or a delivery find units."""
        if not self.env.user._is_internal():
            # Customers know their serials; our documents are not for them to search.
            return super()._get_find_domain(term)
        order = Domain("name", "ilike", term) | Domain("client_order_ref", "ilike", term)
        picking = Domain("name", "ilike", term)
        # Bypassing rules: who looks up units may have no right to read orders and transfers,
        # and gets units he may read, not the documents.
        return (
            super()._get_find_domain(term)
            | Domain("sale_order_id", "any!", order)
            | Domain("move_id", "any!", Domain("picking_id", "any!", picking))
        )

    # === BUSINESS METHODS: DELIVERIES === #

    @api.model
    def _register_deliveries(self, moves):
        """Register what the moves brought to customers, with the warranties of its policy.

        A serial that is in use at the same customer stays as it is (it was here for
        repair); one in use at somebody else was resold, and closes there.

        :param moves: done moves to customers
        :return: the units made
        """
        units = self.sudo().browse()
        for company, company_moves in moves.sudo().grouped("company_id").items():
            units |= self._with_moves_env(company)._register_company_deliveries(company_moves.ids)
        return units

    def _register_company_deliveries(self, move_ids):
        """Register deliveries of the current company; see :meth:`_register_deliveries`."""
        moves = self.env["stock.move"].browse(move_ids)
        policies = moves.product_id._get_aftersales_policies(self.env.company)
        vals_list = []
        serials = {}
        for move in moves:
            policy = move.sale_line_id.aftersales_policy_id or policies[move.product_id]
            for vals in move._prepare_aftersales_unit_vals_list(policy) if policy else []:
                if vals["lot_id"] and move.product_id.tracking == "serial":
                    serials[vals["lot_id"]] = vals
                else:
                    vals_list.append(vals)
        vals_list += self._release_living_serials(serials)
        vals_list = self._reopen_returned(vals_list)
        # No chatter for what the delivery itself documents.
        return self.with_context(tracking_disable=True, aftersales_checked_moves=True).create(
            vals_list
        )

    def _release_living_serials(self, serials):
        """Close the units that stand in the way, as resold.

        :param dict serials: ``{lot id: values of the unit to make}``
        :return: the values still to create; a serial its customer has already is not
        """
        living = self._get_living_serials(serials)
        past = self.env.context.get("aftersales_past_deliveries")
        todo = []
        resold = defaultdict(self.browse)
        for lot_id, vals in serials.items():
            unit = living.get(lot_id, self.browse())
            owner = unit.partner_id.browse(vals["partner_id"])
            if unit and past and unit.date_start > vals["date_start"]:
                # Sold on since: what happened later stands.
                continue
            if not unit or unit.commercial_partner_id != owner.commercial_partner_id:
                todo.append(vals)
                resold[vals["date_start"]] |= unit
        for day, units in resold.items():
            units._close("returned", day)
            # The index of living serials has to see the old unit closed before the new one.
            units.flush_recordset(["state"])
        return todo

    @api.model
    def _pair_exchanges(self, deliveries):
        """Link what went out in exchange to what came back for it (WA4).

        Whichever comes first waits for the other. The first that went out stands for the first
        that came back.

        :param deliveries: the moves whose goods are exchanged
        """
        for company, moves in deliveries.sudo().grouped("company_id").items():
            units = self._with_moves_env(company)
            came_back = units._search_came_back_in_exchange(moves)
            for new in units._search_went_out_in_exchange(moves):
                waiting = came_back.get(new.move_id.aftersales_exchange_move_id, units)
                old = waiting.filtered(lambda unit, new=new: unit._is_exchanged_by(new))[:1]
                if old:
                    old._pass_promise_on(new, new.date_start)

    @api.model
    def _search_came_back_in_exchange(self, moves):
        """Return ``{move: units}`` of what came back for these deliveries and nothing replaces."""
        return self.search(
            [
                ("return_move_id.aftersales_exchange_move_id", "in", moves.ids),
                ("state", "=", "returned"),
                ("replaced_by_ids", "=", False),
            ],
            order="id",
        ).grouped(lambda unit: unit.return_move_id.aftersales_exchange_move_id)

    @api.model
    def _search_went_out_in_exchange(self, moves):
        """Return the units that went out for these deliveries and replace none yet."""
        return self.search(
            [
                ("move_id.aftersales_exchange_move_id", "in", moves.ids),
                ("state", "=", "active"),
                ("replaces_id", "=", False),
            ],
            order="id",
        )

    def _is_exchanged_by(self, new_unit):
        """Return whether the unit that came back may be exchanged for ``new_unit``."""
        self.ensure_one()
        return (
            self.state == "returned"
            and self.commercial_partner_id == new_unit.commercial_partner_id
            and not self.policy_id.repair_only
        )

    @api.model
    def _follow_backdating(self, days):
        """Move what began or ended with transfers whose date was changed afterwards.

        What somebody entered by hand meanwhile stays.

        :param dict days: ``{done move: day it had before}``
        """
        for company, moves in self.env["stock.move"].union(*days).grouped("company_id").items():
            units = self._with_moves_env(company)
            steps = moves.grouped(lambda move: (days[move], move._get_aftersales_day()))
            for (before, day), batch in steps.items():
                delivered = units.search([("move_id", "in", batch.ids)])
                for fname in ("date_start", "date_handover"):
                    delivered.filtered_domain([(fname, "=", before)])[fname] = day
                returned = units.search([("return_move_id", "in", batch.ids)])
                returned.warranty_ids.filtered_domain(
                    [("date_closed", "=", before), ("close_reason", "=", "returned")]
                ).date_closed = day

    def _reopen_returned(self, vals_list):
        """Put back into use what the return of a return brings back to its customer.

        Its warranties go on as if it had never left.

        :return: the values still to create
        """
        moves = self.env["stock.move"].browse(vals["move_id"] for vals in vals_list)
        came_in = moves.origin_returned_move_id
        if not came_in:
            return vals_list
        closed = self._get_by_move("return_move_id", came_in, "returned")
        demands = {}
        for move, vals in zip(moves, vals_list, strict=True):
            units = closed.get((move.origin_returned_move_id.id, vals["lot_id"]), self.browse())
            demands[move.id, vals["lot_id"]] = (units, vals["quantity"])
        taken = self._take_quantities(demands)
        todo = []
        for vals in vals_list:
            units = taken[vals["move_id"], vals["lot_id"]]
            units._reopen(vals["move_id"])
            rest = vals["quantity"] - sum(units.mapped("quantity"))
            uom = self.env["product.product"].browse(vals["product_id"]).uom_id
            if uom.compare(rest, 0) > 0:
                todo.append({**vals, "quantity": rest})
        return todo

    def _reopen(self, move_id):
        """Undo the return of the units: ``move_id`` brought them back to their customer."""
        self.write({"state": "active", "return_move_id": False, "move_id": move_id})
        self.warranty_ids._reopen_returned()

    # === BUSINESS METHODS: RETURNS === #

    @api.model
    def _undo_returns(self, moves):
        """Give back to their owners what came in for a repair and was taken for a return.

        A serial that somebody else has meanwhile stays as it is.

        :param moves: done moves from customers
        """
        for company, company_moves in moves.sudo().grouped("company_id").items():
            units = self._with_moves_env(company).search(
                [("return_move_id", "in", company_moves.ids), ("state", "=", "returned")]
            )
            living = self._with_moves_env(company)._get_living_serials(units.lot_id.ids)
            for unit in units.filtered(lambda unit, living=living: unit.lot_id.id not in living):
                unit._reopen(unit.move_id.id)

    @api.model
    def _close_returns(self, moves):
        """Close the units that customers gave back, and end their warranties that day.

        A serial closes its living unit; of a lot or an untracked product the units of the
        returned delivery close, oldest first. What stays of a unit keeps its number and
        warranties with the quantity left; the returned part becomes a closed unit.

        :param moves: done moves from customers
        :return: the units closed
        """
        units = self.sudo().browse()
        for company, company_moves in moves.sudo().grouped("company_id").items():
            units |= self._with_moves_env(company)._close_company_returns(company_moves.ids)
        return units

    def _close_company_returns(self, move_ids):
        """Close returns to the current company; see :meth:`_close_returns`."""
        moves = self.env["stock.move"].browse(move_ids)
        taken = self._take_quantities(self._get_returned(moves))
        units_by_move = defaultdict(self.browse)
        for (move_id, __), units in taken.items():
            units_by_move[move_id] |= units
        closing = defaultdict(self.browse)
        for move in moves:
            units = units_by_move[move.id]
            units.return_move_id = move
            state = "scrapped" if move.scrap_id else "returned"
            closing[state, move._get_aftersales_day()] |= units
        for (state, day), units in closing.items():
            units._close(state, day)
        return self.browse().union(*closing.values())

    def _get_returned(self, moves):
        """Return ``{(move id, lot id): (units, quantity)}``: what the moves take back of which
        units. A serial or delivery that is not this customer's gives no units.
        """
        by_delivery = self._get_by_move("move_id", moves.origin_returned_move_id, "active")
        serial_moves = moves.filtered(lambda move: move.product_id.tracking == "serial")
        living = self._get_living_serials(serial_moves.move_line_ids.lot_id.ids)
        returned = {}
        for move in moves:
            origin = move.origin_returned_move_id
            customer = move._get_aftersales_customer().commercial_partner_id
            for lot, quantity in move._get_aftersales_quantities().items():
                if lot and move.product_id.tracking == "serial":
                    units = living.get(lot.id, self.browse())
                    if units.move_id != origin and units._is_delivered_after(move):
                        # Sold again since: a return of before does not end that.
                        units = self.browse()
                    if customer and units.commercial_partner_id != customer:
                        # Sold on by its owner, it still comes back with its own delivery.
                        units = units if origin and units.move_id == origin else self.browse()
                else:
                    units = by_delivery.get((origin.id, lot.id), self.browse())
                returned[move.id, lot.id] = (units, quantity)
        return returned

    def _is_delivered_after(self, move):
        """Return whether the unit reached its customer after ``move`` was done."""
        return bool(self.move_id) and self.move_id.date > move.date

    # === BUSINESS METHODS: TOOLS === #

    def _with_moves_env(self, company):
        """Return the model as used for moves of ``company``.

        The storekeeper has no after-sales rights. As superuser, because what is written
        comes only from moves that he was allowed to validate, nothing from a form; defaults
        meant for the transfer are left out for the same reason.
        """
        context = clean_context(self.env.context)
        context["active_test"] = False
        return self.with_env(self.env(context=context, su=True)).with_company(company)

    def _get_living_serials(self, lot_ids):
        """Return ``{lot id: unit}`` of the serials in use in the current company."""
        units = self.search_fetch(
            [
                ("company_id", "=", self.env.company.id),
                ("lot_id", "in", list(lot_ids)),
                ("product_tracking", "=", "serial"),
                ("state", "=", "active"),
            ],
        )
        return {unit.lot_id.id: unit for unit in units}

    def _get_by_move(self, field, moves, state):
        """Return ``{(move id, lot id): units}`` of the units in ``state`` whose ``field`` is one
        of ``moves``, oldest first.
        """
        units = self.search(
            [(field, "in", moves.ids), ("state", "=", state)], order="date_start, id"
        )
        return units.grouped(lambda unit: (unit[field].id, unit.lot_id.id))

    def _take_quantities(self, demands):
        """Make units that hold exactly what is demanded.

        A unit wanted whole is taken itself. A part becomes a unit of its own, with the same
        dates and warranties, and the unit it comes from keeps the rest.

        :param dict demands: ``{key: (units, quantity)}``
        :return: ``{key: units}``, less than demanded where the units hold less
        """
        taken, parts, left = self._split_demands(demands)
        new_units = self.create([unit._prepare_part_vals(share) for __, unit, share in parts])
        for (key, __, __), part in zip(parts, new_units, strict=True):
            taken[key] |= part
        for unit in dict.fromkeys(unit for __, unit, __ in parts):
            if left[unit]:
                unit._keep_quantity(left[unit])
        return taken

    @api.model
    def _split_demands(self, demands):
        """Take whole what is demanded whole, and say what of the others becomes a part.

        :param dict demands: ``{key: (units, quantity)}``
        :return: ``{key: units taken whole}``, ``[(key, unit, quantity of the part)]`` and
            ``{unit: quantity that stays}``
        """
        taken = defaultdict(self.browse)
        left = {}
        parts = []
        for key, (units, quantity) in demands.items():
            for unit in units:
                uom = unit.product_id.uom_id
                available = left.get(unit, unit.quantity)
                share = min(quantity, available)
                if uom.compare(share, 0) <= 0:
                    continue
                quantity -= share
                left[unit] = available - share
                if uom.is_zero(left[unit]):
                    taken[key] |= unit
                    unit._keep_quantity(share)
                    left[unit] = 0
                else:
                    parts.append((key, unit, share))
        return taken, parts, left

    def _prepare_part_vals(self, quantity):
        """A part came by the same delivery."""
        return super()._prepare_part_vals(quantity) | {
            "move_id": self.move_id.id,
            "sale_line_id": self.sale_line_id.id,
            "return_move_id": self.return_move_id.id,
        }

    @api.model
    def _get_merge_fields(self):
        """A return finds the pieces of its own delivery: those of two stay apart."""
        return [*super()._get_merge_fields(), "move_id", "sale_line_id"]
