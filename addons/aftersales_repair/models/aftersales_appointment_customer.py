from datetime import timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_duration, format_time

from odoo.addons.aftersales_base.tools.jobs import attempt_together, each_batch, tell

MOST_DAYS_AHEAD = 90


class AftersalesAppointment(models.Model):
    """What the customer is told of his appointment, and what he does with it himself.

    Customers have no right on appointments: pages look for those of the user's company or
    household and call these methods in superuser mode, as him.
    """

    _inherit = "aftersales.appointment"

    # === CRON METHODS === #

    @api.model
    def _cron_remind(self, batch_size=100):
        """Remind customers the day before, each once; one who cannot be reminded keeps no other
        from it, and his appointment says why."""
        for (company,) in self._read_group([("state", "=", "booked")], ["company_id"]):
            appointments = self.with_company(company)
            domain = appointments._get_reminder_domain(company)
            for batch in each_batch(appointments, domain, batch_size):
                __, errors = attempt_together(self.env, batch, lambda due: due._remind())
                for appointment, error in errors.items():
                    tell(
                        appointment,
                        self.env._("The customer was not reminded: %(error)s", error=error),
                    )

    @api.model
    def _cron_miss(self, batch_size=100):
        """Note as missed what was to be brought on an earlier day and did not come.

        Whether we went to somebody is not known of the appointment: those stay with the desk.
        """
        for (company,) in self._read_group([("state", "=", "booked")], ["company_id"]):
            for batch in each_batch(self, self._get_missed_domain(company), batch_size):
                __, errors = attempt_together(self.env, batch, lambda due: due.action_miss())
                for appointment, error in errors.items():
                    tell(
                        appointment,
                        self.env._("Could not be noted as missed: %(error)s", error=error),
                    )

    @api.model
    def _get_missed_domain(self, company):
        """Return the domain of the appointments of earlier days to which nobody came."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "booked")
            & Domain("kind", "=", "bring")
            & Domain("intake_id", "=", False)
            & Domain("day", "<", company._get_aftersales_day())
            & Domain("date_from", "<", fields.Datetime.now())
        )

    @api.model
    def _get_reminder_domain(self, company):
        """Return the domain of the appointments of tomorrow nobody was reminded of."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "booked")
            & Domain("day", "=", company._get_aftersales_day() + timedelta(days=1))
            & Domain("reminded_on", "=", False)
        )

    # === MAILS === #

    def _remind(self):
        """Write to the customers, and note that it was done."""
        self._send("reminder")
        for company, appointments in self.grouped("company_id").items():
            appointments.sudo().reminded_on = company._get_aftersales_day()

    def _tell(self, what):
        """Write to the customers about what was done with their appointments.

        :param str what: ``booked``, ``moved`` or ``cancelled``
        """
        # Not while modules are installed, nor of what is over already.
        if self.env.registry.ready:
            now = fields.Datetime.now()
            self.filtered(lambda appointment: appointment.date_from > now)._send(what)

    def _send(self, what):
        """Send the mail of that name, each customer in his language."""
        template = self.env.ref(
            f"aftersales_repair.mail_template_appointment_{what}", raise_if_not_found=False
        )
        reachable = self.filtered(lambda appointment: appointment.partner_id.email)
        if template and reachable:
            # Who books need have no right on mail templates; all that is told is this time.
            template.sudo().send_mail_batch(reachable.ids)

    def _format_time(self):
        """Return when it is, by the clock of the company."""
        self.ensure_one()
        local = self._get_local_time()
        return self.env._(
            "%(day)s, %(time)s",
            day=format_date(self.env, local.date(), date_format="EEEE, d MMMM y"),
            time=format_time(self.env, local.time(), time_format="short"),
        )

    def _get_local_time(self):
        """Return when it is as the clock of the company shows it."""
        self.ensure_one()
        return self.company_id._get_aftersales_time(self.date_from)

    # === BY THE CUSTOMER === #

    @api.model
    def _get_moment(self, company, day, hour):
        """Return the moment at which the clock of the company shows this day and time."""
        return company._get_aftersales_moment(day, hour)

    @api.model
    def _get_time_obstacle(self, company, start, team):
        """Return why a customer cannot book this time himself, or an empty text."""
        now = fields.Datetime.now()
        hours = company.sudo().aftersales_appointment_hours
        if start < now + timedelta(hours=hours):
            return self.env._(
                "Choose a time at least %(hours)s hours from now, or call us.", hours=hours
            )
        if start > now + timedelta(days=MOST_DAYS_AHEAD):
            return self.env._("Choose a day within %(days)s days.", days=MOST_DAYS_AHEAD)
        if not self._is_opened(company, start):
            return self.env._("We are closed at that time. Choose another one.")
        asked = self.new({"company_id": company.id, "date_from": start, "team_id": team.id})
        if asked.warning:
            return self.env._("That day is full. Choose another one.")
        return ""

    @api.model
    def _queue_up(self, team):
        """Let one customer after the other look for room on the days of a team.

        Two who take the last place at once would both find it free. Writing the row makes the
        later one begin anew, and then he sees what the first took; a lock alone would not.
        """
        if team.appointment_capacity:
            self.env.cr.execute(
                SQL("UPDATE aftersales_team SET write_date = write_date WHERE id = %s", team.id)
            )

    @api.model
    def _is_opened(self, company, start):
        """Return whether the company works at that time."""
        # Opening hours are no secret; customers have no right on calendars.
        calendar_sudo = company.sudo().resource_calendar_id
        if not calendar_sudo:
            return True
        begin = utc.localize(start)
        return bool(calendar_sudo._work_intervals_batch(begin, begin + timedelta(minutes=1))[False])

    @api.model
    def _get_opening_hours(self, company):
        """Return when the company works in one line, by its clock, or an empty text where no line
        can say it: hours that alternate or follow no clock.
        """
        spans = self._get_opening_spans(company)
        # Opening hours are no secret; customers have no right on calendars.
        attendances_sudo = company.sudo().resource_calendar_id.attendance_ids
        names = dict(attendances_sudo._fields["dayofweek"]._description_selection(self.env))
        # Days that follow each other with the same hours: the first, the last, the hours.
        runs = []
        for day, hours in sorted(spans.items()):
            if runs and runs[-1][2] == hours:
                runs[-1][1] = day
            else:
                runs.append([day, day, hours])
        return "; ".join(
            f"{'–'.join(names[day] for day in dict.fromkeys((first, last)))} {hours}"
            for first, last, hours in runs
            if hours
        )

    @api.model
    def _get_opening_spans(self, company):
        """Return ``{day of the week: hours}`` by the clock of the company; none where they are not
        the same every week, or lie on another day than in the time zone of the calendar.
        """
        # Opening hours are no secret; customers have no right on calendars.
        calendar_sudo = company.sudo().resource_calendar_id
        if calendar_sudo.two_weeks_calendar or calendar_sudo.flexible_hours:
            return {}
        now = utc.localize(fields.Datetime.now())
        here = now.astimezone(timezone(company._get_aftersales_tz())).utcoffset()
        there = now.astimezone(timezone(calendar_sudo.tz or "UTC")).utcoffset()
        shift = (here - there).total_seconds() / 3600
        spans = {day: [] for day in "0123456"}
        for line in calendar_sudo.attendance_ids.sorted("hour_from"):
            start, end = line.hour_from + shift, line.hour_to + shift
            if start < 0 or end > 24 or line.duration_based:
                return {}
            if line.day_period != "lunch" and not line.display_type:
                spans[line.dayofweek].append(f"{format_duration(start)}–{format_duration(end)}")
        return {day: ", ".join(hours) for day, hours in spans.items()}

    def _get_customer_obstacle(self):
        """Return why the customer cannot move or cancel it himself, or an empty text."""
        self.ensure_one()
        if self.state != "booked":
            return self.env._("There is nothing to change here any more.")
        if self._is_late():
            return self.env._(
                "It is too late to change it here: it can be changed until %(hours)s hours "
                "before. Call us.",
                hours=self.company_id.sudo().aftersales_appointment_hours,
            )
        return ""

    def _move_by_customer(self, start):
        """Give it another time the customer chose; the same one again changes nothing.

        :return: why it was not moved, or an empty text
        """
        self.ensure_one()
        if self.date_from == start:
            return ""
        self._queue_up(self.team_id)
        obstacle = self._get_customer_obstacle() or self._get_time_obstacle(
            self.company_id, start, self.team_id
        )
        if not obstacle:
            self.date_from = start
        return obstacle

    def _cancel_by_customer(self, reason):
        """Cancel it for the customer; again it changes nothing.

        :return: why it was not cancelled, or an empty text
        """
        self.ensure_one()
        if self.state == "cancelled":
            return ""
        obstacle = self._get_customer_obstacle()
        if not obstacle:
            self._cancel("customer", reason)
        return obstacle
