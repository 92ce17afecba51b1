from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestCompensation(ComplaintCommon):
    """What the customer gets for his trouble, from the promise to the money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls._make_complaint(outcome="compensation", compensation_amount=50)
        cls.complaint.with_user(cls.technician).action_start()

    def _approve(self, complaint=None):
        complaint = complaint or self.complaint
        complaint.with_user(self.manager).action_approve_compensation()
        return complaint.charge_ids.filtered(lambda charge: charge.state != "cancelled")

    def _invoice(self, settlement):
        own = settlement.with_user(self.settler)
        own.action_confirm()
        own.action_create_invoice()
        own.move_id.action_post()
        return settlement.move_id

    # === TO THE MONEY === #

    def test_from_promise_to_payment(self):
        complaint = self.complaint
        self.assertEqual(complaint.compensation_status, "to_approve")
        charge = self._approve()
        self.assertRecordValues(
            charge,
            [
                {
                    "kind": "compensation",
                    "state": "confirmed",
                    "amount": -50,
                    "customer_amount": -50,
                    "bearer": "customer",
                    "partner_id": self.customer.id,
                    "team_id": self.team_a.id,
                    "settlement_status": "to_settle",
                }
            ],
        )
        self.assertEqual(complaint.compensation_status, "approved")
        self.assertEqual(complaint.compensation_user_id, self.manager)
        action = complaint.with_user(self.agent).action_settle_compensation()
        settlement = self.env["aftersales.settlement"].browse(action["res_id"])
        self.assertEqual(complaint.compensation_status, "approved")
        move = self._invoice(settlement)
        self.assertEqual(complaint.compensation_status, "credited")
        self.assertEqual(complaint.with_user(self.technician).credit_note_name, move.name)
        self.assertEqual(move.move_type, "out_refund")
        self.assertEqual((move.amount_untaxed, move.amount_total), (50, 50))
        self.assertEqual(move.partner_id, self.customer)
        self.assertIn(complaint.name, move.invoice_line_ids.name)
        self._pay(move, user=self.settler)
        self.assertEqual(complaint.compensation_status, "paid_out")

    def test_product_gives_account_and_taxes(self):
        product = self._create_product(
            name="Compensation", type="service", lst_price=7, taxes_id=[Command.clear()]
        )
        self.company.aftersales_compensation_product_id = product
        charge = self._approve()
        self.assertEqual((charge.product_id, charge.amount), (product, -50))
        self.assertEqual(charge.kind, "compensation")
        self.company.aftersales_compensation_product_id = self.labour
        taxed = self._make_complaint(outcome="compensation", compensation_amount=100)
        taxed.with_user(self.technician).action_start()
        charge = self._approve(taxed)
        self.assertEqual((charge.kind, charge.amount), ("compensation", -100))
        self.assertEqual(self._invoice(charge._create_settlements()).amount_total, 115)

    def test_no_promise_answers_for_it(self):
        """A warranty or a goodwill job does not take the customer's compensation."""
        unit = self._make_unit("CP-C1")
        unit.warranty_ids.write({"kind": "all", "date_end": "2099-01-01"})
        request = self._make_request(unit_id=unit.id, service_type_id=self.type_goodwill.id)
        complaint = self._make_complaint(
            request_id=request.id, outcome="compensation", compensation_amount=20
        )
        complaint.with_user(self.technician).action_start()
        charge = self._approve(complaint)
        self.assertEqual((charge.unit_id, charge.bearer), (unit, "customer"))
        self.assertEqual(charge.customer_amount, -20)

    def test_set_off_against_what_the_customer_owes(self):
        charges = self._approve() | self._make_charge(self.labour)
        charges[1].action_confirm()
        settlement = charges._create_settlements()
        self.assertEqual(len(settlement), 1)
        move = self._invoice(settlement)
        self.assertEqual(move.move_type, "out_invoice")
        self.assertEqual(move.amount_untaxed, 100)
        self.assertEqual(self.complaint.compensation_status, "credited")

    def test_foreign_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.complaint.currency_id = euro
        charge = self._approve()
        self.assertEqual((charge.currency_id, charge.amount), (euro, -50))

    # === ONCE === #

    def test_approving_twice_makes_one_charge(self):
        for __ in range(2):
            self.complaint.with_user(self.manager).action_approve_compensation()
        self.assertEqual(len(self.complaint.charge_ids), 1)
        twice = self.complaint | self.complaint
        twice.with_user(self.manager).action_approve_compensation()
        self.assertEqual(len(self.complaint.charge_ids), 1)

    def test_database_keeps_it_one(self):
        charge = self._approve()
        vals = self.complaint._prepare_compensation_vals()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            charge.sudo().create(vals)

    def test_several_at_once(self):
        second = self._make_complaint(outcome="compensation", compensation_amount=10)
        second.with_user(self.technician).action_start()
        both = self.complaint | second
        both.with_user(self.manager).action_approve_compensation()
        self.assertEqual(sorted(both.charge_ids.mapped("amount")), [-50, -10])
        settlements = both.charge_ids._create_settlements()
        self.assertEqual(len(settlements), 1)
        self.assertEqual(self._invoice(settlements).amount_total, 60)
        self.assertEqual(both.mapped("compensation_status"), ["credited"] * 2)
        self.env["aftersales.complaint"].action_approve_compensation()

    # === WHO, AND WHEN === #

    def test_only_a_manager_approves(self):
        mine = self._make_complaint(
            handler_id=self.agent.id, outcome="compensation", compensation_amount=5
        )
        mine.with_user(self.agent).action_start()
        for user, complaint in (
            (self.technician, self.complaint),
            (self.agent, mine),
            (self.agent, self.complaint),
            (self.settler, self.complaint),
            (self.portal, self.complaint),
        ):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                complaint.with_user(user).action_approve_compensation()
        self.assertFalse((self.complaint | mine).sudo().charge_ids)

    def test_manager_complained_about_does_not_approve(self):
        self.complaint.write({"target_kind": "person", "target_user_id": self.manager.id})
        with self.assertRaises(UserError) as caught:
            self.complaint.with_user(self.manager).action_approve_compensation()
        self.assertIn("about you", str(caught.exception))

    def test_no_way_round_the_manager(self):
        Charge = self.env["aftersales.charge"]
        for user in (self.technician, self.agent):
            charge = Charge.with_user(user).create(
                {
                    "kind": "compensation",
                    "name": "Mine",
                    "price_unit": -500,
                    "partner_id": self.customer.id,
                    "user_id": user.id,
                    "team_id": self.team_a.id,
                    "complaint_id": self.complaint.id,
                }
            )
            self.assertFalse(charge.complaint_id)
            with self.assertRaises(UserError) as caught:
                charge.action_confirm()
            self.assertIn("Only a manager", str(caught.exception))
            with self.assertRaises(UserError):
                charge.complaint_id = self.complaint
        charge = self._approve()
        for user in (self.agent, self.technician):
            for state in ("draft", "cancelled"):
                with self.assertRaises(UserError):
                    charge.with_user(user).write({"state": state})

    def test_what_is_missing_is_said(self):
        manager = self.manager
        for vals, text in (
            ({"outcome": "apology"}, "no compensation to approve"),
            ({"compensation_amount": 0}, "no compensation to approve"),
            ({"partner_id": False}, "no customer"),
        ):
            complaint = self._make_complaint(
                **{"outcome": "compensation", "compensation_amount": 5, **vals}
            )
            complaint.with_user(self.technician).action_start()
            with self.subTest(vals=vals), self.assertRaises(UserError) as caught:
                complaint.with_user(manager).action_approve_compensation()
            self.assertIn(text, str(caught.exception))
        new = self._make_complaint(outcome="compensation", compensation_amount=5)
        with self.assertRaises(UserError):
            new.with_user(manager).action_approve_compensation()

    def test_negative_amounts_are_refused(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.complaint.compensation_amount = -1
            self.env.flush_all()

    def test_approved_is_approved(self):
        self._approve()
        for vals in (
            {"compensation_amount": 500},
            {"outcome": "apology"},
            {"partner_id": self.other_customer.id},
        ):
            for user in (self.technician, self.manager):
                with self.subTest(vals=vals), self.assertRaises(UserError) as caught:
                    self.complaint.with_user(user).write(vals)
                self.assertIn("Withdraw it", str(caught.exception))
        # The form sends what did not change, too.
        self.complaint.with_user(self.technician).write(
            {"compensation_amount": 50, "root_cause": "<p>Late</p>"}
        )

    def test_withdrawn(self):
        charge = self._approve()
        with self.assertRaises(UserError):
            self.complaint.with_user(self.technician).action_withdraw_compensation()
        own = self.complaint.with_user(self.manager)
        for __ in range(2):
            own.action_withdraw_compensation()
        self.assertEqual(charge.state, "cancelled")
        self.assertEqual(self.complaint.compensation_status, "to_approve")
        own.compensation_amount = 30
        again = self._approve()
        self.assertEqual((len(again), again.amount), (1, -30))
        with self.assertRaises(UserError):
            own.unlink()

    def test_not_withdrawn_while_being_settled(self):
        settlement = self._approve()._create_settlements()
        with self.assertRaises(UserError) as caught:
            self.complaint.with_user(self.manager).action_withdraw_compensation()
        self.assertIn(settlement.name, str(caught.exception))
        settlement.with_user(self.settler).action_cancel()
        self.complaint.with_user(self.manager).action_withdraw_compensation()

    def test_charge_reopened_by_the_manager_is_approved_anew(self):
        charge = self._approve()
        charge.with_user(self.manager).action_draft()
        self.assertEqual(self.complaint.compensation_status, "to_approve")
        self.complaint.with_user(self.manager).compensation_amount = 70
        self.assertEqual(self._approve(), charge)
        self.assertEqual((charge.state, charge.amount), ("confirmed", -70))

    # === CLOSING === #

    def test_closing_waits_for_the_credit_note(self):
        self._bring_to_verified()
        close = self.complaint.with_user(self.verifier).action_close
        with self.assertRaises(UserError) as caught:
            close()
        self.assertIn("not approved", str(caught.exception))
        charge = self._approve()
        with self.assertRaises(UserError) as caught:
            close()
        self.assertIn("not credited yet", str(caught.exception))
        self._invoice(charge._create_settlements())
        close()
        self.assertEqual(self.complaint.state, "closed")

    def test_withdrawn_and_another_outcome_closes(self):
        self._bring_to_verified()
        self._approve()
        own = self.complaint.with_user(self.manager)
        own.action_withdraw_compensation()
        own.outcome = "apology"
        own.action_close()
        self.assertEqual(self.complaint.state, "closed")

    def test_not_cancelled_with_an_approved_compensation(self):
        self._approve()
        with self.assertRaises(UserError) as caught:
            self.complaint.with_user(self.manager).action_cancel()
        self.assertIn("Withdraw it", str(caught.exception))

    def test_credit_note_taken_back_counts_no_more(self):
        settlement = self._approve()._create_settlements()
        self._invoice(settlement)
        self.assertEqual(self.complaint.compensation_status, "credited")
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(self.complaint.compensation_status, "approved")
        self.assertFalse(self.complaint.credit_note_name)

    def _bring_to_verified(self):
        own = self.complaint.with_user(self.technician)
        own.answer = "<p>We are sorry.</p>"
        own.action_answer()
        self.complaint.with_user(self.verifier).action_verify()
