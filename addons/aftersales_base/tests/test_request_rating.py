from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_request_mail import MailCase


@tagged("post_install", "-at_install")
class TestRequestSteps(MailCase):
    """Which mail a customer gets at which step, and how often."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.templates = {
            step: cls.env.ref(f"aftersales_base.mail_template_request_{step}")
            for step in ("received", "work", "waiting", "solved", "rating")
        }
        cls.team_a.write(
            {f"{step}_template_id": template.id for step, template in cls.templates.items()}
        )
        cls.waits_for_customer = cls.env.ref("aftersales_base.pause_reason_customer")

    def _make(self, **vals):
        request = self._make_request(partner_id=self.customer.id, channel="phone", **vals)
        self._finish_transaction()
        return request

    def _mailed(self, action, *args, **kwargs):
        """Return the subjects of the mails an action sends to the customer."""
        with self.mock_mail_gateway():
            action(*args, **kwargs)
            self._finish_transaction()
            return [mail["subject"] for mail in self._sent_to("lin@example.org")]

    def test_each_step_has_its_mail(self):
        request = self._make()
        mine = request.with_user(self.agent)
        (subject,) = self._mailed(mine.action_start)
        self.assertEqual(subject, f"{request.name}: we are working on it")
        (subject,) = self._mailed(mine.action_wait, self.waits_for_customer)
        self.assertEqual(subject, f"{request.name}: we wait for your answer")
        self.assertFalse(self._mailed(mine.action_start))
        (subject,) = self._mailed(mine.action_done)
        self.assertEqual(subject, f"{request.name} is solved: how was it?")

    def test_team_without_a_template_is_silent(self):
        for step in self.templates:
            self.team_a[f"{step}_template_id"] = False
        mine = self._make().with_user(self.agent)
        for action in ("action_start", "action_wait", "action_start", "action_done"):
            self.assertFalse(self._mailed(getattr(mine, action)), action)

    def test_waiting_for_a_part_asks_the_customer_nothing(self):
        request = self._make()
        reason = self.env["aftersales.pause.reason"].create({"name": "Ship from abroad"})
        request.action_start()
        self._finish_transaction()
        self.assertFalse(self._mailed(request.action_wait, reason))
        request.action_start()
        self._finish_transaction()
        self.assertTrue(self._mailed(request.action_wait, self.waits_for_customer))

    def test_told_once_that_we_have_it_and_work_on_it(self):
        request = self._receive()
        self.assertEqual(len(self._sent_to("lin@example.org")), 1)
        self.assertTrue(self._mailed(request.action_start))
        request.action_done()
        self._finish_transaction()
        self.assertFalse(self._mailed(request.action_reopen))
        request.action_cancel()
        self._finish_transaction()
        self.assertFalse(self._mailed(request.action_restore))

    def test_same_state_again_sends_nothing(self):
        request = self._make()
        request.action_start()
        self._finish_transaction()
        self.assertTrue(self._mailed(request.action_done))
        self.assertFalse(self._mailed(request.action_done))
        self.assertFalse(self._mailed(request.write, {"state": "done"}))

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        for template in self.templates.values():
            template.with_context(lang="fr_FR").subject = "{{ object.name }} en français"
        request = self._make()
        expected = [f"{request.name} en français"]
        self.assertEqual(self._mailed(request.action_start), expected)
        self.assertEqual(self._mailed(request.action_wait, self.waits_for_customer), expected)
        self.assertEqual(self._mailed(request.action_done), expected)

    def test_sender_without_a_contact_is_told_and_asked(self):
        request = self._receive(sender="New Person <new@example.org>")
        self.assertFalse(request.partner_id)
        with self.mock_mail_gateway():
            request.action_done()
            self._finish_transaction()
            (mail,) = self._sent_to("new@example.org")
        self.assertIn(request.asked_rating_id.access_token, mail["body"])

    def test_nobody_notes_by_hand_what_was_told(self):
        with self.assertRaises(UserError):
            self._make().with_user(self.manager).told_steps = False


@tagged("post_install", "-at_install")
class TestRequestRating(MailCase, HttpCase):
    """The customer is asked once for each closing, and what he says is shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env.ref("aftersales_base.mail_template_request_rating")
        cls.team_a.rating_template_id = cls.template
        cls.team_a.leader_id = cls.agent
        cls.request = cls._make_request(partner_id=cls.customer.id, user_id=cls.technician.id)

    def _rate(self, rate, request=None, **values):
        """Rate as the buttons in the mail do."""
        request = (request or self.request).sudo()
        return request.rating_apply(rate, rating=request.asked_rating_id, **values)

    def test_new_teams_ask(self):
        self.assertEqual(
            self.env["aftersales.team"].create({"name": "New"}).rating_template_id, self.template
        )

    def test_asked_in_one_mail_when_solved(self):
        self.team_a.solved_template_id = self.env.ref(
            "aftersales_base.mail_template_request_solved"
        )
        self.request.remedy_id = self.remedy
        self._finish_transaction()
        with self.mock_mail_gateway():
            self.request.with_user(self.agent).action_done()
            self._finish_transaction()
            (mail,) = self._sent_to("lin@example.org")
        self.assertEqual(self.request.satisfaction, "asked")
        for rate in (5, 3, 1):
            self.assertIn(f"/rate/{self.request.asked_rating_id.access_token}/{rate}", mail["body"])
        self.assertIn("Part replaced", mail["body"])

    def test_team_that_does_not_ask(self):
        self.team_a.rating_template_id = False
        self.request.action_done()
        self.assertFalse(self.request.asked_rating_id)
        self.assertFalse(self.request.satisfaction)
        unteamed = self._make_request(partner_id=self.customer.id, team_id=False)
        unteamed.action_done()
        self.assertFalse(unteamed.asked_rating_id)

    def test_cancelled_and_merged_are_not_asked(self):
        other = self._make_request(partner_id=self.customer.id)
        other._merge_into(self.request)
        self.request.action_cancel()
        self.assertFalse((self.request | other).asked_rating_id)

    def test_many_at_once(self):
        requests = self.env["aftersales.request"]
        for number in range(3):
            requests |= self._make_request(partner_id=self.customer.id, subject=f"No {number}")
        requests.action_done()
        self.assertEqual(len(requests.asked_rating_id), 3)
        for request in requests:
            self.assertEqual(request.asked_rating_id.res_id, request.id)

    def test_once_for_each_closing(self):
        self.request.action_done()
        first = self.request.asked_rating_id
        self.request.action_reopen()
        self.request.action_done()
        self.assertEqual(self.request.asked_rating_id, first, "not given yet: asked again")
        self._rate(3)
        self.request.action_reopen()
        self.request.action_done()
        second = self.request.asked_rating_id
        self.assertNotEqual(second, first)
        self.assertEqual(self.request.satisfaction, "okay", "what was said stays until more is")
        self._rate(5)
        self.assertEqual(self.request.satisfaction, "great")
        self.assertEqual(len(self.request.rating_ids), 2)

    def test_rating_from_the_mail(self):
        self.request.action_done()
        token = self.request.asked_rating_id.access_token
        self.env.flush_all()
        self.authenticate(None, None)
        self.assertIn("Happy", self.url_open(f"/rate/{token}/5").text)
        data = {"rate": 5, "feedback": "Quick and clean", "csrf_token": Request.csrf_token(self)}
        response = self.url_open(f"/rate/{token}/submit_feedback", data=data)
        self.assertEqual(response.status_code, 200)
        self.assertRecordValues(
            self.request, [{"satisfaction": "great", "rating_last_value": 5, "state": "done"}]
        )
        message = self.request.message_ids[:1]
        self.assertIn("Quick and clean", message.body)
        self.assertEqual(message.author_id, self.customer)
        self.assertFalse(self.request.activity_ids)

    def test_wrong_token_rates_nothing(self):
        self.request.action_done()
        with mute_logger("odoo.http"):
            response = self.url_open("/rate/wrong/submit_feedback", data={"rate": 1})
        self.assertIn(response.status_code, (400, 404))
        self.assertFalse(self.request.rating_last_value)

    def test_unhappy_is_asked_why_and_stays_solved(self):
        self.request.action_done()
        self._rate(1, feedback="Two days late")
        self.assertEqual(self.request.satisfaction, "bad")
        self.assertEqual(self.request.state, "done")
        self.assertEqual(self.request.activity_ids.user_id, self.agent)
        self._rate(1, feedback="And expensive")
        self.assertEqual(len(self.request.activity_ids), 1)

    def test_message_cannot_carry_a_rating(self):
        """Neither by the pages of a thread nor by a call from outside."""
        self.assertNotIn("rating_value", self.request._get_allowed_message_params())
        (self.request | self.request.copy()).action_done()
        asked = self.request.asked_rating_id
        for user in (self.portal, self.technician, self.manager):
            message = self._call(
                user,
                self.request,
                "message_post",
                body="Bad",
                rating_value=1,
                rating_id=asked.id,
            )
            message = self.env["mail.message"].sudo().browse(message)
            self.assertIn("Bad", message.body)
            self.assertFalse(message.rating_ids)
        self.env.invalidate_all()
        self.assertEqual(self.request.sudo().rating_ids, asked.sudo())
        self.assertFalse(self.request.rating_last_value)

    def test_who_reads_a_rating(self):
        """Whoever may see the request by his role; not the token, and nobody else."""
        self.request.action_done()
        self._rate(3, feedback="Muddy boots")
        rating = self.request.asked_rating_id
        of_nobody = self.env["rating.rating"].sudo().create({"res_id": 1, "feedback": "Task"})
        elsewhere = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        employee = self._new_user("employee", "base.group_user")
        for user, reads in (
            (self.technician, True),
            (self.agent, True),
            (self.manager, True),
            (self.settler, True),
            (self.other_technician, False),
            (self.other_agent, False),
            (self.salesman, False),
            (employee, False),
            (elsewhere, False),
        ):
            with self.subTest(user=user.login):
                ratings = self.env["rating.rating"].with_user(user)
                found = ratings.search([("id", "in", (rating | of_nobody).ids)])
                self.assertIn(of_nobody, found.sudo(), "what else is rated stays as it was")
                self.assertEqual(rating in found.sudo(), reads)
                self.assertEqual(ratings.browse(rating.id).has_access("read"), reads)
                for call in (
                    lambda ratings=ratings: ratings.browse(rating.id).read(["access_token"]),
                    lambda ratings=ratings: ratings.search([("access_token", "like", "a%")]),
                ):
                    with self.assertRaises(AccessError):
                        call()
        (row,) = rating.with_user(self.technician).read()
        self.assertNotIn("access_token", row)
        self.assertEqual(row["feedback"], "Muddy boots")

    def test_leader_above_reads_what_is_below(self):
        self.request.action_done()
        mine = self.request.asked_rating_id.with_user(self.other_agent)
        self.assertFalse(mine.has_access("read"))
        self.team_b.leader_id = self.other_agent
        self.team_a.parent_id = self.team_b
        self.env.flush_all()
        self.assertTrue(mine.has_access("read"))

    def test_nobody_rates_by_hand(self):
        self.request.action_done()
        rating = self.request.asked_rating_id
        model = self.env["ir.model"]._get_id("aftersales.request")
        teams = self.env["ir.model"]._get_id("aftersales.team")
        praise = {"rating": 5, "consumed": True}
        for user in (self.technician, self.agent, self.manager, self.settler):
            other = self.env["rating.rating"].with_user(user).create({"res_id": self.request.id})
            other.write(praise)
            for call in (
                lambda user=user: self._call(user, rating, "write", praise),
                lambda user=user: self._call(user, rating, "reset"),
                lambda user=user: self._call(
                    user,
                    rating,
                    "create",
                    [{**praise, "res_model_id": model, "res_id": self.request.id}],
                ),
                lambda user=user: self.request.with_user(user).write(
                    {"rating_ids": [Command.update(rating.id, praise)]}
                ),
                # What is rated by him elsewhere does not become one of this request or team.
                lambda other=other: other.write({"res_model_id": model}),
                lambda other=other: other.write({"res_model": "aftersales.request"}),
                lambda other=other: other.write(
                    {"parent_res_model_id": teams, "parent_res_id": self.team_a.id}
                ),
            ):
                with self.subTest(user=user.login):
                    self.assertFalse(self._passes(call))
        self.env.invalidate_all()
        self.assertFalse(self.request.rating_last_value)
        self.assertFalse(self.team_a.rating_count)

    def test_button_and_thread_of_who_may_not_read_ratings(self):
        """A salesperson sees how it was on the request; list and thread open without an error."""
        self.customer.user_id = self.salesman
        self.request.action_done()
        self._rate(5, feedback="Neat")
        self.env.flush_all()
        self.env.invalidate_all()
        mine = self.request.with_user(self.salesman)
        self.assertEqual(mine.satisfaction, "great")
        self.assertNotIn("action_view_ratings", mine.get_view(view_type="form")["arch"])
        self.authenticate(self.salesman.login, self.salesman.login)
        result = self.make_jsonrpc_request(
            "/mail/thread/messages",
            {"thread_model": self.request._name, "thread_id": self.request.id},
        )
        self.assertTrue(result["messages"])
        action = self.request.with_user(self.agent).action_view_ratings()
        found = self.env["rating.rating"].with_user(self.agent).search(action["domain"])
        self.assertEqual(found.feedback, "Neat")

    def test_asked_rating_is_not_written_by_hand(self):
        self.request.action_done()
        with self.assertRaises(UserError):
            self.request.with_user(self.manager).asked_rating_id = False
        with self.assertRaises(UserError):
            self.request.with_user(self.manager).satisfaction = "great"

    def test_average_leaves_out_who_said_nothing(self):
        others = self._make_request(partner_id=self.customer.id)
        others |= self._make_request(partner_id=self.customer.id)
        (self.request | others).action_done()
        self._rate(5)
        self._rate(1, request=others[0])
        self.env.flush_all()
        domain = [("id", "in", (self.request | others).ids)]
        ((average,),) = self.env["aftersales.request"]._read_group(
            domain, [], ["rating_last_value:avg"]
        )
        self.assertEqual(average, 3)
        found = self.env["aftersales.request"].search([*domain, ("satisfaction", "=", "bad")])
        self.assertEqual(found, others[0])
        self.assertEqual(self.team_a.rating_count, 2)
        self.assertEqual(self.team_a.rating_avg, 3)

    def test_reply_reopens_after_a_rating_too(self):
        self.request.action_done()
        self._rate(5)
        self.request.sudo().date_closed = fields.Datetime.now() - timedelta(days=2)
        self.request.message_post(
            body="It drips again",
            author_id=self.customer.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(self.request.state, "in_progress")
