from datetime import date

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestClaimTerms(AftersalesCommon):
    """What a maker is asked for, by his terms; what the customer would pay stays as it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.labour_term = cls.policy.term_ids.filtered(lambda term: term.kind == "labour")
        travel_term = {"kind": "travel", "duration": 12}
        cls.policy.write({"term_ids": [Command.create(travel_term)]})
        cls.policy.term_ids.write({"bearer_type": "partner", "bearer_partner_id": cls.maker.id})
        cls.compressor.standard_price = 500
        cls.level_one, cls.level_two = cls.env["aftersales.repair.level"].create(
            [{"name": "Level 1"}, {"name": "Level 2"}]
        )
        cls.unit = cls._make_unit("CL1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")

    def _make_terms(self, **vals):
        return (
            self.env["aftersales.claim.terms"]
            .with_user(self.manager)
            .create({"partner_id": self.maker.id, **vals})
        )

    def _claim(self, *products, **vals):
        charges = self.env["aftersales.charge"]
        for product in products:
            charges |= self._make_charge(product, **{"request_id": self.request.id, **vals})
        return self._make_settlement(charges)

    # === WHAT IS ASKED FOR === #

    def test_decision_table(self):
        """The charge: 2 of a compressor at 800 (cost 500), 2 h at 150, 2 trips at 50."""
        levels = [Command.create({"level_id": self.level_two.id, "amount": 180})]
        table = [
            (self.compressor, {}, 1600),
            (self.compressor, {"parts_by": "price", "handling_percent": 10}, 1600),
            (self.compressor, {"parts_by": "cost"}, 1000),
            (self.compressor, {"parts_by": "cost", "handling_percent": 12.5}, 1125),
            (self.compressor, {"labour_by": "hour", "labour_rate": 1}, 1600),
            (self.labour, {}, 300),
            (self.labour, {"labour_by": "hour", "labour_rate": 90}, 180),
            (self.labour, {"labour_by": "hour"}, 0),
            (self.labour, {"labour_by": "level", "level_ids": levels}, 180),
            (self.labour, {"labour_by": "level"}, 300),
            (self.travel, {}, 100),
            (self.travel, {"travel_by": "rate", "travel_rate": 35}, 70),
            (self.travel, {"travel_by": "none"}, 0),
            (self.travel, {"parts_by": "cost", "labour_by": "hour"}, 100),
        ]
        self.labour.aftersales_repair_level_id = self.level_two
        for product, vals, expected in table:
            with self.subTest(product=product.name, terms=vals):
                terms = self._make_terms(**vals)
                request = self._make_request(
                    unit_id=self.unit.id, date_reported="2025-06-01 08:00:00"
                )
                claim = self._claim(product, quantity=2, request_id=request.id)
                line = claim.line_ids
                own = line.charge_id.amount
                self.assertEqual((claim.kind, claim.partner_id), ("claim", self.maker))
                self.assertEqual(line.amount_claimed, expected)
                self.assertEqual(line.amount_accepted, expected)
                self.assertEqual(line.charge_id.covered_amount, own)
                self.assertEqual(claim.amount_untaxed, expected)
                claim.action_cancel()
                terms.unlink()

    def test_the_share_he_bears(self):
        """Of a part covered by half, half of cost and handling is claimed."""
        self.unit.warranty_ids.percent = 50
        self._make_terms(parts_by="cost", handling_percent=10)
        customer, claim = self._claim(self.compressor).sorted("kind", reverse=True)
        self.assertEqual(claim.amount_claimed, 275)
        self.assertEqual(customer.amount_claimed, 400)

    def test_flat_amount_once_a_job(self):
        self.labour.aftersales_repair_level_id = self.level_one
        levels = [Command.create({"level_id": self.level_one.id, "amount": 60})]
        self._make_terms(labour_by="level", level_ids=levels)
        claim = self._claim(self.labour, self.labour)
        self.assertEqual(sorted(claim.line_ids.mapped("amount_claimed")), [0, 60])
        other = self._make_request(unit_id=self.unit.id, date_reported="2025-06-02 08:00:00")
        claim = self._claim(self.labour, request_id=other.id)
        self.assertEqual(claim.amount_claimed, 60)
        alone = {"request_id": False, "unit_id": self.unit.id, "date_fault": "2025-06-03"}
        claim = self._claim(self.labour, self.labour, **alone)
        self.assertEqual(claim.amount_claimed, 120)

    def test_level_is_chosen_on_the_claim(self):
        levels = [Command.create({"level_id": self.level_one.id, "amount": 60})]
        self._make_terms(labour_by="level", level_ids=levels)
        claim = self._claim(self.labour)
        line = claim.line_ids.with_user(self.agent)
        self.assertEqual((line.amount_claimed, line.evidence_missing), (150, "repair level"))
        line.repair_level_id = self.level_two
        self.assertEqual((line.amount_claimed, line.evidence_missing), (150, "repair level"))
        line.repair_level_id = self.level_one
        self.assertEqual((line.amount_claimed, line.evidence_missing), (60, ""))

    def test_currency_of_the_maker(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self._make_terms(
            parts_by="cost",
            labour_by="hour",
            labour_rate=40,
            currency_id=euro.id,
            answer_first=False,
        )
        claim = self._claim(self.compressor, self.labour, self.travel)
        self.assertEqual(claim.currency_id, euro)
        self.assertEqual(claim.line_ids.mapped("amount_claimed"), [250, 40, 25])
        own = claim.with_user(self.settler)
        own.action_confirm()
        own.action_create_invoice()
        self.assertEqual(claim.move_id.currency_id, euro)
        self.assertEqual(claim.move_id.amount_untaxed, 315)

    def test_claim_in_another_currency_is_refused(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self._make_terms(currency_id=euro.id)
        charge = self._make_charge(self.compressor, request_id=self.request.id)
        charge.action_confirm()
        with self.assertRaises(ValidationError) as caught:
            self.env["aftersales.settlement"].create(
                {
                    "kind": "claim",
                    "partner_id": self.maker.id,
                    "line_ids": [Command.create({"charge_id": charge.id, "share": "covered"})],
                }
            )
        self.assertIn("EUR", str(caught.exception))

    def test_run_claims_by_terms(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self._make_terms(parts_by="cost", currency_id=euro.id)
        charge = self._make_charge(self.compressor, request_id=self.request.id)
        charge.action_confirm()
        run = self._look()
        line = run.line_ids
        self.assertEqual((line.currency_id, line.amount, line.amount_company), (euro, 250, 500))
        self.assertEqual((line.charge_count, run.amount), (1, 500))
        run.action_start()
        self.assertEqual(run.line_ids.mapped("state"), ["done"])
        self.assertEqual(run.line_ids.settlement_ids.currency_id, euro)
        self.assertEqual(run.line_ids.settlement_ids.amount_claimed, 250)

    def _look(self, **vals):
        run = self.env["aftersales.settlement.run"].with_user(self.settler).create(vals)
        run.action_look()
        return run

    def test_preview_is_what_is_claimed(self):
        """Whatever the terms: what the run shows is what its claim asks for."""
        levels = [Command.create({"level_id": self.level_two.id, "amount": 180})]
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        terms = self._make_terms()
        for vals in (
            {},
            {"parts_by": "cost", "handling_percent": 10},
            {"labour_by": "hour", "labour_rate": 90, "parts_by": "price"},
            {"labour_by": "level", "level_ids": levels},
            {"travel_by": "none"},
            {"currency_id": euro.id, "travel_by": "price", "labour_by": "price"},
        ):
            with self.subTest(vals):
                terms.write(vals)
                charges = self.env["aftersales.charge"]
                for product in (self.compressor, self.labour, self.travel, self.labour):
                    charges |= self._make_charge(
                        product, request_id=self.request.id, repair_level_id=self.level_two.id
                    )
                charges.action_confirm()
                run = self._look()
                line = run.line_ids
                run.action_start()
                claim = line.settlement_ids
                self.assertEqual(claim.currency_id, line.currency_id)
                self.assertEqual(line.amount, claim.amount_claimed)
                self.assertEqual(line.charge_count, claim.line_count)

    def test_minimum_is_compared_with_what_is_asked_for(self):
        self.maker.aftersales_settle_minimum = 600
        self._make_terms(parts_by="cost")
        self._make_charge(self.compressor, request_id=self.request.id).action_confirm()
        line = self._look().line_ids
        self.assertEqual((line.amount, line.below_minimum, line.include), (500, True, False))

    def test_charges_in_many_currencies_are_one_claim(self):
        """A maker with terms gets one claim in his currency, also when he pays our price."""
        self._enable_pricelists()
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self._make_terms()
        charges = self._make_charge(self.compressor, request_id=self.request.id)
        self.customer.property_product_pricelist = self._create_pricelist(currency_id=euro.id)
        charges |= self._make_charge(self.compressor, request_id=self.request.id)
        self.assertEqual(charges[1].currency_id, euro)
        charges.action_confirm()
        run = self._look()
        self.assertEqual(run.line_ids.mapped("amount"), [1600])
        run.action_start()
        self.assertEqual(run.line_ids.settlement_ids.amount_claimed, 1600)

    def test_looking_by_terms_takes_as_many_queries_for_many(self):
        self._make_terms(parts_by="cost", labour_by="hour", labour_rate=40)

        def count():
            run = self.env["aftersales.settlement.run"].with_user(self.settler).create({})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run._get_open_groups()
            return self.env.cr.sql_log_count - before

        def charge(count):
            for __ in range(count):
                for product in (self.compressor, self.labour):
                    self._make_charge(product, request_id=self.request.id).action_confirm()

        charge(1)
        count()
        few = count()
        charge(10)
        self.assertLessEqual(count(), few)

    def test_terms_are_taken_when_the_line_is_made(self):
        claim = self._claim(self.compressor)
        terms = self._make_terms(parts_by="cost")
        self.assertEqual(claim.amount_claimed, 800)
        claim.with_user(self.agent).action_apply_claim_terms()
        self.assertEqual((claim.amount_claimed, claim.amount_untaxed), (500, 500))
        claim.with_user(self.settler).action_confirm()
        terms.handling_percent = 50
        with self.assertRaises(UserError):
            claim.action_apply_claim_terms()
        self.assertEqual(claim.amount_claimed, 500)

    def test_terms_of_the_company(self):
        """Terms are a company's own, made with the maker's company."""
        self._make_terms(parts_by="cost", company_id=self.company.id)
        found = self.env["aftersales.claim.terms"]._find(
            [(self.other_company, self.maker), (self.company, self.maker)]
        )
        self.assertEqual(set(found), {(self.company, self.maker)})
        contact = self.env["res.partner"].create({"name": "Desk", "parent_id": self.maker.id})
        self.assertTrue(
            self.env["aftersales.claim.terms"]._find([(self.company, contact)]),
        )
        with self.assertRaises(ValidationError):
            self._make_terms(partner_id=contact.id)
        far = self._new_user(
            "far",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        self.assertFalse(self.env["aftersales.claim.terms"].with_user(far).search([]))

    def test_only_managers_make_terms(self):
        terms = self._make_terms()
        for user in (self.agent, self.settler):
            self.assertTrue(terms.with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                terms.with_user(user).handling_percent = 5
        self.assertFalse(terms.with_user(self.technician).has_access("read"))
        with self.assertRaises(AccessError):
            self.env["aftersales.repair.level"].with_user(self.agent).create({"name": "Mine"})

    def test_terms_are_typed(self):
        form = Form(self.env["aftersales.claim.terms"].with_user(self.manager))
        form.partner_id = self.maker
        form.labour_by = "level"
        with form.level_ids.new() as level:
            level.level_id = self.level_one
            level.amount = 60
        terms = form.save()
        self.assertEqual(terms.level_ids.amount, 60)

    # === EVIDENCE === #

    def _add_picture(self, record, size=20_000):
        self.env["ir.attachment"].create(
            {
                "name": "before.png",
                "res_model": record._name,
                "res_id": record.id,
                "mimetype": "image/png",
                "raw": b"\x89PNG\r\n\x1a\n" + bytes(size),
            }
        )

    def test_evidence(self):
        needs = ("photo", "serial", "fault", "cause", "proof", "old_part")
        self._make_terms(**{f"need_{name}": True for name in needs})
        claim = self._claim(self.compressor, self.travel)
        line, travel = claim.line_ids
        rest = ["photo", "fault code", "cause", "proof of purchase", "old part returned"]
        self.assertEqual(line.evidence_missing, ", ".join(rest))
        self.assertEqual(travel.evidence_missing, ", ".join(rest[:-1]))
        self.assertEqual(claim.evidence_missing_count, 2)
        with self.assertRaises(UserError) as caught:
            claim.with_user(self.settler).action_confirm()
        self.assertIn(line.charge_id.display_name, str(caught.exception))
        self.assertIn("photo, fault code", str(caught.exception))
        self._add_picture(self.request)
        self.unit.proof_checked = True
        claim.invalidate_recordset()
        self.assertEqual(travel.evidence_missing, "fault code, cause")
        Line = self.env["aftersales.settlement.line"]
        self.assertEqual(Line.search([("is_evidence_missing", "=", True)]), line | travel)
        self.assertFalse(
            Line.search([("is_evidence_missing", "=", False), ("settlement_id", "=", claim.id)])
        )

    def test_manager_lets_it_go_without(self):
        self._make_terms(need_photo=True)
        claim = self._claim(self.compressor)
        for user in (self.agent, self.settler):
            with self.assertRaises(AccessError):
                claim.line_ids.with_user(user).evidence_waiver = "The maker knows"
        self._call(
            self.manager, claim.line_ids, "write", {"evidence_waiver": "Agreed by phone, case 7"}
        )
        self.assertIn("case 7", claim.message_ids[0].body)
        claim.with_user(self.settler).action_confirm()
        self.assertEqual(claim.state, "confirmed")

    def test_waiver_is_not_made_with_the_line(self):
        self._make_terms(need_photo=True)
        charge = self._make_charge(self.compressor, request_id=self.request.id)
        charge.action_confirm()
        vals = {"charge_id": charge.id, "share": "covered", "evidence_waiver": "I say so"}
        with self.assertRaises(AccessError):
            self.env["aftersales.settlement"].with_user(self.settler).create(
                {
                    "kind": "claim",
                    "partner_id": self.maker.id,
                    "line_ids": [Command.create(vals)],
                }
            )

    def test_no_terms_no_evidence(self):
        claim = self._claim(self.compressor)
        self.assertFalse(claim.line_ids.evidence_missing)
        claim.with_user(self.settler).action_confirm()

    def test_evidence_costs_no_query_a_line(self):
        self._make_terms(need_photo=True, need_serial=True, need_cause=True)
        claims = [self._claim(self.compressor), self._claim(*[self.compressor] * 12)]
        counts = []
        for claim in claims:
            self.env.invalidate_all()
            claim.mapped("line_ids.charge_id.unit_id.serial")
            before = self.env.cr.sql_log_count
            claim.line_ids.mapped("evidence_missing")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    # === DEADLINE === #

    def test_deadline(self):
        with freeze_time("2025-06-10"):
            terms = self._make_terms(deadline_days=30)
            claim = self._claim(self.compressor)
            charge = claim.line_ids.charge_id
            self.assertEqual(charge.claim_deadline, date(2025, 7, 10))
            self.assertEqual(claim.claim_deadline, date(2025, 7, 10))
            terms.deadline_days = 10
            self.assertEqual(charge.claim_deadline, date(2025, 6, 20))
            terms.action_archive()
            self.assertFalse(charge.claim_deadline)
            terms.action_unarchive()
            self.assertEqual(charge.claim_deadline, date(2025, 6, 20))
            terms.unlink()
            self.assertFalse(claim.claim_deadline)

    def test_deadline_is_of_what_others_bear(self):
        with freeze_time("2025-06-10"):
            self._make_terms(deadline_days=30)
            charge = self._make_charge(self.compressor)
            charge.action_confirm()
            self.assertFalse(charge.claim_deadline)
            draft = self._make_charge(self.compressor, request_id=self.request.id)
            self.assertFalse(draft.claim_deadline)

    def test_due_this_week_and_too_late(self):
        search = self.env.ref("aftersales_base.aftersales_settlement_view_search")
        with freeze_time("2025-06-10"):
            self._make_terms(deadline_days=5)
            claim = self._claim(self.compressor)
            self.env.flush_all()
        for day, name, there in (
            ("2025-06-07", "claim_due", False),
            ("2025-06-11", "claim_due", True),
            ("2025-06-15", "claim_due", True),
            ("2025-06-15", "claim_late", False),
            ("2025-06-16", "claim_due", False),
            ("2025-06-16", "claim_late", True),
        ):
            with self.subTest(day=day, filter=name), freeze_time(day):
                self.assertEqual(claim in self._filter(search, name), there)

    def _filter(self, view, name):
        """Return what a filter of a search view finds."""
        node = etree.fromstring(view.arch).find(f".//filter[@name='{name}']")
        return self.env[view.model].search(safe_eval(node.get("domain")))
