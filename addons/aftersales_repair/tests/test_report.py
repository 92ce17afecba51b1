from ast import literal_eval

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestReport(RepairCommon):
    """Rates and sums on a small set of orders, worked out by hand beside it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_repeat_days = 90
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.Report = cls.env["aftersales.repair.report"]
        cls.Technicians = cls.env["aftersales.technician.report"]
        cls.other_unit = cls._make_unit("RP2")

    @classmethod
    def _order(cls, start, end=None, unit=None, cause=None, **vals):
        """Make an order at ``start`` and end it at ``end``."""
        unit = unit or cls.unit
        with freeze_time(start):
            order = cls._make_order(
                parts=vals.pop("parts", []),
                unit_id=unit.id,
                cause_id=(cause or cls.cause_wear).id,
                technician_id=vals.pop("technician", cls.technician).id,
                date_fault=start[:10],
                schedule_date=start,
                **vals,
            )
            order.action_validate()
            if end:
                order.action_repair_start()
        if end:
            with freeze_time(end):
                for move in order.move_ids:
                    move.quantity = move.product_uom_qty
                order.action_repair_end()
        return order

    def _read(self, orders, *aggregates, model=None, groupby=()):
        model = model if model is not None else self.Report
        return model._read_group([("repair_id", "in", orders.ids)], list(groupby), list(aggregates))

    def test_nothing_was_done(self):
        [(count, rate)] = self._read(self.env["repair.order"], "__count", "first_fix:avg")
        self.assertEqual(count, 0)
        self.assertFalse(rate)

    def test_open_work_has_no_rate(self):
        order = self._order("2025-06-02 08:00:00")
        [values] = self._read(
            order, "__count", "done:sum", "first_fix:avg", "same_day:avg", "hours_open:avg"
        )
        self.assertEqual(values[:2], (1, 0))
        self.assertEqual([value or None for value in values[2:]], [None] * 3)

    def test_one_order(self):
        order = self._order("2025-06-02 08:00:00", "2025-06-02 14:00:00")
        [values] = self._read(
            order, "first_fix:avg", "repeat:avg", "same_day:avg", "late:avg", "hours_open:avg"
        )
        self.assertEqual(values, (100, 0, 100, 0, 6))

    def test_many_orders(self):
        """Four done, one of them came back: 75 % fixed the first time, half of them in a day."""
        orders = (
            self._order("2025-06-02 08:00:00", "2025-06-02 10:00:00")  # came back in July
            | self._order("2025-07-01 08:00:00", "2025-07-03 08:00:00")
            | self._order("2025-06-02 08:00:00", "2025-06-02 16:00:00", unit=self.other_unit)
            | self._order(
                "2025-06-10 08:00:00",
                "2025-06-11 08:00:00",
                unit=self.other_unit,
                cause=self.cause_misuse,
            )
            | self._order("2025-11-01 08:00:00")
        )
        [values] = self._read(
            orders,
            "__count",
            "done:sum",
            "first_fix:avg",
            "repeat:avg",
            "same_day:avg",
            "hours_open:avg",
        )
        self.assertEqual(values, (5, 4, 75, 25, 50, (2 + 48 + 8 + 24) / 4))

    def test_came_back_within_the_days(self):
        """Ended on 2 June: on the 90th day it is a repeat, a day later it is not."""
        first = self._order("2025-06-02 08:00:00", "2025-06-02 10:00:00")
        again = self._order("2025-08-31 09:00:00")
        self.assertEqual(self._read(first, "repeat:avg"), [(100,)])
        again.sudo().date_ordered = "2025-08-31 11:00:00"
        self.assertEqual(self._read(first, "repeat:avg"), [(0,)])
        again.sudo().date_ordered = "2025-08-01 11:00:00"
        self.company.aftersales_repeat_days = 0
        self.assertEqual(self._read(first, "repeat:avg"), [(0,)], "nothing counts as repeated")

    def test_another_fault_is_no_repeat(self):
        first = self._order("2025-06-02 08:00:00", "2025-06-02 10:00:00")
        self._order("2025-06-12 08:00:00", cause=self.cause_misuse)
        self.assertEqual(self._read(first, "repeat:avg"), [(0,)])

    def test_same_symptom_is_a_repeat(self):
        requests = [
            self._make_request(unit_id=self.unit.id, symptom_id=self.symptom.id) for __ in range(2)
        ]
        first = self._order("2025-06-02 08:00:00", "2025-06-02 10:00:00", request_id=requests[0].id)
        self._order("2025-06-12 08:00:00", cause=self.cause_misuse, request_id=requests[1].id)
        self.assertEqual(self._read(first, "repeat:avg"), [(100,)])

    def test_cancelled_is_no_repeat(self):
        first = self._order("2025-06-02 08:00:00", "2025-06-02 10:00:00")
        self._order("2025-06-12 08:00:00").action_repair_cancel()
        self.assertEqual(self._read(first, "repeat:avg"), [(0,)])

    def test_day_is_that_of_the_company(self):
        """From 23:00 to 01:00 in Shanghai is the same day in Greenwich."""
        self.company.partner_id.tz = "Asia/Shanghai"
        order = self._order("2025-06-02 15:00:00", "2025-06-02 17:00:00")
        self.assertEqual(self._read(order, "same_day:avg"), [(0,)])

    def _visit(self, order, start, end, user=None, result="solved"):
        with freeze_time(start):
            visit = self.env["aftersales.visit"].create(
                {
                    "repair_id": order.id,
                    "user_id": (user or self.technician).id,
                    "planned_from": start,
                    "duration": 8,
                }
            )
            visit.action_arrive()
        with freeze_time(end):
            visit.write({"result": result, "state": "done"})
        return visit

    def test_second_visit_is_no_first_time_fix(self):
        order = self._order("2025-06-02 08:00:00")
        order.action_repair_start()
        self._visit(order, "2025-06-02 09:00:00", "2025-06-02 10:00:00", result="parts_needed")
        self._visit(order, "2025-06-03 09:00:00", "2025-06-03 10:00:00")
        with freeze_time("2025-06-03 10:00:00"):
            order.late_reason_id = self.env.ref("aftersales_repair.late_reason_parts")
            order.action_repair_end()
        self.assertEqual(self._read(order, "first_fix:avg", "late:avg"), [(0, 100)])

    def test_by_product_and_cause(self):
        orders = (
            self._order("2025-06-02 08:00:00")
            | self._order("2025-06-03 08:00:00", unit=self.other_unit)
            | self._order("2025-06-04 08:00:00", cause=self.cause_misuse)
        )
        counts = self._read(orders, "__count", groupby=("product_id", "cause_id"))
        self.assertEqual(
            set(counts), {(self.ac, self.cause_wear, 2), (self.ac, self.cause_misuse, 1)}
        )

    def test_hours_sold_against_worked(self):
        """Five hours sold by two who worked four and one: to each as he worked."""
        order = self._order(
            "2025-06-02 08:00:00",
            charge_ids=[Command.create({"product_id": self.labour.id, "quantity": 5})],
        )
        order.action_repair_start()
        self._visit(order, "2025-06-02 09:00:00", "2025-06-02 13:00:00")
        self._visit(order, "2025-06-02 09:00:00", "2025-06-02 10:00:00", self.other_technician)
        with freeze_time("2025-06-02 14:00:00"):
            order.action_repair_end()
        rows = self._read(
            order,
            "orders:sum",
            "visits:sum",
            "hours_sold:sum",
            "hours_worked:sum",
            "efficiency:avg",
            model=self.Technicians,
            groupby=("technician_id",),
        )
        self.assertEqual(
            set(rows),
            {(self.technician, 1, 1, 4, 4, 100), (self.other_technician, 0, 1, 1, 1, 100)},
        )
        [(total,)] = self._read(order, "efficiency:avg", model=self.Technicians)
        self.assertEqual(total, 100, "sums are divided, quotients are not averaged")

    def test_hours_are_hours(self):
        """Two days sold are as many hours as the unit of measure says."""
        day = self.env.ref("uom.product_uom_day")
        hour = self.env.ref("uom.product_uom_hour")
        work = self._create_product(
            name="Work Day", type="service", uom_id=day.id, aftersales_charge_kind="labour"
        )
        order = self._order(
            "2025-06-02 08:00:00",
            "2025-06-02 14:00:00",
            charge_ids=[Command.create({"product_id": work.id, "quantity": 2})],
        )
        [(sold,)] = self._read(order, "hours_sold:sum", model=self.Technicians)
        self.assertAlmostEqual(sold, day._compute_quantity(2, hour))

    def test_parts_add_up_to_the_charges(self):
        order = self._order(
            "2025-06-02 08:00:00",
            "2025-06-02 14:00:00",
            parts=[self._part(quantity=2), self._part(self.filter_part, line_type="remove")],
        )
        rows = self._read(
            order,
            "quantity:sum",
            "amount:sum",
            model=self.env["aftersales.part.report"],
            groupby=("part_id", "line_type"),
        )
        self.assertEqual(
            set(rows),
            {(self.compressor, "add", 2, 1600), (self.filter_part, "remove", 1, 0)},
        )
        self.assertEqual(sum(row[3] for row in rows), sum(order.charge_ids.mapped("amount")))

    def test_parts_are_counted_in_their_own_unit(self):
        """A dozen is twelve before it is used and after."""
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self._make_order(parts=[])
        order.move_ids = [
            Command.create({**self._part()[2], "product_uom": dozen.id, "product_uom_qty": 1})
        ]

        def count():
            return self._read(order, "quantity:sum", model=self.env["aftersales.part.report"])

        self.assertEqual(count(), [(12,)])
        self._do(order)
        self.assertEqual(order.move_ids.quantity, 1)
        self.assertEqual(count(), [(12,)])

    def test_hand_overs(self):
        """Two done; one fetched after three days, one not yet."""
        fetched = self._order("2025-06-02 08:00:00", "2025-06-02 12:00:00")
        waiting = self._order("2025-06-02 08:00:00", "2025-06-02 12:00:00", unit=self.other_unit)
        self.env.flush_all()
        with freeze_time("2025-06-05 12:00:00"):
            fetched._hand_over("Lin", fetched.accessory_ids)
        [values] = self._read(fetched | waiting, "done:sum", "handed_over:sum", "not_collected:sum")
        self.assertEqual(values, (2, 1, 1))
        [(days,)] = self._read(fetched | waiting, "days_to_collect:avg")
        self.assertEqual(days, 3)

    def test_waiting_for_parts(self):
        order = self._order("2025-06-02 08:00:00")
        with freeze_time("2025-06-02 08:00:00"):
            order.action_wait_for_parts()
        with freeze_time("2025-06-02 11:00:00"):
            order.action_resume()
        self.assertEqual(self._read(order, "hours_waited:sum"), [(3,)])

    def test_who_counts_what(self):
        order = self._order("2025-06-02 08:00:00", "2025-06-02 14:00:00", team_id=self.team_a.id)
        for model in (self.Report, self.Technicians):
            for user, sees in [
                (self.technician, True),
                (self.other_technician, False),
                (self.agent, True),
                (self.other_agent, False),
                (self.manager, True),
                (self.settler, True),
            ]:
                with self.subTest(model=model._name, user=user.login):
                    found = model.with_user(user).search([("repair_id", "=", order.id)])
                    self.assertEqual(bool(found), sees)

    def test_other_company(self):
        order = self._order("2025-06-02 08:00:00", "2025-06-02 14:00:00")
        stranger = self._new_user(
            "stranger",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        for model in (self.Report, self.Technicians, self.env["aftersales.part.report"]):
            self.assertFalse(model.with_user(stranger).search([("repair_id", "=", order.id)]))

    def test_a_row_opens_its_order(self):
        order = self._order("2025-06-02 08:00:00")
        row = self.Report.search([("repair_id", "=", order.id)])
        action = row.with_user(self.technician).action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("repair.order", order.id))

    def test_screens(self):
        self._order("2025-06-02 08:00:00", "2025-06-02 14:00:00", parts=[self._part()])
        for model in (
            "aftersales.repair.report",
            "aftersales.technician.report",
            "aftersales.part.report",
        ):
            Model = self.env[model].with_user(self.agent)
            views = Model.get_views([(False, "list"), (False, "pivot"), (False, "search")])
            shown = list(views["models"][model]["fields"])
            self.assertTrue(Model.search([], limit=5).read(shown))

    def test_shop_lists(self):
        """Each daily and monthly favourite can be opened as it is."""
        xmlids = (
            self.env["ir.model.data"]
            .sudo()
            .search([("model", "=", "ir.filters"), ("module", "=", "aftersales_repair")])
        )
        filters = self.env["ir.filters"].sudo().browse(xmlids.mapped("res_id"))
        self.assertGreaterEqual(len(filters), 16)
        for favourite in filters:
            with self.subTest(favourite=favourite.name):
                Model = self.env[favourite.model_id].with_user(self.manager)
                context = literal_eval(favourite.context)
                measures = [
                    measure
                    if measure == "__count"
                    else f"{measure}:{Model._fields[measure].aggregator}"
                    for measure in context["pivot_measures"]
                ]
                groupby = context["pivot_row_groupby"] + context["pivot_column_groupby"]
                Model.formatted_read_group(literal_eval(favourite.domain), groupby, measures)
