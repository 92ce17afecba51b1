from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import new_test_user, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.addons.mail.tests.common import MockEmail

from .test_portal import PDF, PNG, PortalCase


class PortalRequestCase(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team_a.rating_template_id = cls.env.ref("aftersales_base.mail_template_request_rating")

    def setUp(self):
        super().setUp()
        self._login()

    def _step(self, step, request=None, **data):
        request = request or self.request
        return self._post(f"/my/service-requests/{request.id}/{step}", **data)

    def assertTaken(self, response, step, request=None):
        request = request or self.request
        self.assertEqual(response.status_code, 303, response.text[:300])
        self.assertURLEqual(
            response.headers["Location"], f"/my/service-requests/{request.id}?done={step}"
        )
        self.request.invalidate_recordset()

    def assertNothingDone(self, response, request=None):
        """Assert that the customer is led back to the page and told of nothing done."""
        request = request or self.request
        self.assertEqual(response.status_code, 303)
        self.assertURLEqual(response.headers["Location"], f"/my/service-requests/{request.id}")

    def _said(self, user=None):
        """Return the last words of the customer in the thread."""
        author = (user or self.portal).partner_id
        messages = self.request.message_ids.filtered(
            lambda message: message.author_id == author and message.body
        )
        return messages[:1].body

    def _wait_for_customer(self):
        self.request.action_start()
        self.request.action_wait(self.env.ref("aftersales_base.pause_reason_customer"))


@tagged("post_install", "-at_install")
class TestPortalRequestSteps(PortalRequestCase):
    """Closing, taking up again and rating by the customer."""

    def test_close_because_it_works(self):
        self.assertIn("Close this request", self._page(self.request_url))
        response = self._step("close", reason="works", comment="Came back by itself <b>!</b>")
        self.assertTaken(response, "close")
        self.assertRecordValues(self.request, [{"state": "done", "customer_close_reason": "works"}])
        self.assertIn("It works again. Came back by itself &lt;b&gt;", self._said())
        page = self._page(response.headers["Location"])
        for text in ("The request is closed", "This is solved", "How was our service?"):
            self.assertIn(text, page)
        self.assertNotIn("Close this request", page)

    def test_close_what_waits_for_him(self):
        self._wait_for_customer()
        self.assertTaken(self._step("close", reason="helped"), "close")
        self.assertEqual(self.request.state, "done")

    def test_what_is_no_longer_needed_is_cancelled(self):
        self.assertTaken(self._step("close", reason="not_needed"), "close")
        self.assertEqual(self.request.state, "cancelled")
        self.assertFalse(self.request.asked_rating_id)
        self.assertIn("Ask again", self._page(self.request_url))

    def test_close_needs_a_reason_and_keeps_the_text(self):
        for reason in ("", "done", "works' OR 1=1"):
            response = self._step("close", reason=reason, comment="Typed with care")
            self.assertEqual(response.status_code, 200)
            self.assertIn("Choose why it can be closed", response.text)
            self.assertIn("Typed with care", response.text)
        response = self._step("close", reason="works", comment="x" * 2001)
        self.assertIn("longer than 2000 characters", response.text)
        self.assertEqual(self.request.state, "new")

    def test_address_with_more_than_it_knows(self):
        """What the page shows is not put together from the address."""
        plain = self._page(self.request_url)
        for name in (
            "form",
            "errors",
            "request_sudo",
            "values",
            "document",
            "no_breadcrumbs",
            "session_history",
            "may_close",
            "shown",
        ):
            with self.subTest(name):
                page = self._page(f"{self.request_url}?{name}=x")
                self.assertEqual("Close this request" in page, "Close this request" in plain)
                self._page(f"{self.unit_url}?{name}=x")

    def test_link_of_a_mail_says_who_writes(self):
        """Who opens the thread by the link in his mail writes under his own name."""
        signed = self.request._sign_token(self.customer.id)
        page = self._page(f"{self.request_url}?pid={self.customer.id}&hash={signed}")
        self.assertIn(signed, page)

    def test_second_tap_changes_nothing(self):
        self._step("close", reason="works")
        messages = self.request.message_ids
        self.assertNothingDone(self._step("close", reason="not_needed"))
        self.request.invalidate_recordset()
        self.assertEqual(self.request.customer_close_reason, "works")
        self.assertEqual(self.request.message_ids, messages)

    def test_take_up_again(self):
        self._step("close", reason="works")
        self.assertIn("It is not solved", self._page(self.request_url))
        response = self._step("reopen", comment="It drips again")
        self.assertTaken(response, "reopen")
        self.assertRecordValues(
            self.request,
            [{"state": "in_progress", "customer_close_reason": False, "date_closed": False}],
        )
        self.assertIn("It drips again", self._said())
        self.assertIn("We take it up again", self._page(response.headers["Location"]))

    def test_taking_up_again_needs_words(self):
        self._step("close", reason="works")
        response = self._step("reopen", comment="  ")
        self.assertIn("Say what is still wrong", response.text)
        self.assertEqual(self.request.state, "done")

    def test_not_taken_up_after_the_days_of_the_company(self):
        for days, limit, taken in ((13, 14, True), (14, 14, False), (0, 0, False)):
            with self.subTest(days=days, limit=limit):
                self.company.sudo().aftersales_reopen_days = limit
                request = self._make_request(partner_id=self.customer.id)
                request.action_done()
                request.sudo().date_closed = fields.Datetime.now() - timedelta(days=days)
                page = self._page(f"/my/service-requests/{request.id}")
                self.assertEqual("It is not solved" in page, taken)
                response = self._step("reopen", request, comment="Again")
                if not taken:
                    self.assertNothingDone(response, request)
                request.invalidate_recordset()
                self.assertEqual(request.state, "in_progress" if taken else "done")

    def test_cancelled_is_not_taken_up(self):
        self.request.action_cancel()
        self.assertNothingDone(self._step("reopen", comment="Again"))
        self.assertEqual(self.request.state, "cancelled")

    def test_rate_once(self):
        self.request.action_done()
        self.assertTaken(self._step("rate", rate="5", comment="Quick"), "rate")
        self.assertRecordValues(
            self.request, [{"satisfaction": "great", "state": "done", "rating_count": 1}]
        )
        self.assertIn("Quick", self._said())
        page = self._page(self.request_url)
        self.assertNotIn("How was our service?", page)
        self.assertIn("You said: Happy", " ".join(page.split()))
        self.assertNothingDone(self._step("rate", rate="1"))
        self.request.invalidate_recordset()
        self.assertEqual(self.request.satisfaction, "great")

    def test_unhappy_customer_is_called_and_it_stays_solved(self):
        self.team_a.leader_id = self.agent
        self.request.action_done()
        self._step("rate", rate="1", comment="Three visits")
        self.request.invalidate_recordset()
        self.assertEqual(self.request.state, "done")
        self.assertEqual(self.request.activity_ids.user_id, self.agent)

    def test_rates_that_are_none(self):
        self.request.action_done()
        for rate in ("", "0", "2", "6", "-1", "5.0", "great", "5; DROP"):
            response = self._step("rate", rate=rate, comment="Mine")
            self.assertIn("Choose a face", response.text)
        self.request.invalidate_recordset()
        self.assertEqual(self.request.satisfaction, "asked")

    def test_not_rated_before_it_is_solved_nor_where_nobody_asks(self):
        self.assertNothingDone(self._step("rate", rate="5"))
        self.team_a.rating_template_id = False
        self.request.action_done()
        self.assertNotIn("How was our service?", self._page(self.request_url))
        self.assertNothingDone(self._step("rate", rate="5"))
        self.request.invalidate_recordset()
        self.assertFalse(self.request.rating_count)

    def test_message_cannot_carry_a_rating(self):
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": self.request._name,
                "thread_id": self.request.id,
                "post_data": {"body": "Five!", "message_type": "comment", "rating_value": 5},
            },
        )
        self.request.invalidate_recordset()
        self.assertFalse(self.request.rating_ids)

    def test_colleague_of_the_customer(self):
        """Whoever of the customer's company reads it may do the same; the words are his."""
        boss = new_test_user(self.env, "aftersales_boss", groups="base.group_portal")
        boss.partner_id.parent_id = self.customer
        self._login(boss)
        self.assertTaken(self._step("close", reason="works"), "close")
        self.assertTaken(self._step("rate", rate="3", comment="Well"), "rate")
        self.assertIn("Well", self._said(boss))


