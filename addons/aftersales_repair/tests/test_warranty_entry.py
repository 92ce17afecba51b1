from datetime import date, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from odoo.addons.aftersales_base.tests.common import _UndoError

from .common import RepairCommon

JUNE = date(2025, 6, 30)


@tagged("post_install", "-at_install")
@freeze_time("2025-06-10 12:00:00")
class TestWarrantyEntryCost(RepairCommon):
    """What we bear on work orders is booked at what it cost: parts as they left the stock, hours
    at their hourly cost, as in the margin of work orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.term_ids.write({"bearer_type": "company", "bearer_partner_id": False})
        cls.unit = cls._make_unit("RW1")
        cls.request.unit_id = cls.unit
        cls.compressor.standard_price = 300
        cls.labour.standard_price = 90
        cls.cost_account, cls.service_account = cls.env["account.account"].create(
            [
                {"code": "600901", "name": "Warranty Cost", "account_type": "expense"},
                {"code": "600902", "name": "Recovered", "account_type": "expense"},
            ]
        )
        cls.company.write(
            {
                "aftersales_warranty_since": "2025-06-01",
                "aftersales_warranty_valuation": "cost",
                "aftersales_warranty_cost_account_id": cls.cost_account.id,
                "aftersales_warranty_service_account_id": cls.service_account.id,
            }
        )

    def _cost(self, cost, user=None):
        return self.env["aftersales.hourly.cost"].create(
            {"cost": cost, "date_from": "2025-01-01", "user_id": user and user.id}
        )

    def _work(self, order, hours, user=None):
        now = fields.Datetime.now()
        self.env["aftersales.work.time"].create(
            {
                "repair_id": order.id,
                "user_id": (user or self.technician).id,
                "date_from": now - timedelta(hours=hours),
                "date_to": now,
            }
        )

    def _book(self):
        entry = self.env["aftersales.warranty.entry"].with_user(self.settler)
        entry = entry.create({"date_until": JUNE})
        entry.action_confirm()
        entry.move_id.action_post()
        return entry

    def _get_amounts(self, entry):
        """Return ``{product: amount}`` of what is booked."""
        return {line.charge_id.product_id: line.amount for line in entry.line_ids}

    def test_part_as_it_left_the_stock(self):
        """The cost of the product rises afterwards: what was booked out counts."""
        order = self._do(self._make_order())
        self.compressor.standard_price = 999
        entry = self._book()
        self.assertEqual(order.move_ids.value, 300)
        self.assertEqual(self._get_amounts(entry), {self.compressor: 300})
        self.assertEqual(
            {line.account_id: line.balance for line in entry.move_id.line_ids},
            {self.cost_account: 300, self.service_account: -300},
        )

    def test_half_of_it(self):
        half = self._make_order(
            charges=[self.labour],
            service_type_id=self.type_half.id,
            unit_id=False,
            request_id=False,
            partner_id=self.customer.id,
        )
        self._cost(40)
        self._do(half)
        self.assertEqual(self._get_amounts(self._book()), {self.compressor: 150, self.labour: 20})

    def test_hours_at_their_cost(self):
        """Hours worked fall on the labour sold, by its hours; without any, labour counts as
        sold; without hourly costs, at the cost of its product."""
        for name, costs, worked, expected in (
            ("no hourly costs", (), 3, 90),
            ("as sold", ((40, None),), 0, 40),
            ("as worked", ((40, None),), 3, 120),
            ("at his own cost", ((40, None), (70, self.technician)), 2, 140),
        ):
            with self.subTest(name), self.assertRaises(_UndoError), self.env.cr.savepoint():
                for cost, user in costs:
                    self._cost(cost, user)
                order = self._make_order(parts=[], charges=[self.labour])
                if worked:
                    self._work(order, worked)
                self._do(order)
                entry = self._book()
                self.assertEqual(self._get_amounts(entry), {self.labour: expected})
                if costs:
                    self.assertEqual(self._get_order_cost(order), expected, "as its margin")
                raise _UndoError

    def _get_order_cost(self, order):
        self.env.flush_all()
        report = self.env["aftersales.result.report"]
        [(cost,)] = report._read_group([("repair_id", "=", order.id)], [], ["cost:sum"])
        return cost

    def test_two_labours_share_the_hours(self):
        """Three hours worked, one and two sold: a third and two thirds of what they cost."""
        self._cost(40)
        order = self._make_order(parts=[], charges=[self.labour, self.labour])
        order.charge_ids[1].quantity = 2
        self._work(order, 4.5)
        self._do(order)
        self.assertEqual(sorted(self._book().line_ids.mapped("amount")), [60, 120])

    def test_many_orders_ask_no_more(self):
        """The number of queries does not depend on the number of orders."""
        self._cost(40)
        counts = []
        for number in (1, 1, 4):
            orders = self.env["repair.order"].union(
                *(self._make_order(charges=[self.labour]) for __ in range(number))
            )
            self._do(orders)
            charges = orders.charge_ids.browse(orders.charge_ids.ids)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            charges._get_borne_amounts(at_cost=True)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2], "caches are warm after the first")
