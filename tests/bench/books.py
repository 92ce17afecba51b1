"""Opening the screens of charges, settlements, claims and their reports with a million charges."""

from views import Views, copy_rows

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
MANAGER = "aftersales_base.group_aftersales_manager"
REPORTS = {
    "aftersales.result.report": ("service_type_id", "worth:sum", "revenue:sum", "cost:sum"),
    "aftersales.claim.report": ("maker_id", "covered:sum", "claimed:sum", "outstanding:sum"),
    "aftersales.unpaid.report": ("payer_id", "amount_to_invoice:sum", "amount_residual:sum"),
}
PAYERS = 50
LINES = 5
DAY = "DATE '2026-01-01' - (i % 700)::int"


class Books(Views):
    """A settlement manager opens charges, settlements and claims: every list, kanban, form, filter,
    search, order and group-by.

    Base is the same with fewer charges. Half of them customers pay, half makers bear; nine of ten
    are on settlements of five lines each, most of them paid. Rows are made in SQL.
    """

    groups_suite = (SETTLEMENT, MANAGER)
    models = ("aftersales.charge", "aftersales.settlement", "aftersales.settlement.line")
    terms = ("BK000077", "Payer 7", "Compressor", "zzzz")

    # === ROWS === #

    def _prepare(self, env):
        self.details = {}
        self.payers = env["res.partner"].create(
            [{"name": f"Payer {number}"} for number in range(PAYERS)]
        )
        charges = env["aftersales.charge"].create(
            [
                {"name": "Compressor", "partner_id": self.payers[0].id, "price_unit": 10}
                for _share in range(2)
            ]
        )
        charges.action_confirm()
        settlement = charges[0]._create_settlements()
        env.flush_all()
        for kind, charge in zip(("customer", "claim"), charges, strict=True):
            self._fill(env, kind, charge, settlement)
        env.invalidate_all()
        self.settlement_id = settlement.id

    def _fill(self, env, kind, charge, settlement):
        """Copy charges one side pays, and put the first half of them on settlements."""
        payer = f"{self.payers[0].id} + i % {PAYERS}"
        count = self.n // 2
        settled, paid = (int(count * part) // LINES * LINES for part in (0.9, 0.85))
        vals = {
            "name": "'Compressor ' || i",
            "date_confirmed": DAY,
            "settlement_status": f"CASE WHEN i <= {paid} THEN 'paid' "
            f"WHEN i <= {settled} THEN 'settled' ELSE 'to_settle' END",
        }
        if kind == "customer":
            vals |= {"payer_id": payer}
        else:
            vals |= {
                "bearer": "'partner'",
                "bearer_partner_id": payer,
                "customer_amount": "0",
                "covered_amount": "10",
            }
        first_charge = copy_rows(env, charge, count, **vals)
        first = copy_rows(
            env,
            settlement,
            settled // LINES,
            name="'BK' || lpad(i::text, 6, '0')",
            kind=f"'{kind}'",
            partner_id=payer,
            date=DAY,
            state=f"CASE WHEN i <= {paid // LINES} THEN 'confirmed' ELSE 'draft' END",
            status=f"CASE WHEN i <= {paid // LINES} THEN 'paid' ELSE 'draft' END",
        )
        copy_rows(
            env,
            settlement.line_ids,
            settled,
            charge_id=f"{first_charge} + i - 1",
            settlement_id=f"{first} + (i - 1) / {LINES}",
            **self._prepare_line(kind, paid),
        )

    @staticmethod
    def _prepare_line(kind, paid):
        if kind == "customer":
            return {}
        states = (
            f"CASE WHEN i > {paid} THEN 'draft' WHEN i % 4 = 0 THEN 'reduced' ELSE 'accepted' END"
        )
        return {"share": "'covered'", "claim_state": states, "claim_number": "'CL' || i"}

    # === SCREENS === #

    def _measure_form(self, env, model, spec):
        settlement = env["aftersales.settlement"].browse(self.settlement_id)
        records = {
            "aftersales.charge": settlement.line_ids.charge_id,
            "aftersales.settlement": settlement,
            "aftersales.settlement.line": settlement.line_ids,
        }
        self._measure(env, f"{model._name} form", records[model._name].web_read, spec)

    def check(self, env):
        charges = env["aftersales.charge"].sudo().search_count([])
        assert charges >= self.n, charges
        assert len(self.details) > 60, len(self.details)


class Reports(Books):
    """A manager opens the reports on money; they read every charge, so base is a tenth of them."""

    def run(self, env):
        for name, (rows, *measures) in REPORTS.items():
            self._measure(env, f"{name} pivot", self._pivot, env[name], rows, measures)
            self._measure(env, f"{name} list", env[name].search_fetch, [], None, 0, 80)

    @staticmethod
    def _pivot(model, rows, measures):
        for groupby in ([], [rows], ["date:month"], ["date:month", rows]):
            model.formatted_read_group([], groupby, ["__count", *measures])

    def check(self, env):
        assert len(self.details) == 2 * len(REPORTS), self.details
