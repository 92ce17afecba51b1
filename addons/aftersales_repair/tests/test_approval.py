from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tests.common import warmup

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestApproval(RepairCommon):
    """Work of some types begins only when a superior says so, whoever tries it and how."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = cls._new_user("leader", "aftersales_base.group_aftersales_agent")
        cls.team_a.leader_id = cls.leader
        cls.type_move = cls.env["aftersales.service.type"].create(
            {
                "name": "Move",
                "company_id": cls.company.id,
                "team_id": cls.team_a.id,
                "needs_approval": True,
            }
        )
        cls.order = cls._make_order(parts=[], service_type_id=cls.type_move.id)
        cls.mine = cls.order.with_user(cls.agent)

    def _refuse(self, user, reason="No power there"):
        wizard = self.env["aftersales.approval.refuse"].with_user(user)
        wizard.create({"repair_id": self.order.id, "reason": reason}).action_refuse()

    def test_ask_and_approve(self):
        self.assertEqual(self.order.approval_status, "needed")
        self.mine.action_ask_approval()
        self.assertEqual(self.order.approval_status, "asked")
        todo = self.order.activity_ids
        self.assertEqual((todo.user_id, todo.summary), (self.leader, "Approve: Move"))
        self.assertFalse(self.mine.may_approve)
        approving = self.order.with_user(self.leader)
        self.assertTrue(approving.may_approve)
        approving.action_approve()
        self.assertFalse(self.order.activity_ids)
        message = self.order.message_ids[0]
        self.assertIn("Approved by", message.body)
        self.assertIn(self.agent.partner_id, message.notified_partner_ids)
        self._do(self.order)
        self.assertEqual(self.order.state, "done")

    def test_refuse_and_ask_again(self):
        self.mine.action_ask_approval()
        self._refuse(self.leader)
        self.assertEqual(self.order.approval_status, "refused")
        with self.assertRaisesRegex(UserError, "No power there"):
            self.mine.action_repair_start()
        self.mine.action_ask_approval()
        self.assertEqual(self.order.approval_status, "asked")
        self.assertFalse(self.order.approval_reason)

    def test_asking_twice_makes_one_to_do(self):
        self.mine.action_ask_approval()
        self.mine.action_ask_approval()
        self.assertEqual(len(self.order.activity_ids), 1)

    def test_every_way_to_begin_is_closed(self):
        technician = self.order.with_user(self.technician)
        self.order.technician_id = self.technician
        for begin in (
            technician.action_validate,
            technician.action_repair_start,
            lambda: technician.write({"state": "confirmed"}),
            lambda: self.order.sudo().write({"state": "confirmed"}),
            lambda: self._call(self.technician, self.order, "write", {"state": "confirmed"}),
            lambda: (
                self.env["repair.order"]
                .sudo()
                .create({"service_type_id": self.type_move.id, "state": "confirmed"})
            ),
        ):
            with self.assertRaisesRegex(UserError, "superior"), self.env.cr.savepoint():
                begin()
        self.order.action_repair_cancel()

    def test_back_from_cancelled(self):
        """A type that needs approval by now is asked about when the order is taken up again."""
        order = self._make_order(parts=[], service_type_id=self.type_half.id)
        order.action_repair_cancel()
        self.type_half.needs_approval = True
        order.action_repair_cancel_draft()
        self.assertEqual(order.approval_status, "needed")
        with self.assertRaisesRegex(UserError, "superior"):
            order.action_validate()

    def test_facts_are_not_written_by_hand(self):
        for vals in (
            {"approval_answer": "approved"},
            {"approval_type_id": self.type_move.id},
            {"approval_status": "approved"},
            {"approver_id": self.manager.id},
        ):
            with self.assertRaises(UserError):
                self.order.with_user(self.manager).write(vals)
        forged = self._make_order(
            parts=[],
            service_type_id=self.type_move.id,
            approval_answer="approved",
            approval_asked_on="2025-06-01 08:00:00",
            approval_type_id=self.type_move.id,
        )
        self.assertEqual(forged.approval_status, "needed")

    def test_another_kind_of_work_is_asked_about_anew(self):
        upgrade = self.type_move.copy({"name": "Upgrade"})
        self.mine.action_ask_approval()
        self.order.with_user(self.leader).action_approve()
        self.order.service_type_id = upgrade
        self.assertEqual(self.order.approval_status, "needed")
        with self.assertRaises(UserError):
            self.order.write({"state": "confirmed"})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.order.write({"state": "confirmed", "service_type_id": upgrade.id})
        self.order.service_type_id = self.type_half
        self.assertFalse(self.order.approval_status)
        self.order.action_repair_start()

    # === WHO === #

    def test_not_his_own_request(self):
        own = self.order.with_user(self.leader)
        own.action_ask_approval()
        with self.assertRaisesRegex(UserError, "yourself"):
            own.action_approve()
        self.assertNotIn(self.leader, self.order.activity_ids.user_id)
        self.company.sudo().aftersales_own_approval = True
        own.action_approve()
        self.assertEqual(self.order.approver_id, self.leader)

    def test_who_may_not(self):
        self.mine.action_ask_approval()
        with self.assertRaisesRegex(UserError, "leader of its team"):
            self.mine.action_approve()
        for user in (self.other_agent, self.technician, self.storekeeper):
            with self.assertRaises(UserError):
                self.order.with_user(user).action_approve()
        with self.assertRaises(AccessError):
            self._refuse(self.technician)
        with self.assertRaises(UserError):
            self._refuse(self.other_agent)
        self.order.with_user(self.manager).action_approve()

    def test_leader_above_and_manager(self):
        above = self._new_user("chief", "aftersales_base.group_aftersales_agent")
        self.team_a.parent_id = self.env["aftersales.team"].create(
            {"name": "Head", "company_id": self.company.id, "leader_id": above.id}
        )
        self.mine.action_ask_approval()
        self.order.with_user(above).action_approve()
        self.assertEqual(self.order.approval_status, "approved")

    def test_nobody_asked_or_answered_already(self):
        with self.assertRaisesRegex(UserError, "Nobody waits"):
            self.order.with_user(self.leader).action_approve()
        self.mine.action_ask_approval()
        self.order.with_user(self.leader).action_approve()
        with self.assertRaisesRegex(UserError, "Nobody waits"):
            self._refuse(self.manager)

    # === BESIDE === #

    def test_other_types_need_none(self):
        order = self._make_order(parts=[])
        self.assertFalse(order.approval_status)
        self._do(order)
        self.type_half.needs_approval = True
        order.action_ask_approval()
        self.assertFalse(order.approval_status)

    def test_setting_reaches_open_orders_only(self):
        done = self._do(self._make_order(parts=[], service_type_id=self.type_half.id))
        still = self._make_order(parts=[], service_type_id=self.type_half.id)
        self.type_half.needs_approval = True
        self.assertEqual((done.approval_status, still.approval_status), (False, "needed"))

    @warmup
    def test_queries(self):
        ten = self.env["repair.order"].create(
            [{"unit_id": self.unit.id, "service_type_id": self.type_move.id} for __ in range(10)]
        )
        ten.action_ask_approval()

        def count(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.with_user(self.leader).read(["approval_status", "may_approve"])
            return self.env.cr.sql_log_count - before

        count(ten[0])
        self.assertEqual(count(ten), count(ten[0]))

    def test_other_companies_managers_are_not_asked(self):
        self.team_a.leader_id = False
        self._new_user(
            "foreign_manager",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.mine.action_ask_approval()
        asked = self.order.activity_ids.user_id
        self.assertIn(self.company, asked.company_ids)
