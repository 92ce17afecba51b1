from odoo import fields, models


class AftersalesPauseReason(models.Model):
    """Why a record waits, and whether its clock stands still meanwhile (SL1)."""

    _name = "aftersales.pause.reason"
    _description = "Reason to Wait"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    stops_clock = fields.Boolean(
        string="Stops the Clock",
        default=True,
        help="The time spent waiting does not count against us.",
    )
    ends_on_reply = fields.Boolean(
        string="Ends When the Customer Answers",
        help="A message of the customer puts the record back to work.",
    )
