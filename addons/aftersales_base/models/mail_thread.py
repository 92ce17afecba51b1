from odoo import api, models

REPLIED = "auto-replied"


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Let requests know of mail a machine wrote: it is not answered and opens no request."""
        if kind := self._get_aftersales_automatic_kind(message):
            self = self.with_context(aftersales_automatic_mail=kind)
            if kind == REPLIED:
                routes = [
                    route for route in routes or () if route[0] != "aftersales.request" or route[1]
                ]
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _get_aftersales_automatic_kind(self, message):
        """Return what kind of machine wrote a mail, empty for a person (RFC 3834).

        :return: ``auto-replied`` for an absence note, another word for other machines
        """
        kind = (message.get("Auto-Submitted") or "no").partition(";")[0].strip().lower()
        if kind != "no":
            return kind
        if message.get("X-Autoreply") or message.get("X-Autorespond"):
            return REPLIED
        if (message.get("Precedence") or "").strip().lower() in ("auto_reply", "bulk", "junk"):
            return "auto-generated"
        return ""
