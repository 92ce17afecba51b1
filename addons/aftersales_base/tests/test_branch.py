from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-20 10:00:00")
class TestBranch(AftersalesCommon):
    """A branch works by its own prices, terms and limits, else by those of its parent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Company = cls.env["res.company"].with_context(tracking_disable=True)
        cls.branch = Company.create({"name": "Branch", "parent_id": cls.company.id})
        cls.counter = Company.create({"name": "Counter", "parent_id": cls.branch.id})
        companies = cls.branch | cls.counter
        cls.env.user.company_ids |= companies
        cls.local = cls._new_user(
            "local",
            "aftersales_base.group_aftersales_agent",
            company_id=cls.counter.id,
            company_ids=[Command.set(cls.counter.ids)],
        )
        companies |= cls.company | cls.other_company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": companies.ids})

    def _charge(self, product=None, company=None, **vals):
        """Make a charge as the agent at the counter, who sees no company above."""
        charges = self.env["aftersales.charge"]
        charges = charges.with_user(self.local).with_context(allowed_company_ids=self.counter.ids)
        if company:
            charges = self.env["aftersales.charge"]
        return charges.create(
            {
                "company_id": (company or self.counter).id,
                "partner_id": self.customer.id,
                "product_id": (product or self.labour).id,
                **vals,
            }
        )

    def _price(self, company, price):
        return self.env["aftersales.price.rule"].create(
            {"company_id": company.id, "kind": "labour", "price": price}
        )

    def test_service_prices(self):
        """The nearest table holds, as a whole."""
        self.assertEqual(self._charge().price_unit, 150)
        self._price(self.company, 100)
        self.assertEqual(self._charge().price_unit, 100)
        between = self._price(self.branch, 90)
        self.assertEqual(self._charge().price_unit, 90)
        own = self._price(self.counter, 80)
        self.assertEqual(self._charge().price_unit, 80)
        own.kind = "travel"
        self.assertEqual(self._charge().price_unit, 150, "its own table has no price for it")
        (own | between).active = False
        self.assertEqual(self._charge().price_unit, 100)
        self.assertEqual(self._charge(company=self.other_company).price_unit, 150)

    def test_level_of_the_parent(self):
        gold = self.env["aftersales.customer.level"].create(
            {"name": "Gold", "discount_percent": 10, "company_id": self.company.id}
        )
        self.customer.aftersales_level_id = gold
        self.assertEqual(self._charge().price_unit, 135)
        self.assertEqual(self._charge(company=self.other_company).price_unit, 150)

    def test_claim_terms(self):
        Terms = self.env["aftersales.claim.terms"]
        pair = (self.counter, self.maker)
        self.assertFalse(Terms._find([pair]))
        vals = {"partner_id": self.maker.id, "deadline_days": 30}
        above = Terms.create({**vals, "company_id": self.company.id})
        self.assertEqual(Terms._find([pair])[pair], above)
        self.assertFalse(Terms._find([(self.other_company, self.maker)]))
        own = Terms.create({**vals, "company_id": self.counter.id})
        self.assertEqual(Terms._find([pair])[pair], own)
        own.active = False
        self.assertEqual(Terms._find([pair])[pair], above)

    def test_deadline_follows_the_terms_of_the_parent(self):
        terms = self.env["aftersales.claim.terms"].create(
            {"partner_id": self.maker.id, "deadline_days": 30}
        )
        unit = self._make_unit(False, company_id=self.counter.id, policy_id=False)
        unit.warranty_ids.unlink()
        self.env["aftersales.warranty"].create(
            {
                "unit_id": unit.id,
                "kind": "part",
                "duration": 36,
                "bearer_type": "partner",
                "bearer_partner_id": self.maker.id,
            }
        )
        charge = self._charge(self.compressor, company=self.counter, unit_id=unit.id)
        charge.action_confirm()
        self.assertEqual(str(charge.claim_deadline), "2025-07-20")
        terms.deadline_days = 10
        self.assertEqual(str(charge.claim_deadline), "2025-06-30")

    def test_discount_limit(self):
        self.company.write({"aftersales_discount_technician": 5, "aftersales_discount_agent": 10})
        charge = self._charge()
        self.assertTrue(self._passes(charge.write, {"discount": 10}))
        with self.assertRaisesRegex(UserError, "You may give 10 %"), self.env.cr.savepoint():
            charge.discount = 11
        self.counter.aftersales_discount_agent = 20
        self.assertTrue(self._passes(charge.write, {"discount": 20}))
        self.counter.write({"aftersales_discount_technician": 0, "aftersales_discount_agent": 0})
        self.assertFalse(self._passes(charge.write, {"discount": 1}))

    def test_reason_of_a_discount(self):
        self.company.aftersales_discount_reason = True
        charge = self._charge()
        self.assertFalse(self._passes(charge.write, {"discount": 1}))
        self.assertTrue(self._passes(charge.write, {"discount": 1, "discount_reason": "Late"}))

    def test_rounding(self):
        rounding = self.env["account.cash.rounding"].create(
            {"name": "Full", "rounding": 1, "strategy": "biggest_tax", "rounding_method": "DOWN"}
        )
        self.company.aftersales_rounding_id = rounding
        vals = {"company_id": self.counter.id, "partner_id": self.customer.id}
        settlements = self.env["aftersales.settlement"]
        self.assertEqual(settlements.create(vals).cash_rounding_id, rounding)
        other = {**vals, "company_id": self.other_company.id}
        self.assertFalse(settlements.create(other).cash_rounding_id)

    def test_override_limit(self):
        self.company.aftersales_override_limit = 100
        vals = {"override_bearer": "company", "override_reason": "Regular customer"}
        self.assertFalse(self._passes(self._charge(quantity=1).write, vals))
        self.counter.aftersales_override_limit = 200
        self.assertTrue(self._passes(self._charge(quantity=1).write, vals))

    def test_schedule(self):
        """When and on which day go together."""
        self.assertEqual(self.counter._get_aftersales_schedule(), ("manual", 1))
        self.company.write({"aftersales_settle_by": "month", "aftersales_settle_day": 25})
        self.assertEqual(self.customer._get_aftersales_settle_by(self.counter), "month")
        charge = self._charge()
        charge.action_confirm()
        Run = self.env["aftersales.settlement.run"].sudo()
        for day, schedules in (("2025-07-24", []), ("2025-07-25", ["month"])):
            with freeze_time(f"{day} 10:00:00"):
                Run._make_due_runs(self.counter)
            runs = Run.search([("company_id", "=", self.counter.id)])
            self.assertEqual(runs.mapped("schedule"), schedules)
        self.assertEqual(runs.line_ids.partner_id, charge.partner_id)
        self.branch.write({"aftersales_settle_by": "manual", "aftersales_settle_day": 3})
        self.assertEqual(self.counter._get_aftersales_schedule(), ("manual", 3))

    def test_agreed_columns(self):
        template = self.env["aftersales.statement.template"]
        usual = template.create({"name": "Usual"})
        self.assertTrue(template._get_for(self.customer, self.counter))
        self.company.aftersales_statement_agreed = True
        self.assertFalse(template._get_for(self.customer, self.counter))
        self.customer.aftersales_statement_id = usual
        self.assertEqual(template._get_for(self.customer, self.counter), usual)

    def test_who_is_reminded(self):
        """The parent's, as far as he works for the branch, too."""
        self.company.aftersales_reminder_user_id = self.agent
        unit = self._make_unit("BR1", company_id=self.counter.id)
        self.assertNotIn(self.agent, unit._get_reminder_candidates())
        self.agent.company_ids |= self.counter
        self.assertIn(self.agent, unit._get_reminder_candidates())
