from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesUnit(models.Model):
    """Exchange and refund of a unit (WA4, WA5, RX4)."""

    _inherit = "aftersales.unit"

    replaces_id = fields.Many2one(
        comodel_name="aftersales.unit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The unit the customer gave for this one.",
    )
    replaced_by_ids = fields.One2many(comodel_name="aftersales.unit", inverse_name="replaces_id")
    refund_amount = fields.Monetary(
        compute="_compute_refund_amount",
        groups="base.group_user",
        help="What a refund of one would be today: the price less depreciation.",
    )

    # === COMPUTE METHODS === #

    @api.depends("price_paid", "date_start", "policy_id", "product_id")
    def _compute_refund_amount(self):
        today = fields.Date.context_today(self)
        for unit in self:
            unit.refund_amount = unit._get_refund_amount(today)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"replaces_id"}

    def _get_refund_amount(self, day):
        """Return what a refund of one unit on ``day`` comes to (RX4).

        The price paid, or the lower of it and today's price if the policy says so, less the
        yearly depreciation; a started year counts whole.
        """
        self.ensure_one()
        price = self.price_paid
        if self.policy_id.refund_price_basis == "lower":
            price = min(price, self._get_current_price(day))
        years = self._get_started_years(day)
        left = max(0.0, 100 - years * self.policy_id.depreciation_percent)
        return self.currency_id.round(price * left / 100) if self.currency_id else 0.0

    def _get_started_years(self, day):
        """Return how many years of use have begun by ``day``; the first one begins at once."""
        self.ensure_one()
        if not self.date_start or day < self.date_start:
            return 0
        return relativedelta(day, self.date_start).years + 1

    def _get_current_price(self, day):
        """Return what the customer would pay for the product on ``day``, in its currency."""
        self.ensure_one()
        pricelist = self.partner_id.with_company(self.company_id).property_product_pricelist
        return pricelist._get_product_price(
            self.product_id, quantity=1.0, currency=self.currency_id, date=day
        )

    def _get_replaced_chain(self):
        """Return this unit and those it replaces, one after the other."""
        self.ensure_one()
        chain = unit = self
        while unit := unit.replaces_id - chain:
            chain |= unit
        return chain

    def _replace_by(self, new_unit, day):
        """Exchange this unit for ``new_unit``: it leaves, and its promise goes over (WA4).

        :param new_unit: the unit the customer has instead, in use and without history
        :param date day: the day of the exchange
        :raises UserError: when the policy repairs only, or a unit is not in use
        """
        self.ensure_one()
        self._check_exchange(new_unit)
        # The exchange moves promises between units; its right is checked on the units.
        old_sudo, new_sudo = self.sudo(), new_unit.sudo()
        inherited = old_sudo._prepare_replacement_warranty_vals_list(new_sudo, day)
        old_sudo._close("replaced", day)
        new_sudo.write(
            {
                "replaces_id": old_sudo.id,
                "partner_id": old_sudo.partner_id.id,
                "place_id": old_sudo.place_id.id,
                "price_paid": new_sudo.price_paid or old_sudo.price_paid,
            }
        )
        new_sudo.warranty_ids.filtered(lambda warranty: warranty.origin == "sale").unlink()
        self.env["aftersales.warranty"].sudo().create(inherited)
        self.message_post(
            body=self.env._("Exchanged for %s.", new_unit._get_html_link()),
            subtype_xmlid="mail.mt_note",
        )

    def _check_exchange(self, new_unit):
        for unit in self | new_unit:
            if unit.state != "active":
                raise UserError(
                    self.env._(
                        "%(unit)s is not in use and cannot be exchanged.", unit=unit.display_name
                    )
                )
        if self == new_unit:
            raise UserError(self.env._("A unit cannot be exchanged for itself."))
        if self.policy_id.repair_only:
            raise UserError(
                self.env._(
                    "%(unit)s was sold under %(policy)s: it is repaired, not exchanged.",
                    unit=self.display_name,
                    policy=self.policy_id.display_name,
                )
            )

    def _prepare_replacement_warranty_vals_list(self, new_unit, day):
        """Return the values of the warranties the replacement gets.

        Starts anew: those of the policy from the day of the exchange. Keeps the rest: the
        running ones to their old end, at least the policy's minimum from now.
        """
        self.ensure_one()
        policy = self.policy_id
        if policy.replacement_mode == "restart":
            return [
                {
                    **term._prepare_warranty_vals(new_unit, origin="replacement"),
                    "start_basis": "fixed",
                    "date_start": day,
                }
                for term in policy.term_ids
            ]
        minimum = 0
        if policy.replacement_mode == "rest_minimum":
            minimum = policy.replacement_minimum_days
        running = self.warranty_ids.filtered(lambda warranty: warranty._covers_on(day))
        return [
            warranty._prepare_rest_vals(new_unit, day, minimum_days=minimum) for warranty in running
        ]
