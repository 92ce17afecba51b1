from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.repair_order_state import STEPS
from .common import RepairCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-02 10:00:00")
class TestOrderDoor(RepairCommon):
    """A state that is written, by whomever and from wherever, means what its button means.

    Unless told otherwise the order is about no goods and has no parts, so that nothing but the
    rules of the work stands in the way.
    """

    # === HELPERS === #

    @classmethod
    def _bare(cls, state="draft", **vals):
        order = cls._make_order(
            parts=[], partner_id=cls.customer.id, technician_id=cls.technician.id, **vals
        )
        if state != "draft":
            order.action_validate()
        if state == "under_repair":
            order.action_repair_start()
        return order

    def _write(self, orders, state, user=None, **vals):
        """Write the state as a remote caller does."""
        self._call(user or self.technician, orders, "write", {"state": state, **vals})

    def _refuses(self, order, state, message):
        with self.assertRaisesRegex(UserError, message):
            self._write(order, state)
        self.assertNotEqual(order.state, state)

    def _move_goods(self, order):
        """Move product and parts as the end of the work does; the state stays as it is."""
        order.action_repair_end()
        self._force_state(order, "under_repair")
        order.unit_id.downtime_ids.unlink()
        order.unit_id.warranty_ids.filtered(lambda promise: promise.origin == "repair").unlink()
        order.unit_id.date_installed = False
        return order

    # === WHICH STEPS THERE ARE === #

    def test_steps_are_those_of_the_buttons(self):
        order = self._bare()
        for origin, steps in STEPS.items():
            for target in STEPS:
                self._force_state(order, origin)
                for user in (self.technician, self.manager, self.env.ref("base.user_root")):
                    with self.subTest(origin=origin, target=target, user=user.login):
                        self.assertEqual(
                            self._passes(order.with_user(user).write, {"state": target}),
                            target in steps or target == origin,
                        )

    def test_who_may_not_write_the_order_writes_no_state(self):
        order = self._bare()
        for user in (self.other_technician, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._write(order, "confirmed", user=user)

    def test_a_new_order_begins_new(self):
        for state in ("confirmed", "under_repair", "done", "cancel"):
            with self.subTest(state=state), self.assertRaisesRegex(UserError, "first state"):
                self._make_order(parts=[], state=state)
        orders = self.env["repair.order"].with_context(default_state="done")
        self.assertEqual(orders.create({"partner_id": self.customer.id}).state, "draft")

    # === GOODS AND PARTS === #

    def test_parts_do_not_stay_behind(self):
        order = self._make_order(partner_id=self.customer.id, technician_id=self.technician.id)
        for state, step in (
            ("confirmed", order.action_validate),
            ("done", order.action_repair_start),
            ("cancel", order.action_repair_cancel),
            ("draft", None),
        ):
            if state == "done":
                self._write(order, "under_repair")
            self._refuses(order, state, f"{order.name} becomes .* together with its goods")
            if step and state != "done":
                step()

    def test_the_product_does_not_stay_behind(self):
        order = self._make_order(parts=[], technician_id=self.technician.id)
        order.action_repair_start()
        self._refuses(order, "done", "together with its goods")
        stranger = self.env["stock.move"].search([("state", "=", "done")], limit=1)
        order.move_id = stranger
        self._refuses(order, "done", "together with its goods")

    # === WHAT STANDS IN THE WAY === #

    def test_work_that_was_not_checked(self):
        self.env["aftersales.checklist"].create(
            {"name": "All", "item_ids": [Command.create({"name": "Clean"})]}
        )
        order = self._bare("confirmed")
        self._write(order, "under_repair")
        self.assertEqual(order.check_ids.mapped("name"), ["Clean"])
        self._refuses(order, "done", "Clean")
        order.check_ids.result = "failed"
        self._refuses(order, "done", "Clean")
        order.check_ids.result = "passed"
        self._write(order, "done")

    def test_old_parts_nobody_asked_for(self):
        self.compressor.aftersales_old_part = "maker"
        order = self._make_order(technician_id=self.technician.id)
        order.action_repair_start()
        order.old_part_ids.aftersales_old_part_fate = "taken"
        self._move_goods(order)
        order.old_part_ids.aftersales_old_part_fate = False
        self._refuses(order, "done", "Where is the old .*Compressor")
        order.old_part_ids.aftersales_old_part_fate = "taken"
        self._write(order, "done")

    def test_a_unit_that_is_still_away(self):
        order = self._bare("under_repair")
        case = self.env["aftersales.send.out"].create(
            {"repair_id": order.id, "partner_id": self.maker.id}
        )
        self._force_state(case, "away")
        self._refuses(order, "done", "is still at Kitano")
        self._refuses(order, "cancel", "is still at Kitano")

    def test_a_serial_that_is_built_in(self):
        order = self._make_order(parts=[], technician_id=self.technician.id)
        order.action_repair_start()
        order.with_user(self.technician)._swap_serial("RP1-NEW")
        self._refuses(order, "cancel", "RP1-NEW")

    def test_an_estimate_that_was_refused(self):
        order = self._bare("confirmed", charges=[self.travel])
        order._tell_estimate()
        order._answer_estimate("refused")
        self._refuses(order, "under_repair", "refused the estimate")

    def test_a_reason_told_with_the_end(self):
        """Late work is ended with its reason in one call."""
        with freeze_time("2025-06-02 10:00:00"):
            order = self._bare("under_repair", schedule_date="2025-06-04 08:00:00")
        with freeze_time("2025-06-06 10:00:00"):
            self._refuses(order, "done", "Why Late")
            reason = self.env.ref("aftersales_repair.late_reason_parts")
            self._write(order, "done", late_reason_id=reason.id)
        self.assertEqual((order.state, order.late_reason_id), ("done", reason))

    def test_refurbishing_without_a_result(self):
        self.unit._close("returned", date(2025, 6, 1))
        action = self.unit.with_user(self.agent).action_refurbish()
        order = self.env["repair.order"].browse(action["res_id"])
        order.technician_id = self.technician
        order.action_repair_start()
        order.write({"refurbish_result": "sale", "refurbish_grade": "b"})
        order.action_repair_end()
        self._force_state(order, "under_repair")
        order.refurbish_result = False
        self.unit.sudo().grade = False
        self._refuses(order, "done", "what becomes of the unit")
        order.refurbish_result = "sale"
        self._write(order, "done")
        self.assertEqual(self.unit.grade, "b")

    # === WHAT FOLLOWS === #

    def test_start(self):
        request = self._make_request(partner_id=self.customer.id)
        order = self._bare("confirmed", request_id=request.id)
        self._write(order, "under_repair")
        self.assertEqual(request.state, "in_progress")
        self.assertTrue(order.date_first_response)

    def test_end(self):
        order = self._bare("under_repair", charges=[self.labour])
        order.with_user(self.technician).action_start_clock()
        self._write(order, "done")
        self.assertEqual(order.charge_ids.state, "confirmed")
        self.assertFalse(order.working_user_ids)
        self.assertEqual(order.date_done, date(2025, 6, 2))
        self.assertTrue(order.date_ended)

    def test_end_of_work_on_a_unit(self):
        self.unit.policy_id.repair_months = 3
        self.type_onsite.write({"counts_downtime": True, "is_installation": True})
        order = self._make_order(
            parts=[],
            technician_id=self.technician.id,
            service_type_id=self.type_onsite.id,
            cause_id=self.cause_wear.id,
            date_received="2025-06-01",
        )
        order.action_repair_start()
        self._write(self._move_goods(order), "done")
        self.assertEqual(self.unit.downtime_ids.date_from, date(2025, 6, 1))
        self.assertIn("repair", self.unit.warranty_ids.mapped("origin"))
        self.assertEqual(self.unit.date_installed, date(2025, 6, 2))

    def test_cancel_and_back(self):
        order = self._bare("under_repair", charges=[self.labour])
        order.with_user(self.technician).action_start_clock()
        visit = self.env["aftersales.visit"].create(
            {
                "repair_id": order.id,
                "user_id": self.technician.id,
                "planned_from": "2025-06-03 09:00:00",
            }
        )
        case = self.env["aftersales.send.out"].create(
            {"repair_id": order.id, "partner_id": self.maker.id}
        )
        self._write(order, "cancel")
        self.assertEqual(order.charge_ids.state, "cancelled")
        self.assertEqual(visit.state, "cancelled")
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(order.working_user_ids)
        self._write(order, "draft")
        self.assertEqual(order.charge_ids.state, "draft")
        self.assertFalse(order.date_ended)

    def test_cancelled_after_the_estimate_was_refused(self):
        fee = self._create_product(
            name="Diagnosis", type="service", lst_price=20, aftersales_charge_kind="fee"
        )
        self.company.aftersales_diagnosis_product_id = fee
        order = self._bare(charges=[self.travel])
        order._tell_estimate()
        order._answer_estimate("refused")
        self._write(order, "cancel")
        states = {charge.product_id: charge.state for charge in order.charge_ids}
        self.assertEqual(states, {fee: "confirmed", self.travel: "cancelled"})

    def test_many_at_once(self):
        """One write moves all, and each from where it stands."""
        started, new = self._bare("under_repair"), self._bare()
        done = self._bare("under_repair", charges=[self.labour])
        self._write(done, "done")
        self._write(started | new, "cancel")
        self.assertEqual(set((started | new).mapped("state")), {"cancel"})
        with self.assertRaises(UserError):
            self._write(started | done, "draft")
        self.assertEqual(started.state, "cancel")

    # === FACTS === #

    def test_facts_are_not_written_by_hand(self):
        order = self._bare("under_repair")
        move = self.env["stock.move"].search([], limit=1)
        table = {
            "date_done": "2020-01-01",
            "date_ended": "2020-01-01 00:00:00",
            "date_ordered": "2020-01-01 00:00:00",
            "install_move_id": move.id,
            "is_refurbish": True,
            "approval_answer": "approved",
            "approval_status": "approved",
            "estimate_agreed_amount": 1000.0,
            "estimate_advance_amount": 1.0,
            "handed_over_to": "Me",
            "sla_result": "met",
        }
        for fname, value in table.items():
            before = order[fname]
            for user in (self.technician, self.manager):
                with self.subTest(field=fname, user=user.login):
                    self.assertFalse(self._passes(order.with_user(user).write, {fname: value}))
            self.assertEqual(order[fname], before)
        forged = self._bare(**table)
        self.assertFalse(forged.install_move_id)
        for fname in table.keys() - {"install_move_id"}:
            with self.subTest(forged=fname):
                self.assertNotEqual(forged[fname], table[fname])
        self.assertEqual(str(forged.date_ordered), "2025-06-02 10:00:00")
