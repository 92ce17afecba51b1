from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_cost_bill import BILLABLE


class RepairOrder(models.Model):
    """What an order cost beside parts and hours (SA2)."""

    _inherit = "repair.order"

    cost_ids = fields.One2many(
        comodel_name="aftersales.cost", inverse_name="repair_id", string="Service Costs"
    )
    cost_count = fields.Integer(compute="_compute_cost_count", compute_sudo=True)
    has_costs_to_bill = fields.Boolean(compute="_compute_cost_count", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends("cost_ids.state", "cost_ids.billing_status")
    def _compute_cost_count(self):
        for repair in self:
            living = repair.cost_ids.filtered(lambda cost: cost.state != "cancelled")
            repair.cost_count = len(living)
            repair.has_costs_to_bill = bool(set(living.mapped("billing_status")) & set(BILLABLE))

    @api.depends("cost_ids.state", "cost_ids.amount_company")
    def _compute_result_margin(self):
        return super()._compute_result_margin()

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_costs(self):
        # Costs stay on record, also those of colleagues he does not see.
        costly = self.sudo().filtered("cost_ids")[:1]
        if costly:
            raise UserError(
                self.env._(
                    "Costs were noted on %(order)s, and stay on record. Cancel it instead.",
                    order=costly.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_view_costs(self):
        """Open the costs of this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_repair.aftersales_cost_action"
        )
        return {
            **action,
            "domain": [("repair_id", "=", self.id)],
            "context": {"default_repair_id": self.id},
        }

    def action_bill_costs(self):
        """Make draft vendor bills of what is still to be billed on these orders.

        :raises UserError: when there is nothing to bill
        """
        costs = self.cost_ids.filtered(lambda cost: cost.billing_status in BILLABLE)
        if not costs:
            raise UserError(
                self.env._(
                    "No confirmed cost of %(orders)s is left to bill.",
                    orders=", ".join(self.mapped("display_name")),
                )
            )
        return costs.action_create_bill()
