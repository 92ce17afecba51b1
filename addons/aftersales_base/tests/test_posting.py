from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestPosting(AftersalesCommon):
    """Where invoices of settlements are entered, on which terms, and by whom."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("PO1")
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            date_reported="2025-06-01 08:00:00",
            service_type_id=cls.type_onsite.id,
        )

    def _settle(self, *products, **vals):
        charges = self.env["aftersales.charge"]
        for product in products or (self.travel,):
            charges |= self._make_charge(product, request_id=self.request.id, **vals)
        return self._make_settlement(charges)

    def _invoice(self, settlement):
        own = settlement.with_user(self.settler)
        own.action_confirm()
        own.action_create_invoice()
        return settlement.move_id

    # === JOURNAL AND TERMS === #

    def test_claims_have_a_journal_and_terms_of_their_own(self):
        journals = self.company_data["default_journal_sale"].copy({"code": "CLM", "sequence": 90})
        journals |= self.company_data["default_journal_sale"].copy({"code": "SRV", "sequence": 90})
        claim_journal, journal = journals
        in_15, in_60 = self.env["account.payment.term"].create(
            [
                {"name": f"{days} Days", "line_ids": [Command.create({"nb_days": days})]}
                for days in (15, 60)
            ]
        )
        own_term = self.env["account.payment.term"].create({"name": "Own"})
        for settings, expected in (
            ({}, [(False, False), (False, False)]),
            ({"aftersales_journal_id": journal.id}, [(journal, False), (journal, False)]),
            (
                {
                    "aftersales_claim_journal_id": claim_journal.id,
                    "aftersales_payment_term_id": in_15.id,
                    "aftersales_claim_payment_term_id": in_60.id,
                },
                [(claim_journal, in_60), (journal, in_15)],
            ),
        ):
            self.company.write(settings)
            settlements = self._settle(self.compressor, self.travel)
            for settlement, (where, when) in zip(settlements.sorted("kind"), expected, strict=True):
                with self.subTest(settings=settings, kind=settlement.kind):
                    move = self._invoice(settlement)
                    where = where or self.company_data["default_journal_sale"]
                    self.assertEqual(move.journal_id, where)
                    self.assertEqual(move.invoice_payment_term_id, when or own_term.browse())
        self.maker.with_company(self.company).property_payment_term_id = own_term
        self.assertEqual(
            self._invoice(self._settle(self.compressor)).invoice_payment_term_id, own_term
        )

    def test_settings_of_the_parent_hold_for_a_branch(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "SRV", "sequence": 90})
        self.company.aftersales_journal_id = journal
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.assertEqual(branch._get_aftersales_setting("aftersales_journal_id"), journal)
        self.assertFalse(branch._get_aftersales_setting("aftersales_claim_journal_id"))

    # === ANALYTIC DISTRIBUTION === #

    def test_revenue_counts_where_the_work_belongs(self):
        """Kind of service before team; distribution models fill the other plans."""
        places, kinds = self.env["account.analytic.plan"].create(
            [{"name": "Places"}, {"name": "Kinds"}]
        )
        north, onsite, by_model, other_place = self.env["account.analytic.account"].create(
            [
                {"name": "North", "plan_id": places.id},
                {"name": "On Site", "plan_id": places.id},
                {"name": "Parts", "plan_id": kinds.id},
                {"name": "Partner's Place", "plan_id": places.id},
            ]
        )
        Model = self.env["account.analytic.distribution.model"]
        self.assertFalse(self._invoice(self._settle()).invoice_line_ids.analytic_distribution)
        Model.create(
            {
                "product_id": self.travel.id,
                "analytic_distribution": {str(by_model.id): 100},
            }
        )
        Model.create(
            {
                "partner_id": self.customer.id,
                "analytic_distribution": {str(other_place.id): 100},
            }
        )
        for team, service_type, expected in (
            (None, None, {by_model: 100, other_place: 100}),
            (north, None, {by_model: 100, north: 100}),
            (north, onsite, {by_model: 100, onsite: 100}),
        ):
            with self.subTest(team=team and team.name, type=service_type and service_type.name):
                self.team_a.analytic_distribution = team and {str(team.id): 100}
                self.type_onsite.analytic_distribution = service_type and {
                    str(service_type.id): 100
                }
                line = self._invoice(self._settle()).invoice_line_ids
                self.assertEqual(
                    line.analytic_distribution,
                    {str(account.id): share for account, share in expected.items()},
                )

    def test_accounts_of_another_company_are_left_out(self):
        """Service types serve all companies; where they say nothing of ours, the company does."""
        plan = self.env["account.analytic.plan"].create({"name": "Places"})
        ours, theirs, shared = self.env["account.analytic.account"].create(
            [
                {"name": name, "plan_id": plan.id, "company_id": company.id}
                for name, company in (
                    ("Ours", self.company),
                    ("Theirs", self.other_company),
                    ("Shared", self.company.browse()),
                )
            ]
        )
        for of_type, of_company, expected in (
            ({theirs: 100}, {}, {}),
            ({theirs: 100}, {ours: 100}, {ours: 100}),
            ({theirs: 40, shared: 60}, {ours: 100}, {shared: 60}),
            ({ours: 100}, {shared: 100}, {ours: 100}),
            ({}, {shared: 100}, {shared: 100}),
        ):
            with self.subTest(of_type=of_type, of_company=of_company):
                self.type_onsite.analytic_distribution = self._distribute(of_type)
                self.company.aftersales_analytic_distribution = self._distribute(of_company)
                move = self._invoice(self._settle())
                self.assertEqual(
                    move.invoice_line_ids.analytic_distribution or {}, self._distribute(expected)
                )
                move.action_post()
                self.assertEqual(move.state, "posted")

    def _distribute(self, shares):
        return {str(account.id): percent for account, percent in shares.items()}

    # === WHO POSTS === #

    def test_only_finance_makes_and_posts_invoices(self):
        """No role of the service desk gets past it by button, plain write or remote call."""
        settlement = self._settle()
        for user in (self.technician, self.agent, self.manager, self.salesman):
            with self.subTest(user=user.login, does="confirm"):
                self.assertFalse(self._passes(self._call, user, settlement, "action_confirm"))
                self.assertFalse(
                    self._passes(settlement.with_user(user).write, {"state": "confirmed"})
                )
        settlement.with_user(self.settler).action_confirm()
        for user in (self.technician, self.agent, self.manager, self.salesman):
            with self.subTest(user=user.login, does="invoice"):
                self.assertFalse(
                    self._passes(self._call, user, settlement, "action_create_invoice")
                )
                self.assertFalse(
                    self._passes(
                        self.env["account.move"].with_user(user).create,
                        settlement._prepare_move_vals(),
                    )
                )
        settlement.with_user(self.settler).action_create_invoice()
        move = settlement.move_id
        for user in (self.technician, self.agent, self.manager, self.salesman):
            with self.subTest(user=user.login, does="post"):
                self.assertFalse(self._passes(self._call, user, move, "action_post"))
                self.assertFalse(self._passes(move.with_user(user).write, {"state": "posted"}))
                self.assertFalse(self._passes(self._call, user, settlement, "action_cancel"))
                self.assertFalse(
                    self._passes(settlement.with_user(user).write, {"state": "cancelled"})
                )
                self.assertFalse(self._passes(settlement.with_user(user).write, {"move_id": False}))
        self.assertEqual(move.state, "draft")
        self.assertTrue(self._passes(self._call, self.settler, move, "action_post"))

    def test_the_one_who_may_not_invoice_is_told_who_may(self):
        settlement = self._settle()
        settlement.with_user(self.settler).action_confirm()
        with self.assertRaises(AccessError) as caught:
            settlement.with_user(self.manager).action_create_invoice()
        self.assertIn("Settle", str(caught.exception))
        with self.assertRaises(UserError):
            settlement.with_user(self.agent).action_cancel()
