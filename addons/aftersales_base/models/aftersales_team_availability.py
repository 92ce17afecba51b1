from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date
from odoo.tools.date_utils import float_to_time

# When somebody is asked for who works as he likes: from and to, in hours of his day.
FLEXIBLE_HOURS = (9, 17)


class AftersalesTeamMember(models.Model):
    """Who is there on a day, and how much he has to do (DI2, DI4).

    All of it is asked for many members at once, with a fixed number of queries.
    """

    _inherit = "aftersales.team.member"

    # === JOBS === #

    @api.model
    def _get_timezone(self):
        """Return the time zone that says where a day of the service desk begins."""
        company = self.env.company
        return timezone(company.partner_id.tz or self.env.user.tz or "UTC")

    @api.model
    def _get_today(self):
        """Return today at the service desk."""
        return utc.localize(fields.Datetime.now()).astimezone(self._get_timezone()).date()

    @api.model
    def _get_day(self, moment):
        """Return the day of a moment at the service desk, for nothing today, never a past day."""
        today = self._get_today()
        if not moment:
            return today
        return max(today, utc.localize(moment).astimezone(self._get_timezone()).date())

    @api.model
    def _get_job_period_domain(self, fname, day):
        """Return the domain of jobs to be done on a day by their date.

        What is late, and what has no date, is a job of today.
        """
        zone = self._get_timezone()
        start, end = (
            zone.localize(datetime.combine(start, time.min)).astimezone(utc).replace(tzinfo=None)
            for start in (day, day + timedelta(days=1))
        )
        before = Domain(fname, "<", end)
        if day <= self._get_today():
            return before | Domain(fname, "=", False)
        return before & Domain(fname, ">=", start)

    def _get_member_jobs(self, day):
        """Return what the members have to do on a day, in all teams and companies.

        Hook for modules that know of more jobs. What waits for the customer or a part is no
        job. One job counts once: a module that makes a job of another one takes that out.

        :param day: date, today or later
        :return: ``{user id: {(model, id)}}``, whoever may see them: numbers only may leave it
        :rtype: dict
        """
        domain = Domain("user_id", "in", self.user_id.ids) & Domain(
            "state", "in", ("new", "in_progress")
        )
        # Somebody is as busy as he is, also with what the user may not see.
        groups = (
            self.env["aftersales.request"]
            .sudo()
            ._read_group(
                domain & self._get_job_period_domain("date_scheduled", day),
                ["user_id"],
                ["id:array_agg"],
            )
        )
        return {user.id: {("aftersales.request", id_) for id_ in ids} for user, ids in groups}

    def _get_current_jobs(self):
        """Return ``{user id: names}`` of what the members have begun, as far as one may see it.

        Hook for modules that know of more jobs.
        """
        requests = self.env["aftersales.request"].search_fetch(
            [("user_id", "in", self.user_id.ids), ("state", "=", "in_progress")],
            ["user_id", "name", "subject"],
            order="write_date desc, id desc",
        )
        names = {}
        for request in requests:
            names.setdefault(request.user_id.id, []).append(request.display_name)
        return {user_id: found[:3] for user_id, found in names.items()}

    # === ABSENCE === #

    def _get_absences(self, day):
        """Return ``{member id: why}`` of the members who take no job on a day.

        They are absent, the calendar says they have a day off, or they do not work that day.
        """
        # That somebody is away is for all to know; his leaves themselves stay his own.
        members = self.sudo()
        noted = members._get_noted_absences(day)
        hours = members._get_working_hours(day)
        leaves = members._get_leaves(hours)
        reasons = {}
        for member in members:
            own = hours[member._get_calendar()]
            reason = noted.get(member.user_id.id) or member._get_day_off(own, leaves)
            if reason:
                reasons[member.id] = reason
        return reasons

    def _get_calendar(self):
        """Return the working hours of a member: his own or those of the company."""
        self.ensure_one()
        company = self.company_id or self.env.company
        return self.calendar_id or company.resource_calendar_id

    def _get_noted_absences(self, day):
        """Return ``{user id: reason}`` of the absences noted for a day."""
        Absence = self.env["aftersales.team.absence"]
        labels = dict(Absence._fields["reason"]._description_selection(self.env))
        absences = Absence.search_fetch(
            Absence._get_day_domain(day) & Domain("user_id", "in", self.user_id.ids),
            ["user_id", "reason", "date_end"],
            order="date_end",
        )
        return {
            absence.user_id.id: self.env._(
                "%(reason)s until %(day)s",
                reason=labels[absence.reason],
                day=format_date(self.env, absence.date_end),
            )
            for absence in absences
        }

    def _get_working_hours(self, day):
        """Return ``{calendar: [(from, to)]}`` of a day, in UTC; nothing on days off."""
        calendars = self.env["resource.calendar"].union(
            *(member._get_calendar() for member in self)
        )
        attendances = self.env["resource.calendar.attendance"].search(
            [
                ("calendar_id", "in", calendars.ids),
                ("dayofweek", "=", str(day.weekday())),
                ("day_period", "!=", "lunch"),
                ("display_type", "=", False),
            ]
        )
        week = str(attendances.get_week_type(day))
        hours = {self.env["resource.calendar"]: [self._get_moments(day, "UTC", *FLEXIBLE_HOURS)]}
        for calendar in calendars:
            rows = attendances.filtered(
                lambda row, calendar=calendar: (
                    row.calendar_id == calendar
                    and (not calendar.two_weeks_calendar or row.week_type == week)
                )
            )
            spans = [(row.hour_from, row.hour_to) for row in rows]
            if calendar.flexible_hours:
                spans = [FLEXIBLE_HOURS]
            hours[calendar] = [self._get_moments(day, calendar.tz, *span) for span in spans]
        return hours

    @api.model
    def _get_moments(self, day, tz, *hours):
        """Return hours of a day somewhere as moments in UTC."""
        zone = timezone(tz or "UTC")
        return tuple(
            zone.localize(datetime.combine(day, float_to_time(hour)))
            .astimezone(utc)
            .replace(tzinfo=None)
            for hour in hours
        )

    def _get_leaves(self, hours):
        """Return the days off of the members and of everybody, within these hours."""
        moments = [moment for spans in hours.values() for span in spans for moment in span]
        if not moments:
            return self.env["resource.calendar.leaves"]
        companies = (self.company_id | self.env.company).ids
        calendars = [calendar.id for calendar in hours if calendar]
        everybody = Domain("calendar_id", "in", calendars) | (
            Domain("calendar_id", "=", False) & Domain("company_id", "in", [*companies, False])
        )
        whose = Domain("resource_id.user_id", "in", self.user_id.ids) | (
            Domain("resource_id", "=", False) & everybody
        )
        return self.env["resource.calendar.leaves"].search(
            whose
            & Domain("time_type", "=", "leave")
            & Domain("date_from", "<", max(moments))
            & Domain("date_to", ">", min(moments))
        )

    def _get_day_off(self, hours, leaves):
        """Return why a member is off during all of these hours, or nothing."""
        self.ensure_one()
        if not hours:
            return self.env._("Day off")
        own = leaves.filtered(
            lambda leave: (
                leave.resource_id.user_id == self.user_id
                if leave.resource_id
                else leave.calendar_id in (self._get_calendar(), leave.calendar_id.browse())
            )
        )
        covering = [
            own.filtered(
                lambda leave, span=span: leave.date_from <= span[0] and leave.date_to >= span[1]
            )
            for span in hours
        ]
        if not all(covering):
            return False
        # What keeps somebody away is his own affair, a holiday of all is not.
        public = covering[0].filtered(lambda leave: not leave.resource_id)[:1]
        return public.name or self.env._("On leave")
