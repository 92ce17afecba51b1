from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tests.common import warmup

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestHandover(RepairCommon):
    """What came in goes back, to somebody, with what came along, and says so on paper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")
        cls.order = cls._make_order(
            parts=[],
            accessory_ids=[
                Command.create({"name": "Remote control", "condition": "Lid missing"}),
                Command.create({"name": "Hose"}),
            ],
        )
        cls.mine = cls.order.with_user(cls.technician)
        with freeze_time("2025-06-02 09:00:00"):
            cls._do(cls.order)

    def _open(self, order=None, user=None):
        Wizard = self.env["aftersales.hand.back"].with_user(user or self.technician)
        return Form(Wizard.with_context(default_repair_id=(order or self.order).id))

    def _print(self, name, orders=None):
        orders = orders or self.order
        report = self.env["ir.actions.report"]
        return report._render_qweb_html(f"aftersales_repair.{name}", orders.ids)[0].decode()

    # === HANDING BACK === #

    @freeze_time("2025-06-05 10:00:00")
    def test_all_goes_back(self):
        self.assertEqual((self.order.pickup_status, self.order.pickup_days), ("ready", 3))
        form = self._open()
        self.assertEqual(form.handed_over_to, self.customer.name)
        self.assertFalse(form.missing)
        form.handed_over_to = "Lin Mei"
        action = form.save().action_hand_back()
        self.assertEqual(action["report_name"], "aftersales_repair.report_repair_handover")
        self.assertRecordValues(
            self.order,
            [
                {
                    "pickup_status": "collected",
                    "pickup_days": 0,
                    "handed_over_to": "Lin Mei",
                    "handed_over_by_id": self.technician.id,
                }
            ],
        )
        self.assertEqual(str(self.order.date_handed_over), "2025-06-05 10:00:00")
        self.assertEqual(self.order.accessory_ids.mapped("given_back"), [True, True])
        html = self._print("report_repair_handover")
        self.assertIn("Lin Mei", html)
        self.assertNotIn("stays here", html)

    def test_part_of_what_came_along_stays(self):
        form = self._open()
        form.accessory_ids.remove(id=self.order.accessory_ids[1].id)
        self.assertEqual(form.missing, "Hose")
        form.save().action_hand_back()
        self.assertEqual(self.order.accessory_ids.mapped("given_back"), [True, False])
        self.assertIn("stays here", self._print("report_repair_handover"))

    # === ONLY WHEN PAID === #

    def _make_unpaid(self):
        """Return a done order that costs the customer 50."""
        self.company.sudo().aftersales_release_paid = True
        order = self._make_order(parts=[], charges=[self.travel])
        self._do(order)
        return order

    def _settle(self, order):
        """Settle and invoice the order; return the posted invoice."""
        settlement = self.env["aftersales.settlement"].browse(
            order.with_user(self.agent).action_settle()["res_id"]
        )
        settlement.with_user(self.settler).action_confirm()
        settlement.with_user(self.settler).action_create_invoice()
        settlement.with_user(self.settler).move_id.action_post()
        return settlement.move_id

    def test_goods_stay_until_they_are_paid(self):
        order = self._make_unpaid()
        form = self._open(order)
        with self.assertRaisesRegex(UserError, "not paid yet: Travel"):
            form.save().action_hand_back()
        with self.assertRaisesRegex(UserError, "not paid yet"):
            order.with_user(self.agent)._hand_over("Lin Mei", order.accessory_ids)
        move = self._settle(order)
        with self.assertRaisesRegex(UserError, "not paid yet"):
            self._open(order).save().action_hand_back()
        self.assertFalse(order.date_handed_over)
        self._pay(move, user=self.settler)
        self._open(order).save().action_hand_back()
        self.assertTrue(order.date_handed_over)

    def test_who_may_have_unpaid_goods(self):
        """A manager releases them, who pays monthly gets them, and so does everybody else."""
        order = self._make_unpaid()
        self._open(order, self.manager).save().action_hand_back()
        self.assertTrue(order.date_handed_over)
        monthly = self._make_unpaid()
        self.customer.sudo().aftersales_settle_by = "month"
        self._open(monthly).save().action_hand_back()
        self.assertTrue(monthly.date_handed_over)
        self.customer.sudo().aftersales_settle_by = False
        self.company.sudo().aftersales_release_paid = False
        free = self._make_order(parts=[], charges=[self.travel])
        self._do(free)
        self._open(free).save().action_hand_back()
        self.assertTrue(free.date_handed_over)

    def test_twice_says_to_whom(self):
        self._open().save().action_hand_back()
        with self.assertRaisesRegex(UserError, f"handed over to {self.customer.name} already"):
            self._open().save().action_hand_back()

    def test_to_nobody(self):
        form = self._open()
        form.handed_over_to = "  "
        with self.assertRaisesRegex(UserError, "who takes the goods"):
            form.save().action_hand_back()

    def test_unfinished_work_stays(self):
        order = self._make_order(parts=[])
        self.assertFalse(order.pickup_status)
        with self.assertRaisesRegex(UserError, "is not done yet"):
            self._open(order).save().action_hand_back()

    def test_what_was_lent_comes_back_first(self):
        """Modules that lend say so by the hook; the goods stay until it is back."""
        order = self._do(self._make_order(parts=[]))
        lent = "Bring the loaner back first."
        with (
            patch.object(type(order), "_get_handover_obstacle", lambda self: lent),
            self.assertRaisesRegex(UserError, lent),
        ):
            order._hand_over("Lin Mei", order.accessory_ids)
        order._hand_over("Lin Mei", order.accessory_ids)
        self.assertTrue(order.date_handed_over)

    def test_refused_estimate_goes_back_unrepaired(self):
        order = self._make_order(parts=[])
        order.action_tell_estimate()
        order.action_refuse_estimate()
        order.action_repair_cancel()
        self.assertEqual(order.pickup_status, "ready")
        self._open(order).save().action_hand_back()
        self.assertEqual(order.pickup_status, "collected")
        self.assertIn("without repair", self._print("report_repair_handover", order))

    def test_dropped_order_waits_for_nobody(self):
        order = self._make_order(parts=[])
        order.action_repair_cancel()
        self.assertFalse(order.pickup_status)

    def test_manager_takes_it_back(self):
        self._open().save().action_hand_back()
        with self.assertRaisesRegex(AccessError, "manager"):
            self.mine.action_undo_hand_over()
        self.order.with_user(self.manager).action_undo_hand_over()
        self.assertEqual(self.order.pickup_status, "ready")
        self.assertFalse(any(self.order.accessory_ids.mapped("given_back")))

    # === THE PICK-UP LIST === #

    def test_list_of_what_waits(self):
        onsite = self.env.ref("aftersales_base.aftersales_service_type_onsite")
        home = self._do(self._make_order(parts=[], service_type_id=onsite.id))
        waiting = self._do(self._make_order(parts=[]))
        still = self._make_order(parts=[])
        self._open().save().action_hand_back()
        ours = self.order | home | waiting | still
        Repair = self.env["repair.order"]
        for status, found in (
            ("ready", waiting),
            ("collected", self.order),
            (False, home | still),
        ):
            domain = [("pickup_status", "=", status), ("id", "in", ours.ids)]
            self.assertEqual(Repair.search(domain), found, status)

    def _remind(self):
        with self.enter_registry_test_mode():
            job = self.env.ref("aftersales_repair.ir_cron_remind_of_pickup").sudo()
            job.method_direct_trigger()
        self.order.invalidate_recordset()

    def _get_reminders(self):
        return self.env["mail.mail"].sudo().search([("subject", "ilike", self.order.name)])

    def test_reminders(self):
        """Every seven days, until it is picked up; other companies their own way."""
        self.customer.email = "lin@example.com"
        self._remind()
        self.assertFalse(self.order.pickup_reminded_on, "0 days: never")
        self.company.sudo().aftersales_pickup_days = 7
        for day, reminded in (
            ("2025-06-08", False),
            ("2025-06-09", "2025-06-09"),
            ("2025-06-12", "2025-06-09"),
            ("2025-06-16", "2025-06-16"),
        ):
            with freeze_time(f"{day} 08:00:00"):
                self._remind()
            self.assertEqual(str(self.order.pickup_reminded_on or "") or False, reminded, day)
        mails = self._get_reminders()
        self.assertEqual((len(mails), mails.recipient_ids), (2, self.customer))
        self._open().save().action_hand_back()
        with freeze_time("2025-07-20 08:00:00"):
            self._remind()
        self.assertEqual(str(self.order.pickup_reminded_on), "2025-06-16")

    def test_one_bad_order_keeps_no_other_from_it(self):
        self.customer.email = "lin@example.com"
        self.company.sudo().aftersales_pickup_days = 7
        first, last = self._make_order(parts=[]), self._make_order(parts=[])
        with freeze_time("2025-06-02 09:00:00"):
            self._do(first | last)
        self._break(self.order, "_remind_of_pickup")
        with freeze_time("2025-06-09 08:00:00"):
            for __ in range(2):
                self._remind()
        orders = self.order | first | last
        orders.invalidate_recordset()
        self.assertEqual([bool(order.pickup_reminded_on) for order in orders], [False, True, True])
        bodies = self.order.message_ids.mapped("body")
        self.assertEqual(sum("was not asked to pick it up" in body for body in bodies), 1)
        self.assertNotIn("not asked", "".join((first | last).message_ids.mapped("body")))

    # === STORAGE === #

    def _charge_storage_after(self, free_days):
        storage = self._create_product(name="Storage", type="service", lst_price=5)
        self.company.sudo().write(
            {
                "aftersales_storage_product_id": storage.id,
                "aftersales_storage_free_days": free_days,
            }
        )
        return storage

    @freeze_time("2025-06-20 09:00:00")
    def test_storage_is_charged_beyond_the_free_days(self):
        storage = self._charge_storage_after(14)
        form = self._open()
        self.assertEqual(form.storage_days, 4)
        form.save().action_hand_back()
        charge = self.order.charge_ids.filtered(lambda charge: charge.product_id == storage)
        self.assertEqual((charge.quantity, charge.amount, charge.state), (4, 20, "confirmed"))

    @freeze_time("2025-06-20 09:00:00")
    def test_storage_is_charged_once(self):
        self._charge_storage_after(14)
        self._open().save().action_hand_back()
        self.order.with_user(self.manager).action_undo_hand_over()
        form = self._open()
        self.assertEqual(form.storage_days, 0)
        form.save().action_hand_back()
        self.assertEqual(self.order.charge_ids.mapped("quantity"), [4])

    @freeze_time("2025-06-20 09:00:00")
    def test_storage_can_be_forgiven(self):
        self._charge_storage_after(14)
        form = self._open()
        form.charge_storage = False
        form.save().action_hand_back()
        self.assertFalse(self.order.charge_ids)

    @freeze_time("2025-06-10 09:00:00")
    def test_no_storage_in_time(self):
        self._charge_storage_after(14)
        self.assertEqual(self._open().storage_days, 0)

    # === FORBIDDEN === #

    def test_facts_are_not_written_by_hand(self):
        for vals in (
            {"date_handed_over": "2025-06-05 10:00:00"},
            {"handed_over_to": "Me"},
            {"pickup_reminded_on": "2025-06-05"},
        ):
            with self.assertRaisesRegex(UserError, self.order.name):
                self.order.with_user(self.manager).write(vals)
        forged = self._make_order(parts=[], handed_over_to="Me", date_handed_over="2025-06-05")
        self.assertFalse(forged.handed_over_to or forged.date_handed_over)
        accessory = self.mine.accessory_ids[0]
        with self.assertRaisesRegex(UserError, "Given Back"):
            accessory.given_back = True
        foreign = self._make_order(parts=[], technician_id=self.other_technician.id)
        with self.assertRaises(AccessError):
            accessory.repair_id = foreign
        with self.assertRaises(UserError):
            accessory.company_id = self.other_company

    def test_what_was_signed_for_stays(self):
        self._open().save().action_hand_back()
        accessory = self.mine.accessory_ids[0]
        for forbidden in (
            lambda: accessory.write({"condition": "Perfect"}),
            accessory.unlink,
            lambda: accessory.copy(),
        ):
            with self.assertRaisesRegex(UserError, "is handed over"):
                forbidden()

    def test_colleagues(self):
        for user in (self.other_technician, self.other_agent):
            with self.assertRaises(AccessError):
                self.order.accessory_ids[0].with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                self._open(user=user).save().action_hand_back()
        self.assertFalse(self.order.date_handed_over)

    def test_accessories_of_another_order_are_not_given_back(self):
        other = self._make_order(
            parts=[], accessory_ids=[Command.create({"name": "Someone else's"})]
        )
        self.mine._hand_over("Lin", other.accessory_ids)
        self.assertFalse(other.accessory_ids.given_back)

    # === PAPER AND SPEED === #

    def test_slip(self):
        self.company.sudo().aftersales_intake_notice = "<p>Stored for 14 days.</p>"
        self.order.write({"consent_data": True, "internal_notes": "<p>Grumpy customer</p>"})
        html = self._print("report_repair_slip")
        for text in (self.order.name, "Remote control", "Lid missing", "Stored for 14", "may be"):
            self.assertIn(text, html)
        self.assertNotIn("Grumpy", html, "the customer does not read our notes")

    @warmup
    def test_queries_do_not_grow_with_the_orders(self):
        orders = self.env["repair.order"].union(
            self.order, *(self._do(self._make_order(parts=[])) for __ in range(10))
        )

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("pickup_days")
            return self.env.cr.sql_log_count - before

        count(self.order)
        self.assertEqual(count(orders), count(self.order))
