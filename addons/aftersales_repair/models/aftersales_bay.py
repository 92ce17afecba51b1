from odoo import fields, models


class AftersalesBay(models.Model):
    """A place in the workshop where work is done: a bay, a lift, a bench (WS13)."""

    _name = "aftersales.bay"
    _description = "Bay or Bench"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(string="Bay", required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    warehouse_id = fields.Many2one(
        comodel_name="stock.warehouse",
        check_company=True,
        index="btree_not_null",
        help="The workshop it stands in.",
    )
    team_id = fields.Many2one(
        comodel_name="aftersales.team",
        check_company=True,
        index="btree_not_null",
        help="Who works there. Empty: everybody.",
    )
    capacity = fields.Integer(
        default=1, required=True, help="So many units stand there at the same time."
    )
    color = fields.Integer()
    note = fields.Char(string="Equipment", help="e.g. lift up to 3 t, vacuum pump")

    _capacity_positive = models.Constraint(
        "CHECK(capacity > 0)", "At least one unit stands in a bay."
    )
