from datetime import date

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestClaimRefused(AftersalesCommon):
    """A claim of which nothing is accepted ends with the decision on what was refused.

    Each charge is a compressor of 800 the maker covers.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("CR1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")

    def _make_claim(self, count=1):
        charges = self.env["aftersales.charge"]
        for __ in range(count):
            charges |= self._make_charge(self.compressor, request_id=self.request.id)
        claim = self._make_settlement(charges)
        claim.with_user(self.settler).action_confirm()
        return claim

    def _answer(self, claim, *amounts):
        """Answer the lines; None leaves one out."""
        lines = claim.line_ids.with_user(self.settler)
        answers = {
            line: (amount, "" if amount == line.amount_claimed else "Wear")
            for line, amount in zip(lines, amounts, strict=True)
            if amount is not None
        }
        lines._answer(answers)

    def _decide(self, lines, decision):
        return lines.with_user(self.manager)._decide(decision, "As agreed")

    def _bill(self, settlement, pay=True):
        own = settlement.with_user(self.settler)
        if own.state == "draft":
            own.action_confirm()
        own.action_create_invoice()
        own.move_id.action_post()
        if pay:
            self._pay(own.move_id, user=self.settler)

    # === CLOSED BY ITSELF === #

    def test_closed_when_every_line_is_decided(self):
        """Answers and decisions line by line => status of the claim."""
        for table in (
            [(None, None, "confirmed")],
            [(0, None, "confirmed")],
            [(0, "company", "not_accepted")],
            [(0, "customer", "not_accepted")],
            [(0, "resubmit", "not_accepted")],
            [(500, "company", "confirmed")],
            [(800, None, "confirmed")],
            [(0, "company", ""), (None, None, "confirmed")],
            [(0, "company", ""), (0, None, "confirmed")],
            [(0, "company", ""), (800, None, "confirmed")],
            [(0, "company", ""), (0, "customer", "not_accepted")],
            [(0, "company", ""), (0, "customer", ""), (0, "resubmit", "not_accepted")],
        ):
            with self.subTest(table):
                claim = self._make_claim(len(table))
                self._answer(claim, *[amount for amount, *__ in table])
                for line, (__, decision, __) in zip(claim.line_ids, table, strict=True):
                    if decision:
                        self._decide(line, decision)
                self.assertEqual(claim.status, table[-1][-1])

    def test_we_bear_it(self):
        """Nobody outside owes anything: as if we had covered it from the beginning."""
        claim = self._make_claim()
        self._answer(claim, 0)
        charge = claim.line_ids.charge_id
        self.assertEqual(charge.settlement_status, "settled")
        self._decide(claim.line_ids, "company")
        self.assertEqual(charge.settlement_status, "none")
        self.assertTrue(charge._is_share_paid("covered"))
        self.assertFalse(charge._get_open_shares())

    def test_customer_pays(self):
        """Steps of the customer's settlement => status of the charge."""
        claim = self._make_claim()
        self._answer(claim, 0)
        charge = claim.line_ids.charge_id
        settlement = self._decide(claim.line_ids, "customer")
        self.assertEqual(charge.settlement_status, "settled")
        self._bill(settlement, pay=False)
        self.assertEqual(charge.settlement_status, "settled", "nothing is paid yet")
        self.env.flush_all()
        unpaid = self.env["aftersales.unpaid.report"].search([("charge_id", "=", charge.id)])
        self.assertEqual(unpaid.mapped("kind"), ["customer"], "the maker owes nothing")
        self._pay(settlement.move_id, 20.0, self.settler)
        self.assertEqual(charge.settlement_status, "partial")
        self._pay(settlement.move_id, user=self.settler)
        self.assertEqual((claim.status, settlement.status), ("not_accepted", "paid"))
        self.assertEqual(charge.settlement_status, "paid")
        self.assertFalse(charge._is_unpaid_by_customer())
        self.env.flush_all()
        self.assertFalse(
            self.env["aftersales.unpaid.report"].search([("charge_id", "=", charge.id)])
        )

    def test_half_covered(self):
        """The customer's own half counts with what the maker refused of the other."""
        self.unit.warranty_ids.percent = 50
        charge = self._make_charge(self.compressor, request_id=self.request.id)
        settlements = self._make_settlement(charge)
        claim = settlements.filtered(lambda one: one.kind == "claim")
        claim.with_user(self.settler).action_confirm()
        self._answer(claim, 0)
        self._decide(claim.line_ids, "company")
        self.assertEqual(charge.settlement_status, "settled")
        self._bill(settlements - claim)
        self.assertEqual(charge.settlement_status, "paid")

    def test_claimed_again(self):
        """The first claim is closed, the second one counts."""
        claim = self._make_claim()
        self._answer(claim, 0)
        charge = claim.line_ids.charge_id
        second = self._decide(claim.line_ids, "resubmit")
        self.assertEqual((claim.status, second.status), ("not_accepted", "draft"))
        self.assertEqual(charge.settlement_status, "settled")
        second.with_user(self.settler).action_confirm()
        self._answer(second, 0)
        self._decide(second.line_ids, "company")
        self.assertEqual(second.status, "not_accepted")
        self.assertEqual(charge.settlement_status, "none")

    def test_opens_again(self):
        claim = self._make_claim()
        own = claim.with_user(self.settler)
        self._answer(claim, 0)
        self._decide(claim.line_ids, "company")
        claim.line_ids.with_user(self.settler).action_undo_decision()
        self.assertEqual(claim.status, "confirmed")
        self._decide(claim.line_ids, "company")
        own.action_draft()
        self.assertEqual(claim.status, "draft")
        own.action_confirm()
        self.assertEqual(claim.status, "confirmed")
        self._answer(claim, 0)
        self._decide(claim.line_ids, "company")
        own.action_cancel()
        self.assertEqual(claim.status, "cancelled")
        self.assertEqual(claim.line_ids.charge_id.settlement_status, "to_settle")

    def test_no_invoice_over_nothing(self):
        claim = self._make_claim()
        self._answer(claim, 0)
        self._decide(claim.line_ids, "company")
        with self.assertRaises(UserError) as caught:
            claim.with_user(self.settler).action_create_invoice()
        self.assertIn(claim.name, str(caught.exception))
        self.assertIn("accepted nothing", str(caught.exception))

    def test_maker_reads_it(self):
        claim = self._make_claim()
        self.assertEqual(claim._get_portal_status(), "noted")
        self._answer(claim, 0)
        self._decide(claim.line_ids, "company")
        self.assertEqual(claim._get_portal_status(), "not_accepted")
        self.assertNotIn(claim, claim.search(claim._get_portal_open_domain()))

    def test_status_takes_no_query_a_line(self):
        counts = []
        # The first one fills the caches.
        for count in (1, 2, 12):
            claim = self._make_claim(count)
            self._answer(claim, *[0] * count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(claim._get_status(), "confirmed")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # === THE DAY OF THE ANSWER === #

    def _save_dialog(self, claim, **changes):
        """Open the dialog, change what is named on its lines, and save all of it."""
        action = claim.with_user(self.settler).action_enter_answer()
        wizard = self.env["aftersales.claim.answer"].with_user(self.settler)
        with Form(wizard.browse(action["res_id"])) as form:
            for index, vals in changes.items():
                with form.line_ids.edit(int(index[1:])) as line:
                    for fname, value in vals.items():
                        setattr(line, fname, value)
        form.record.action_apply()

    def test_only_what_changes_is_answered_today(self):
        """The dialog holds every undecided line; change on the first one => its day."""
        refused, today = {"answer": "refused", "reason": "Wear"}, date(2025, 7, 10)
        before = date(2025, 6, 10)
        for first, change, expected in (
            (refused, {}, before),
            (refused, {"reason": " Wear "}, before),
            (refused, {"reason": "Misuse"}, today),
            (refused, {"answer": "accepted"}, today),
            (refused, {"answer": "reduced", "amount_accepted": 300}, today),
            ({"answer": "accepted"}, {}, before),
            ({"answer": "accepted"}, refused, today),
        ):
            with self.subTest(first=first, change=change):
                with freeze_time("2025-06-10 10:00:00"):
                    claim = self._make_claim(2)
                    self._save_dialog(claim, _0=first, _1={"answer": False})
                with freeze_time("2025-07-10 10:00:00"):
                    self._save_dialog(claim, _0=change, _1=refused)
                self.assertEqual(claim.line_ids.mapped("date_answered"), [expected, today])

    def test_accepted_needs_no_reason(self):
        claim = self._make_claim()
        self._save_dialog(claim, _0={"answer": "refused", "reason": "Wear"})
        self._save_dialog(claim, _0={"answer": "accepted"})
        self.assertRecordValues(
            claim.line_ids, [{"amount_accepted": 800, "difference_reason": False}]
        )
