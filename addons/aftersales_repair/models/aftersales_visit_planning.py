from datetime import date, datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_time

from .aftersales_visit import AGENT, OPEN_STATES, PLAN_FIELDS

# A visit that is put on a day, and nobody said when.
FIRST_HOUR = time(9)
BOARD_DAYS = 7


class AftersalesVisit(models.Model):
    """When a visit is, on which day of the board, and what speaks against the plan (DI2, DI3).

    Days are those of the technician: where he has no time zone, those of the company.
    """

    _inherit = "aftersales.visit"

    day = fields.Char(
        compute="_compute_day",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        export_string_translation=False,
        group_expand="_read_group_day",
        help="The day of the board. Moving a visit to another day keeps its hour.",
    )
    planning_warning = fields.Text(
        compute="_compute_planning_warning",
        help="What speaks against the plan. It can be kept all the same.",
    )

    # === COMPUTE METHODS === #

    @api.depends("planned_from", "user_id.tz", "company_id.partner_id.tz")
    def _compute_day(self):
        for visit in self:
            start = visit.planned_from
            visit.day = start and fields.Date.to_string(visit._to_local(start).date())

    @api.depends("user_id", "planned_from", "planned_to", "state", "team_id", "labour_share")
    def _compute_planning_warning(self):
        now = fields.Datetime.now()
        asked = self.filtered(
            lambda visit: visit.state == "planned" and visit.planned_from and visit.planned_to > now
        )
        warnings = asked._get_planning_warnings() if asked else {}
        for visit in self:
            visit.planning_warning = "\n".join(warnings.get(visit, ())) or False

    @api.model
    def _read_group_day(self, days, domain):
        """Return the days of the board: what there is and the days to come.

        Who plans sees first what has no day yet, also when there is nothing, to drop it there.
        """
        today = self.env["aftersales.team.member"]._get_today()
        coming = {
            fields.Date.to_string(today + timedelta(days=number)) for number in range(BOARD_DAYS)
        }
        undated = [False] if self.env.user.has_group(AGENT) else []
        return [*undated, *sorted(coming.union(days))]

    @api.model
    def _read_group_user_ids(self, users, domain):
        """Return everybody who takes jobs, so that work can be moved to who has none yet."""
        members = self.env["aftersales.team.member"].search([("takes_jobs", "=", True)])
        return users | members.user_id.filtered("active")

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        vals = super().default_get(fields)
        day = self.env.context.get("default_day")
        if day and "planned_from" in fields:
            visit = self._get_planned_one(vals)
            vals.setdefault("planned_from", visit._get_moment_on(day))
        return vals

    @api.model
    def _get_default_people(self):
        """Return the order and the technician a new visit is opened for, if that is known."""
        names = {"repair_id": "default_repair_id", "user_id": "default_user_id"}
        context = self.env.context
        return {fname: context[key] for fname, key in names.items() if context.get(key)}

    def _get_planned_one(self, vals):
        """Return a visit, never saved, by whose clock a new one is planned."""
        known = {**self._get_default_people(), **vals}
        people = {fname: known[fname] for fname in ("repair_id", "user_id") if known.get(fname)}
        # Its own day is what is asked for.
        return self.with_context(default_day=False).new(people)

    def _convert_new_plans(self, vals_list):
        """Return the values of new visits with the day of the board as what it means."""
        day = self.env.context.get("default_day")
        default = {"day": day} if day else {}
        converted = []
        for vals in vals_list:
            given = vals if "planned_from" in vals else {**default, **vals}
            visit = self._get_planned_one(vals)
            plan = self._convert_plan(given, visit)
            if day:
                # The default of the column would be taken for it again.
                start = fields.Datetime.to_datetime(plan.get("planned_from"))
                plan["day"] = start and fields.Date.to_string(visit._to_local(start).date())
            converted.append(plan)
        return converted

    # === DAYS === #

    def _get_timezone(self):
        """Return the time zone of who goes there."""
        company = self.company_id or self.env.company
        # Which hour it is where somebody works is no secret.
        return timezone(self.sudo().user_id.tz or company.sudo().partner_id.tz or "UTC")

    def _to_local(self, moment):
        """Return a moment as the clock of the technician shows it."""
        return utc.localize(moment).astimezone(self._get_timezone())

    def _to_utc(self, local):
        """Return the moment at which the clock of the technician shows a time."""
        return self._get_timezone().localize(local).astimezone(utc).replace(tzinfo=None)

    @api.model
    def _convert_plan(self, vals, visit):
        """Return the values with the day of the board and the end as what they follow from.

        :raises UserError: when the day is none, or the visit would end before it begins
        """
        vals = dict(vals)
        if "day" in vals:
            day = vals.pop("day")
            vals.setdefault("planned_from", day and visit._get_moment_on(day))
        if "planned_to" in vals:
            end = fields.Datetime.to_datetime(vals.pop("planned_to"))
            start = fields.Datetime.to_datetime(vals.get("planned_from", visit.planned_from))
            if start and end and "duration" not in vals:
                vals["duration"] = (end - start).total_seconds() / 3600
        return vals

    def _get_moment_on(self, day):
        """Return when the visit begins on another day: at the same hour of the clock.

        :param str day: as dates are written by computers, ``2026-03-18``
        """
        start = self.planned_from
        hour = self._to_local(start).time() if start else FIRST_HOUR
        try:
            return self._to_utc(datetime.combine(date.fromisoformat(day), hour))
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(
                self.env._("%(day)s is no day. Write it as 2026-03-18.", day=day)
            ) from error

    def _check_plan_open(self, vals):
        """Raise when the plan of a visit would be changed after it has begun.

        :raises UserError: naming the visit
        """
        if self.env.su or not PLAN_FIELDS & vals.keys():
            return
        labels = dict(self._fields["state"]._description_selection(self.env))
        begun = self.filtered(lambda visit: visit.state != "planned")[:1]
        if begun:
            raise UserError(
                self.env._(
                    "%(visit)s is %(state)s: when and by whom it was planned stays. Plan another "
                    "visit of the work order.",
                    visit=begun.display_name,
                    state=labels[begun.state],
                )
            )

    def _format_plan(self, lang=None):
        """Return when it is planned, as the technician's clock shows it, in words."""
        self.ensure_one()
        if not self.planned_from:
            return self.env._("No time yet")
        zone, lang = self._get_timezone().zone, lang or self.env.lang
        start = self._to_local(self.planned_from).replace(tzinfo=None)
        end = self._to_local(self.planned_to).replace(tzinfo=None)
        day = format_date(self.env, start, lang_code=lang, date_format="EEEE, d MMMM y")
        hours = "–".join(
            format_time(self.env, moment.time(), time_format="HH:mm", lang_code=lang)
            for moment in (start, end)
        )
        return f"{day}, {hours} ({zone})"

    # === WHAT SPEAKS AGAINST THE PLAN === #

    def _get_planning_warnings(self):
        """Return ``{visit: sentences}``, with as many queries for a week of visits as for one."""
        facts = self._get_planning_facts()
        return {
            visit: [
                sentence
                for sentence in (
                    visit._warn_of_absence(facts),
                    visit._warn_of_hours(facts),
                    visit._warn_of_overlap(facts),
                    visit._warn_of_capacity(facts),
                    visit._warn_of_shares(facts),
                )
                if sentence
            ]
            for visit in self
        }

    def _get_planning_facts(self):
        """Return what the warnings of these visits ask about."""
        # Somebody is as busy as he is, whoever may see with what: numbers only leave it.
        users_sudo = self.sudo().user_id
        # Names and time zones of all of them in one go.
        users_sudo.mapped("tz")
        members = (
            self.env["aftersales.team.member"].sudo().search([("user_id", "in", users_sudo.ids)])
        )
        # His day, by his clock: a late call of the desk may be his next morning.
        todays = {user: members._get_own_today(user) for user in users_sudo}
        days = {
            visit: max(todays[visit.sudo().user_id], visit._to_local(visit.planned_from).date())
            if visit.user_id
            else members._get_day(visit.planned_from)
            for visit in self
        }
        asked = set(days.values())
        return {
            "member": {visit: members._pick_for(visit.user_id, visit.team_id) for visit in self},
            "day": days,
            "jobs": members._get_jobs_by_day(asked),
            "absent": members._get_absences_by_day(asked),
            "hours": members._get_working_hours(asked),
            "overlaps": self._get_overlaps(),
        }

    def _get_overlaps(self):
        """Return ``{visit: numbers of the other visits its technician has at that time}``."""
        others = self.sudo().search_fetch(
            [
                ("user_id", "in", self.user_id.ids),
                ("state", "in", OPEN_STATES),
                ("planned_from", "<", max(self.mapped("planned_to"))),
                ("planned_to", ">", min(self.mapped("planned_from"))),
            ],
            ["name", "user_id", "planned_from", "planned_to"],
        )
        by_user = others.grouped("user_id")
        return {
            visit: [
                other.name
                for other in by_user.get(visit.sudo().user_id, ())
                if other.id != visit._origin.id
                and other.planned_from < visit.planned_to
                and other.planned_to > visit.planned_from
            ]
            for visit in self
        }

    def _warn_of_absence(self, facts):
        day, member = facts["day"][self], facts["member"][self]
        reason = facts["absent"][day].get(member.id)
        return reason and self.env._(
            "%(name)s is not there on %(day)s: %(reason)s.",
            name=member.user_id.name,
            day=format_date(self.env, day),
            reason=reason,
        )

    def _warn_of_hours(self, facts):
        day, member = facts["day"][self], facts["member"][self]
        spans = member and facts["hours"][day].get(member._get_calendar())
        if not spans:
            return False
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        if first <= self.planned_from and self.planned_to <= last:
            return False
        return self.env._(
            "Outside the working hours of %(name)s, %(first)s to %(last)s.",
            name=member.user_id.name,
            first=self._to_local(first).strftime("%H:%M"),
            last=self._to_local(last).strftime("%H:%M"),
        )

    def _warn_of_overlap(self, facts):
        names = facts["overlaps"][self]
        return names and self.env._(
            "%(name)s is on %(visits)s at that time.",
            name=self.sudo().user_id.name,
            visits=", ".join(names),
        )

    def _warn_of_capacity(self, facts):
        day, member = facts["day"][self], facts["member"][self]
        jobs = facts["jobs"][day].get(self.user_id.id, set()) | {(self._name, self._origin.id)}
        # While it is planned on a form, the order stands for it still.
        jobs -= {("repair.order", self.repair_id._origin.id)}
        if not member.capacity or len(jobs) <= member.capacity:
            return False
        return self.env._(
            "%(name)s has %(count)s jobs on %(day)s and does %(capacity)s a day.",
            name=member.user_id.name,
            count=len(jobs),
            day=format_date(self.env, day),
            capacity=member.capacity,
        )

    def _warn_of_shares(self, facts):
        shares = sum(self.sudo()._get_together().mapped("labour_share"))
        return shares > 100.5 and self.env._(
            "Those who go together share %(shares)g %% of the labour. Make it 100.", shares=shares
        )
