from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .phone import PhonePage
from .test_my_work import MyWorkCommon


@tagged("post_install", "-at_install")
class TestCostPhone(MyWorkCommon, PhonePage):
    """What a technician paid on the road is noted on his phone, with his own rights alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls.env["product.product"].create(
            {"name": "Ferry", "type": "service", "sale_ok": False}
        )

    def setUp(self):
        super().setUp()
        self._arrive()

    def _get_phone_path(self, record=None):
        return f"/my-visits/{(record or self.visit).id}"

    def test_noted_by_the_page(self):
        self.assertIn("Ferry", self._page())
        for key in ("one", "one", "two"):
            self._post("cost", key=key, item=self.item.id, amount="12,50", reference=" R-17 ")
        self.assertRecordValues(
            self.visit.cost_ids,
            [
                {
                    "repair_id": self.order.id,
                    "user_id": self.technician.id,
                    "flow": "employee",
                    "amount": 12.5,
                    "reference": "R-17",
                    "state": "draft",
                }
            ]
            * 2,
        )
        self.assertIn("R-17", self._page())

    def test_what_is_typed_into_the_address(self):
        for data in (
            {"item": self.labour.id, "amount": "5"},
            {"item": self.item.id, "amount": "-5"},
            {"item": self.item.id, "amount": "nan"},
            {"item": self.item.id, "amount": ""},
            {"item": "1 OR 1=1", "amount": "5"},
        ):
            self.assertIn("alert-danger", self._post("cost", **data).text)
        self.assertFalse(self.visit.cost_ids)
        foreign = self._make_visit(user_id=self.other_technician.id)
        foreign.action_arrive()
        answer = self._post("cost", foreign, item=self.item.id, amount="5")
        self.assertURLEqual(answer.headers["Location"], "/my-visits")
        self.assertFalse(foreign.cost_ids)

    def test_told_late_it_counts_on_its_day(self):
        cost = self.mine._note_cost(self.item.id, 5, moment=datetime(2025, 6, 1, 10))
        self.assertEqual(cost.date, date(2025, 6, 1))

    def test_not_before_he_is_there_nor_by_others(self):
        self.env["product.product"].create(
            {
                "name": "Theirs",
                "type": "service",
                "sale_ok": False,
                "company_id": self.other_company.id,
            }
        )
        self.assertNotIn("Theirs", self.mine._get_cost_items().mapped("name"))
        planned = self._make_visit(user_id=self.technician.id).with_user(self.technician)
        with self.assertRaisesRegex(UserError, "Tap Arrived"):
            planned._note_cost(self.item.id, 5)
        with self.assertRaises(AccessError):
            self.visit.with_user(self.other_technician)._note_cost(self.item.id, 5)
