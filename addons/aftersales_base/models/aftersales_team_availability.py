from datetime import datetime

from pytz import timezone, utc

from odoo import api, models
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
        return timezone(self.env.company._get_aftersales_tz())

    @api.model
    def _get_today(self):
        """Return today at the service desk."""
        return self.env.company._get_aftersales_day()

    @api.model
    def _get_day(self, moment):
        """Return the day of a moment at the service desk, for nothing today, never a past day."""
        today = self._get_today()
        if not moment:
            return today
        return max(today, self.env.company._get_aftersales_day(moment))

    def _get_member_jobs(self, day):
        """Return ``{user id: {(model, id)}}`` of what the members have to do on a day."""
        return self._get_jobs_by_day({day})[day]

    def _get_jobs_by_day(self, days):
        """Return what the members have to do on some days, in all teams and companies.

        Hook for modules that know of more jobs. What waits for the customer or a part is no
        job. What is late, and what has no date, is a job of today. One job counts once: a
        module that makes a job of another one takes that out of every day. The number of
        queries is the same for any number of days.

        :param days: set of dates, today or later
        :return: ``{day: {user id: {(model, id)}}}``, whoever may see them: numbers only may
            leave it
        :rtype: dict
        """
        jobs = {day: {} for day in days}
        domain = Domain("user_id", "in", self.user_id.ids) & Domain(
            "state", "in", ("new", "in_progress")
        )
        groups = self._read_open_jobs("aftersales.request", domain, ["user_id"], "date_scheduled")
        for user, day, ids in groups:
            self._add_jobs(jobs, day, user, "aftersales.request", ids)
        return jobs

    @api.model
    def _read_open_jobs(self, model, domain, groupby, fname):
        """Return the groups of a model by some fields and by day at the service desk.

        :return: list of ``(*values of groupby, day, ids)``; what is late, and what has no date,
            is of today
        """
        # Somebody is as busy as he is, also with what the user may not see.
        groups = (
            self.env[model]
            .sudo()
            .with_context(tz=self._get_timezone().zone)
            ._read_group(domain, [*groupby, f"{fname}:day"], ["id:array_agg"])
        )
        today = self._get_today()
        return [
            (*values, max(today, moment.date()) if moment else today, ids)
            for *values, moment, ids in groups
        ]

    @api.model
    def _add_jobs(self, jobs, day, user, model, ids):
        """Add records to the jobs of a user on a day, when that day is asked for."""
        if day in jobs:
            jobs[day].setdefault(user.id, set()).update((model, id_) for id_ in ids)

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
        """Return ``{member id: why}`` of the members who take no job on a day."""
        return self._get_absences_by_day({day})[day]

    def _get_absences_by_day(self, days):
        """Return ``{day: {member id: why}}`` of the members who take no job on these days.

        They are absent, the calendar says they have a day off, or they do not work that day.
        """
        # That somebody is away is for all to know; his leaves themselves stay his own.
        members = self.sudo()
        noted = members._get_noted_absences(days)
        hours = members._get_working_hours(days)
        leaves = members._get_leaves(hours)
        absences = {}
        for day in days:
            reasons = absences.setdefault(day, {})
            for member in members:
                own = hours[day][member._get_calendar()]
                reason = noted[day].get(member.user_id.id) or member._get_day_off(own, leaves)
                if reason:
                    reasons[member.id] = reason
        return absences

    def _get_calendar(self):
        """Return the working hours of a member: his own or those of the company."""
        self.ensure_one()
        company = self.company_id or self.env.company
        return self.calendar_id or company.resource_calendar_id

    def _get_noted_absences(self, days):
        """Return ``{day: {user id: reason}}`` of the absences noted for these days."""
        noted = {day: {} for day in days}
        Absence = self.env["aftersales.team.absence"]
        labels = dict(Absence._fields["reason"]._description_selection(self.env))
        absences = Absence.search_fetch(
            Domain("date_start", "<=", max(days, default=False))
            & Domain("date_end", ">=", min(days, default=False))
            & Domain("user_id", "in", self.user_id.ids),
            ["user_id", "reason", "date_start", "date_end"],
            order="date_end",
        )
        for absence in absences:
            reason = self.env._(
                "%(reason)s until %(day)s",
                reason=labels[absence.reason],
                day=format_date(self.env, absence.date_end),
            )
            for day in days:
                if absence.date_start <= day <= absence.date_end:
                    noted[day][absence.user_id.id] = reason
        return noted

    def _get_working_hours(self, days):
        """Return ``{day: {calendar: [(from, to)]}}``, in UTC; nothing on days off."""
        calendars = self.env["resource.calendar"].union(
            *(member._get_calendar() for member in self)
        )
        attendances = self.env["resource.calendar.attendance"].search(
            [
                ("calendar_id", "in", calendars.ids),
                ("dayofweek", "in", list({str(day.weekday()) for day in days})),
                ("day_period", "!=", "lunch"),
                ("display_type", "=", False),
            ]
        )
        return {day: self._get_hours_of_day(day, calendars, attendances) for day in days}

    @api.model
    def _get_hours_of_day(self, day, calendars, attendances):
        """Return ``{calendar: [(from, to)]}`` of one day, by these rows of the calendars."""
        week = str(attendances.get_week_type(day))
        hours = {self.env["resource.calendar"]: [self._get_moments(day, "UTC", *FLEXIBLE_HOURS)]}
        for calendar in calendars:
            rows = attendances.filtered(
                lambda row, calendar=calendar: (
                    row.calendar_id == calendar
                    and row.dayofweek == str(day.weekday())
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
        """Return the days off of the members and of everybody, within these hours of days."""
        moments = [
            moment
            for by_calendar in hours.values()
            for spans in by_calendar.values()
            for span in spans
            for moment in span
        ]
        if not moments:
            return self.env["resource.calendar.leaves"]
        companies = (self.company_id | self.env.company).ids
        calendars = {
            calendar.id for by_calendar in hours.values() for calendar in by_calendar if calendar
        }
        everybody = Domain("calendar_id", "in", list(calendars)) | (
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
