from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRepairCharge(RepairCommon):
    """Every added part is charged once, as planned and then as used."""

    def test_charge_of_a_part(self):
        order = self._make_order(parts=[self._part(quantity=2)])
        self.assertRecordValues(
            order.charge_ids,
            [
                {
                    "move_id": order.move_ids.id,
                    "kind": "part",
                    "quantity": 2,
                    "amount": 1600,
                    "bearer": "partner",
                    "bearer_partner_id": self.maker.id,
                    "covered_amount": 1600,
                    "request_id": self.request.id,
                    "unit_id": self.unit.id,
                    "user_id": self.technician.id,
                    "team_id": self.team_a.id,
                }
            ],
        )

    def test_only_added_parts_are_charged(self):
        order = self._make_order(
            parts=[
                self._part(),
                self._part(self.filter_part, line_type="remove"),
                self._part(self.filter_part, line_type="recycle"),
            ]
        )
        self.assertEqual(order.charge_ids.product_id, self.compressor)

    def test_planned_quantity(self):
        order = self._make_order()
        order.move_ids.product_uom_qty = 3
        self.assertEqual(order.charge_ids.quantity, 3)

    def test_used_quantity(self):
        order = self._make_order(parts=[self._part(quantity=3)])
        order.action_validate()
        order.action_repair_start()
        order.move_ids.quantity = 2
        order.action_repair_end()
        self.assertRecordValues(
            order.charge_ids, [{"quantity": 2, "amount": 1600, "state": "confirmed"}]
        )

    def test_unused_part_is_cancelled(self):
        order = self._make_order(parts=[self._part(), self._part(self.filter_part)])
        order.action_validate()
        order.action_repair_start()
        for move in order.move_ids:
            move.quantity = 1 if move.product_id == self.filter_part else 0
        order.action_repair_end()
        self.assertEqual(self._part_charge(order).state, "cancelled")
        self.assertEqual(self._part_charge(order, self.filter_part).state, "confirmed")

    def test_part_changed(self):
        order = self._make_order()
        charge = order.charge_ids
        order.move_ids.product_id = self.filter_part
        self.assertEqual(order.charge_ids, charge)
        self.assertRecordValues(
            charge,
            [
                {
                    "product_id": self.filter_part.id,
                    "name": self.filter_part.display_name,
                    "price_unit": 60,
                    "amount": 60,
                }
            ],
        )

    def test_unit_of_measure_changed(self):
        order = self._make_order()
        order.move_ids.write({"product_uom": self.env.ref("uom.product_uom_dozen").id})
        self.assertEqual(order.charge_ids.uom_id, self.env.ref("uom.product_uom_dozen"))
        self.assertEqual(order.charge_ids.amount, 9600)

    def test_part_turned_into_removal_and_back(self):
        order = self._make_order()
        order.move_ids.repair_line_type = "remove"
        self.assertFalse(order.charge_ids)
        order.move_ids.repair_line_type = "add"
        self.assertEqual(order.charge_ids.product_id, self.compressor)

    def test_part_deleted(self):
        order = self._make_order()
        order.move_ids.unlink()
        self.assertFalse(order.charge_ids)

    def test_part_given_to_another_order(self):
        order, other = self._make_order(), self._make_order(parts=[], unit_id=self.unit.id)
        charge = order.charge_ids
        order.move_ids.repair_id = other
        self.assertEqual(other.charge_ids, charge)
        self.assertFalse(order.charge_ids)

    def test_by_form(self):
        with Form(self._make_order(parts=[])) as form, form.move_ids.new() as line:
            line.product_id = self.compressor
            line.product_uom_qty = 2
        self.assertEqual(form.record.charge_ids.quantity, 2)

    def test_part_added_in_work(self):
        order = self._make_order()
        order.action_validate()
        order.action_repair_start()
        order.write({"move_ids": [self._part(self.filter_part)]})
        self.assertEqual(self._part_charge(order, self.filter_part).amount, 60)

    def test_customer_named_later(self):
        order = self._make_order(unit_id=False, partner_id=False)
        self.assertFalse(order.charge_ids)
        order.partner_id = self.customer
        self.assertEqual(order.charge_ids.customer_amount, 800)

    def test_customer_named_by_the_request_later(self):
        request = self._make_request()
        order = self._make_order(request_id=request.id)
        self.assertFalse(order.charge_ids)
        request.partner_id = self.customer
        self._do(order)
        self.assertRecordValues(order.charge_ids, [{"state": "confirmed", "amount": 800}])

    def test_customer_taken_out(self):
        order = self._make_order(partner_id=self.customer.id)
        order.partner_id = False
        self.assertFalse(order.charge_ids)

    def test_withdrawn_cause_decides_nothing(self):
        order = self._make_order(cause_id=self.cause_misuse.id, charges=[self.labour])
        self.assertEqual(order.customer_amount, 950)
        order.cause_id = False
        self.assertEqual(order.customer_amount, 0)

    def test_order_cancelled_and_back(self):
        order = self._make_order(parts=[self._part(quantity=2)], charges=[self.labour])
        order.action_validate()
        order.action_repair_cancel()
        self.assertEqual(set(order.charge_ids.mapped("state")), {"cancelled"})
        self.assertEqual(order.customer_amount, 0)
        order.action_repair_cancel_draft()
        self.assertEqual(set(order.charge_ids.mapped("state")), {"draft"})
        self.assertEqual(self._part_charge(order).quantity, 2)
        self._do(order)
        self.assertEqual(self._part_charge(order).amount, 1600)
        self.assertEqual(set(order.charge_ids.mapped("state")), {"confirmed"})

    def test_decided_until_done_then_frozen(self):
        order = self._make_order(charges=[self.labour])
        self.assertEqual(order.partner_amount, 800)
        order.cause_id = self.cause_misuse
        self.assertEqual((order.partner_amount, order.customer_amount), (0, 950))
        self._do(order)
        order.cause_id = self.cause_wear
        self.unit.warranty_ids.write({"percent": 50})
        self.compressor.lst_price = 1
        self.assertEqual(order.customer_amount, 950)
        with self.assertRaises(UserError):
            self._part_charge(order).quantity = 5

    def test_part_is_not_confirmed_before_it_is_used(self):
        order = self._make_order()
        with self.assertRaisesRegex(UserError, order.name):
            order.charge_ids.action_confirm()
        self.assertEqual(order.charge_ids.state, "draft")

    def test_part_is_charged_once(self):
        order = self._make_order()
        order.move_ids._create_part_charges()
        self.assertEqual(len(order.charge_ids), 1)

    def test_amounts_by_bearer(self):
        order = self._make_order(charges=[self.labour, self.travel])
        self.assertRecordValues(
            order, [{"customer_amount": 50, "company_amount": 150, "partner_amount": 800}]
        )
        self._part_charge(order, self.travel).action_cancel()
        self.assertEqual(order.customer_amount, 0)

    def test_charge_of_the_order_by_form(self):
        order = self._make_order(parts=[])
        with Form(order) as form, form.charge_ids.new() as line:
            line.product_id = self.labour
            line.quantity = 2.5
        self.assertRecordValues(
            order.charge_ids,
            [{"kind": "labour", "amount": 375, "bearer": "company", "covered_amount": 375}],
        )

    def test_hand_made_charge_has_its_own_price(self):
        order = self._make_order(parts=[])
        order.write(
            {"charge_ids": [Command.create({"product_id": self.travel.id, "price_unit": 80})]}
        )
        self.assertEqual(order.customer_amount, 80)

    def test_catalog(self):
        order = self._make_order(parts=[])
        order._update_order_line_info(self.filter_part.id, 4)
        self.assertEqual(order.charge_ids.quantity, 4)
        order._update_order_line_info(self.filter_part.id, 0)
        self.assertFalse(order.charge_ids)
