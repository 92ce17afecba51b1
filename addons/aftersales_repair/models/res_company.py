from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_pickup_days = fields.Integer(
        string="Remind of Pick-up (Days)",
        help="Customers are asked to pick up what is ready every so many days. 0: never.",
    )
    aftersales_storage_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Storage Fee",
        domain="[('type', '=', 'service')]",
        check_company=True,
        help="The price of one day. Empty: storage costs nothing.",
    )
    aftersales_storage_free_days = fields.Integer(
        string="Free Storage (Days)",
        default=14,
        help="So many days after the work is done storage costs nothing.",
    )
    aftersales_intake_notice = fields.Html(
        string="Notice on the Repair Slip",
        translate=True,
        help="Terms the customer reads and signs when he leaves his unit with us.",
    )

    _aftersales_storage_not_negative = models.Constraint(
        "CHECK(aftersales_pickup_days >= 0 AND aftersales_storage_free_days >= 0)",
        "Days are not below zero.",
    )
