from collections import Counter
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.aftersales_base.tools.periods import get_last_day


class AftersalesPastDeliveryMixin(models.AbstractModel):
    """Which past deliveries are registered: what the wizard previews, the job does."""

    _name = "aftersales.past.delivery.mixin"
    _description = "Choice of Past Deliveries"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        required=True,
        default=lambda self: fields.Date.add(self.env.company._get_aftersales_day(), years=-3),
    )
    date_to = fields.Date(
        required=True, default=lambda self: self.env.company._get_aftersales_day()
    )
    product_ids = fields.Many2many(
        comodel_name="product.product",
        string="Products",
        domain="[('type', '=', 'consu')]",
        help="Empty: every product with a warranty policy.",
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")

    # === BUSINESS METHODS: WHICH DELIVERIES === #

    def _get_move_domain(self):
        """Return the domain of deliveries that are asked for."""
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "done")
            & Domain("location_dest_id.usage", "=", "customer")
            & Domain("date", ">=", self._get_moment(self.date_from))
            & Domain("date", "<", self._get_moment(self.date_to + timedelta(days=1)))
        )
        if self.product_ids:
            domain &= Domain("product_id", "in", self.product_ids.ids)
        if self.partner_id:
            domain &= Domain("picking_id.partner_id", "child_of", self.partner_id.id)
        return domain

    def _get_moment(self, day):
        """Return the first moment of ``day`` where the company is."""
        return self.company_id._get_aftersales_first_moment(day)

    def _get_next_moves(self, after_date, after_id, limit):
        """Return the deliveries that follow a position, oldest first, so that a resale comes last.

        What lies before the position is not read again: each batch costs the same.

        :param datetime after_date: date of the last delivery looked at, ``False`` at the start
        :param int after_id: id of that delivery
        """
        domain = self._get_move_domain()
        if after_date:
            domain &= Domain("date", ">", after_date) | (
                Domain("date", "=", after_date) & Domain("id", ">", after_id)
            )
        # A manager of after-sales need not be a storekeeper to see what was delivered.
        return self.env["stock.move"].sudo().search(domain, order="date, id", limit=limit)

    # === BUSINESS METHODS: WHAT BECOMES OF THEM === #

    def _sort_out(self, moves_sudo):
        """Say of each delivery whether it is registered, or why not.

        :return: ``{move: (reason, lots)}``; the reason is empty for what is registered, one unit
            for each of the lots (the empty lot stands for goods without one)
        """
        units = self.env["aftersales.unit"]._with_moves_env(self.company_id)
        registered = set(units.search([("move_id", "in", moves_sudo.ids)]).move_id.ids)
        policies = self._get_policies(moves_sudo)
        serials = moves_sudo.filtered(lambda move: move.product_id.tracking == "serial")
        living = units._get_living_serials(serials.move_line_ids.lot_id.ids)
        result = {}
        for move in moves_sudo:
            if move.id in registered:
                result[move] = ("registered", [])
            elif not policies[move]:
                result[move] = ("no_policy", [])
            else:
                result[move] = self._sort_out_one(move, living)
        return result

    def _sort_out_one(self, move, living):
        """Return ``(reason, lots)`` of a delivery with a policy; see :meth:`_sort_out`.

        :param dict living: ``{lot id: unit}`` of the serials in use
        """
        customer = move._get_aftersales_customer().commercial_partner_id
        lots = list(move._get_aftersales_quantities())
        if not move._is_aftersales_delivery() or customer in (
            customer.browse(),
            move.company_id.partner_id,
        ):
            return "no_customer", []
        if not lots:
            # All of it was the customer's before, or somebody else's.
            return "no_customer", []
        if move._is_taken_back():
            return "returned", []
        day = move._get_aftersales_day()
        lots = [
            lot
            for lot in lots
            if not (unit := living.get(lot.id))
            or (unit.commercial_partner_id.id != customer.id and unit.date_start <= day)
        ]
        return ("", lots) if lots else ("registered", [])

    def _get_policies(self, moves_sudo):
        """Return ``{move: policy}``: what was sold with it, else what its product promises now."""
        policies = moves_sudo.product_id._get_aftersales_policies(self.company_id)
        return {
            move: move.sale_line_id.aftersales_policy_id or policies[move.product_id]
            for move in moves_sudo
        }

    def _count_warranties(self, policy, day, today):
        """Count the warranties that a delivery on ``day`` gives by what they are ``today``.

        :return: ``Counter`` of ``running``, ``over`` and ``pending``
        """
        counts = Counter()
        start = policy._get_start_on_delivery(day)
        for term in policy.term_ids:
            last_day = start and get_last_day(start, term.duration, term.duration_unit)
            if last_day and last_day < today:
                counts["over"] += 1
            elif (start and start <= today) or policy.cover_before_start:
                counts["running"] += 1
            else:
                counts["pending"] += 1
        return counts
