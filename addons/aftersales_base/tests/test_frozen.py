from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15 10:00:00")
class TestFrozen(AftersalesCommon):
    """What was decided on stays, on every document, whatever else is told in the same write."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("FR1")
        cls.request = cls._make_request(unit_id=cls.unit.id, partner_id=cls.customer.id)

    def _book_warranty(self):
        """Let the company book what it bears, on any account."""
        account = self.env["account.account"].create(
            {"code": "600901", "name": "Warranty", "account_type": "expense"}
        )
        self.company.write(
            {
                "aftersales_warranty_since": "2025-01-01",
                "aftersales_warranty_cost_account_id": account.id,
                "aftersales_warranty_service_account_id": account.id,
            }
        )

    def _make_entry(self, **vals):
        entries = self.env["aftersales.warranty.entry"].with_user(self.settler)
        return entries.create({"date_until": "2025-05-31", **vals})

    def _make_registration(self, **vals):
        registrations = self.env["aftersales.unit.registration"].with_user(self.agent)
        return registrations.create(
            {
                "partner_id": self.customer.id,
                "serial": "FR2",
                "date_purchase": "2025-06-01",
                **vals,
            }
        )

    def _make_answered(self):
        settlement = self._make_settlement(self._make_charge(self.travel))
        settlement.action_confirm()
        asked = self.env["aftersales.invoice.request"].with_user(self.settler)
        asked = asked.create(
            {"settlement_id": settlement.id, "company_name": "Lin Ltd", "vat": "91310000"}
        )
        asked.action_accept()
        return asked

    def _make_run(self):
        run = self.env["aftersales.settlement.run"].create({"date_until": "2025-06-15"})
        self._force_state(run, "done")
        return run.with_user(self.settler)

    # === CHANGED === #

    def test_set_back_and_changed_in_one_write_is_refused(self):
        """Setting back is a step of its own: nothing passes under its cover."""
        charge = self._make_charge()
        charge.action_cancel()
        settlement = self._make_settlement(self._make_charge(self.travel))
        settlement.action_confirm()
        entry = self._make_entry()
        entry.action_cancel()
        registration = self._make_registration()
        self._force_state(registration, "approved")
        table = [
            (charge.with_user(self.agent), "draft", {"name": "Other"}),
            (settlement.with_user(self.settler), "draft", {"date": "2025-01-01"}),
            (settlement.with_user(self.settler), "cancelled", {"date": "2025-01-01"}),
            (entry, "draft", {"date_until": "2025-04-30"}),
            (self._make_answered(), "asked", {"vat": "1"}),
            (self._make_run(), "running", {"kind": "claim"}),
            (registration, "draft", {"serial": "FR3"}),
        ]
        for record, target, vals in table:
            before = record.state, {fname: record[fname] for fname in vals}
            for values in (vals, {**vals, "state": target}):
                with self.subTest(model=record._name, vals=values):
                    self.assertFalse(self._passes(record.write, values))
            after = record.state, {fname: record[fname] for fname in vals}
            self.assertEqual(after, before, record._name)

    def test_one_that_stays_holds_the_batch(self):
        first, second = self._make_charge(), self._make_charge()
        second.action_confirm()
        with self.assertRaisesRegex(UserError, "stays as it is"), self.env.cr.savepoint():
            (first | second).write({"quantity": 3})
        self.assertEqual((first | second).mapped("quantity"), [1, 1])
        self.env["aftersales.charge"].browse().write({"quantity": 3})

    def test_message_names_record_and_values(self):
        charge = self._make_charge()
        charge.action_confirm()
        with self.assertRaises(UserError) as caught:
            charge.write({"quantity": 3, "price_unit": 1})
        message = str(caught.exception)
        for part in (charge.display_name, "Quantity, Unit Price", "Set it back to draft"):
            self.assertIn(part, message)

    # === VALUES AND A STEP TOLD TOGETHER === #

    def test_charge_is_judged_by_what_it_says_then(self):
        charge = self.env["aftersales.charge"].create({"product_id": self.travel.id})
        vals = {"partner_id": self.customer.id, "state": "confirmed"}
        charge.with_user(self.agent).write(vals)
        self.assertEqual((charge.state, charge.partner_id), ("confirmed", self.customer))
        self.assertEqual(vals, {"partner_id": self.customer.id, "state": "confirmed"})

    def test_what_follows_from_values_follows_once(self):
        charge = self._make_charge(request_id=self.request.id)
        before = len(self.request.message_ids)
        charge.with_user(self.manager).write(
            {"override_bearer": "company", "override_reason": "Fair", "state": "confirmed"}
        )
        self.assertEqual((charge.state, charge.customer_amount), ("confirmed", 0))
        self.assertEqual(len(self.request.message_ids), before + 1)

    def test_settlement_is_judged_by_what_it_says_then(self):
        charge = self._make_charge(self.travel)
        charge.action_confirm()
        settlement = self.env["aftersales.settlement"].with_user(self.settler)
        settlement = settlement.create({"partner_id": self.customer.id})
        line = Command.create({"charge_id": charge.id, "share": "customer"})
        settlement.write({"line_ids": [line], "state": "confirmed"})
        self.assertEqual((settlement.state, settlement.line_count), ("confirmed", 1))
        settlement.action_draft()
        with self.assertRaisesRegex(UserError, "has no line"), self.env.cr.savepoint():
            settlement.write({"line_ids": [Command.clear()], "state": "confirmed"})
        self.assertEqual((settlement.state, settlement.line_count), ("draft", 1))

    def test_entry_books_until_the_day_told_with_it(self):
        self._book_warranty()
        charge = self._make_charge(self.labour, request_id=self.request.id)
        charge.action_confirm()
        entry = self._make_entry()
        entry.write({"date_until": "2025-06-30", "state": "confirmed"})
        self.assertEqual(entry.line_ids.charge_id, charge)

    def test_registration_is_judged_by_what_it_says_then(self):
        registration = self._make_registration()
        with self.assertRaisesRegex(UserError, "know the product"), self.env.cr.savepoint():
            registration.write({"state": "approved"})
        registration.write({"product_id": self.ac.id, "state": "approved"})
        self.assertEqual(registration.unit_id.product_id, self.ac)

    # === DELETED === #

    def test_what_stays_on_record(self):
        settlement = self._make_settlement(self._make_charge(self.travel))
        registration = self._make_registration()
        self._book_warranty()
        self._make_charge(self.labour, request_id=self.request.id).action_confirm()
        entry = self._make_entry(date_until="2025-06-30")
        table = [
            (self._make_charge(), ("confirmed",), ("draft", "cancelled")),
            (settlement, ("confirmed",), ("draft", "cancelled")),
            (self._make_run(), ("running", "done"), ("draft",)),
            (registration.with_user(self.manager), ("approved",), ("draft", "refused")),
            (entry, ("confirmed",), ("draft", "cancelled")),
        ]
        for record, kept, free in table:
            for state in (*kept, *free):
                self._force_state(record, state)
                with self.subTest(model=record._name, state=state):
                    unlink = record.sudo().unlink
                    self.assertEqual(self._passes(unlink), state in free)

    def test_an_entry_that_was_booked_stays(self):
        self._book_warranty()
        self._make_charge(self.labour, request_id=self.request.id).action_confirm()
        entry = self._make_entry(date_until="2025-06-30")
        entry.action_confirm()
        entry.move_id.action_post()
        entry.action_cancel()
        self.assertTrue(entry.move_id)
        with self.assertRaisesRegex(UserError, "not being checked"):
            entry.sudo().unlink()
