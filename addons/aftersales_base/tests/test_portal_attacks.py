import base64
from unittest.mock import patch

from odoo.http import Request
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from ..controllers import warranty_check
from .test_portal import PDF, PNG, PortalCase

REGISTER = "/my/products/register"
PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
SCRIPT = b"<html><script>alert(1)</script></html>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00 a program"
SHELL = b"#!/bin/sh\nrm -rf /\n"
ZIP = b"PK\x03\x04\x14\x00"


@tagged("post_install", "-at_install")
class TestPortalAttacks(PortalCase):
    """A logged-in customer, and a stranger, who try to get what is not theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal.sudo().write(
            {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
        )
        cls.other_unit = cls._make_unit(
            "ZZ-SECRET-1",
            partner_id=cls.other_customer.id,
            proof_of_purchase=base64.b64encode(PDF),
            proof_filename="secret.pdf",
            image=base64.b64encode(PHOTO),
        )
        cls.paper = cls.env["ir.attachment"].create(
            {
                "name": "secret.txt",
                "raw": b"the PAPER",
                "res_model": cls.other_unit._name,
                "res_id": cls.other_unit.id,
            }
        )

    def setUp(self):
        super().setUp()
        self._login()

    def _register(self, files=(("invoice.pdf", PDF),), **data):
        values = {
            "serial": "NEW-1",
            "product_text": "Air conditioner",
            "date_purchase": "2025-02-01",
            **data,
        }
        return self._post(REGISTER, files=files, **values)

    def _registrations(self):
        return self.env["aftersales.unit.registration"].sudo().search([])

    def _urls_of_the_other(self):
        """Return every address under which something of another customer's unit could be."""
        unit, report = self.other_unit, "aftersales_base.report_aftersales_unit"
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", unit._name),
                ("res_id", "=", unit.id),
                ("res_field", "in", [False, "proof_of_purchase", "image"]),
            ]
        )
        self.assertEqual(len(attachments), 3)
        return [
            f"/my/products/{unit.id}",
            f"/my/products/{unit.id}/service",
            f"/my/products/{unit.id}?report_type=pdf",
            f"/report/html/{report}_certificate/{unit.id}",
            f"/report/text/{report}_certificate/{unit.id}",
            f"/report/html/{report}_label/{unit.id}",
            f"/web/content/{unit._name}/{unit.id}/proof_of_purchase",
            f"/web/content/{unit._name}/{unit.id}/proof_of_purchase?filename=x.pdf",
            f"/web/image/{unit._name}/{unit.id}/image",
            *(f"/web/content/{attachment.id}" for attachment in attachments),
            *(f"/web/content/{attachment.id}?access_token=wrong" for attachment in attachments),
            *(f"/web/content/{attachment.id}?access_token=" for attachment in attachments),
        ]

    # === OTHER CUSTOMERS' THINGS === #

    def test_nothing_of_another_customers_unit_opens(self):
        token = self.unit._portal_ensure_token()
        for user in (self.portal, None):
            self.authenticate(user and user.login, user and user.login)
            for url in self._urls_of_the_other():
                joint = "&" if "?" in url else "?"
                for address in (url, f"{url}{joint}access_token={token}"):
                    with self.subTest(url=address, user=user), mute_logger("odoo.http"):
                        response = self._get(address)
                        if response.status_code == 200:
                            # Odoo shows a grey picture in the place of one it does not show.
                            self.assertIn("/web/image/", address)
                        for secret in (b"PAPER", b"ZZ-SECRET-1", b"Zhao", b"%PDF", PHOTO):
                            self.assertNotIn(secret, response.content)

    def test_token_of_a_unit_is_no_token_of_its_papers(self):
        token = self.other_unit._portal_ensure_token()
        url = f"/web/content/{self.paper.id}?access_token={token}"
        self.assertEqual(self._get(url).status_code, 404)

    def test_own_paper_opens_by_its_own_token_only(self):
        [token] = self.paper.sudo().generate_access_token()
        self.assertEqual(self._get(f"/web/content/{self.paper.id}").status_code, 404)
        answer = self._get(f"/web/content/{self.paper.id}?access_token={token}")
        self.assertEqual(answer.content, b"the PAPER")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_another_customers_unit_is_neither_served_nor_written_to(self):
        url = f"/my/products/{self.other_unit.id}/service"
        for post in (
            {"subject": "Mine"},
            {"subject": "Mine", "partner_id": self.other_customer.id},
            {"subject": "Mine", "access_token": self.other_unit._portal_ensure_token()},
        ):
            self.assertSentAway(self._post(url, **post))
            self.assertSentAway(self._post(url, files=[("a.png", PNG)], **post))
        self.assertFalse(self._portal_requests())

    def test_messages_and_files_cannot_be_put_on_another_customers_unit(self):
        before = self.other_unit.message_ids
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/mail/message/post",
                {
                    "thread_model": self.other_unit._name,
                    "thread_id": self.other_unit.id,
                    "post_data": {"body": "Mine", "message_type": "comment"},
                },
            )
        self.assertEqual(self.other_unit.message_ids, before)
        data = {
            "model": self.other_unit._name,
            "id": str(self.other_unit.id),
            "csrf_token": Request.csrf_token(self),
        }
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_attachment"):
            self.url_open(
                "/web/binary/upload_attachment", data=data, files={"ufile": ("a.txt", b"x")}
            )
        self.assertFalse(self.env["ir.attachment"].search([("name", "=", "a.txt")]))

    def test_ids_tell_no_existence(self):
        """Whether a unit exists or not, a stranger gets the same answer."""
        there = self._get(f"/my/products/{self.other_unit.id}")
        nowhere = self._get(f"/my/products/{self.other_unit.id + 100000}")
        for name in ("status_code", "content"):
            self.assertEqual(getattr(there, name), getattr(nowhere, name), name)
        self.assertEqual(there.headers["Location"], nowhere.headers["Location"])

    # === FORGED SERIALS === #

    def test_registering_another_customers_serial_tells_and_changes_nothing(self):
        answers = [self._register(serial=serial) for serial in ("ZZ-SECRET-1", "ZZ-NOBODY-1")]
        self.assertEqual([answer.status_code for answer in answers], [303, 303])
        self.assertEqual(answers[0].headers["Location"], answers[1].headers["Location"])
        page = self._page(REGISTER)
        for secret in ("Zhao", "secret.pdf", "Air Conditioner 35"):
            self.assertNotIn(secret, page)
        self.assertRecordValues(
            self.other_unit,
            [
                {
                    "partner_id": self.other_customer.id,
                    "date_registered": False,
                    "date_purchase": False,
                    "proof_filename": "secret.pdf",
                }
            ],
        )
        self.assertEqual(len(self._registrations()), 2)

    def test_forged_serials(self):
        for serial in (
            "' OR 1=1 --",
            "%%%",
            "____",
            "{{7*7}}",
            "${jndi:ldap://x}",
            "<img src=x onerror=alert(1)>",
            "../../../etc/passwd",
            "\u202e1-0001",
        ):
            self.assertEqual(self._register(serial=serial).status_code, 303, serial)
            page = self._page(REGISTER)
            self.assertNotIn("<img src=x", page)
            self.assertNotIn("Zhao", page)
            self.assertFalse(self._registrations().known_unit_id, serial)
            self._registrations().unlink()

    # === FILES === #

    def test_what_is_no_paper_is_refused_whatever_it_is_called(self):
        for content in (SCRIPT, SVG, PROGRAM, SHELL, ZIP, b"", b"%PD", b" %PDF-1.4 " + SCRIPT):
            for name in ("invoice.pdf", "invoice.png", "invoice.pdf.exe", "../invoice.pdf"):
                with self.subTest(name=name, content=content[:8]):
                    response = self._register([(name, content)], dealer_name="Corner Shop")
                    self.assertEqual(response.status_code, 200)
                    self.assertIn("is no picture", response.text)
                    self.assertIn("Corner Shop", response.text)
                    response = self._post(subject="Leaks", files=[(name, content)])
                    self.assertRefused(response, "is no picture", "Leaks")
        self.assertFalse(self._registrations())

    def test_100_megabytes_are_refused_and_nothing_typed_is_lost(self):
        large = PDF + bytes(100 * 1024 * 1024)
        before = self.env["ir.attachment"].sudo().search_count([])
        response = self._post(
            subject="Leaks",
            description="Since Monday, under the sink",
            phone="+86 755 1234 5678",
            files=[("large.pdf", large)],
        )
        self.assertRefused(
            response,
            "large.pdf is larger than 10 MB",
            "Leaks",
            "Since Monday, under the sink",
            "+86 755 1234 5678",
        )
        response = self._register([("large.pdf", large)], dealer_name="Corner Shop")
        for text in ("large.pdf is larger than 10 MB", "NEW-1", "Corner Shop", "2025-02-01"):
            self.assertIn(text, response.text)
        self.assertFalse(self._registrations())
        self.assertEqual(self.env["ir.attachment"].sudo().search_count([]), before)

    def test_large_files_are_stopped_in_the_browser(self):
        """What is too large is said before anything is sent."""
        for url in (self.form_url, REGISTER):
            page = self._page(url)
            self.assertIn('data-max-bytes="10485760"', page)
            self.assertIn("setCustomValidity", page)

    def test_names_of_files_lead_nowhere(self):
        names = {
            "../../etc/passwd.pdf": "passwd.pdf",
            "..\\..\\windows\\system.pdf": "system.pdf",
            "/etc/cron.d/x.pdf": "x.pdf",
            "..": "...pdf",
            ".htaccess": ".htaccess.pdf",
            "x" * 300 + ".pdf": "x" * 80 + ".pdf",
            "in\u202efdp.exe.pdf": "infdp.exe.pdf",
            'a"; filename="b.html.pdf': None,
        }
        for sent, kept in names.items():
            with self.subTest(name=sent):
                self._register([(sent, PDF)])
                registration = self._registrations()
                self.assertEqual(len(registration), 1)
                name = registration.proof_filename
                if kept:
                    self.assertEqual(name, kept)
                self.assertTrue(name.endswith(".pdf"))
                self.assertNotIn("/", name)
                self.assertNotIn("\\", name)
                registration.unlink()

    # === ENUMERATION === #

    def test_everybody_together_asks_so_often_an_hour(self):
        """Many addresses together find no more serials than the page is meant to answer."""
        public = self.env.ref("base.public_user").sudo()
        public.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        self.company.sudo().aftersales_public_check = True
        self.env["aftersales.check.attempt"].sudo().search([]).unlink()
        numbers = iter(range(100))

        def sources(controller):
            return {f"address 10.0.0.{next(numbers)}": 30}

        def ask(serial):
            self.authenticate(None, None)
            data = {"serial": serial, "csrf_token": Request.csrf_token(self)}
            return self.url_open("/warranty-check", data=data)

        with (
            patch.object(warranty_check, "MAX_OVERALL", 3),
            patch.object(warranty_check.AftersalesWarrantyCheck, "_get_sources", sources),
        ):
            codes = [ask(f"GUESS-{number}").status_code for number in range(5)]
        self.assertEqual(codes, [200, 200, 200, 429, 429])

    def test_who_is_kept_out_does_not_keep_out_the_others(self):
        attempts = self.env["aftersales.check.attempt"].sudo()
        attempts.search([]).unlink()
        for __ in range(20):
            attempts._is_allowed({"address 10.0.0.1": 3}, overall=10)
        self.assertTrue(attempts._is_allowed({"address 10.0.0.2": 3}, overall=10))
