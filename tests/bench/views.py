"""Opening the screens of units and warranties with a million rows, against a thousand."""

import ast
import time

from lxml import etree
from scenarios import Scenario

from odoo.fields import Command, Domain
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

AGENT = "aftersales_base.group_aftersales_agent"
PAGE = {"list": 80, "kanban": 40}
COUNTED = 10001  # the web client counts no further
MODELS = ("aftersales.unit", "aftersales.warranty")
SERIAL = "BENCH-0000777"
START = "DATE '2026-01-01' - (i * 7 % 2500)::int"


def copy_rows(env, record, count, **expressions):
    """Copy a row in SQL, columns that differ by an expression of `i`, 1 to `count`.

    :return: the first id
    """
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
        "AND column_name != 'id' AND is_generated = 'NEVER'",
        [record._table],
    )
    names = [name for (name,) in env.cr.fetchall()]
    env.cr.execute(
        SQL(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), "
            "nextval(pg_get_serial_sequence(%s, 'id')) + %s) - %s",
            record._table,
            record._table,
            count,
            count,
        )
    )
    [first] = env.cr.fetchone()
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(
        expressions[name].replace("nextval - 0", f"{first} + i - 1")
        if name in expressions
        else f'row."{name}"'
        for name in names
    )
    env.cr.execute(
        f"INSERT INTO {record._table} (id, {columns}) "
        f"SELECT {first} + i - 1, {values} FROM {record._table} row, "
        f"generate_series(1, {count}) i WHERE row.id = {record.id} ORDER BY i"
    )
    return first


