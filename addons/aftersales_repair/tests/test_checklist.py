from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tests.common import warmup

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestChecklist(RepairCommon):
    """Nothing goes back to a customer that was not checked, or failed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checklist = cls._make_checklist(
            "Air conditioners",
            [
                {"name": "Runs quietly"},
                {
                    "name": "Pressure",
                    "kind": "measure",
                    "unit_name": "bar",
                    "value_min": 4,
                    "value_max": 5,
                },
                {"name": "Housing clean", "required": False},
            ],
            category_ids=[Command.link(cls.category_ac.id)],
        )
        cls.order = cls._make_order()
        cls.mine = cls.order.with_user(cls.technician)

    @classmethod
    def _make_checklist(cls, name, items, **vals):
        return cls.env["aftersales.checklist"].create(
            {"name": name, "item_ids": [Command.create(item) for item in items], **vals}
        )

    def _start(self, order):
        order.action_validate()
        order.action_repair_start()
        order.move_ids.quantity = 1

    def _fill(self, order, results):
        """Write results by the form, as people do: a number is a measured value."""
        with Form(order) as form:
            for index, result in enumerate(results):
                with form.check_ids.edit(index) as line:
                    if isinstance(result, str):
                        line.result = result
                    elif result is not None:
                        line.value = result

    # === THE CHECKS OF AN ORDER === #

    def test_come_when_the_work_starts(self):
        self.assertEqual(self.order.check_status, "none")
        self._start(self.mine)
        self.assertEqual(
            self.order.check_ids.mapped("name"), ["Runs quietly", "Pressure", "Housing clean"]
        )
        self.assertEqual(self.order.check_status, "open")

    def test_what_was_asked_stays_when_the_list_changes(self):
        self._start(self.mine)
        self.checklist.item_ids[0].name = "Runs without a sound"
        self.checklist.item_ids[2].unlink()
        self.assertEqual(self.order.check_ids[0].name, "Runs quietly")
        self.assertEqual(len(self.order.check_ids), 3)

    def test_which_lists_fit(self):
        parts = Command.link(self.category_parts.id)
        onsite = Command.link(self.type_onsite.id)
        self._make_checklist("Parts", [{"name": "No"}], category_ids=[parts])
        self._make_checklist(
            "On site",
            [{"name": "No"}],
            service_type_ids=[onsite],
            company_id=self.company.id,
        )
        self._make_checklist("Archived", [{"name": "No"}], active=False)
        self._make_checklist("Theirs", [{"name": "No"}], company_id=self.other_company.id)
        self._make_checklist("All", [{"name": "Yes"}])
        self._start(self.mine)
        self.assertEqual(
            set(self.order.check_ids.mapped("name")),
            {"Runs quietly", "Pressure", "Housing clean", "Yes"},
        )
        home = self._make_order(service_type_id=self.type_onsite.id, parts=[])
        home.action_make_checks()
        self.assertIn("No", home.check_ids.mapped("name"))

    def test_fetched_by_hand_once(self):
        self.mine.action_make_checks()
        self.mine.action_make_checks()
        self._start(self.mine)
        self.assertEqual(len(self.order.check_ids), 3)

    def test_no_list_fits(self):
        self.checklist.active = False
        with self.assertRaisesRegex(UserError, "No checklist fits"):
            self.mine.action_make_checks()

    # === RESULTS === #

    def test_measured_values(self):
        self._start(self.mine)
        pressure = self.order.check_ids[1]
        for value, result in ((3.9, "failed"), (4, "passed"), (5, "passed"), (5.1, "failed")):
            pressure.value = value
            self.assertEqual(pressure.result, result, value)
        pressure.write({"value": 0, "is_measured": False})
        self.assertFalse(pressure.result)
        pressure.is_measured = True
        self.assertEqual(pressure.result, "failed", "zero was measured")
        pressure.with_user(self.manager).write({"value_min": 0, "value_max": 0})
        self.assertEqual(pressure.result, "passed", "without limits whatever is measured passes")

    @freeze_time("2025-06-02 10:00:00")
    def test_passed_work_ends_and_says_who_checked(self):
        self._start(self.mine)
        self._fill(self.mine, ["passed", 4.2, None])
        self.assertEqual(self.order.check_status, "passed")
        checked = self.order.check_ids[:2]
        self.assertEqual(checked.user_id, self.technician)
        self.assertEqual(str(checked[0].date), "2025-06-02 10:00:00")
        self.assertFalse(self.order.check_ids[2].user_id)
        self.mine.action_repair_end()
        self.assertEqual(self.order.state, "done")

    def test_work_does_not_end_unchecked_or_failed(self):
        self._start(self.mine)
        with self.assertRaisesRegex(UserError, r"Runs quietly \(not checked\), Pressure \(not"):
            self.mine.action_repair_end()
        self._fill(self.mine, ["failed", 4.2, None])
        self.assertEqual(self.order.check_status, "failed")
        with self.assertRaisesRegex(UserError, r"Runs quietly \(Failed\)"):
            self.mine.action_repair_end()
        self.assertEqual(self.order.state, "under_repair")
        self._fill(self.mine, ["skipped", None, "failed"])
        with self.assertRaisesRegex(UserError, r"Housing clean \(Failed\)"):
            self.mine.action_repair_end()

    def test_failed_at_a_colleague_goes_back(self):
        """One to-do an order, whatever else fails later."""
        self._start(self.mine)
        for index, summary in ((0, "Runs quietly"), (2, "Runs quietly, Housing clean")):
            self._fill(self.order.with_user(self.manager), [None] * index + ["failed"])
            activity = self.order.activity_ids
            self.assertEqual((activity.user_id, activity.summary), (self.technician, summary))
        self.mine.activity_ids.action_done()
        self.mine.check_ids[1].value = 9
        self.assertFalse(self.order.activity_ids, "who finds it himself knows")

    # === FORBIDDEN === #

    def test_closed_work_keeps_what_was_found(self):
        self._start(self.mine)
        self._fill(self.mine, ["passed", 4.2, None])
        self.mine.action_repair_end()
        check = self.order.check_ids[0].with_user(self.manager)
        for forbidden in (
            lambda: check.write({"result": "failed"}),
            check.unlink,
            lambda: check.copy(),
        ):
            with self.assertRaisesRegex(UserError, "is closed"):
                forbidden()

    def test_nobody_talks_a_check_away(self):
        self._start(self.mine)
        quiet, pressure, clean = self.mine.check_ids
        for forbidden in (
            lambda: quiet.write({"required": False}),
            lambda: pressure.write({"value_max": 99}),
            quiet.unlink,
            lambda: quiet.write({"user_id": self.agent.id}),
            self.mine.action_repair_done,
        ):
            with self.assertRaises(UserError):
                forbidden()
        pressure.write({"value": 9, "result": "passed"})
        self.assertEqual(pressure.result, "failed", "the measured value decides")
        own = self.mine.check_ids.create(
            {
                "repair_id": self.order.id,
                "name": "Mine",
                "result": "passed",
                "user_id": self.agent.id,
                "is_standard": True,
            }
        )
        self.assertEqual((own.user_id, own.is_standard), (self.technician, False))
        own.name = "Still mine"
        foreign = self._make_order(parts=[], technician_id=self.other_technician.id)
        closed = self._make_order(parts=[])
        closed.action_repair_cancel()
        for order in (foreign, closed):
            with self.assertRaises(UserError):
                own.repair_id = order
        own.unlink()
        clean.with_user(self.manager).unlink()

    def test_colleagues_and_strangers(self):
        self._start(self.mine)
        check = self.order.check_ids[0]
        for user in (self.other_technician, self.other_agent, self.salesman):
            with self.assertRaises(AccessError):
                check.with_user(user).read(["result"])
            with self.assertRaises(AccessError):
                check.with_user(user).write({"result": "passed"})
        self.assertFalse(check.result)
        with self.assertRaises(AccessError):
            self.checklist.with_user(self.technician).name = "Mine"

    def test_storekeeper_repairs_without_an_aftersales_role(self):
        order = self.order.with_user(self.storekeeper)
        self._start(order)
        order.check_ids.result = "skipped"
        order.action_repair_end()
        self.assertEqual(self.order.state, "done")

    # === PAPER AND SPEED === #

    def test_report_says_what_was_checked(self):
        self._start(self.mine)
        self._fill(self.mine, ["passed", 4.2, None])
        self.mine.action_repair_end()
        html = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_repair.report_repair_estimate", self.order.ids
        )[0]
        self.assertIn(b"Runs quietly", html)
        self.assertIn(b"bar", html)

    @warmup
    def test_queries_do_not_grow_with_the_orders(self):
        def count(number):
            orders = self.env["repair.order"].union(
                *(self._make_order(parts=[]) for __ in range(number))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders._make_checks()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(12), count(1) + 1)
