from odoo import fields, models


class AftersalesSlaPolicy(models.Model):
    """How bad a complaint has to be for a policy to hold (SL1)."""

    _inherit = "aftersales.sla.policy"

    severity = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.complaint"]._fields["severity"]._description_selection(self.env)
        ),
        help="Of the complaint. Empty: every severity.",
    )
