from datetime import timedelta

from odoo import api, fields, models


class AftersalesSolutionAnswer(models.Model):
    """What a customer says of a solution he tried himself before he asked for service (KN2).

    Customers have no rights here: their portal writes it for them, about a product of theirs.
    """

    _name = "aftersales.solution.answer"
    _description = "Self-Service Answer"
    _order = "create_date desc, id desc"
    _rec_name = "solution_id"

    solution_id = fields.Many2one(
        comodel_name="aftersales.solution",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    symptom_id = fields.Many2one(related="solution_id.symptom_id", store=True, index=True)
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    product_id = fields.Many2one(related="unit_id.product_id", store=True, index=True)
    company_id = fields.Many2one(related="unit_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Who tried it.",
    )
    helped = fields.Boolean(readonly=True)
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Asked for Service",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The request he sent when it did not help.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _note(self, solutions, unit, partner, *, helped, request=None):
        """Keep what ``partner`` says of solutions he tried on ``unit``.

        Saying it again within a day corrects what was said.

        :return: the answers
        """
        since = fields.Datetime.now() - timedelta(days=1)
        known = self.search(
            [
                ("solution_id", "in", solutions.ids),
                ("unit_id", "=", unit.id),
                ("partner_id", "=", partner.id),
                ("request_id", "=", False),
                ("create_date", ">", since),
            ]
        )
        vals = {"helped": helped, "request_id": request.id if request else False}
        known.write(vals)
        new = self.create(
            [
                {"solution_id": solution.id, "unit_id": unit.id, "partner_id": partner.id, **vals}
                for solution in solutions - known.solution_id
            ]
        )
        return known | new
