from odoo import fields, models


class AftersalesCustomerLevel(models.Model):
    """What we do for a class of customers beyond what was promised (WA18)."""

    _name = "aftersales.customer.level"
    _description = "Service Level of a Customer"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    covered_percent = fields.Float(
        string="We Bear (%)",
        help="Share of a charge, 0 to 100, that we bear when no other promise answers.",
    )

    _covered_percent_range = models.Constraint(
        "CHECK(covered_percent BETWEEN 0 AND 100)", "The share we bear lies between 0 and 100."
    )
