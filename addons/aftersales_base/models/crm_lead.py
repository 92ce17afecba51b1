from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    aftersales_request_ids = fields.One2many(
        comodel_name="aftersales.request", inverse_name="lead_id", string="Service Requests"
    )
    aftersales_request_count = fields.Integer(
        compute="_compute_aftersales_request_count", compute_sudo=True
    )
    aftersales_origin_request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="From Service Request",
        readonly=True,
        index="btree_not_null",
        copy=False,
    )

    @api.depends("aftersales_request_ids")
    def _compute_aftersales_request_count(self):
        for lead in self:
            lead.aftersales_request_count = len(lead.aftersales_request_ids)

    def action_create_aftersales_request(self):
        """Hand a lead that is really a call for service to the service desk."""
        self.ensure_one()
        self.check_access("write")
        request = self.env["aftersales.request"].create(self._prepare_aftersales_request_vals())
        self.message_post(
            body=self.env._("Service request %s made.", request._get_html_link()),
            subtype_xmlid="mail.mt_note",
        )
        return request._get_records_action()

    def action_view_aftersales_requests(self):
        """Open the service requests made from this lead."""
        return self.aftersales_request_ids._get_records_action(name=self.env._("Service Requests"))

    def _prepare_aftersales_request_vals(self):
        """Return the values of the service request this lead becomes."""
        self.ensure_one()
        return {
            "subject": self.name,
            "channel": "lead",
            "partner_id": self.partner_id.id,
            "partner_phone": self.phone,
            "description": self.description,
            "company_id": (self.company_id or self.env.company).id,
            "lead_id": self.id,
        }