class Views(Scenario):
    """An agent opens every list, kanban, form, filter, search, order and group-by.

    Base is the same with a thousandth of the units: what grows with the number of rows
    shows in the ratio, what grows with the number of queries in the counts. Rows are made in
    SQL, as many units as `n`, two warranties each, a customer for ten, and a request and
    a charge for one in twenty; one unit has a long history.
    """

    groups_suite = (AGENT,)
    models = MODELS
    terms = (SERIAL, "1000077", "Customer 77", "15550000077", "Air conditioner 7", "zzzz")

    # === ROWS === #

    def _prepare(self, env):
        self.details = {}
        template = self._make_template(env)
        indexes = self._drop_indexes(env)
        self._fill(env, template)
        for index in indexes:
            env.cr.execute(index)
        env.invalidate_all()
        self.unit_id = template.id

    def _drop_indexes(self, env):
        """Drop the indexes of the tables to fill; return what makes them again.

        Made at once at the end they take a third of the time.
        """
        env.cr.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN %s AND indexname NOT IN "
            "(SELECT conindid::regclass::text FROM pg_constraint)",
            [("res_partner", "aftersales_unit", "aftersales_warranty")],
        )
        found = env.cr.fetchall()
        for name, __ in found:
            env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
        return [definition for __, definition in found]

    def _make_template(self, env):
        """Make one of each by the rules; the rows are copies of it."""
        policy = env["aftersales.warranty.policy"].create(
            {
                "name": "Air conditioners",
                "term_ids": [
                    Command.create({"kind": "part", "duration": 36}),
                    Command.create({"kind": "labour", "duration": 12}),
                ],
            }
        )
        self.partner = env["res.partner"].create({"name": "Customer 0", "phone": "+15550000"})
        self.products = env["product.product"].create(
            [{"name": f"Air conditioner {number}"} for number in range(50)]
        )
        unit = env["aftersales.unit"].create(
            {
                "product_id": self.products[0].id,
                "serial": SERIAL,
                "partner_id": self.partner.id,
                "policy_id": policy.id,
                "date_start": "2025-06-01",
            }
        )
        self.team = env["aftersales.team"].create(
            {"name": "Desk", "member_ids": [Command.create({"user_id": self.user_id})]}
        )
        self.request = env["aftersales.request"].create(
            {"subject": "Noise", "unit_id": unit.id, "team_id": self.team.id}
        )
        self.charge = env["aftersales.charge"].create(
            {"name": "Compressor", "request_id": self.request.id, "price_unit": 10}
        )
        env.flush_all()
        return unit

    def _fill(self, env, unit):
        """Copy customers, units, warranties, requests and charges."""
        copies = self.n - 1
        customers = max(1, self.n // 10)
        first_customer = copy_rows(
            env,
            self.partner,
            customers,
            name="'Customer ' || i",
            complete_name="'Customer ' || i",
            commercial_partner_id="nextval - 0",
            phone="'+1555' || lpad(i::text, 7, '0')",
            phone_mobile_search="'+1555' || lpad(i::text, 7, '0')",
            phone_sanitized="'+1555' || lpad(i::text, 7, '0')",
        )
        env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE id >= %s", [first_customer]
        )
        first = copy_rows(
            env,
            unit,
            copies,
            name="'B' || lpad(i::text, 8, '0')",
            serial="'BENCH-1' || lpad(i::text, 7, '0')",
            partner_id=f"{first_customer} + i % {customers}",
            product_id=f"{self.products[0].id} + i % {len(self.products)}",
            date_start=START,
            warranty_end=f"({START} + INTERVAL '36 months')::date - 1",
        )
        for warranty in unit.warranty_ids:
            copy_rows(
                env,
                warranty,
                copies,
                unit_id=f"{first - 1} + i",
                date_start=START,
                date_cover=START,
                date_end=f"({START} + INTERVAL '{warranty.duration} months')::date - 1",
                close_reason="CASE WHEN i % 50 = 0 THEN 'void' END",
            )
        served = max(1, self.n // 20)
        copy_rows(
            env,
            self.request,
            served,
            name="'R' || lpad(i::text, 8, '0')",
            unit_id=f"{first} + i % {copies}",
        )
        copy_rows(env, self.charge, served, unit_id=f"{first} + i % {copies}")
        copy_rows(env, self.request, 200, name="'H' || lpad(i::text, 8, '0')")
        copy_rows(env, self.charge, 200)
        self._copy_readings(env, unit)

    def _copy_readings(self, env, unit):
        reading = env["aftersales.unit.reading"].create(
            {"unit_id": unit.id, "date": "2025-07-01", "value": 1}
        )
        env.flush_all()
        copy_rows(env, reading, 200)

    # === SCREENS === #

    def run(self, env):
        for name in self.models:
            model = env[name]
            views = model.get_views(
                [(False, mode) for mode in ("list", "kanban", "form", "search")]
            )["views"]
            for mode in PAGE:
                spec = model._get_fields_spec(views[mode])
                self._measure(env, f"{name} {mode}", self._open, model, spec, mode)
            self._measure_list(env, model, views)
            self._measure_form(env, model, model._get_fields_spec(views["form"]))

    def _measure_list(self, env, model, views):
        """Search, filter, sort and group the list."""
        name, spec = model._name, model._get_fields_spec(views["list"])
        archs = {mode: etree.fromstring(views[mode]["arch"]) for mode in ("list", "search")}
        for title, domain in self._get_questions(env, archs["search"]):
            self._measure(env, f"{name} {title}", self._open, model, spec, "list", domain)
        for order in self._get_orders(model, archs["list"]):
            self._measure(env, f"{name} by {order}", self._open, model, spec, "list", [], order)
        for group in self._get_groups(env, archs["search"]):
            self._measure(env, f"{name} grouped by {group}", self._group, model, group)

    def _measure(self, env, screen, work, *args):
        """Do the work as if it were the first of a new transaction; keep time and queries."""
        env.invalidate_all()
        queries, started = env.cr.sql_log_count, time.perf_counter()
        work(*args)
        seconds = time.perf_counter() - started
        self.details[screen] = (round(seconds, 4), env.cr.sql_log_count - queries)

    def _open(self, model, spec, mode, domain=(), order=""):
        answer = model.web_search_read(
            list(domain), spec, limit=PAGE[mode], order=order, count_limit=COUNTED
        )
        assert answer["length"] >= len(answer["records"])
        return answer

    def _group(self, model, group):
        return model.web_read_group([], [group], ["__count"], limit=80)

    def _measure_form(self, env, model, spec):
        unit = env["aftersales.unit"].browse(self.unit_id)
        record = unit if model._name == unit._name else unit.sudo().warranty_ids[:1].sudo(False)
        self._measure(env, f"{model._name} form", record.web_read, spec)
        if record == unit:
            self._measure(env, f"{model._name} history", unit.get_timeline)
            self._measure(env, f"{model._name} documents", unit.get_documents)

    def _get_questions(self, env, arch):
        """Return what is typed into the search box, and every filter of the search view."""
        first = arch.xpath("//field")[0]
        for term in self.terms:
            domain = safe_eval(first.get("filter_domain"), {"self": term})
            yield f"search {term}", domain
        for day in ("in_warranty_on", "covers_on"):
            if arch.xpath(f"//field[@name='{day}']"):
                yield f"{day} 2026-06-30", [(day, "=", "2026-06-30")]
        for node in arch.xpath("//filter[@domain]"):
            if not node.get("invisible"):
                domain = safe_eval(node.get("domain"), {"uid": env.uid})
                yield f"filter {node.get('name')}", Domain(domain)

    def _get_orders(self, model, arch):
        """Return the orders one gets by clicking a heading, once and twice."""
        for node in arch.xpath("/list/field"):
            field = model._fields[node.get("name")]
            shown = node.get("optional") != "hide" and node.get("column_invisible") != "True"
            if field._description_sortable(model.env) and shown:
                yield f"{field.name} ASC"
                yield f"{field.name} DESC"

    def _get_groups(self, env, arch):
        for node in arch.xpath("//filter[@context]"):
            context = ast.literal_eval(node.get("context"))
            if "group_by" in context:
                yield context["group_by"]

    def check(self, env):
        units = env["aftersales.unit"].sudo().search_count([])
        assert units >= self.n, units
        assert len(self.details) > 60, len(self.details)
