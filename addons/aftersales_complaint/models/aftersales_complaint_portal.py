from odoo import api, models

# What a customer may read of his complaint. Cause, severity, corrective actions, verification
# and a compensation nobody has approved stay with us.
PORTAL_FIELDS = {
    "id",
    "display_name",
    "name",
    "subject",
    "description",
    "state",
    "partner_id",
    "commercial_partner_id",
    "partner_phone",
    "unit_id",
    "serial",
    "product_id",
    "request_id",
    "company_id",
    "date_reported",
    "date_answered",
    "date_closed",
    "access_url",
    "create_date",
}


class AftersalesComplaint(models.Model):
    """What a customer reads of his complaint, and where."""

    _inherit = "aftersales.complaint"

    # === COMPUTE METHODS === #

    def _compute_access_url(self):
        super()._compute_access_url()
        for complaint in self:
            complaint.access_url = f"/my/complaints/{complaint.id}"

    # === BUSINESS METHODS === #

    @api.model
    def _get_portal_fields(self):
        return PORTAL_FIELDS
