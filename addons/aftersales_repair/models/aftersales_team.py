from odoo import fields, models


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    appointment_capacity = fields.Integer(
        string="Appointments a Day",
        help="More than this many are warned of, and not offered to customers. 0: no limit.",
    )

    _appointment_capacity_not_negative = models.Constraint(
        "CHECK(appointment_capacity >= 0)", "The number of appointments a day is not below zero."
    )
