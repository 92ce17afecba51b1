"""Opening a week of five hundred visits, against one of fifty."""

from views import AGENT, PAGE, Views, copy_rows

from odoo.fields import Command

TECHNICIAN = "aftersales_base.group_aftersales_technician"
PEOPLE = 10
DAYS = 5
# The Monday after next, at nine, and on.
MONDAY = "(date_trunc('week', now() AT TIME ZONE 'utc') + INTERVAL '14 days 9 hours')"
START = f"({MONDAY} + (i % {DAYS}) * INTERVAL '1 day' + (i % 7) * INTERVAL '1 hour')"
MEASURES = ["__count", "travel_hours:sum", "work_hours:sum", "first_fix:avg"]
SHOWN = [
    "planned_from",
    "planned_to",
    "user_id",
    "partner_id",
    "unit_id",
    "address",
    "phone",
    "planning_warning",
    "state",
    "display_name",
]


class Week(Views):
    """An agent opens the board by day and by technician, the calendar, the list and the pivot.

    Base is the same with a tenth of the visits: what grows with their number shows in the
    ratio, what asks once more for each in the counts. Ten technicians go, to as many customers
    as there are orders, five visits each.
    """

    groups_suite = (AGENT,)

    # === ROWS === #

    def _prepare(self, env):
        self.details = {}
        group = env.ref(TECHNICIAN)
        people = env["res.users"].create(
            [
                {
                    "name": f"Technician {number}",
                    "login": f"week-{number}-{self.n}",
                    "group_ids": [Command.set(group.ids)],
                }
                for number in range(PEOPLE)
            ]
        )
        self.people = people.ids
        members = [{"user_id": user, "capacity": 4} for user in [self.user_id, *self.people]]
        team = env["aftersales.team"].create(
            {"name": "Road", "member_ids": [Command.create(member) for member in members]}
        )
        customers = env["res.partner"].create(
            [
                {"name": f"Customer {number}", "street": f"Street {number}", "city": "Lund"}
                for number in range(max(1, self.n // 5))
            ]
        )
        orders = env["repair.order"].create(
            [{"partner_id": customer.id, "team_id": team.id} for customer in customers]
        )
        self._fill_week(env, orders)
        env.invalidate_all()

    def _fill_week(self, env, orders):
        visit = env["aftersales.visit"].create(
            {"repair_id": orders[0].id, "user_id": self.people[0]}
        )
        env.flush_all()
        people = ", ".join(map(str, self.people))
        copy_rows(
            env,
            visit,
            self.n,
            name="'V' || lpad(i::text, 8, '0')",
            repair_id=f"(ARRAY{orders.ids})[1 + i % {len(orders)}]",
            partner_id=f"(ARRAY{orders.partner_id.ids})[1 + i % {len(orders)}]",
            place_id=f"(ARRAY{orders.partner_id.ids})[1 + i % {len(orders)}]",
            user_id=f"(ARRAY[{people}])[1 + i % {PEOPLE}]",
            planned_from=START,
            planned_to=f"{START} + INTERVAL '1 hour'",
            day=f"to_char({START}, 'YYYY-MM-DD')",
        )

    # === SCREENS === #

    def run(self, env):
        visits = env["aftersales.visit"]
        modes = ("kanban", "calendar", "list", "search")
        views = visits.get_views([(False, mode) for mode in modes])["views"]
        cards = visits._get_fields_spec(views["kanban"])
        columns = visits._get_fields_spec(views["list"])
        for group in ("day", "user_id"):
            self._measure(env, f"board by {group}", self._open_board, visits, cards, group)
        self._measure(env, "calendar", visits.search_read, [("day", "!=", False)], SHOWN)
        self._measure(env, "list", self._open, visits, columns, "list")
        self._measure(env, "pivot", self._pivot_week, visits)

    @staticmethod
    def _open_board(visits, spec, group):
        """Ask what the web client asks for: the columns with their first cards, and the bars."""
        groups = visits.web_read_group(
            [],
            [group],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=spec,
            unfold_read_default_limit=PAGE["kanban"],
        )
        visits.read_progress_bar([], group, {"field": "state", "colors": {"planned": "info"}})
        assert groups["length"]

    @staticmethod
    def _pivot_week(visits):
        for groupby in ([], ["user_id"], ["planned_from:day"], ["user_id", "planned_from:day"]):
            visits.formatted_read_group([], groupby, MEASURES)

    def check(self, env):
        visits = env["aftersales.visit"].sudo().search_count([])
        assert visits >= self.n, visits
        assert len(self.details) == 5, len(self.details)
