from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesSettlement(models.Model):
    """The total rounded otherwise than the company rounds: up to a limit (SA11).

    What the charges, the lines and the rounding give away counts together, from the list price on.
    It is looked at when somebody gives something, and in the end, by the limit of whoever confirms
    or of whoever gave it, when his is greater.
    """

    _inherit = "aftersales.settlement"

    discount_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Reduced By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who reduced a line or chose the rounding; of several who may give the most.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        settlements = super().create(vals_list)
        if any(vals.get("cash_rounding_id") for vals in vals_list):
            settlements._check_rounding()
        return settlements

    # === BUSINESS METHODS === #

    def _follow_change(self, vals):
        super()._follow_change(vals)
        if vals.get("cash_rounding_id"):
            self._check_rounding()

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"discount_user_id"}

    def _check_rounding(self):
        """Raise when rounding as chosen gives away more than the user may, with all that was given
        before.

        :raises UserError: saying who may
        """
        if self.env.su:
            return
        for settlement in self:
            limit = settlement.company_id._get_aftersales_discount_limit()
            if message := settlement._get_rounding_message(limit):
                raise UserError(message)
        self.filtered(lambda settlement: settlement._is_rounded_down())._note_giver()

    def _is_rounded_down(self):
        """Return whether somebody chose a rounding that gives something away."""
        self.ensure_one()
        chosen = self.cash_rounding_id and self.cash_rounding_id != self._get_usual_rounding()
        return chosen and self.currency_id.compare_amounts(self.amount_rounding, 0) < 0

    def _get_rounding_message(self, limit):
        """Return why the total cannot be rounded so by whoever may give ``limit`` percent, or an
        empty text."""
        self.ensure_one()
        full = self.amount_total - self.amount_rounding
        if not self._is_rounded_down() or not full:
            return ""
        lines = self.line_ids
        listed = sum(line._get_listed_amount() for line in lines)
        asked = sum(lines.mapped("amount_accepted")) * self.amount_total / full
        least = sum(line._get_least_amount(limit) for line in lines)
        percent = 100 * (listed - asked) / abs(listed) if listed else 100.0
        too_little = self.currency_id.compare_amounts(asked, least - self.currency_id.rounding) < 0
        if not too_little or limit >= 100:
            return ""
        return self.company_id._get_aftersales_discount_message(self, percent, limit)

    def _note_giver(self):
        """Keep who gives, unless somebody gave who may give more."""
        for settlement in self:
            limit = settlement.company_id._get_aftersales_discount_limit()
            if settlement._get_giver_limit() < limit:
                # sudo: who gave it is for the rules to write.
                settlement.sudo().discount_user_id = self.env.user

    def _get_giver_limit(self):
        """Return how many percent he who gave may give; less than nothing where nobody gave."""
        self.ensure_one()
        giver = self.discount_user_id
        return self.company_id.with_user(giver)._get_aftersales_discount_limit() if giver else -1

    def _get_given_message(self):
        """Return why so much cannot be given away in all, or an empty text."""
        self.ensure_one()
        if self.env.su:
            return ""
        limit = max(self.company_id._get_aftersales_discount_limit(), self._get_giver_limit())
        return self.line_ids._get_accepted_message(limit) or self._get_rounding_message(limit)

    def _transition_error_message(self, target):
        if target == "confirmed" and (message := self._get_given_message()):
            return message
        return super()._transition_error_message(target)
