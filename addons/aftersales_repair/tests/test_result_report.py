from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RepairCommon

TODAY = "2025-06-10 12:00:00"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestResultReport(RepairCommon):
    """Margin of work orders: parts as valued in the stock, hours at their cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.compressor.standard_price = 300
        cls.filter_part.standard_price = 20
        cls._cost(40, "2025-01-01")

    @classmethod
    def _cost(cls, cost, day, user=None, **vals):
        return cls.env["aftersales.hourly.cost"].create(
            {"cost": cost, "date_from": day, "user_id": user and user.id, **vals}
        )

    def _read(self, orders, groupby, *measures):
        self.env.flush_all()
        groups = self.env["aftersales.result.report"]._read_group(
            [("repair_id", "in", orders.ids)], groupby, measures
        )
        return {tuple(group[: len(groupby)]): group[len(groupby) :] for group in groups}

    def _total(self, orders, *measures):
        return self._read(orders, [], *measures)[()]

    def _work(self, order, hours, user=None):
        start = fields.Datetime.now() - timedelta(hours=hours)
        return self.env["aftersales.work.time"].create(
            {
                "repair_id": order.id,
                "user_id": (user or self.technician).id,
                "date_from": start,
                "date_to": fields.Datetime.now(),
            }
        )

    def test_order_from_revenue_to_margin(self):
        """The maker pays 800 for the part, the customer 50 for the trip, we bear the hour."""
        order = self._make_order(charges=[self.labour, self.travel])
        self._work(order, 2)
        self._do(order)
        self.assertEqual(
            self._total(
                order,
                "revenue:sum",
                "borne:sum",
                "cost_parts:sum",
                "hours:sum",
                "cost_labour:sum",
                "cost:sum",
                "margin:sum",
            ),
            (850, 150, 300, 2, 80, 380, 470),
        )
        self.assertEqual(order.result_margin, 470)
        self.assertEqual(
            order.move_ids.value,
            self._total(order, "cost_parts:sum")[0],
            "what left the stock is what the part cost",
        )

    def test_margin_where_the_maker_sits_abroad(self):
        """The part is 100 net in 113; without taxes he is asked for 100, and that is the margin."""
        tax = {"type_tax_use": "sale", "company_id": self.company.id}
        included, nothing = self.env["account.tax"].create(
            [
                {"name": "13 % in", "amount": 13, "price_include_override": "tax_included", **tax},
                {"name": "Export", "amount": 0, "price_include_override": "tax_included", **tax},
            ]
        )
        export = self.env["account.fiscal.position"].create({"name": "Export"})
        nothing.write(
            {
                "fiscal_position_ids": [Command.set(export.ids)],
                "original_tax_ids": [Command.set(included.ids)],
            }
        )
        self.compressor.write({"lst_price": 113, "taxes_id": [Command.set(included.ids)]})
        self.maker.property_account_position_id = export
        order = self._do(self._make_order())
        self.assertAlmostEqual(order.result_margin, -200, 2)
        claim = order.charge_ids._create_settlements()
        self.assertEqual(claim.amount_claimed, 100)
        self.assertEqual(self._total(order, "revenue:sum", "margin:sum"), (100, -200))
        order.invalidate_recordset(["result_margin"])
        self.assertEqual(order.result_margin, -200)

    def test_many_orders_in_one_query(self):
        orders = self._make_order(charges=[self.travel]) | self._make_order(parts=[])
        self._do(orders)
        orders.invalidate_recordset(["result_margin"])
        self.assertEqual(orders.mapped("result_margin"), [550, 0])
        self.assertFalse(self.env["repair.order"].browse().mapped("result_margin"))
        orders.invalidate_recordset(["result_margin"])
        orders.mapped("company_id.currency_id.name")
        self.env.flush_all()
        with self.assertQueryCount(1):
            orders.mapped("result_margin")

    def test_value_of_the_movement_counts_not_the_cost_of_today(self):
        order = self._do(self._make_order())
        self.compressor.standard_price = 999
        self.assertEqual(self._total(order, "cost_parts:sum"), (300,))

    def test_hours_cost_what_the_day_of_the_company_says(self):
        """At nine in the evening (UTC) it is the next day in Shanghai, and an hour costs more."""
        self._cost(60, "2025-06-10")
        for tz, cost in ((False, 40), ("Asia/Shanghai", 60), ("America/New_York", 40)):
            with self.subTest(tz=tz):
                self.company.partner_id.tz = tz
                order = self._make_order(parts=[])
                start = fields.Datetime.to_datetime("2025-06-09 21:00:00")
                user = self._new_user(f"of_{cost}_{tz and tz[:4]}", "base.group_user")
                self.env["aftersales.work.time"].create(
                    {
                        "repair_id": order.id,
                        "user_id": user.id,
                        "date_from": start,
                        "date_to": start + timedelta(hours=1),
                    }
                )
                self._do(order)
                self.assertEqual(self._total(order, "hours:sum", "cost_labour:sum"), (1, cost))

    def test_labour_sold_counts_where_nobody_wrote_hours_down(self):
        order = self._make_order(parts=[], charges=[self.labour])
        order.charge_ids.quantity = 1.5
        self._do(order)
        self.assertEqual(
            self._read(order, ["bearer"], "hours:sum", "cost:sum"),
            {("company",): (1.5, 60)},
        )
        written = self._make_order(parts=[], charges=[self.labour])
        self._work(written, 1)
        self._do(written)
        found = self._read(written, ["bearer"], "hours:sum", "cost:sum")
        self.assertEqual(found[("hours",)], (1, 40))
        self.assertEqual(found[("company",)][1], 0)

    def test_cost_of_the_day_and_of_the_person(self):
        """A rise changes nothing of the past; who costs something else counts with his own."""
        self._cost(50, "2025-06-09")
        self._cost(70, "2025-06-01", self.other_technician)
        self._cost(99, "2025-06-11")
        order = self._make_order(parts=[], charges=[self.travel])
        with freeze_time("2025-06-08 12:00:00"):
            self._work(order, 1)
        self._work(order, 1)
        self._work(order, 2, self.other_technician)
        self._do(order)
        self.assertEqual(self._total(order, "cost_labour:sum"), (40 + 50 + 140,))

    def test_without_a_cost_hours_cost_nothing(self):
        self.env["aftersales.hourly.cost"].search([]).unlink()
        order = self._make_order(parts=[], charges=[self.travel])
        self._work(order, 2)
        self._do(order)
        self.assertEqual(self._total(order, "hours:sum", "cost:sum", "margin:sum"), (2, 0, 50))

    def test_part_nobody_charged_is_ours(self):
        order = self._do(self._make_order())
        part = self._part_charge(order)
        part.action_cancel()
        self.assertEqual(
            self._read(order, ["bearer"], "revenue:sum", "cost:sum", "margin:sum"),
            {("company",): (0, 300, -300)},
        )

    def test_open_work_does_not_count(self):
        order = self._make_order(charges=[self.labour])
        self._work(order, 2)
        self.assertFalse(self._read(order, ["bearer"], "cost:sum"))
        self.assertEqual(order.result_margin, 0)

    def test_hours_on_visits_count_with_the_road(self):
        order = self._make_order(parts=[], charges=[self.travel], technician_id=self.technician.id)
        order.action_validate()
        visit = self.env["aftersales.visit"].create(
            {
                "repair_id": order.id,
                "user_id": self.technician.id,
                "planned_from": TODAY,
                "duration": 2,
            }
        )
        visit.action_arrive()
        with freeze_time("2025-06-10 13:30:00"):
            visit.write({"result": "solved", "state": "done"})
            if order.state != "done":
                order.action_repair_start()
                order.action_repair_end()
        self.assertEqual(self._total(order, "hours:sum", "cost_labour:sum"), (1.5, 60))

    def test_by_technician_team_and_product(self):
        order = self._make_order(charges=[self.travel], technician_id=self.technician.id)
        self._work(order, 1, self.other_technician)
        self._do(order)
        found = self._read(order, ["user_id"], "revenue:sum", "cost:sum")
        self.assertEqual(found[(self.technician,)], (850, 300))
        self.assertEqual(found[(self.other_technician,)], (0, 40))
        for fname, value in (
            ("product_id", self.ac),
            ("product_category_id", self.category_ac),
            ("team_id", order.team_id),
        ):
            self.assertEqual(self._read(order, [fname], "margin:sum"), {(value,): (510,)}, fname)

    def test_only_managers_and_finance_see_it(self):
        order = self._do(self._make_order())
        for user in (self.technician, self.agent):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                order.with_user(user).read(["result_margin"])
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                self.env["aftersales.hourly.cost"].with_user(user).search([])
        self.assertTrue(order.with_user(self.manager).read(["result_margin"]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.env["aftersales.hourly.cost"].with_user(self.settler).search([])

    def test_costs_of_another_company_are_theirs(self):
        self._cost(900, "2025-01-01", company_id=self.other_company.id)
        seen = self.env["aftersales.hourly.cost"].with_user(self.manager).search([])
        self.assertEqual(seen.company_id, self.company)
        order = self._make_order(parts=[], charges=[self.travel])
        self._work(order, 1)
        self._do(order)
        self.assertEqual(self._total(order, "cost:sum"), (40,))

    def test_one_cost_a_day(self):
        for vals in ({}, {"user": self.technician}):
            self._cost(10, "2025-03-01", **vals)
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                with self.env.cr.savepoint():
                    self._cost(11, "2025-03-01", **vals)

    def test_claims_and_unpaid_know_the_order(self):
        order = self._do(self._make_order(charges=[self.travel]))
        for model, value in (("claim", 800), ("unpaid", 850)):
            measure = {"claim": "covered:sum", "unpaid": "amount_to_invoice:sum"}[model]
            self.env.flush_all()
            [(found, amount)] = self.env[f"aftersales.{model}.report"]._read_group(
                [("repair_id", "=", order.id)], ["repair_id"], [measure]
            )
            self.assertEqual((found, amount), (order, value))

    def test_screens_open(self):
        order = self._do(self._make_order(charges=[self.travel]))
        action = order.action_view_result()
        rows = self.env["aftersales.result.report"].search(action["domain"])
        fnames = [name for name, field in rows._fields.items() if field.store]
        self.assertEqual(len(rows.read(fnames)), 2)
        self.assertEqual(rows[:1].action_open()["res_id"], order.id)
        self._open_view(order.with_user(self.manager), "form")
