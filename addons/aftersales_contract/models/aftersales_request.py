from odoo import fields, models


class AftersalesRequest(models.Model):
    _inherit = "aftersales.request"

    channel = fields.Selection(
        selection_add=[("plan", "Planned Maintenance")], ondelete={"plan": "set default"}
    )
