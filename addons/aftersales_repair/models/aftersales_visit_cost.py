from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesVisit(models.Model):
    """What a trip cost: the hotel, the ferry, the parking (FS8)."""

    _inherit = "aftersales.visit"

    cost_ids = fields.One2many(
        comodel_name="aftersales.cost", inverse_name="visit_id", string="Service Costs"
    )
    cost_count = fields.Integer(compute="_compute_cost_count", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends("cost_ids.state")
    def _compute_cost_count(self):
        for visit in self:
            living = visit.cost_ids.filtered(lambda cost: cost.state != "cancelled")
            visit.cost_count = len(living)

    # === CONSTRAINT METHODS === #

    @api.constrains("repair_id")
    def _check_costs(self):
        for visit in self.sudo().filtered("cost_ids"):
            if visit.cost_ids.repair_id != visit.repair_id:
                raise ValidationError(
                    self.env._(
                        "Costs of %(order)s were noted on %(visit)s. Take them off before it is "
                        "for another order.",
                        order=visit.cost_ids.repair_id[:1].display_name,
                        visit=visit.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_view_costs(self):
        """Open the costs of this visit."""
        self.ensure_one()
        return {
            **self.repair_id.action_view_costs(),
            "domain": [("visit_id", "=", self.id)],
            "context": {"default_repair_id": self.repair_id.id, "default_visit_id": self.id},
        }
