from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_maintenance_horizon = fields.Integer(
        related="company_id.aftersales_maintenance_horizon", readonly=False
    )
    aftersales_release_days = fields.Integer(
        related="company_id.aftersales_release_days", readonly=False
    )
