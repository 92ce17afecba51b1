from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestClaimAnswer(AftersalesCommon):
    """Claims are numbered, answered line by line, and what is refused goes somewhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("CA1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")

    def _make_claim(self, count=1, submit=True):
        charges = self.env["aftersales.charge"]
        for __ in range(count):
            charges |= self._make_charge(self.compressor, request_id=self.request.id)
        claim = self._make_settlement(charges)
        if submit:
            claim.with_user(self.settler).action_confirm()
        return claim

    def _answer(self, claim, *amounts, reason="Wear"):
        """Answer the lines through the dialog, as the one who settles."""
        action = claim.with_user(self.settler).action_enter_answer()
        wizard = self.env["aftersales.claim.answer"].with_user(self.settler)
        with Form(wizard.browse(action["res_id"])) as form:
            for index, amount in enumerate(amounts):
                with form.line_ids.edit(index) as line:
                    if amount is None:
                        line.answer = False
                    elif amount in (0, 800):
                        line.answer = "accepted" if amount else "refused"
                    else:
                        line.answer = "reduced"
                        line.amount_accepted = amount
                    if amount not in (None, 800):
                        line.reason = reason
        form.record.action_apply()

    def _decide(self, user, lines, decision, reason="As agreed"):
        action = lines.with_user(user).action_decide_refused()
        wizard = self.env["aftersales.claim.decide"].with_user(user)
        form = Form(wizard.with_context(**action["context"]))
        form.decision = decision
        form.reason = reason
        result = form.save().action_apply()
        if result.get("res_model") != "aftersales.settlement":
            return self.env["aftersales.settlement"]
        if result.get("res_id"):
            return self.env["aftersales.settlement"].browse(result["res_id"])
        return self.env["aftersales.settlement"].search(result["domain"])

    # === NUMBERS === #

    def test_numbers(self):
        with freeze_time("2026-03-02"):
            claim = self._make_claim(3, submit=False)
            self.assertEqual(set(claim.line_ids.mapped("claim_number")), {False})
            self.assertEqual(set(claim.line_ids.mapped("claim_state")), {"draft"})
            claim.with_user(self.settler).action_confirm()
            numbers = claim.line_ids.mapped("claim_number")
            self.assertEqual(len(set(numbers)), 3)
            self.assertTrue(all(number.startswith("CL26") for number in numbers))
            self.assertEqual(set(claim.line_ids.mapped("claim_state")), {"submitted"})
            self.assertEqual(str(claim.line_ids[0].date_submitted), "2026-03-02")
            claim.with_user(self.settler).action_draft()
            claim.with_user(self.settler).action_confirm()
            self.assertEqual(claim.line_ids.mapped("claim_number"), numbers)
        self.assertIn(numbers[0], claim.line_ids[0].display_name)

    def test_customers_get_no_claim_number(self):
        settlement = self._make_settlement(self._make_charge(self.travel))
        settlement.with_user(self.settler).action_confirm()
        self.assertFalse(settlement.line_ids.claim_number)
        self.assertFalse(settlement.line_ids.claim_state)

    def test_own_sequence_of_a_company(self):
        self.env["ir.sequence"].sudo().create(
            {"name": "C", "code": "aftersales.claim", "prefix": "MY", "company_id": self.company.id}
        )
        self.assertTrue(self._make_claim().line_ids.claim_number.startswith("MY"))

    # === ANSWERS === #

    def test_answered_line_by_line(self):
        claim = self._make_claim(4)
        self._answer(claim, 800, 500, 0, None)
        self.assertRecordValues(
            claim.line_ids,
            [
                {"claim_state": "accepted", "amount_answered": 800, "amount_difference": 0},
                {"claim_state": "reduced", "amount_answered": 500, "amount_difference": 300},
                {"claim_state": "refused", "amount_answered": 0, "amount_difference": 800},
                {"claim_state": "submitted", "amount_answered": 0, "amount_difference": 0},
            ],
        )
        self.assertEqual(claim.line_ids.mapped("difference_reason"), [False, "Wear", "Wear", False])
        self.assertEqual(claim.to_decide_count, 2)
        self._answer(claim, 800, 800, 0, 800)
        self.assertEqual(claim.line_ids[1].claim_state, "accepted")
        own = claim.with_user(self.settler)
        own.action_create_invoice()
        self.assertEqual(claim.move_id.amount_untaxed, 2400)

    def test_terms_wait_for_the_answer(self):
        self.env["aftersales.claim.terms"].create({"partner_id": self.maker.id})
        claim = self._make_claim(2)
        self._answer(claim, 800, None)
        with self.assertRaises(UserError) as caught:
            claim.with_user(self.settler).action_create_invoice()
        self.assertIn(claim.line_ids[1].claim_number, str(caught.exception))
        self._answer(claim, 800, 100)
        claim.with_user(self.settler).action_create_invoice()
        self.assertEqual(claim.move_id.amount_untaxed, 900)

    def test_what_is_no_answer(self):
        draft = self._make_claim(submit=False).line_ids
        line = self._make_claim().line_ids.with_user(self.settler)
        Line = self.env["aftersales.settlement.line"].with_user(self.settler)
        for record, amount, reason, text in (
            (draft, 800, "", "not submitted"),
            (line, 801, "More", "between"),
            (line, -1, "Less", "between"),
            (line, 500, " ", "reason"),
            (line, 0, False, "reason"),
        ):
            with self.subTest(amount=amount, text=text):
                with self.assertRaises(UserError) as caught:
                    Line._answer({record.with_user(self.settler): (amount, reason)})
                self.assertIn(text, str(caught.exception))
        line.settlement_id.action_create_invoice()
        with self.assertRaises(UserError) as caught:
            Line._answer({line: (500, "Wear")})
        self.assertIn("invoiced", str(caught.exception))

    def test_facts_are_not_written(self):
        claim = self._make_claim()
        line = claim.line_ids
        table = [
            {"claim_number": "X1"},
            {"answer": "accepted"},
            {"claim_state": "accepted"},
            {"date_answered": "2025-01-01"},
            {"date_submitted": "2025-01-01"},
            {"decision": "company"},
            {"decision_reason": "No"},
            {"first_line_id": line.id},
            {"amount_accepted": 500, "difference_reason": "Wear"},
            {"amount_claimed": 500},
            {"amount_difference": 5},
            {"is_living": False},
        ]
        for user in (self.settler, self.manager, self.agent):
            for vals in table:
                with self.subTest(user=user.login, vals=vals):
                    self.assertFalse(self._passes(line.with_user(user).write, vals))
            self.assertFalse(
                self._passes(line.charge_id.with_user(user).write, {"refused_amount": 5})
            )
            self.assertFalse(
                self._passes(claim.with_user(user).write, {"first_settlement_id": claim.id})
            )
        charge = self._make_charge(self.compressor, request_id=self.request.id)
        charge.action_confirm()
        vals = {
            "charge_id": charge.id,
            "share": "covered",
            "answer": "accepted",
            "decision": "resubmit",
            "claim_number": "MINE",
        }
        made = (
            self.env["aftersales.settlement"]
            .with_user(self.agent)
            .create(
                {
                    "kind": "claim",
                    "partner_id": self.maker.id,
                    "line_ids": [Command.create(vals)],
                }
            )
            .line_ids
        )
        self.assertFalse(made.answer or made.decision or made.claim_number)
        self.assertTrue(made.is_living)

    def test_who_answers_and_decides(self):
        claim = self._make_claim(2)
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                claim.with_user(user).action_enter_answer()
            with self.assertRaises(AccessError):
                self.env["aftersales.settlement.line"].with_user(user)._answer(
                    {claim.line_ids[0].with_user(user): (800, "")}
                )
        self._answer(claim, 0, 0)
        lines = claim.line_ids
        for user, decision, may in (
            (self.agent, "company", False),
            (self.agent, "customer", False),
            (self.settler, "customer", False),
            (self.settler, "company", True),
            (self.settler, "resubmit", True),
            (self.manager, "company", True),
            (self.manager, "customer", True),
        ):
            with self.subTest(user=user.login, decision=decision):
                own = lines[0].with_user(user)
                self.assertEqual(self._passes(own._decide, decision, "Because"), may)

    def test_other_company_does_not_see_claims(self):
        claim = self._make_claim()
        far = self._new_user(
            "far_settler",
            "aftersales_base.group_aftersales_settlement",
            company_id=self.other_company.id,
        )
        line = claim.line_ids.with_user(far)
        self.assertFalse(line.search([]))
        with self.assertRaises(AccessError):
            line._answer({line: (800, "")})
        with self.assertRaises(AccessError):
            line._decide("company", "Mine")

    def test_answers_of_others_are_not_read(self):
        claim = self._make_claim()
        action = claim.with_user(self.settler).action_enter_answer()
        other = self._new_user("settler_two", "aftersales_base.group_aftersales_settlement")
        wizard = self.env["aftersales.claim.answer"].with_user(other).browse(action["res_id"])
        with self.assertRaises(AccessError):
            wizard.action_apply()

    # === WHAT WAS REFUSED === #

    def test_we_bear_it(self):
        claim = self._make_claim(2)
        self._answer(claim, 500, 0)
        self.assertFalse(self._decide(self.settler, claim.line_ids, "company", "Case closed"))
        self.assertEqual(set(claim.line_ids.mapped("decision")), {"company"})
        self.assertEqual(claim.line_ids.decision_user_id, self.settler)
        self.assertIn("Case closed", claim.message_ids[0].body)
        self.assertFalse(claim.line_ids.charge_id._get_open_shares())
        with self.assertRaises(UserError):
            claim.line_ids.with_user(self.settler).action_decide_refused()

    def test_what_is_decided_is_not_answered_again(self):
        """The dialog leaves out what is decided, and says so when nothing is left."""
        claim = self._make_claim(2)
        self._answer(claim, 0, None)
        self._decide(self.settler, claim.line_ids[0], "company")
        self._answer(claim, 500)
        self.assertEqual(claim.line_ids.mapped("claim_state"), ["refused", "reduced"])
        self._decide(self.settler, claim.line_ids[1], "company")
        with self.assertRaises(UserError):
            claim.with_user(self.settler).action_enter_answer()
        with self.assertRaises(UserError):
            self._make_claim(submit=False).with_user(self.settler).action_enter_answer()

    def test_second_claim(self):
        claim = self._make_claim(2)
        self._answer(claim, 0, 0)
        first = claim.line_ids[0]
        second = self._decide(self.settler, first, "resubmit", "Photo found")
        self.assertEqual(second.first_settlement_id, claim)
        self.assertEqual(claim.second_settlement_ids, second)
        again = second.line_ids
        self.assertEqual((again.first_line_id, again.charge_id), (first, first.charge_id))
        self.assertEqual((first.is_living, again.is_living), (False, True))
        second.with_user(self.settler).action_confirm()
        self.assertNotEqual(again.claim_number, first.claim_number)
        self._answer(second, 800)
        own = (claim | second).with_user(self.settler)
        own.action_create_invoice()
        self.assertEqual(
            sum(own.move_id.mapped("amount_untaxed")), 800, "asked for twice, paid once"
        )

    def test_second_claim_stands_in_the_way(self):
        claim = self._make_claim()
        self._answer(claim, 0)
        line = claim.line_ids.with_user(self.settler)
        second = self._decide(self.settler, line, "resubmit")
        with self.assertRaises(UserError) as caught:
            line.action_undo_decision()
        self.assertIn(second.name, str(caught.exception))
        with self.assertRaises(UserError):
            claim.with_user(self.settler).action_draft()
        second.with_user(self.settler).action_cancel()
        line.action_undo_decision()
        self.assertTrue(line.is_living)
        with self.assertRaises(UserError) as caught:
            second.with_user(self.settler).action_draft()
        self.assertIn(claim.name, str(caught.exception))

    def test_only_what_is_refused_in_full_is_claimed_again(self):
        claim = self._make_claim()
        self._answer(claim, 500)
        with self.assertRaises(UserError) as caught:
            self._decide(self.settler, claim.line_ids, "resubmit")
        self.assertIn("in part", str(caught.exception))

    def test_customer_pays(self):
        """800 of which the maker pays 500: the customer owes the rest, once."""
        claim = self._make_claim(2)
        self._answer(claim, 500, 800)
        line = claim.line_ids[0]
        charge = line.charge_id
        settlement = self._decide(self.manager, line, "customer", "Misuse proven")
        self.assertRecordValues(
            settlement,
            [{"kind": "customer", "partner_id": self.customer.id, "amount_untaxed": 300}],
        )
        self.assertEqual(settlement.line_ids.share, "refused")
        self.assertEqual(charge.covered_amount, 800, "the price stays as it was")
        amounts = charge._get_amounts_by_bearer(self.company.currency_id)
        self.assertEqual((amounts["customer"], amounts["partner"]), (300, 500))
        for record in (self.request, self.unit):
            self.assertRecordValues(
                record, [{"amount_customer": 300, "amount_partner": 1300, "amount_company": 0}]
            )
        self.assertFalse(charge._get_open_shares())
        own = (claim | settlement).with_user(self.settler)
        settlement.with_user(self.settler).action_confirm()
        own.action_create_invoice()
        self.assertEqual(settlement.move_id.amount_untaxed, 300)
        self.assertEqual(claim.move_id.amount_untaxed, 1300)

    def test_customer_pays_our_price(self):
        """The maker is asked for cost; of what he refuses the customer pays the price."""
        self.compressor.standard_price = 400
        self.env["aftersales.claim.terms"].create({"partner_id": self.maker.id, "parts_by": "cost"})
        claim = self._make_claim()
        Line = self.env["aftersales.settlement.line"].with_user(self.settler)
        Line._answer({claim.line_ids.with_user(self.settler): (300, "Wear")})
        settlement = self._decide(self.manager, claim.line_ids, "customer")
        self.assertEqual(settlement.amount_untaxed, 200)

    def test_customer_is_not_billed_twice(self):
        claim = self._make_claim()
        self._answer(claim, 0)
        line = claim.line_ids.with_user(self.manager)
        settlement = self._decide(self.manager, line, "customer")
        with self.assertRaises(UserError):
            line._decide("customer", "Again")
        for method in (claim.action_cancel, claim.action_draft):
            with self.assertRaises(UserError) as caught:
                method()
            self.assertIn("decision", str(caught.exception))
        with self.assertRaises(UserError) as caught:
            line.action_undo_decision()
        self.assertIn(settlement.name, str(caught.exception))
        settlement.with_user(self.settler).action_cancel()
        self.assertEqual(line.charge_id.settlement_status, "to_settle")
        line.action_undo_decision()
        self.assertEqual(line.charge_id.refused_amount, 0)
        self.assertEqual(line.charge_id.settlement_status, "settled")
        claim.action_cancel()
        self.assertEqual(
            [share for __, share, *__ in line.charge_id._get_open_shares()], ["covered"]
        )

    def test_settler_does_not_undo_what_a_manager_decided(self):
        claim = self._make_claim()
        self._answer(claim, 0)
        self._decide(self.manager, claim.line_ids, "customer").action_cancel()
        with self.assertRaises(AccessError):
            claim.line_ids.with_user(self.settler).action_undo_decision()

    def test_back_to_draft_forgets_the_answer(self):
        claim = self._make_claim()
        self._answer(claim, 0)
        claim.with_user(self.settler).action_draft()
        self.assertRecordValues(
            claim.line_ids,
            [{"answer": False, "claim_state": "draft", "amount_difference": 0}],
        )
        # What the maker said is gone with it: the claim asks for all of it.
        own = claim.with_user(self.settler)
        own.action_confirm()
        self.assertRecordValues(
            claim.line_ids,
            [{"claim_state": "submitted", "amount_accepted": 800, "difference_reason": False}],
        )
        own.action_create_invoice()
        self.assertEqual(claim.move_id.amount_untaxed, 800)

    def test_back_to_draft_keeps_what_was_agreed_before(self):
        """An amount that was reduced before it was submitted is no answer."""
        claim = self._make_claim(2, submit=False)
        claim.line_ids[0].write({"amount_accepted": 700, "difference_reason": "By phone"})
        own = claim.with_user(self.settler)
        own.action_confirm()
        own.action_draft()
        self.assertRecordValues(
            claim.line_ids,
            [
                {"amount_accepted": 700, "difference_reason": "By phone"},
                {"amount_accepted": 800, "difference_reason": False},
            ],
        )

    # === SIDE BY SIDE === #

    def test_list_and_pivot(self):
        claim = self._make_claim(3)
        self._answer(claim, 800, 500, 0)
        Line = self.env["aftersales.settlement.line"].with_user(self.settler)
        action = self.env.ref("aftersales_base.aftersales_claim_action")
        self.assertEqual(Line.search_count([("settlement_id", "=", claim.id)]), 3)
        self.assertEqual(
            Line._read_group(
                [("settlement_id.kind", "=", "claim"), ("settlement_id", "=", claim.id)],
                ["partner_id"],
                ["amount_claimed:sum", "amount_answered:sum", "amount_difference:sum"],
            ),
            [(self.maker.with_user(self.settler), 2400, 1300, 1100)],
        )
        opened = claim.line_ids[:1].with_user(self.settler).action_view_settlement()
        self.assertEqual(opened["res_id"], claim.id)
        self.assertEqual(action.view_mode.split(",")[0], "list")

    def test_numbers_cost_no_query_a_line(self):
        claims = [self._make_claim(2, submit=False), self._make_claim(30, submit=False)]
        counts = []
        for claim in claims:
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claim.line_ids._submit()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
