from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_base.tests.test_portal import PNG, PortalCase


class ComplaintPortalCase(PortalCase):
    """The first customer has a complaint, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "lin@example.com"
        cls.complaint = cls.env["aftersales.complaint"].create(
            {
                "subject": "Three hours late",
                "partner_id": cls.portal.partner_id.id,
                "unit_id": cls.unit.id,
                "team_id": cls.team_a.id,
                "handler_id": cls.agent.id,
                "root_cause": "<p>He overslept</p>",
                "answer": "<p>Traffic was heavy</p>",
                "target_user_id": cls.technician.id,
                "outcome": "compensation",
                "compensation_amount": 41.5,
            }
        )
        cls.complaint_url = f"/my/complaints/{cls.complaint.id}"
        cls.of_unit = f"/my/products/{cls.unit.id}/complaint"
        cls.of_request = f"{cls.request_url}/complaint"

    def _send(self, url=None, files=(), **data):
        data = {"subject": "Nobody came", "target_kind": "service", **data}
        return self._post(url or self.of_unit, files, **data)

    def _portal_complaints(self):
        complaints = self.env["aftersales.complaint"].sudo()
        return complaints.search([("channel", "=", "portal")], order="id desc")

    def assertComplained(self, response):
        """Assert that the answer shows the complaint just made; return it."""
        complaint = self._portal_complaints()[:1]
        self.assertEqual(response.status_code, 303, response.text[:500])
        self.assertURLEqual(response.headers["Location"], f"/my/complaints/{complaint.id}?sent=1")
        return complaint

    def assertRefused(self, response, *texts):
        self.assertEqual(response.status_code, 200)
        for text in texts:
            self.assertIn(text, response.text)
        self.assertFalse(self._portal_complaints())


@tagged("post_install", "-at_install")
class TestComplaintPortalAccess(ComplaintPortalCase):
    """Whose pages open, and where others are sent."""

    def test_address_with_more_than_it_knows(self):
        self.authenticate(self.portal.login, self.portal.login)
        self._page(f"{self.complaint_url}?document=1&values=2&session_history=3")

    def test_own_pages_open(self):
        self._login()
        for url in ("/my/complaints", self.complaint_url):
            self.assertIn("Three hours late", self._page(url))
        self.assertIn("AC-0001", self._page(self.of_unit))
        self.assertIn("Drips on the floor", self._page(self.of_request))
        self.assertIn(f'href="{self.of_unit}"', self._page(self.unit_url))
        self.assertIn(f'href="{self.of_request}"', self._page(self.request_url))

    def test_other_customer_is_sent_home(self):
        self._login(self.stranger)
        for url in (self.complaint_url, self.of_unit, self.of_request):
            self.assertSentAway(self._get(url))
        for url in (self.of_unit, self.of_request):
            self.assertSentAway(self._send(url))
        self.assertNotIn("Three hours late", self._page("/my/complaints"))
        self.assertFalse(self._portal_complaints())

    def test_records_that_do_not_exist(self):
        self._login()
        for number in (0, 2**31 - 1, 2**31, 10**20):
            for url in (
                f"/my/complaints/{number}",
                f"/my/products/{number}/complaint",
                f"/my/service-requests/{number}/complaint",
            ):
                self.assertSentAway(self._get(url))

    def test_logged_out_is_sent_to_login(self):
        for url in ("/my/complaints", self.of_unit, self.of_request, self.complaint_url):
            response = self._get(url)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])
        self.authenticate(None, None)
        self.assertIn("/web/login", self._send().headers["Location"])

    def test_token_opens_the_page_and_is_no_right_to_complain(self):
        token = self.unit._portal_ensure_token()
        self._login(self.stranger)
        self.assertIn("Three hours late", self._page(self.complaint.get_portal_url()))
        self.assertSentAway(self._get(f"{self.of_unit}?access_token={token}"))
        self.assertSentAway(self._send(access_token=token))
        self.assertNotIn(self.of_unit, self._page(self.unit.get_portal_url()))
        self.assertSentAway(self._get(f"{self.complaint_url}?access_token={token}"))

    def test_counter(self):
        names = ["aftersales_complaint_count"]
        for user, count in ((self.portal, 1), (self.stranger, 0)):
            self._login(user)
            answer = self.make_jsonrpc_request("/my/counters", {"counters": names})
            self.assertEqual(answer, {names[0]: count})


@tagged("post_install", "-at_install")
class TestComplaintPortalPages(ComplaintPortalCase):
    """What the pages say, and what they keep to us."""

    def _advance(self, *buttons):
        for button in buttons:
            user = self.agent if button in ("action_start", "action_answer") else self.manager
            getattr(self.complaint.with_user(user), button)()

    def test_progress_and_answer(self):
        self._login()
        page = self._page(self.complaint_url)
        self.assertIn("We have your complaint", page)
        self.assertNotIn("Traffic was heavy", page)
        self._advance("action_start")
        page = self._page(self.complaint_url)
        self.assertIn("We look into it", page)
        self.assertNotIn("Traffic was heavy", page)
        self._advance("action_answer")
        page = self._page(self.complaint_url)
        self.assertIn("We answered", page)
        self.assertIn("Traffic was heavy", page)
        self.complaint.with_user(self.manager).outcome = "apology"
        self._advance("action_verify", "action_close")
        self.assertIn("This complaint is closed", self._page(self.complaint_url))
        self._advance("action_reopen")
        self.assertNotIn("Traffic was heavy</p></div>", self._page(self.complaint_url))

    def test_compensation_shows_when_it_is_approved(self):
        self._advance("action_start")
        self._login()
        self.assertNotIn("41.5", self._page(self.complaint_url))
        self._advance("action_approve_compensation")
        page = self._page(self.complaint_url)
        self.assertIn("41.5", page)
        self.assertIn("You get", page)

    def test_nothing_internal_on_the_pages(self):
        self.complaint.message_post(body="He shouts", subtype_xmlid="mail.mt_note")
        self._advance("action_start", "action_answer")
        self._login()
        for url in (self.complaint_url, "/my/complaints", self.unit_url):
            page = self._page(url)
            for secret in ("overslept", "41.5", "He shouts", self.technician.name):
                self.assertNotIn(secret, page)

    def test_noted_complaint(self):
        self.complaint.write({"record_only": True, "outcome": False})
        self._advance("action_close")
        self._login()
        self.assertIn("This complaint is closed", self._page(self.complaint_url))

    def test_cancelled_complaint(self):
        self._advance("action_cancel")
        self._login()
        self.assertIn("This complaint was cancelled", self._page(self.complaint_url))

    def test_handling_record_is_not_for_customers(self):
        self._login()
        report = "aftersales_complaint.report_aftersales_complaint"
        for kind in ("html", "pdf"):
            with mute_logger("odoo.http", "odoo.addons.web.controllers.report"):
                response = self._get(f"/report/{kind}/{report}/{self.complaint.id}")
            self.assertGreaterEqual(response.status_code, 400)
            self.assertNotIn("overslept", response.text)

    def test_list_filters_searches_and_survives_nonsense(self):
        self._login()
        list_url = "/my/complaints"
        for query in ("filterby=open", "search=hours", "search=AC-0001", "sortby=state"):
            self.assertIn("Three hours late", self._page(f"{list_url}?{query}"))
        for query in ("filterby=closed", "search=nothing"):
            self.assertNotIn("Three hours late", self._page(f"{list_url}?{query}"))
        self._page(f"{list_url}?sortby=x&filterby=y&search_in=z")


@tagged("post_install", "-at_install")
class TestComplaintPortalForm(ComplaintPortalCase):
    """A customer complains."""

    def test_about_a_product(self):
        self._login()
        complaint = self.assertComplained(
            self._send(
                target_kind="product",
                description="<b>loud</b>",
                phone="+86 138 0000 7777",
                files=[("a.png", PNG)],
                severity="critical",
                compensation_amount="999",
                partner_id=str(self.other_customer.id),
                state="closed",
            )
        )
        self.assertRecordValues(
            complaint,
            [
                {
                    "subject": "Nobody came",
                    "unit_id": self.unit.id,
                    "partner_id": self.portal.partner_id.id,
                    "channel": "portal",
                    "target_kind": "product",
                    "partner_phone": "+86 138 0000 7777",
                    "severity": "minor",
                    "compensation_amount": 0,
                    "state": "new",
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertIn("&lt;b&gt;loud", complaint.description)
        self.assertEqual(complaint.message_ids.attachment_ids.name, "a.png")
        self.assertEqual(
            complaint.message_ids.filtered("attachment_ids").author_id, self.portal.partner_id
        )
        self.assertIn(complaint.name, self._page(f"/my/complaints/{complaint.id}?sent=1"))

    def test_about_a_request(self):
        self._login()
        complaint = self.assertComplained(self._send(self.of_request))
        self.assertEqual(complaint.request_id, self.request)
        self.assertEqual(complaint.unit_id, self.unit)
        self.assertEqual(complaint.team_id, self.team_a)
        self.assertEqual(complaint.partner_id, self.portal.partner_id)

    def test_about_a_product_he_gave_back(self):
        self.unit._close("returned", self.date_start)
        self._login()
        self.assertComplained(self._send())

    def test_what_is_wrong_is_said_and_kept(self):
        self._login()
        self.assertRefused(
            self._send(subject=" ", description="It was hot"),
            "Say in one line what is wrong",
            "It was hot",
        )
        for target in ("department", "", "x"):
            self.assertRefused(self._send(target_kind=target), "Choose what you complain about")
        self.assertRefused(self._send(phone="12"), "This is no phone number")
        self.assertRefused(self._send(subject="x" * 121), "longer than 120")
        self.assertRefused(self._send(files=[("a.png", b"MZ")]), "a.png")

    def test_without_csrf_token(self):
        self._login()
        with mute_logger("odoo.http"):
            self.assertEqual(self._send(csrf_token="").status_code, 400)
        self.assertFalse(self._portal_complaints())

    def test_too_many_within_an_hour(self):
        self._login()
        for __ in range(10):
            self.assertComplained(self._send())
        response = self._send()
        self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self._portal_complaints()), 10)
