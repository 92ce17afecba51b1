from odoo import api, fields, models, tools


class AftersalesCoverageRule(models.Model):
    """The order in which promises are asked who pays, company by company (WA8).

    Without records the order is the one of :meth:`aftersales.coverage._get_rules`.
    """

    _name = "aftersales.coverage.rule"
    _description = "Order of Coverage"
    _inherit = ["aftersales.standing.mixin"]
    _order = "company_id, sequence, id"
    _rec_name = "code"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    sequence = fields.Integer(default=10)
    code = fields.Selection(selection="_selection_code", string="Promise", required=True)

    _code_uniq = models.Constraint(
        "unique(company_id, code)", "This promise has its place in the order already."
    )

    @api.model
    def _selection_code(self):
        return self.env["aftersales.coverage"]._get_orderable_rules()

    @api.model
    @tools.ormcache("company_id")
    def _get_order(self, company_id):
        """Return the codes in the order a company chose."""
        # The order is no secret of the managers who set it.
        return tuple(self.sudo().search([("company_id", "=", company_id)]).mapped("code"))
