from datetime import date, datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon

# A Wednesday, at noon in the company's time zone.
NOW = "2026-03-18 12:00:00"
TODAY = date(2026, 3, 18)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestDispatch(AftersalesCommon):
    """Who should do it, why, who cannot, and what happens on its own.

    Team A has Ann, Bob and Cid, who do two jobs a day, and the agent, who takes none.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.company.partner_id.tz = "UTC"
        cls.company.resource_calendar_id.tz = "UTC"
        cls.team_a.member_ids.takes_jobs = False
        cls.ann, cls.bob, cls.cid = (cls._make_member(name) for name in ("ann", "bob", "cid"))
        cls.members = cls.ann | cls.bob | cls.cid
        cls.north, cls.south = cls.env["aftersales.region"].create(
            [{"name": "North"}, {"name": "South"}]
        )
        cls.ne = cls.env["aftersales.region"].create(
            {"name": "North East", "parent_id": cls.north.id}
        )
        cls.cold, cls.gas = cls.env["aftersales.skill"].create(
            [
                {"name": "Cold", "category_ids": [Command.link(cls.category_ac.id)]},
                {
                    "name": "Gas",
                    "category_ids": [Command.link(cls.category_ac.id)],
                    "symptom_ids": [Command.link(cls.symptom.id)],
                },
            ]
        )

    @classmethod
    def _make_member(cls, name, team=None, **vals):
        user = cls._new_user(name, "aftersales_base.group_aftersales_technician", name=name.title())
        return cls.env["aftersales.team.member"].create(
            {
                "team_id": (team or cls.team_a).id,
                "user_id": user.id,
                "capacity": 2,
                **vals,
            }
        )

    def _rank(self, requests, **kwargs):
        Dispatch = self.env["aftersales.dispatch"]
        facts = Dispatch._get_facts(requests, **kwargs)
        return [Dispatch._rank(request, facts) for request in requests]

    def _suggest(self, request, **kwargs):
        [candidates] = self._rank(request, **kwargs)
        return candidates

    def _get_names(self, request, **kwargs):
        return [each["member"].user_id.name for each in self._suggest(request, **kwargs)]

    def _get_of(self, request, member, **kwargs):
        candidates = self._suggest(request, **kwargs)
        return next(each for each in candidates if each["member"] == member)

    def _make_served(self, member, closed, partner=None):
        """Make a request that a member solved for a customer."""
        request = self._make_request(
            partner_id=(partner or self.customer).id, user_id=member.user_id.id
        )
        with freeze_time(closed):
            request.action_start()
            request.action_done()
        return request

    def _make_jobs(self, member, count, **vals):
        return self.env["aftersales.request"].create(
            [{"user_id": member.user_id.id, "team_id": self.team_b.id, **vals}] * count
        )

    # === RANKING === #

    def test_ranking_reason_by_reason(self):
        """Each reason puts Cid, who is last in the list, before the others."""
        request = self._make_request(
            partner_id=self.customer.id, product_id=self.ac.id, region_id=self.ne.id
        )
        self.assertEqual(self._get_names(request), ["Ann", "Bob", "Cid"])

        def give_work():
            self._make_jobs(self.ann | self.ann.browse(), 1)
            self._make_jobs(self.bob, 1)

        def serve():
            self._make_served(self.cid, "2024-01-10 10:00:00")

        for reason, arrange in (
            (
                "engineer",
                lambda: self.customer.write({"aftersales_engineer_id": self.cid.user_id.id}),
            ),
            ("region", lambda: self.cid.write({"region_ids": [Command.link(self.ne.id)]})),
            ("region above", lambda: self.cid.write({"region_ids": [Command.link(self.north.id)]})),
            ("skill", lambda: self.cid.write({"skill_ids": [Command.link(self.cold.id)]})),
            ("free", give_work),
            ("served", serve),
            (
                "grade",
                lambda: (self.cid.write({"grade": "expert"}), request.write({"priority": "2"})),
            ),
        ):
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                arrange()
                self.assertEqual(self._get_names(request)[0], "Cid")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_what_does_not_count(self):
        request = self._make_request(partner_id=self.customer.id, region_id=self.ne.id)
        self.cid.write({"region_ids": self.south.ids, "skill_ids": self.cold.ids})
        self.cid.grade = "expert"
        self._make_served(self.cid, "2026-03-01 10:00:00", self.other_customer)
        self.assertEqual(self._get_names(request), ["Ann", "Bob", "Cid"])

    def test_scores(self):
        request = self._make_request(
            partner_id=self.customer.id,
            product_id=self.ac.id,
            symptom_id=self.symptom.id,
            region_id=self.ne.id,
            priority="3",
        )
        self.customer.aftersales_engineer_id = self.ann.user_id
        self.ann.write(
            {
                "region_ids": self.north.ids,
                "skill_ids": (self.cold | self.gas).ids,
                "grade": "expert",
            }
        )
        for __ in range(5):
            self._make_served(self.ann, NOW)
        self.bob.write({"skill_ids": self.cold.ids, "grade": "senior", "capacity": 0})
        self._make_jobs(self.bob, 3)
        first, second, third = self._suggest(request)
        self.assertEqual(first["score"], 100 + 40 + 40 + 10 + 20 + 15 + 10)
        # half the skills, half an expert, a quarter of the day: nothing limits his jobs
        self.assertEqual(second["score"], 20 + 5 + 5)
        self.assertEqual(second["member"], self.bob)
        self.assertEqual(third["score"], 20)
        self.assertEqual(third["member"], self.cid)

    def test_reasons(self):
        request = self._make_request(
            partner_id=self.customer.id,
            product_id=self.ac.id,
            symptom_id=self.symptom.id,
            region_id=self.ne.id,
        )
        self.customer.aftersales_engineer_id = self.ann.user_id
        self.ann.write({"region_ids": self.north.ids, "skill_ids": self.cold.ids})
        self._make_served(self.ann, "2026-03-01 10:00:00")
        self._make_served(self.ann, "2025-03-01 10:00:00")
        best = self._suggest(request)[0]
        self.assertEqual(
            best["reasons"],
            [
                "Customer's own engineer",
                "Works in North East",
                "Knows Cold",
                "Lacks Gas",
                "Was there before: 2",
            ],
        )
        self.assertEqual((best["served"], best["last_served"]), (2, date(2026, 3, 1)))

    def test_people_of_one_company_count_together(self):
        request = self._make_request(partner_id=self.customer_contact.id)
        self._make_served(self.bob, "2026-03-01 10:00:00")
        self.customer.aftersales_engineer_id = self.cid.user_id
        self.assertEqual(self._get_names(request), ["Cid", "Bob", "Ann"])

    def test_who_is_asked(self):
        below = self.env["aftersales.team"].create(
            {"name": "Below", "parent_id": self.team_a.id, "company_id": self.company.id}
        )
        dan = self._make_member("dan", below)
        eve = self._make_member("eve", self.team_b)
        self.env["aftersales.team.member"].create(
            {"team_id": below.id, "user_id": self.ann.user_id.id}
        )
        request = self._make_request(partner_id=self.customer.id)
        self.assertCountEqual(self._get_names(request), ["Ann", "Bob", "Cid", "Dan"])
        self.assertEqual(self._get_of(request, dan)["team"], below)
        self.assertEqual(self._get_of(request, self.ann)["team"], self.team_a)
        self.customer.aftersales_engineer_id = eve.user_id
        self.assertEqual(self._get_names(request)[0], "Eve")
        dan.user_id.active = False
        self.bob.takes_jobs = False
        self.assertCountEqual(self._get_names(request), ["Eve", "Ann", "Cid"])
        request.team_id = False
        everybody = self._suggest(request)
        self.assertIn(eve, [each["member"] for each in everybody])

    def test_nobody(self):
        empty = self.env["aftersales.team"].create({"name": "Empty"})
        self.assertEqual(self._suggest(self._make_request(team_id=empty.id)), [])

    def test_people_of_another_company_are_not_asked(self):
        far = self._new_user(
            "far",
            "aftersales_base.group_aftersales_technician",
            company_id=self.other_company.id,
        )
        shared = self.env["aftersales.team"].create({"name": "Shared"})
        shared.member_ids = [
            Command.create({"user_id": far.id}),
            Command.create({"user_id": self.ann.user_id.id}),
        ]
        self.assertEqual(self._get_names(self._make_request(team_id=shared.id)), ["Ann"])

    # === WHO CANNOT === #

    def test_full_people_come_last(self):
        request = self._make_request()
        self._make_jobs(self.ann, 2)
        self.assertEqual(self._get_names(request), ["Bob", "Cid", "Ann"])
        ann = self._get_of(request, self.ann)
        self.assertEqual(ann["blocked"], "Full: 2 of 2 jobs on 03/18/2026")
        self.ann.capacity = 0
        self.assertFalse(self._get_of(request, self.ann)["blocked"])

    def test_what_is_a_job_of_a_day(self):
        """Today: no date, late, and due today; later: due that day. Waiting is no job."""
        tomorrow = date(2026, 3, 19)
        for expected, today_count, tomorrow_count in (
            (False, 1, 0),
            ("2026-03-10 10:00:00", 1, 0),
            ("2026-03-18 23:59:59", 1, 0),
            ("2026-03-19 00:00:00", 0, 1),
            ("2026-03-20 00:00:00", 0, 0),
        ):
            job = self._make_jobs(self.ann, 1, date_expected=expected)
            with self.subTest(expected=expected):
                for day, count in ((TODAY, today_count), (tomorrow, tomorrow_count)):
                    jobs = self.members._get_member_jobs(day)
                    self.assertEqual(len(jobs.get(self.ann.user_id.id, ())), count)
                job.action_start()
                job.action_wait()
                self.assertFalse(self.members._get_member_jobs(TODAY))
            job.action_cancel()

    def test_day_begins_at_the_desk(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        self._make_jobs(self.ann, 1, date_expected="2026-03-18 17:00:00")
        self.assertFalse(self.members._get_member_jobs(TODAY))
        self.assertTrue(self.members._get_member_jobs(date(2026, 3, 19)))
        self.assertEqual(self.ann._get_day(datetime(2026, 3, 18, 17)), date(2026, 3, 19))
        self.assertEqual(self.ann._get_day(datetime(2026, 1, 1)), TODAY)

    def test_absent_people_come_last(self):
        self.env["aftersales.team.absence"].create(
            {
                "user_id": self.ann.user_id.id,
                "date_start": TODAY,
                "date_end": "2026-03-20",
                "reason": "training",
            }
        )
        request = self._make_request(partner_id=self.customer.id)
        self.customer.aftersales_engineer_id = self.ann.user_id
        self.assertEqual(self._get_names(request), ["Bob", "Cid", "Ann"])
        self.assertEqual(self._get_of(request, self.ann)["blocked"], "Training until 03/20/2026")
        request.date_expected = "2026-03-23 10:00:00"
        self.assertEqual(self._get_names(request)[0], "Ann")

    def test_days_off(self):
        saturday = date(2026, 3, 21)
        calendar = self.company.resource_calendar_id
        self.assertEqual(set(self.members._get_absences(saturday).values()), {"Day off"})
        weekend = calendar.copy({"name": "Weekend"})
        weekend.attendance_ids = [
            Command.clear(),
            Command.create({"name": "Sat", "dayofweek": "5", "hour_from": 8, "hour_to": 12}),
        ]
        self.cid.calendar_id = weekend
        self.assertEqual(set(self.members._get_absences(saturday)), set((self.ann | self.bob).ids))
        self.assertEqual(set(self.members._get_absences(TODAY)), set(self.cid.ids))
        weekend.schedule_type = "flexible"
        self.assertFalse(self.members._get_absences(TODAY))

    def test_leaves_of_the_calendar(self):
        Leave = self.env["resource.calendar.leaves"].sudo()
        resource = (
            self.env["resource.resource"]
            .sudo()
            .create(
                {
                    "name": "Bob",
                    "user_id": self.bob.user_id.id,
                    "calendar_id": self.company.resource_calendar_id.id,
                    "company_id": self.company.id,
                }
            )
        )
        morning = {"date_from": "2026-03-18 00:00:00", "date_to": "2026-03-18 12:30:00"}
        leave = Leave.create({"name": "Wedding", "resource_id": resource.id, **morning})
        self.assertFalse(self.members._get_absences(TODAY))
        leave.date_to = "2026-03-18 23:00:00"
        self.assertEqual(self.members._get_absences(TODAY), {self.bob.id: "On leave"})
        Leave.create(
            {
                "name": "Spring Festival",
                "company_id": self.company.id,
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": "2026-03-17 00:00:00",
                "date_to": "2026-03-19 00:00:00",
            }
        )
        self.assertEqual(self.members._get_absences(TODAY)[self.ann.id], "Spring Festival")

    def test_absence_dates(self):
        with Form(self.env["aftersales.team.absence"]) as form:
            form.user_id = self.ann.user_id
            form.date_start = "2026-04-01"
        self.assertEqual(form.record.date_end, date(2026, 4, 1))
        self.assertIn("Ann", form.record.display_name)
        vals = {"user_id": self.ann.user_id.id, "date_start": "2026-04-02"}
        Absence = self.env["aftersales.team.absence"]
        self.assertEqual(Absence.create(vals).date_end, date(2026, 4, 2))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            Absence.create({**vals, "date_end": "2026-04-01"}).flush_recordset()

    # === ASKING AND ASSIGNING === #

    def _ask(self, request, user=None):
        action = request.with_user(user or self.agent).action_suggest_assignee()
        return self.env[action["res_model"]].with_user(user or self.agent).browse(action["res_id"])

    def test_agent_asks_and_assigns(self):
        self.customer.aftersales_engineer_id = self.bob.user_id
        request = self._make_request(partner_id=self.customer.id, product_id=self.ac.id)
        suggestion = self._ask(request)
        self.assertEqual(suggestion.line_ids.user_id.mapped("name"), ["Bob", "Ann", "Cid"])
        self.assertEqual(suggestion.skill_ids, self.cold)
        self.assertEqual(suggestion.line_ids[0].reasons, "Customer's own engineer · Lacks Cold")
        result = suggestion.line_ids[0].action_assign()
        self.assertEqual(result["type"], "ir.actions.act_window_close")
        self.assertEqual(request.user_id, self.bob.user_id)
        self.assertFalse(request.assignee_warning)

    def test_assigned_person_is_told(self):
        request = self._make_request()
        # The other tests do without followers and mails.
        suggestion = self._ask(request).with_context(tracking_disable=False, mail_notrack=False)
        suggestion.line_ids[0].action_assign()
        self.assertIn(self.ann.user_id.partner_id, request.message_partner_ids)
        told = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.ann.user_id.partner_id.id)]
        )
        self.assertEqual(told.mail_message_id.res_id, request.id)

    def test_too_much_warns_and_blocks_nothing(self):
        self._make_jobs(self.ann, 2)
        request = self._make_request()
        line = self._ask(request).line_ids.filtered(lambda each: each.member_id == self.ann)
        result = line.action_assign()
        self.assertEqual(request.user_id, self.ann.user_id)
        self.assertEqual(
            result["params"]["message"], "Ann has 3 jobs on 03/18/2026 and does 2 a day."
        )
        self.assertEqual(request.assignee_warning, result["params"]["message"])
        self.assertFalse(request.sudo().search([("id", "in", request.ids)]) - request)

    def test_warning_on_the_form(self):
        self._make_jobs(self.ann, 2)
        self.env["aftersales.team.absence"].create(
            {"user_id": self.bob.user_id.id, "date_start": TODAY, "reason": "ill"}
        )
        request = self._make_request()
        with Form(request.with_user(self.agent)) as form:
            self.assertFalse(form.assignee_warning)
            form.user_id = self.ann.user_id
            self.assertIn("3 jobs", form.assignee_warning)
            form.user_id = self.bob.user_id
            self.assertIn("Bob is not there on 03/18/2026: Ill until", form.assignee_warning)
            form.user_id = self.cid.user_id
            self.assertFalse(form.assignee_warning)

    def test_another_day(self):
        self._make_jobs(self.ann, 2)
        request = self._make_request()
        suggestion = self._ask(request)
        self.assertEqual(suggestion.line_ids.user_id.mapped("name"), ["Bob", "Cid", "Ann"])
        suggestion.date_planned = "2026-03-19 09:00:00"
        suggestion.action_refresh()
        self.assertEqual(suggestion.line_ids.user_id.mapped("name"), ["Ann", "Bob", "Cid"])
        suggestion.line_ids[0].action_assign()
        self.assertEqual(request.date_planned, datetime(2026, 3, 19, 9))
        suggestion.date_planned = "2026-03-17 09:00:00"
        with self.assertRaisesRegex(UserError, "in the past"):
            suggestion.line_ids[0].action_assign()

    def test_what_is_planned_leaves_the_wish_of_the_customer(self):
        wish, plan = datetime(2026, 3, 18, 9), datetime(2026, 3, 19, 9)
        request = self._make_request(date_expected=wish)
        suggestion = self._ask(request)
        self.assertEqual(suggestion.date_planned, wish)
        suggestion.date_planned = plan
        suggestion.line_ids[0].action_assign()
        self.assertEqual((request.date_expected, request.date_planned), (wish, plan))
        self.assertEqual(request.date_scheduled, plan)
        assignee = request.user_id.id
        self.assertFalse(self.members._get_member_jobs(TODAY).get(assignee))
        self.assertTrue(self.members._get_member_jobs(plan.date()).get(assignee))

    def test_goes_to_the_team_of_the_person(self):
        below = self.env["aftersales.team"].create(
            {"name": "Below", "parent_id": self.team_a.id, "company_id": self.company.id}
        )
        dan = self._make_member("dan", below)
        self.team_a.leader_id = self.agent
        request = self._make_request()
        line = self._ask(request).line_ids.filtered(lambda each: each.member_id == dan)
        line.action_assign()
        self.assertEqual((request.user_id, request.team_id), (dan.user_id, below))
        self.assertTrue(request.with_user(self.agent).has_access("write"))

    def test_only_those_who_may_change_it_ask(self):
        request = self._make_request(user_id=self.technician.id)
        for user in (self.other_agent, self.technician, self.settler, self.salesman):
            with self.subTest(user=user.login):
                self.assertFalse(self._passes(self._ask, request, user))
        suggestion = self._ask(request)
        other = suggestion.with_user(self.other_agent)
        self.assertFalse(self._passes(other.read, ["date_expected"]))
        line = suggestion.line_ids[0].with_user(self.other_agent)
        self.assertFalse(self._passes(line.read, ["reasons"]))
        self.assertFalse(self._passes(line.action_assign))
        own = other.create({"request_id": request.id})
        self.assertFalse(self._passes(own.action_refresh))
        own.line_ids.create({"suggest_id": own.id, "member_id": self.ann.id})
        self.assertFalse(self._passes(own.line_ids.action_assign))

    # === ON ITS OWN === #

    def _set_rules(self, *rules):
        self.team_a.rule_ids = [
            Command.clear(),
            *(Command.create({"sequence": rank, **rule}) for rank, rule in enumerate(rules)),
        ]

    def test_off_without_a_rule(self):
        self.assertFalse(self._make_request().user_id)

    def test_best(self):
        self._set_rules({"mode": "best"})
        self.bob.skill_ids = self.cold
        self.assertEqual(self._make_request(product_id=self.ac.id).user_id, self.bob.user_id)
        self.assertEqual(self._make_request(user_id=self.cid.user_id.id).user_id, self.cid.user_id)

    def test_best_spreads_a_batch(self):
        self._set_rules({"mode": "best"})
        requests = self.env["aftersales.request"].create([{"team_id": self.team_a.id}] * 7)
        given = requests.grouped("user_id")
        counts = [len(given[member.user_id]) for member in self.members]
        self.assertEqual(counts, [2, 2, 2])
        self.assertEqual(len(requests.filtered(lambda request: not request.user_id)), 1)

    def test_in_turn(self):
        self._set_rules({"mode": "turn"})
        self.env["aftersales.team.absence"].create(
            {"user_id": self.bob.user_id.id, "date_start": TODAY}
        )
        self.members.capacity = 0
        single = [self._make_request().user_id.name for __ in range(3)]
        self.assertEqual(single, ["Ann", "Cid", "Ann"])
        batch = self.env["aftersales.request"].create([{"team_id": self.team_a.id}] * 3)
        self.assertEqual(batch.sorted("id").mapped("user_id.name"), ["Cid", "Ann"])

    def test_first_rule_that_fits(self):
        self._set_rules(
            {"priority": "3", "mode": "off"},
            {"service_type_ids": self.type_onsite.ids, "mode": "turn"},
            {"priority": "2", "mode": "best"},
        )
        for priority, service_type, assigned in (
            ("3", self.type_onsite, False),
            ("0", self.type_onsite, True),
            ("0", self.type_half, False),
            ("2", self.type_half, True),
        ):
            request = self._make_request(priority=priority, service_type_id=service_type.id)
            with self.subTest(priority=priority, service_type=service_type.name):
                self.assertEqual(bool(request.user_id), assigned)

    def test_when_it_gets_its_team(self):
        self._set_rules({"mode": "best"})
        request = self._make_request(team_id=False)
        self.assertFalse(request.user_id)
        request.team_id = self.team_a
        self.assertEqual(request.user_id, self.ann.user_id)
        self.type_half.team_id = self.team_a
        other = self._make_request(team_id=False)
        other.service_type_id = self.type_half
        self.assertTrue(other.user_id)
        taken = self._make_request(team_id=False)
        taken.action_start()
        before = taken.user_id
        taken.team_id = self.team_a
        self.assertEqual(taken.user_id, before)

    def test_whoever_asks(self):
        """An agent of the team, a salesperson: the rules are the managers'."""
        self._set_rules({"mode": "best"})
        for user in (self.agent, self.salesman):
            request = (
                self.env["aftersales.request"]
                .with_user(user)
                .create({"team_id": self.team_a.id, "partner_id": self.customer.id})
            )
            with self.subTest(user=user.login):
                self.assertTrue(request.sudo().user_id)

    # === WHEREABOUTS === #

    def test_whereabouts(self):
        mine = self._make_jobs(self.ann, 1, team_id=self.team_a.id, subject="No cold air")
        foreign = self._make_jobs(self.ann, 1, team_id=self.team_b.id, subject="Secret")
        (mine | foreign).action_start()
        self.env["aftersales.team.absence"].create(
            {"user_id": self.bob.user_id.id, "date_start": TODAY}
        )
        ann, bob, cid = self.members.with_user(self.agent)
        self.assertEqual((ann.job_count, ann.load, ann.absence), (2, 100, False))
        self.assertIn("No cold air", ann.current_job)
        self.assertNotIn("Secret", ann.current_job)
        self.assertEqual((bob.job_count, bob.absence), (0, "Leave until 03/18/2026"))
        self.assertEqual((cid.load, cid.current_job), (0, ""))
        own = self.env["aftersales.team.member"].with_user(self.agent)
        domain = [("id", "in", self.members.ids)]
        self.assertEqual(own.search([*domain, ("absence", "!=", False)]), bob)
        self.assertEqual(own.search([*domain, ("absence", "=", False)]), ann | cid)
        action = ann.action_view_jobs()
        self.assertEqual(own.env["aftersales.request"].search(action["domain"]), mine)

    def test_load_of_a_team(self):
        self._make_jobs(self.ann, 3)
        self.env["aftersales.team.absence"].create(
            {"user_id": self.bob.user_id.id, "date_start": TODAY}
        )
        team = self.team_a.with_user(self.agent)
        self.assertEqual((team.job_count, team.capacity, team.load), (3, 4, 75))
        self.assertEqual((self.team_b.job_count, self.team_b.load), (0, 0))

    # === RIGHTS === #

    def test_who_notes_absences(self):
        """Everybody reads them; leaders note those of their people, managers all."""
        leader = self._new_user("absence_leader", "aftersales_base.group_aftersales_agent")
        office = self.env["aftersales.team"].create({"name": "Office", "leader_id": leader.id})
        self.team_a.parent_id = office
        eve = self._make_member("eve", self.team_b)
        Absence = self.env["aftersales.team.absence"]
        absences = {
            user: Absence.create({"user_id": user.id}) for user in (self.ann.user_id, eve.user_id)
        }
        may = {
            leader: self.ann.user_id,
            self.agent: self.env["res.users"],
            self.ann.user_id: self.env["res.users"],
            self.manager: self.ann.user_id | eve.user_id,
        }
        for user, people in may.items():
            for person, absence in absences.items():
                own = absence.with_user(user)
                allowed = person in people
                with self.subTest(user=user.login, person=person.login):
                    self.assertTrue(own.has_access("read"))
                    self.assertEqual(self._passes(own.write, {"reason": "ill"}), allowed)
                    self.assertEqual(self._passes(own.create, {"user_id": person.id}), allowed)
                    self.assertEqual(self._passes(own.unlink), allowed)
        self.assertFalse(absences[eve.user_id].with_user(self.settler).has_access("read"))
        own = absences[self.ann.user_id].with_user(leader)
        self.assertFalse(self._passes(own.write, {"user_id": eve.user_id.id}))

    def test_agents_read_what_managers_set(self):
        self._set_rules({"mode": "best"})
        for record in (self.cold, self.ann, self.team_a, self.team_a.rule_ids):
            for user in (self.agent, self.technician):
                own = record.with_user(user)
                with self.subTest(model=record._name, user=user.login):
                    self.assertTrue(own.has_access("read"))
                    for operation in ("write", "create", "unlink"):
                        self.assertFalse(own.has_access(operation))
            self.assertTrue(record.with_user(self.manager).has_access("write"))

    def test_skills_of_another_company(self):
        self.gas.company_id = self.other_company
        self.assertFalse(self.gas.with_user(self.manager).has_access("read"))
        request = self._make_request(product_id=self.ac.id, symptom_id=self.symptom.id)
        skills = self.cold | self.gas
        self.assertEqual(skills._get_needed_skills(request), {request: self.cold})

    def test_salesman_reads_only(self):
        """Requests of his customers: he reads them, whoever they are assigned to."""
        self.customer.user_id = self.salesman
        request = self._make_request(partner_id=self.customer.id, user_id=self.ann.user_id.id)
        own = request.with_user(self.salesman)
        self.assertTrue(own.read(["name", "region_id", "team_id", "assignee_warning"]))
        for vals in ({"user_id": self.bob.user_id.id}, {"region_id": self.north.id}):
            self.assertFalse(self._passes(own.write, vals))
        self.assertFalse(self._passes(own.action_suggest_assignee))

    # === HOW MANY QUERIES === #

    def _count_queries(self, action, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action(*args)
        return self.env.cr.sql_log_count - before

    def test_as_many_queries_for_many_people_as_for_one(self):
        request = self._make_request(
            partner_id=self.customer.id, product_id=self.ac.id, region_id=self.ne.id
        )
        few = self.env["aftersales.team"].create(
            {"name": "Few", "member_ids": [Command.create({"user_id": self.technician.id})]}
        )
        many = self.env["aftersales.team"].create({"name": "Many"})
        for number in range(12):
            member = self._make_member(f"many{number}", many)
            member.write({"skill_ids": self.cold.ids, "region_ids": self.north.ids})
            self._make_jobs(member, 1)
        few.member_ids.write({"skill_ids": self.cold.ids, "region_ids": self.north.ids})
        counts = []
        for team in (few, few, many):
            request.team_id = team
            counts.append(self._count_queries(self._suggest, request))
        self.assertLessEqual(counts[2], counts[1])
        self.assertLessEqual(counts[2], 40)
        counts = [
            self._count_queries(members.browse(members.ids).mapped, "load")
            for members in (few.member_ids, few.member_ids, many.member_ids)
        ]
        self.assertEqual(counts[1], counts[2])

    def test_as_many_queries_for_many_teams_as_for_one(self):
        teams = self.env["aftersales.team"].create(
            [
                {
                    "name": f"Team {number}",
                    "parent_id": self.team_a.id,
                    "company_id": self.company.id,
                    "member_ids": [
                        Command.create({"user_id": user.id, "capacity": 3})
                        for user in self.members.user_id
                    ],
                }
                for number in range(6)
            ]
        )
        fields = ["complete_name", "path_above", "open_request_count", "load", "job_count"]
        counts = [
            self._count_queries(batch.browse(batch.ids).read, fields)
            for batch in (teams[:1], teams[:1], teams)
        ]
        self.assertEqual(counts[1], counts[2])

    def test_as_many_queries_for_many_requests_as_for_one(self):
        self.members.capacity = 0
        self._set_rules({"mode": "best"})
        requests = self.env["aftersales.request"].create(
            [{"team_id": self.team_b.id, "partner_id": self.customer.id}] * 10
        )
        counts = [
            self._count_queries(self._rank, batch)
            for batch in (requests[:1], requests[:1], requests)
        ]
        self.assertEqual(counts[1], counts[2])
        counts = [
            self._count_queries(batch.mapped, "assignee_warning")
            for batch in (requests[:1], requests[:1], requests)
        ]
        self.assertEqual(counts[1], counts[2])
