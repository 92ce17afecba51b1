from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintHandler(ComplaintCommon):
    """One named person answers for it."""

    def test_only_handler_and_manager_edit(self):
        for user in (self.technician, self.manager):
            self.complaint.with_user(user).root_cause = f"<p>{user.login}</p>"
        with self.assertRaises(UserError) as caught:
            self.complaint.with_user(self.agent).root_cause = "<p>Mine</p>"
        self.assertIn(self.complaint.name, str(caught.exception))
        self.assertIn(self.technician.name, str(caught.exception))
        for user in (self.other_technician, self.other_agent, self.portal):
            with self.assertRaises(AccessError):
                self.complaint.with_user(user).write({"root_cause": "<p>Mine</p>"})
        with self.assertRaises(UserError):
            self.complaint.with_user(self.settler).write({"root_cause": "<p>Mine</p>"})

    def test_agents_edit_what_nobody_handles(self):
        complaint = self._make_complaint(handler_id=False)
        complaint.with_user(self.agent).severity = "major"
        complaint.with_user(self.agent).action_start()
        self.assertEqual(complaint.handler_id, self.agent)
        with self.assertRaises(UserError):
            complaint.with_user(self.verifier).severity = "minor"

    def test_handler_hands_over_and_is_out(self):
        self.complaint.with_user(self.technician).handler_id = self.agent
        self.env.flush_all()
        self.assertFalse(self.complaint.with_user(self.technician).has_access("read"))
        self.complaint.with_user(self.agent).severity = "major"

    def test_person_complained_about_is_never_the_handler(self):
        with self.assertRaises(ValidationError) as caught:
            self._make_complaint(handler_id=self.accused.id, target_user_id=self.accused.id)
        self.assertIn(self.accused.name, str(caught.exception))
        complaint = self._make_complaint(target_user_id=self.accused.id)
        for user in (self.technician, self.manager):
            with self.assertRaises(ValidationError):
                complaint.with_user(user).handler_id = self.accused
        with self.assertRaises(ValidationError):
            self.complaint.with_user(self.manager).target_user_id = self.technician

    def test_person_complained_about_does_not_take_it_up(self):
        complaint = self._make_complaint(handler_id=False, target_user_id=self.agent.id)
        with self.assertRaises(UserError) as caught:
            complaint.with_user(self.agent).action_start()
        self.assertIn("about you", str(caught.exception))
        with self.assertRaises(UserError):
            complaint.with_user(self.agent).write({"handler_id": self.technician.id})

    def test_person_complained_about_verifies_nothing(self):
        complaint = self._make_complaint(target_user_id=self.verifier.id)
        complaint.with_user(self.technician).answer = "<p>Sorry.</p>"
        complaint.with_user(self.technician).action_start()
        complaint.with_user(self.technician).action_answer()
        for vals in ({"state": "verified"}, {"satisfaction": "satisfied"}):
            with self.assertRaises(UserError):
                complaint.with_user(self.verifier).write(vals)

    def test_handler_needs_a_role(self):
        with self.assertRaises(ValidationError):
            self.complaint.handler_id = self.salesman

    def test_verifier_notes_what_the_customer_said_and_nothing_else(self):
        self._bring_to(self.complaint, "answered")
        own = self.complaint.with_user(self.verifier)
        own.write({"satisfaction": "neutral", "verification_note": "He accepts it."})
        with self.assertRaises(UserError):
            own.write({"satisfaction": "neutral", "root_cause": "<p>Mine</p>"})
        with self.assertRaises(UserError):
            self.complaint.with_user(self.technician).satisfaction = "satisfied"

    def test_deletion(self):
        for user in (self.technician, self.agent):
            with self.assertRaises(AccessError):
                self.complaint.with_user(user).unlink()
        self.complaint.with_user(self.manager).unlink()

    def test_rework_keeps_the_complaint_on_record(self):
        complaint = self._make_complaint(handler_id=self.agent.id, outcome="rework")
        complaint.with_user(self.agent).action_create_rework()
        with self.assertRaises(UserError):
            complaint.with_user(self.manager).unlink()


