from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import AftersalesCommon

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)
EAST, WEST = "Asia/Shanghai", "America/New_York"


# One in the morning of the 1st of February in Shanghai, noon of the 31st of January in New York.
@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 17:00:00")
class TestCompanyDay(AftersalesCommon):
    """What day it is says the clock of the company, wherever somebody sits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls.agent | cls.manager | cls.settler | cls.env.user
        cls.other_company.partner_id.tz = WEST

    def _each_way(self):
        """Yield the day where the company is, while it is the other one for everybody in it."""
        for company_zone, user_zone, day in ((EAST, WEST, FEBRUARY), (WEST, EAST, JANUARY)):
            self.company.partner_id.tz = company_zone
            self.users.sudo().tz = user_zone
            with self.subTest(company=company_zone, user=user_zone):
                yield day

    def _make_ending(self, last_day, **vals):
        """Make a unit with one warranty until ``last_day``."""
        unit = self._make_unit(False, policy_id=False, **vals)
        self.env["aftersales.warranty"].create(
            {"unit_id": unit.id, "date_start": last_day, "duration": 1, "duration_unit": "day"}
        )
        return unit

    # === MONEY === #

    def test_confirmed_in_the_month_that_is_settled(self):
        run = self.env["aftersales.settlement.run"].with_user(self.settler)
        for day in self._each_way():
            charge = self._make_charge(self.travel)
            charge.with_user(self.agent).action_confirm()
            self.assertEqual(charge.date_confirmed, day)
            january = run.create({"date_until": JANUARY})
            if day == FEBRUARY:
                with self.assertRaises(UserError):
                    january.action_look()
            else:
                january.action_look()
                self.assertEqual(january.line_ids.partner_id, self.customer)
            until_today = run.create({})
            self.assertEqual(until_today.date_until, day)
            until_today.action_look()
            self.assertEqual(until_today.line_ids.partner_id, self.customer)
            charge.sudo().action_cancel()

    def test_reversed_on_the_day_of_the_company(self):
        for day in self._each_way():
            settlement = self._make_settlement(self._make_charge(self.travel))
            settlement = settlement.with_user(self.settler)
            settlement.action_confirm()
            settlement.action_create_invoice()
            settlement.move_id.action_post()
            settlement.action_cancel()
            self.assertEqual(settlement.move_id.reversal_move_ids.date, day)

    def test_companies_on_different_days_in_one_step(self):
        self.company.partner_id.tz = EAST
        companies = self.company | self.other_company
        charges = (
            self.env["aftersales.charge"]
            .sudo()
            .with_context(allowed_company_ids=companies.ids)
            .create(
                [
                    {
                        "company_id": company.id,
                        "partner_id": self.customer.id,
                        "product_id": self.travel.id,
                    }
                    for company in companies
                ]
            )
        )
        charges.action_confirm()
        self.assertEqual(charges.mapped("date_confirmed"), [FEBRUARY, JANUARY])

    def test_claim_and_its_answer(self):
        unit = self._make_unit("DAY-CLAIM")
        for day in self._each_way():
            charge = self._make_charge(
                self.compressor, unit_id=unit.id, date_fault=date(2025, 6, 1)
            )
            claim = self._make_settlement(charge)
            self.assertEqual(claim.date, day)
            claim.with_user(self.settler).action_confirm()
            self.assertEqual(claim.line_ids.date_submitted, day)
            line = claim.line_ids.with_user(self.settler)
            line._answer({line: (line.amount_claimed, "")})
            self.assertEqual(line.date_answered, day)

    # === WARRANTIES === #

    def test_warranty_of_the_last_day(self):
        """It ends on the 31st: over in Shanghai, a day left in New York."""
        unit = self._make_ending(JANUARY)
        for day in self._each_way():
            over = day == FEBRUARY
            mine = unit.with_user(self.agent)
            mine.invalidate_recordset()
            mine.warranty_ids.invalidate_recordset()
            self.assertEqual(mine.warranty_status, "expired" if over else "ending")
            self.assertEqual(mine.warranty_ids.status, mine.warranty_status)
            for status in ("expired", "ending"):
                found = mine.search([("warranty_status", "=", status), ("id", "=", unit.id)])
                self.assertEqual(bool(found), status == mine.warranty_status)

    def test_search_in_companies_on_different_days(self):
        self.company.partner_id.tz = EAST
        here = self._make_ending(JANUARY)
        there = self._make_ending(JANUARY, company_id=self.other_company.id)
        units = (here | there).sudo()
        self.assertEqual(units.mapped("warranty_status"), ["expired", "ending"])
        for status, unit in (("expired", here), ("ending", there)):
            domain = Domain("warranty_status", "=", status) & Domain("id", "in", units.ids)
            self.assertEqual(units.search(domain), unit)

    def test_charge_for_a_fault_of_today(self):
        """Reported today, on the last day of the warranty or the day after it."""
        unit = self._make_ending(JANUARY)
        for day in self._each_way():
            charge = self._make_charge(self.labour, unit_id=unit.id)
            self.assertEqual(charge.date_fault, day)
            self.assertEqual(charge.covered_percent, 0 if day == FEBRUARY else 100)

    def test_closed_and_void_on(self):
        for day in self._each_way():
            unit, opened = self._make_unit(False), self._make_unit(False)
            unit.with_user(self.manager).write({"state": "returned"})
            self.assertEqual(set(unit.warranty_ids.mapped("date_closed")), {day})
            opened.warranty_ids.with_user(self.manager)._void("Opened by somebody else")
            self.assertEqual(set(opened.warranty_ids.mapped("date_closed")), {day})

    def test_extended_from_today(self):
        unit = self._make_ending(date(2025, 12, 1))
        for day in self._each_way():
            self.assertEqual(unit.with_user(self.agent)._get_extension_start("all"), day)

    # === UNITS === #

    def test_in_service_since(self):
        for day in self._each_way():
            unit = self.env["aftersales.unit"].with_user(self.agent)
            unit = unit.create({"product_id": self.filter_part.id, "partner_id": self.customer.id})
            self.assertEqual(unit.date_start, day)

    def test_history_shows_what_happens_today(self):
        for day in self._each_way():
            unit = self._make_unit(False, date_start=day, policy_id=False)
            history = unit.with_user(self.agent).get_timeline()
            self.assertTrue(history["events"], "delivered today")

    def test_changes_hands_today(self):
        """Today is no day to come, also where it is yesterday still."""
        dealer = self.env["res.partner"].create({"name": "Dealer", "aftersales_is_dealer": True})
        vals = {"partner_id": dealer.id, "dealer_id": dealer.id, "date_start": "2026-01-10"}
        for day in self._each_way():
            sold, corrected = (self._make_unit(False, **vals) for __ in range(2))
            wizard = self.env["aftersales.unit.hand.over"].with_user(self.agent)
            wizard = wizard.create({"unit_ids": sold.ids, "partner_to_id": self.customer.id})
            wizard.action_hand_over()
            corrected.with_user(self.agent).partner_id = self.customer
            self.assertEqual((sold.date_handover, corrected.date_handover), (day, day))
            later = self.env["aftersales.unit.transfer"].with_user(self.agent)
            with self.assertRaises(UserError):
                later.create(
                    {
                        "unit_id": sold.id,
                        "partner_to_id": self.other_customer.id,
                        "date": date(2026, 2, 2),
                    }
                )

    def test_exchanged_today(self):
        for day in self._each_way():
            unit = self._make_unit(False, product_id=self.filter_part.id)
            wizard = self.env["aftersales.unit.exchange"].with_user(self.manager)
            wizard = wizard.create({"unit_id": unit.id, "source": "bulk", "reason": "Broken"})
            wizard.action_exchange()
            self.assertEqual(unit.replaced_by_ids.date_start, day)

    # === THE DAY ITSELF === #

    def test_work_of_today_at_the_desk(self):
        member = self.env["aftersales.team.member"].with_user(self.agent)
        for day in self._each_way():
            self.assertEqual(member._get_today(), day)

    def test_a_company_without_a_time_zone_has_that_of_the_user(self):
        self.company.partner_id.tz = False
        for zone, day in ((EAST, FEBRUARY), (WEST, JANUARY), (False, JANUARY)):
            self.agent.sudo().tz = zone
            self.assertEqual(self.company.with_user(self.agent)._get_aftersales_day(), day)

    def test_time_zone_is_set_in_the_settings(self):
        admin = self._new_user("admin", "base.group_system,base.group_partner_manager", tz=WEST)
        self.company.partner_id.tz = False
        self.assertEqual(self.company.with_user(admin)._get_aftersales_day(), JANUARY)
        self.env["res.config.settings"].with_user(admin).create({"aftersales_tz": EAST}).execute()
        self.assertEqual(self.company.with_user(admin)._get_aftersales_day(), FEBRUARY)

    def test_another_address_of_the_company(self):
        self.company.partner_id.tz = EAST
        self.assertEqual(self.company._get_aftersales_day(), FEBRUARY)
        self.company.sudo().partner_id = self.env["res.partner"].create({"name": "W", "tz": WEST})
        self.assertEqual(self.company._get_aftersales_day(), JANUARY)

    def test_what_belongs_to_no_company(self):
        self.company.partner_id.tz = EAST
        nobody = self.env["res.company"]
        self.assertEqual(nobody._get_aftersales_day(), FEBRUARY)
        domain = nobody._get_aftersales_day_domain(lambda day: Domain("date", "=", day))
        leaves = {leaf.field_expr: [] for leaf in domain.iter_conditions()}
        for leaf in domain.iter_conditions():
            leaves[leaf.field_expr].append(leaf.value)
        found = dict(zip(leaves["date"], leaves["company_id"], strict=True))
        self.assertLessEqual({False, self.company.id}, set(found[FEBRUARY]))
        self.assertIn(self.other_company.id, found[JANUARY])

    def test_asking_for_the_day_costs_no_query(self):
        companies = self.company | self.other_company
        companies.sudo().search([]).partner_id.tz = EAST
        self.env.flush_all()
        self.company._get_aftersales_day()
        self.env.invalidate_all()
        # For which company somebody asks is known.
        self.assertTrue(companies.env.company)
        with self.assertQueryCount(0):
            for company in companies:
                company.with_user(self.agent)._get_aftersales_day()
            companies._get_aftersales_day_domain(lambda day: Domain("date", "=", day))
