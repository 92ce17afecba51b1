from odoo import fields, models


class AftersalesServiceType(models.Model):
    """A kind of job (workshop, on site, first inspection) and what we give for it."""

    _name = "aftersales.service.type"
    _description = "Service Type"
    _inherit = ["analytic.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    team_id = fields.Many2one(
        comodel_name="aftersales.team",
        check_company=True,
        help="The team that gets requests of this type when nobody else is named.",
    )
    covered_percent = fields.Float(
        string="We Bear (%)",
        help="Share of a charge, 0 to 100, that we bear for this kind of job when neither a "
        "warranty nor another promise answers. 100 makes the job free.",
    )

    _covered_percent_range = models.Constraint(
        "CHECK(covered_percent BETWEEN 0 AND 100)", "The share we bear lies between 0 and 100."
    )
