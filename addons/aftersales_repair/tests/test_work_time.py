from datetime import datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestWorkTime(RepairCommon):
    """A technician's clock on the orders he works on, and what is made of its hours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_labour_product_id = cls.labour
        cls.Time = cls.env["aftersales.work.time"]
        cls.order = cls._make_order(parts=[], technician_id=cls.technician.id)
        cls.other_order = cls._make_order(parts=[], technician_id=cls.technician.id)

    @classmethod
    def _work(cls, start, end, user=None, order=None, **vals):
        """Write down a time of 2 June 2025."""
        order, user = order or cls.order, user or cls.technician
        return cls.Time.create(
            {
                "repair_id": order.id,
                "user_id": user.id,
                "date_from": f"2025-06-02 {start}:00",
                "date_to": end and f"2025-06-02 {end}:00",
                **vals,
            }
        )

    def _tap(self, moment, method, order=None, user=None):
        """Press a button of the order at a moment of 2 June 2025."""
        with freeze_time(f"2025-06-02 {moment}:00"):
            order = (order or self.order).with_user(user or self.technician)
            return getattr(order, method)()

    # === THE CLOCK === #

    def test_start_pause_go_on_end(self):
        self._tap("08:00", "action_start_clock")
        mine = self.order.with_user(self.technician)
        self.assertTrue(mine.is_my_clock_running)
        self.assertEqual(mine.working_user_ids, self.technician)
        self.assertFalse(self.order.is_my_clock_running, "it is his, not mine")
        self.assertEqual(mine.worked_hours, 0, "what runs counts when it is stopped")
        self._tap("10:00", "action_stop_clock")
        self.assertEqual(self.order.worked_hours, 2)
        self._tap("10:15", "action_start_clock")
        with freeze_time("2025-06-02 11:00:00"):
            self._do(self.order)
        self.assertEqual(self.order.worked_hours, 2.75, "the end of the work stops the clock")
        self.assertFalse(self.order.working_user_ids)

    def test_a_clock_takes_up_the_request(self):
        self.request.state = "new"
        self._tap("08:00", "action_start_clock")
        self.assertEqual(self.request.state, "in_progress")

    def test_second_tap_does_nothing(self):
        for moment in ("08:00", "08:01"):
            self.assertIs(self._tap(moment, "action_start_clock"), True)
        self.assertEqual(len(self.order.work_time_ids), 1)
        for moment in ("09:00", "09:30"):
            self._tap(moment, "action_stop_clock")
        self.assertEqual(self.order.worked_hours, 1)

    def test_starting_another_stops_the_first(self):
        self._tap("08:00", "action_start_clock")
        notice = self._tap("09:00", "action_start_clock", order=self.other_order)
        self.assertIn(self.order.name, notice["params"]["message"])
        self.assertEqual(self.order.worked_hours, 1)
        self.assertEqual(self.other_order.working_user_ids, self.technician)

    def test_a_clock_stops_on_an_order_that_was_taken_away(self):
        self._tap("08:00", "action_start_clock")
        self.order.write({"technician_id": self.other_technician.id, "user_id": False})
        self._tap("09:00", "action_start_clock", order=self.other_order)
        self.assertEqual(self.order.worked_hours, 1)

    def test_one_clock_each_holds_in_the_database(self):
        self._work("08:00", None)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "INSERT INTO aftersales_work_time (repair_id, user_id, date_from) "
                "VALUES (%s, %s, now())",
                [self.other_order.id, self.technician.id],
            )

    def test_closed_work_starts_no_clock(self):
        self._do(self.order)
        with self.assertRaisesRegex(UserError, "closed"):
            self._tap("08:00", "action_start_clock")

    def test_cancelling_stops_the_clock(self):
        self._tap("08:00", "action_start_clock")
        with freeze_time("2025-06-02 08:30:00"):
            self.order.action_repair_cancel()
        self.assertEqual(self.order.worked_hours, 0.5)

    def test_a_forgotten_clock_is_asked_about_once(self):
        time = self._work("08:00", None)
        cron = self.env.ref("aftersales_repair.ir_cron_remind_of_running").sudo()
        mine = self.order.activity_ids.filtered(lambda todo: todo.user_id == self.technician)
        for moment, asked in (("19:00", 0), ("21:00", 1), ("23:00", 1)):
            with (
                self.subTest(moment=moment),
                freeze_time(f"2025-06-02 {moment}:00"),
                self.enter_registry_test_mode(),
            ):
                cron.method_direct_trigger()
                self.assertEqual(len(self.order.activity_ids - mine), asked)
        self.assertFalse(time.date_to, "when he stopped, he alone knows")
        self.assertIn("Stop your clock", (self.order.activity_ids - mine).summary)

    def test_one_bad_order_keeps_nobody_from_being_asked(self):
        third = self._make_order(parts=[], technician_id=self.technician.id)
        people = self.technician, self.other_technician, self.agent
        orders = self.order | self.other_order | third
        for user, order in zip(people, orders, strict=True):
            self._work("08:00", None, user=user, order=order)
        before = orders.activity_ids
        self._break(self.other_order, "activity_schedule")
        with freeze_time("2025-06-02 21:00:00"), self.enter_registry_test_mode():
            self.env.ref(
                "aftersales_repair.ir_cron_remind_of_running"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()
        asked = orders.activity_ids - before
        self.assertEqual(asked.user_id, self.technician | self.agent)
        self.assertIn(self.other_technician.name, self.other_order.message_ids[0].body)
        self.assertIn("That one not.", self.other_order.message_ids[0].body)

    def test_who_says_how_much_hours_count(self):
        time = self._work("08:00", "10:00")
        with self.assertRaisesRegex(UserError, "leader of the team"):
            time.with_user(self.technician).labour_share = 50
        with self.assertRaisesRegex(UserError, "leader of the team"):
            self.Time.with_user(self.technician).create(
                {"repair_id": self.order.id, "labour_share": 50}
            )
        time.with_user(self.manager).labour_share = 50
        self.assertEqual(time.labour_share, 50)

    # === WRITING DOWN AND CORRECTING === #

    def test_typed_on_the_order(self):
        with Form(self.order.with_user(self.technician)) as form, form.work_time_ids.new() as line:
            line.date_from = datetime(2025, 6, 2, 8, 0)
            line.date_to = datetime(2025, 6, 2, 9, 30)
        self.assertEqual(self.order.worked_hours, 1.5)
        self.assertEqual(self.order.work_time_ids.user_id, self.technician)

    def test_a_correction_stays_on_record(self):
        time = self._work("08:00", "18:00").with_user(self.technician)
        time = time.with_context(tracking_disable=False, mail_notrack=False)
        self.env.cr.precommit.run()
        time.date_to = "2025-06-02 12:00:00"
        self.env.cr.precommit.run()
        self.assertEqual(time.hours, 4)
        values = time.sudo().message_ids.tracking_value_ids
        self.assertIn(datetime(2025, 6, 2, 18, 0), values.mapped("old_value_datetime"))

    def test_what_cannot_be(self):
        self._work("08:00", "10:00")
        with self.assertRaisesRegex(ValidationError, self.order.name), self.env.cr.savepoint():
            self._work("09:59", "11:00", order=self.other_order)
        with freeze_time("2025-06-01 08:00:00"):
            with self.assertRaisesRegex(ValidationError, "ahead"), self.env.cr.savepoint():
                self._work("11:00", "12:00")
        self._work("10:00", "11:00", order=self.other_order)
        self._work("09:00", "11:00", user=self.other_technician)
        self.assertFalse(
            self._passes_database(
                self.Time,
                {
                    "repair_id": self.order.id,
                    "user_id": self.technician.id,
                    "date_from": "2025-06-02 15:00:00",
                    "date_to": "2025-06-02 14:00:00",
                },
            )
        )

    def test_two_at_once_in_one_go(self):
        vals = {
            "repair_id": self.order.id,
            "user_id": self.technician.id,
            "date_from": "2025-06-02 08:00:00",
            "date_to": "2025-06-02 09:00:00",
        }
        with self.assertRaisesRegex(ValidationError, "at that time"):
            self.Time.create([vals, vals])

    def test_hours_of_closed_work_are_the_managers(self):
        time = self._work("08:00", "10:00")
        self._do(self.order)
        with self.assertRaisesRegex(UserError, "closed"):
            time.with_user(self.technician).date_to = "2025-06-02 09:00:00"
        time.with_user(self.manager).date_to = "2025-06-02 09:00:00"
        self.assertEqual(self.order.worked_hours, 1)

    def test_worked_orders_stay(self):
        self._work("08:00", "10:00")
        with self.assertRaisesRegex(UserError, "Cancel it"):
            self.order.unlink()

    # === WHO MAY === #

    def test_who_writes_whose_hours(self):
        vals = {
            "repair_id": self.order.id,
            "date_from": "2025-06-02 08:00:00",
            "date_to": "2025-06-02 09:00:00",
        }
        for user, owner, allowed in [
            (self.technician, self.technician, True),
            (self.technician, self.other_technician, False),
            (self.other_technician, self.other_technician, False),
            (self.agent, self.technician, False),
            (self.settler, self.settler, False),
            (self.manager, self.technician, True),
        ]:
            with self.subTest(user=user.login, owner=owner.login):
                times = self.Time.with_user(user)
                self.assertEqual(self._passes(times.create, {**vals, "user_id": owner.id}), allowed)

    def test_nobody_gives_his_hours_away_or_moves_them(self):
        time = self._work("08:00", "10:00").with_user(self.technician)
        self.order.team_id = self.team_a
        strange = self._make_order(parts=[], technician_id=self.other_technician.id, user_id=False)
        for vals in ({"user_id": self.other_technician.id}, {"repair_id": strange.id}):
            self.assertFalse(self._passes(time.write, vals))
        for user in (self.other_technician, self.agent, self.settler):
            self.assertFalse(self._passes(time.with_user(user).write, {"note": "x"}))
        self.assertFalse(self._passes(time.unlink))
        self.assertTrue(self._passes(time.with_user(self.manager).unlink))

    def test_hours_follow_from_the_clock_alone(self):
        time = self._work("08:00", "10:00").with_user(self.technician)
        for vals in (
            {"hours": 99},
            {"team_id": self.team_b.id},
            {"company_id": self.other_company.id},
        ):
            with self.assertRaisesRegex(UserError, "by hand"):
                time.write(vals)
        self.assertEqual(self.order.worked_hours, 2)

    def test_a_clock_of_a_company_that_is_switched_off_stops(self):
        self.technician.company_ids |= self.other_company
        time = self._work("08:00", None)
        self.env.flush_all()
        # As if the order had been the other company's from the start.
        self.env.cr.execute(
            "UPDATE aftersales_work_time SET company_id = %s WHERE id = %s",
            [self.other_company.id, time.id],
        )
        self.env.invalidate_all()
        self._tap("09:00", "action_start_clock", order=self.other_order)
        self.assertEqual(time.hours, 1)

    def test_helpers_work_on_the_order(self):
        with self.assertRaises(AccessError):
            self._tap("08:00", "action_start_clock", user=self.other_technician)
        self.order.with_user(self.technician).helper_ids = self.other_technician
        self._tap("08:00", "action_start_clock", user=self.other_technician)
        self._tap("09:00", "action_stop_clock", user=self.other_technician)
        order = self.order.with_user(self.other_technician)
        order.charge_ids = [Command.create({"product_id": self.labour.id})]
        order.action_validate()
        order.action_repair_start()
        order.move_ids = [self._part()]
        self.assertTrue(order.request_id.subject)
        self.assertTrue(self._passes(order.check_access, "write"))
        self.assertFalse(self._passes(order.check_access, "unlink"))
        order.sudo().helper_ids = False
        self.assertFalse(self._passes(order.check_access, "read"))

    def test_helper_of_another_company(self):
        stranger = self._new_user(
            "stranger",
            "aftersales_base.group_aftersales_technician",
            company_id=self.other_company.id,
        )
        with self.assertRaisesRegex(ValidationError, "Second Company|does not work"):
            self.order.helper_ids = stranger
        time = self._work("08:00", "10:00")
        boss = self._new_user(
            "boss", "aftersales_base.group_aftersales_manager", company_id=self.other_company.id
        )
        self.assertFalse(self.Time.with_user(boss).search([("id", "=", time.id)]))

    # === PLANNED, WORKED, SOLD === #

    def test_standard_jobs_are_planned(self):
        job = self.env["aftersales.job"].create(
            {
                "name": "Change Compressor",
                "line_ids": [Command.create({"product_id": self.labour.id, "quantity": 2.5})],
            }
        )
        self.order.planned_hours = 1
        self.order._add_jobs(job)
        self.assertEqual((self.order.planned_hours, self.order.sold_hours), (3.5, 2.5))

    def test_charge_what_was_worked(self):
        """Three hours by two; a second click charges what came since, on the same line."""
        self._work("08:00", "10:00")
        self._work("08:00", "09:00", user=self.other_technician)
        order = self.order.with_user(self.technician)
        order.action_charge_worked_hours()
        charge = order.charge_ids
        self.assertEqual(charge.product_id, self.labour)
        self.assertEqual((charge.kind, charge.quantity, charge.amount), ("labour", 3, 450))
        self._work("10:00", "10:30")
        order.action_charge_worked_hours()
        self.assertEqual((order.charge_ids, charge.quantity), (charge, 3.5))

    def test_hours_that_are_confirmed_are_charged_once(self):
        self._work("08:00", "10:00")
        self.order.action_charge_worked_hours()
        self.order.charge_ids.action_confirm()
        with self.assertRaisesRegex(UserError, "No hours are left"):
            self.order.action_charge_worked_hours()
        self._work("10:00", "11:00")
        self.order.action_charge_worked_hours()
        self.assertEqual(sorted(self.order.charge_ids.mapped("quantity")), [1, 2])

    def test_nobody_says_himself_that_hours_were_worked(self):
        """Neither by hand nor from elsewhere: hours that are marked count as paid for."""
        self._work("08:00", "10:00")
        order = self.order.with_user(self.technician)
        order.charge_ids = [
            Command.create(
                {"product_id": self.labour.id, "quantity": 2, "is_worked_time": True},
            )
        ]
        typed = order.charge_ids
        self.assertFalse(typed.is_worked_time)
        order.action_charge_worked_hours()
        counted = order.charge_ids - typed
        for charge, mark in [(typed, True), (counted, False)]:
            for user in (self.technician, self.agent, self.manager):
                with self.subTest(mark=mark, user=user.login):
                    with self.assertRaisesRegex(UserError, "by hand"):
                        charge.with_user(user).is_worked_time = mark
                    with self.assertRaisesRegex(UserError, "by hand"):
                        self._call(user, charge, "write", {"is_worked_time": mark})
        self.assertEqual((typed | counted).mapped("is_worked_time"), [False, True])
        made = self._call(
            self.manager,
            typed,
            "create",
            {"product_id": self.labour.id, "repair_id": order.id, "is_worked_time": True},
        )
        self.assertFalse(typed.browse(made).is_worked_time)

    def test_standard_jobs_stay_flat(self):
        job = self.env["aftersales.job"].create(
            {
                "name": "Change Compressor",
                "line_ids": [Command.create({"product_id": self.labour.id, "quantity": 2})],
            }
        )
        self.order._add_jobs(job)
        self._work("08:00", "10:00")
        with self.assertRaisesRegex(UserError, "No hours are left"):
            self.order.action_charge_worked_hours()
        self._work("10:00", "11:00")
        self.order.action_charge_worked_hours()
        self.assertEqual(sorted(self.order.charge_ids.mapped("quantity")), [1, 2])

    def test_no_product_for_labour(self):
        self._work("08:00", "10:00")
        self.company.aftersales_labour_product_id = False
        with self.assertRaisesRegex(UserError, "Settings"):
            self.order.action_charge_worked_hours()
        self.type_onsite.labour_product_id = self.labour
        self.order.service_type_id = self.type_onsite
        self.order.action_charge_worked_hours()
        self.assertEqual(self.order.charge_ids.quantity, 2)

    def test_labour_sold_by_the_day(self):
        day = self.env.ref("uom.product_uom_day")
        self.company.aftersales_labour_product_id = self._create_product(
            name="Work Day", type="service", uom_id=day.id, aftersales_charge_kind="labour"
        )
        self._work("08:00", "12:00")
        self.order.action_charge_worked_hours()
        self.assertEqual(self.order.charge_ids.quantity, 0.5)
        self.assertEqual(self.order.sold_hours, 4)

    def test_done_work_is_charged_no_more(self):
        self._work("08:00", "10:00")
        self._do(self.order)
        with self.assertRaisesRegex(UserError, "closed"):
            self.order.action_charge_worked_hours()

    # === REPORTS === #

    def _sell(self, *charges):
        self.order.charge_ids = [Command.create(vals) for vals in charges]
        self._do(self.order)

    def _get_technicians(self):
        rows = self.env["aftersales.technician.report"]._read_group(
            [("repair_id", "=", self.order.id)],
            ["technician_id"],
            ["hours_sold:sum", "hours_worked:sum"],
        )
        return {user: (round(sold, 4), round(worked, 4)) for user, sold, worked in rows}

    def test_labour_is_shared_by_hours(self):
        self._work("08:00", "11:00")
        self._work("08:00", "09:00", user=self.other_technician)
        self._sell({"product_id": self.labour.id, "quantity": 6})
        self.assertEqual(
            self._get_technicians(), {self.technician: (4.5, 3), self.other_technician: (1.5, 1)}
        )

    def test_an_apprentice_counts_half(self):
        self._work("08:00", "10:00")
        self._work("08:00", "10:00", user=self.other_technician, labour_share=50)
        self._sell({"product_id": self.labour.id, "quantity": 3})
        self.assertEqual(
            self._get_technicians(), {self.technician: (2, 2), self.other_technician: (1, 2)}
        )

    def test_labour_of_a_named_person_is_his(self):
        self._work("08:00", "10:00")
        self._sell(
            {"product_id": self.labour.id, "quantity": 2},
            {
                "product_id": self.labour.id,
                "quantity": 1,
                "user_id": self.other_technician.id,
            },
        )
        self.assertEqual(
            self._get_technicians(), {self.technician: (2, 2), self.other_technician: (1, 0)}
        )

    def test_labour_nobody_clocked(self):
        self._sell({"product_id": self.labour.id, "quantity": 2})
        self.assertEqual(self._get_technicians(), {self.technician: (2, 0)})

    def test_rows_have_ids_of_their_own(self):
        self._work("08:00", "11:00")
        self._work("08:00", "09:00", user=self.other_technician)
        self._sell({"product_id": self.labour.id}, {"product_id": self.labour.id})
        rows = self.env["aftersales.technician.report"].search([("repair_id", "=", self.order.id)])
        self.assertEqual(len(rows.mapped("hours_sold")), 7)
        self.assertEqual(len(set(rows.ids)), 7)

    def test_planned_and_worked_in_the_analysis(self):
        self.order.planned_hours = 2
        self._work("08:00", "11:00")
        self._work("12:00", None)
        [values] = self.env["aftersales.repair.report"]._read_group(
            [("repair_id", "=", self.order.id)],
            aggregates=["hours_planned:sum", "hours_worked:sum"],
        )
        self.assertEqual(values, (2, 3))

    def test_constant_queries(self):
        def count(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.mapped("worked_hours")
            orders.mapped("is_my_clock_running")
            return self.env.cr.sql_log_count - before

        self._work("08:00", "09:00")
        one = count(self.order)
        self._work("09:00", "10:00", order=self.other_order)
        self.assertLessEqual(count(self.order | self.other_order), one)
