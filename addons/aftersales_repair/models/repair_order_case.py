from odoo import api, fields, models


class RepairOrder(models.Model):
    """Several units of one case: the work orders of a request know of each other."""

    _inherit = "repair.order"

    sibling_ids = fields.Many2many(
        comodel_name="repair.order",
        string="Other Work of the Same Request",
        compute="_compute_sibling_ids",
        help="As far as you may see it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("request_id")
    @api.depends_context("uid")
    def _compute_sibling_ids(self):
        orders = (
            self.search([("request_id", "in", self.request_id.ids)]) if self.request_id else self
        )
        by_request = orders.grouped("request_id")
        for repair in self:
            together = by_request.get(repair.request_id) if repair.request_id else None
            repair.sibling_ids = together - repair._origin if together else False
