import re

from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext

# Who calls or stands at the counter is told the number there.
RECEIPT_CHANNELS = ("mail", "portal")
# What is told once, however often a request comes back to it.
STEPS_TOLD_ONCE = ("new", "in_progress")
LONGEST_TERM = 40
MOST_TERMS = 50


class AftersalesRequest(models.Model):
    """Requests that come by mail, and the mail customers get about them (IN1, IN2, IN20)."""

    _inherit = "aftersales.request"
    _primary_email = "email_from"

    email_from = fields.Char(
        string="Mail From",
        copy=False,
        help="Who wrote, when the request came by mail from somebody not known yet.",
    )
    told_steps = fields.Char(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="The states the customer had a mail about that is sent once.",
    )

    # === MAIL === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make a request of a mail: its sender is the customer, a serial in it names the unit."""
        team = self.env["aftersales.team"].browse((custom_values or {}).get("team_id"))
        company = team.company_id or self.env.company
        vals = {
            "subject": msg_dict.get("subject") or self.env._("Mail without a subject"),
            "description": msg_dict.get("body"),
            "channel": "mail",
            "company_id": company.id,
            **self._prepare_mail_customer_vals(msg_dict, company),
            **(custom_values or {}),
        }
        request = super(AftersalesRequest, self.with_company(company)).message_new(msg_dict, vals)
        # The mail is about to be posted on it: that is the report, nobody's answer.
        return request.with_context(aftersales_opening_mail=True)

    @api.model
    def _prepare_mail_customer_vals(self, msg_dict, company):
        """Return the customer who wrote, and the one unit of his that the mail names."""
        author = self.env["res.partner"].browse(msg_dict.get("author_id"))
        if not author or (author.company_id and author.company_id != company):
            return {}
        unit = self._find_unit_in_mail(msg_dict, author, company)
        return {"partner_id": author.id, **({"unit_id": unit.id} if unit else {})}

    @api.model
    def _find_unit_in_mail(self, msg_dict, author, company):
        """Return the one unit of the sender whose serial the mail holds, if any.

        Only his own: whoever knows a serial does not speak for its owner.
        """
        text = " ".join((msg_dict.get("subject") or "", html2plaintext(msg_dict.get("body") or "")))
        terms = {
            term
            for term in re.split(r"[^\w./-]+", text)
            if len(term) <= LONGEST_TERM and any(char.isdigit() for char in term)
        }
        units = self.env["aftersales.unit"].search(
            [
                ("serial", "in", [term.strip(".-/") for term in sorted(terms)[:MOST_TERMS]]),
                ("partner_id", "child_of", author.commercial_partner_id.id),
                ("company_id", "=", company.id),
                ("state", "=", "active"),
            ],
            limit=2,
        )
        return units if len(units) == 1 else units.browse()

    def _resume_on_reply(self):
        # An absence note is no answer, nor is what the customer says while he closes or rates it.
        silent = ("aftersales_automatic_mail", "aftersales_keep_state")
        if any(self.env.context.get(key) for key in silent):
            return
        super()._resume_on_reply()
        self._reopen_on_reply()

    def _reopen_on_reply(self):
        """Take up again what was solved a few days ago: the customer says it is not."""
        # The customer has no right to the step; that he wrote is what opens it.
        solved_sudo = self.sudo().filtered(lambda request: request._may_be_reopened())
        solved_sudo.write({"state": "in_progress"})

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"told_steps"}

    def _track_template(self, changes):
        """Send the customer the mail his team sends at this step."""
        found = super()._track_template(changes)
        request = self[:1]
        if "state" not in changes or self.env.context.get("aftersales_automatic_mail"):
            return found
        if template := request._take_step_template():
            found["state"] = (template, request._prepare_step_mail_vals())
        return found

    def _take_step_template(self):
        """Return the mail to send about the state, and note it where it is sent once."""
        self.ensure_one()
        # The customer himself may have taken the step, who reads neither team nor templates.
        request_sudo = self.sudo()
        nothing = self.env["mail.template"]
        if not request_sudo.partner_id.email and not email_normalize(request_sudo.email_from):
            return nothing
        told = (request_sudo.told_steps or "").split(",")
        if self.state in told:
            return nothing
        template = request_sudo.team_id._get_request_template(request_sudo)
        if template and self.state in STEPS_TOLD_ONCE:
            request_sudo.told_steps = ",".join(filter(None, [*told, self.state]))
        return template

    def _prepare_step_mail_vals(self):
        """Return how the mail about a step is posted."""
        vals = {
            "auto_delete_keep_log": False,
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            "email_layout_xmlid": "mail.mail_notification_light",
        }
        if self.env.user.share:
            # He took the step on the portal: our answer does not come from himself.
            author_sudo = (self.user_id or self.company_id).sudo().partner_id
            vals.update(author_id=author_sudo.id, email_from=author_sudo.email_formatted)
        return vals
