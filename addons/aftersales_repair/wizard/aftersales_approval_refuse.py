from odoo import fields, models


class AftersalesApprovalRefuse(models.TransientModel):
    """Ask why work is not approved; who asked for it reads the answer (DV2)."""

    _name = "aftersales.approval.refuse"
    _description = "Do Not Approve"

    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", required=True)
    reason = fields.Char(required=True)

    def action_refuse(self):
        """Note the answer and tell who asked."""
        self.ensure_one()
        self.repair_id._answer_approval("refused", self.reason)
        return {"type": "ir.actions.act_window_close"}
