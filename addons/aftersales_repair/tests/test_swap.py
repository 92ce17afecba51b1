from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-02 08:00:00")
class TestSwap(RepairCommon):
    """Which serial went out and which came in stands on the units and on the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.board = cls._create_product(
            name="Main Board",
            type="consu",
            is_storable=True,
            tracking="serial",
            categ_id=cls.category_ac.id,
            lst_price=400.0,
        )
        cls.old_board = cls._make_unit("B-OLD", product_id=cls.board.id, parent_id=cls.unit.id)
        cls.lot = cls.env["stock.lot"].create({"name": "B-NEW", "product_id": cls.board.id})
        cls._put_in_stock(cls.board, 1, lot=cls.lot)
        cls.order = cls._make_order(parts=[cls._part(cls.board)])
        cls.part = cls.order.move_ids
        cls.mine = cls.order.with_user(cls.technician)

    def _start(self):
        self.mine.action_validate()
        self.mine.action_repair_start()

    def _open(self, order=None, user=None):
        return Form(
            self.env["aftersales.swap.note"]
            .with_user(user or self.technician)
            .with_context(default_repair_id=(order or self.order).id)
        )

    def _swap(self, **values):
        with self._open() as form:
            for fname, value in values.items():
                setattr(form, fname, value)
        form.record.action_swap()
        return self.order.swap_ids

    def _get_titles(self, unit):
        return [(event["title"], event["text"]) for event in unit.get_timeline()["events"]]

    def test_component_by_the_technician(self):
        """He chooses nothing: part, serial and the one taken out are known."""
        self._start()
        swap = self._swap(reason="burnt out")
        new = swap.new_unit_id
        self.assertRecordValues(
            swap,
            [
                {
                    "kind": "component",
                    "unit_id": self.unit.id,
                    "old_serial": "B-OLD",
                    "new_serial": "B-NEW",
                    "old_unit_id": self.old_board.id,
                    "move_id": self.part.id,
                    "user_id": self.technician.id,
                    "reason": "burnt out",
                }
            ],
        )
        self.assertEqual(self.old_board.state, "replaced")
        self.assertEqual(new.replaces_id, self.old_board)
        self.assertEqual(new.parent_id, self.unit)
        self.assertEqual(new.partner_id, self.customer)
        self.assertEqual(new.date_start, date(2025, 6, 2))

    def test_two_of_one_line(self):
        """Each of the two serials is noted, and keeps its own line."""
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.board.id} for name in ("B-2", "B-3")]
        )
        for lot in lots:
            self._put_in_stock(self.board, 1, lot=lot)
        self.order = self._make_order(parts=[self._part(self.board, 2)], unit_id=self.unit.id)
        self.order.technician_id = self.technician
        self.mine = self.order.with_user(self.technician)
        self.part = self.order.move_ids
        self._start()
        self._swap(lot_id=lots[0])
        wizard = self._open()
        self.assertEqual(wizard.kind, "component")
        self.assertEqual(wizard.move_id, self.part)
        self._swap(lot_id=lots[1])
        self.assertEqual(self.part.move_line_ids.lot_id, lots)
        self.assertEqual(self.part.quantity, 2)
        self.assertEqual(set(self.order.swap_ids.mapped("new_serial")), {"B-2", "B-3"})
        self.assertFalse(self._open().move_id)
        with self.assertRaisesRegex(UserError, "are noted already"):
            self.mine._swap_component(self.part, self.lot)
        self.mine.action_repair_end()
        self.assertEqual(self.part.move_line_ids.lot_id, lots)

    def test_kind_without_a_form(self):
        note = self.env["aftersales.swap.note"].with_user(self.technician)
        self.assertEqual(note.create({"repair_id": self.order.id}).kind, "component")

    def test_part_is_called_what_it_is(self):
        part = self.part.with_context(aftersales_part_name=True)
        self.assertEqual(part.display_name, self.board.display_name)
        self.assertNotEqual(self.part.display_name, self.board.display_name)

    def test_rest_of_the_warranty_goes_over(self):
        self.policy.replacement_mode = "rest"
        self._start()
        new = self._swap().new_unit_id
        ends = {warranty.kind: warranty.date_end for warranty in new.warranty_ids}
        self.assertEqual(ends, {"part": date(2028, 1, 9), "labour": date(2026, 1, 9)})
        self.assertEqual(set(self.old_board.warranty_ids.mapped("close_reason")), {"replaced"})

    def test_bought_anew_it_has_its_own_warranty(self):
        self.old_board.warranty_ids._close(date(2025, 3, 1), "returned")
        self._start()
        new = self._swap().new_unit_id
        ends = {warranty.kind: warranty.date_end for warranty in new.warranty_ids}
        self.assertEqual(ends, {"part": date(2028, 6, 1), "labour": date(2026, 6, 1)})
        self.assertEqual(new.replaces_id, self.old_board)
        self.assertEqual(self.old_board.state, "replaced")

    def test_old_component_was_never_registered(self):
        self._start()
        swap = self._swap(old_unit_id=self.env["aftersales.unit"], old_serial=" X-9 ")
        self.assertEqual(swap.old_serial, "X-9")
        self.assertFalse(swap.new_unit_id.replaces_id)
        self.assertEqual(self.old_board.state, "active")

    def test_both_units_tell_it(self):
        self._start()
        new = self._swap().new_unit_id
        text = f"B-OLD → B-NEW · {self.order.name}"
        self.assertIn(("Component replaced", text), self._get_titles(self.unit))
        self.assertIn((f"Exchanged for {new.display_name}", ""), self._get_titles(self.old_board))
        self.assertIn((f"Given for {self.old_board.display_name}", ""), self._get_titles(new))

    def test_serial_that_was_used_is_the_one_that_moves(self):
        other = self.env["stock.lot"].create({"name": "B-2", "product_id": self.board.id})
        self._put_in_stock(self.board, 1, lot=other)
        self._start()
        self._swap(lot_id=other)
        self.mine.action_repair_end()
        self.assertEqual(self.part.move_line_ids.lot_id, other)
        self.assertEqual(self.order.state, "done")

    def test_noted_after_the_end(self):
        self._start()
        self.part.move_line_ids.lot_id = self.lot
        self.mine.action_repair_end()
        self.assertEqual(self._swap().new_serial, "B-NEW")
        wrong = self.env["stock.lot"].create({"name": "B-3", "product_id": self.board.id})
        with self.assertRaisesRegex(UserError, "another serial than B-3"):
            self.mine._swap_component(self.part, wrong)

    def test_a_serial_is_in_one_unit(self):
        self._start()
        self._swap()
        with self.assertRaisesRegex(UserError, "B-NEW is in use already"):
            self.mine._swap_component(self.part, self.lot)

    def test_part_of_another_order(self):
        other = self._make_order(parts=[self._part(self.board)], unit_id=self._make_unit("RP2").id)
        self._start()
        with self.assertRaisesRegex(UserError, "Choose a part that is put in"):
            self.mine._swap_component(other.move_ids, self.lot)

    def test_component_of_another_unit(self):
        strange = self._make_unit("B-ELSE", product_id=self.board.id)
        self._start()
        with self.assertRaisesRegex(UserError, "is not built into"):
            self.mine._swap_component(self.part, self.lot, old_unit=strange)

    def test_not_before_the_work_starts(self):
        for swap in (
            lambda: self._swap(lot_id=self.lot),
            lambda: self.mine._swap_serial("RP1-NEW"),
        ):
            with self.assertRaisesRegex(UserError, "is not under repair"):
                swap()

    def test_a_swap_is_not_cancelled_away(self):
        self._start()
        self._swap()
        with self.assertRaisesRegex(UserError, "End it instead"):
            self.mine.action_repair_cancel()

    def test_new_serial_of_the_unit(self):
        self._start()
        swap = self._swap(kind="serial", new_serial=" RP1-NEW ")
        self.assertEqual((swap.old_serial, swap.new_serial), ("RP1", "RP1-NEW"))
        self.assertEqual(self.unit.serial, "RP1-NEW")
        self.assertEqual(self.unit.lot_id.name, "RP1-NEW")
        self.assertEqual(self.unit.state, "active")
        self.assertIn(
            ("New serial", f"RP1 → RP1-NEW · {self.order.name}"), self._get_titles(self.unit)
        )

    def test_unit_is_found_by_its_old_serial(self):
        self._start()
        self._swap(kind="serial", new_serial="NEW-77")
        Unit = self.env["aftersales.unit"].with_user(self.agent)
        self.assertEqual([found["id"] for found in Unit.find("RP1")], [self.unit.id])
        self.assertEqual([found["id"] for found in Unit.find("NEW-77")], [self.unit.id])

    def test_unit_without_a_lot(self):
        unit = self._make_unit("", product_id=self.filter_part.id)
        unit.serial = "P1"
        order = self._make_order(parts=[], unit_id=unit.id)
        order.action_validate()
        order.action_repair_start()
        order._swap_serial("P2")
        self.assertEqual(unit.serial, "P2")

    def test_serial_that_cannot_be(self):
        self._make_unit("TAKEN")
        self._start()
        for serial, message in [
            ("", "Enter the serial"),
            ("RP1", "this serial already"),
            ("TAKEN", "exists already"),
        ]:
            with self.subTest(serial=serial), self.assertRaisesRegex(UserError, message):
                self.mine._swap_serial(serial)

    def test_whole_unit_by_the_agent(self):
        self._start()
        lot = self.env["stock.lot"].create({"name": "RP1-X", "product_id": self.ac.id})
        with self._open(user=self.agent) as form:
            form.kind = "unit"
        action = form.record.action_exchange()
        with Form(
            self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])
        ) as exchange:
            exchange.lot_id = lot
            exchange.reason = "third repair"
        exchange.record.action_exchange()
        self.assertRecordValues(
            self.order.swap_ids,
            [{"kind": "unit", "old_serial": "RP1", "new_serial": "RP1-X"}],
        )
        self.assertEqual(self.unit.state, "replaced")
        self.assertEqual(self.order.swap_ids.new_unit_id.replaces_id, self.unit)

    def test_technician_does_not_exchange_units(self):
        self._start()
        with self._open() as form:
            form.kind = "unit"
        with self.assertRaisesRegex(UserError, "exchanged by an agent"):
            form.record.action_swap()

    def test_nobody_writes_a_swap(self):
        self._start()
        swap = self._swap()
        for user in (self.technician, self.agent, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                swap.with_user(user).write({"new_serial": "FORGED"})

    def test_who_reads_swaps(self):
        self._start()
        swap = self._swap()
        seen = {
            user: bool(swap.with_user(user).search([("id", "=", swap.id)]))
            for user in (
                self.technician,
                self.other_technician,
                self.agent,
                self.other_agent,
                self.manager,
                self.storekeeper,
            )
        }
        self.assertEqual(
            [user.login for user, sees in seen.items() if sees],
            [user.login for user in (self.technician, self.agent, self.manager, self.storekeeper)],
        )

    def test_colleague_swaps_nothing(self):
        self._start()
        with self.assertRaises(AccessError):
            self.order.with_user(self.other_technician)._swap_serial("FORGED")
        self.assertEqual(self.unit.serial, "RP1")

    def test_day_is_that_of_the_swap(self):
        self._start()
        self.assertEqual(self._swap().date, fields.Date.to_date("2025-06-02"))