@tagged("post_install", "-at_install")
class TestPortalRequestTeam(PortalRequestCase, MockEmail):
    """The team for the portal gets what is asked for there, and answers."""

    def setUp(self):
        super().setUp()
        self.env = self.env(context=dict.fromkeys(DISABLED_MAIL_CONTEXT, False))
        self.portal.partner_id.sudo().email = "lin@example.org"
        self.company.sudo().email = "desk@example.com"
        self.company.sudo().aftersales_portal_team_id = self.team_a

    def _mailed_by(self, action):
        """Return what an action returns, and the mails it sends to the customer."""
        with self.mock_mail_gateway():
            result = action()
            self.env.flush_all()
            self.cr.precommit.run()
            mails = [mail for mail in self._mails if "lin@example.org" in str(mail["email_to"])]
        return result, mails

    def test_team_gets_it_and_the_customer_the_number(self):
        response, mails = self._mailed_by(lambda: self._post(subject="No cold air"))
        request = self.assertSent(response)
        self.assertEqual(request.team_id, self.team_a)
        self.assertTrue(request.with_user(self.agent).has_access("write"))
        self.assertEqual(len(mails), 1)
        self.assertIn(request.name, mails[0]["subject"])
        self.assertIn("desk@example.com", mails[0]["email_from"])

    def test_closing_himself_he_is_asked_by_us_not_by_himself(self):
        self.request.team_id = self.team_a
        self.env.flush_all()
        self.cr.precommit.run()
        __, mails = self._mailed_by(lambda: self._step("close", reason="works"))
        self.assertEqual(len(mails), 1)
        self.assertEqual(mails[0]["subject"], f"{self.request.name} is solved: how was it?")
        self.assertIn("desk@example.com", mails[0]["email_from"])

    def test_archived_team_gets_nothing(self):
        self.team_a.active = False
        self.assertFalse(self.assertSent(self._post(subject="No cold air")).team_id)


