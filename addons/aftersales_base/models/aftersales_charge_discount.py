from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare, float_repr

GIVING = {"discount", "price_unit"}
# What the list price is about: the same price may be a discount then.
LISTED_BY = {"kind", "product_id", "quantity"}
DIGITS = 2


class AftersalesCharge(models.Model):
    """Discounts that somebody gave: up to his role's limit, on record with who and why (SA11).

    A price typed below the list is a discount as much as a percentage is; what a customer's level
    takes off is in the list. Modules in superuser mode are not people, and have no limit.
    """

    _inherit = "aftersales.charge"

    discount_reason = fields.Char(
        string="Why the Discount", copy=False, help="Told in the list of discounts."
    )
    discount_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Discount By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who gave the discount last.",
    )
    discount_amount = fields.Monetary(
        string="Given Away",
        compute="_compute_discount_amount",
        store=True,
        precompute=True,
        help="What the charge would cost by the list, less what it costs.",
    )

    # === COMPUTE METHODS === #

    @api.depends("amount", "discount", "price_facts")
    def _compute_discount_amount(self):
        for charge in self:
            charge.discount_amount = charge._get_given_amount()

    # === CRUD METHODS === #

    def _add_missing_default_values(self, values):
        """Take no price and no discount from a default of the context or of the user's settings:
        they would pass the limit unseen."""
        vals = super()._add_missing_default_values(values)
        if self.env.su:
            return vals
        return {
            fname: value for fname, value in vals.items() if fname not in GIVING or fname in values
        }

    @api.model_create_multi
    def create(self, vals_list):
        charges = super().create(vals_list)
        if any(GIVING & vals.keys() for vals in vals_list):
            given = zip(charges, vals_list, strict=True)
            charges.browse(charge.id for charge, vals in given if GIVING & vals.keys())._give()
        if any("kind" in vals for vals in vals_list):
            charges._check_agreed_kind()
        return charges

    def write(self, vals):
        if not LISTED_BY & vals.keys():
            return super().write(vals)
        given = self._get_given_percents()
        kinds = self._get_agreed_kinds()
        agreed = self.filtered(lambda charge: charge.kind in kinds)
        values, step = self._split_step(vals)
        result = super().write(values)
        left = agreed.filtered(lambda charge: charge.kind not in kinds)
        left._note_typed_prices()
        # What was typed with it was judged already.
        (left if GIVING & vals.keys() else self)._give_more_than(given)
        return self.write(step) if step else result

    # === BUSINESS METHODS === #

    def _follow_change(self, vals):
        super()._follow_change(vals)
        if GIVING & vals.keys():
            self._give()
        elif "discount_reason" in vals:
            self.filtered(lambda charge: charge._is_discounted())._check_discount_reason()
        if {"kind", "product_id", "price_unit"} & vals.keys():
            self._check_agreed_kind()

    def _check_agreed_kind(self):
        """Raise when something from the list is charged as if it was agreed, past its price.

        :raises ValidationError: naming the product and its kind
        """
        if self.env.su:
            return
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for charge in self.filtered(lambda charge: charge._escapes_list()):
            raise ValidationError(
                self.env._(
                    "%(product)s has a list price. Charge it as %(kind)s.",
                    product=charge.product_id.display_name,
                    kind=kinds[charge.product_id.aftersales_charge_kind],
                )
            )

    def _escapes_list(self):
        """Return whether it charges something from the list as if it was agreed.

        Compensations need no such rule: a manager confirms each.
        """
        self.ensure_one()
        agreed = self._get_agreed_kinds()
        listed = self.product_id.aftersales_charge_kind
        free = self.kind in agreed and self.kind != "compensation"
        return free and bool(listed) and listed not in agreed

    def _get_full_price(self):
        """Return the price of one by the list, or the price itself where no list knows it."""
        self.ensure_one()
        listed = (self.price_facts or {}).get("listed")
        return float(listed) if listed and float(listed) else self.price_unit

    def _get_given_amount(self):
        """Return what the charge would cost by the list, less what it costs."""
        self.ensure_one()
        if not self._is_discounted():
            return 0.0
        return self._get_full_price() * self._get_priced_quantity() - self.amount

    def _is_discounted(self):
        """Return whether the charge costs less than by the list; the order of money is not."""
        self.ensure_one()
        if self.kind in self._get_agreed_kinds():
            return False
        return float_compare(self._get_discount_percent(), 0.0, precision_digits=DIGITS) > 0

    def _get_discount_percent(self):
        """Return how much less it costs than by the list, in percent; below zero: more."""
        self.ensure_one()
        full = self._get_full_price()
        if not full:
            return self.discount
        return 100 * (1 - self.price_unit * (1 - self.discount / 100) / full)

    def _give(self):
        """Check the limit of whoever gave a discount, and keep who it was.

        :raises UserError: when it is more than he may give, saying who may
        :raises ValidationError: when the company wants a reason and there is none
        """
        if self.env.su:
            return
        given = self.filtered(lambda charge: charge._is_discounted())
        for company, charges in given.grouped("company_id").items():
            limit = company._get_aftersales_discount_limit()
            for charge in charges:
                charge._check_discount(limit)
        # sudo: who gave it is for the rules to write.
        (self - given).sudo().filtered("discount_user_id").write({"discount_user_id": False})
        given.sudo().write({"discount_user_id": self.env.uid})
        given._log_discount()

    def _get_given_percents(self):
        """Return ``{charge: percent}`` of what is given away; of what is agreed, nothing is."""
        return {
            charge: charge._is_discounted() and charge._get_discount_percent() for charge in self
        }

    def _give_more_than(self, given):
        """Let whoever made a discount greater, though he wrote neither price nor discount, be who
        gave it.

        :param dict given: percents before
        """
        percents = self._get_given_percents()
        self.filtered(
            lambda charge: (
                float_compare(percents[charge], given[charge], precision_digits=DIGITS) > 0
            )
        )._give()

    def _check_discount(self, limit):
        """Raise when the discount is above ``limit`` percent, or lacks its reason."""
        self.ensure_one()
        percent = self._get_discount_percent()
        if self.company_id._exceeds_aftersales_limit(percent, limit):
            raise UserError(self.company_id._get_aftersales_discount_message(self, percent, limit))
        self._check_discount_reason()

    def _check_discount_reason(self):
        """Raise when a discount has no reason and its company wants one."""
        for charge in self:
            wanted = charge.company_id._get_aftersales_setting("aftersales_discount_reason")
            if wanted and not (charge.discount_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "%(charge)s costs less than by the list. Write beside it why the customer "
                        "gets the discount.",
                        charge=charge.display_name,
                    )
                )

    def _log_discount(self):
        """Say in the origin's thread who gave a discount, how much, and why."""
        for charge in self:
            if origin := charge._get_origin():
                origin.message_post(
                    body=self.env._(
                        "%(charge)s: discount of %(percent)s %%, %(amount)s. %(reason)s",
                        charge=charge.name,
                        percent=float_repr(charge._get_discount_percent(), DIGITS),
                        amount=charge.currency_id.format(charge.discount_amount),
                        reason=charge.discount_reason or "",
                    ),
                    subtype_xmlid="mail.mt_note",
                )

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"discount_user_id"}

    @api.model
    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"discount_reason"}
