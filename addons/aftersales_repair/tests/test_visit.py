from datetime import date, datetime, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RepairCommon

# A Wednesday.
NOW = "2026-03-18 08:00:00"
TODAY = date(2026, 3, 18)
NINE = datetime(2026, 3, 18, 9)


class VisitCommon(RepairCommon):
    """A work order of team A, planned for ``technician``, at a desk that lives by UTC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.company.resource_calendar_id.tz = "UTC"
        users = cls.technician | cls.other_technician | cls.agent | cls.env.user
        users.tz = "UTC"
        cls.member, cls.other_member = cls.env["aftersales.team.member"].create(
            [
                {"team_id": cls.team_a.id, "user_id": user.id, "capacity": 2}
                for user in (cls.technician, cls.other_technician)
            ]
        )
        cls.order = cls._make_order()

    @classmethod
    def _make_visit(cls, **vals):
        vals = {"repair_id": cls.order.id, "planned_from": NINE, **vals}
        return cls.env["aftersales.visit"].create(vals)

    def _go(self, visit, until="at_work", hours=1):
        """Set out, arrive and stay, an hour later each."""
        with freeze_time(NOW) as clock:
            clock.tick(timedelta(minutes=30))
            visit.action_start()
            clock.tick(timedelta(minutes=30))
            visit.action_arrive()
            if until != "at_work":
                clock.tick(timedelta(hours=hours))
                visit.action_finish(result=until, delay_reason="Rust" if hours > 1 else None)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestVisit(VisitCommon):
    """One trip: planned, on the way, at work, done; each step writes its time."""

    def test_a_visit_that_moves_takes_back_no_correction(self):
        visit = self._make_visit()
        charge = self._make_charge(self.labour, repair_id=self.order.id)
        charge.write({"user_id": self.other_technician.id, "cause_id": self.cause_wear.id})
        visit.planned_from = "2026-03-19 09:00:00"
        self.env.flush_all()
        charge.invalidate_recordset()
        self.assertEqual(charge.user_id, self.other_technician)
        self.assertEqual(charge.cause_id, self.cause_wear)

    def test_planned_by_form(self):
        with Form(
            self.env["aftersales.visit"].with_context(default_repair_id=self.order.id)
        ) as form:
            self.assertEqual(form.user_id, self.technician)
            form.planned_from = NINE
            form.duration = 1.5
            self.assertEqual(form.planned_to, datetime(2026, 3, 18, 10, 30))
            self.assertEqual(form.place_id, self.customer)
        visit = form.save()
        self.assertRegex(visit.name, r"^VI2603\d{5}$")
        self.assertEqual(visit.company_id, self.company)
        self.assertEqual((visit.request_id, visit.unit_id), (self.request, self.unit))
        self.assertEqual((visit.team_id, visit.day), (self.team_a, "2026-03-18"))
        self.assertEqual(visit.display_name, f"{visit.name} · Lin Household")

    def test_whole_day_of_the_technician(self):
        visit = self._make_visit().with_user(self.technician)
        self.assertEqual(self.order.progress, "planned")
        with freeze_time(NOW) as clock:
            visit.action_start()
            self.assertEqual((visit.state, self.order.progress), ("on_way", "on_way"))
            self.assertEqual(self.request.state, "in_progress")
            clock.tick(timedelta(minutes=75))
            visit.action_arrive()
            self.assertEqual(self.order.progress, "in_work")
            visit.cause_id = self.cause_wear
            clock.tick(timedelta(minutes=45))
            wizard = Form(
                self.env["aftersales.visit.finish"]
                .with_user(self.technician)
                .with_context(default_visit_id=visit.id)
            )
            self.assertFalse(wizard.is_delayed)
            wizard.result = "solved"
            wizard.result_note = "New compressor"
            wizard.save().action_finish()
        self.assertEqual(visit.state, "done")
        self.assertEqual((visit.travel_hours, visit.work_hours), (1.25, 0.75))
        self.assertEqual((visit.late_minutes, visit.over_minutes), (15, 0))
        self.assertEqual((visit.is_first, visit.first_fix), (True, 100))
        self.assertEqual(self.order.cause_id, self.cause_wear)

    def test_double_tap_does_nothing_twice(self):
        visit = self._make_visit().with_user(self.technician)
        for step in (visit.action_start, visit.action_arrive):
            step()
            times = visit.travel_started, visit.arrived
            with freeze_time("2026-03-18 08:01:00"):
                visit.action_start()
                step()
            self.assertEqual((visit.travel_started, visit.arrived), times)
        self.assertEqual(visit.state, "at_work")
        visit.action_finish(result="solved")
        visit.action_finish(result="parts_needed")
        self.assertEqual((visit.state, visit.result), ("done", "solved"))

    def test_times_are_written_by_steps_only(self):
        visit = self._make_visit()
        for fname in ("travel_started", "arrived", "left", "travel_hours", "work_hours", "name"):
            with self.subTest(field=fname):
                self.assertFalse(self._passes(visit.write, {fname: 1 if "hours" in fname else NOW}))
        forged = self._make_visit(arrived=NOW, left=NOW, travel_started=NOW)
        self.assertFalse(forged.arrived or forged.left or forged.travel_started)
        with self.assertRaises(UserError):
            self._make_visit(state="done")

    def test_table_of_steps(self):
        technicians = {"technician", "agent", "manager"}
        agents = {"agent", "manager"}
        steps = {
            ("planned", "on_way"): technicians,
            ("planned", "at_work"): technicians,
            ("planned", "cancelled"): agents,
            ("on_way", "at_work"): technicians,
            ("on_way", "planned"): agents,
            ("on_way", "cancelled"): agents,
            ("at_work", "done"): technicians,
            ("at_work", "planned"): agents,
            ("done", "at_work"): agents,
            ("not_possible", "planned"): agents,
            ("cancelled", "planned"): agents,
        }
        visit = self._make_visit()
        visit.sudo().result = "solved"
        states = list(dict(visit._fields["state"].selection))
        for origin in states:
            self._force_state(visit, origin)
            for target in states:
                if origin == target:
                    continue
                for role in ("technician", "agent", "manager", "settler", "other_technician"):
                    own = visit.with_user(getattr(self, role))
                    with self.subTest(step=(origin, target), role=role):
                        self.assertEqual(
                            self._passes(own.write, {"state": target}),
                            role in steps.get((origin, target), ()),
                        )

    def test_not_possible_needs_a_fitting_result(self):
        visit = self._make_visit()
        visit.action_start()
        self.assertFalse(self._passes(visit.write, {"state": "not_possible"}))
        self.assertFalse(self._passes(visit.write, {"state": "not_possible", "result": "solved"}))
        visit.write({"state": "not_possible", "result": "not_home"})
        self.assertTrue(visit.left)
        self.assertFalse(visit.first_fix)
        with self.assertRaises(ValidationError):
            visit.result = "solved"
        visit.action_put_back()
        self.assertEqual(
            (visit.state, visit.travel_started, visit.result), ("planned", False, False)
        )

    def test_nobody_goes_without_a_name(self):
        visit = self._make_visit(user_id=False)
        with self.assertRaisesRegex(UserError, "technician"):
            visit.action_start()

    def test_late_asks_why(self):
        visit = self._make_visit()
        with freeze_time("2026-03-18 09:30:00"):
            visit.action_arrive()
            with self.assertRaisesRegex(UserError, "late"):
                visit.action_finish(result="solved")
            visit.action_finish(result="solved", delay_reason="Traffic")
        self.assertEqual((visit.late_minutes, visit.delay_reason), (30, "Traffic"))

    def test_longer_asks_why(self):
        visit = self._make_visit()
        visit.action_arrive()
        with freeze_time("2026-03-18 10:00:00"):
            wizard = self.env["aftersales.visit.finish"].create(
                {"visit_id": visit.id, "result": "solved"}
            )
            self.assertTrue(wizard.is_delayed)
            self.assertFalse(self._passes(wizard.action_finish))
            wizard.delay_reason = "Rust"
            wizard.action_finish()
        self.assertEqual(visit.over_minutes, 60)

    def test_next_visit(self):
        visit = self._make_visit()
        visit.action_arrive()
        visit.action_finish(result="parts_needed", next_wanted="2026-03-25")
        action = visit.action_plan_next()
        following = self.env["aftersales.visit"].browse(action["res_id"])
        self.assertEqual((following.repair_id, following.user_id), (self.order, self.technician))
        self.assertEqual(following.planned_from, datetime(2026, 3, 25, 9))
        self.assertEqual(visit.next_ids, following)
        self.assertEqual(self.order.visit_count, 2)
        with freeze_time("2026-03-25 09:00:00"):
            following.action_arrive()
            following.action_finish(result="solved")
        self.assertEqual((visit.is_first, visit.first_fix), (True, 0))
        self.assertEqual((following.is_first, following.first_fix), (False, 0))

    def test_several_technicians_share_the_labour(self):
        visit = self._make_visit()
        action = visit.action_add_colleague()
        second = self.env["aftersales.visit"].browse(action["res_id"])
        second.user_id = self.other_technician
        self.assertEqual((visit.labour_share, second.labour_share), (50, 50))
        visit.action_add_colleague()
        self.assertEqual(sum(self.order.visit_ids.mapped("labour_share")), 100)
        visit.labour_share = 90
        self.assertIn("share", second.planning_warning)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            visit.labour_share = 130
            self.env.flush_all()

    def test_plan_of_what_has_begun_stays(self):
        visit = self._make_visit()
        visit.action_start()
        for vals in (
            {"planned_from": "2026-03-19 09:00:00"},
            {"day": "2026-03-19"},
            {"user_id": self.other_technician.id},
            {"duration": 3},
        ):
            with self.subTest(vals=vals):
                self.assertFalse(self._passes(visit.write, vals))

    def test_order_follows_its_visits(self):
        order = self._make_order(unit_id=self.unit.id, technician_id=False)
        self._make_visit(
            repair_id=order.id, user_id=self.other_technician.id, planned_from="2026-03-20 10:00:00"
        )
        self.assertEqual(order.technician_id, self.other_technician)
        self.assertEqual(order.schedule_date, datetime(2026, 3, 20, 10))
        order.action_repair_cancel()
        self.assertEqual(order.visit_ids.state, "cancelled")
        self.assertEqual(order.progress, "cancelled")

    def test_request_is_planned_for_its_next_visit(self):
        self.request.date_expected = "2026-03-19 09:00:00"
        later = self._make_visit(planned_from="2026-03-20 10:00:00")
        self.assertEqual(self.request.date_planned, datetime(2026, 3, 20, 10))
        sooner = self._make_visit()
        self.assertEqual(self.request.date_planned, NINE)
        self._go(sooner, "follow_up")
        later.planned_from = "2026-03-21 10:00:00"
        self.assertEqual(self.request.date_planned, datetime(2026, 3, 21, 10))
        self.assertEqual(self.request.date_expected, datetime(2026, 3, 19, 9))

    def test_orders_that_are_deleted(self):
        order = self._make_order(parts=[])
        visit = self._make_visit(repair_id=order.id)
        activity = visit.activity_ids
        self.assertTrue(activity)
        order.unlink()
        self.assertFalse(visit.exists() or activity.exists())
        begun = self._make_visit()
        begun.action_start()
        self.assertFalse(self._passes(begun.unlink))
        self.assertFalse(self._passes(self.order.unlink))

    def test_buttons_of_the_order(self):
        self.order.schedule_date = "2026-03-19 10:00:00"
        action = self.order.action_plan_visit()
        with Form(self.env["aftersales.visit"].with_context(**action["context"])) as form:
            self.assertEqual(form.planned_from, datetime(2026, 3, 19, 10))
        visit = form.save()
        action = self.order.action_view_visits()
        self.assertEqual(self.env["aftersales.visit"].search(action["domain"]), visit)
        printed = self.order.with_user(self.technician).action_print_slips()
        self.assertEqual(printed["context"]["active_ids"], visit.ids)

    def test_on_the_page_of_the_unit(self):
        visit = self._make_visit()
        self._go(visit, "solved")
        self._make_visit(planned_from="2026-03-30 09:00:00")
        events = self.unit.get_timeline()["events"]
        told = [event for event in events if event["res_model"] == "aftersales.visit"]
        self.assertEqual([event["res_id"] for event in told], visit.ids)
        self.assertIn("Solved", told[0]["text"])
        self.assertIn(self.technician.name, told[0]["text"])


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestVisitRoles(VisitCommon):
    """A technician sees and does his own visits, an agent those of his teams."""

    def test_technician_plans_his_own(self):
        visit = (
            self.env["aftersales.visit"]
            .with_user(self.technician)
            .create({"repair_id": self.order.id, "planned_from": NINE})
        )
        self.assertEqual(visit.user_id, self.technician)
        visit.planned_from = "2026-03-19 09:00:00"
        visit.action_start()
        self.assertEqual(visit.state, "on_way")

    def test_technician_changes_no_colleagues_visit(self):
        visit = self._make_visit(user_id=self.other_technician.id).with_user(self.technician)
        # His order: he sees who goes there.
        self.assertEqual(visit.planned_from, NINE)
        for attempt in (
            lambda: visit.write({"note": "x"}),
            lambda: visit.write({"user_id": self.technician.id}),
            lambda: visit.write({"state": "on_way"}),
            lambda: visit.action_finish(result="solved"),
            lambda: visit.action_plan_next(),
            lambda: visit.unlink(),
        ):
            self.assertFalse(self._passes(attempt))

    def test_who_has_nothing_to_do_with_it_sees_nothing(self):
        visit = self._make_visit()
        for user in (self.other_technician, self.other_agent):
            own = visit.with_user(user)
            self.assertFalse(own.search([("id", "=", visit.id)]))
            for attempt in (
                lambda own=own: own.read(["name"]),
                lambda own=own: own.write({"note": "x"}),
                lambda own=own: own.action_start(),
                lambda own=own, user=user: own.create(
                    {"repair_id": self.order.id, "user_id": user.id}
                ),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        for user in (self.settler, self.salesman, self.portal):
            with self.assertRaises(AccessError):
                visit.with_user(user).read(["name"])

    def test_a_visit_opens_no_other_order(self):
        foreign = self._make_order(technician_id=self.other_technician.id)
        Visit = self.env["aftersales.visit"].with_user(self.technician)
        with self.assertRaises(AccessError):
            Visit.create({"repair_id": foreign.id})
        with self.assertRaises(AccessError):
            Visit.with_context(default_repair_id=foreign.id).create({})
        defaults = self.env["ir.default"].with_user(self.technician)
        defaults.set("aftersales.visit", "repair_id", foreign.id, user_id=True)
        with self.assertRaises(AccessError):
            Visit.create({})
        own = self._make_visit().with_user(self.technician)
        with self.assertRaises(AccessError):
            own.repair_id = foreign

    def test_nobody_gives_his_visit_away_but_who_plans(self):
        visit = self._make_visit()
        self.assertFalse(
            self._passes(
                visit.with_user(self.technician).write, {"user_id": self.other_technician.id}
            )
        )
        visit.with_user(self.agent).user_id = self.other_technician
        self.assertEqual(visit.user_id, self.other_technician)

    def test_who_is_sent_works_on_the_order(self):
        order = self.order.with_user(self.other_technician)
        self.assertFalse(order.has_access("read"))
        visit = self._make_visit(user_id=self.other_technician.id)
        self.assertEqual(order.request_id.subject, "No cold air")
        order.write(
            {
                "move_ids": [self._part(self.filter_part)],
                "charge_ids": [Command.create({"product_id": self.labour.id})],
            }
        )
        order.check_ids.create({"repair_id": order.id, "name": "Runs", "result": "passed"})
        order.accessory_ids.create({"repair_id": order.id, "name": "Hose"})
        self.assertEqual((order.check_ids.name, order.accessory_ids.name), ("Runs", "Hose"))
        order.action_validate()
        self.assertEqual(len(order.charge_ids), 3)
        visit.action_cancel()
        self.assertFalse(order.has_access("read"))

    def test_leader_above(self):
        leader = self._new_user("leader", "aftersales_base.group_aftersales_agent")
        visit = self._make_visit().with_user(leader)
        self.assertFalse(visit.has_access("read"))
        self.team_a.parent_id = self.env["aftersales.team"].create(
            {"name": "Office", "leader_id": leader.id}
        )
        visit.planned_from = "2026-03-19 09:00:00"
        self.assertEqual(visit.day, "2026-03-19")

    def test_other_company(self):
        visit = self._make_visit()
        stranger = self._new_user(
            "stranger",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.assertFalse(visit.with_user(stranger).search([("id", "=", visit.id)]))
        self.assertFalse(self._passes(visit.with_user(stranger).write, {"note": "x"}))
        self.assertFalse(self._passes(visit.write, {"user_id": stranger.id}))

    def test_screens_open_for_every_role(self):
        visit = self._make_visit()
        self._go(visit, "solved")
        self._make_visit()
        visits = self.order.visit_ids
        names = ("form", "list", "kanban", "calendar", "pivot", "graph", "activity")
        for user in (self.technician, self.agent, self.manager):
            for name in names:
                with self.subTest(user=user.login, view=name):
                    xmlid = f"aftersales_repair.aftersales_visit_view_{name}"
                    self._open_view(visits.with_user(user), name, xmlid)
        for user in (self.technician, self.settler, self.storekeeper):
            with self.subTest(user=user.login):
                own = self.order.with_user(user)
                self._open_view(own, "form", "repair.view_repair_order_form")
                self.assertEqual(own.progress, "planned")
