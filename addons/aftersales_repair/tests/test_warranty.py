from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestWarranty(RepairCommon):
    """What finished work does to the promises on the unit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.unit.policy_id
        cls.policy.repair_months = 3
        cls.type_onsite.counts_downtime = True

    def _repair(self, day, **vals):
        """Make an order and end it on ``day``."""
        vals.setdefault("unit_id", self.unit.id)
        vals.setdefault("service_type_id", self.type_onsite.id)
        with freeze_time(f"{day} 10:00:00"):
            order = self._make_order(**vals)
            order.action_repair_start()
            order.move_ids.quantity = 1
            order.action_repair_end()
        return order

    def _get_end(self, kind):
        [warranty] = self.unit.warranty_ids.filtered(
            lambda warranty: warranty.kind == kind and warranty.origin == "sale"
        )
        return warranty.date_end

    def test_days_in_repair_are_added(self):
        """Labour is covered until 2026-01-09; four days in the workshop add four (WA2)."""
        self._repair("2025-06-04", date_received="2025-06-01")
        self.assertEqual(self._get_end("labour"), date(2026, 1, 13))
        self.assertEqual(self._get_end("part"), date(2028, 1, 13))

    def test_work_on_site_adds_nothing(self):
        self.type_onsite.counts_downtime = False
        self._repair("2025-06-04", date_received="2025-06-01")
        self.assertFalse(self.unit.downtime_ids)
        self.assertEqual(self._get_end("labour"), date(2026, 1, 9))

    def test_promise_without_downtime(self):
        """What was promised without it stays as it was promised."""
        self.unit.warranty_ids.deduct_downtime = False
        self._repair("2025-06-04", date_received="2025-06-01")
        self.assertEqual(self._get_end("labour"), date(2026, 1, 9))

    def test_repair_is_covered_again(self):
        """A compressor put in on 4 June 2029, out of every other promise, is covered until
        3 September; other parts are not."""
        self._repair("2029-06-04", cause_id=self.cause_wear.id)
        repaired = self.unit.warranty_ids.filtered(lambda warranty: warranty.origin == "repair")
        self.assertEqual(set(repaired.mapped("date_end")), {date(2029, 9, 3)})
        for product, day, bearer in [
            (self.compressor, "2029-09-03", "company"),
            (self.compressor, "2029-09-04", "customer"),
            (self.filter_part, "2029-09-03", "customer"),
        ]:
            with self.subTest(product=product.name, day=day):
                charge = self._make_charge(product, unit_id=self.unit.id, date_fault=day)
                self.assertEqual(charge.bearer, bearer)

    def test_same_cause_is_covered_for_every_kind(self):
        self._repair("2029-06-04", cause_id=self.cause_wear.id)
        for cause, bearer in [(self.cause_wear, "company"), (self.cause_misuse, "customer")]:
            with self.subTest(cause=cause.name):
                charge = self._make_charge(
                    self.labour,
                    unit_id=self.unit.id,
                    date_fault="2029-07-01",
                    cause_id=cause.id,
                )
                self.assertEqual(charge.bearer, bearer)

    def test_customers_own_fault_is_not_covered_again(self):
        self._repair("2029-06-04", cause_id=self.cause_misuse.id, parts=[])
        self.assertNotIn("repair", self.unit.warranty_ids.mapped("origin"))

    def test_policy_without_warranty_on_repairs(self):
        self.policy.repair_months = 0
        self._repair("2025-06-04")
        self.assertNotIn("repair", self.unit.warranty_ids.mapped("origin"))

    def test_entitlement(self):
        """Exchange after two repairs of the same fault, refund after that (WA4, WA5)."""
        self.policy.exchange_after_repairs = 2
        wear, misuse = self.cause_wear.id, self.cause_misuse.id
        for day, cause, repeats, entitlement in [
            ("2025-03-01", wear, 0, False),
            ("2025-04-01", misuse, 0, False),
            ("2025-05-01", wear, 1, False),
            ("2025-06-01", wear, 2, "exchange"),
            ("2029-06-01", wear, 3, False),  # out of warranty
        ]:
            with self.subTest(day=day):
                order = self._make_order(unit_id=self.unit.id, cause_id=cause, date_fault=day)
                self.assertEqual((order.repeat_count, order.entitlement), (repeats, entitlement))
                order.unlink()
                self._repair(day, cause_id=cause, date_fault=day)

    def test_refund_after_exchange(self):
        self.policy.exchange_after_repairs = 1
        self._repair("2025-03-01", cause_id=self.cause_wear.id)
        new = self._make_unit("RP-NEW", date_start="2025-04-01")
        self.unit._replace_by(new, date(2025, 4, 1))
        order = self._make_order(
            unit_id=new.id, cause_id=self.cause_wear.id, date_fault="2025-05-01"
        )
        self.assertEqual((order.repeat_count, order.entitlement), (1, "refund"))

    def test_exchange_wizard_says_what_the_customer_may_ask_for(self):
        """Counted over the unit, or for the fault of the request that asks."""
        self.policy.exchange_after_repairs = 1
        asking = self._make_request(
            unit_id=self.unit.id, symptom_id=self.symptom.id, date_reported="2025-05-01 08:00:00"
        )
        other = asking.copy({"unit_id": self.unit.id, "symptom_id": False})
        other.cause_id = self.cause_misuse
        Exchange = self.env["aftersales.unit.exchange"].with_user(self.agent)

        def ask(unit, request, day=date(2025, 5, 1)):
            wizard = Exchange.create(
                {
                    "unit_id": unit.id,
                    "request_id": request and request.id,
                    "date": day,
                    "reason": "Again",
                }
            )
            return wizard.repeats, wizard.entitlement

        self.assertEqual(ask(self.unit, False), (0, False))
        self._repair("2025-03-01", request_id=self.request.id, cause_id=self.cause_wear.id)
        self.request.symptom_id = self.symptom
        self.assertEqual(ask(self.unit, False), (1, "exchange"))
        self.assertEqual(ask(self.unit, asking), (1, "exchange"))
        self.assertEqual(ask(self.unit, other), (0, False))
        self.assertEqual(ask(self.unit, False, date(2030, 1, 1)), (1, False))
        new = self._make_unit("RP-NEW", date_start="2025-04-01")
        self.unit._replace_by(new, date(2025, 4, 1))
        self.assertEqual(ask(new, False), (1, "refund"))

    def test_repair_only_gives_no_claim(self):
        self.policy.write({"exchange_after_repairs": 1, "repair_only": True})
        self._repair("2025-03-01", cause_id=self.cause_wear.id)
        order = self._make_order(
            unit_id=self.unit.id, cause_id=self.cause_wear.id, date_fault="2025-05-01"
        )
        self.assertEqual((order.repeat_count, order.entitlement), (1, False))

    def test_many_orders_count_in_the_same_number_of_queries(self):
        self.policy.exchange_after_repairs = 1
        units = [self._make_unit(f"RPQ{number}") for number in range(8)]
        orders = self.env["repair.order"].concat(
            *(self._make_order(unit_id=unit.id, cause_id=self.cause_wear.id) for unit in units)
        )
        counts = []
        for batch in (orders[:2], orders):
            self.env.invalidate_all()
            batch.mapped("unit_id.policy_id.exchange_after_repairs")
            before = self.env.cr.sql_log_count
            batch.mapped("repeat_count")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
