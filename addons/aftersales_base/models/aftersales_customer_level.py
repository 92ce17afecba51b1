from odoo import api, fields, models, tools


class AftersalesCustomerLevel(models.Model):
    """What we do for a class of customers beyond what was promised (WA18)."""

    _name = "aftersales.customer.level"
    _description = "Service Level of a Customer"
    _inherit = ["aftersales.standing.mixin"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    covered_percent = fields.Float(
        string="We Bear (%)",
        help="Share of a charge, 0 to 100, that we bear when no other promise answers.",
    )

    discount_percent = fields.Float(
        string="Off the Price (%)",
        digits="Discount",
        help="How much less than by the list its customers pay, 0 to 100.",
    )

    _discount_percent_range = models.Constraint(
        "CHECK(discount_percent BETWEEN 0 AND 100)", "A discount lies between 0 and 100 percent."
    )
    _covered_percent_range = models.Constraint(
        "CHECK(covered_percent BETWEEN 0 AND 100)", "The share we bear lies between 0 and 100."
    )

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _get_discounts(self):
        """Return ``{level id: (company id, percent)}`` of the levels with a standing discount."""
        # sudo: what a customer is granted does not depend on who asks.
        levels_sudo = self.sudo().search([("discount_percent", ">", 0)])
        return {level.id: (level.company_id.id, level.discount_percent) for level in levels_sudo}
