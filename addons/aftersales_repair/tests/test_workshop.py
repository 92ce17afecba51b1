from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestBay(RepairCommon):
    """Work stands in bays; a full one is said and nothing is blocked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bench, cls.lift = cls.env["aftersales.bay"].create(
            [{"name": "Bench 1"}, {"name": "Lift", "capacity": 2}]
        )

    def _place(self, start, hours=2.0, bay=None, **vals):
        return self._make_order(
            parts=[],
            bay_id=(bay or self.bench).id,
            bay_from=f"2025-06-02 {start}:00",
            bay_hours=hours,
            **vals,
        )

    def test_until_when(self):
        self.assertEqual(self._place("08:00", 1.5).bay_to, datetime(2025, 6, 2, 9, 30))

    def test_overlap_is_said(self):
        first = self._place("08:00")
        self.assertFalse(first.bay_warning)
        second = self._place("09:00")
        (first | second).invalidate_recordset(["bay_warning"])
        self.assertEqual(second.bay_warning, f"Bench 1 is full: {first.name}.")
        self.assertEqual(first.bay_warning, f"Bench 1 is full: {second.name}.")
        self.assertFalse(self._place("11:00").bay_warning, "one after the other")
        self.assertFalse(self._place("08:00", bay=self.lift).bay_warning)

    def test_capacity(self):
        """Two stand on the lift; two short ones one after the other are not three at once."""
        early = self._place("08:00", 1, bay=self.lift)
        late = self._place("10:00", 1, bay=self.lift)
        long = self._place("08:00", 4, bay=self.lift)
        self.assertFalse(long.bay_warning)
        third = self._place("10:00", 1, bay=self.lift)
        self.assertIn(late.name, third.bay_warning)
        self.assertNotIn(early.name, third.bay_warning)

    def test_ended_work_leaves_the_bay(self):
        self._do(self._place("08:00"))
        self.assertFalse(self._place("08:00").bay_warning)

    def test_drag_and_stretch(self):
        order = self._place("08:00").with_user(self.agent)
        order.bay_id = self.lift
        order.write({"bay_from": "2025-06-02 10:00:00", "bay_to": "2025-06-02 13:00:00"})
        self.assertEqual((order.bay_id, order.bay_hours), (self.lift, 3))

    def test_board_shows_empty_bays(self):
        order = self._place("08:00", technician_id=self.technician.id, bay=self.lift)
        board = order.with_user(self.technician).with_context(read_group_expand=True)
        groups = board.web_read_group([("id", "=", order.id)], ["bay_id"], ["__count"])["groups"]
        self.assertLessEqual(
            {"Bench 1", "Lift"}, {group["bay_id"][1] for group in groups if group["bay_id"]}
        )

    def test_what_is_to_be_dragged_is_open(self):
        orders = self._place("08:00") | self._make_order(parts=[])
        board = orders.with_context(read_group_expand=True)
        for domain in ([("id", "in", orders.ids)], [("id", "=", orders[1].id)]):
            groups = board.web_read_group(
                domain,
                ["bay_id"],
                ["__count"],
                auto_unfold=True,
                unfold_read_specification={"name": {}},
                unfold_read_default_limit=40,
            )["groups"]
            none = next(group for group in groups if not group["bay_id"])
            self.assertEqual([card["id"] for card in none["__records"]], [orders[1].id])
            self.assertTrue(all("__records" in group for group in groups))

    def test_bays_are_the_managers(self):
        with self.assertRaises(AccessError):
            self.bench.with_user(self.agent).capacity = 5
        self.bench.with_user(self.manager).capacity = 5

    def test_bay_of_another_company(self):
        other = self.env["aftersales.bay"].create(
            {"name": "Elsewhere", "company_id": self.other_company.id}
        )
        with self.assertRaises(UserError):
            self._place("08:00", bay=other)

    def test_constant_queries(self):
        def count(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.mapped("bay_warning")
            return self.env.cr.sql_log_count - before

        orders = self._place("08:00")
        one = count(orders)
        for hour in ("09:00", "10:00", "11:00"):
            orders |= self._place(hour)
        self.assertLessEqual(count(orders), one)


@tagged("post_install", "-at_install")
class TestLateWork(RepairCommon):
    """Work that ends after it was promised says why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2025-06-02 08:00:00"):
            cls.order = cls._make_order(schedule_date="2025-06-04 08:00:00")
            cls.order.action_validate()
            cls.order.action_repair_start()
        cls.order.move_ids.quantity = 1
        cls.mine = cls.order.with_user(cls.technician)

    def test_in_time(self):
        with freeze_time("2025-06-04 20:00:00"):
            self.mine.action_repair_end()
        self.assertFalse(self.order.is_late_work)

    def test_day_of_the_company(self):
        """Until midnight where the company is, it is in time."""
        for tz, end in [
            ("America/Los_Angeles", datetime(2025, 6, 5, 6, 59, 59)),
            ("Asia/Shanghai", datetime(2025, 6, 4, 15, 59, 59)),
        ]:
            self.company.partner_id.tz = tz
            # Noted anew, as its due day does not follow the company's time zone.
            self.order.schedule_date = "2025-06-04 09:00:00"
            self.order.schedule_date = "2025-06-04 08:00:00"
            for seconds, late in [(0, False), (2, True)]:
                with self.subTest(tz=tz, late=late), freeze_time(end + timedelta(seconds=seconds)):
                    self.env.invalidate_all()
                    self.assertEqual(self.order.date_promised.replace(microsecond=0), end)
                    self.assertEqual(self.order.is_late_work, late)
                    self.assertEqual(bool(self.mine._late_error_message()), late)
                    due = [moment for moment in self.order._get_due_moments() if moment]
                    self.assertEqual(min(due).replace(microsecond=0), end)

    def test_moment_it_was_made_is_no_promise(self):
        """Ordered in the evening of Los Angeles it is the next day in UTC only."""
        self.company.partner_id.tz = "America/Los_Angeles"
        with freeze_time("2025-06-02 23:00:00"):
            order = self._make_order(parts=[], schedule_date="2025-06-03 02:00:00")
        self.assertFalse(order.date_promised)

    def test_late_asks_why(self):
        with freeze_time("2025-06-05 00:30:00"):
            self.order.invalidate_recordset(["is_late_work"])
            self.assertTrue(self.order.is_late_work)
            with self.assertRaisesRegex(UserError, "Why Late"):
                self.mine.action_repair_end()
            with Form(self.mine) as form:
                form.late_reason_id = self.env.ref("aftersales_repair.late_reason_parts")
            self.mine.action_repair_end()
        self.assertEqual(self.order.state, "done")
        self.assertTrue(self.order.is_late_work)

    def test_some_reasons_want_words(self):
        self.mine.late_reason_id = self.env.ref("aftersales_repair.late_reason_other")
        with freeze_time("2025-06-06"):
            with self.assertRaisesRegex(UserError, "few words"):
                self.mine.action_repair_end()
            self.mine.late_note = "flood"
            self.mine.action_repair_end()
        self.assertEqual(self.order.state, "done")

    def test_company_does_not_ask(self):
        self.company.aftersales_ask_late_reason = False
        with freeze_time("2025-06-06"):
            self.mine.action_repair_end()
        self.assertEqual(self.order.state, "done")

    def test_nobody_promised_anything(self):
        with freeze_time("2025-06-02 08:00:00"):
            order = self._make_order(parts=[])
            order.action_validate()
            order.action_repair_start()
        with freeze_time("2025-06-20"):
            order.action_repair_end()
        self.assertEqual(order.state, "done")

    def test_clock_is_a_promise(self):
        self.env["aftersales.sla.policy"].create(
            {"name": "Four hours", "res_model": "repair.order", "resolution_hours": 4}
        )
        with freeze_time("2025-06-02 08:00:00"):
            order = self._make_order(parts=[])
            order.action_validate()
            order.action_repair_start()
        with freeze_time("2025-06-02 13:00:00"), self.assertRaisesRegex(UserError, "Why Late"):
            order.action_repair_end()

    def test_cancelled_work_is_not_late(self):
        with freeze_time("2025-06-20"):
            self.order.action_repair_cancel()
            self.assertFalse(self.order.is_late_work)