@tagged("post_install", "-at_install")
class TestPortalRequestWish(PortalRequestCase):
    def test_wish_goes_along(self):
        request = self.assertSent(self._post(subject="No cold air", wish="exchange"))
        self.assertEqual(request.wish, "exchange")
        self.assertIn("You would like", self._page(f"/my/service-requests/{request.id}"))
        self.assertFalse(self.assertSent(self._post(subject="No cold air", wish="")).wish)

    def test_wish_that_is_none(self):
        for wish in ("money", "repair' --", "x" * 500):
            response = self._post(subject="Typed with care", wish=wish)
            self.assertRefused(response, "Typed with care", "wish_error")


@tagged("post_install", "-at_install")
class TestPortalRequestForged(PortalRequestCase):
    """Steps on what is not his, without a session, or with a forged form."""

    STEPS = (
        ("close", {"reason": "works"}),
        ("reopen", {"comment": "Mine"}),
        ("rate", {"rate": "5"}),
    )

    def _values(self):
        self.request.invalidate_recordset()
        return self.request.read(["state", "satisfaction", "customer_close_reason"])

    def test_other_customer(self):
        token = self.request._portal_ensure_token()
        for state in ("new", "done"):
            if state == "done":
                self.request.action_done()
            before = self._values(), self.request.message_ids
            self._login(self.stranger)
            for step, data in self.STEPS:
                for extra in ({}, {"access_token": token}, {"partner_id": self.customer.id}):
                    with self.subTest(state=state, step=step):
                        self.assertSentAway(self._step(step, **data, **extra))
            self.assertEqual((self._values(), self.request.message_ids), before)
            self._login()

    def test_token_shows_the_page_without_steps(self):
        self.request.action_done()
        self._login(self.stranger)
        page = self._page(self.request.get_portal_url())
        self.assertIn("Drips on the floor", page)
        for text in ("How was our service?", "It is not solved", "Close this request"):
            self.assertNotIn(text, page)

    def test_other_company_of_ours(self):
        far = self.env["aftersales.request"].create(
            {
                "subject": "Elsewhere",
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )
        for step, data in self.STEPS:
            self.assertSentAway(self._step(step, far, **data))
        self.assertEqual(far.state, "new")

    def test_logged_out(self):
        self.authenticate(None, None)
        for step, data in self.STEPS:
            self.assertIn("/web/login", self._step(step, **data).headers["Location"])
        self.assertEqual(self.request.state, "new")

    def test_without_csrf_token_and_by_link(self):
        with mute_logger("odoo.http"):
            for step, data in self.STEPS:
                for token in ("", "wrong"):
                    response = self._step(step, csrf_token=token, **data)
                    self.assertEqual(response.status_code, 400)
                # A link in a mail is a GET.
                response = self._get(f"{self.request_url}/{step}?reason=works&rate=5&comment=x")
                self.assertIn(response.status_code, (404, 405))
        self.assertEqual(self.request.state, "new")

    def test_ids_tell_no_existence(self):
        theirs = self._make_request(partner_id=self.other_customer.id)
        answers = []
        for number in (theirs.id, theirs.id + 100000, 2**31, 10**20):
            for step, data in self.STEPS:
                response = self._post(f"/my/service-requests/{number}/{step}", **data)
                answers.append((response.status_code, response.headers["Location"]))
        self.assertEqual(len(set(answers)), 1)
        self.assertEqual(theirs.state, "new")

    def test_fields_nobody_asked_for_are_ignored(self):
        self._step(
            "close",
            reason="works",
            state="cancelled",
            user_id=self.agent.id,
            priority="3",
            subject="Changed",
            date_closed="2020-01-01",
        )
        self.assertRecordValues(
            self.request,
            [{"state": "done", "user_id": False, "priority": "0", "subject": "Drips on the floor"}],
        )
        self.assertEqual(self.request.date_closed.date(), fields.Date.today())

    def test_a_file_in_the_place_of_a_text(self):
        data = {"csrf_token": Request.csrf_token(self)}
        response = self.url_open(
            f"{self.request_url}/close",
            data=data,
            files={"reason": ("a.png", PNG)},
            allow_redirects=False,
        )
        self.assertIn("Choose why it can be closed", response.text)

    def test_steps_are_no_remote_calls(self):
        for method, args in (
            ("_close_by_customer", ["works"]),
            ("_reopen_by_customer", ["Again"]),
            ("_rate_by_customer", [5]),
            ("action_done", []),
            ("action_reopen", []),
        ):
            with self.subTest(method), mute_logger("odoo.http"):
                with self.assertRaises(JsonRpcException):
                    self.make_jsonrpc_request(
                        "/web/dataset/call_kw",
                        {
                            "model": self.request._name,
                            "method": method,
                            "args": [self.request.ids, *args],
                            "kwargs": {},
                        },
                    )
        self.assertEqual(self.request.state, "new")

    def test_reason_is_not_written_by_hand(self):
        with self.assertRaises(UserError):
            self.request.with_user(self.manager).customer_close_reason = "works"


@tagged("post_install", "-at_install")
class TestPortalRequestPage(PortalRequestCase):
    """What the customer sees of a request, state by state."""

    def test_customer_reads_what_is_his_and_nothing_of_how_it_is_judged(self):
        own = self.request.with_user(self.portal)
        readable = own.read(["name", "subject", "state", "date_reported", "waits_for_customer"])
        self.assertEqual(readable[0]["subject"], "Drips on the floor")
        for fname in (
            "user_id",
            "team_id",
            "cause_id",
            "remedy_id",
            "repeat_of_id",
            "sla_deadline",
            "satisfaction",
            "rating_count",
            "lead_id",
            "merged_into_id",
            "message_follower_ids",
        ):
            if fname in own._fields:
                with self.subTest(fname), self.assertRaises(AccessError):
                    own.read([fname])
        with self.assertRaises(AccessError):
            own.search([("cause_id", "!=", False)])

    def test_contact_is_named_while_it_is_his(self):
        self.request.user_id = self.technician
        self.technician.sudo().name = "Tao Technician"
        self.assertIn("Tao Technician", self._page(self.request_url))
        self.request.action_cancel()
        self.assertNotIn("Tao Technician", self._page(self.request_url))

    def test_remedy_is_told_when_it_is_solved(self):
        self.request.write({"remedy_id": self.remedy.id, "cause_id": self.cause_misuse.id})
        self.assertNotIn("Part replaced", self._page(self.request_url))
        self.request.action_done()
        page = self._page(self.request_url)
        self.assertIn("What we did: ", page)
        self.assertIn("Part replaced", page)
        self.assertNotIn("Misuse", page)

    def test_waiting_for_him_and_for_others(self):
        self._wait_for_customer()
        self.assertIn("We are waiting for you", self._page(self.request_url))
        self.request.action_start()
        self.env.flush_all()
        self.request.action_wait(self.env.ref("aftersales_base.pause_reason_parts"))
        page = self._page(self.request_url)
        self.assertNotIn("We are waiting for you", page)
        self.assertIn("We wait for: ", page)

    def test_files_of_the_thread_are_listed_and_open(self):
        request = self.assertSent(
            self._post(subject="Leaks", files=[("leak.png", PNG), ("paper.pdf", PDF)])
        )
        secret = self.env["ir.attachment"].create({"name": "cost.pdf", "raw": PDF})
        request.message_post(body="Ours", attachment_ids=secret.ids, subtype_xmlid="mail.mt_note")
        page = self._page(f"/my/service-requests/{request.id}")
        self.assertNotIn("cost.pdf", page)
        for attachment in request.message_ids.attachment_ids - secret:
            url = f"/web/content/{attachment.id}?access_token={attachment.access_token}"
            self.assertIn(url.replace("&", "&amp;"), page)
            self.assertIn(attachment.name, page)
            self.assertEqual(self._get(url).content, attachment.raw)
        self.assertNotIn(f"/web/content/{secret.id}", page)


@tagged("post_install", "-at_install")
class TestPortalRequestList(PortalRequestCase):
    """Filter, search, group and pages of the list of requests."""

    SUBJECTS = ("Drips on the floor", "Oven is cold", "All good now", "Not mine")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oven = cls._create_product(name="Steam Oven")
        unit = cls._make_unit("OV-0009", product_id=cls.oven.id)
        cls.cold = cls._make_request(
            partner_id=cls.customer.id, unit_id=unit.id, subject="Oven is cold"
        )
        cls.solved = cls._make_request(partner_id=cls.customer.id, subject="All good now")
        cls.solved.action_done()
        cls.theirs = cls._make_request(partner_id=cls.other_customer.id, subject="Not mine")

    def _shown(self, query=""):
        page = self._page(f"/my/service-requests{query}")
        return [subject for subject in self.SUBJECTS if subject in page]

    def test_filters(self):
        self._wait_for_customer()
        drips, cold, good, __ = self.SUBJECTS
        for query, shown in (
            ("", [drips, cold, good]),
            ("?filterby=all", [drips, cold, good]),
            ("?filterby=open", [drips, cold]),
            ("?filterby=waiting", [drips]),
            ("?filterby=solved", [good]),
            ("?filterby=nonsense", [drips, cold, good]),
        ):
            self.assertEqual(self._shown(query), shown, query)
        self.assertIn("Waiting for you", self._page("/my/service-requests?filterby=waiting"))

    def test_waiting_for_a_part_is_not_waiting_for_him(self):
        self.request.action_start()
        self.request.action_wait(self.env.ref("aftersales_base.pause_reason_parts"))
        self.assertEqual(self._shown("?filterby=waiting"), [])

    def test_search(self):
        drips, cold, __, __ = self.SUBJECTS
        for query, shown in (
            (f"?search={self.cold.name}", [cold]),
            (f"?search={self.cold.name}&search_in=name", [cold]),
            ("?search=drips&search_in=subject", [drips]),
            ("?search=ov-0009&search_in=serial", [cold]),
            ("?search=ov-0009&search_in=name", []),
            ("?search=steam", [cold]),
            ("?search=steam&search_in=product", [cold]),
            ("?search=not mine", []),
            (f"?search={self.theirs.name}&search_in=name", []),
            ("?search=drips&filterby=solved", []),
        ):
            self.assertEqual(self._shown(query), shown, query)

    def test_groups(self):
        page = self._page("/my/service-requests?groupby=state")
        self.assertLess(page.index("Drips on the floor"), page.index("All good now"))
        page = self._page("/my/service-requests?groupby=product")
        self.assertIn("Without a product", page)
        self.assertIn("Steam Oven", page)
        self.assertEqual(self._shown("?groupby=nonsense"), list(self.SUBJECTS[:3]))

    def test_pages(self):
        for number in range(81):
            self._make_request(partner_id=self.customer.id, subject=f"Many {number:03}")
        for query in ("", "?groupby=product", "?groupby=state&sortby=oldest"):
            pages = self._page(f"/my/service-requests{query}")
            pages += self._page(f"/my/service-requests/page/2{query}")
            for number in range(81):
                self.assertIn(f"Many {number:03}", pages, query)

    def test_queries_do_not_grow_with_the_list(self):
        """One row or forty, of one state or several, take the same number of queries."""
        url = "/my/service-requests?groupby=product"
        self._page(url)

        def count():
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._page(url)
            return self.cr.sql_log_count - before

        few = count()
        for number in range(40):
            unit = self._make_unit(f"LOAD-{number:03}")
            request = self._make_request(partner_id=self.customer.id, unit_id=unit.id)
            if number % 2:
                request.action_start()
                request.action_wait()
        self.assertLessEqual(count(), few + 2)
