import re
from datetime import date

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRepairSettlement(RepairCommon):
    """Done work is settled once with everybody who pays, and its state tells how far."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._make_order(charges=[cls.labour, cls.travel])

    def _settle(self, order=None):
        order = order or self.order
        order.action_settle()
        return order.charge_ids.settlement_line_ids.settlement_id

    def _find(self, status):
        return self.env["repair.order"].search([("settlement_status", "=", status)])

    def test_unfinished_work_is_not_settled(self):
        for state in ("draft", "confirmed", "under_repair"):
            with self.subTest(state=state):
                self._force_state(self.order, state)
                with self.assertRaisesRegex(UserError, self.order.name):
                    self.order.action_settle()

    def test_one_settlement_a_payer(self):
        settlements = self._settle(self._do(self.order))
        self.assertRecordValues(
            settlements.sorted("kind"),
            [
                {"kind": "claim", "partner_id": self.maker.id, "amount_untaxed": 800},
                {"kind": "customer", "partner_id": self.customer.id, "amount_untaxed": 50},
            ],
        )
        self.assertEqual(self.order.settlement_count, 2)

    def _pass_on(self, amount):
        """Have the maker accept ``amount`` of the part, and the customer pay the rest."""
        line = self._settle(self._do(self.order)).line_ids.filtered(
            lambda line: line.share == "covered"
        )
        line.settlement_id.with_user(self.settler).action_confirm()
        line.with_user(self.settler)._answer({line.with_user(self.settler): (amount, "Wear")})
        return line.with_user(self.manager)._decide("customer", "Misuse proven")

    def test_what_a_maker_refused_is_the_same_everywhere(self):
        """Of 800 the maker pays 500: the customer pays 300 beside the trip, wherever one looks."""
        self._pass_on(500)
        for record in (self.request, self.unit):
            self.assertRecordValues(
                record, [{"amount_customer": 350, "amount_company": 150, "amount_partner": 500}]
            )
        self.assertRecordValues(
            self.order, [{"customer_amount": 350, "company_amount": 150, "partner_amount": 500}]
        )
        parts = self.env["aftersales.part.report"].search([("repair_id", "=", self.order.id)])
        self.assertRecordValues(parts, [{"customer_amount": 300, "covered_amount": 500}])

    def test_customer_reads_what_he_pays_of_what_a_maker_refused(self):
        self._pass_on(500)
        html, __ = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_repair.action_report_repair_estimate", self.order.ids
        )
        cells = etree.HTML(html).xpath("//table[@name='charges']/tbody/tr/td[last()]")
        pays = [float(re.sub(r"[^\d.]", "", "".join(cell.itertext()))) for cell in cells]
        self.assertEqual(sorted(pays), [0, 50, 300])

    def test_goods_stay_until_the_customer_paid_what_a_maker_refused(self):
        self._pass_on(500)
        part = self._part_charge(self.order)
        self.assertIn(part, self.order._get_unpaid_charges())

    def test_part_at_cost_is_claimed_as_it_left_the_stock(self):
        """The cost of the product fell since; what was put in cost 500."""
        self.env["aftersales.claim.terms"].create(
            {"partner_id": self.maker.id, "parts_by": "cost", "handling_percent": 10}
        )
        self.compressor.standard_price = 500
        order = self._do(self._make_order(parts=[self._part(quantity=2)]))
        self.compressor.standard_price = 300
        self.assertEqual(self._settle(order).amount_claimed, 1100)
        direct = self._make_charge(
            unit_id=self.unit.id, partner_id=self.customer.id, date_fault="2025-06-01"
        )
        claim = self._make_settlement(direct)
        self.assertEqual(claim.amount_claimed, 330, "of no movement: what the product costs")

    def test_claim_deadline_counts_from_the_end_of_the_work(self):
        """Correcting a charge gains no time; a charge that came before the end has all of it."""
        self.env["aftersales.claim.terms"].create(
            {"partner_id": self.maker.id, "deadline_days": 30}
        )
        with freeze_time("2025-02-10 10:00:00"):
            early = self._make_charge(self.compressor, repair_id=self.order.id)
            early.action_confirm()
        self.assertEqual(early.claim_deadline, date(2025, 3, 12), "the work is not done")
        with freeze_time("2025-03-01 10:00:00"):
            self._do(self.order)
        charge = self._part_charge(self.order) - early
        with freeze_time("2025-03-25 10:00:00"):
            charge.with_user(self.agent).action_draft()
            charge.with_user(self.agent).action_confirm()
            late = self._make_charge(self.compressor, repair_id=self.order.id)
            late.action_confirm()
        self.assertEqual(set((early | charge | late).mapped("claim_deadline")), {date(2025, 3, 31)})

    def test_again_is_refused_naming_the_settlement(self):
        settlements = self._settle(self._do(self.order))
        with self.assertRaisesRegex(UserError, "|".join(settlements.mapped("name"))):
            self.order.action_settle()
        self.assertEqual(self.order.settlement_count, 2)

    def test_unused_part_does_not_stand_in_the_way(self):
        order = self._make_order(parts=[self._part(quantity=1)], charges=[self.labour])
        order.action_repair_start()
        order.move_ids.quantity = 0
        order.action_repair_end()
        with self.assertRaisesRegex(UserError, "nobody outside"):
            order.action_settle()

    def test_work_without_charge(self):
        order = self._make_order(parts=[])
        order.action_repair_start()
        order.action_repair_end()
        self.assertEqual(order.progress, "done")
        with self.assertRaisesRegex(UserError, "no charge"):
            order.action_settle()

    def test_several_orders_are_gathered(self):
        orders = self.order | self._make_order()
        self._do(orders)
        orders.action_settle()
        settlements = orders.charge_ids.settlement_line_ids.settlement_id
        self.assertEqual(len(settlements), 2)
        claim = settlements.filtered(lambda settlement: settlement.kind == "claim")
        self.assertEqual(claim.amount_untaxed, 1600)

    def test_status_through_paid_and_reversed(self):
        self.assertEqual(self.order.settlement_status, "none")
        self._do(self.order)
        self.assertEqual(self.order.settlement_status, "to_settle")
        settlements = self._settle()
        self.assertEqual(self.order.settlement_status, "settled")
        self.assertEqual(self.order.progress, "settled")
        settlements.action_confirm()
        settlements.action_create_invoice()
        settlements.move_id.action_post()
        self._pay(settlements[0].move_id, 10)
        self.assertEqual(self.order.settlement_status, "partial")
        self.assertEqual(self.order.progress, "partial")
        self.assertIn(self.order, self._find("partial"))
        for settlement in settlements:
            self._pay(settlement.move_id)
        self.assertEqual(self.order.settlement_status, "paid")
        self.assertEqual(self.order.progress, "paid")
        settlements[0].move_id._reverse_moves(cancel=True)
        self.assertEqual(self.order.settlement_status, "reversed")
        self.assertEqual(self.order.progress, "reversed")
        settlements[0].action_cancel()
        self.assertEqual(self.order.settlement_status, "to_settle")

    def test_invoice_names_the_work_order(self):
        settlements = self._settle(self._do(self.order))
        settlements.action_confirm()
        settlements.action_create_invoice()
        for line in settlements.move_id.invoice_line_ids:
            self.assertIn(self.order.name, line.name)

    def test_find_by_status(self):
        waiting = self._do(self._make_order())
        none = self._make_order(parts=[])
        settled = self._do(self.order)
        self._settle(settled)
        orders = waiting | none | settled
        for status, found in (("to_settle", waiting), ("settled", settled), ("none", none)):
            with self.subTest(status=status):
                self.assertEqual(self._find(status) & orders, found)
        both = self.env["repair.order"].search(
            [("settlement_status", "in", ("to_settle", "settled")), ("id", "in", orders.ids)]
        )
        self.assertEqual(both, waiting | settled)
        rest = self.env["repair.order"].search(
            [("settlement_status", "!=", "to_settle"), ("id", "in", orders.ids)]
        )
        self.assertEqual(rest, none | settled)

    def test_partly_settled_is_found_as_shown(self):
        self._do(self.order)
        self._part_charge(self.order).action_settle()
        self.assertEqual(self.order.settlement_status, "to_settle")
        self.assertNotIn(self.order, self._find("settled"))

    def test_found_without_reading_charges(self):
        self._do(self.order)
        orders = self.env["repair.order"].with_user(self.storekeeper)
        self.assertIn(self.order, orders.search([("settlement_status", "=", "to_settle")]))

    def test_technician_does_not_settle(self):
        self._do(self.order)
        with self.assertRaises(AccessError):
            self._call(self.technician, self.order, "action_settle")

    def test_agent_settles(self):
        self._do(self.order)
        self._call(self.agent, self.order, "action_settle")
        self.assertEqual(self.order.settlement_count, 2)
