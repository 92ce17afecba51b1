from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_my_visits import PIXEL
from .test_my_work import MyWorkCommon, make_picture
from .test_visit import NINE, NOW

FOREIGN_GROUPS = (
    "stock.group_stock_user",
    "sales_team.group_sale_salesman",
    "account.group_account_readonly",
    "account.group_account_invoice",
    "aftersales_base.group_aftersales_agent",
    "aftersales_base.group_aftersales_settlement",
    "purchase.group_purchase_user",
)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestFieldDay(MyWorkCommon):
    """The whole day of a technician who is nothing else: no stock, sales or accounting rights.

    The desk makes the request and sends him; everything after that is his.
    """

    def _as_technician(self, record):
        return record.with_user(self.technician)

    def _send(self):
        """Let the agent take the call, make the order and send the technician."""
        desk = self.env(user=self.agent)
        request = desk["aftersales.request"].create(
            {
                "subject": "Drips",
                "unit_id": self.unit.id,
                "team_id": self.team_a.id,
                "user_id": self.technician.id,
            }
        )
        order = desk["repair.order"].create({"request_id": request.id})
        visit = desk["aftersales.visit"].create({"repair_id": order.id, "planned_from": NINE})
        self.assertEqual((order.technician_id, visit.user_id), (self.technician, self.technician))
        return [self._as_technician(record) for record in (request, order, visit)]

    def test_he_is_nothing_else(self):
        for group in FOREIGN_GROUPS:
            if self.env.ref(group, raise_if_not_found=False):
                self.assertFalse(self.technician.has_group(group), group)
        for model, right in (
            ("account.move", "read"),
            ("aftersales.settlement", "create"),
            ("sale.order", "create"),
            ("stock.picking", "write"),
            ("stock.quant", "write"),
            ("stock.location", "write"),
        ):
            self.assertFalse(self.env(user=self.technician)[model].has_access(right), model)

    def test_day_on_the_road(self):
        request, order, visit = self._send()
        # In the morning: what is his, and what waits today.
        self.assertIn(request, request.search([("user_id", "=", self.technician.id)]))
        self.assertIn(visit, visit._get_my_today())
        self.assertIn(visit.id, visit.activity_ids.mapped("res_id"))
        self.assertTrue(request.env["aftersales.workday"].get_today())
        html, __ = request.env["ir.actions.report"]._render_qweb_html(
            "aftersales_repair.action_report_visit_slip", visit.ids
        )
        self.assertIn(visit.name, html.decode())

        self.assertTrue(visit.action_start())
        self.assertEqual((visit.state, request.state), ("on_way", "in_progress"))
        self.assertTrue(visit.action_arrive())
        self.assertEqual((visit.state, order.progress), ("at_work", "in_work"))
        self.assertFalse(visit.activity_ids.filtered(lambda todo: todo.user_id != self.technician))

        # What he finds, and what he does about it.
        with Form(order) as form:
            form.cause_id = self._as_technician(self.cause_wear)
            form.remedy_id = self._as_technician(self.remedy)
            with form.charge_ids.new() as line:
                line.product_id = self._as_technician(self.labour)
                line.quantity = 1.5
        visit._start_work()
        self.assertEqual(order.state, "under_repair")
        look, pressure = order.check_ids.sorted("sequence")
        visit._note_checks({look.id: {"result": "passed"}, pressure.id: {"value": "1.4"}})
        self.assertEqual(order.check_status, "passed")
        self.assertEqual(look.user_id, self.technician)
        stock = visit._get_own_stock()
        self.assertEqual(stock.product_id, self.filter_part)
        visit._use_part(stock.id, 2)
        self.assertEqual(order.move_ids.product_id, self.filter_part)
        visit._add_photos([make_picture()])
        self.assertEqual(len(visit._get_photos()), 1)
        visit._note_payment(50, "cash", "R-1")
        self.assertIn("R-1", order.visit_payment_note)

        visit.action_finish(result="solved", result_note="Filter cleaned and changed")
        self.assertEqual(visit.state, "done")
        visit._sign("Lin Mei", PIXEL)
        self.assertEqual(visit.signed_by, "Lin Mei")
        visit._end_work()
        self.assertEqual(order.state, "done")
        self.assertEqual(set(order.sudo().move_ids.mapped("state")), {"done"})
        self.assertEqual(self._quant(self.filter_part).quantity, 1)
        self.assertEqual(
            {charge.product_id: charge.state for charge in order.charge_ids},
            {self.labour: "confirmed", self.filter_part: "confirmed"},
        )
        html, __ = order.env["ir.actions.report"]._render_qweb_html(
            "aftersales_repair.action_report_repair_estimate", order.ids
        )
        self.assertIn("Filter", html.decode())

        # In the evening the request is closed by what was done, and the money is others' to count.
        request.action_done()
        self.assertEqual((request.state, request.remedy_id), ("done", self.remedy))
        with self.assertRaises(AccessError):
            order.action_settle()

    def test_day_in_the_workshop(self):
        """Goods that were brought in: he repairs them and hands them back."""
        unit = self._make_unit("BENCH-1")
        self._put_in_stock(self.ac, 1, lot=unit.lot_id)
        request = self._make_request(unit_id=unit.id, user_id=self.technician.id)
        order = self.env(user=self.technician)["repair.order"].create(
            {
                "request_id": request.id,
                "unit_condition": "Scratched",
                "accessory_ids": [Command.create({"name": "Remote control"})],
            }
        )
        self.assertEqual(order.technician_id, self.technician)
        order.action_validate()
        order.action_repair_start()
        self.assertEqual(len(order.check_ids), 2)
        order.check_ids.filtered(lambda check: check.kind == "look").result = "passed"
        order.check_ids.filtered(lambda check: check.kind == "measure").value = 1.5
        order.write({"move_ids": [self._part(self.filter_part)]})
        order.move_ids.quantity = 1
        order.action_repair_end()
        self.assertEqual((order.state, order.pickup_status), ("done", "ready"))
        form = Form(order.env["aftersales.hand.back"].with_context(default_repair_id=order.id))
        form.handed_over_to = "Lin Mei"
        wizard = form.save()
        wizard.signature = PIXEL
        action = wizard.action_hand_back()
        self.assertEqual(action["report_name"], "aftersales_repair.report_repair_handover")
        self.assertEqual((order.pickup_status, order.handed_over_to), ("collected", "Lin Mei"))
        self.assertEqual(order.handed_over_by_id, self.technician)
        self.assertTrue(order.accessory_ids.given_back)
        html, __ = order.env["ir.actions.report"]._render_qweb_html(
            "aftersales_repair.report_repair_handover", order.ids
        )
        self.assertIn("Remote control", html.decode())
