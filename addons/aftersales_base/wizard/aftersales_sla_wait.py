from odoo import api, fields, models


class AftersalesSlaWait(models.TransientModel):
    """Put aside what waits without leaving its state."""

    _name = "aftersales.sla.wait"
    _description = "Let Work Wait"
    _inherit = ["aftersales.wait.wizard"]

    res_model = fields.Selection(selection="_get_waiting_models", string="Document", required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)

    @api.model
    def _get_waiting_models(self):
        """Return what may wait this way: every model that takes the mixin."""
        return self.env["aftersales.wait.mixin"]._get_taking_models()

    @api.depends("res_model", "res_id")
    def _compute_company_id(self):
        return super()._compute_company_id()

    def _get_record(self):
        return self.env[self.res_model].browse(self.res_id)
