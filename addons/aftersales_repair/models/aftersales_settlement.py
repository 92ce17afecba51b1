from odoo import api, fields, models


class AftersalesSettlement(models.Model):
    """What technicians were paid on the road stands beside what the customer owes (SA4)."""

    _inherit = "aftersales.settlement"

    visit_payment_note = fields.Text(
        string="Received on the Road",
        compute="_compute_visit_payment_note",
        compute_sudo=True,
        help="What technicians noted as paid for this work at the customer's. No entry was made "
        "for it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "line_ids.charge_id.repair_id.visit_ids.payment_amount")
    def _compute_visit_payment_note(self):
        for settlement in self:
            visits = settlement.line_ids.charge_id.repair_id.visit_ids
            note = visits._describe_payments() if settlement.kind == "customer" else ""
            settlement.visit_payment_note = note or False
