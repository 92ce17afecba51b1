from datetime import date, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
PDF = b"%PDF-1.4\n%%EOF\n"
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 32


class PortalCase(AftersalesCommon, HttpCase):
    """Two customers with a portal user each; the first owns ``unit`` and ``request``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = new_test_user(cls.env, "aftersales_stranger", groups="base.group_portal")
        cls.stranger.partner_id.parent_id = cls.other_customer
        cls.unit = cls._make_unit("AC-0001", note="<p>Pays late</p>")
        cls.request = cls._make_request(
            unit_id=cls.unit.id, partner_id=cls.portal.partner_id.id, subject="Drips on the floor"
        )
        cls.unit_url = f"/my/products/{cls.unit.id}"
        cls.form_url = f"/my/products/{cls.unit.id}/service"
        cls.request_url = f"/my/service-requests/{cls.request.id}"

    def _login(self, user=None):
        user = user or self.portal
        self.authenticate(user.login, user.login)

    def _get(self, url):
        return self.url_open(url, allow_redirects=False)

    def _page(self, url):
        """Return the text of a page that is there."""
        response = self._get(url)
        self.assertEqual(response.status_code, 200, url)
        return response.text

    def _post(self, url=None, files=(), **data):
        """Send the form; ``files`` are ``(name, bytes)``."""
        data.setdefault("csrf_token", Request.csrf_token(self))
        sent = [("files", (name, content, "image/png")) for name, content in files]
        return self.url_open(url or self.form_url, data=data, files=sent, allow_redirects=False)

    def _portal_requests(self):
        """Return what came in through the portal."""
        requests = self.env["aftersales.request"].sudo()
        return requests.search([("channel", "=", "portal")], order="id desc")

    def assertSent(self, response):
        """Assert that the answer shows the request just made; return it."""
        request = self._portal_requests()[:1]
        self.assertEqual(response.status_code, 303, response.text[:500])
        self.assertURLEqual(
            response.headers["Location"], f"/my/service-requests/{request.id}?sent=1"
        )
        return request

    def assertRefused(self, response, *texts):
        """Assert that the form comes back with these texts and that nothing was made."""
        self.assertEqual(response.status_code, 200)
        for text in texts:
            self.assertIn(text, response.text)
        self.assertFalse(self._portal_requests())

    def assertSentAway(self, response, path="/my"):
        self.assertEqual(response.status_code, 303)
        self.assertURLEqual(response.headers["Location"], path)


@tagged("post_install", "-at_install")
class TestPortalAccess(PortalCase):
    """Whose pages open, and where others are sent."""

    def test_own_pages_open(self):
        """A contact sees what belongs to his company and what he asked for himself."""
        self._login()
        for url in ("/my/products", self.unit_url, self.form_url):
            self.assertIn("AC-0001", self._page(url))
        for url in ("/my/service-requests", self.request_url):
            self.assertIn("Drips on the floor", self._page(url))

    def test_company_sees_what_its_contacts_own(self):
        boss = new_test_user(self.env, "aftersales_boss", groups="base.group_portal")
        boss.partner_id.parent_id = self.customer
        unit = self._make_unit("AC-0002", partner_id=self.customer_contact.id)
        self._login(boss)
        self.assertIn("AC-0002", self._page(f"/my/products/{unit.id}"))
        self._page(self.request_url)

    def test_other_customer_is_sent_home(self):
        self._login(self.stranger)
        for url in (self.unit_url, self.form_url, self.request_url):
            self.assertSentAway(self._get(url))
        for url in ("/my/products", "/my/service-requests"):
            page = self._page(url)
            self.assertNotIn("AC-0001", page)
            self.assertNotIn("Drips on the floor", page)

    def test_records_that_do_not_exist(self):
        self._login()
        for number in (0, 2**31 - 1, 2**31, 10**20):
            self.assertSentAway(self._get(f"/my/products/{number}"))
            self.assertSentAway(self._get(f"/my/products/{number}/service"))
            self.assertSentAway(self._get(f"/my/service-requests/{number}"))

    def test_other_company_of_ours(self):
        """What another company of ours sold is not shown by this one."""
        product = self.env["product.product"].create({"name": "Shared"})
        unit = self.env["aftersales.unit"].create(
            {
                "product_id": product.id,
                "serial": "ELSEWHERE",
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )
        self._login()
        self.assertSentAway(self._get(f"/my/products/{unit.id}"))
        self.assertSentAway(self._post(f"/my/products/{unit.id}/service", subject="Mine"))
        self.assertNotIn("ELSEWHERE", self._page("/my/products"))

    def test_logged_out_is_sent_to_login(self):
        for url in ("/my/products", "/my/service-requests", self.form_url):
            response = self._get(url)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])
        for url in (self.unit_url, self.request_url, "/my/products/999999999"):
            self.assertIn("/web/login?redirect=", self._get(url).headers["Location"])

    def test_token_opens_the_page_it_was_made_for(self):
        for record, text in ((self.unit, "AC-0001"), (self.request, "Drips on the floor")):
            self.authenticate(None, None)
            self.assertIn(text, self._page(record.get_portal_url()))
            self._login(self.stranger)
            self.assertIn(text, self._page(record.get_portal_url()))

    def test_wrong_token_opens_nothing(self):
        self.unit._portal_ensure_token()
        other_token = self.request._portal_ensure_token()
        for token in ("", "wrong", "%C3%A9", other_token):
            self.authenticate(None, None)
            refused = self._get(f"{self.unit_url}?access_token={token}")
            self.assertIn("/web/login", refused.headers["Location"])
            self._login(self.stranger)
            self.assertSentAway(self._get(f"{self.unit_url}?access_token={token}"))

    def test_token_is_no_right_to_ask(self):
        token = self.unit._portal_ensure_token()
        self._login(self.stranger)
        self.assertNotIn(
            self.form_url,
            self._page(self.unit.get_portal_url())
            .split("<footer")[0]
            .replace("Sign in to ask for service", ""),
        )
        self.assertSentAway(self._get(f"{self.form_url}?access_token={token}"))
        self.assertSentAway(self._post(subject="Mine", access_token=token))
        self.assertFalse(self._portal_requests())

    def test_token_shows_no_requests_of_the_unit(self):
        self._login(self.stranger)
        self.assertNotIn("Drips on the floor", self._page(self.unit.get_portal_url()))

    def test_new_owner_sees_no_requests_of_the_old_one(self):
        self.unit.partner_id = self.other_customer
        self._login(self.stranger)
        self.assertNotIn("Drips on the floor", self._page(self.unit_url))
        self._login()
        self.assertSentAway(self._get(self.unit_url))
        self.assertNotIn(f'href="{self.unit_url}"', self._page(self.request_url))


@tagged("post_install", "-at_install")
class TestPortalPages(PortalCase):
    """What the pages say."""

    def _counters(self, *names):
        return self.make_jsonrpc_request("/my/counters", {"counters": list(names)})

    def test_home_counts_what_is_asked(self):
        self._login()
        self.assertEqual(self._counters("aftersales_unit_count"), {"aftersales_unit_count": 1})
        names = ("aftersales_unit_count", "aftersales_request_count")
        self.assertEqual(self._counters(*names), dict.fromkeys(names, 1))
        self._login(self.stranger)
        self.assertEqual(self._counters(*names), dict.fromkeys(names, 0))
        self.assertIn('href="/my/products"', self._page("/my"))

    @freeze_time("2025-06-10 08:00:00")
    def test_warranty_in_plain_words(self):
        self._login()
        page = self._page(self.unit_url)
        self.assertIn("In warranty until", page)
        self.assertIn("01/09/2028", page)
        self.assertIn("You pay nothing until", page)

    @freeze_time("2025-12-31 08:00:00")
    def test_warranty_that_ends_says_how_long(self):
        self._login()
        page = self._page(self.unit_url)
        self.assertIn("01/09/2026", page)
        self.assertRegex(page, r">9</t>|9\s*days left|9 days left")

    @freeze_time("2025-06-10 08:00:00")
    def test_partial_warranty_says_both_shares(self):
        self.unit.warranty_ids.write({"percent": 62.5})
        self._login()
        page = " ".join(self._page(self.unit_url).split())
        self.assertIn("We cover 62.5 % until", page)
        self.assertIn("you pay 37.5 %", page)

    def test_returned_unit_says_so_and_asks_nothing(self):
        self.unit._close("returned", date(2025, 3, 1))
        self._login()
        page = self._page(self.unit_url)
        self.assertIn("This product was returned to us", page)
        self.assertIn("Ended when the product was returned", page)
        self.assertNotIn(self.form_url, page)
        self.assertSentAway(self._get(self.form_url), self.unit_url)
        self.assertSentAway(self._post(subject="Again"), self.unit_url)
        self.assertFalse(self._portal_requests())

    def test_archived_unit_is_not_listed_and_asks_nothing(self):
        self.unit.active = False
        self._login()
        self.assertNotIn("AC-0001", self._page("/my/products"))
        self.assertSentAway(self._post(subject="Again"), self.unit_url)

    def test_progress_of_a_request(self):
        self._login()
        self.assertIn("We have your request", self._page(self.request_url))
        for action, text in (
            ("action_start", "We are working on it"),
            ("action_wait", "We are waiting for you"),
            ("action_done", "This is solved"),
        ):
            getattr(self.request, action)()
            self.assertIn(text, self._page(self.request_url))

    def test_cancelled_request_may_be_asked_again(self):
        self.request.action_cancel()
        self._login()
        page = self._page(self.request_url)
        self.assertIn("This request was cancelled", page)
        self.assertIn(self.form_url, page)

    def test_request_without_unit(self):
        request = self._make_request(partner_id=self.customer.id, subject="Where is my fitter?")
        self._login()
        self.assertIn("Where is my fitter?", self._page(f"/my/service-requests/{request.id}"))

    def test_nothing_internal_on_the_pages(self):
        """Who bears a warranty, notes, charges and their prices stay with us."""
        self._make_charge(self.travel, request_id=self.request.id)
        self.request.message_post(body="He shouts", subtype_xmlid="mail.mt_note")
        self.unit.warranty_ids._close(date(2025, 3, 1), "void", "He opened the case")
        self._login()
        for url in (self.unit_url, self.request_url, self.form_url, "/my/products"):
            page = self._page(url)
            for secret in ("Pays late", "Kitano", "Travel Fee", "He shouts", "He opened"):
                self.assertNotIn(secret, page)

    def test_customer_cannot_read_internals_over_rpc(self):
        unit = self.unit.with_user(self.portal)
        request = self.request.with_user(self.portal)
        self._make_charge(self.travel, request_id=self.request.id)
        self.assertEqual(unit.read(["serial"])[0]["serial"], "AC-0001")
        for record, names in (
            (unit, ("note", "charge_ids")),
            (unit.warranty_ids, ("bearer_type", "bearer_partner_id", "close_note")),
            (request, ("charge_ids", "amount_company")),
        ):
            for name in names:
                with self.assertRaises(AccessError, msg=name), mute_logger("odoo.models"):
                    record.read([name])
                    record.mapped(f"{name}.display_name")
        with self.assertRaises(AccessError):
            self.policy.with_user(self.portal).read(["name"])

    def test_customer_cannot_write_over_rpc(self):
        with self.assertRaises(AccessError):
            self.unit.with_user(self.portal).write({"partner_id": self.other_customer.id})
        with self.assertRaises(AccessError):
            self.request.with_user(self.portal).write({"subject": "Free of charge"})
        with self.assertRaises(UserError):
            self.request.with_user(self.portal).write({"state": "done"})
        with self.assertRaises(AccessError):
            self.env["aftersales.request"].with_user(self.portal).create({"subject": "Free"})
        with self.assertRaises(AccessError):
            self.request.with_user(self.stranger).read(["subject"])

    def test_customer_reads_messages_and_answers(self):
        self.request.message_post(
            body="We come on Tuesday", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.request.message_post(body="He shouts", subtype_xmlid="mail.mt_note")
        thread = {"thread_model": "aftersales.request", "thread_id": self.request.id}
        self._login()
        bodies = str(self.make_jsonrpc_request("/mail/chatter_fetch", thread))
        self.assertIn("We come on Tuesday", bodies)
        self.assertNotIn("He shouts", bodies)
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                **thread,
                "post_data": {
                    "body": "Come at ten",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                },
            },
        )
        message = self.request.message_ids[0]
        self.assertIn("Come at ten", message.body)
        self.assertEqual(message.author_id, self.portal.partner_id)


@tagged("post_install", "-at_install")
class TestPortalLists(PortalCase):
    """Search, sort, filter and pages of the lists."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oven = cls._create_product(name="Steam Oven")
        cls._make_unit("OV-0009", product_id=cls.oven.id, date_start=date(2024, 1, 1))
        cls._make_unit("ZZ-0001", partner_id=cls.other_customer.id)

    def _serials(self, query=""):
        page = self._page(f"/my/products{query}")
        return [serial for serial in ("AC-0001", "OV-0009", "ZZ-0001") if serial in page]

    def test_search(self):
        self._login()
        self.assertEqual(self._serials(), ["AC-0001", "OV-0009"])
        for query, found in (
            ("?search=ac-0001", ["AC-0001"]),
            ("?search=steam", ["OV-0009"]),
            ("?search=steam&search_in=product", ["OV-0009"]),
            ("?search=steam&search_in=serial", []),
            ("?search=ov-&search_in=serial", ["OV-0009"]),
            ("?search=zz-0001", []),
            ("?search=%25&search_in=serial", ["AC-0001", "OV-0009"]),
            ("?search=ac-0001&search_in=unknown", ["AC-0001"]),
        ):
            self.assertEqual(self._serials(query), found, query)
        self.assertIn("Nothing found", self._page("/my/products?search=nothing"))

    def test_sort(self):
        self._login()
        for sortby, first in (("newest", "AC-0001"), ("oldest", "OV-0009"), ("wrong", "AC-0001")):
            page = self._page(f"/my/products?sortby={sortby}")
            other = "OV-0009" if first == "AC-0001" else "AC-0001"
            self.assertLess(page.index(first), page.index(other), sortby)
        self._page("/my/products?sortby=warranty")

    def test_pages(self):
        units = [self._make_unit(f"MANY-{number:03}") for number in range(81)]
        self._login()
        first, second = self._page("/my/products"), self._page("/my/products/page/2")
        self.assertEqual(sum(unit.serial in first + second for unit in units), 81)
        self.assertIn("/my/products/page/2", first)
        self.assertIn("OV-0009", second)

    def test_empty_lists(self):
        self.env["aftersales.unit"].search([]).active = False
        self.request.partner_id = self.other_customer
        self._login()
        self.assertIn("No product is registered for you yet", self._page("/my/products"))
        self.assertIn("You have not asked for service yet", self._page("/my/service-requests"))

    def test_requests_filter_and_search(self):
        done = self._make_request(partner_id=self.customer.id, subject="Old trouble")
        done.action_done()
        self._login()
        for query, shown, hidden in (
            ("", "Old trouble", None),
            ("?filterby=open", "Drips on the floor", "Old trouble"),
            ("?filterby=solved", "Old trouble", "Drips on the floor"),
            ("?filterby=wrong&sortby=wrong", "Old trouble", None),
            ("?sortby=state", "Old trouble", None),
            ("?search=drips", "Drips on the floor", "Old trouble"),
            ("?search=ac-0001", "Drips on the floor", "Old trouble"),
        ):
            page = self._page(f"/my/service-requests{query}")
            self.assertIn(shown, page, query)
            if hidden:
                self.assertNotIn(hidden, page, query)

    def test_queries_do_not_grow_with_the_list(self):
        """One row or forty take the same number of queries."""
        self._login()
        self._page("/my/products")

        def count():
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._page("/my/products")
            return self.cr.sql_log_count - before

        few = count()
        for number in range(40):
            self._make_unit(f"LOAD-{number:03}")
        self.assertLessEqual(count(), few + 2)


