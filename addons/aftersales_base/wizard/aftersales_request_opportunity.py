from odoo import api, fields, models


class AftersalesRequestOpportunity(models.TransientModel):
    """Hand a request to sales: what for, and what the salesperson should know."""

    _name = "aftersales.request.opportunity"
    _description = "Hand a Request to Sales"

    request_id = fields.Many2one(
        comodel_name="aftersales.request", required=True, ondelete="cascade"
    )
    reason = fields.Selection(
        selection=lambda self: self.env["crm.lead"]._fields["aftersales_reason"].selection,
        required=True,
        default="replace",
        help="Why the customer may want to buy.",
    )
    salesperson = fields.Char(compute="_compute_sales")
    has_opportunity = fields.Boolean(compute="_compute_sales")
    note = fields.Text(help="What sales should know; it stands first on the opportunity.")

    # === COMPUTE METHODS === #

    @api.depends("request_id", "reason")
    def _compute_sales(self):
        for wizard in self:
            wizard.request_id.check_access("read")
            wizard.salesperson = wizard.request_id and wizard.request_id._get_salesperson().name
            wizard.has_opportunity = bool(
                wizard.request_id and wizard.request_id._find_opportunity(wizard.reason)
            )

    # === ACTION METHODS === #

    def action_create(self):
        """Make the opportunity, or open the one that is there for this reason."""
        self.ensure_one()
        action = self.request_id.action_create_opportunity(self.reason, self.note)
        return action or {"type": "ir.actions.act_window_close"}
