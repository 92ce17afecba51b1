from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

BATCH = 500


class AftersalesUnitRegister(models.TransientModel):
    """Register what was delivered before a product had a policy.

    It can be run again and stopped half way: a delivery that is registered is left alone.
    """

    _name = "aftersales.unit.register"
    _description = "Register Past Deliveries"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        required=True, default=lambda self: fields.Date.add(fields.Date.today(), years=-3)
    )
    date_to = fields.Date(required=True, default=fields.Date.context_today)
    product_ids = fields.Many2many(
        comodel_name="product.product",
        string="Products",
        domain="[('type', '=', 'consu')]",
        help="Empty: every product with a warranty policy.",
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    move_count = fields.Integer(string="Deliveries Found", compute="_compute_move_count")

    @api.depends("company_id", "date_from", "date_to", "product_ids", "partner_id")
    def _compute_move_count(self):
        for wizard in self:
            wizard.move_count = len(wizard._get_moves())

    # === ACTION METHODS === #

    def action_register(self):
        """Register the deliveries found, in batches.

        :return: an action that shows the new units
        :raises UserError: when there is nothing to register
        """
        self.ensure_one()
        self.env["aftersales.unit"].check_access("create")
        moves_sudo = self._get_moves()
        if not moves_sudo:
            raise UserError(
                self.env._(
                    "No delivery of this period waits to be registered. See that the products have "
                    "a warranty policy."
                )
            )
        units = self.env["aftersales.unit"]
        for ids in split_every(BATCH, moves_sudo.ids):
            units |= units._register_deliveries(moves_sudo.browse(ids)).sudo(self.env.su)
        return units._get_records_action(name=self.env._("Registered Products"))

    # === BUSINESS METHODS === #

    def _get_moves(self):
        """Return the deliveries without a unit, oldest first, so that a resale comes last."""
        self.ensure_one()
        # A manager of after-sales need not be a storekeeper to see what was delivered.
        moves_sudo = self.env["stock.move"].sudo().search(self._get_move_domain(), order="date, id")
        registered = self.env["aftersales.unit"].sudo().search([("move_id", "in", moves_sudo.ids)])
        moves_sudo -= registered.move_id
        policies = moves_sudo.product_id._get_aftersales_policies(self.company_id)
        return moves_sudo.filtered(
            lambda move: move._is_aftersales_delivery() and policies.get(move.product_id)
        ).filtered(lambda move: not move._is_taken_back())

    def _get_move_domain(self):
        """Return the domain of deliveries the form asks for."""
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "done"),
            ("location_dest_id.usage", "=", "customer"),
            ("date", ">=", self._get_moment(self.date_from)),
            ("date", "<", self._get_moment(self.date_to + timedelta(days=1))),
        ]
        if self.product_ids:
            domain.append(("product_id", "in", self.product_ids.ids))
        if self.partner_id:
            domain.append(("picking_id.partner_id", "child_of", self.partner_id.id))
        return domain

    def _get_moment(self, day):
        """Return the first moment of ``day`` where the user is."""
        tz = pytz.timezone(self.env.user.tz or "UTC")
        return (
            tz.localize(datetime.combine(day, time.min)).astimezone(pytz.utc).replace(tzinfo=None)
        )
