from odoo import models


class AftersalesReminderMixin(models.AbstractModel):
    """A record that reminds one person of one day: an activity that follows both.

    A model says whom and when in :meth:`_get_reminder`, names its activity type in
    ``_reminder_type`` and calls :meth:`_sync_reminders` when one of them may have changed.
    """

    _name = "aftersales.reminder.mixin"
    _description = "Reminds One Person of One Day"
    _inherit = ["mail.activity.mixin"]

    _reminder_type = "mail.mail_activity_data_todo"

    def _get_reminder(self):
        """Return ``(user, day, summary)``, or ``None`` when there is nothing to be reminded of."""
        self.ensure_one()
        return None

    def _sync_reminders(self):
        """Make, move or finish the reminders so that they say what the records say."""
        # The reminder belongs to the record, not to whoever changes it: a verifier closes the
        # complaint and with it the handler's reminder.
        records_sudo = self.sudo()
        activities_sudo = records_sudo.activity_search([self._reminder_type])
        for record_sudo in records_sudo:
            own_sudo = activities_sudo.filtered(
                lambda activity, record=record_sudo: activity.res_id == record.id
            )
            reminder = record_sudo._get_reminder()
            if not reminder:
                own_sudo.action_feedback()
            elif own_sudo:
                self._move_reminder(own_sudo[:1], *reminder)
            else:
                user, day, summary = reminder
                record_sudo.activity_schedule(
                    self._reminder_type, date_deadline=day, summary=summary, user_id=user.id
                )

    def _move_reminder(self, activity_sudo, user, day, summary):
        """Give the reminder another person, day or text; nothing is written when they hold."""
        vals = {}
        if activity_sudo.user_id != user:
            vals["user_id"] = user.id
        if activity_sudo.date_deadline != day:
            vals["date_deadline"] = day
        if activity_sudo.summary != summary:
            vals["summary"] = summary
        if vals:
            activity_sudo.write(vals)
