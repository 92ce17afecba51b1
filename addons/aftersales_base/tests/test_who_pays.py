from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-01")
class TestWhoPays(AftersalesCommon):
    """The question on the phone, and the same question from another system."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("WP1")

    def _ask(self, user, items, unit=None, **kwargs):
        return self._call(user, unit or self.unit, "who_pays", items, **kwargs)

    # === REMOTE === #

    def test_every_item_is_answered_in_its_order(self):
        items = [
            {"product_id": self.travel.id},
            {"product_id": self.compressor.id, "quantity": 2},
            {"kind": "labour", "quantity": 1.5, "price_unit": 100},
        ]
        for user in (self.technician, self.agent, self.manager, self.settler):
            with self.subTest(user=user.login):
                travel, part, labour = self._ask(user, items, date_fault="2025-06-01")
                self.assertEqual(travel["bearer"], "customer")
                self.assertEqual(travel["customer_amount"], 50)
                self.assertEqual(
                    (part["bearer"], part["bearer_name"]), ("partner", "Kitano Compressors")
                )
                self.assertEqual((part["amount"], part["covered_amount"]), (1600, 1600))
                self.assertEqual(part["covered_percent"], 100)
                self.assertIn("Kitano", part["explanation"])
                self.assertEqual((labour["bearer"], labour["covered_amount"]), ("company", 150))
                self.assertEqual((travel["name"], labour["name"]), ("Travel Fee", "Labour"))

    def test_answers_are_those_of_the_charge_made_later(self):
        charge = self._make_charge(self.compressor, unit_id=self.unit.id, date_fault="2029-01-01")
        [answer] = self._ask(
            self.agent, [{"product_id": self.compressor.id}], date_fault="2029-01-01"
        )
        for fname in ("amount", "bearer", "covered_percent", "explanation", "customer_amount"):
            self.assertEqual(answer[fname], charge[fname])

    def test_cause_day_and_service_type_decide(self):
        items = [{"product_id": self.compressor.id}]
        [late] = self._ask(self.agent, items, date_fault="2028-01-10")
        self.assertEqual(late["bearer"], "customer")
        [misuse] = self._ask(self.agent, items, cause=self.cause_misuse.id)
        self.assertIn("Misuse", misuse["explanation"])
        [half] = self._ask(
            self.agent, [{"product_id": self.travel.id}], service_type=self.type_half.id
        )
        self.assertEqual(half["covered_amount"], 25)

    def test_nothing_is_stored_and_no_items_no_answers(self):
        count = self.env["aftersales.charge"].search_count([])
        self.assertEqual(self._ask(self.agent, []), [])
        self._ask(self.agent, [{"product_id": self.compressor.id}] * 20)
        self.env.flush_all()
        self.assertEqual(self.env["aftersales.charge"].search_count([]), count)

    def test_items_cost_no_more_queries_to_decide(self):
        def count_queries(items):
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self._ask(self.manager, items)
            return self.env.cr.sql_log_count - start

        item = {"product_id": self.compressor.id}
        count_queries([item])
        self.assertLessEqual(count_queries([item] * 50), count_queries([item]))

    def test_what_cannot_be_understood_is_refused(self):
        for items in (
            ["compressor"],
            [{"product": self.compressor.id}],
            [{"quantity": 2}],
            [{"kind": "instalment"}],
            [{"product_id": 0x7FFFFFFF}],
            [{"product_id": self.compressor.id, "override_bearer": "company"}],
        ):
            with self.subTest(items=items), self.assertRaises(UserError):
                self._ask(self.agent, items)
        with self.assertRaisesRegex(UserError, "no day"):
            self._ask(self.agent, [{"kind": "part"}], date_fault="tomorrow")

    def test_who_may_not_ask(self):
        items = [{"kind": "part"}]
        for user in (self.salesman, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._ask(user, items)

    def test_other_company_is_closed(self):
        far = self.env["aftersales.unit"].create(
            {
                "product_id": self.ac.id,
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )
        foreign = self._create_product(name="Secret", company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            self._ask(self.agent, [{"kind": "part"}], unit=far)
        with self.assertRaises(AccessError):
            self._ask(self.agent, [{"product_id": foreign.id}])
        fault = self.cause_misuse.copy({"company_id": self.other_company.id, "code": "X1"})
        with self.assertRaises(AccessError):
            self._ask(self.agent, [{"kind": "part"}], cause=fault.id)

    # === ON THE PHONE === #

    def _open(self, user, unit):
        Ask = self.env["aftersales.coverage.ask"].with_user(user)
        return Form(Ask.with_context(default_unit_id=unit.id))

    def test_agent_sees_the_answer_while_typing(self):
        for user in (self.agent, self.technician):
            form = self._open(user, self.unit)
            with form.line_ids.new() as line:
                line.product_id = self.compressor
                self.assertEqual((line.kind, line.bearer), ("part", "partner"))
                self.assertIn("Kitano", line.explanation)
            with form.line_ids.new() as line:
                line.product_id = self.travel
                self.assertEqual((line.kind, line.customer_amount), ("travel", 50))
            self.assertEqual((form.amount_customer, form.amount_covered), (50, 800))
            form.cause_id = self.cause_misuse
            self.assertEqual((form.amount_customer, form.amount_covered), (850, 0))

    def test_question_becomes_a_request(self):
        form = self._open(self.agent, self.unit)
        form.symptom_id = self.symptom
        action = form.save().action_new_request()
        request = Form(
            self.env["aftersales.request"].with_user(self.agent).with_context(**action["context"])
        )
        self.assertEqual(request.unit_id, self.unit)
        self.assertEqual(request.symptom_id, self.symptom)

    def test_question_about_a_unit_of_another_company_tells_nothing(self):
        far = self.env["aftersales.unit"].create(
            {
                "product_id": self.ac.id,
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )
        Ask = self.env["aftersales.coverage.ask"].with_user(self.agent)
        for fname in ("partner_id", "warranty_status"):
            with self.subTest(field=fname), self.assertRaises(AccessError):
                Ask.create({"unit_id": far.id}).read([fname])
        with self.assertRaises(AccessError):
            ask = Ask.create({"unit_id": far.id, "line_ids": [(0, 0, {"kind": "part"})]})
            ask.line_ids.read(["explanation"])

    def test_question_of_a_colleague_is_his(self):
        ask = (
            self.env["aftersales.coverage.ask"]
            .with_user(self.agent)
            .create({"unit_id": self.unit.id})
        )
        with self.assertRaises(AccessError):
            ask.with_user(self.other_agent).read(["date_fault"])
