"""Settling charges up to posted invoices, statements, and the pivot of a million charges."""

import os
from tempfile import TemporaryFile
from unittest.mock import patch

from scenarios import Scenario
from views import copy_rows

from odoo.fields import Command
from odoo.tools import SQL

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
CHARGES = 5
PRICE = 100.0
GROUPS = ["date_confirmed:month", "payer_id", "product_category_id"]
SUMS = ["amount:sum", "customer_amount:sum", "covered_amount:sum"]


class Posting(Scenario):
    """An accountant settles `n` payers with five charges each and posts the invoices.

    Base makes and posts the same invoices: as many lines, products, taxes and names as the
    suite's.
    """

    groups = ("account.group_account_invoice",)
    groups_suite = (SETTLEMENT,)

    def _prepare(self, env):
        tax = env["account.tax"].search(
            [("type_tax_use", "=", "sale"), ("company_id", "=", env.company.id)], limit=1
        )
        vals = {"name": "Travel", "type": "service", "taxes_id": [Command.set(tax.ids)]}
        product = env["product.product"].create({**vals, "lst_price": PRICE})
        partners = env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(self.n)]
        )
        self.product_id, self.partner_ids, self.tax_ids = product.id, partners.ids, tax.ids
        self.currency_id = env.company.currency_id.id
        self.journal_id = (
            env["account.journal"]
            .search([("type", "=", "sale"), ("company_id", "=", env.company.id)], limit=1)
            .id
        )
        if self.is_suite:
            charges = env["aftersales.charge"].create(
                [
                    {"product_id": product.id, "partner_id": partner.id}
                    for partner in partners
                    for _charge in range(CHARGES)
                ]
            )
            charges.action_confirm()
            self.charge_ids = charges.ids

    def run(self, env):
        moves = (self._run_suite if self.is_suite else self._run_base)(env)
        moves.action_post()
        self.move_ids = moves.ids

    def _run_suite(self, env):
        settlements = env["aftersales.charge"].browse(self.charge_ids)._create_settlements()
        settlements.action_confirm()
        return settlements._create_moves()

    def _run_base(self, env):
        return env["account.move"].create(
            [self._prepare_move(partner_id) for partner_id in self.partner_ids]
        )

    def _prepare_move(self, partner_id):
        line = {
            "product_id": self.product_id,
            "name": "Travel",
            "quantity": 1.0,
            "price_unit": PRICE,
            "tax_ids": [Command.set(self.tax_ids)],
        }
        return {
            "move_type": "out_invoice",
            "journal_id": self.journal_id,
            "partner_id": partner_id,
            "currency_id": self.currency_id,
            "invoice_origin": "ST/2026/00001",
            "invoice_line_ids": [Command.create(line) for _line in range(CHARGES)],
        }

    def check(self, env):
        moves = env["account.move"].browse(self.move_ids)
        assert len(moves) == self.n, len(moves)
        assert set(moves.mapped("state")) == {"posted"}
        assert set(moves.mapped("amount_untaxed")) == {CHARGES * PRICE}


