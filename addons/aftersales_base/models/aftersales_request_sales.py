from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import plaintext2html


class AftersalesRequest(models.Model):
    """Requests that come from sales, and opportunities that come out of requests."""

    _inherit = "aftersales.request"

    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        string="From Lead",
        index="btree_not_null",
        copy=False,
        readonly=True,
        check_company=True,
    )
    opportunity_ids = fields.One2many(
        comodel_name="crm.lead", inverse_name="aftersales_origin_request_id"
    )
    opportunity_count = fields.Integer(compute="_compute_opportunity_count", compute_sudo=True)

    _lead_uniq = models.UniqueIndex(
        "(lead_id) WHERE lead_id IS NOT NULL AND state != 'cancelled'",
        "This lead has a service request already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("opportunity_ids")
    def _compute_opportunity_count(self):
        for request in self:
            request.opportunity_count = len(request.opportunity_ids)

    # === ACTION METHODS === #

    def action_create_opportunity(self, reason, note=None):
        """Hand the customer's wish to buy to sales and say so in the thread.

        Called again for the same reason it leads to the same opportunity while that is open.

        :param str reason: a value of ``crm.lead.aftersales_reason``
        :param str note: what sales should know
        :return: the action that opens it, or True for one who has no right on leads
        """
        self.ensure_one()
        self.check_access("write")
        lead_sudo = self._find_opportunity(reason)
        if not lead_sudo:
            lead_sudo = self._create_opportunity(reason, note)
        if not lead_sudo.with_user(self.env.user).has_access("read"):
            return True
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "res_id": lead_sudo.id,
            "view_mode": "form",
        }

    def action_view_opportunities(self):
        """Open the opportunities that came out of this request."""
        self.ensure_one()
        return self.opportunity_ids._get_records_action(name=self.env._("Opportunities"))

    def action_view_lead(self):
        """Open the lead this request was made of."""
        self.ensure_one()
        return self.lead_id._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        # A lead opens its request to the salesperson: only the lead's own button links them.
        return super()._get_guarded_fields() | {"lead_id"}

    def _find_opportunity(self, reason):
        """Return the open opportunity this request was handed over as for a reason, if any."""
        self.ensure_one()
        # That there is one is told to whoever works on the request, what is in it to sales.
        leads_sudo = self.sudo().opportunity_ids
        return leads_sudo.filtered(
            lambda lead: lead.aftersales_reason == reason and lead.won_status == "pending"
        )[:1]

    def _create_opportunity(self, reason, note):
        """Make the opportunity; somebody who does the same at this moment gets the same one."""
        # An agent has no sales rights: the lead is made of this request alone, which he may
        # write, and goes to the customer's own salesperson.
        leads_sudo = self.env["crm.lead"].sudo()
        try:
            with self.env.cr.savepoint():
                lead_sudo = leads_sudo.create(self._prepare_opportunity_vals(reason, note))
        except UniqueViolation as error:
            raise ConcurrencyError from error
        self.message_post(
            body=self.env._("Handed to sales as %(lead)s.", lead=lead_sudo.display_name),
            subtype_xmlid="mail.mt_note",
        )
        return lead_sudo

    def _get_salesperson(self):
        """Return who sells to the customer, or to his company, and works for ours."""
        self.ensure_one()
        # Who works elsewhere is no business of the agent: only the one who fits is told.
        partner_sudo = self.sudo().partner_id
        users_sudo = partner_sudo.user_id | partner_sudo.commercial_partner_id.user_id
        fitting_sudo = users_sudo.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )
        return fitting_sudo[:1].sudo(False)

    def _prepare_opportunity_vals(self, reason, note=None):
        """Return the values of the opportunity this request becomes."""
        self.ensure_one()
        reasons = self.env["crm.lead"]._fields["aftersales_reason"]
        labels = dict(reasons._description_selection(self.env))
        about = self.unit_id.display_name or self.product_id.display_name or self.display_name
        return {
            "name": f"{labels.get(reason, reason)}: {about}",
            "type": "opportunity",
            "partner_id": self.partner_id.id,
            "user_id": self._get_salesperson().id,
            "company_id": self.company_id.id,
            "description": (plaintext2html(note) if note else "") + (self.description or ""),
            "aftersales_reason": reason,
            "aftersales_origin_request_id": self.id,
        }
