from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.addons.mail.tests.common import MockEmail

from .common import AftersalesCommon

PLAIN = """Return-Path: <{sender}>
From: {sender}
To: {to}
Subject: {subject}
Message-Id: <{message_id}>
Date: Sat, 21 Nov 2026 09:00:00 +0000
{headers}MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8

{body}
"""
WITH_PICTURE = """Return-Path: <{sender}>
From: {sender}
To: {to}
Subject: {subject}
Message-Id: <{message_id}>
Date: Sat, 21 Nov 2026 09:00:00 +0000
{headers}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/plain; charset=UTF-8

{body}
--part
Content-Type: image/png; name="leak.png"
Content-Disposition: attachment; filename="leak.png"
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
--part--
"""
FORWARDED = """
Can you take this?

---------- Forwarded message ---------
From: Somebody <somebody@example.org>
Subject: Noise

Serial {serial} is loud.
"""


class MailCase(AftersalesCommon, MockEmail):
    """Mail goes out and comes in: team A has an address, the customer writes from his."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Accounting's tests switch off what is tested here.
        cls.env = cls.env(context=dict.fromkeys(DISABLED_MAIL_CONTEXT, False))
        cls.team_a = cls.team_a.with_env(cls.env)
        cls.company.alias_domain_id = (
            cls.env["mail.alias.domain"]
            .sudo()
            .create(
                {
                    "name": "desk.example.com",
                    "bounce_alias": "bounce",
                    "catchall_alias": "catchall",
                    "default_from": "notifications",
                }
            )
        )
        cls.team_a.alias_name = "service"
        cls.customer.email = "lin@example.org"
        cls.number = 0

    def _receive(self, body="It drips.", subject="No cold air", **values):
        """Receive a mail as the mail server hands it over; return the requests it made."""
        type(self).number += 1
        values = {
            "source": PLAIN,
            "sender": "Lin <lin@example.org>",
            "to": "service@desk.example.com",
            "message_id": f"{self.number}.mail@example.org",
            "headers": "",
            **values,
        }
        source = values.pop("source").format(body=body, subject=subject, **values)
        before = self.env["aftersales.request"].search([])
        with self.mock_mail_gateway(), mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].with_user(self.env.ref("base.user_root")).message_process(
                None, source
            )
            self._finish_transaction()
        self.env.invalidate_all()
        return self.env["aftersales.request"].search([]) - before

    def _finish_transaction(self):
        """Send what is sent when a transaction ends."""
        self.env.flush_all()
        self.cr.precommit.run()

    def _sent_to(self, address):
        return [mail for mail in self._mails if any(address in to for to in mail["email_to"])]


@tagged("post_install", "-at_install")
class TestRequestMail(MailCase):
    def test_mail_becomes_a_request_of_the_team(self):
        request = self._receive()
        self.assertRecordValues(
            request,
            [
                {
                    "subject": "No cold air",
                    "channel": "mail",
                    "partner_id": self.customer.id,
                    "team_id": self.team_a.id,
                    "company_id": self.company.id,
                    "state": "new",
                }
            ],
        )
        self.assertIn("It drips.", request.description)
        self.assertEqual(request.with_user(self.agent).name, request.name)

    def test_sender_gets_the_number(self):
        request = self._receive()
        (mail,) = self._sent_to("lin@example.org")
        self.assertIn(request.name, mail["subject"])
        self.assertIn(request.name, mail["body"])

    def test_receipt_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("aftersales_base.mail_template_request_received")
        template.with_context(lang="fr_FR").subject = "{{ object.name }} est reçue"
        self.customer.lang = "fr_FR"
        request = self._receive()
        (mail,) = self._sent_to("lin@example.org")
        self.assertEqual(mail["subject"], f"{request.name} est reçue")

    def test_team_without_template_sends_nothing(self):
        self.team_a.received_template_id = False
        self._receive()
        self.assertFalse(self._sent_to("lin@example.org"))

    def test_call_gets_no_mail(self):
        with self.mock_mail_gateway():
            self._make_request(partner_id=self.customer.id, channel="phone")
            self._finish_transaction()
        self.assertFalse(self._mails)

    def test_serial_in_the_mail_finds_the_unit(self):
        unit = self._make_unit("AC-77/12")
        request = self._receive(body="Number (AC-77/12), it drips.")
        self.assertEqual(request.unit_id, unit)
        self.assertEqual(request.product_id, self.ac)

    def test_serial_of_somebody_else_finds_nothing(self):
        self._make_unit("AC-78", partner_id=self.other_customer.id)
        request = self._receive(body="Number AC-78 is loud.")
        self.assertFalse(request.unit_id)
        self.assertEqual(request.partner_id, self.customer)

    def test_two_serials_are_left_to_the_agent(self):
        self._make_unit("AC-79")
        self._make_unit("AC-80")
        self.assertFalse(self._receive(body="AC-79 and AC-80 are loud.").unit_id)

    def test_unknown_sender(self):
        request = self._receive(sender="New Person <new@example.org>")
        self.assertFalse(request.partner_id)
        self.assertIn("new@example.org", request.email_from)
        self.assertIn(request.name, self._sent_to("new@example.org")[0]["body"])

    def test_forwarded_by_an_employee_is_no_request_of_the_owner(self):
        """What is quoted in a forwarded mail does not make its writer a customer."""
        self._make_unit("AC-81", partner_id=self.other_customer.id)
        self.agent.email = "agent@desk.example.net"
        request = self._receive(
            sender="Agent <agent@desk.example.net>",
            subject="Fwd: Noise",
            body=FORWARDED.format(serial="AC-81"),
        )
        self.assertEqual(len(request), 1)
        self.assertFalse(request.unit_id)
        self.assertIn("Serial AC-81 is loud.", request.description)

    def test_attachment_is_kept(self):
        request = self._receive(source=WITH_PICTURE)
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", request._name), ("res_id", "=", request.id)]
        )
        self.assertEqual(attachment.mapped("name"), ["leak.png"])

    def test_answer_goes_into_the_thread(self):
        request = self._receive()
        reference = request.message_ids[:1].message_id
        more = self._receive(
            subject="Re: No cold air", body="Still", headers=f"In-Reply-To: {reference}\n"
        )
        self.assertFalse(more)
        self.assertIn("Still", request.message_ids[:1].body)
        self.assertEqual(request.message_ids[:1].author_id, self.customer)

    def test_answer_ends_waiting_for_the_customer(self):
        request = self._receive()
        reference = request.message_ids[:1].message_id
        request.action_start()
        request.action_wait(self.env.ref("aftersales_base.pause_reason_customer"))
        self._receive(body="Yes, come", headers=f"In-Reply-To: {reference}\n")
        self.assertEqual(request.state, "in_progress")
        self.assertEqual(request.user_id, self.env.user)

    def test_absence_note_changes_nothing(self):
        request = self._receive()
        reference = request.message_ids[:1].message_id
        request.action_start()
        request.action_wait(self.env.ref("aftersales_base.pause_reason_customer"))
        self._receive(
            body="I am away",
            headers=f"In-Reply-To: {reference}\nAuto-Submitted: auto-replied; owner\n",
        )
        self.assertEqual(request.state, "waiting")
        self.assertFalse(self._sent_to("lin@example.org"))

    def test_absence_note_opens_no_request(self):
        for header in ("Auto-Submitted: auto-replied", "X-Autoreply: yes"):
            with self.subTest(header):
                self.assertFalse(self._receive(body="I am away", headers=f"{header}\n"))

    def test_alarm_of_a_machine_opens_one_and_gets_no_answer(self):
        request = self._receive(headers="Auto-Submitted: auto-generated\n")
        self.assertEqual(len(request), 1)
        self.assertFalse(self._sent_to("lin@example.org"))

    def test_loop_ends(self):
        """A sender who answers each of our answers is shut out after a while."""
        self.env["ir.config_parameter"].sudo().set_param("mail.gateway.loop.threshold", 3)
        made = sum(len(self._receive(subject=f"Again {number}")) for number in range(6))
        self.assertEqual(made, 3)

    def test_answer_reopens_what_was_solved_lately(self):
        for days, state in ((13, "in_progress"), (15, "done")):
            with self.subTest(days=days):
                request = self._receive()
                reference = request.message_ids[:1].message_id
                request.action_done()
                request.sudo().date_closed = fields.Datetime.now() - timedelta(days=days)
                self._receive(body="It drips again", headers=f"In-Reply-To: {reference}\n")
                self.assertEqual(request.state, state)

    def test_solved_mail(self):
        self.team_a.solved_template_id = self.env.ref(
            "aftersales_base.mail_template_request_solved"
        )
        request = self._make_request(partner_id=self.customer.id, remedy_id=self.remedy.id)
        self._finish_transaction()
        with self.mock_mail_gateway():
            request.with_user(self.agent).action_done()
            self._finish_transaction()
        (mail,) = self._sent_to("lin@example.org")
        self.assertIn("Part replaced", mail["body"])

    def test_team_of_another_company(self):
        self.other_company.alias_domain_id = self.company.alias_domain_id
        team = self.env["aftersales.team"].create(
            {
                "name": "Second",
                "company_id": self.other_company.id,
                "alias_name": "second",
                "member_ids": [Command.create({"user_id": self.env.user.id})],
            }
        )
        request = self._receive(to="second@desk.example.com")
        request = request or self.env["aftersales.request"].sudo().search(
            [("team_id", "=", team.id)]
        )
        self.assertEqual(request.company_id, self.other_company)

    def test_forwarded_mail_is_no_answer(self):
        self.agent.email = "agent@desk.example.net"
        request = self._receive(sender="Agent <agent@desk.example.net>", subject="Fwd: Noise")
        self.assertFalse(request.date_first_response)

    def test_others_in_the_thread_are_not_the_customer(self):
        request = self._receive()
        reference = request.message_ids[:1].message_id
        request.action_start()
        request.action_wait(self.env.ref("aftersales_base.pause_reason_customer"))
        self._receive(
            sender="Carrier <carrier@example.org>",
            body="It ships on Monday",
            headers=f"In-Reply-To: {reference}\n",
        )
        self.assertEqual(request.state, "waiting")

    def test_partner_of_another_company_writes(self):
        self.env["res.partner"].create(
            {
                "name": "Theirs",
                "email": "theirs@example.org",
                "company_id": self.other_company.id,
            }
        )
        request = self._receive(sender="Theirs <theirs@example.org>")
        self.assertEqual(len(request), 1)
        self.assertFalse(request.partner_id)
        self.assertIn("theirs@example.org", request.email_from)
