from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ContractCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestCover(ContractCommon):
    """Which contract, if any, bears a charge."""

    def _decide(self, product=None, **vals):
        charge = self._make_charge(product or self.labour, **{"unit_id": self.unit.id, **vals})
        return (charge.bearer, charge.covered_percent)

    def test_scope_of_a_line(self):
        """A line covers one unit, a product, or everything the customer has."""
        twin, other = self._make_boiler("B-2"), self._make_unit("AC-9", date_start="2010-01-01")
        for line, units in (
            ({"unit_id": self.unit.id}, self.unit),
            ({"product_id": self.boiler.id}, self.unit + twin),
            ({}, self.unit + twin + other),
        ):
            contract = self._make_contract([line], start=True)
            covered = [
                unit
                for unit in self.unit + twin + other
                if self._decide(unit_id=unit.id)[0] == "contract"
            ]
            self.assertEqual(covered, list(units), line)
            contract.action_close()
            contract.date_closed = "2026-01-01"

    def test_everything_also_covers_what_has_no_unit(self):
        self._make_contract(start=True)
        self.assertEqual(self._decide(unit_id=False), ("contract", 100))

    def test_kind_and_percent(self):
        self._make_contract([{"kind": "labour", "percent": 80}], start=True)
        self.assertEqual(self._decide(), ("contract", 80))
        self.assertEqual(self._decide(self.compressor), ("customer", 0))
        charge = self._make_charge(self.labour, unit_id=self.unit.id)
        self.assertEqual((charge.covered_amount, charge.customer_amount), (120, 30))

    def test_days(self):
        """First and last day are covered, days before and after are not."""
        self._make_contract(start=True)
        for day, bearer in (
            ("2025-12-31", "customer"),
            ("2026-01-01", "contract"),
            ("2026-12-31", "contract"),
            ("2027-01-01", "customer"),
        ):
            self.assertEqual(self._decide(date_fault=day)[0], bearer, day)

    def test_draft_covers_nothing(self):
        contract = self._make_contract()
        charge = self._make_charge(self.labour, unit_id=self.unit.id)
        self.assertEqual(charge.bearer, "customer")
        contract.action_start()
        self.assertEqual(charge.bearer, "contract", "an open charge follows the contract")

    def test_suspended_days_are_not_covered(self):
        contract = self._make_contract(start=True)
        charge = self._make_charge(self.labour, unit_id=self.unit.id)
        contract.action_suspend()
        self.assertEqual(charge.bearer, "customer")
        self.assertEqual(self._decide(date_fault="2026-03-09")[0], "contract")
        with freeze_time("2026-04-01"):
            contract.action_resume()
            for day, bearer in (
                ("2026-03-09", "contract"),
                ("2026-03-10", "customer"),
                ("2026-03-31", "customer"),
                ("2026-04-01", "contract"),
            ):
                self.assertEqual(self._decide(date_fault=day)[0], bearer, day)

    def test_closed_from_that_day_on(self):
        contract = self._make_contract(start=True)
        contract.action_close()
        self.assertEqual(self._decide(date_fault="2026-03-09")[0], "contract")
        self.assertEqual(self._decide(date_fault="2026-03-10")[0], "customer")

    def test_resumed_does_not_cover_the_days_it_was_closed(self):
        contract = self._make_contract(start=True)
        contract.action_close()
        with freeze_time("2026-05-01"):
            contract.action_resume()
            for day, bearer in (
                ("2026-03-09", "contract"),
                ("2026-04-30", "customer"),
                ("2026-05-01", "contract"),
            ):
                self.assertEqual(self._decide(date_fault=day)[0], bearer, day)

    def test_other_customers_and_companies(self):
        self._make_contract(start=True)
        strange = self._make_boiler("B-3", partner_id=self.other_customer.id)
        self.assertEqual(self._decide(unit_id=strange.id)[0], "customer")
        product = self.env["product.product"].create({"name": "Shared hour", "type": "service"})
        charge = self.env["aftersales.charge"].create(
            {
                "company_id": self.other_company.id,
                "partner_id": self.customer.id,
                "product_id": product.id,
                "kind": "labour",
            }
        )
        self.assertEqual(charge.bearer, "customer")

    def test_contacts_of_the_customer_are_covered(self):
        self._make_contract(start=True)
        unit = self._make_boiler("B-4", partner_id=self.customer_contact.id)
        self.assertEqual(self._decide(unit_id=unit.id)[0], "contract")
        charge = self._make_charge(self.labour, partner_id=self.other_customer.id)
        self.assertEqual(charge.bearer, "customer")
        charge.partner_id = self.customer_contact
        self.assertEqual(charge.bearer, "contract", "cover follows the customer of the charge")

    def test_warranty_answers_first(self):
        self._make_contract(start=True)
        unit = self._make_unit("AC-1", date_start="2026-01-01")
        self.assertEqual(self._decide(self.labour, unit_id=unit.id)[0], "company")
        self.assertEqual(self._decide(self.travel, unit_id=unit.id)[0], "contract")

    def test_company_orders_the_promises(self):
        self._make_contract(start=True)
        unit = self._make_unit("AC-1", date_start="2026-01-01")
        self.env["aftersales.coverage.rule"].create(
            [
                {"company_id": self.company.id, "sequence": place, "code": code}
                for place, code in enumerate(("contract", "warranty", "service_type"))
            ]
        )
        self.assertEqual(self._decide(unit_id=unit.id)[0], "contract")

    def test_contract_answers_before_the_service_type(self):
        self._make_contract([{"percent": 80}], start=True)
        vals = {"service_type_id": self.type_half.id}
        self.assertEqual(self._decide(**vals), ("contract", 80))
        strange = self._make_boiler("B-5", partner_id=self.other_customer.id)
        self.assertEqual(self._decide(unit_id=strange.id, **vals), ("company", 50))

    def test_customers_fault_is_never_covered(self):
        self._make_contract(start=True)
        self.assertEqual(self._decide(cause_id=self.cause_misuse.id)[0], "customer")

    def test_instalments_and_compensation_are_not_covered(self):
        self._make_contract(start=True)
        self.assertEqual(self._decide(self.care)[0], "customer")

    def test_narrowest_line_answers(self):
        """A unit before a product before everything, a kind before all, then the generous."""
        contracts = {
            percent: self._make_contract([{**line, "percent": percent}], start=True)
            for percent, line in (
                (99, {}),
                (10, {"kind": "labour"}),
                (98, {"product_id": self.boiler.id}),
                (20, {"product_id": self.boiler.id, "kind": "labour"}),
                (30, {"unit_id": self.unit.id}),
                (40, {"unit_id": self.unit.id, "kind": "labour"}),
                (50, {"unit_id": self.unit.id, "kind": "labour"}),
            )
        }
        for percent in (50, 40, 30, 20, 98, 10, 99):
            self.assertEqual(self._decide(), ("contract", percent))
            contracts[percent].action_close()
            contracts[percent].date_closed = "2026-01-01"
        self.assertEqual(self._decide(), ("customer", 0))

    def test_lines_say_what_they_are_about(self):
        with self.assertRaises(UserError):
            self._make_contract([{"unit_id": self._make_elsewhere().id}])

    def _make_elsewhere(self):
        product = self.env["product.product"].create({"name": "Shared boiler"})
        return self.env["aftersales.unit"].create(
            {
                "product_id": product.id,
                "serial": "E-1",
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )

    def test_unit_shows_its_contracts(self):
        twin = self._make_boiler("B-2")
        contract = self._make_contract([{"unit_id": self.unit.id}, {"kind": "part"}], start=True)
        self._make_contract([{"unit_id": twin.id}])
        unit = self.unit.with_user(self.technician)
        self.assertEqual(unit.contract_count, 1)
        self.assertEqual(unit.action_view_contracts()["res_id"], contract.id)
        self.assertEqual(twin.contract_line_ids, contract.line_ids[1])
        contract.action_suspend()
        (unit + twin).invalidate_recordset()
        self.assertEqual((unit.contract_count, twin.contract_count), (0, 0))

    def test_query_count_does_not_grow(self):
        """1 and 100 charges are decided with the same number of queries."""
        units = self.env["aftersales.unit"].concat(
            *[self._make_boiler(f"Q-{number}") for number in range(20)]
        )
        for unit in units[:10]:
            self._make_contract([{"unit_id": unit.id, "visit_quota": 3}], start=True)
        charges = self.env["aftersales.charge"].create(
            [
                {
                    "unit_id": unit.id,
                    "partner_id": self.customer.id,
                    "product_id": self.labour.id,
                }
                for unit in units
                for __ in range(5)
            ]
        )
        counts = []
        for batch in (charges[:1], charges):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.env["aftersales.coverage"]._decide(batch)
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(charges.mapped("bearer").count("contract"), 30)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)
        self.assertLessEqual(counts[1], 25)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestQuota(ContractCommon):
    """Visits are counted by job, taken when work is confirmed and given back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._make_contract(
            [{"unit_id": cls.unit.id, "kind": "labour", "visit_quota": 2}], start=True
        )
        cls.line = cls.contract.line_ids

    def test_explanation_tells_what_is_left(self):
        repair = self._make_work()
        contract = self.contract.name
        self.assertEqual(
            repair.charge_ids.explanation,
            f"Contract {contract} until 12/31/2026: Labour 100 %, 1 of 2 visits left.",
        )
        self._make_contract([{"kind": "travel"}], start=True)
        charge = self._make_charge(self.travel, unit_id=self.unit.id)
        self.assertRegex(charge.explanation, r"^Contract .* until 12/31/2026: Travel 100 %\.$")

    def test_one_visit_a_work_order(self):
        repair = self._make_work(charges=3)
        self._finish(repair)
        self.assertEqual(self._bearers(repair.charge_ids), [("contract", 100)] * 3)
        self.assertEqual(self.line.visits_used, 1)
        self.assertEqual(self.line.visits_left, "1 of 2")
        use = repair.charge_ids.contract_use_id
        self.assertEqual((use.repair_id, use.number), (repair, 1))

    def test_charge_added_to_finished_work_uses_its_visit(self):
        repairs = self._make_work() + self._make_work()
        self._finish(repairs)
        late = self._make_charge(self.labour, repair_id=repairs[0].id)
        self.assertEqual(late.bearer, "contract", "no visit is left but the job has one")
        late.action_confirm()
        self.assertEqual(late.contract_use_id, repairs[0].charge_ids[:1].contract_use_id)
        self.assertEqual(self.line.visits_used, 2)

    def test_third_work_order_is_paid_by_the_customer(self):
        repairs = self._make_work() + self._make_work() + self._make_work()
        self._finish(repairs[:2])
        third = repairs[2].charge_ids
        self.assertEqual(third.bearer, "customer", "told while the work is still open")
        self._finish(repairs[2])
        self.assertEqual(third.bearer, "customer")
        self.assertEqual(
            third.explanation,
            f"Customer pays: contract {self.contract.name} has no visit left.",
        )
        self.assertEqual(third.settlement_status, "to_settle")

    def test_two_work_orders_confirmed_together(self):
        """Charges of several jobs confirmed in one go share out what is left."""
        repairs = self._make_work() + self._make_work() + self._make_work()
        repairs.charge_ids.sorted("id").action_confirm()
        self.assertEqual(
            repairs.charge_ids.sorted("id").mapped("bearer"), ["contract", "contract", "customer"]
        )
        self.assertEqual(self.line.visits_used, 2)

    def test_no_visit_left_falls_to_the_next_line(self):
        wider = self._make_contract([{"percent": 40, "visit_quota": 1}], start=True)
        repairs = self._make_work()
        for __ in range(3):
            repairs += self._make_work()
        self._finish(repairs)
        self.assertEqual(
            self._bearers(repairs.charge_ids.sorted("id")),
            [("contract", 100), ("contract", 100), ("contract", 40), ("customer", 0)],
        )
        self.assertEqual(wider.line_ids.visits_left, "0 of 1")

    def test_quota_zero_is_no_limit(self):
        self.line.visit_quota = 0
        repairs = self._make_work() + self._make_work() + self._make_work()
        self._finish(repairs)
        self.assertEqual(set(repairs.charge_ids.mapped("bearer")), {"contract"})
        self.assertEqual((self.line.visits_left, self.line.visits_used), ("no limit", 3))

    def test_one_visit(self):
        self.line.visit_quota = 1
        repairs = self._make_work() + self._make_work()
        self._finish(repairs)
        self.assertEqual(repairs.charge_ids.sorted("id").mapped("bearer"), ["contract", "customer"])

    def test_visit_comes_back(self):
        """Cancelling, or opening, all charges of a job gives its visit back."""
        for give_back in ("action_cancel", "action_draft"):
            repair = self._make_work(charges=2)
            self._finish(repair)
            first, second = repair.charge_ids
            getattr(first.with_user(self.manager), give_back)()
            self.assertEqual(self.line.visits_used, 1, "the other charge still needs it")
            getattr(second.with_user(self.manager), give_back)()
            self.line.invalidate_recordset()
            self.assertEqual(self.line.visits_used, 0)
            self.assertFalse(repair.charge_ids.contract_use_id)
            repair.charge_ids.filtered(lambda charge: charge.state == "draft").action_cancel()

    def test_returned_visit_goes_to_open_work(self):
        repairs = self._make_work() + self._make_work() + self._make_work()
        self._finish(repairs[:2])
        third = repairs[2].charge_ids
        self.assertEqual(third.bearer, "customer")
        repairs[0].charge_ids.action_cancel()
        self.assertEqual(third.bearer, "contract")

    def test_freed_number_is_taken_again(self):
        repairs = self._make_work() + self._make_work() + self._make_work()
        self._finish(repairs[:2])
        repairs[0].charge_ids.action_cancel()
        self._finish(repairs[2])
        self.assertEqual(sorted(self.line.use_ids.mapped("number")), [1, 2])

    def test_technician_and_storekeeper_take_visits(self):
        """Ending work takes the visit, whatever the one who ends it may see."""
        storekeeper = self._new_user("storekeeper", "stock.group_stock_user")
        for user in (self.technician, storekeeper):
            repair = self._make_work(technician_id=user.id)
            repair.with_user(user).action_repair_start()
            repair.with_user(user).action_repair_end()
            self.assertEqual(repair.charge_ids.bearer, "contract")
        self.assertEqual(self.line.visits_used, 2)

    def test_override_takes_no_visit(self):
        repair = self._make_work()
        repair.charge_ids.write({"override_bearer": "company", "override_reason": "Regular"})
        self._finish(repair)
        self.assertEqual(repair.charge_ids.bearer, "company")
        self.assertEqual(self.line.visits_used, 0)

    def test_confirmed_stays_when_the_contract_is_closed(self):
        repair = self._make_work()
        self._finish(repair)
        self.contract.action_close()
        self.assertEqual(repair.charge_ids.bearer, "contract")
        self.assertIn("1 of 2", repair.charge_ids.explanation)

    def test_used_line_stays(self):
        self._finish(self._make_work())
        for vals in ({"percent": 50}, {"kind": "all"}, {"unit_id": False}):
            with self.assertRaisesRegex(UserError, "has covered work already"):
                self.line.write(vals)
        with self.assertRaisesRegex(UserError, "has covered work already"):
            self.line.unlink()
        self.line.visit_quota = 3
        self.assertEqual(self.line.visits_left, "2 of 3")

    def test_visits_are_not_written_by_hand(self):
        repair = self._make_work()
        self._finish(repair)
        charge = repair.charge_ids.with_user(self.manager)
        for vals in ({"contract_use_id": False}, {"contract_line_id": False}):
            self.assertFalse(self._passes(charge.write, vals), vals)
        uses = self.line.use_ids.with_user(self.manager)
        self.assertFalse(self._passes(uses.unlink))
        self.assertFalse(self._passes(uses.write, {"number": 9}))

    def test_amount_on_the_work_order(self):
        repair = self._make_work(charges=2)
        self.assertEqual((repair.contract_amount, repair.customer_amount), (300, 0))

    def test_bearer_is_told_on_a_contract_form_of_a_technician(self):
        line = self.line.with_user(self.technician)
        self.assertEqual(line.visits_left, "2 of 2")
        self.contract.write({"line_ids": [Command.update(self.line.id, {"visit_quota": 5})]})
        self.assertEqual(line.visits_left, "5 of 5")