@tagged("post_install", "-at_install")
class TestPortalForm(PortalCase):
    """Asking for service."""

    def setUp(self):
        super().setUp()
        self._login()

    def test_request_is_made(self):
        day = fields.Date.today() + timedelta(days=7)
        response = self._post(
            subject="No cold air",
            description="Since Monday.\nIt shows E4.",
            phone="+86 755 1234 5678",
            date_expected=day.isoformat(),
        )
        request = self.assertSent(response)
        self.assertRecordValues(
            request,
            [
                {
                    "subject": "No cold air",
                    "unit_id": self.unit.id,
                    "product_id": self.ac.id,
                    "partner_id": self.portal.partner_id.id,
                    "partner_phone": "+86 755 1234 5678",
                    "company_id": self.unit.company_id.id,
                    "channel": "portal",
                    "state": "new",
                    "user_id": False,
                    "create_uid": self.portal.id,
                }
            ],
        )
        self.assertEqual(request.date_expected.date(), day)
        self.assertIn("Since Monday.<br>It shows E4.", request.description)
        page = self._page(response.headers["Location"])
        self.assertIn("Your request is with us", page)
        self.assertIn(request.name, page)

    def test_subject_alone_is_enough(self):
        request = self.assertSent(self._post(subject="No cold air"))
        self.assertFalse(request.description)
        self.assertFalse(request.date_expected)

    def test_form_offers_the_known_phone(self):
        self.portal.partner_id.phone = "+86 138 0000 0002"
        self.assertIn("+86 138 0000 0002", self._page(self.form_url))

    def test_unit_of_another_customer(self):
        unit = self._make_unit("ZZ-0001", partner_id=self.other_customer.id)
        response = self._post(f"/my/products/{unit.id}/service", subject="Mine", unit_id=unit.id)
        self.assertSentAway(response)
        self.assertFalse(self._portal_requests())

    def test_fields_nobody_asked_for_are_ignored(self):
        unit = self._make_unit("ZZ-0001", partner_id=self.other_customer.id)
        request = self.assertSent(
            self._post(
                subject="No cold air",
                unit_id=unit.id,
                partner_id=self.other_customer.id,
                user_id=self.agent.id,
                team_id=self.team_a.id,
                company_id=self.other_company.id,
                create_uid=self.agent.id,
                state="done",
                priority="3",
                channel="phone",
                name="FREE-1",
                date_reported="2020-01-01",
            )
        )
        self.assertRecordValues(
            request,
            [
                {
                    "unit_id": self.unit.id,
                    "partner_id": self.portal.partner_id.id,
                    "user_id": False,
                    "team_id": False,
                    "company_id": self.unit.company_id.id,
                    "create_uid": self.portal.id,
                    "state": "new",
                    "priority": "0",
                    "channel": "portal",
                }
            ],
        )
        self.assertNotEqual(request.name, "FREE-1")
        self.assertEqual(request.date_reported.date(), fields.Date.today())

    def test_without_csrf_token(self):
        with mute_logger("odoo.http"):
            for token in ("", "wrong"):
                self.assertEqual(self._post(subject="Mine", csrf_token=token).status_code, 400)
        self.assertFalse(self._portal_requests())

    def test_logged_out(self):
        self.authenticate(None, None)
        response = self._post(subject="Mine")
        self.assertIn("/web/login", response.headers["Location"])
        self.assertFalse(self._portal_requests())

    def test_empty_subject_keeps_what_was_typed(self):
        response = self._post(
            subject="   ",
            description="It shows <E4> & stops",
            phone="+86 755 1234 5678",
            files=[("leak.png", PNG)],
        )
        self.assertRefused(
            response,
            "Say in one line what is wrong",
            "It shows &lt;E4&gt; &amp; stops</textarea>",
            "+86 755 1234 5678",
            "Choose your files again",
        )

    def test_values_out_of_range(self):
        today = fields.Date.today()
        for field, value, text in (
            ("subject", "x" * 121, "longer than 120 characters"),
            ("description", "x" * 5001, "longer than 5000 characters"),
            ("phone", "call me", "This is no phone number"),
            ("date_expected", (today - timedelta(days=2)).isoformat(), "Choose a day from today"),
            ("date_expected", "9999-12-31", "Choose a day from today"),
            ("date_expected", "2025-13-01", "Choose a day from today"),
        ):
            response = self._post(**{"subject": "No cold air", field: value})
            self.assertRefused(response, text, value)

    def test_markup_is_shown_as_typed(self):
        attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
        response = self._post(subject=attack, description=attack)
        request = self.assertSent(response)
        self.assertNotIn("<script", request.description)
        for url in (f"/my/service-requests/{request.id}", "/my/service-requests", self.unit_url):
            page = self._page(url)
            self.assertNotIn("alert(1)</script", page)
            self.assertNotIn("<img src=x", page)
            self.assertIn("&lt;script&gt;alert(1)", page)
        search = self._page("/my/products?search=%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertNotIn("<script>alert(1)", search)

    def test_control_characters_are_dropped(self):
        request = self.assertSent(self._post(subject="No\x00 cold\x07 air", description="a\x00b"))
        self.assertEqual(request.subject, "No cold air")

    def test_files_come_with_the_request(self):
        request = self.assertSent(
            self._post(
                subject="Leaks",
                files=[("leak.png", PNG), ("C:\\papers\\invoice.PDF", PDF), ("sound", MP4)],
            )
        )
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", request._name), ("res_id", "=", request.id)], order="id"
        )
        self.assertEqual(attachments.mapped("name"), ["leak.png", "invoice.PDF", "sound.mp4"])
        self.assertEqual(
            attachments.mapped("mimetype"), ["image/png", "application/pdf", "video/mp4"]
        )
        self.assertEqual(attachments[1].raw, PDF)
        message = request.message_ids.filtered("attachment_ids")
        self.assertEqual(message.attachment_ids, attachments)
        self.assertEqual(message.author_id, self.portal.partner_id)

    def test_file_that_lies_about_itself(self):
        for name, content in (
            ("photo.png", b"<html><script>alert(1)</script></html>"),
            ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("invoice.pdf", b"MZ\x90\x00 a program"),
            ("empty.png", b""),
        ):
            response = self._post(subject="Leaks", files=[("ok.png", PNG), (name, content)])
            self.assertRefused(response, f"{name} is no picture", "Leaks")

    def test_name_never_decides_how_a_file_is_served(self):
        request = self.assertSent(self._post(subject="Leaks", files=[("x.html", PNG)]))
        attachment = request.message_ids.attachment_ids
        self.assertEqual((attachment.name, attachment.mimetype), ("x.html.png", "image/png"))

    def test_file_too_large_and_too_many(self):
        large = PNG + b"\x00" * (10 * 1024 * 1024)
        response = self._post(subject="Leaks", files=[("large.png", large)])
        self.assertRefused(response, "large.png is larger than 10 MB", "Leaks")
        response = self._post(subject="Leaks", files=[(f"{n}.png", PNG) for n in range(6)])
        self.assertRefused(response, "more than 5 files", "Leaks")

    def test_file_in_the_place_of_a_text(self):
        data = {"csrf_token": Request.csrf_token(self)}
        response = self.url_open(
            self.form_url, data=data, files={"subject": ("a.png", PNG)}, allow_redirects=False
        )
        self.assertRefused(response, "Say in one line what is wrong")

    def test_too_many_requests_within_an_hour(self):
        for number in range(10):
            self.assertSent(self._post(subject=f"Trouble {number}"))
        response = self._post(subject="One more", description="Typed with care")
        self.assertEqual(response.status_code, 200)
        for text in ("You sent 10 requests within an hour", "One more", "Typed with care"):
            self.assertIn(text, response.text)
        self.assertEqual(len(self._portal_requests()), 10)
        self.env.cr.execute(
            "UPDATE aftersales_request SET create_date = create_date - interval '2 hours' "
            "WHERE id = %s",
            [self._portal_requests()[-1].id],
        )
        self.assertSent(self._post(subject="One more"))
        self._login(self.stranger)
        unit = self._make_unit("ZZ-0001", partner_id=self.other_customer.id)
        self.assertSent(self._post(f"/my/products/{unit.id}/service", subject="First of mine"))
