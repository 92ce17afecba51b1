from odoo import fields, models


class AftersalesRequestWait(models.TransientModel):
    """Put a request aside: what it waits for, and when to look at it again."""

    _name = "aftersales.request.wait"
    _description = "Let a Request Wait"

    request_id = fields.Many2one(comodel_name="aftersales.request", required=True)
    company_id = fields.Many2one(related="request_id.company_id")
    reason_id = fields.Many2one(
        comodel_name="aftersales.pause.reason",
        string="Waits For",
        required=True,
        default=lambda self: self.env["aftersales.pause.reason"].search([], limit=1),
        domain="[('company_id', 'in', (company_id, False))]",
    )
    stops_clock = fields.Boolean(related="reason_id.stops_clock")
    date = fields.Date(string="Look Again On")
    note = fields.Char()

    def action_wait(self):
        """Let the request wait, with a to-do on the day to look again.

        :raises UserError: when the request cannot wait in its state
        """
        self.ensure_one()
        self.request_id.action_wait(self.reason_id)
        if self.date:
            self.request_id.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.date,
                summary=self.note
                or self.env._("Waits for: %(reason)s", reason=self.reason_id.name),
                user_id=(self.request_id.user_id or self.env.user).id,
            )
        if self.note:
            self.request_id.message_post(body=self.note, subtype_xmlid="mail.mt_note")
        return {"type": "ir.actions.act_window_close"}
