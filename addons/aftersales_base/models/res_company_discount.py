from odoo import api, fields, models
from odoo.tools import float_compare, float_repr

# Who may give discounts: group, and the field of his limit; from least to most.
ROLES = (
    ("aftersales_base.group_aftersales_technician", "aftersales_discount_technician"),
    ("aftersales_base.group_aftersales_agent", "aftersales_discount_agent"),
    ("aftersales_base.group_aftersales_manager", "aftersales_discount_manager"),
    ("aftersales_base.group_aftersales_settlement", "aftersales_discount_settlement"),
)


class ResCompany(models.Model):
    """How much of a price each role may give away (SA11). A branch that sets no limit for a role
    has that of its parent."""

    _inherit = "res.company"

    aftersales_discount_technician = fields.Float(
        string="Technicians", digits="Discount", default=100, help="Percent; 100: no limit."
    )
    aftersales_discount_agent = fields.Float(
        string="Agents", digits="Discount", default=100, help="Percent; 100: no limit."
    )
    aftersales_discount_manager = fields.Float(
        string="Managers", digits="Discount", default=100, help="Percent; 100: no limit."
    )
    aftersales_discount_settlement = fields.Float(
        string="Who Settles", digits="Discount", default=100, help="Percent; 100: no limit."
    )
    aftersales_discount_reason = fields.Boolean(
        string="Discounts Need a Reason", help="Nobody lowers a price without saying why."
    )
    aftersales_rounding_id = fields.Many2one(
        comodel_name="account.cash.rounding",
        string="Round Settlements",
        help="How the total of a customer's settlement is rounded. Empty: not at all.",
    )

    _aftersales_discount_range = models.Constraint(
        "CHECK(aftersales_discount_technician BETWEEN 0 AND 100"
        " AND aftersales_discount_agent BETWEEN 0 AND 100"
        " AND aftersales_discount_manager BETWEEN 0 AND 100"
        " AND aftersales_discount_settlement BETWEEN 0 AND 100)",
        "Limits of discounts lie between 0 and 100 percent.",
    )

    def _get_aftersales_discount_limit(self):
        """Return how many percent the user may give: the most any of his roles may."""
        self.ensure_one()
        user, setting = self.env.user, self._get_aftersales_setting
        return max((setting(fname) for group, fname in ROLES if user.has_group(group)), default=0.0)

    @api.model
    def _get_aftersales_silent(self):
        return super()._get_aftersales_silent() | {fname: 100.0 for __, fname in ROLES}

    def _exceeds_aftersales_limit(self, percent, limit):
        """Return whether a discount is more than the limit: whoever may give everything may also
        owe the customer something."""
        limited = float_compare(limit, 100.0, precision_digits=2) < 0
        return limited and float_compare(percent, limit, precision_digits=2) > 0

    def _get_aftersales_discount_message(self, record, percent, limit):
        """Return the sentence that refuses a discount, and says who may give it."""
        self.ensure_one()
        values = {
            "record": record.display_name,
            "percent": float_repr(percent, 2),
            "limit": f"{limit:g}",
            "who": ", ".join(self._get_aftersales_discount_givers(percent)),
        }
        if not values["who"]:
            return self.env._(
                "%(record)s: %(percent)s %% less than by the list. You may give %(limit)s %%, and "
                "nobody may give that much.",
                **values,
            )
        return self.env._(
            "%(record)s: %(percent)s %% less than by the list. You may give %(limit)s %%. Who may: "
            "%(who)s.",
            **values,
        )

    def _get_aftersales_discount_givers(self, percent):
        """Return the names of the roles that may give so much, with their limits."""
        names = {
            "aftersales_discount_technician": self.env._("technicians"),
            "aftersales_discount_agent": self.env._("agents"),
            "aftersales_discount_manager": self.env._("managers"),
            "aftersales_discount_settlement": self.env._("who settles"),
        }
        limits = {fname: self._get_aftersales_setting(fname) for __, fname in ROLES}
        return [
            self.env._("%(role)s (up to %(limit)s %%)", role=names[fname], limit=f"{limit:g}")
            for fname, limit in limits.items()
            if limit >= percent
        ]
