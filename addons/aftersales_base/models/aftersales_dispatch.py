from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

# As often, or as long ago, as this it makes no difference any more.
SERVED_OFTEN = 5
LONG_AGO_DAYS = 365
GRADES = {"junior": 0.0, "senior": 0.5, "expert": 1.0}
URGENT = ("2", "3")


class AftersalesDispatch(models.AbstractModel):
    """Who should do it: ranks the people of a team for a request, and says why (DI4, DI5).

    All facts of a batch of requests are read first, with a fixed number of queries for any
    number of requests of one day and any number of people; ranking then asks no database.
    """

    _name = "aftersales.dispatch"
    _description = "Dispatch"

    @api.model
    def _get_assignee_scores(self):
        """Return the points of each reason; the one with most points is suggested first.

        =============  ==================================================================
        ``engineer``   the customer's own engineer
        ``region``     works in the region of the request
        ``skill``      has all skills the request needs; in part for some of them
        ``grade``      expert, half for a senior, for urgent and dangerous requests only
        ``free``       has the whole day free; in part for what is left of it
        ``served``     served this customer five times; in part for fewer
        ``recent``     served this customer today; less the longer it was ago, up to a year
        =============  ==================================================================
        """
        return {
            "engineer": 100,
            "region": 40,
            "skill": 40,
            "grade": 10,
            "free": 20,
            "served": 15,
            "recent": 10,
        }

    # === FACTS === #

    @api.model
    def _get_facts(self, requests, day=None):
        """Return what ranking has to know of all candidates of these requests.

        :param day: the day that is asked for; default: that of each request
        """
        # Members, jobs and services are counted whoever may see them: what leaves this model
        # are names of colleagues and numbers.
        requests = requests.sudo()
        members = self._get_members(requests)
        days = {request.id: day or members._get_day(request.date_scheduled) for request in requests}
        companies = [False, *requests.company_id.ids]
        skills = self.env["aftersales.skill"].sudo().search([("company_id", "in", companies)])
        return {
            "members": members,
            "day": days,
            "own": {request.id: {(request._name, request.id)} for request in requests},
            "jobs": members._get_jobs_by_day(set(days.values())),
            "absent": members._get_absences_by_day(set(days.values())),
            "needed": skills._get_needed_skills(requests),
            "services": self._get_services(requests, members.user_id),
        }

    @api.model
    def _get_members(self, requests):
        """Return everybody who could be asked to do one of these requests."""
        engineers = requests.partner_id.commercial_partner_id.aftersales_engineer_id
        somewhere = Domain("user_id", "in", engineers.ids)
        somewhere |= Domain("team_id", "child_of", requests.team_id.ids)
        if not all(request.team_id for request in requests):
            somewhere = Domain.TRUE
        domain = somewhere & Domain("takes_jobs", "=", True)
        domain &= Domain("user_id.active", "=", True) & Domain("team_id.active", "=", True)
        return self.env["aftersales.team.member"].sudo().search(domain)

    @api.model
    def _get_services(self, requests, users):
        """Return ``{(customer id, user id): (times, last day)}`` of solved requests.

        The customer is the company of whoever asked. Hook for modules that know of more
        services.
        """
        customers = requests.partner_id.commercial_partner_id
        groups = (
            self.env["aftersales.request"]
            .sudo()
            ._read_group(
                self._get_services_domain(customers, users),
                ["partner_id", "user_id"],
                ["__count", "date_closed:max"],
            )
        )
        return self._sum_services(
            (partner.commercial_partner_id.id, user.id, count, last)
            for partner, user, count, last in groups
        )

    @api.model
    def _get_services_domain(self, customers, users):
        """Return the domain of the requests by which people served customers."""
        return (
            Domain("partner_id.commercial_partner_id", "in", customers.ids)
            & Domain("user_id", "in", users.ids)
            & Domain("state", "=", "done")
        )

    @api.model
    def _sum_services(self, rows, services=None):
        """Add rows of customer, user, times and last moment to services, and return them."""
        services = dict(services or {})
        for customer_id, user_id, count, last in rows:
            times, latest = services.get((customer_id, user_id), (0, None))
            days = [day for day in (latest, last and fields.Date.to_date(last)) if day]
            services[customer_id, user_id] = (times + count, max(days, default=None))
        return services

    # === RANKING === #

    @api.model
    def _rank(self, request, facts):
        """Return the candidates of one request, the best first, who cannot take it last.

        A candidate is a dict: ``member``, ``score``, ``reasons`` (texts), ``blocked`` (why he
        cannot take it, or nothing), ``jobs`` and ``capacity`` of the day, ``served`` (times he
        served this customer), ``last_served`` (date) and ``team`` (of the member).

        :param dict facts: of :meth:`_get_facts`; no database is asked
        """
        request = request.sudo()
        candidates = [
            self._prepare_candidate(request, member, facts)
            for member in self._get_candidates(request, facts["members"])
        ]
        return sorted(candidates, key=self._get_rank_key)

    @api.model
    def _get_rank_key(self, candidate):
        """Return what candidates are sorted by: who can, most points, fewest jobs, the list."""
        member = candidate["member"]
        return (
            bool(candidate["blocked"]),
            -candidate["score"],
            candidate["jobs"],
            member.sequence,
            member.id,
        )

    @api.model
    def _get_candidates(self, request, members):
        """Return the members who may be asked: one for each person, of the nearest team."""
        path = request.team_id.parent_path or ""
        engineer = request.partner_id.commercial_partner_id.aftersales_engineer_id
        fitting = members.filtered(
            lambda member: (
                request.company_id in member.user_id.company_ids
                and member.company_id in (request.company_id, member.company_id.browse())
                and (member.team_id.parent_path.startswith(path) or member.user_id == engineer)
            )
        )
        nearest = fitting.sorted(
            lambda member: (
                not member.team_id.parent_path.startswith(path),
                member.team_id.parent_path.count("/"),
                member.id,
            )
        )
        people = {}
        for member in nearest:
            people.setdefault(member.user_id, member)
        return members.browse(member.id for member in people.values())

    @api.model
    def _prepare_candidate(self, request, member, facts):
        """Return one candidate with his points and the reasons."""
        day = facts["day"][request.id]
        customer = request.partner_id.commercial_partner_id
        jobs = facts["jobs"][day].get(member.user_id.id, set()) - facts["own"][request.id]
        served, last = facts["services"].get((customer.id, member.user_id.id), (0, None))
        candidate = {
            "member": member,
            "team": member.team_id,
            "jobs": len(jobs),
            "capacity": member.capacity,
            "served": served,
            "last_served": last,
            "blocked": self._get_blocking(member, len(jobs), day, facts),
        }
        shares = self._get_shares(request, candidate, facts)
        scores = self._get_assignee_scores()
        candidate["score"] = round(sum(scores[key] * share for key, share in shares.items()))
        candidate["reasons"] = self._get_reasons(request, candidate, shares, facts)
        return candidate

    @api.model
    def _get_blocking(self, member, jobs, day, facts):
        """Return why a member cannot take a job on a day, or nothing."""
        absence = facts["absent"][day].get(member.id)
        if absence:
            return absence
        if member.capacity and jobs >= member.capacity:
            return self.env._(
                "Full: %(jobs)s of %(capacity)s jobs on %(day)s",
                jobs=jobs,
                capacity=member.capacity,
                day=format_date(self.env, day),
            )
        return False

    @api.model
    def _get_shares(self, request, candidate, facts):
        """Return ``{reason: share of its points}``, 0 to 1."""
        member = candidate["member"]
        needed = facts["needed"][request]
        engineer = request.partner_id.commercial_partner_id.aftersales_engineer_id
        jobs, capacity = candidate["jobs"], candidate["capacity"]
        last, today = candidate["last_served"], member._get_today()
        ago = (today - last).days if last else LONG_AGO_DAYS
        return {
            "engineer": float(bool(engineer) and member.user_id == engineer),
            "region": float(member.region_ids._covers(request.region_id)),
            "skill": len(needed & member.skill_ids) / len(needed) if needed else 0.0,
            "grade": GRADES[member.grade] if request.priority in URGENT else 0.0,
            "free": max(0.0, 1 - jobs / capacity) if capacity else 1 / (1 + jobs),
            "served": min(candidate["served"], SERVED_OFTEN) / SERVED_OFTEN,
            "recent": min(1.0, max(0.0, 1 - ago / LONG_AGO_DAYS)),
        }

    @api.model
    def _get_reasons(self, request, candidate, shares, facts):
        """Return the sentences that tell what speaks for a candidate, and what is missing."""
        member = candidate["member"]
        missing = facts["needed"][request] - member.skill_ids
        known = facts["needed"][request] & member.skill_ids
        reasons = [
            shares["engineer"] and self.env._("Customer's own engineer"),
            shares["region"] and self.env._("Works in %(region)s", region=request.region_id.name),
            known and self.env._("Knows %(skills)s", skills=", ".join(known.mapped("name"))),
            missing and self.env._("Lacks %(skills)s", skills=", ".join(missing.mapped("name"))),
            shares["grade"]
            and dict(member._fields["grade"]._description_selection(self.env))[member.grade],
            candidate["served"]
            and self.env._("Was there before: %(times)s", times=candidate["served"]),
        ]
        return [reason for reason in reasons if reason]