@tagged("post_install", "-at_install")
class TestCase(RepairCommon):
    """Work orders of one request know of each other, as far as one may see them."""

    def test_siblings(self):
        one, two, three = (
            self._make_order(parts=[], request_id=self.request.id) for __ in range(3)
        )
        self.assertEqual(one.sibling_ids, two | three)
        self.assertFalse(self._make_order(parts=[], unit_id=self.unit.id).sibling_ids)
        two.technician_id = self.other_technician
        self.assertEqual(one.with_user(self.technician).sibling_ids.ids, three.ids)


@tagged("post_install", "-at_install")
class TestSendOut(RepairCommon):
    """A unit goes to its maker and comes back; where it is follows from the transfers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._make_order(parts=[])
        cls.case = (
            cls.env["aftersales.send.out"]
            .with_user(cls.agent)
            .create(
                {
                    "repair_id": cls.order.id,
                    "partner_id": cls.maker.id,
                    "rma_number": "K-77",
                    "date_expected": "2025-06-10",
                }
            )
        )

    def _move(self, picking):
        picking = picking.with_user(self.storekeeper)
        picking.move_ids.picked = True
        picking.button_validate()

    def _stock(self):
        return self.env["stock.quant"]._get_available_quantity(
            self.ac, self.stock_location, lot_id=self.unit.lot_id
        )

    def test_there_and_back(self):
        self.assertEqual(self.case.state, "new")
        self.case.action_send()
        self.assertEqual(self.case.state, "to_send")
        self._move(self.case.out_picking_id)
        self.assertEqual(self.case.state, "away")
        self.assertEqual(self._stock(), 0)
        self._move(self.case.back_picking_id)
        self.assertEqual(self.case.state, "back")
        self.assertEqual(self._stock(), 1)
        self.assertEqual(self.unit.state, "active", "it is the customer's all the time")

    def test_transfers_carry_the_serial(self):
        self.case.action_send()
        pickings = self.case.out_picking_id | self.case.back_picking_id
        self.assertEqual(pickings.move_line_ids.lot_id, self.unit.lot_id)
        self.assertEqual(pickings.partner_id, self.maker)
        self.assertIn("K-77", self.case.out_picking_id.origin)

    def test_sent_once(self):
        self.case.action_send()
        with self.assertRaisesRegex(UserError, "on its way already"):
            self.case.action_send()

    def test_not_sent_after_all(self):
        self.case.action_send()
        self.case.action_cancel()
        self.assertEqual(self.case.state, "cancelled")
        self.case.action_send()
        self.assertEqual(self.case.state, "to_send")
        self._move(self.case.out_picking_id)
        with self.assertRaisesRegex(UserError, "has left"):
            self.case.action_cancel()

    def test_overdue(self):
        self.case.action_send()
        self._move(self.case.out_picking_id)
        Case = self.env["aftersales.send.out"]
        for day, overdue in [("2025-06-10", False), ("2025-06-11", True)]:
            with self.subTest(day=day), freeze_time(day):
                self.case.invalidate_recordset(["is_overdue"])
                self.assertEqual(self.case.is_overdue, overdue)
                found = Case.search([("is_overdue", "=", True), ("id", "=", self.case.id)])
                self.assertEqual(bool(found), overdue)

    def test_work_does_not_end_while_it_is_away(self):
        self.order.action_validate()
        self.order.action_repair_start()
        self.case.action_send()
        self._move(self.case.out_picking_id)
        with self.assertRaisesRegex(UserError, "is still at Kitano"):
            self.order.action_repair_end()
        self._move(self.case.back_picking_id)
        self.order.action_repair_end()
        self.assertEqual(self.order.state, "done")

    def test_what_it_costs(self):
        with Form(self.case) as form, form.charge_ids.new() as line:
            line.product_id = self.labour
            line.price_unit = 90
        self.assertRecordValues(
            self.case.charge_ids, [{"repair_id": self.order.id, "amount": 90, "state": "draft"}]
        )

    def test_on_site_nothing_is_sent(self):
        onsite = self.env.ref("aftersales_base.aftersales_service_type_onsite")
        self.order.service_type_id = onsite
        with self.assertRaisesRegex(UserError, "stands at the customer's"):
            self.case.action_send()

    def test_who_may(self):
        for user, allowed in [
            (self.technician, False),
            (self.other_agent, False),
            (self.agent, True),
            (self.manager, True),
        ]:
            with self.subTest(user=user.login):
                self.assertEqual(self._passes(self.case.with_user(user).action_send), allowed)

    def test_facts_are_not_written_by_hand(self):
        picking = self.env["stock.picking"].search([], limit=1)
        with self.assertRaisesRegex(UserError, "cannot be written by hand"):
            self.case.write({"state": "back"})
        self.assertFalse(
            self._passes(self.case.write, {"out_picking_id": picking.id}),
            "which transfer sent it follows from sending it",
        )

    def test_default_is_the_maker_who_pays(self):
        order = self._make_order()
        self.assertEqual(order.action_send_out()["context"]["default_partner_id"], self.maker.id)

    def test_the_way_back_waits(self):
        self.case.action_send()
        back = self.case.back_picking_id
        self.assertEqual(back.state, "waiting")
        self.assertFalse(back.move_line_ids)
        self._move(self.case.out_picking_id)
        self.assertEqual((back.state, self.case.state), ("assigned", "away"))
        self._move(back)
        self.assertEqual((back.move_ids.quantity, self.case.state), (1, "back"))

    def test_not_received_before_it_left(self):
        self.case.action_send()
        back = self.case.back_picking_id
        moves = back.move_ids.with_user(self.storekeeper)
        moves.quantity = 1
        moves.move_line_ids.lot_id = self.unit.lot_id
        with self.assertRaisesRegex(UserError, "has not sent yet"):
            self._move(back)
        self.assertEqual(self.case.state, "to_send")

    def test_cancelled_work_is_not_sent(self):
        self.case.action_send()
        self.order.with_user(self.agent).action_repair_cancel()
        pickings = self.case.out_picking_id | self.case.back_picking_id
        self.assertEqual(set(pickings.mapped("state")), {"cancel"})
        self.assertEqual(self.case.state, "cancelled")

    def test_work_is_not_cancelled_while_it_is_away(self):
        self.case.action_send()
        self._move(self.case.out_picking_id)
        with self.assertRaisesRegex(UserError, "is still at Kitano"):
            self.order.action_repair_cancel()
        self.assertEqual(self.order.state, "draft")

    def test_new_case_of_cancelled_work(self):
        self.order.action_repair_cancel()
        self.assertEqual(self.case.state, "cancelled")

    def test_new_case_is_deleted(self):
        self.assertFalse(self._passes(self.case.with_user(self.technician).unlink))
        self.case.unlink()
        self.assertFalse(self.case.exists())

    def test_sent_case_is_not_deleted(self):
        self.case.action_send()
        with self.assertRaisesRegex(UserError, "has transfers and stays"):
            self.case.unlink()

    def test_whom_it_was_sent_to_stays(self):
        other_order = self._make_order(parts=[])
        workshop = self.env["res.partner"].create({"name": "Other Workshop"})
        self.case.partner_id = workshop
        self.case.partner_id = self.maker
        self.case.action_send()
        for vals in ({"partner_id": workshop.id}, {"repair_id": other_order.id}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "has transfers"):
                self.case.write(vals)
        self.case.write({"partner_id": self.maker.id, "rma_number": "K-78"})
        self.case.action_cancel()
        self.case.partner_id = workshop
        with self.assertRaisesRegex(UserError, "has transfers"):
            self.case.repair_id = other_order


@tagged("post_install", "-at_install")
class TestSendOutValue(RepairCommon):
    """What is the customer's goes to the maker past our stock and its value."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ac.standard_price = 100
        cls.compressor.standard_price = 40

    def _get_stock(self, product):
        self.env.flush_all()
        product.invalidate_recordset()
        return product.qty_available, product.total_value

    def _trip(self, order):
        """Go there and back; return our stock and its value before, meanwhile and after."""
        product = order.product_id
        case = self.env["aftersales.send.out"].create(
            {"repair_id": order.id, "partner_id": self.maker.id}
        )
        seen = [self._get_stock(product)]
        case.with_user(self.agent).action_send()
        for picking in (case.out_picking_id, case.back_picking_id):
            picking = picking.with_user(self.storekeeper)
            picking.move_ids.picked = True
            picking.button_validate()
            seen.append(self._get_stock(product))
        self.assertEqual(case.state, "back")
        return case, seen

    def test_serial_that_was_never_in_stock(self):
        unit = self._make_unit("OVER-THE-COUNTER")
        case, seen = self._trip(self._make_order(parts=[], unit_id=unit.id))
        self.assertGreater(seen[0][0], 0)
        self.assertEqual(seen, [seen[0]] * 3)
        pickings = case.out_picking_id | case.back_picking_id
        self.assertEqual(pickings.move_line_ids.owner_id, self.customer)
        self.assertEqual(pickings.move_line_ids.lot_id, unit.lot_id)
        quants = self.env["stock.quant"].search([("lot_id", "=", unit.lot_id.id)])
        internal = quants.filtered(lambda quant: quant.location_id.usage == "internal")
        self.assertFalse(internal, "no stock of ours ever had it")
        self.assertEqual(unit.state, "active")

    def test_goods_without_serial(self):
        """Our own of the same kind stay where they are."""
        unit = self._make_unit("", product_id=self.compressor.id)
        __, seen = self._trip(self._make_order(parts=[], unit_id=unit.id))
        self.assertEqual(seen, [(1000, 40000)] * 3)

    def test_what_we_store_for_the_customer(self):
        unit = self._make_unit("STORED")
        self.env["stock.quant"]._update_available_quantity(
            self.ac, self.stock_location, 1, lot_id=unit.lot_id, owner_id=self.customer
        )
        case, seen = self._trip(self._make_order(parts=[], unit_id=unit.id))
        self.assertEqual(case.out_picking_id.location_id, self.stock_location)
        self.assertEqual({value for __, value in seen}, {seen[0][1]})
        self.assertEqual([quantity - seen[0][0] for quantity, __ in seen], [0, -1, 0])

    def test_our_own(self):
        """What is in our stock leaves it, and comes back at the value it left with."""
        __, seen = self._trip(self._make_order(parts=[], unit_id=self.unit.id))
        quantity, value = seen[0]
        self.assertEqual(seen[1:], [(quantity - 1, value - 100), (quantity, value)])
