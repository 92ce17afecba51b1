from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import AftersalesCommon

# A Monday; the company works 8 to 12 and 13 to 17, in UTC.
MONDAY = datetime(2026, 3, 2, 8, 0)


@tagged("post_install", "-at_install")
class TestSla(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.office = cls.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC", "company_id": cls.company.id}
        )
        cls.standard = cls.env["aftersales.sla.policy"].create(
            {
                "name": "Standard",
                "sequence": 20,
                "calendar_id": cls.office.id,
                "response_hours": 2,
                "resolution_hours": 16,
            }
        )
        cls.urgent = cls.env["aftersales.sla.policy"].create(
            {
                "name": "Urgent",
                "sequence": 10,
                "priority": "2",
                "response_hours": 1,
                "resolution_hours": 8,
            }
        )
        cls.customer_wait, cls.maker_wait = cls.env["aftersales.pause.reason"].create(
            [
                {"name": "Customer", "sequence": -2, "ends_on_reply": True},
                {"name": "Maker", "sequence": -1, "stops_clock": False},
            ]
        )

    def _report(self, **vals):
        """A request by mail: nobody has answered yet."""
        vals = {"channel": "mail", "date_reported": MONDAY, **vals}
        return self._make_request(**vals)

    def _run_escalation(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("aftersales_base.ir_cron_escalate").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _at(self, hours):
        return freeze_time(MONDAY + timedelta(hours=hours))

    # === WHICH POLICY === #

    def test_first_policy_that_matches(self):
        level = self.env["aftersales.customer.level"].create({"name": "Gold"})
        gold, teams, typed, product = self.env["aftersales.sla.policy"].create(
            [
                {"name": "Gold", "sequence": 1, "resolution_hours": 1, "level_ids": level.ids},
                {
                    "name": "B",
                    "sequence": 2,
                    "resolution_hours": 1,
                    "team_ids": self.team_b.ids,
                },
                {
                    "name": "Goodwill",
                    "sequence": 3,
                    "resolution_hours": 1,
                    "service_type_ids": self.type_goodwill.ids,
                    "priority": "1",
                },
                {
                    "name": "AC",
                    "sequence": 4,
                    "resolution_hours": 1,
                    "warranty_policy_ids": self.policy.ids,
                },
            ]
        )
        unit = self._make_unit("SLA-1")
        self.other_customer.aftersales_level_id = level
        goodwill = self.type_goodwill.id
        table = [
            ({}, self.standard),
            ({"priority": "2"}, self.urgent),
            ({"team_id": self.team_b.id, "priority": "2"}, teams),
            ({"service_type_id": goodwill}, self.standard),
            ({"service_type_id": goodwill, "priority": "1"}, typed),
            ({"partner_id": self.other_customer.id, "team_id": self.team_b.id}, gold),
            ({"unit_id": unit.id}, product),
        ]
        requests = [self._report(**vals) for vals, __ in table]
        for request, (vals, policy) in zip(requests, table, strict=True):
            with self.subTest(vals=vals):
                self.assertEqual(request.sla_policy_id, policy)

    def test_policy_of_another_company_does_not_apply(self):
        (self.standard | self.urgent).active = False
        self.standard.copy(
            {"active": True, "company_id": self.other_company.id, "calendar_id": False}
        )
        self.assertFalse(self._report().sla_policy_id)
        shared = self.standard.copy({"active": True, "company_id": False, "calendar_id": False})
        self.assertEqual(self._report().sla_policy_id, shared)

    def test_a_policy_promises_something(self):
        with self.assertRaisesRegex(ValidationError, "promises nothing"):
            self.env["aftersales.sla.policy"].create({"name": "Empty"})

    # === THE CLOCKS === #

    def test_limits_in_working_time(self):
        request = self._report()
        self.assertEqual(request.response_deadline, MONDAY + timedelta(hours=2))
        self.assertEqual(request.resolution_deadline, datetime(2026, 3, 3, 17, 0))
        self.assertEqual(request.sla_deadline, request.response_deadline)

    def test_a_call_is_answered_while_it_is_written(self):
        request = self._report(channel="phone")
        self.assertEqual(request.date_first_response, MONDAY)
        self.assertEqual(request.sla_deadline, request.resolution_deadline)
        self.assertEqual(request.response_result, "met")

    def test_states_and_searching_for_them_agree(self):
        """Whatever the moment, a request is found under the state it shows, and only there."""
        with self._at(0):
            requests = self._report() | self._report(channel="phone") | self._report(priority="2")
            paused = self._report(channel="phone", user_id=self.agent.id)
            paused.action_start()
            noted = paused.copy({"channel": "phone", "date_reported": MONDAY})
            noted.action_start()
            noted.action_wait(self.maker_wait)
            cancelled = self._report()
            cancelled.action_cancel()
        with self._at(1):
            paused.action_wait(self.customer_wait)
        with self._at(3):
            solved = self._report(channel="phone")
            solved.action_done()
        with self._at(90):
            missed = self._report(channel="phone")
            missed.action_done()
        requests |= paused | noted | cancelled | solved | missed
        seen = set()
        for hours in (0.5, 1.7, 2.5, 30, 31.5, 33, 200):
            with self._at(hours):
                requests.invalidate_recordset(["sla_state"])
                for state, __ in requests._fields["sla_state"].selection:
                    shown = requests.filtered(
                        lambda request, state=state: request.sla_state == state
                    )
                    found = requests.search([("id", "in", requests.ids), ("sla_state", "=", state)])
                    self.assertEqual(found, shown, (hours, state))
                    if shown:
                        seen.add(state)
        self.assertEqual(seen, set(dict(requests._fields["sla_state"].selection)))

    def test_answer_to_the_customer_stops_the_first_clock(self):
        request = self._report()
        as_agent = request.with_user(self.agent)
        with self._at(0.5):
            as_agent.message_post(
                body="To ourselves", subtype_xmlid="mail.mt_note", message_type="comment"
            )
            self.assertFalse(request.date_first_response)
        with self._at(1):
            as_agent.message_post(
                body="We come", subtype_xmlid="mail.mt_comment", message_type="comment"
            )
        with self._at(5):
            as_agent.message_post(
                body="Again", subtype_xmlid="mail.mt_comment", message_type="comment"
            )
        self.assertEqual(request.date_first_response, MONDAY + timedelta(hours=1))
        self.assertEqual(request.response_hours, 1)
        self.assertEqual(request.response_result, "met")

    def test_late_answer_is_missed(self):
        request = self._report()
        with self._at(4):
            request.with_user(self.agent).message_post(
                body="Sorry", subtype_xmlid="mail.mt_comment", message_type="comment"
            )
        self.assertEqual(request.response_result, "missed")

    def test_solved_without_a_word_is_answered_then(self):
        request = self._report()
        with self._at(1):
            request.action_done()
        self.assertEqual(request.date_first_response, MONDAY + timedelta(hours=1))
        self.assertEqual(request.sla_result, "met")

    def test_waiting_moves_the_limit(self):
        request = self._report(channel="phone")
        request.action_start()
        with self._at(1):
            request.action_wait(self.customer_wait)
            self.assertTrue(request.sla_paused)
            self.assertFalse(request.resolution_deadline)
            self.assertEqual(request.pause_reason_id, self.customer_wait)
        with self._at(3):
            request.action_start()
        self.assertFalse(request.pause_reason_id)
        # 16 hours from Monday 8:00, less 2 of waiting: Wednesday, after the first two.
        self.assertEqual(request.resolution_deadline, datetime(2026, 3, 4, 10, 0))

    def test_goes_on_and_waits_again_before_anything_is_saved(self):
        """One may wait at a time: what has just ended is no obstacle to the next waiting."""
        request = self._report(channel="phone").with_user(self.agent)
        request.action_start()
        for hour, reason in ((1, self.customer_wait), (2, self.maker_wait)):
            with self._at(hour):
                request.action_wait(reason)
                request.action_start()
        with self._at(3):
            request.action_wait(self.customer_wait)
            request.action_start()
            request.action_wait(self.maker_wait)
        self.env.flush_all()
        pauses = request.sla_pause_ids.sorted("id")
        self.assertEqual(
            [pause.reason_id for pause in pauses],
            [self.customer_wait, self.maker_wait] * 2,
        )
        self.assertEqual([bool(pause.date_to) for pause in pauses], [True] * 3 + [False])

    def test_waiting_for_what_is_ours_is_noted_but_counts(self):
        request = self._report(channel="phone")
        request.action_start()
        with self._at(1):
            request.action_wait(self.maker_wait)
        self.assertFalse(request.sla_paused)
        self.assertEqual(request.resolution_deadline, datetime(2026, 3, 3, 17, 0))
        self.assertEqual(request.sla_pause_ids.reason_id, self.maker_wait)

    def test_other_priority_keeps_what_was_paused(self):
        request = self._report(channel="phone")
        request.action_start()
        with self._at(1):
            request.action_wait(self.customer_wait)
        with self._at(3):
            request.action_start()
        with self._at(3.5):
            request.priority = "2"
        # 8 hours around the clock from 8:00, and 2 of waiting.
        self.assertEqual(request.sla_policy_id, self.urgent)
        self.assertEqual(request.resolution_deadline, MONDAY + timedelta(hours=10))
        request.priority = "0"
        self.assertEqual(request.resolution_deadline, datetime(2026, 3, 4, 10, 0))

    def test_priority_changed_while_paused(self):
        request = self._report(channel="phone")
        request.action_start()
        with self._at(1):
            request.action_wait(self.customer_wait)
        with self._at(2):
            request.priority = "2"
            self.assertFalse(request.resolution_deadline)
        with self._at(3):
            request.action_start()
        self.assertEqual(request.resolution_deadline, MONDAY + timedelta(hours=10))

    def test_time_while_solved_does_not_count(self):
        request = self._report(channel="phone")
        with self._at(2):
            request.action_done()
        with self._at(74):
            request.action_reopen()
        # Two hours were used on Monday; the rest runs from Thursday 10:00.
        self.assertEqual(request.resolution_deadline, datetime(2026, 3, 6, 17, 0))
        self.assertFalse(request.sla_result)

    def test_result_and_hours_when_solved(self):
        in_time, too_late = self._report(channel="phone"), self._report(channel="phone")
        with self._at(8):
            in_time.action_done()
        with self._at(50):
            too_late.action_done()
        self.assertEqual((in_time.sla_result, in_time.resolution_hours), ("met", 7))
        self.assertEqual((too_late.sla_result, too_late.resolution_hours), ("missed", 18))

    def test_average_leaves_out_what_is_open(self):
        requests = self._report() | self._report() | self._report()
        with self._at(1):
            requests[0].action_done()
        with self._at(4):
            requests[1].action_done()
        ((average, answered),) = self.env["aftersales.request"]._read_group(
            [("id", "in", requests.ids)], [], ["resolution_hours:avg", "response_hours:avg"]
        )
        self.assertEqual((average, answered), (2.5, 2.5))

    def test_cancelled_has_no_clock(self):
        request = self._report()
        request.action_cancel()
        self.assertFalse(request.sla_policy_id)
        self.assertFalse(request.sla_deadline)
        request.with_user(self.manager).action_restore()
        self.assertEqual(request.sla_policy_id, self.standard)

    def test_changed_policy_applies_when_told(self):
        request, solved = self._report(), self._report()
        with self._at(1):
            solved.action_done()
        self.env.flush_all()
        self.standard.response_hours = 4
        self.assertEqual(request.response_deadline, MONDAY + timedelta(hours=2))
        self.standard.with_user(self.manager).action_apply()
        self.assertEqual(request.response_deadline, MONDAY + timedelta(hours=4))
        self.assertEqual(solved.response_deadline, MONDAY + timedelta(hours=2))

    def test_copy_starts_anew(self):
        request = self._report(channel="phone")
        request.action_start()
        request.action_wait(self.customer_wait)
        copy = request.copy()
        self.assertFalse(copy.sla_pause_ids)
        self.assertFalse(copy.pause_reason_id)

    def test_queries_do_not_grow_with_requests(self):
        def count(number):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests = self.env["aftersales.request"].create(
                [
                    {"subject": "x", "channel": "mail", "date_reported": MONDAY, "name": f"N{i}"}
                    for i in range(number)
                ]
            )
            self.env.flush_all()
            self.env.add_to_compute(requests._fields["sla_deadline"], requests)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(1), count(50))

    def test_many_requests_are_made_with_the_queries_of_one(self):
        """Number, region, policy, and who gets it: nothing is asked for each request."""
        self.env["aftersales.region"].create(
            {"name": "Everywhere", "country_id": self.env.ref("base.cn").id}
        )
        self.team_a.rule_ids = [Command.create({"mode": "best"})]
        self.team_a.member_ids.capacity = 0
        units = self.env["aftersales.unit"].browse()
        for number in range(5):
            units |= self._make_unit(f"Q{number}")
        as_agent = self.env["aftersales.request"].with_user(self.agent)

        def count(number):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests = as_agent.create(
                [
                    {"subject": "x", "team_id": self.team_a.id, "unit_id": units[i % 5].id}
                    for i in range(number)
                ]
            )
            self.env.flush_all()
            self.assertEqual(requests.user_id, self.agent)
            self.assertEqual(requests.sla_policy_id, self.standard)
            self.assertEqual(len(set(requests.mapped("name"))), number)
            return self.cr.sql_log_count - before

        with self._at(0):
            count(2)
            few, many = count(5), count(50)
        self.assertLessEqual(many - few, 2)

    # === WAITING ON SCREEN === #

    def test_wizard_lets_a_request_wait(self):
        request = self._report(user_id=self.agent.id)
        request.action_start()
        form = Form(
            self.env["aftersales.request.wait"]
            .with_user(self.agent)
            .with_context(default_request_id=request.id)
        )
        form.reason_id = self.customer_wait
        form.date = "2026-03-10"
        form.note = "Asks his landlord"
        form.save().action_wait()
        self.assertEqual(request.state, "waiting")
        self.assertEqual(request.activity_ids.summary, "Asks his landlord")
        self.assertEqual(request.activity_ids.user_id, self.agent)

    def test_customer_who_answers_ends_the_waiting(self):
        request = self._report(partner_id=self.customer.id, user_id=self.agent.id)
        request.action_start()
        request.action_wait(self.customer_wait)
        request.with_user(self.agent).message_post(
            body="Well?", subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        self.assertEqual(request.state, "waiting")
        request.message_post(
            body="Yes",
            author_id=self.customer.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(request.state, "in_progress")
        self.assertEqual(request.user_id, self.agent)

    def test_answer_does_not_end_waiting_for_the_maker(self):
        request = self._report(partner_id=self.customer.id)
        request.action_start()
        request.action_wait(self.maker_wait)
        request.message_post(
            body="And?",
            author_id=self.customer.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(request.state, "waiting")

    # === ESCALATION === #

    def _prepare_chain(self):
        """Branch, region and head office, each with a leader who is an agent."""
        region = self.env["aftersales.team"].create(
            {"name": "Region", "company_id": self.company.id}
        )
        head = self.env["aftersales.team"].create({"name": "Head", "company_id": self.company.id})
        (self.team_a.leader_id, region.leader_id, head.leader_id) = [
            self._new_user(login, "aftersales_base.group_aftersales_agent")
            for login in ("leader", "region", "head")
        ]
        region.parent_id = head
        self.team_a.parent_id = region
        return self.team_a.leader_id, region.leader_id, head.leader_id

    def test_escalates_up_the_chain_once(self):
        leader, region, head = self._prepare_chain()
        self.standard.escalation_ids = [
            Command.create({"percent": 50, "recipient": "assignee"}),
            Command.create({"percent": 100, "recipient": "leader"}),
            Command.create({"percent": 150, "recipient": "upper"}),
            Command.create({"percent": 200, "recipient": "top"}),
        ]
        request = self._report(channel="phone", user_id=self.agent.id)
        # 16 hours of work: half on Monday evening, all on Tuesday, then Wednesday and Thursday.
        expected = [
            (1, []),
            (9, [self.agent]),
            (33, [self.agent, leader]),
            (57, [self.agent, leader, region]),
            (81, [self.agent, leader, region, head]),
            (200, [self.agent, leader, region, head]),
        ]
        for hours, users in expected:
            with self._at(hours), self.subTest(hours=hours):
                self._run_escalation()
                self._run_escalation()
                self.assertEqual(
                    sorted(request.activity_ids.user_id.mapped("login")),
                    sorted(user.login for user in users),
                )
        self.assertEqual(len(request.activity_ids), 4)
        self.assertFalse(request.sla_next_escalation)

    def test_waiting_moves_the_escalation(self):
        leader = self._prepare_chain()[0]
        self.standard.escalation_ids = [Command.create({"percent": 100, "recipient": "leader"})]
        request = self._report(channel="phone")
        request.action_start()
        with self._at(1):
            request.action_wait(self.customer_wait)
        with self._at(100):
            self._run_escalation()
            self.assertFalse(request.activity_ids)
            request.action_start()
        with self._at(196):
            self._run_escalation()
            self.assertEqual(request.activity_ids.user_id, leader)

    def test_no_escalation_of_what_is_solved(self):
        self._prepare_chain()
        self.standard.escalation_ids = [Command.create({"percent": 100})]
        request = self._report(channel="phone")
        with self._at(1):
            request.action_done()
        with self._at(100):
            self._run_escalation()
        self.assertFalse(request.sla_done_ids)

    def test_one_that_cannot_be_told_of_holds_up_no_other(self):
        """It keeps what is wrong, and is not tried again."""
        leader = self._prepare_chain()[0]
        self.standard.escalation_ids = [Command.create({"percent": 100})]
        first, bad, last = (self._report(channel="phone") for __ in range(3))
        Request = self.env.registry["aftersales.request"]
        tell, calls = Request._tell_of_escalation, []

        def refuse_one(request, escalation, user):
            calls.append(request)
            if request == bad:
                raise UserError(request.env._("His calendar is broken."))
            return tell(request, escalation, user)

        with self._at(100), patch.object(Request, "_tell_of_escalation", refuse_one):
            self._run_escalation()
            self.assertEqual((first + last).activity_ids.user_id, leader)
            self.assertEqual(len((first + last).activity_ids), 2)
            self.assertFalse(bad.activity_ids)
            self.assertEqual(bad.sla_done_ids.error, "His calendar is broken.")
            self.assertFalse(bad.sla_done_ids.user_id)
            tried = len(calls)
            self._run_escalation()
        self.assertEqual(len(calls), tried)
        self.assertFalse(bad.sla_next_escalation)

    def test_who_is_told_gets_word(self):
        leader = self._prepare_chain()[0]
        self.standard.escalation_ids = [Command.create({"percent": 100})]
        request = self._report(channel="phone")
        with self._at(100):
            self._run_escalation()
        self.assertIn("100 % of the time is used up", request.activity_ids.summary)
        notices = (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", request._name), ("res_id", "=", request.id)])
        )
        self.assertIn(leader.partner_id, notices.notified_partner_ids)

    def test_escalation_skips_who_may_not_see_the_request(self):
        leader = self._prepare_chain()[0]
        stranger = self._new_user("stranger", "base.group_user")
        self.team_a.leader_id = stranger
        region = self.team_a.parent_id.leader_id
        self.standard.escalation_ids = [Command.create({"percent": 100, "recipient": "leader"})]
        request = self._report(channel="phone")
        with self._at(100):
            self._run_escalation()
        self.assertEqual(request.activity_ids.user_id, region)
        self.assertNotIn(leader, request.activity_ids.user_id)

    # === DOORS === #

    def test_nobody_writes_the_clock_by_hand(self):
        request = self._report(user_id=self.technician.id)
        for fname, value in (
            ("date_first_response", MONDAY),
            ("resolution_deadline", MONDAY),
            ("sla_policy_id", self.urgent.id),
            ("pause_reason_id", self.customer_wait.id),
            ("sla_result", "met"),
        ):
            for user in (self.technician, self.agent, self.manager):
                with self.subTest(fname=fname, user=user.login), self.assertRaises(UserError):
                    request.with_user(user).write({fname: value})

    def test_only_managers_correct_the_history(self):
        request = self._report(channel="phone")
        request.action_start()
        with self._at(1):
            request.action_wait(self.customer_wait)
        with self._at(3):
            request.action_start()
        pause = request.sla_pause_ids
        with self.assertRaises(AccessError):
            pause.with_user(self.agent).date_to = MONDAY + timedelta(hours=6)
        pause.with_user(self.manager).date_to = MONDAY + timedelta(hours=2)
        self.assertEqual(request.resolution_deadline, datetime(2026, 3, 4, 9, 0))
        with self.assertRaises(ValidationError):
            pause.with_user(self.manager).date_to = MONDAY
        with self.assertRaises(AccessError):
            self.env["aftersales.sla.pause"].with_user(self.manager).create(
                {"res_model": request._name, "res_id": request.id}
            )

    def test_agents_read_policies_only(self):
        with self.assertRaises(AccessError):
            self.standard.with_user(self.agent).resolution_hours = 100
        self.assertEqual(self.standard.with_user(self.agent).name, "Standard")

    def test_history_goes_with_the_request(self):
        request = self._report(channel="phone")
        request.action_start()
        request.action_wait(self.customer_wait)
        pause = request.sla_pause_ids
        request.unlink()
        self.assertFalse(pause.exists())
