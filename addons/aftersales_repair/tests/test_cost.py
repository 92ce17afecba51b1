from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RepairCommon

TODAY = "2025-06-10 12:00:00"


class CostCommon(RepairCommon):
    """A work order of ``technician`` in team A, led by ``leader``; what it cost beside parts.

    ``hotel`` costs what was paid, ``ferry`` 20.00; ``workshop`` does work for us.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.leader = cls._new_user("leader", "aftersales_base.group_aftersales_agent")
        cls.team_a.leader_id = cls.leader
        cls.hotel, cls.ferry = cls.env["product.product"].create(
            [
                {"name": name, "type": "service", "standard_price": price, "sale_ok": False}
                for name, price in (("Hotel", 0), ("Ferry", 20))
            ]
        )
        cls.workshop = cls.env["res.partner"].create({"name": "Harbour Workshop"})
        cls.order = cls._make_order(parts=[], technician_id=cls.technician.id)
        cls.visit = cls.env["aftersales.visit"].create(
            {"repair_id": cls.order.id, "user_id": cls.technician.id}
        )

    @classmethod
    def _cost(cls, price=100, **vals):
        """Note a hotel of the order, by default paid by its technician."""
        vals = {"repair_id": cls.order.id, "product_id": cls.hotel.id, **vals}
        return cls.env["aftersales.cost"].create({"price_unit": price, **vals})

    @classmethod
    def _owe(cls, price=100, **vals):
        """Note a cost that the workshop asks for, and confirm it."""
        cost = cls._cost(price, **{"flow": "vendor", "payee_id": cls.workshop.id, **vals})
        cost.action_confirm()
        return cost


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestCost(CostCommon):
    """What a visit cost is noted by who was there, and confirmed by who leads him."""

    # === NOTING === #

    def test_technician_notes_a_night_on_his_visit(self):
        visit = self.visit.with_user(self.technician)
        context = visit.action_view_costs()["context"]
        with Form(
            self.env["aftersales.cost"].with_user(self.technician).with_context(**context)
        ) as form:
            form.product_id = self.hotel
            self.assertEqual(form.name, "Hotel")
            self.assertEqual(form.payee_id, self.technician.partner_id)
            form.quantity = 2
            form.price_unit = 80
        cost = form.record
        self.assertRecordValues(
            cost,
            [
                {
                    "repair_id": self.order.id,
                    "visit_id": self.visit.id,
                    "date": date(2025, 6, 10),
                    "user_id": self.technician.id,
                    "flow": "employee",
                    "payee_id": self.technician.partner_id.id,
                    "amount": 160,
                    "amount_company": 160,
                    "state": "draft",
                }
            ],
        )
        self.assertEqual((self.visit.cost_count, self.order.cost_count), (1, 1))

    def test_noted_on_the_page_of_the_order(self):
        with Form(self.order.with_user(self.technician)) as form, form.cost_ids.new() as line:
            line.product_id = self.ferry
        self.assertEqual(self.order.cost_ids.amount, 20)
        self.assertEqual(self.order.cost_ids.user_id, self.technician)

    def test_the_desk_notes_what_the_technician_spent(self):
        agent = self.env["aftersales.cost"].with_user(self.agent)
        cost = agent.create({"repair_id": self.order.id, "product_id": self.ferry.id})
        self.assertEqual(cost.user_id, self.technician)
        self.assertEqual(cost.payee_id, self.technician.partner_id)

    def test_day_of_the_company(self):
        """At noon in London it is the next day in Kiritimati."""
        self.company.partner_id.tz = "Pacific/Kiritimati"
        self.assertEqual(self._cost().date, date(2025, 6, 11))

    def test_price_of_the_vendor_or_of_the_item(self):
        self.env["product.supplierinfo"].create(
            {
                "product_tmpl_id": self.ferry.product_tmpl_id.id,
                "partner_id": self.workshop.id,
                "price": 17,
                "currency_id": self.company.currency_id.id,
            }
        )
        with Form(self.env["aftersales.cost"]) as form:
            form.repair_id = self.order
            form.product_id = self.ferry
            self.assertEqual(form.price_unit, 20)
            form.flow = "vendor"
            self.assertFalse(form.payee_id, "it was paid by nobody of us")
            form.payee_id = self.workshop
            self.assertEqual(form.price_unit, 17)
            form.price_unit = 18
        self.assertEqual(form.record.amount, 18, "what was typed stands")

    def test_a_typed_price_stays(self):
        """What was typed => price after another payment, technician or currency is chosen."""
        foreign = self.setup_other_currency("EUR", rates=[("2025-06-01", 2)])
        for typed, expected in ((86, [86, 86, 86]), (0, [20, 20, 40])):
            with self.subTest(typed=typed):
                cost = self._cost(typed, product_id=self.ferry.id)
                self.assertEqual(cost.amount, expected[0])
                prices = []
                for vals in (
                    {"flow": "paid"},
                    {"flow": "employee", "user_id": self.leader.id},
                    {"currency_id": foreign.id},
                ):
                    cost.write(vals)
                    prices.append(cost.price_unit)
                self.assertEqual(prices, expected)
        with Form(self.env["aftersales.cost"]) as form:
            form.repair_id = self.order
            form.product_id = self.ferry
            form.price_unit = 86
            form.flow = "paid"
            self.assertEqual(form.price_unit, 86)
            form.product_id = self.hotel
            self.assertEqual(form.price_unit, 86, "the hotel has no price")
            form.product_id = self.ferry
            self.assertEqual(form.price_unit, 20, "another item, its price")

    def test_foreign_currency_at_the_rate_of_its_day(self):
        foreign = self.setup_other_currency("EUR", rates=[("2025-06-01", 2), ("2025-06-09", 4)])
        early, late = (
            self._cost(100, date=day, currency_id=foreign.id)
            for day in ("2025-06-05", "2025-06-10")
        )
        self.assertEqual((early.amount, early.amount_company), (100, 50))
        self.assertEqual((late.amount, late.amount_company), (100, 25))
        with Form(late) as form:
            form.date = "2025-06-05"
        self.assertEqual(late.amount_company, 50)
        with Form(self.env["aftersales.cost"]) as form:
            form.repair_id = self.order
            form.currency_id = foreign
            form.product_id = self.ferry
        self.assertEqual(form.record.price_unit, 80, "the cost of the item, converted")

    def test_what_we_get_back(self):
        self.assertEqual(self._cost(quantity=-1).amount, -100)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._cost(-1)

    def test_whom_we_owe(self):
        with self.assertRaisesRegex(ValidationError, "Say which"):
            self._cost(flow="vendor", payee_id=False)
        with self.assertRaisesRegex(ValidationError, "owed to nobody else"):
            self._cost(payee_id=self.workshop.id)
        self.assertFalse(self._cost(flow="paid").payee_id)
        self.assertEqual(self._cost(flow="paid", payee_id=self.workshop.id).payee_id, self.workshop)

    def test_a_visit_of_the_same_order(self):
        other = self._make_order(parts=[])
        with self.assertRaisesRegex(ValidationError, "another work order"):
            self._cost(repair_id=other.id, visit_id=self.visit.id)
        self._cost(visit_id=self.visit.id)
        with self.assertRaisesRegex(ValidationError, "Take them off"):
            self.visit.repair_id = other

    def test_receipts_are_counted(self):
        costs = self._cost() | self._cost() | self._cost()
        for cost in costs[:2]:
            self.env["ir.attachment"].create(
                {"name": "receipt.txt", "raw": b"80", "res_model": cost._name, "res_id": cost.id}
            )
        self.assertEqual(costs.mapped("receipt_count"), [1, 1, 0])

    # === CONFIRMING === #

    def test_who_takes_which_step(self):
        """A technician notes, his leader or a manager confirms, finance looks on."""
        users = (self.technician, self.agent, self.leader, self.manager, self.settler)
        allowed = {
            ("draft", "confirmed"): (self.leader, self.manager),
            ("draft", "cancelled"): (self.technician, self.agent, self.leader, self.manager),
            ("confirmed", "draft"): (self.leader, self.manager),
            ("confirmed", "cancelled"): (self.leader, self.manager),
            ("cancelled", "draft"): (self.technician, self.agent, self.leader, self.manager),
            ("cancelled", "confirmed"): (),
        }
        cost = self._cost()
        for (origin, target), may in allowed.items():
            self._force_state(cost, origin)
            for user in users:
                with self.subTest(origin=origin, target=target, user=user.login):
                    passes = self._passes(cost.with_user(user).write, {"state": target})
                    self.assertEqual(passes, user in may)

    def test_leader_of_another_team_confirms_nothing(self):
        self.team_b.leader_id = self.other_agent
        self.assertFalse(self._passes(self._cost().with_user(self.other_agent).action_confirm))

    def test_nobody_confirms_his_own_money(self):
        mine = self._cost(user_id=self.leader.id)
        with self.assertRaisesRegex(UserError, "owed to you"):
            mine.with_user(self.leader).action_confirm()
        self.assertTrue(self._passes(mine.with_user(self.manager).action_confirm))
        self.company.aftersales_own_approval = True
        mine.with_user(self.leader).action_confirm()
        self.assertEqual(mine.state, "confirmed")

    def test_nothing_is_not_confirmed(self):
        with self.assertRaisesRegex(UserError, "costs nothing"):
            self._cost(0).action_confirm()

    def test_many_at_once(self):
        costs = self._cost() | self._cost(50)
        costs.with_user(self.leader).action_confirm()
        self.assertEqual(set(costs.mapped("state")), {"confirmed"})
        self.env["aftersales.cost"].browse().action_confirm()

    def test_changed_and_confirmed_in_one_write(self):
        cost = self._cost()
        cost.with_user(self.leader).write({"state": "confirmed", "price_unit": 70})
        self.assertEqual(cost.amount, 70)

    def test_confirmed_stands(self):
        cost = self._owe()
        for vals in (
            {"price_unit": 1},
            {"quantity": 2},
            {"flow": "paid"},
            {"date": "2025-01-01"},
            {"state": "draft", "price_unit": 1},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "stays as it is"):
                cost.write(vals)
        cost.action_draft()
        cost.price_unit = 1

    def test_what_the_rules_write(self):
        cost = self._cost().with_user(self.technician)
        for vals in ({"amount": 1}, {"amount_company": 1}, {"company_id": 1}, {"currency_rate": 9}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                cost.write(vals)
        noted = self._cost(amount=5, amount_company=5)
        self.assertEqual((noted.amount, noted.amount_company), (100, 100))
        with self.assertRaisesRegex(UserError, "first state"):
            self._cost(state="confirmed")

    # === DELETING === #

    def test_what_stays_on_record(self):
        cost = self._cost()
        with self.assertRaisesRegex(UserError, "stay on record"):
            self.order.unlink()
        with self.assertRaises(AccessError):
            cost.with_user(self.technician).unlink()
        cost.action_confirm()
        with self.assertRaisesRegex(UserError, "Cancel it"):
            cost.unlink()
        cost.action_cancel()
        cost.unlink()
        self.assertFalse(cost.exists())

    def test_a_copy_starts_anew(self):
        copy = self._owe(reference="R1").copy()
        self.assertRecordValues(copy, [{"state": "draft", "reference": False, "amount": 100}])

    # === WHO SEES WHAT === #

    def test_technician_works_with_his_own(self):
        mine, his = self._cost(), self._cost(user_id=self.other_technician.id)
        elsewhere = self._cost(
            repair_id=self._make_order(parts=[], technician_id=self.other_technician.id).id
        )
        costs = self.env["aftersales.cost"].with_user(self.technician)
        self.assertEqual(costs.search([]), mine | his)
        self.assertTrue(self._passes(mine.with_user(self.technician).write, {"quantity": 3}))
        for cost in (his, elsewhere):
            self.assertFalse(self._passes(cost.with_user(self.technician).write, {"quantity": 3}))

    def test_technician_notes_nothing_elsewhere(self):
        elsewhere = self._make_order(parts=[], technician_id=self.other_technician.id)
        costs = self.env["aftersales.cost"].with_user(self.technician)
        vals = {"product_id": self.hotel.id, "price_unit": 1}
        for wrong in (
            {"repair_id": elsewhere.id},
            {"repair_id": self.order.id, "user_id": self.other_technician.id},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(AccessError):
                costs.create({**vals, **wrong})
        mine = costs.create({**vals, "repair_id": self.order.id})
        for wrong in ({"repair_id": elsewhere.id}, {"user_id": self.other_technician.id}):
            with self.subTest(wrong=wrong):
                self.assertFalse(self._passes(mine.write, wrong))

    def test_who_helps_or_is_sent_notes_what_he_spent(self):
        self.order.helper_ids = [Command.link(self.other_technician.id)]
        costs = self.env["aftersales.cost"].with_user(self.other_technician)
        cost = costs.create(
            {"repair_id": self.order.id, "visit_id": False, "product_id": self.ferry.id}
        )
        self.assertEqual(cost.user_id, self.other_technician)

    def test_other_roles(self):
        cost = self._cost()
        seen = {
            self.agent: True,
            self.other_agent: False,
            self.manager: True,
            self.settler: True,
        }
        for user, sees in seen.items():
            with self.subTest(user=user.login):
                found = self.env["aftersales.cost"].with_user(user).search([])
                self.assertEqual(cost in found, sees)
        with self.assertRaises(AccessError):
            cost.with_user(self.settler).write({"quantity": 2})
        for user in (self.storekeeper, self.salesman, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                cost.with_user(user).read(["amount"])

    def test_storekeeper_opens_the_order_as_before(self):
        self._cost()
        self._open_view(self.order.with_user(self.storekeeper), "form")

    def test_companies(self):
        self._cost()
        elsewhere = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        self.assertFalse(self.env["aftersales.cost"].with_user(elsewhere).search([]))
        foreign = self.env["res.partner"].create(
            {"name": "Theirs", "company_id": self.other_company.id}
        )
        item = self.env["product.product"].create(
            {"name": "Theirs", "type": "service", "company_id": self.other_company.id}
        )
        for vals in (
            {"flow": "vendor", "payee_id": foreign.id},
            {"product_id": item.id},
            {"user_id": elsewhere.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._cost(**vals)

    # === QUERIES === #

    def test_lists_cost_the_same_for_many(self):
        for __ in range(3):
            self._cost(visit_id=self.visit.id)
        costs = self.env["aftersales.cost"].search([])
        spent = []
        self._open_view(costs, "list")
        for records in (costs[:1], costs):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._open_view(records, "list")
            spent.append(self.env.cr.sql_log_count - before)
        self.assertEqual(spent[0], spent[1])
