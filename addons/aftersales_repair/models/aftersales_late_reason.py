from odoo import fields, models


class AftersalesLateReason(models.Model):
    """Why work ended after the day it was promised for (WS9)."""

    _name = "aftersales.late.reason"
    _description = "Reason of Late Work"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    needs_note = fields.Boolean(string="Ask for More", help="A few words are needed beside it.")
