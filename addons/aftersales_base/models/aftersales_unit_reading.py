from odoo import fields, models

from .aftersales_warranty_term import USAGE_UNITS


class AftersalesUnitReading(models.Model):
    """What a counter of the unit showed on a day: hours, kilometres, cycles."""

    _name = "aftersales.unit.reading"
    _description = "Usage Reading"
    _order = "unit_id, date desc, id desc"
    _rec_name = "unit_id"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="unit_id.company_id", store=True, index=True)
    date = fields.Date(
        required=True, default=lambda self: self.env.company._get_aftersales_day(), index=True
    )
    value = fields.Float(required=True, aggregator="max")
    usage_unit = fields.Selection(selection=USAGE_UNITS, required=True, default="hour")
    user_id = fields.Many2one(
        comodel_name="res.users", string="Read By", default=lambda self: self.env.user
    )

    _value_not_negative = models.Constraint(
        "CHECK(value >= 0)", "A counter does not show less than zero."
    )
