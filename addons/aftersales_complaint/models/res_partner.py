from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_complaint_count = fields.Integer(
        compute="_compute_aftersales_complaint_count",
        groups="aftersales_base.group_aftersales_technician",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_aftersales_complaint_count(self):
        counts = self._get_aftersales_counts("aftersales.complaint")
        for partner in self:
            partner.aftersales_complaint_count = counts.get(partner.id, 0)

    def action_view_aftersales_complaints(self):
        """Open what the customer and his people complained about."""
        return self._get_aftersales_action("aftersales_complaint.aftersales_complaint_action")
