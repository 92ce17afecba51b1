from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

ENTITLEMENTS = [("exchange", "Exchange"), ("refund", "Refund")]


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
        for unit in self:
            today = unit.company_id._get_aftersales_day()
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

    def _get_entitlement(self, repeats, day):
        """Return what the policy gives the customer when a fault comes back (WA4, WA5).

        :param int repeats: how often this fault was repaired already
        :param date day: day on which it was reported
        :return: ``exchange``, ``refund`` or ``False``
        """
        self.ensure_one()
        policy = self.policy_id
        limit = policy.exchange_after_repairs
        if not limit or repeats < limit or policy.repair_only or not day:
            return False
        if not any(warranty._covers_on(day) for warranty in self.warranty_ids):
            return False
        return "refund" if self.replaces_id else "exchange"

    def _get_repeats(self, request=None):
        """Return how often the fault of ``request`` was repaired on this unit and those it
        replaces; without a request the fault that came back most often counts.

        Modules that do the repairs say so; here nothing is repaired.
        """
        self.ensure_one()
        return 0

    def _replace_by(self, new_unit, day, reason=""):
        """Exchange this unit for ``new_unit``: it leaves, and its promise goes over (WA4).

        :param new_unit: the unit the customer has instead, in use and without history
        :param date day: the day of the exchange
        :param str reason: why, for the history of both
        :raises UserError: when the policy repairs only, or a unit is not in use
        :raises AccessError: when the user may not change both units
        """
        self.ensure_one()
        (self | new_unit).check_access("write")
        message = self._exchange_error_message(day) or self._replacement_error_message(new_unit)
        if message:
            raise UserError(message)
        self._pass_promise_on(new_unit, day, reason)

    def _pass_promise_on(self, new_unit, day, reason=""):
        """Do the exchange: the promise of this unit, in use or come back, goes over."""
        self.ensure_one()
        # The exchange moves promises between units; its right is checked on the units.
        old_sudo, new_sudo = self.sudo(), new_unit.sudo()
        # What ended when it came back goes over all the same.
        if old_sudo.state == "returned":
            old_sudo.warranty_ids._reopen_returned()
        inherited = old_sudo._prepare_replacement_warranty_vals_list(new_sudo, day)
        old_sudo.warranty_ids._close(day, "replaced")
        old_sudo.write({"state": "replaced"})
        new_sudo.write(old_sudo._prepare_exchange_vals(new_sudo))
        new_sudo.warranty_ids.filtered(lambda warranty: warranty.origin == "sale").unlink()
        self.env["aftersales.warranty"].sudo().create(inherited)
        self._log_exchange(self.env._("Exchanged for %s.", new_unit._get_html_link()), reason)
        new_unit._log_exchange(
            self.env._("Given in exchange for %s.", self._get_html_link()), reason
        )

    def _prepare_exchange_vals(self, new_unit):
        """Return what the replacement takes over from this unit: whose it is, and on what terms."""
        self.ensure_one()
        vals = {
            fname: self[fname].id
            for fname in ("partner_id", "place_id", "user_partner_id", "dealer_id", "policy_id")
        }
        vals |= {
            fname: new_unit[fname] or self[fname]
            for fname in (
                "price_paid",
                "date_purchase",
                "date_handover",
                "date_invoice",
                "proof_checked",
                "proof_of_purchase",
                "proof_filename",
            )
        }
        if not new_unit.price_paid:
            vals["currency_id"] = self.currency_id.id
        return {**vals, "replaces_id": self.id}

    def _refund(self, day, reason="", request=None):
        """Take the unit back for money: it leaves, and a draft charge owes the refund (WA5).

        :param date day: the day on which it comes back
        :param request: the request that asked for it, if there is one
        :return: the charge
        :raises UserError: when the policy repairs only, nothing is left to refund, or the unit
            is not in use
        """
        self.ensure_one()
        self.check_access("write")
        amount = self.quantity * self._get_refund_amount(day)
        if message := self._refund_error_message(amount):
            raise UserError(message)
        charge = self.env["aftersales.charge"].create(
            self._prepare_refund_vals(amount, day, request)
        )
        # The step is a manager's by hand; here it follows from the refund.
        self.sudo()._close("returned", day)
        self._log_exchange(
            self.env._(
                "Refunded with %(amount)s: %(charge)s.",
                amount=self.currency_id.format(amount),
                charge=charge._get_html_link(),
            ),
            reason,
        )
        return charge

    def _refund_error_message(self, amount):
        """Return why the unit is not refunded, or an empty text."""
        self.ensure_one()
        if self.state != "active":
            return self.env._(
                "%(unit)s is not in use and cannot be refunded.", unit=self.display_name
            )
        if self.policy_id.repair_only:
            return self.env._(
                "%(unit)s was sold under %(policy)s: it is repaired, not refunded.",
                unit=self.display_name,
                policy=self.policy_id.display_name,
            )
        if not self.price_paid:
            return self.env._(
                "What was paid for %(unit)s is not known. Enter it on its page Purchase.",
                unit=self.display_name,
            )
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            return self.env._(
                "Nothing is left to refund for %(unit)s: its use took up the price.",
                unit=self.display_name,
            )
        return ""

    def _prepare_refund_vals(self, amount, day, request=None):
        """Return the values of the charge: we owe it, so its price is negative.

        The price paid holds the taxes of the product; the charge gets it as those want it.
        """
        self.ensure_one()
        taxes = self.product_id.taxes_id._filter_taxes_by_company(self.company_id)
        price = amount / self.quantity
        if taxes and not any(taxes.flatten_taxes_hierarchy().mapped("price_include")):
            details = taxes._get_tax_details(
                price, 1.0, self.currency_id.rounding, special_mode="total_included"
            )
            price = details["total_excluded"]
        return {
            "company_id": self.company_id.id,
            "kind": "compensation",
            "name": self.env._("Refund of %(unit)s", unit=self.display_name),
            "product_id": self.product_id.id,
            "unit_id": self.id,
            "partner_id": self.partner_id.id,
            "request_id": request.id if request else False,
            "quantity": self.quantity,
            "price_unit": -price,
            "currency_id": self.currency_id.id,
            "date_fault": day,
        }

    def _log_exchange(self, body, reason):
        """Say in the thread of the unit what it was exchanged for, and why."""
        self.ensure_one()
        if reason:
            body = Markup("%s<br/>%s") % (body, reason)
        self.message_post(body=body, subtype_xmlid="mail.mt_note")

    def _exchange_error_message(self, day):
        """Return why this unit is not exchanged on ``day``, or an empty text."""
        self.ensure_one()
        if self.state != "active":
            return self._get_out_of_use_message()
        if day < self.date_start:
            return self.env._(
                "%(unit)s is in service since %(day)s and cannot be exchanged before.",
                unit=self.display_name,
                day=format_date(self.env, self.date_start),
            )
        if self.policy_id.repair_only:
            return self.env._(
                "%(unit)s was sold under %(policy)s: it is repaired, not exchanged.",
                unit=self.display_name,
                policy=self.policy_id.display_name,
            )
        return ""

    def _replacement_error_message(self, new_unit):
        """Return why ``new_unit`` cannot be given for this one, or an empty text."""
        self.ensure_one()
        if self == new_unit:
            return self.env._("A unit cannot be exchanged for itself.")
        if new_unit.state != "active":
            return new_unit._get_out_of_use_message()
        ours = self.commercial_partner_id | self.company_id.partner_id
        if new_unit.commercial_partner_id not in ours and not new_unit.is_at_dealer:
            return self.env._(
                "%(unit)s belongs to %(owner)s and cannot be given to somebody else.",
                unit=new_unit.display_name,
                owner=new_unit.partner_id.display_name,
            )
        return ""

    def _get_out_of_use_message(self):
        return self.env._("%(unit)s is not in use and cannot be exchanged.", unit=self.display_name)

    def _prepare_replacement_warranty_vals_list(self, new_unit, day):
        """Return the values of the warranties the replacement gets.

        Starts anew: those of the policy from the day of the exchange. Keeps the rest: the
        running ones to their old end, at least the policy's minimum from now. What the customer
        bought beside keeps its days either way.
        """
        self.ensure_one()
        policy = self.policy_id
        bought = self.warranty_ids.filtered(lambda warranty: warranty.origin == "extension")
        kept = [
            warranty._prepare_kept_vals(new_unit)
            for warranty in bought
            if warranty._is_to_come(day)
        ]
        if policy.replacement_mode == "restart":
            anew = [
                {
                    **term._prepare_warranty_vals(new_unit, origin="replacement"),
                    "start_basis": "fixed",
                    "date_start": day,
                }
                for term in policy.term_ids
            ]
            running = bought.filtered(lambda warranty: warranty._covers_on(day))
            return (
                anew + [warranty._prepare_rest_vals(new_unit, day) for warranty in running] + kept
            )
        minimum = 0
        if policy.replacement_mode == "rest_minimum":
            minimum = policy.replacement_minimum_days
        running = self.warranty_ids.filtered(lambda warranty: warranty._covers_on(day))
        return [
            warranty._prepare_rest_vals(new_unit, day, minimum_days=minimum) for warranty in running
        ] + kept
