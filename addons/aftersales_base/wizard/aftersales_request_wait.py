from odoo import api, fields, models


class AftersalesRequestWait(models.TransientModel):
    """Put a request aside."""

    _name = "aftersales.request.wait"
    _description = "Let a Request Wait"
    _inherit = ["aftersales.wait.wizard"]

    request_id = fields.Many2one(comodel_name="aftersales.request", required=True)

    @api.depends("request_id")
    def _compute_company_id(self):
        return super()._compute_company_id()

    def _get_record(self):
        return self.request_id
