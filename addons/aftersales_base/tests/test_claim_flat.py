from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestClaimFlat(AftersalesCommon):
    """What a maker pays once for a job is answered and decided once for all of its labour.

    Labour is 150 a charge, travel 50, all covered by the maker, who pays 60 for the job and nothing
    for the way.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({"term_ids": [Command.create({"kind": "travel", "duration": 12})]})
        cls.policy.term_ids.write({"bearer_type": "partner", "bearer_partner_id": cls.maker.id})
        cls.level = cls.env["aftersales.repair.level"].create({"name": "Level 1"})
        cls.labour.aftersales_repair_level_id = cls.level
        cls.terms = cls.env["aftersales.claim.terms"].create(
            {
                "partner_id": cls.maker.id,
                "labour_by": "level",
                "level_ids": [Command.create({"level_id": cls.level.id, "amount": 60})],
                "travel_by": "none",
            }
        )
        cls.unit = cls._make_unit("CF1")
        cls.request = cls._make_job()

    @classmethod
    def _make_job(cls):
        return cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")

    def _do(self, *products, **vals):
        charges = self.env["aftersales.charge"]
        for product in products:
            charges |= self._make_charge(product, **{"request_id": self.request.id, **vals})
        charges.action_confirm()
        return charges

    def _submit(self, *products):
        return self._claim(self._do(*products))

    def _claim(self, charges):
        claim = charges._create_settlements()
        claim.with_user(self.settler).action_confirm()
        return claim

    def _answer(self, lines, amount, reason="Wear"):
        lines = lines.with_user(self.settler)
        lines._answer(dict.fromkeys(lines, (amount, reason)))

    def _decide(self, lines, decision, user=None):
        """Decide through the dialog."""
        user = user or self.manager
        action = lines.with_user(user).action_decide_refused()
        wizard = self.env["aftersales.claim.decide"].with_user(user)
        form = Form(wizard.with_context(**action["context"]))
        form.decision = decision
        form.reason = "As agreed"
        result = form.save().action_apply()
        return self.env["aftersales.settlement"].browse(result.get("res_id"))

    # === ALL OF THE LABOUR FOLLOWS === #

    def test_customer_pays_all_that_was_refused(self):
        """Lines of labour, accepted of the 60 => state of each, what the customer is billed."""
        for count, accepted, state, billed in (
            (1, 0, "refused", 150),
            (2, 0, "refused", 300),
            (4, 0, "refused", 600),
            (1, 30, "reduced", 75),
            (2, 30, "reduced", 150),
            (3, 45, "reduced", 112.5),
        ):
            with self.subTest(lines=count, accepted=accepted):
                self.request = self._make_job()
                claim = self._submit(*[self.labour] * count)
                first = claim.line_ids[0]
                self.assertEqual(claim.line_ids.mapped("amount_claimed"), [60] + [0] * (count - 1))
                self.assertEqual(claim.line_ids.flat_charge_id, first.charge_id[: count - 1])
                self._answer(first, accepted)
                self.assertEqual(claim.line_ids.mapped("claim_state"), [state] * count)
                self.assertEqual(claim.amount_not_accepted, 60 - accepted)
                settlement = self._decide(first, "customer")
                self.assertEqual(set(claim.line_ids.mapped("decision")), {"customer"})
                self.assertEqual(settlement.amount_untaxed, billed)
                self.assertEqual(settlement.line_count, count)

    def test_we_bear_all_that_was_refused(self):
        claim = self._submit(self.labour, self.labour)
        self._answer(claim.line_ids[0], 0)
        self._decide(claim.line_ids, "company", self.settler)
        charges = claim.line_ids.charge_id
        self.assertEqual(set(charges._get_borne_amounts().values()), {150})
        self.assertEqual(set(charges.mapped("settlement_status")), {"none"})
        self.assertEqual(claim.status, "not_accepted")
        self.env.flush_all()
        [(borne,)] = self.env["aftersales.result.report"]._read_group(
            [("request_id", "=", self.request.id)], [], ["borne:sum"]
        )
        self.assertEqual(borne, 300)

    def test_accepted_needs_no_decision(self):
        claim = self._submit(self.labour, self.labour)
        self._answer(claim.line_ids[0], 60, "")
        self.assertEqual(claim.line_ids.mapped("claim_state"), ["accepted"] * 2)
        self.assertEqual(claim.to_decide_count, 0)
        own = claim.with_user(self.settler)
        own.action_create_invoice()
        self.assertEqual(claim.move_id.amount_untaxed, 60)

    def test_dialogs_show_what_is_asked_for(self):
        """What follows is not asked about, and is named where it is decided."""
        claim = self._submit(self.labour, self.labour, self.compressor)
        first, rider, part = claim.line_ids
        for lines in (claim.line_ids, rider | part):
            action = lines.with_user(self.settler).action_enter_answer()
            wizard = self.env["aftersales.claim.answer"].browse(action["res_id"])
            self.assertEqual(wizard.line_ids.line_id, first | part)
        self._answer(first, 0)
        for lines in (first, rider):
            action = lines.with_user(self.settler).action_decide_refused()
            self.assertEqual(
                action["context"]["default_line_ids"], [Command.set((first | rider).ids)]
            )

    def test_answered_anew(self):
        claim = self._submit(self.labour, self.labour)
        for amount, reason, state, part in (
            (0, "Wear", "refused", 1),
            (30, "Half", "reduced", 0.5),
            (15, "Half", "reduced", 0.75),
            (60, "", "accepted", 0),
        ):
            self._answer(claim.line_ids[0], amount, reason)
            self.assertEqual(claim.line_ids.mapped("claim_state"), [state] * 2)
            self.assertEqual(claim.line_ids.mapped("difference_reason"), [reason or False] * 2)
            self.assertEqual(claim.line_ids.mapped("refused_part"), [part] * 2)

    def test_its_own_answer_does_not_count(self):
        """Typed or imported: what rides on another line is answered like that one."""
        claim = self._submit(self.labour, self.labour)
        first, rider = claim.line_ids.with_user(self.settler)
        rider._answer({first: (0, "Wear"), rider: (0, "")})
        self.assertEqual(claim.line_ids.mapped("claim_state"), ["refused"] * 2)
        rider._answer({rider: (0, "")})
        self.assertEqual(rider.claim_state, "refused")

    def test_claimed_again(self):
        claim = self._submit(self.labour, self.labour)
        self._answer(claim.line_ids[0], 0)
        second = self._decide(claim.line_ids[0], "resubmit", self.settler)
        self.assertEqual(second.line_ids.mapped("amount_claimed"), [60, 0])
        self.assertEqual(second.line_ids.first_line_id, claim.line_ids)
        self.assertFalse(any(claim.line_ids.mapped("is_living")))

    def test_undo(self):
        claim = self._submit(self.labour, self.labour)
        self._answer(claim.line_ids[0], 0)
        settlement = self._decide(claim.line_ids[0], "customer")
        for line in claim.line_ids:
            with self.assertRaisesRegex(UserError, settlement.name):
                line.with_user(self.manager).action_undo_decision()
        settlement.with_user(self.settler).action_cancel()
        claim.line_ids[1].with_user(self.manager).action_undo_decision()
        self.assertEqual(set(claim.line_ids.mapped("decision")), {False})
        self.assertEqual(set(claim.line_ids.charge_id.mapped("refused_amount")), {0})
        self.assertEqual(claim.status, "confirmed")

    def test_nothing_agreed_for_the_way(self):
        """Over 0.00: with a reason it is refused, and can be decided; without one accepted."""
        claim = self._submit(self.travel)
        line = claim.line_ids
        self.assertEqual((line.amount_claimed, line.flat_charge_id.id), (0, False))
        self._answer(line, 0, "")
        self.assertEqual((line.claim_state, claim.status), ("accepted", "not_accepted"))
        self._answer(line, 0, "Never paid")
        self.assertEqual((line.claim_state, claim.status), ("refused", "confirmed"))
        settlement = self._decide(line, "customer")
        self.assertEqual((settlement.amount_untaxed, claim.status), (50, "not_accepted"))

    def test_nobody_writes_what_follows(self):
        line = self._submit(self.labour, self.labour).line_ids[1]
        for user in (self.agent, self.settler, self.manager):
            for vals in ({"flat_charge_id": False}, {"refused_part": 1}):
                self.assertFalse(self._passes(line.with_user(user).write, vals))

    # === ONCE A JOB, WHENEVER IT IS CLAIMED === #

    def test_flat_stays_where_it_is_claimed(self):
        """The first charge is corrected while the second is claimed: 60, and 0 later."""
        first, second = charges = self._do(self.labour, self.labour)
        first.with_user(self.agent).action_draft()
        claim = self._claim(second)
        self.assertEqual(claim.amount_claimed, 60)
        first.action_confirm()
        carriers = charges._get_flat_carriers()
        self.assertEqual(carriers, {first: second, second: second})
        run = self.env["aftersales.settlement.run"].with_user(self.settler).create({})
        run.action_look()
        self.assertEqual(run.line_ids.mapped("amount"), [0])
        later = self._claim(first)
        self.assertEqual((later.amount_claimed, later.line_ids.flat_charge_id), (0, second))
        # Refused on one claim, it is refused on the other.
        self._answer(claim.line_ids, 0)
        self.assertEqual(later.line_ids.claim_state, "refused")
        settlement = self._decide(later.line_ids, "customer")
        self.assertEqual(settlement.amount_untaxed, 300)
        self.assertEqual(set((claim | later).mapped("status")), {"not_accepted"})

    def test_flat_is_free_with_its_claim(self):
        """A cancelled claim asks for nothing: the next one carries the flat amount."""
        first, second = self._do(self.labour, self.labour)
        first.with_user(self.agent).action_draft()
        claim = self._claim(second)
        claim.with_user(self.settler).action_cancel()
        first.action_confirm()
        self.assertEqual(self._claim(first).amount_claimed, 60)
        self.assertEqual(self._claim(second).amount_claimed, 0)

    def test_second_claim_carries_what_the_first_did(self):
        """One that rides in a draft does not get the flat amount of the one it rides on."""
        first, second = self._do(self.labour, self.labour)
        first.with_user(self.agent).action_draft()
        claim = self._claim(second)
        first.action_confirm()
        draft = first._create_settlements()
        self._answer(claim.line_ids, 0)
        again = self._decide(claim.line_ids, "resubmit", self.settler)
        self.assertEqual((again.amount_claimed, draft.amount_claimed), (60, 0))

    def test_terms_applied_anew_leave_it(self):
        first, second = self._do(self.labour, self.labour)
        claim = (first | second)._create_settlements()
        for __ in range(2):
            claim.with_user(self.agent).action_apply_claim_terms()
            self.assertEqual(claim.line_ids.mapped("amount_claimed"), [60, 0])
        self.terms.level_ids.amount = 70
        claim.with_user(self.agent).action_apply_claim_terms()
        self.assertEqual(claim.line_ids.mapped("amount_claimed"), [70, 0])

    def test_answers_take_no_query_a_line(self):
        counts = []
        for count in (2, 2, 12):
            claim = self._submit(*[self.labour] * count, self.compressor)
            self.env.flush_all()
            self.env.invalidate_all()
            lines = claim.line_ids.with_user(self.settler)
            before = self.env.cr.sql_log_count
            lines._answer(dict.fromkeys(lines, (0, "Wear")))
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            claim.action_cancel()
        self.assertLessEqual(counts[2], counts[1] + 2)
