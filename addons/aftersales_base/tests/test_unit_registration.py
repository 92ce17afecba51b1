import base64
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ..controllers import portal_form
from .common import AftersalesCommon

URL = "/my/products/register"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
PDF = b"%PDF-1.4\n%%EOF\n"
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 32


class RegistrationCase(AftersalesCommon):
    """Serial AC-0001 is Lin Household's, AC-0002 is Zhao Trading's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("AC-0001")
        cls.other_unit = cls._make_unit("AC-0002", partner_id=cls.other_customer.id)
        cls.portal.sudo().write(
            {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
        )

    @classmethod
    def _registration(cls, serial="NEW-1", **vals):
        """Make what the portal makes."""
        return cls.env["aftersales.unit.registration"].create(
            {
                "partner_id": cls.portal.partner_id.id,
                "serial": serial,
                "product_text": "Air conditioner",
                "date_purchase": date(2025, 2, 1),
                "proof": base64.b64encode(PDF),
                "proof_filename": "invoice.pdf",
                **vals,
            }
        )


@tagged("post_install", "-at_install")
@freeze_time("2025-03-01 08:00:00")
class TestUnitRegistration(RegistrationCase):
    """What an agent makes of a registration."""

    def test_serial_tells_the_product(self):
        registrations = self._registration("AC-0001") | self._registration("NEW-1")
        self.env["stock.lot"].create({"name": "LOT-1", "product_id": self.ac.id})
        registrations |= self._registration("LOT-1")
        self.assertEqual(
            [registration.product_id for registration in registrations],
            [self.ac, self.env["product.product"], self.ac],
        )
        self.assertEqual(registrations.mapped("known_owner"), ["own", "none", "none"])
        self.assertTrue(all(registrations.mapped("name")))
        self.assertEqual(len(set(registrations.mapped("name"))), 3)

    def test_serial_of_two_products_leaves_the_choice(self):
        self.env["stock.lot"].create({"name": "AC-0001", "product_id": self._pump().id})
        self.assertFalse(self._registration("AC-0001").product_id)

    def _pump(self):
        return self._create_product(name="Pump", type="consu", is_storable=True, tracking="lot")

    def test_approving_makes_the_unit(self):
        dealer = self.env["res.partner"].create({"name": "Dealer"})
        registration = self._registration(dealer_id=dealer.id)
        registration.product_id = self.ac
        registration.with_user(self.agent).action_approve()
        unit = registration.unit_id
        self.assertRecordValues(
            unit,
            [
                {
                    "product_id": self.ac.id,
                    "serial": "NEW-1",
                    "partner_id": self.portal.partner_id.id,
                    "date_start": date(2025, 2, 1),
                    "date_purchase": date(2025, 2, 1),
                    "date_registered": registration.create_date.date(),
                    "dealer_id": dealer.id,
                    "proof_checked": True,
                    "proof_filename": "invoice.pdf",
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(unit.lot_id.name, "NEW-1")
        self.assertEqual(base64.b64decode(unit.proof_of_purchase), PDF)
        self.assertEqual(len(unit.warranty_ids), 2)
        self.assertEqual(registration.user_id, self.agent)

    def test_approving_completes_the_customers_own_unit(self):
        """What is known stays: a second registration starts no warranty anew."""
        registration = self._registration("AC-0001")
        registration.with_user(self.agent).action_approve()
        self.assertEqual(registration.unit_id, self.unit)
        self.assertEqual(self.unit.date_purchase, date(2025, 2, 1))
        self.assertTrue(self.unit.proof_checked)
        again = self._registration("AC-0001", date_purchase=date(2025, 2, 20))
        again.with_user(self.agent).action_approve()
        self.assertEqual(self.unit.date_purchase, date(2025, 2, 1))
        self.assertEqual(self.unit.date_start, self.date_start)

    def test_somebody_elses_serial_is_not_handed_over(self):
        registration = self._registration("AC-0002").with_user(self.agent)
        self.assertEqual(registration.known_owner, "other")
        with self.assertRaisesRegex(UserError, "belongs to Zhao Trading"):
            registration.action_approve()
        with self.assertRaisesRegex(UserError, "belongs to Zhao Trading"):
            registration.write({"state": "approved"})
        self.assertEqual(self.other_unit.partner_id, self.other_customer)
        self.other_unit.active = False
        registration.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "belongs to Zhao Trading"):
            registration.action_approve()

    def test_two_customers_register_one_serial(self):
        first = self._registration(product_id=self.ac.id)
        second = self._registration(product_id=self.ac.id, partner_id=self.other_customer.id)
        with self.assertRaisesRegex(UserError, "belongs to"):
            (first | second).with_user(self.agent).action_approve()

    def test_returned_serial_is_registered_anew(self):
        self.other_unit._close("returned", date(2025, 2, 15))
        registration = self._registration("AC-0002")
        registration.with_user(self.agent).action_approve()
        self.assertNotEqual(registration.unit_id, self.other_unit)
        self.assertEqual(registration.unit_id.lot_id, self.other_unit.lot_id)

    def test_product_has_to_be_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose it first"):
            self._registration().with_user(self.agent).action_approve()

    def test_refusing_tells_the_customer_why(self):
        registrations = self._registration() | self._registration("NEW-2")
        wizard = (
            self.env["aftersales.unit.registration.refuse"]
            .with_user(self.agent)
            .with_context(active_ids=registrations.ids)
            .create({"reason": "The picture shows no <invoice>."})
        )
        wizard.action_refuse()
        for registration in registrations:
            self.assertRecordValues(registration, [{"state": "refused", "user_id": self.agent.id}])
            message = registration.message_ids.filtered("partner_ids")
            self.assertEqual(message.partner_ids, self.portal.partner_id)
            self.assertIn("The picture shows no &lt;invoice&gt;.", message.body)
            self.assertFalse(message.is_internal)

    def test_refusing_needs_a_reason(self):
        registration = self._registration().with_user(self.agent)
        with self.assertRaisesRegex(UserError, "refused with a reason"):
            registration.write({"state": "refused"})
        with self.assertRaises(UserError):
            registration.write({"refuse_reason": "Because"})

    def test_answer_in_the_customers_language(self):
        self.portal.partner_id.lang = "en_US"
        registration = self._registration("AC-0001")
        registration.with_user(self.agent).action_approve()
        self.assertIn(
            "is registered for you", registration.message_ids.filtered("partner_ids").body
        )

    def test_check_again(self):
        registration = self._registration()
        registration.with_user(self.agent)._refuse("No")
        registration.with_user(self.agent).action_reopen()
        self.assertRecordValues(
            registration, [{"state": "draft", "refuse_reason": False, "user_id": False}]
        )

    def test_approved_stays_as_it_was(self):
        registration = self._registration("AC-0001").with_user(self.agent)
        registration.action_approve()
        for vals in ({"serial": "AC-9"}, {"partner_id": self.maker.id}, {"proof": False}):
            with self.assertRaisesRegex(UserError, "stays as it was"):
                registration.write(vals)
        for state in ("draft", "refused"):
            with self.assertRaises(UserError):
                registration.write({"state": state})
        with self.assertRaisesRegex(UserError, "stays as it was"):
            registration.with_user(self.manager).unlink()

    def test_who_decides(self):
        registration = self._registration("AC-0001")
        for user in (self.technician, self.settler, self.salesman, self.portal):
            with self.assertRaises(UserError):
                registration.with_user(user).action_approve()
            with self.assertRaises(AccessError):
                registration.with_user(user)._refuse("No")
        self.assertEqual(registration.state, "draft")

    def test_other_company(self):
        theirs = self._new_user(
            "theirs", "aftersales_base.group_aftersales_agent", company_id=self.other_company.id
        )
        with self.assertRaises(AccessError):
            self._registration().with_user(theirs).read(["serial"])
        product = self.env["product.product"].create({"name": "Shared"})
        self.env["aftersales.unit"].create(
            {
                "product_id": product.id,
                "serial": "ELSEWHERE",
                "partner_id": self.other_customer.id,
                "company_id": self.other_company.id,
            }
        )
        registration = self._registration("ELSEWHERE")
        self.assertFalse(registration.product_id)
        self.assertEqual(registration.known_owner, "none")

    def test_what_the_customer_reads(self):
        """His own words and the answer: not what we know of the serial."""
        mine = self._registration("AC-0002").with_user(self.portal)
        self.assertEqual(mine.read(["serial", "state"])[0]["serial"], "AC-0002")
        for name in ("product_id", "known_owner", "known_unit_id", "dealer_id", "user_id"):
            with self.assertRaises(AccessError, msg=name):
                mine.read([name])
        theirs = self._registration(partner_id=self.other_customer.id).with_user(self.portal)
        with self.assertRaises(AccessError):
            theirs.read(["serial"])
        for values in ({"state": "approved"}, {"serial": "X"}):
            with self.assertRaises(UserError):
                mine.write(values)
        with self.assertRaises(AccessError):
            mine.create({"serial": "X", "date_purchase": "2025-01-01", "partner_id": 1})

    def test_agent_enters_one(self):
        form = Form(self.env["aftersales.unit.registration"].with_user(self.agent))
        form.serial = "AC-0001"
        form.partner_id = self.customer
        form.date_purchase = date(2025, 2, 1)
        self.assertEqual(form.product_id, self.ac)
        form.save().action_approve()

    def test_list_shows_who_owns_in_fixed_queries(self):
        registrations = self._registration("AC-0001")
        for number in range(9):
            registrations |= self._registration(f"NEW-{number}")
        self.env.flush_all()
        counts = []
        for batch in (registrations[:1], registrations):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.with_user(self.agent).read(["known_owner", "product_id"])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1)


@tagged("post_install", "-at_install")
class TestUnitRegistrationPortal(RegistrationCase, HttpCase):
    """The form on the portal, and who misuses it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = new_test_user(cls.env, "aftersales_stranger", groups="base.group_portal")

    def setUp(self):
        super().setUp()
        self.authenticate(self.portal.login, self.portal.login)

    def _send(self, files=(("invoice.pdf", PDF),), **data):
        values = {
            "serial": "NEW-1",
            "product_text": "Air conditioner",
            "date_purchase": "2025-02-01",
            "dealer_name": "Corner Shop",
            "csrf_token": Request.csrf_token(self),
            **data,
        }
        sent = [("files", (name, content, "image/png")) for name, content in files]
        return self.url_open(URL, data=values, files=sent, allow_redirects=False)

    def _registrations(self):
        return self.env["aftersales.unit.registration"].sudo().search([])

    def assertRefused(self, response, *texts):
        self.assertEqual(response.status_code, 200)
        for text in texts:
            self.assertIn(text, response.text)
        self.assertFalse(self._registrations())

    def test_sent(self):
        response = self._send()
        self.assertEqual(response.status_code, 303, response.text[:500])
        self.assertURLEqual(response.headers["Location"], f"{URL}?sent=1")
        self.assertRecordValues(
            self._registrations(),
            [
                {
                    "partner_id": self.portal.partner_id.id,
                    "company_id": self.company.id,
                    "serial": "NEW-1",
                    "product_text": "Air conditioner",
                    "date_purchase": date(2025, 2, 1),
                    "dealer_name": "Corner Shop",
                    "proof_filename": "invoice.pdf",
                    "state": "draft",
                    "channel": "portal",
                    "dealer_id": False,
                    "unit_id": False,
                }
            ],
        )
        page = self.url_open(f"{URL}?sent=1").text
        self.assertIn("Your registration is with us", page)
        self.assertIn("We are checking it", page)
        self.assertIn(URL, self.url_open("/my/products").text)

    def test_answer_is_seen(self):
        self._send()
        self._registrations().with_user(self.agent)._refuse("Send a <b>scan</b>.")
        page = self.url_open(URL).text
        self.assertIn("Not registered", page)
        self.assertIn("Send a &lt;b&gt;scan&lt;/b&gt;.", page)

    def test_same_words_for_every_serial(self):
        """Unknown, his own, somebody else's, taken out of use: the page tells no difference."""
        gone = self._make_unit("AC-0003", partner_id=self.other_customer.id)
        gone._close("returned", date(2025, 2, 1))
        pages = set()
        for serial in ("NOBODY-1", "AC-0001", "AC-0002", "AC-0003"):
            response = self._send(serial=serial)
            self.assertEqual(response.status_code, 303)
            page = self.url_open(response.headers["Location"]).text
            main = page.split("<main>")[1].split("</main>")[0]
            self.assertNotIn("Zhao", main)
            self.assertNotIn("Air Conditioner 35", main)
            token = Request.csrf_token(self)
            pages.add(main.replace(serial, "SERIAL").replace(token, "").split("csrf_token")[0])
            refused = self._send(serial=serial)
            self.assertIn("already. We are checking it", refused.text)
            self._registrations().unlink()
        self.assertEqual(len(pages), 1)

    def test_nothing_else_from_outside(self):
        self._send(
            partner_id=str(self.other_customer.id),
            company_id=str(self.other_company.id),
            state="approved",
            unit_id=str(self.other_unit.id),
            product_id=str(self.ac.id),
            proof_checked="1",
        )
        self.assertRecordValues(
            self._registrations(),
            [
                {
                    "partner_id": self.portal.partner_id.id,
                    "company_id": self.company.id,
                    "state": "draft",
                    "unit_id": False,
                    "product_id": False,
                }
            ],
        )

    def test_what_is_missing_or_wrong(self):
        tomorrow = fields.Date.to_string(fields.Date.today() + timedelta(days=2))
        for name, value, text in (
            ("serial", " ", "Type the serial number"),
            ("product_text", "", "Say what product it is"),
            ("date_purchase", "", "Choose the day you bought it"),
            ("date_purchase", "yesterday", "Choose the day you bought it"),
            ("date_purchase", tomorrow, "Choose the day you bought it"),
            ("serial", "9" * 65, "longer than 64 characters"),
            ("dealer_name", "x" * 121, "longer than 120 characters"),
        ):
            self.assertRefused(self._send(**{name: value}), text)

    def test_what_was_typed_is_text(self):
        attack = '"><script>alert(1)</script>'
        response = self._send(serial=attack, product_text=attack, date_purchase="")
        self.assertRefused(response, "&lt;script&gt;alert(1)")
        self.assertNotIn("<script>alert", response.text)
        self._send(serial=attack, product_text=attack)
        self.assertNotIn("<script>alert", self.url_open(URL).text)

    def test_proof_is_needed_and_looked_at(self):
        page = b"<html><script>alert(1)</script></html>"
        for files, text in (
            ((), "Add one picture or PDF"),
            ((("a.pdf", PDF), ("b.pdf", PDF)), "Add one picture or PDF"),
            ((("invoice.pdf", page),), "invoice.pdf is no picture"),
            ((("invoice.png", b"<svg onload='alert(1)'/>"),), "invoice.png is no picture"),
            ((("film.mp4", MP4),), "film.mp4 is no picture or PDF"),
            ((("empty.pdf", b""),), "empty.pdf is no picture"),
        ):
            self.assertRefused(self._send(files=files), text)

    def test_file_takes_the_ending_of_what_it_is(self):
        self._send(files=(("../../evil.html", PNG),))
        self.assertEqual(self._registrations().proof_filename, "evil.html.png")

    def test_100_megabytes(self):
        response = self._send(files=(("big.pdf", PDF + bytes(100 * 1024 * 1024)),))
        self.assertRefused(response, "big.pdf is larger than 10 MB")

    def test_csrf(self):
        with self.assertLogs("odoo.http", "WARNING"):
            self.assertEqual(self._send(csrf_token="forged").status_code, 400)
        self.assertFalse(self._registrations())

    def test_many(self):
        with patch.object(portal_form, "MAX_REQUESTS_PER_HOUR", 2):
            self.assertEqual(self._send(serial="NEW-1").status_code, 303)
            self.assertEqual(self._send(serial="NEW-2").status_code, 303)
            self.assertIn("within an hour", self._send(serial="NEW-3").text)
        self.assertEqual(len(self._registrations()), 2)

    def test_logged_out(self):
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(URL, allow_redirects=False).headers["Location"])
        self._send()
        self.assertFalse(self._registrations())

    def test_other_customer_sees_nothing_of_it(self):
        self._send()
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertNotIn("NEW-1", self.url_open(URL).text)
        proof = f"/web/content/aftersales.unit.registration/{self._registrations().id}/proof"
        self.assertEqual(self.url_open(proof).status_code, 404)
