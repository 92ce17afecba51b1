from datetime import date, datetime, timedelta

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .test_visit import NINE, NOW, TODAY, VisitCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestVisitPlanning(VisitCommon):
    """The board, what speaks against a plan, who is suggested, and who is on what."""

    # === THE BOARD === #

    def test_moved_to_another_day_keeps_the_hour(self):
        visit = self._make_visit(duration=2)
        visit.day = "2026-03-20"
        self.assertEqual(visit.planned_from, datetime(2026, 3, 20, 9))
        self.assertEqual(visit.planned_to, datetime(2026, 3, 20, 11))
        visit.day = False
        self.assertFalse(visit.planned_from or visit.planned_to)
        visit.day = "2026-03-21"
        self.assertEqual((visit.planned_from, visit.duration), (datetime(2026, 3, 21, 9), 2))
        with self.assertRaises(UserError):
            visit.day = "tomorrow"

    def test_hour_of_the_clock_stays_when_the_clocks_change(self):
        self.technician.tz = "Europe/Berlin"
        # 9 o'clock in Berlin the day before clocks go forward on 29 March.
        visit = self._make_visit(planned_from="2026-03-28 08:00:00")
        visit.day = "2026-03-29"
        self.assertEqual(visit.planned_from, datetime(2026, 3, 29, 7))
        self.assertIn("09:00–10:00", visit._format_plan())
        visit.day = "2026-10-25"
        self.assertEqual(visit.planned_from, datetime(2026, 10, 25, 8))

    def test_day_is_the_technicians(self):
        self.technician.tz = "Asia/Shanghai"
        visit = self._make_visit(planned_from="2026-03-18 20:00:00")
        self.assertEqual(visit.day, "2026-03-19")
        visit.user_id = self.other_technician
        self.assertEqual(visit.day, "2026-03-18")

    def test_resized_in_the_calendar(self):
        visit = self._make_visit()
        visit.write({"planned_from": "2026-03-19 10:00:00", "planned_to": "2026-03-19 12:30:00"})
        self.assertEqual(visit.duration, 2.5)
        dropped = self.env["aftersales.visit"].create(
            {
                "repair_id": self.order.id,
                "planned_from": "2026-03-19 14:00:00",
                "planned_to": "2026-03-19 16:00:00",
            }
        )
        self.assertEqual(dropped.duration, 2)
        self.assertFalse(self._passes_database(visit, {"repair_id": self.order.id, "duration": 0}))

    def test_new_one_in_a_column(self):
        context = {"default_repair_id": self.order.id, "default_day": "2026-03-20"}
        visit = Form(self.env["aftersales.visit"].with_context(**context)).save()
        self.assertEqual(visit.planned_from, datetime(2026, 3, 20, 9))
        visit = self.env["aftersales.visit"].with_context(**context).create({})
        self.assertEqual((visit.day, visit.planned_from), ("2026-03-20", datetime(2026, 3, 20, 9)))

    def test_columns_of_the_board(self):
        self._make_visit(planned_from="2026-03-30 09:00:00")
        Visit = self.env["aftersales.visit"].with_context(read_group_expand=True)
        mine = [("repair_id", "=", self.order.id)]
        days = [
            group["day"] for group in Visit.web_read_group(mine, ["day"], ["__count"])["groups"]
        ]
        week = [f"2026-03-{day}" for day in range(18, 25)]
        self.assertEqual(days, [False, *week, "2026-03-30"])
        groups = Visit.with_user(self.technician).web_read_group(mine, ["day"], ["__count"])
        self.assertEqual([group["day"] for group in groups["groups"]], [*week, "2026-03-30"])
        groups = Visit.web_read_group(mine, ["user_id"], ["__count"])["groups"]
        people = {group["user_id"][0] for group in groups}
        self.assertLessEqual({self.technician.id, self.other_technician.id}, people)

    def test_filters(self):
        late = self._make_visit(planned_from="2026-03-18 07:00:00")
        planned = self._make_visit(planned_from="2026-03-20 07:00:00")
        unplanned = self._make_visit(planned_from=False)
        arch = self.env.ref("aftersales_repair.aftersales_visit_view_search")
        with Form(late) as form:
            self.assertTrue(form.is_late)
        Visit = self.env["aftersales.visit"]
        mine = [("repair_id", "=", self.order.id)]
        found = {
            node.get("name"): Visit.search(mine + self._parse_domain(node.get("domain")))
            for node in self._get_filters(arch)
        }
        self.assertEqual(found["late"], late)
        self.assertEqual(found["unplanned"], unplanned)
        self.assertEqual(found["today"], late)
        self.assertEqual(found["week"], late | planned)
        self.assertEqual(found["board"], late | planned | unplanned)
        self.assertFalse(found["done"] | found["under_way"] | found["first"])

    def _get_filters(self, view):
        return etree.fromstring(view.arch).xpath("//filter[@domain]")

    def _parse_domain(self, text):
        return safe_eval(text, {"uid": self.env.uid})

    # === WHAT SPEAKS AGAINST THE PLAN === #

    def test_nothing_speaks_against_it(self):
        self.assertFalse(self._make_visit().planning_warning)

    def test_overlap_warns_and_blocks_nothing(self):
        first = self._make_visit(duration=2)
        second = self._make_visit(planned_from="2026-03-18 10:00:00")
        after = self._make_visit(planned_from="2026-03-18 11:00:00")
        self.member.capacity = 0
        (first | second | after).invalidate_recordset()
        self.assertIn(second.name, first.planning_warning)
        self.assertIn(first.name, second.planning_warning)
        self.assertFalse(after.planning_warning)
        second.user_id = self.other_technician
        first.invalidate_recordset()
        self.assertFalse(first.planning_warning or second.planning_warning)

    def test_overlap_on_the_form(self):
        first = self._make_visit()
        with Form(
            self.env["aftersales.visit"].with_context(default_repair_id=self.order.id)
        ) as form:
            form.planned_from = NINE
            self.assertIn(first.name, form.planning_warning)

    def test_absent(self):
        self.env["aftersales.team.absence"].create(
            {"user_id": self.technician.id, "date_start": TODAY, "reason": "ill"}
        )
        self.assertIn("Ill", self._make_visit().planning_warning)

    def test_outside_working_hours(self):
        visit = self._make_visit(planned_from="2026-03-18 19:00:00")
        self.assertIn("working hours", visit.planning_warning)
        saturday = self._make_visit(planned_from="2026-03-21 09:00:00")
        self.assertIn("Day off", saturday.planning_warning)

    def test_too_much_for_the_day(self):
        orders = [
            self._make_order(request_id=self._make_request(unit_id=self.unit.id).id)
            for __ in range(3)
        ]
        visits = [
            self._make_visit(
                repair_id=order.id,
                user_id=self.technician.id,
                planned_from=NINE + timedelta(hours=2 * number),
            )
            for number, order in enumerate(orders)
        ]
        self.assertIn("has 4 jobs on 03/18/2026", visits[0].planning_warning)
        visits[2].day = "2026-03-19"
        self.member.capacity = 3
        visits[0].invalidate_recordset()
        self.assertFalse(visits[0].planning_warning)

    def test_judged_by_the_clock_of_who_goes(self):
        """At eight in the evening here it is the next morning where he works."""
        self.technician.tz = "Asia/Shanghai"
        self.env["aftersales.team.absence"].create(
            {"user_id": self.technician.id, "date_start": "2026-03-20", "reason": "ill"}
        )
        self.member.capacity = 1
        evening = self._make_visit(planned_from="2026-03-19 20:00:00")
        self.assertIn("not there on 03/20/2026", evening.planning_warning)
        morning = self._make_visit(planned_from="2026-03-20 03:00:00")
        self.assertIn("has 2 jobs on 03/20/2026", morning.planning_warning)
        day_before = self._make_visit(planned_from="2026-03-19 03:00:00")
        self.assertNotIn("not there", day_before.planning_warning or "")
        self.assertNotIn("jobs on", day_before.planning_warning or "")

    def test_past_and_begun_plans_are_not_judged(self):
        visit = self._make_visit(planned_from="2026-03-18 19:00:00")
        visit.action_start()
        self.assertFalse(visit.planning_warning)
        self.assertFalse(self._make_visit(planned_from="2026-03-17 19:00:00").planning_warning)

    def test_week_of_visits_asks_as_much_as_one(self):
        people = self.technician | self.other_technician | self.agent | self.manager
        visits = self.env["aftersales.visit"].create(
            [
                {
                    "repair_id": self.order.id,
                    "user_id": people[number % 4].id,
                    "planned_from": NINE + timedelta(hours=number),
                }
                for number in range(60)
            ]
        )
        for fnames in (["planning_warning"], ["address", "phone", "is_late", "display_name"]):
            counts = []
            for batch in (visits[:1], visits[:1], visits):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                batch.browse(batch.ids).read(fnames)
                counts.append(self.env.cr.sql_log_count - before)
            self.assertLessEqual(counts[2], counts[1])
            self.assertLessEqual(counts[2], 30)

    # === WHO GOES === #

    def test_suggested_technician(self):
        self.order.technician_id = False
        self.request.user_id = False
        visit = self._make_visit(user_id=False, planned_from="2026-03-19 09:00:00")
        north = self.env["aftersales.region"].create({"name": "North"})
        self.env.flush_all()
        self.other_member.region_ids = north
        self.request.region_id = north
        own = visit.with_user(self.agent)
        wizard = (
            self.env["aftersales.assignee.suggest"]
            .with_user(self.agent)
            .browse(own.action_suggest_technician()["res_id"])
        )
        best = wizard.line_ids[0]
        self.assertEqual(best.user_id, self.other_technician)
        self.assertIn("North", best.reasons)
        wizard.date_planned = "2026-03-20 13:00:00"
        self.env.flush_all()
        self.env.invalidate_all()
        best.action_assign()
        self.assertEqual(visit.user_id, self.other_technician)
        self.assertEqual(visit.planned_from, datetime(2026, 3, 20, 13))
        self.assertEqual(self.request.user_id.id, False)

    def test_suggested_for_an_order_without_request(self):
        order = self._make_order(unit_id=self.unit.id, team_id=self.team_a.id)
        visit = self._make_visit(repair_id=order.id, user_id=self.technician.id)
        wizard = self.env["aftersales.assignee.suggest"].browse(
            visit.action_suggest_technician()["res_id"]
        )
        line = wizard.line_ids.filtered(lambda line: line.user_id == self.technician)
        # The request behind the other order of his; this visit itself is none more.
        self.assertEqual(line.jobs, 1)
        self.assertFalse(self.env["aftersales.request"].search([("subject", "=", False)]))
        wizard.line_ids.filtered(lambda line: line.user_id == self.other_technician).action_assign()
        self.assertEqual(visit.user_id, self.other_technician)

    def test_a_visit_is_the_job(self):
        def jobs(member, day=TODAY):
            return self.member._get_member_jobs(day).get(member.user_id.id, set()) | (
                self.other_member._get_member_jobs(day).get(member.user_id.id, set())
            )

        self.assertEqual(jobs(self.member), {("repair.order", self.order.id)})
        visit = self._make_visit(planned_from="2026-03-20 09:00:00")
        self.assertEqual(jobs(self.member), set())
        self.assertEqual(jobs(self.member, date(2026, 3, 20)), {(visit._name, visit.id)})
        visit.user_id = self.other_technician
        self.assertFalse(jobs(self.member) or jobs(self.member, date(2026, 3, 20)))
        self.assertEqual(jobs(self.other_member, date(2026, 3, 20)), {(visit._name, visit.id)})
        visit.action_cancel()
        self.assertFalse(jobs(self.other_member, date(2026, 3, 20)))

    def test_whereabouts(self):
        visit = self._make_visit()
        member = self.member.with_user(self.agent)
        visit.action_start()
        self.assertEqual(member.current_job.count(visit.name), 1)
        self.assertIn("On the Way", member.current_job)
        visit.action_arrive()
        self.order.action_validate()
        self.order.action_repair_start()
        member.invalidate_recordset()
        self.assertIn("At Work", member.current_job)
        visit.action_finish(result="solved")
        member.invalidate_recordset()
        self.assertNotIn(visit.name, member.current_job)
        self.assertIn(self.order.name, member.current_job)
        self.assertEqual(
            self.env["aftersales.request"].search(self.member.action_view_jobs()["domain"]),
            self.request,
        )


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestVisitNews(VisitCommon):
    """The technician is told what changes, once, in his language; the slip tells the rest."""

    def setUp(self):
        super().setUp()
        self.technician.email = "tech@example.com"
        self.other_technician.email = "other@example.com"
        self.env.user.email = "desk@example.com"
        self.seen = 0
        self._take_mails()

    def _take_mails(self):
        """Return ``[(to, subject)]`` of what was sent since, the oldest first."""
        self.env.flush_all()
        mails = self.env["mail.mail"].sudo().search([("id", ">", self.seen)], order="id")
        self.seen = max(mails.ids, default=self.seen)
        return [(mail.recipient_ids.email, mail.subject) for mail in mails]

    def test_planned_moved_cancelled(self):
        visit = self._make_visit(planned_from=False)
        self.assertFalse(self._take_mails())
        visit.planned_from = NINE
        ((to, subject),) = self._take_mails()
        self.assertEqual(to, "tech@example.com")
        self.assertIn("09:00–10:00", subject)
        visit.note = "Ring twice"
        visit.planned_from = NINE
        self.assertFalse(self._take_mails())
        visit.day = "2026-03-19"
        ((__, subject),) = self._take_mails()
        self.assertIn("moved", subject)
        visit.action_cancel()
        visit.action_cancel()
        ((to, subject),) = self._take_mails()
        self.assertEqual((to, subject), ("tech@example.com", f"Visit {visit.name} is off"))

    def test_given_to_somebody_else(self):
        visit = self._make_visit()
        self._take_mails()
        visit.user_id = self.other_technician
        told = self._take_mails()
        self.assertEqual([to for to, __ in told], ["tech@example.com", "other@example.com"])
        self.assertIn("is off", told[0][1])

    def test_steps_tell_nothing(self):
        visit = self._make_visit()
        self._take_mails()
        self._go(visit, "solved")
        self.assertFalse(self._take_mails())

    def test_who_plans_for_himself_is_not_told(self):
        self.env["aftersales.visit"].with_user(self.technician).create(
            {"repair_id": self.order.id, "planned_from": NINE}
        )
        self.assertFalse(self._take_mails())

    def test_in_his_language_and_by_his_clock(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.technician.write({"lang": "fr_FR", "tz": "Asia/Shanghai"})
        template = self.env.ref("aftersales_repair.mail_template_visit_planned")
        template.with_context(lang="fr_FR").subject = "Visite {{ object._format_plan() }}"
        self._make_visit()
        ((__, subject),) = self._take_mails()
        self.assertRegex(
            subject, r"^Visite mercredi,? 18 mars 2026, 17:00–18:00 \(Asia/Shanghai\)$"
        )

    def test_activity(self):
        visit = self._make_visit()
        activity = visit.activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (self.technician, TODAY))
        visit.write({"day": "2026-03-20"})
        self.assertEqual(visit.activity_ids, activity)
        self.assertEqual(activity.date_deadline, date(2026, 3, 20))
        visit.user_id = self.other_technician
        self.assertEqual(visit.activity_ids.user_id, self.other_technician)
        visit.with_user(self.other_technician).action_arrive()
        self.assertTrue(visit.activity_ids)
        visit.with_user(self.other_technician).action_finish(result="solved")
        self.assertFalse(visit.activity_ids)

    def _render_slip(self, visit, user=None):
        html, __ = (
            self.env["ir.actions.report"]
            .with_user(user or self.technician)
            ._render_qweb_html("aftersales_repair.action_report_visit_slip", visit.ids)
        )
        return html.decode()

    def test_slip(self):
        self.customer.write({"street": "1 Lake & Wood Street", "zip": "60601", "city": "Chicago"})
        visit = self._make_visit(
            planned_from="2026-03-30 08:00:00", accessories="Ladder", note="Ring twice"
        )
        self.technician.tz = "Europe/Berlin"
        html = self._render_slip(visit)
        self.assertIn("10:00–11:00 (Europe/Berlin)", html)
        for text in (
            visit.name,
            self.order.name,
            self.request.name,
            "No cold air",
            "Lin Household",
            "+86 138 0000 0001",
            "Compressor",
            "Ladder",
            "Ring twice",
            "https://www.openstreetmap.org/search?query=1+Lake+%26+Wood+Street%2C+60601%2C+Chicago",
            "/report/barcode/QR/",
            f"%2Fodoo%2Fvisits%2F{visit.id}",
        ):
            with self.subTest(text=text):
                self.assertIn(text, html)
        self.technician.tz = "America/Chicago"
        self.assertIn("03:00–04:00 (America/Chicago)", self._render_slip(visit, self.agent))

    def test_slip_of_a_visit_with_little_known(self):
        self.customer.write({"street": False, "zip": False, "city": False, "phone": False})
        order = self._make_order(parts=[], unit_id=self.unit.id)
        visit = self._make_visit(repair_id=order.id, user_id=False, planned_from=False)
        self.assertFalse(visit.map_url)
        html = self._render_slip(visit, self.agent)
        self.assertIn("No time yet", html)
        self.assertNotIn("Planned parts", html)

    def test_slip_names_who_goes_along(self):
        visit = self._make_visit()
        colleague = self.env["aftersales.visit"].browse(visit.action_add_colleague()["res_id"])
        colleague.user_id = self.other_technician
        self.assertIn(self.other_technician.name, self._render_slip(visit))
        self.assertIn("<span>50</span> % of the labour", self._render_slip(visit))

    def test_team_member_of_two_teams_counts_once(self):
        self.env["aftersales.team"].create(
            {
                "name": "Other",
                "member_ids": [Command.create({"user_id": self.technician.id, "capacity": 9})],
            }
        )
        self.assertFalse(self._make_visit().planning_warning)
