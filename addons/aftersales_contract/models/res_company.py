from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_maintenance_horizon = fields.Integer(
        string="Plan Ahead (Days)",
        default=90,
        help="Preventive visits are planned this many days ahead.",
    )
    aftersales_release_days = fields.Integer(
        string="Release Before (Days)",
        default=14,
        help="A planned visit becomes a request with a work order this many days before it is due.",
    )
