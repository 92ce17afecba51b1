from ast import literal_eval

from odoo import fields, models

from .aftersales_request_mail import RECEIPT_CHANNELS


class AftersalesTeam(models.Model):
    """The mail address of a team, and what it writes to customers."""

    _name = "aftersales.team"
    _inherit = ["aftersales.team", "mail.alias.mixin.optional", "rating.parent.mixin"]

    alias_id = fields.Many2one(
        help="Mail to this address becomes a request of this team; answers go into its thread."
    )
    received_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Request Received",
        domain="[('model', '=', 'aftersales.request')]",
        default=lambda self: self.env.ref(
            "aftersales_base.mail_template_request_received", raise_if_not_found=False
        ),
        help="Sent with the number when a request comes by mail or from the portal. Empty: no "
        "mail.",
    )
    work_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Request in Work",
        domain="[('model', '=', 'aftersales.request')]",
        help="Sent once, when somebody takes the request up. Empty: no mail.",
    )
    waiting_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Waits for the Customer",
        domain="[('model', '=', 'aftersales.request')]",
        help="Sent when a request waits for a reason that the customer's answer ends. Empty: no "
        "mail.",
    )
    solved_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Request Solved",
        domain="[('model', '=', 'aftersales.request')]",
        help="Sent when a request is solved. Empty: no mail.",
    )
    rating_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Solved, with Rating",
        domain="[('model', '=', 'aftersales.request')]",
        default=lambda self: self.env.ref(
            "aftersales_base.mail_template_request_rating", raise_if_not_found=False
        ),
        help="Sent when a request is solved, in the place of the mail without a rating; the "
        "portal asks, too. Empty: nobody is asked.",
    )

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("aftersales.request")
        if self.id:
            values["alias_defaults"] = defaults = literal_eval(self.alias_defaults or "{}")
            defaults["team_id"] = self.id
        return values

    def _get_request_template(self, request):
        """Return the mail this team sends when ``request`` has come into its state, if any."""
        templates = {
            "new": self.received_template_id,
            "in_progress": self.work_template_id,
            "waiting": self.waiting_template_id,
            "done": self.solved_template_id,
        }
        if request.state == "done" and request._has_open_rating():
            return self.rating_template_id or self.solved_template_id
        asked = request.state != "waiting" or request.pause_reason_id.ends_on_reply
        received = request.state != "new" or request.channel in RECEIPT_CHANNELS
        silent = self.env["mail.template"]
        return templates.get(request.state, silent) if asked and received else silent
