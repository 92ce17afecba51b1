from odoo import fields, models


class RepairOrder(models.Model):
    """The intake a work order came from, with what else the customer brought (IN7)."""

    _inherit = "repair.order"

    intake_line_ids = fields.One2many(
        comodel_name="aftersales.intake.line", inverse_name="repair_id", readonly=True
    )
    intake_id = fields.Many2one(
        comodel_name="aftersales.intake",
        compute="_compute_intake_id",
        search="_search_intake_id",
        compute_sudo=True,
        help="What the customer brought together with this unit.",
    )

    def _compute_intake_id(self):
        for repair in self:
            repair.intake_id = repair.intake_line_ids.intake_id[:1]

    def _search_intake_id(self, operator, value):
        return [("intake_line_ids.intake_id", operator, value)]
