from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "aftersales.guard.mixin"]

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
    aftersales_reason = fields.Selection(
        selection=[
            ("replace", "Replacement"),
            ("contract", "Service Contract"),
            ("upgrade", "Upgrade"),
        ],
        string="Service Reason",
        readonly=True,
        copy=False,
        help="Why after-sales handed the customer to sales.",
    )

    _aftersales_origin_uniq = models.UniqueIndex(
        "(aftersales_origin_request_id, aftersales_reason) "
        "WHERE aftersales_origin_request_id IS NOT NULL AND active AND won_status = 'pending'",
        "The service request has an open opportunity for this reason already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("aftersales_request_ids")
    def _compute_aftersales_request_count(self):
        for lead in self:
            lead.aftersales_request_count = len(lead.aftersales_request_ids)

    # === ACTION METHODS === #

    def action_create_aftersales_request(self):
        """Hand a lead that is really a call for service to the service desk, once."""
        self.ensure_one()
        self.check_access("write")
        made = self._find_aftersales_request() or self._create_aftersales_request()
        return made._get_records_action()

    def action_view_aftersales_origin(self):
        """Open the service request this opportunity came out of."""
        self.ensure_one()
        return self.aftersales_origin_request_id._get_records_action()

    def action_view_aftersales_requests(self):
        """Open the service requests made from this lead."""
        return self.aftersales_request_ids._get_records_action(name=self.env._("Service Requests"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        # The origin opens the request to the salesperson: the hand-over alone sets it. What
        # sales itself computes stays as open as sales has it.
        return {"aftersales_origin_request_id", "aftersales_reason"}

    def _find_aftersales_request(self):
        """Return the request made of this lead before, or the one it was merged into."""
        # Whose lead it is knows of it; whether he may open it, the request says.
        made_sudo = self.sudo().aftersales_request_ids
        made_sudo = made_sudo.mapped(lambda request: request.merged_into_id or request)
        living_sudo = made_sudo.filtered(lambda request: request.state != "cancelled")
        return living_sudo[:1].sudo(False)

    def _create_aftersales_request(self):
        """Make the request; somebody who does the same at this moment gets the same one."""
        try:
            with self.env.cr.savepoint():
                made = self.env["aftersales.request"].create(
                    self._prepare_aftersales_request_vals()
                )
                # Nobody links them by hand; this lead is one he may write.
                made.sudo().lead_id = self
        except UniqueViolation as error:
            raise ConcurrencyError from error
        self.message_post(
            body=self.env._("Service request %s made.", made._get_html_link()),
            subtype_xmlid="mail.mt_note",
        )
        return made

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
        }
