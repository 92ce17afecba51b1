from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_complaint_days_minor = fields.Integer(
        related="company_id.aftersales_complaint_days_minor", readonly=False
    )
    aftersales_complaint_days_major = fields.Integer(
        related="company_id.aftersales_complaint_days_major", readonly=False
    )
    aftersales_complaint_days_critical = fields.Integer(
        related="company_id.aftersales_complaint_days_critical", readonly=False
    )
    aftersales_compensation_product_id = fields.Many2one(
        related="company_id.aftersales_compensation_product_id", readonly=False
    )
