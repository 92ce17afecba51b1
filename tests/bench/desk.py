"""Opening the screens of the service desk with fifty thousand open requests, against a thousand."""

from lxml import etree
from views import AGENT, PAGE, Views, copy_rows

from odoo.fields import Command, Domain
from odoo.tools.safe_eval import safe_eval

TECHNICIAN = "aftersales_base.group_aftersales_technician"
MANAGER = "aftersales_base.group_aftersales_manager"
PEOPLE = 20
TEAMS = 10
# Some late by two days, the last due in eight.
DUE = "(now() AT TIME ZONE 'utc') + (i % 240 - 48) * INTERVAL '1 hour'"
MEASURES = [
    "__count",
    "response_hours:avg",
    "resolution_hours:avg",
    "solving_rate:avg",
    "repeat_rate:avg",
]
STATES = "(ARRAY['new', 'in_progress', 'in_progress', 'waiting'])[1 + i % 4]"


class Desk(Views):
    """An agent, a technician and a manager open My Work Today, the cards of the teams, the list
    with every filter and group-by, the kanban, and the pivot.

    Base is the same with fewer requests: what grows with their number shows in the ratio and
    the counts. All requests are open, of twenty people in ten teams; each customer has ten. The
    agent leads no team and is in one; a tenth of the requests has nobody.
    """

    groups_suite = (AGENT,)

    # === ROWS === #

    def _prepare(self, env):
        self.details = {}
        self.logins = {"agent": self.user_id}
        for role, group in (("technician", TECHNICIAN), ("manager", MANAGER)):
            self.logins[role] = self._make_person(env, role, group)
        people = [self._make_person(env, f"p{i}", AGENT) for i in range(PEOPLE - 2)]
        self.people = sorted([self.user_id, self.logins["technician"], *people])
        self.teams = env["aftersales.team"].create(
            [
                {
                    "name": f"Team {number}",
                    "member_ids": [
                        Command.create({"user_id": user}) for user in self.people[number::TEAMS]
                    ],
                }
                for number in range(TEAMS)
            ]
        )
        self._fill_requests(env, self._make_request(env))
        env.invalidate_all()

    def _make_person(self, env, name, group):
        login = f"desk-{name}-{self.n}"
        groups = [Command.set([env.ref(group).id])]
        return env["res.users"].create({"name": login, "login": login, "group_ids": groups}).id

    def _make_request(self, env):
        """Make one of each by the rules; the rows are copies of it."""
        env["aftersales.sla.policy"].create(
            {"name": "Repairs", "response_hours": 8, "resolution_hours": 48}
        )
        self.partner = env["res.partner"].create({"name": "Customer 0", "phone": "+15550000"})
        self.products = env["product.product"].create(
            [{"name": f"Air conditioner {number}"} for number in range(50)]
        )
        self.symptoms = env["aftersales.fault"].create(
            [{"name": f"Symptom {number}", "kind": "symptom"} for number in range(20)]
        )
        self.regions = env["aftersales.region"].create(
            [{"name": f"Region {number}"} for number in range(20)]
        )
        request = env["aftersales.request"].create(
            {
                "subject": "Noise",
                "partner_id": self.partner.id,
                "product_id": self.products[0].id,
                "team_id": self.teams[0].id,
                "region_id": self.regions[0].id,
                "symptom_id": self.symptoms[0].id,
            }
        )
        env.flush_all()
        return request

    def _fill_requests(self, env, request):
        customers = max(1, self.n // 10)
        first = copy_rows(
            env,
            self.partner,
            customers,
            name="'Customer ' || i",
            complete_name="'Customer ' || i",
            commercial_partner_id="nextval - 0",
        )
        env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id >= %s", [first])
        people = ", ".join(map(str, self.people))
        copy_rows(
            env,
            request,
            self.n - 1,
            name="'D' || lpad(i::text, 8, '0')",
            state=STATES,
            partner_id=f"{first} + i % {customers}",
            product_id=f"{self.products[0].id} + i % {len(self.products)}",
            symptom_id=f"{self.symptoms[0].id} + i % {len(self.symptoms)}",
            region_id=f"{self.regions[0].id} + i % {len(self.regions)}",
            team_id=f"{self.teams[0].id} + i % {TEAMS}",
            user_id=f"CASE WHEN i % 10 = 0 THEN NULL ELSE (ARRAY[{people}])[1 + i % {PEOPLE}] END",
            priority="(i % 3)::text",
            date_reported="(now() AT TIME ZONE 'utc') - (i % 8000) * INTERVAL '1 hour'",
            sla_deadline=DUE,
            resolution_deadline=DUE,
            sla_warning=f"{DUE} - INTERVAL '10 hours'",
            date_due=DUE,
            access_token="NULL",
        )

    # === SCREENS === #

    def run(self, env):
        for role, user_id in self.logins.items():
            self._open_desk(env(user=user_id, su=False), role)

    def _open_desk(self, env, role):
        self._measure(env, f"{role}: my work", env["aftersales.workday"].get_today)
        Request, Team = env["aftersales.request"], env["aftersales.team"]
        views = self._get_views(Request, ("list", "kanban", "search"))
        spec = Request._get_fields_spec(views["list"])
        cards = Request._get_fields_spec(views["kanban"])
        self._measure(env, f"{role}: list", self._open, Request, spec, "list")
        self._measure(env, f"{role}: kanban", self._open_kanban, Request, cards)
        self._measure(env, f"{role}: to do", self._open, Request, spec, "list", self._to_do(env))
        if role != "technician":
            teams = Team._get_fields_spec(self._get_views(Team, ("kanban",))["kanban"])
            self._measure(env, f"{role}: teams", self._open, Team, teams, "kanban")
        for rows in ("product_id", "symptom_id", "team_id", "user_id", "region_id"):
            self._measure(env, f"{role}: pivot {rows}", self._pivot, Request, rows)
        self._open_search(env, role, Request, spec, etree.fromstring(views["search"]["arch"]))

    def _open_search(self, env, role, model, spec, arch):
        for node in arch.xpath("//filter[@domain]"):
            if not node.get("invisible"):
                domain = list(Domain(safe_eval(node.get("domain"), {"uid": env.uid})))
                screen = f"{role}: filter {node.get('name')}"
                self._measure(env, screen, self._open, model, spec, "list", domain)
        for group in self._get_groups(env, arch):
            self._measure(env, f"{role}: grouped by {group}", self._group, model, group)

    @staticmethod
    def _get_views(model, modes):
        return model.get_views([(False, mode) for mode in modes])["views"]

    @staticmethod
    def _to_do(env):
        return [
            "&",
            "|",
            ("user_id", "=", env.uid),
            ("user_id", "=", False),
            ("state", "not in", ("done", "cancelled")),
        ]

    @staticmethod
    def _open_kanban(model, spec):
        """Ask what the web client asks for: the columns with their first cards, and the bars."""
        groups = model.web_read_group(
            [],
            ["state"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=spec,
            unfold_read_default_limit=PAGE["kanban"],
        )
        colors = {"planned": "success", "today": "warning", "overdue": "danger"}
        model.read_progress_bar([], "state", {"field": "activity_state", "colors": colors})
        assert groups["length"]

    @staticmethod
    def _pivot(model, rows):
        for groupby in ([], [rows], ["date_reported:month"], ["date_reported:month", rows]):
            model.formatted_read_group([], groupby, MEASURES)

    def check(self, env):
        requests = env["aftersales.request"].sudo().search_count([("date_closed", "=", False)])
        assert requests >= self.n, requests
        assert len(self.details) > 60, len(self.details)
