from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .test_visit import NINE, NOW, VisitCommon

PEOPLE = 10
DAYS = 5
PAGE = {"list": 80, "kanban": 40}
MEASURES = ["__count", "travel_hours:sum", "work_hours:sum", "first_fix:avg"]


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestVisitBoard(VisitCommon):
    """A week of five hundred visits asks the database as often as one of a hundred."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Who has no address gets no mail; mails are not what is counted here.
        people = [
            cls._new_user(f"person{i}", "aftersales_base.group_aftersales_technician", email=False)
            for i in range(PEOPLE)
        ]
        cls.people = cls.env["res.users"].concat(*people)
        cls.env["aftersales.team.member"].create(
            [{"team_id": cls.team_a.id, "user_id": user.id, "capacity": 3} for user in people]
        )
        # More than a page of the list, so that both are counted beyond it.
        cls._plan(100)

    @classmethod
    def _plan(cls, count):
        """Plan visits of ten people and as many customers as there are orders."""
        made = cls.env["aftersales.visit"].search_count([])
        numbers = range(made, count)
        customers = cls.env["res.partner"].create(
            [
                {"name": f"Customer {i}", "street": f"Street {i}", "city": "Lund"}
                for i in numbers[::5]
            ]
        )
        # Nothing is told while the week is filled.
        orders = cls.env["repair.order"].with_context(tracking_disable=True)
        orders = orders.create(
            [{"partner_id": customer.id, "team_id": cls.team_a.id} for customer in customers]
        )
        cls.env["aftersales.visit"].with_context(tracking_disable=True).create(
            [
                {
                    "repair_id": orders[place // 5].id,
                    "user_id": cls.people[i % PEOPLE].id,
                    "planned_from": NINE + timedelta(days=1 + i % DAYS, hours=i % 7),
                }
                for place, i in enumerate(numbers)
            ]
        )
        cls.env.flush_all()

    # === SCREENS === #

    def _open_kanban(self, visits, specs, groupby):
        groups = visits.web_read_group(
            [],
            [groupby],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=specs["kanban"],
            unfold_read_default_limit=PAGE["kanban"],
        )
        visits.read_progress_bar([], groupby, {"field": "state", "colors": {"planned": "info"}})
        return groups["length"]

    def _open_screens(self, user):
        """Return ``{screen: queries}`` of what the web client asks for."""
        visits = self.env(user=user)["aftersales.visit"]
        modes = ("kanban", "calendar", "list", "search")
        views = visits.get_views([(False, mode) for mode in modes])["views"]
        specs = {mode: visits._get_fields_spec(views[mode]) for mode in ("kanban", "list")}
        shown = ["planned_from", "planned_to", "user_id", "partner_id", "unit_id", "state"]
        shown += ["address", "phone", "planning_warning", "display_name"]
        week = [("planned_from", "<=", "2026-03-29"), ("planned_to", ">=", "2026-03-15")]
        screens = {
            "board by day": lambda: self._open_kanban(visits, specs, "day"),
            "board by technician": lambda: self._open_kanban(visits, specs, "user_id"),
            "calendar": lambda: visits.search_read(week, shown),
            "list": lambda: visits.web_search_read([], specs["list"], limit=PAGE["list"]),
            "pivot": lambda: [
                visits.formatted_read_group([], groupby, MEASURES)
                for groupby in ([], ["user_id"], ["user_id", "planned_from:month"])
            ],
        }
        return {name: self._count(screen) for name, screen in screens.items()}

    def _count(self, screen):
        # The second time, so that what is cached for all is there.
        for _time in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(screen())
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow(self):
        users = (self.agent, self.manager)
        few = [self._open_screens(user) for user in users]
        self._plan(500)
        self.assertGreaterEqual(self.env["aftersales.visit"].search_count([]), 500)
        many = [self._open_screens(user) for user in users]
        for of_few, of_many in zip(few, many, strict=True):
            for screen, queries in of_many.items():
                with self.subTest(screen=screen):
                    # Visits of the same order that are not shown are read: once, however many
                    # there are.
                    self.assertLessEqual(queries, of_few[screen] + 2)
                    self.assertLessEqual(queries, 50)
