from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .common import AftersalesCommon

MONDAY = datetime(2026, 3, 2, 8, 0)


@tagged("post_install", "-at_install")
class TestWorkday(AftersalesCommon):
    """The first screen of the day: what is mine, in the order of the clocks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.policy_sla = cls.env["aftersales.sla.policy"].create(
            {"name": "Around the clock", "response_hours": 1, "resolution_hours": 10}
        )
        cls.startClassPatcher(freeze_time(MONDAY))
        cls.late = cls._report("Late", hours=-20)
        cls.at_risk = cls._report("At risk", hours=-9)
        cls.fresh = cls._report("Fresh")
        cls.planned = cls._report("Planned", date_planned=MONDAY + timedelta(hours=2))
        cls.paused = cls._report("Paused", hours=-1)
        cls.paused.action_start()
        cls.paused.action_wait()
        cls.free = cls._report("Nobody", user_id=False)
        cls.done = cls._report("Done")
        cls.done.action_done()
        cls.of_other = cls._report("Other", team_id=cls.team_b.id, user_id=cls.other_agent.id)

    @classmethod
    def _report(cls, subject, hours=0, **vals):
        return cls._make_request(
            **{
                "subject": subject,
                "user_id": cls.agent.id,
                "date_reported": MONDAY + timedelta(hours=hours),
                **vals,
            }
        )

    def _get(self, user):
        workday = self.env["aftersales.workday"].with_user(user)
        return workday.with_context(allowed_company_ids=user.company_id.ids).get_today()

    def _get_counts(self, user, model="aftersales.request"):
        group = next(group for group in self._get(user)["groups"] if group["model"] == model)
        counts = {count["key"]: count["count"] for count in group["counts"]}
        return {"open": group["open"], **counts}

    def test_what_is_mine_in_the_order_of_the_clock(self):
        titles = [item["title"] for item in self._get(self.agent)["items"]]
        self.assertEqual(titles, ["Late", "At risk", "Planned", "Fresh", "Paused"])

    def test_each_line_says_what_it_is_about(self):
        late = self._get(self.agent)["items"][0]
        self.assertEqual((late["model"], late["id"]), (self.late._name, self.late.id))
        self.assertEqual((late["name"], late["clock"]), (self.late.name, "late"))
        paused = self._get(self.agent)["items"][-1]
        self.assertEqual(paused["waits_for"], self.paused.pause_reason_id.name)

    def test_counts_lead_to_lists_that_show_what_they_count(self):
        counts = self._get_counts(self.agent)
        expected = {
            "open": self.late | self.at_risk | self.fresh | self.planned | self.paused,
            "late": self.late,
            "at_risk": self.at_risk,
            "today": self.at_risk | self.fresh | self.planned,
            "waiting": self.paused,
            "unassigned": self.free,
        }
        self.assertEqual(counts, {key: len(requests) for key, requests in expected.items()})
        for key, requests in expected.items():
            action = (
                self.env["aftersales.workday"]
                .with_user(self.agent)
                .open_list("aftersales.request", key)
            )
            found = self.env["aftersales.request"].with_user(self.agent).search(action["domain"])
            self.assertEqual(found, requests.with_user(self.agent), key)

    def test_a_technician_sees_his_own_and_nothing_to_take(self):
        self.fresh.user_id = self.technician
        counts = self._get_counts(self.technician)
        self.assertEqual(counts["open"], 1)
        self.assertNotIn("unassigned", counts)
        self.assertFalse(self._get(self.technician)["may_create"])

    def test_nobody_has_counts_teams_of_mine_and_below(self):
        self.assertEqual(self._get_counts(self.other_agent)["unassigned"], 0)
        self.team_b.leader_id = self.other_agent
        self.team_a.parent_id = self.team_b
        self.env.flush_all()
        self.assertEqual(self._get_counts(self.other_agent)["unassigned"], 1)

    def test_empty_for_who_has_nothing(self):
        work = self._get(self.other_technician)
        self.assertEqual((work["items"], work["todos"], work["total"]), ([], [], 0))

    def test_to_dos_of_today_and_before(self):
        for days, summary in ((-1, "Call him"), (0, "Write to him"), (1, "Later")):
            self.fresh.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=(MONDAY + timedelta(days=days)).date(),
                summary=summary,
                user_id=self.agent.id,
            )
        self.customer.activity_schedule(
            "mail.mail_activity_data_todo", summary="Not ours", user_id=self.agent.id
        )
        todos = self._get(self.agent)["todos"]
        self.assertEqual([todo["title"] for todo in todos], ["Call him", "Write to him"])
        self.assertEqual([todo["days_late"] for todo in todos], [1, 0])
        self.assertEqual((todos[0]["model"], todos[0]["res_id"]), (self.fresh._name, self.fresh.id))

    def test_other_companies_stay_out(self):
        self.agent.company_ids |= self.other_company
        self._report("Elsewhere", company_id=self.other_company.id, team_id=False)
        titles = [item["title"] for item in self._get(self.agent)["items"]]
        self.assertNotIn("Elsewhere", titles)
        both = self.env["aftersales.workday"].with_user(self.agent)
        both = both.with_context(allowed_company_ids=self.agent.company_ids.ids)
        self.assertIn("Elsewhere", [item["title"] for item in both.get_today()["items"]])

    def test_strangers_are_refused(self):
        for user in (self.salesman, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._get(user)
        workday = self.env["aftersales.workday"].with_user(self.agent)
        for document, key in (("res.users", "open"), ("aftersales.request", "all")):
            with self.subTest(document=document), self.assertRaises(AccessError):
                workday.open_list(document, key)

    def test_queries_do_not_grow_with_work(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._get(self.agent)
            return self.cr.sql_log_count - before

        def add(number):
            for hours in range(number):
                self._report("More", hours=-hours).activity_schedule(
                    "mail.mail_activity_data_todo", user_id=self.agent.id
                )

        add(3)
        count()
        few = count()
        add(30)
        self.assertLessEqual(count(), few + 1)

    # === TEAMS === #

    def test_team_cards_count_and_lead_to_what_they_count(self):
        self.policy_sla.warning_percent = 80
        self.team_a.flush_recordset()
        team = self.team_a.with_user(self.agent)
        expected = {
            "open": 6,
            "new": 5,
            "unassigned": 1,
            "urgent": 0,
            "at_risk": 1,
            "late": 1,
            "due_today": 4,
            "waiting": 1,
        }
        counts = {key: team[f"{key}_request_count"] for key in expected}
        self.assertEqual(counts, expected)
        filters = self.env.ref("aftersales_base.aftersales_request_view_search").arch
        for key in expected:
            action = getattr(team, f"action_view_{'requests' if key == 'open' else key}")()
            names = [
                name.removeprefix("search_default_")
                for name in action["context"]
                if name.startswith("search_default_") and name != "search_default_team_id"
            ]
            self.assertTrue(names)
            for name in names:
                self.assertIn(f'name="{name}"', filters)

    def test_queries_do_not_grow_with_teams(self):
        fnames = [name for name in self.team_a._fields if name.endswith("_request_count")]

        def count(teams):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            teams.with_user(self.agent).read(fnames)
            return self.cr.sql_log_count - before

        many = self.env["aftersales.team"].create([{"name": f"T{i}"} for i in range(20)])
        count(self.team_a)
        self.assertLessEqual(count(many | self.team_a), count(self.team_a))

    def test_repeat_rate_is_averaged(self):
        requests = self.late | self.fresh
        self.fresh.repeat_of_id = self.late
        self.env.flush_all()
        ((rate,),) = self.env["aftersales.request"]._read_group(
            [("id", "in", requests.ids)], [], ["repeat_rate:avg"]
        )
        self.assertEqual(rate, 50)


@tagged("post_install", "-at_install")
class TestWorkdayTour(AftersalesCommon, HttpCase):
    """My Work Today in the browser; it has its own clock, so nothing is frozen."""

    browser_size = "1400x900"

    def test_every_line_is_a_click(self):
        self.env["aftersales.sla.policy"].search([]).active = False
        self.env["aftersales.sla.policy"].create({"name": "One hour", "resolution_hours": 1})
        now = datetime.now()
        self._make_request(
            subject="No heat", user_id=self.agent.id, date_reported=now - timedelta(days=2)
        )
        drips = self._make_request(subject="Drips", user_id=self.agent.id)
        drips.activity_schedule(
            "mail.mail_activity_data_todo", summary="Call her", user_id=self.agent.id
        )
        self.start_tour("/odoo/my-work", "aftersales_workday", login=self.agent.login)
