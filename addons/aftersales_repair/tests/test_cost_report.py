from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .test_cost import TODAY, CostCommon

COLUMNS = ("opening", "invoiced", "paid", "credited", "closing")
JUNE, JULY = ("2025-06-01", "2025-06-30"), ("2025-07-01", "2025-07-31")


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCostReport(CostCommon):
    """Other costs count in the margin once, and what we owe for them in the balances."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hotel.supplier_taxes_id = [Command.clear()]

    # === HELPERS === #

    def _sum(self, domain, *measures):
        self.env.flush_all()
        report = self.env["aftersales.result.report"]
        return report._read_group(domain, [], [f"{name}:sum" for name in measures])[0]

    def _bill(self, costs, day="2025-06-10"):
        costs.action_create_bill()
        costs.move_id.invoice_date = day
        costs.move_id.action_post()
        return costs.move_id

    def _show(self, period, groupby="payer_id", **context):
        """Return ``{key: (opening, invoiced, paid, credited, closing)}`` of a period."""
        self.env.flush_all()
        report = self.env["aftersales.balance.report"].with_context(
            aftersales_from=period[0], aftersales_to=period[1], **context
        )
        groups = report._read_group(
            [("kind", "=", "vendor"), ("company_id", "=", self.company.id)],
            [groupby],
            [f"{name}:sum" for name in COLUMNS],
        )
        return {key: tuple(round(value, 2) + 0.0 for value in values) for key, *values in groups}

    # === MARGIN === #

    def test_confirmed_costs_lower_the_margin_once(self):
        cost, owed = self._cost(visit_id=self.visit.id), self._owe()
        own = [("repair_id", "=", self.order.id)]
        self.assertEqual(self._sum(own, "cost_other", "cost", "margin"), (100, 100, -100))
        self.assertEqual(self.order.result_margin, -100)
        cost.action_confirm()
        self._bill(owed)
        self.assertEqual(self._sum(own, "cost_other", "cost", "margin"), (200, 200, -200))
        self.assertEqual(self.order.result_margin, -200)
        cost.action_cancel()
        self.assertEqual(self._sum(own, "cost_other"), (100,))

    def test_what_a_row_is_about(self):
        cost = self._owe(date="2025-05-20")
        self.env.flush_all()
        row = self.env["aftersales.result.report"].search([("repair_id", "=", self.order.id)])
        self.assertRecordValues(
            row,
            [
                {
                    "date": date(2025, 5, 20),
                    "item_id": self.hotel.id,
                    "kind": "cost",
                    "bearer": "cost",
                    "user_id": self.technician.id,
                    "team_id": self.team_a.id,
                    "unit_id": self.unit.id,
                    "partner_id": self.customer.id,
                    "cost_other": 100,
                    "margin": -100,
                }
            ],
        )
        self.assertEqual(row.action_open()["res_id"], self.order.id)
        self.assertEqual(cost.amount_company, 100)

    def test_in_the_company_s_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 4.0)])
        self._owe(currency_id=euro.id)
        self.assertEqual(self._sum([("repair_id", "=", self.order.id)], "cost_other"), (25,))

    def test_beside_parts_and_revenue(self):
        self.compressor.standard_price = 300
        order = self._make_order(charges=[self.travel])
        self._do(order)
        self._owe(70, repair_id=order.id)
        self.assertEqual(
            self._sum([("repair_id", "=", order.id)], "revenue", "cost_parts", "cost", "margin"),
            (850, 300, 370, 480),
        )

    # === BALANCES === #

    def test_what_we_owe(self):
        """115.00 owed in June, 40.00 paid then and the rest in July."""
        owed = self._owe() | self._owe(15)
        move = self._bill(owed)
        self._pay(move, amount=40)
        with freeze_time("2025-07-20 10:00:00"):
            self._pay(move)
        self.assertEqual(self._show(JUNE), {self.workshop: (0, -115, -40, 0, -75)})
        self.assertEqual(self._show(JULY), {self.workshop: (-75, 0, -75, 0, 0)})
        self.assertEqual(
            self._show(JUNE, "cost_id"),
            {
                owed[0]: (0, -100, -34.78, 0, -65.22),
                owed[1]: (0, -15, -5.22, 0, -9.78),
            },
        )
        self.assertEqual(set(self._show(JUNE, "repair_id")), {self.order})
        self.assertEqual(set(self._show(JUNE, "unit_id")), {self.unit})
        self.assertEqual(set(self._show(JUNE, "partner_id")), {self.customer})

    def test_reversed_bills_are_owed_no_more(self):
        move = self._bill(self._owe())
        move._reverse_moves([{"invoice_date": "2025-06-10"}], cancel=True)
        self.assertEqual(self._show(JUNE), {self.workshop: (0, -100, 0, -100, 0)})

    def test_in_the_currency_of_the_bill(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 4.0)])
        self._bill(self._owe(currency_id=euro.id))
        self.assertEqual(self._show(JUNE), {self.workshop: (0, -25, 0, 0, -25)})
        self.assertEqual(
            self._show(JUNE, aftersales_own_currency=True), {self.workshop: (0, -100, 0, 0, -100)}
        )

    def test_a_row_opens_its_cost(self):
        cost = self._owe()
        self._bill(cost)
        self.env.flush_all()
        rows = self.env["aftersales.balance.report"].with_user(self.settler)
        row = rows.search([("kind", "=", "vendor"), ("payer_id", "=", self.workshop.id)])
        self.assertEqual(row.cost_id, cost)
        self.assertEqual(row.action_open()["res_id"], cost.id)

    def test_asked_for_by_the_wizard(self):
        action = self.env["aftersales.balance.show"].create({"kind": "vendor"}).action_show()
        self.assertEqual(action["domain"], [("kind", "=", "vendor")])

    def test_technician_sees_no_balances(self):
        with self.assertRaises(AccessError):
            self.env["aftersales.balance.report"].with_user(self.technician).search([])
