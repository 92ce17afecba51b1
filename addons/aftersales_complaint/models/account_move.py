from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_complaint_ids = fields.One2many(
        comodel_name="aftersales.complaint", inverse_name="move_id", string="Complaints"
    )
    aftersales_complaint_count = fields.Integer(
        string="Complaint Count",
        compute="_compute_aftersales_complaint_count",
        groups="aftersales_base.group_aftersales_technician,"
        "aftersales_base.group_aftersales_settlement",
    )

    @api.depends("aftersales_complaint_ids")
    def _compute_aftersales_complaint_count(self):
        for move in self:
            move.aftersales_complaint_count = len(move.aftersales_complaint_ids)

    def action_view_aftersales_complaints(self):
        """Open the complaints about this invoice."""
        return self.aftersales_complaint_ids._get_records_action(name=self.env._("Complaints"))
