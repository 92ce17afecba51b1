from odoo import api, fields, models
from odoo.tools import format_date


class AftersalesHourlyCost(models.Model):
    """What an hour of work costs the company from a day on: for everybody, or for one of us.

    Money of people: managers alone see and write it. What an order cost follows the cost of its
    day, so a rise changes no result of the past.
    """

    _name = "aftersales.hourly.cost"
    _description = "Hourly Cost"
    _order = "company_id, user_id nulls first, date_from desc, id desc"
    _rec_name = "user_id"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Technician",
        index="btree_not_null",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Empty: everybody who has no cost of his own on that day.",
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self.env.company._get_aftersales_day()
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    cost = fields.Monetary(string="Cost per Hour", required=True, aggregator="avg")

    _user_uniq = models.UniqueIndex(
        "(company_id, COALESCE(user_id, 0), date_from)",
        "There is an hourly cost from this day on already.",
    )
    _cost_positive = models.Constraint("CHECK(cost >= 0)", "An hour costs nothing or more.")

    # === COMPUTE METHODS === #

    @api.depends("user_id.name", "date_from")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for cost in self:
            who = cost.user_id.name or self.env._("Everybody")
            cost.display_name = f"{who} · {format_date(self.env, cost.date_from)}"
