from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.jobs import attempt_together, each_batch, tell


class AftersalesUnit(models.Model):
    """Tell the one who looks after the customer before the last warranty ends."""

    _inherit = "aftersales.unit"

    reminded_end = fields.Date(
        string="Reminded of End",
        readonly=True,
        copy=False,
        help="The last covered day a reminder was planned for; each one is planned once.",
    )

    # === CRON METHODS === #

    @api.model
    def _cron_remind_of_warranty_end(self, batch_size=500):
        """Plan a to-do before the last warranty of a unit ends, once for each unit.

        Finds the units by the stored last day: neither units nor warranties whose time is
        over are read or written. Stops when the time of the job is up and goes on with the
        units still without reminder the next time. One that cannot be planned says so in its
        thread and keeps no other from it.
        """
        for company in self.env["res.company"].search([("aftersales_reminder_days", ">", 0)]):
            desk = self.with_company(company)
            for units in each_batch(desk, desk._get_reminder_domain(company), batch_size):
                __, errors = attempt_together(self.env, units, lambda due: due._plan_reminders())
                for unit, error in errors.items():
                    tell(unit, unit._get_unplanned_message(error))

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"reminded_end"}

    @api.model
    def _get_reminder_domain(self, company):
        """Return the domain of units in use whose last warranty ends within the days set."""
        today = company._get_aftersales_day()
        last_day = today + timedelta(days=company.aftersales_reminder_days)
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "active")
            & Domain("warranty_end", ">=", today)
            & Domain("warranty_end", "<=", last_day)
            & Domain("has_lifetime_warranty", "=", False)
            # What was reminded of an end that is over had its warranty extended since.
            & (Domain("reminded_end", "=", False) | Domain("reminded_end", "<", today))
            & Domain(
                "warranty_ids",
                "not any",
                [("date_start", "=", False), ("close_reason", "=", False)],
            )
        )

    def _plan_reminders(self):
        """Plan one to-do a unit for whoever looks after its customer, and mark the unit."""
        by_task = defaultdict(self.browse)
        for unit, user in self._get_reminder_users().items():
            by_task[user, unit.warranty_end] |= unit
        for (user, day), units in by_task.items():
            # One message for each of some hundred to-dos helps nobody.
            units.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=day,
                summary=self.env._("Warranty ends: offer an extension"),
                user_id=user.id,
            )
            units.write({"reminded_end": day})

    def _get_unplanned_message(self, error):
        self.ensure_one()
        return self.env._(
            "Nobody was reminded that the warranty ends on %(day)s: %(error)s",
            day=format_date(self.env, self.warranty_end),
            error=error,
        )

    def _get_reminder_users(self):
        """Return ``{unit: user}``: who is told. Units nobody looks after are left out."""
        candidates = {unit: unit._get_reminder_candidates() for unit in self}
        readable = {}
        for user in self.env["res.users"].union(*candidates.values()):
            asked = self.filtered(lambda unit, user=user: user in candidates[unit])
            readable[user] = set(asked.with_user(user)._filtered_access("read").ids)
        return {
            unit: user
            for unit in self
            if (
                user := candidates[unit].filtered(
                    lambda user, unit=unit: unit.id in readable[user]
                )[:1]
            )
        }

    def _get_reminder_candidates(self):
        """Return who may be told: the customer's salesperson, else the one the company named."""
        self.ensure_one()
        users = (
            self.partner_id.user_id
            | self.partner_id.commercial_partner_id.user_id
            | self.company_id._get_aftersales_setting("aftersales_reminder_user_id")
        )
        return users.filtered(lambda user: user.active and self.company_id in user.company_ids)