@tagged("post_install", "-at_install")
class TestComplaintVisibility(ComplaintCommon):
    """Who sees it."""

    def test_by_role(self):
        self._make_action(self.complaint)
        self.env.flush_all()
        Complaint = self.env["aftersales.complaint"]
        for role, expected in (
            ("technician", True),
            ("other_technician", True),
            ("accused", False),
            ("agent", True),
            ("other_agent", False),
            ("manager", True),
            ("settler", True),
        ):
            with self.subTest(role=role):
                found = Complaint.with_user(getattr(self, role)).search(
                    [("id", "=", self.complaint.id)]
                )
                self.assertEqual(bool(found), expected)

    def test_other_company(self):
        manager = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        self._make_action(self.complaint)
        self.env.flush_all()
        for record in (self.complaint, self.complaint.action_ids):
            self.assertFalse(record.with_user(manager).has_access("read"))
            with self.assertRaises(AccessError):
                record.with_user(manager).write({"name": "X"})
        elsewhere = self.env["aftersales.complaint"].create(
            {"subject": "There", "company_id": self.other_company.id}
        )
        self.assertFalse(elsewhere.with_user(self.manager).has_access("read"))

    def test_records_of_another_company_do_not_mix(self):
        unit = self._make_unit("CP-1")
        for vals in (
            {"unit_id": unit.id},
            {"request_id": self._make_request().id},
            {"team_id": self.team_a.id},
            {"handler_id": self.agent.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.env["aftersales.complaint"].create(
                    {"subject": "X", "company_id": self.other_company.id, **vals}
                )

    def test_causes_are_shared_or_of_the_company(self):
        cause = self.env["aftersales.complaint.cause"].create(
            {"name": "There", "target_kind": "service", "company_id": self.other_company.id}
        )
        self.assertFalse(cause.with_user(self.manager).has_access("read"))
        with self.assertRaises(UserError):
            self.complaint.cause_id = cause

    def test_customer_reads_the_outside_only(self):
        own = self.complaint.with_user(self.portal)
        self.assertEqual(own.read(["subject"])[0]["subject"], "Nobody came")
        for fname in (
            "root_cause",
            "answer",
            "severity",
            "cause_id",
            "compensation_amount",
            "compensation_status",
            "action_ids",
            "handler_id",
            "target_user_id",
            "verification_note",
            "date_deadline",
            "message_ids",
        ):
            with self.subTest(field=fname), self.assertRaises(AccessError):
                own.read([fname])
        with self.assertRaises(AccessError):
            own.search([("severity", "=", "minor")])
        stranger = self._make_complaint(partner_id=self.other_customer.id)
        self.assertFalse(stranger.with_user(self.portal).has_access("read"))

    def test_agent_links_no_invoice_he_may_not_read(self):
        move = self.init_invoice("out_invoice", products=self.labour, post=True)
        complaint = self._make_complaint(handler_id=self.agent.id)
        with self.assertRaises(AccessError):
            complaint.with_user(self.agent).move_id = move
        with self.assertRaises(AccessError):
            self.env["aftersales.complaint"].with_user(self.agent).create({"move_id": move.id})
        complaint.write({"move_id": move.id, "target_kind": "order"})
        own = complaint.with_user(self.agent)
        self.assertEqual((own.move_name, own.target_name), (move.name, move.name))
        self.assertEqual(move.aftersales_complaint_count, 1)
        self.assertEqual(move.action_view_aftersales_complaints()["res_id"], complaint.id)


@freeze_time("2025-03-03 09:00:00")
@tagged("post_install", "-at_install")
class TestComplaintDates(ComplaintCommon):
    """When it is due, who is reminded, how long it took."""

    def _reminders(self, complaint):
        return [(activity.user_id, activity.date_deadline) for activity in complaint.activity_ids]

    def test_due_day_follows_the_severity(self):
        for severity, due in (("minor", 13), ("major", 8), ("critical", 5)):
            self.complaint.severity = severity
            self.assertEqual(self.complaint.date_deadline, date(2025, 3, due))
        self.company.aftersales_complaint_days_major = 30
        complaint = self._make_complaint(severity="major")
        self.assertEqual(complaint.date_deadline, date(2025, 4, 2))

    def test_due_day_typed_stays(self):
        complaint = self._make_complaint(severity="major", date_deadline="2025-03-04")
        complaint.subject = "Still nobody"
        self.assertEqual(complaint.date_deadline, date(2025, 3, 4))

    def test_day_of_receipt_is_the_company_s_own(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        complaint = self._make_complaint(severity="critical", date_reported="2025-03-03 18:00:00")
        self.assertEqual(complaint.date_deadline, date(2025, 3, 6))

    def test_reminder_of_the_handler(self):
        complaint = self.complaint
        self.assertEqual(self._reminders(complaint), [(self.technician, date(2025, 3, 13))])
        complaint.with_user(self.manager).severity = "critical"
        self.assertEqual(self._reminders(complaint), [(self.technician, date(2025, 3, 5))])
        complaint.with_user(self.technician).handler_id = self.agent
        self.assertEqual(self._reminders(complaint), [(self.agent, date(2025, 3, 5))])
        complaint.with_user(self.agent).date_deadline = "2025-03-20"
        self.assertEqual(self._reminders(complaint), [(self.agent, date(2025, 3, 20))])
        self._bring_to(complaint, "verified")
        self.assertEqual(len(complaint.activity_ids), 1)
        complaint.with_user(self.verifier).action_close()
        self.assertFalse(complaint.activity_ids)
        complaint.with_user(self.verifier).action_reopen()
        self.assertEqual(self._reminders(complaint), [(self.agent, date(2025, 3, 20))])

    def test_nobody_is_reminded_of_what_nobody_handles(self):
        complaint = self._make_complaint(handler_id=False)
        self.assertFalse(complaint.activity_ids)
        complaint.with_user(self.agent).action_start()
        self.assertEqual(complaint.activity_ids.user_id, self.agent)

    def test_cancelled_reminds_nobody(self):
        self.complaint.with_user(self.manager).action_cancel()
        self.assertFalse(self.complaint.activity_ids)

    def test_overdue(self):
        Complaint = self.env["aftersales.complaint"]
        domain = [("id", "=", self.complaint.id), ("is_overdue", "=", True)]
        for day, late in (("2025-03-13", 0), ("2025-03-14", 1), ("2025-03-20", 7)):
            with freeze_time(day):
                self.complaint.invalidate_recordset()
                self.assertEqual(self.complaint.days_late, late)
                self.assertEqual(self.complaint.is_overdue, bool(late))
                self.assertEqual(bool(Complaint.search(domain)), bool(late))
                negative = [domain[0], ("is_overdue", "=", False)]
                self.assertEqual(bool(Complaint.search(negative)), not late)
        with freeze_time("2025-03-20"):
            self._bring_to(self.complaint, "closed")
            self.assertFalse(self.complaint.is_overdue)

    def test_days_to_close(self):
        with freeze_time("2025-03-05 21:00:00"):
            self._bring_to(self.complaint, "closed")
        self.assertEqual(self.complaint.days_to_close, 2.5)
        self.complaint.with_user(self.agent).action_reopen()
        self.assertEqual(self.complaint.days_to_close, 0)

    def test_open_complaints_do_not_shorten_the_average(self):
        with freeze_time("2025-03-05 09:00:00"):
            self._bring_to(self.complaint, "closed")
        still_open = self._make_complaint()
        both = [("id", "in", (self.complaint | still_open).ids)]
        Complaint = self.env["aftersales.complaint"]
        self.assertEqual(Complaint._read_group(both, [], ["days_to_close:avg"]), [(2.0,)])
        alone = [("id", "=", still_open.id)]
        self.assertFalse(Complaint._read_group(alone, [], ["days_to_close:avg"])[0][0])

    def test_answer_reaches_the_customer(self):
        self._bring_to(self.complaint, "answered")
        message = self.complaint.message_ids.filtered(
            lambda message: message.message_type == "comment"
        )
        self.assertIn("We are sorry.", message.body)
        self.assertEqual(message.partner_ids, self.customer)
        self.assertEqual(self.complaint.answer_user_id, self.technician)
        self.assertTrue(self.complaint.date_answered)


@tagged("post_install", "-at_install")
class TestComplaintLinks(ComplaintCommon):
    """What it is about, and what comes of it."""

    def test_request_fills_in_the_rest(self):
        unit = self._make_unit("CP-2")
        request = self._make_request(unit_id=unit.id)
        form = Form(
            self.env["aftersales.complaint"]
            .with_user(self.agent)
            .with_context(**request._prepare_complaint_context())
        )
        self.assertEqual(form.partner_id, self.customer)
        self.assertEqual(form.unit_id, unit)
        self.assertEqual(form.partner_phone, self.customer.phone)
        form.subject = "Not repaired"
        form.severity = "critical"
        form.handler_id = self.technician
        complaint = form.save()
        self.assertEqual(complaint.team_id, self.team_a)
        self.assertEqual(complaint.product_id, self.ac)
        self.assertEqual(complaint.handler_id, self.technician)
        self.assertEqual(complaint.severity, "critical")
        self.assertEqual(complaint.target_name, request.display_name)
        for record in (request, unit):
            own = record.with_user(self.agent)
            self.assertEqual(own.complaint_count, 1)
            action = own.action_view_complaints()
            found = self.env["aftersales.complaint"].search(action["domain"])
            self.assertEqual(found, complaint)
        self.assertEqual(self.customer.with_user(self.agent).aftersales_complaint_count, 2)

    def test_handler_types_the_answer_in_the_form(self):
        form = Form(self.complaint.with_user(self.technician))
        form.answer = "<p>On Tuesday.</p>"
        form.outcome = "apology"
        with form.action_ids.new() as line:
            line.name = "Call first"
            line.user_id = self.other_technician
            line.date_deadline = date(2025, 4, 1)
        form.save()
        self.assertEqual(self.complaint.action_ids.user_id, self.other_technician)
        self.assertIn("Tuesday", self.complaint.answer)

    def test_causes_belong_to_what_it_is_about(self):
        self.complaint.cause_id = self.cause_late
        with self.assertRaises(ValidationError):
            self.complaint.cause_id = self.cause_rude
        self.complaint.target_kind = "person"
        self.assertFalse(self.complaint.cause_id)
        self.complaint.cause_id = self.cause_rude

    def test_name_of_the_target(self):
        unit = self._make_unit("CP-3")
        request = self._make_request(subject="No cold air")
        for vals, text in (
            ({"target_kind": "product", "unit_id": unit.id}, "CP-3"),
            ({"target_kind": "product", "product_id": self.filter_part.id}, "Filter"),
            ({"target_kind": "order", "order_ref": "SO-77"}, "SO-77"),
            ({"target_kind": "department", "target_team_id": self.team_b.id}, "Team B"),
            ({"target_kind": "person", "target_user_id": self.accused.id}, self.accused.name),
            ({"target_kind": "service", "request_id": request.id}, "No cold air"),
        ):
            with self.subTest(vals=vals):
                own = self._make_complaint(**vals).with_user(self.agent)
                self.assertIn(text, own.target_name)
        self.assertFalse(self.complaint.target_name)

    def test_rework_is_linked_both_ways_and_made_once(self):
        unit = self._make_unit("CP-4")
        complaint = self._make_complaint(
            handler_id=self.agent.id, unit_id=unit.id, outcome="rework"
        )
        own = complaint.with_user(self.agent)
        action = own.action_create_rework()
        request = complaint.rework_ids
        self.assertEqual(action["res_id"], request.id)
        self.assertEqual(request.rectified_complaint_id, complaint)
        self.assertEqual((request.unit_id, request.team_id), (unit, self.team_a))
        self.assertIn("Nobody came", request.subject)
        self.assertEqual(own.action_create_rework()["res_id"], request.id)
        self.assertEqual(own.rework_count, 1)
        request.action_cancel()
        own.action_create_rework()
        self.assertEqual(len(complaint.rework_ids), 2)
        with self.assertRaises(UserError):
            request.with_user(self.manager).action_restore()

    def test_rework_is_the_handler_s(self):
        with self.assertRaises(UserError):
            self.complaint.with_user(self.agent).action_create_rework()
        request = self._make_request()
        with self.assertRaises(UserError):
            request.with_user(self.agent).write({"rectified_complaint_id": self.complaint.id})

    def test_numbers(self):
        complaints = self.env["aftersales.complaint"].create([{"subject": "X"}] * 3)
        self.assertEqual(len(set(complaints.mapped("name"))), 3)
        self.assertTrue(all(name.startswith("CP") for name in complaints.mapped("name")))
        Complaint = self.env["aftersales.complaint"]
        for term in (self.complaint.name, "Nobody", "Lin House"):
            self.assertIn(self.complaint.id, [row[0] for row in Complaint.name_search(term)])

    def test_copy_is_a_new_case(self):
        self._bring_to(self.complaint, "closed")
        copied = self.complaint.copy()
        self.assertEqual(copied.state, "new")
        self.assertFalse(copied.handler_id)
        self.assertFalse(copied.answer)
        self.assertNotEqual(copied.name, self.complaint.name)
