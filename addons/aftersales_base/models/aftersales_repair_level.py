from odoo import fields, models


class AftersalesRepairLevel(models.Model):
    """How big a repair is, in the words of makers: they pay a flat amount for each (SA9)."""

    _name = "aftersales.repair.level"
    _description = "Repair Level"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    description = fields.Char(
        translate=True, help="What work of this level is, for who has to choose one."
    )
    active = fields.Boolean(default=True)