class Gathering(Scenario):
    """A settlement run over `n` charges, five a payer, as the nightly job does it.

    Base is a tenth of them: what a payer costs does not grow with the others. The commit after
    each payer is replaced by what it costs the work that follows: everything read is forgotten.
    """

    groups_suite = (SETTLEMENT,)

    def _prepare(self, env):
        product = env["product.product"].create(
            {"name": f"Gathered {self.n}", "type": "service", "lst_price": PRICE}
        )
        partners = env["res.partner"].create(
            [{"name": f"Gathered {number}"} for number in range(self.n // CHARGES)]
        )
        charges = env["aftersales.charge"].create(
            [
                {"product_id": product.id, "partner_id": partner.id}
                for partner in partners
                for _charge in range(CHARGES)
            ]
        )
        charges.action_confirm()
        self.partner_ids = partners.ids

    def run(self, env):
        run = env["aftersales.settlement.run"].create(
            {"partner_ids": [Command.set(self.partner_ids)]}
        )
        run.action_look()
        run.write({"state": "running"})
        with patch.object(type(env.cr), "commit", self._forget):
            run.sudo()._settle_waiting()
        self.run_id = run.id

    @staticmethod
    def _forget(cursor):
        cursor.flush()
        cursor.clear()

    def check(self, env):
        run = env["aftersales.settlement.run"].browse(self.run_id)
        assert run.state == "done", run.state
        assert set(run.line_ids.mapped("state")) == {"done"}
        lines = run.line_ids.settlement_ids.line_ids
        assert len(lines) == self.n, len(lines)


class Statement(Scenario):
    """An accountant downloads the workbook of one settlement with `n` lines.

    Base is a tenth of them. Beside time, `memory_mb` is the most that the work takes on top of
    what the process has before.
    """

    groups_suite = (SETTLEMENT,)

    def _prepare(self, env):
        self.before = None
        partner = env["res.partner"].create({"name": "Maker"})
        charge = env["aftersales.charge"].create(
            {"name": "Travel", "partner_id": partner.id, "price_unit": 10}
        )
        charge.action_confirm()
        settlement = charge._create_settlements()
        env.flush_all()
        first = copy_rows(env, charge, self.n - 1)
        copy_rows(env, settlement.line_ids, self.n - 1, charge_id=f"{first} + i - 1")
        env.invalidate_all()
        self.settlement_id = settlement.id

    def run(self, env):
        settlement = env["aftersales.settlement"].browse(self.settlement_id)
        self.written = []
        # Before the first run: what it has left behind is taken again by the next one.
        self.before = self.before or _forget_peak()
        with TemporaryFile() as stream:
            env["aftersales.statement"]._make(settlement, stream, self.written.append)
            self.size = stream.tell()
        self.extra = {"memory_mb": (_read_memory("VmHWM") - self.before) / 1024}

    def check(self, env):
        assert self.written[-1] == self.n, self.written[-1:]
        assert self.size > 10 * self.n, self.size


def _read_memory(name):
    """Kilobytes of this process, as Linux tells: ``VmRSS`` now, ``VmHWM`` at the most."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith(name)), 0)


def _forget_peak():
    """Let the peak begin here; return what is used now, in kilobytes."""
    if os.access("/proc/self/clear_refs", os.W_OK):
        with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
            peak.write("5")
    return _read_memory("VmRSS")


class Pivot(Scenario):
    """A manager opens the pivot of `n` charges by month, payer and product category."""

    groups_suite = ("aftersales_base.group_aftersales_manager",)

    def _prepare(self, env):
        partners = env["res.partner"].create([{"name": f"Payer {number}"} for number in range(50)])
        categories = env["product.category"].create(
            [{"name": f"Category {number}"} for number in range(20)]
        )
        charge = env["aftersales.charge"].create(
            {"name": "Travel", "partner_id": partners[0].id, "price_unit": 10}
        )
        charge.action_confirm()
        env.flush_all()
        copy_rows(
            env,
            charge,
            self.n - 1,
            payer_id=f"{partners[0].id} + i % 50",
            product_category_id=f"{categories[0].id} + i % 20",
            date_confirmed="DATE '2026-01-01' - (i % 700)::int",
        )

    def run(self, env):
        self.rows = env["aftersales.charge"].formatted_read_group([], GROUPS, ["__count", *SUMS])

    def check(self, env):
        assert len(self.rows) > 20, len(self.rows)


class PlainPivot(Pivot):
    """The same sums by one statement of SQL, with what the rules ask for."""

    grouping = "1, 2, 3"

    def run(self, env):
        env.cr.execute(
            SQL(
                """
                SELECT date_trunc('month', date_confirmed), payer_id, product_category_id,
                       count(*), sum(amount), sum(customer_amount), sum(covered_amount)
                  FROM aftersales_charge
                 WHERE company_id IN %s
                 GROUP BY %s
                 ORDER BY 1, 2, 3
                """,
                tuple(env.companies.ids),
                SQL(self.grouping),
            )
        )
        self.rows = env.cr.fetchall()


class PivotScreen(Pivot):
    """The same as the screen asks for it: months and payers down, categories across, totals."""

    def run(self, env):
        month, payer, category = GROUPS
        sets = [[], [month], [month, payer]]
        sets += [[*rows, category] for rows in sets]
        found = env["aftersales.charge"].formatted_read_grouping_sets([], sets, ["__count", *SUMS])
        self.rows = sum(found, [])


class PlainPivotScreen(PlainPivot):
    """The same sums and totals by one statement of SQL."""

    grouping = "GROUPING SETS ((), (1), (1, 2), (3), (1, 3), (1, 2, 3))"
