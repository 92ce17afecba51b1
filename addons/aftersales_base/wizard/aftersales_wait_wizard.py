from odoo import fields, models


class AftersalesWaitWizard(models.AbstractModel):
    """Put a record aside: what it waits for, and when to look at it again.

    A model says which record in :meth:`_get_record`; that has ``action_wait(reason)``.
    """

    _name = "aftersales.wait.wizard"
    _description = "Let Something Wait"

    company_id = fields.Many2one(comodel_name="res.company", compute="_compute_company_id")
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

    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard._get_record().company_id

    def _get_record(self):
        """Return what is to wait."""
        raise NotImplementedError

    def action_wait(self):
        """Let it wait, with a to-do on the day to look again.

        :raises UserError: when it cannot wait in its state
        """
        self.ensure_one()
        record = self._get_record()
        record.action_wait(self.reason_id)
        if self.date:
            record.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.date,
                summary=self.note
                or self.env._("Waits for: %(reason)s", reason=self.reason_id.name),
                user_id=(record._get_sla_user() or self.env.user).id,
            )
        if self.note:
            record.message_post(body=self.note, subtype_xmlid="mail.mt_note")
        return {"type": "ir.actions.act_window_close"}
