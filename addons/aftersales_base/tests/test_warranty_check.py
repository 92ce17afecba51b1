from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from ..controllers import warranty_check
from .common import AftersalesCommon

UNKNOWN = "We have no answer for this serial number"
MANY = "You asked too often"


@tagged("post_install", "-at_install")
@freeze_time("2025-06-10 08:00:00")
class TestWarrantyCheck(AftersalesCommon, HttpCase):
    """What strangers are told about a serial, and what they are not.

    The page belongs to the company of the public user: the tests put him into the one that
    has the units.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        public = cls.env.ref("base.public_user").sudo()
        public.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id})
        cls.company.sudo().aftersales_public_check = True
        cls.place = cls.env["res.partner"].create(
            {"name": "Shop", "parent_id": cls.customer.id, "city": "Wuhan", "street": "Luoyu Road"}
        )
        cls.unit = cls._make_unit(
            "AC-0001_X%", note="<p>Pays late</p>", price_paid=2999, place_id=cls.place.id
        )

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.env["aftersales.check.attempt"].sudo().search([]).unlink()

    def _ask(self, serial, status=200, **data):
        data.setdefault("csrf_token", Request.csrf_token(self))
        response = self.url_open(
            "/warranty-check", data={"serial": serial, **data}, allow_redirects=False
        )
        self.assertEqual(response.status_code, status, response.text[:300])
        return " ".join(response.text.split())

    # === ANSWERS === #

    def test_in_warranty_until_when(self):
        page = self._ask(" ac-0001_x% ")
        self.assertIn("Air Conditioner 35", page)
        self.assertIn("In warranty until 01/09/2028", page)
        self.assertIn("Parts: until 01/09/2028", page)
        self.assertIn("Labour: until 01/09/2026", page)

    def test_nothing_about_the_owner(self):
        self.customer.sudo().write({"email": "lin@example.com"})
        self._make_request(unit_id=self.unit.id, partner_id=self.customer.id)
        page = self._ask("AC-0001_X%")
        for secret in (
            "Lin",
            "Shop",
            "Wuhan",
            "Luoyu",
            "138 0000",
            "example.com",
            "Pays late",
            "2999",
            "Kitano",
            self.unit.name,
            "No cold air",
            f"/my/products/{self.unit.id}",
        ):
            self.assertNotIn(secret, page.split("<main>")[1].split("</main>")[0])

    @freeze_time("2028-01-10 08:00:00")
    def test_out_of_warranty(self):
        self.assertIn("Out of warranty since 01/09/2028", self._ask("AC-0001_X%"))

    def test_void_says_no_more_than_not_in_warranty(self):
        self.unit.warranty_ids._close(date(2025, 3, 1), "void", "He opened the case")
        page = self._ask("AC-0001_X%")
        self.assertIn("Not in warranty", page)
        self.assertNotIn("He opened", page)
        self.assertNotIn("void", page.split("<main>")[1].lower())

    def test_returned_says_no_more_than_not_in_warranty(self):
        self.unit._close("returned", date(2025, 3, 1))
        page = self._ask("AC-0001_X%")
        self.assertIn("Not in warranty", page)
        self.assertNotIn("eturned", page.split("<main>")[1])

    def test_sold_again_the_living_one_counts(self):
        self.unit._close("returned", date(2025, 3, 1))
        self._make_unit(
            "AC-0001_X%",
            date_start=date(2025, 4, 1),
            lot_id=self.unit.lot_id.id,
            partner_id=self.other_customer.id,
        )
        page = self._ask("AC-0001_X%")
        self.assertIn("In warranty until 03/31/2028", page)
        self.assertNotIn("Not in warranty", page)

    def test_lifetime_and_waiting(self):
        self.policy.term_ids[0].duration_unit = "lifetime"
        self._make_unit("LIFE-1")
        self.assertIn("In warranty for its lifetime", self._ask("LIFE-1"))
        self.policy.start_basis = "installation"
        self.policy.term_ids.duration_unit = "month"
        self._make_unit("WAIT-1")
        self.assertIn("Its end is not fixed yet", self._ask("WAIT-1"))

    def test_repairs_are_the_owners_matter(self):
        self.unit.warranty_ids.unlink()
        self.env["aftersales.warranty"].create(
            {
                "unit_id": self.unit.id,
                "origin": "repair",
                "kind": "part",
                "start_basis": "fixed",
                "date_start": date(2025, 6, 1),
                "duration": 6,
            }
        )
        self.assertIn("Not in warranty", self._ask("AC-0001_X%"))

    def test_no_warranty(self):
        self._make_unit("FILTER-1", product_id=self.filter_part.id)
        self.assertIn("Not in warranty", self._ask("FILTER-1"))

    def test_same_serial_of_two_products(self):
        self._make_unit("AC-0001_X%", product_id=self.filter_part.id)
        page = self._ask("AC-0001_X%")
        self.assertIn("Air Conditioner 35", page)
        self.assertIn("Filter", page)

    # === WHAT FINDS NOTHING === #

    def test_only_the_whole_serial(self):
        for serial in ("AC-0001", "AC-0001_X", "C-0001_X%", "AC-0001_X%%", "AC-0001_X% 2"):
            page = self._ask(serial)
            self.assertIn(UNKNOWN, page, serial)
            self.assertNotIn("Air Conditioner", page, serial)

    def test_wildcards_references_and_sql(self):
        for serial in (
            "%%%%%",
            "_______",
            "AC-000%",
            "AC-____________",
            "\\%\\%\\%\\%\\%",
            "AC-0001_X%' OR '1'='1",
            self.unit.name,
        ):
            page = self._ask(serial)
            self.assertIn(UNKNOWN, page, serial)
            self.assertNotIn("Air Conditioner", page, serial)

    def test_too_short_and_too_long(self):
        self._make_unit("AB1")
        for serial in ("", " ", "AB1", "%", "x" * 65, "x" * 5000):
            page = self._ask(serial)
            self.assertIn("Type the whole serial number", page)
            self.assertNotIn("Air Conditioner", page)
        self.assertFalse(self.env["aftersales.check.attempt"].sudo().search_count([]))

    def test_what_was_typed_is_text(self):
        page = self._ask("<script>alert(1)</script>", label='"><script>alert(2)</script>')
        self.assertNotIn("<script>alert", page)

    def test_other_company(self):
        """What another company of ours sold is not told on this one's page."""
        product = self.env["product.product"].create({"name": "Shared"})
        self.env["aftersales.unit"].create(
            {
                "product_id": product.id,
                "serial": "ELSEWHERE",
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )
        self.other_company.sudo().aftersales_public_check = True
        page = self._ask("ELSEWHERE")
        self.assertIn(UNKNOWN, page)
        self.assertNotIn("Shared", page)

    def test_archived_unit(self):
        self.unit.active = False
        self.assertIn(UNKNOWN, self._ask("AC-0001_X%"))

    # === THE DOOR === #

    def test_off_by_default(self):
        self.assertFalse(self.other_company.aftersales_public_check)
        self.company.sudo().aftersales_public_check = False
        for page in (self._ask("AC-0001_X%"), self.url_open("/warranty-check").text):
            self.assertIn("cannot be looked up here", page)
            self.assertNotIn("Air Conditioner", page)
            self.assertNotIn('name="serial"', page)

    def test_page_is_for_phones_and_no_search_engine(self):
        response = self.url_open("/warranty-check")
        self.assertIn("width=device-width", response.text)
        self.assertEqual(response.headers["X-Robots-Tag"], "noindex")
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_csrf(self):
        with self.assertLogs("odoo.http", "WARNING"):
            self._ask("AC-0001_X%", status=400, csrf_token="forged")

    def test_serial_in_the_address_gets_no_answer(self):
        page = self.url_open("/warranty-check?serial=AC-0001_X%25").text
        self.assertNotIn("Air Conditioner", page)

    def test_many_questions_of_a_session(self):
        with patch.object(warranty_check, "MAX_PER_SESSION", 3):
            for number in range(3):
                self.assertIn(UNKNOWN, self._ask(f"GUESS-{number}"))
            page = self._ask("AC-0001_X%", status=429)
            self.assertIn(MANY, page)
            self.assertNotIn("Air Conditioner", page)
            self._age(timedelta(minutes=61))
            self.assertIn("Air Conditioner", self._ask("AC-0001_X%"))

    def test_many_questions_of_an_address(self):
        """A new session does not start the count of the address anew."""
        with patch.object(warranty_check, "MAX_PER_ADDRESS", 3):
            for number in range(3):
                self.authenticate(None, None)
                self.assertIn(UNKNOWN, self._ask(f"GUESS-{number}"))
            self.authenticate(None, None)
            self.assertIn(MANY, self._ask("AC-0001_X%", status=429))

    def test_flood_fills_no_table(self):
        attempts = self.env["aftersales.check.attempt"].sudo()
        for __ in range(20):
            attempts._count_and_check({"address 1.2.3.4": 3})
        self.assertEqual(attempts.search_count([]), 6)
        self.assertNotIn("1.2.3.4", "".join(attempts.search([]).mapped("key")))
        for user in (self.agent, self.manager, self.portal):
            with self.assertRaises(AccessError):
                attempts.with_user(user).search([])

    def _age(self, age):
        """Make the questions asked so far older."""
        attempts = self.env["aftersales.check.attempt"].sudo().search([])
        attempts.flush_recordset()
        self.env.cr.execute(
            "UPDATE aftersales_check_attempt SET create_date = %s", [fields.Datetime.now() - age]
        )
        attempts.invalidate_recordset()

    # === QR CODE === #

    def _scan(self, user=None, name=None):
        self.authenticate(user and user.login, user and user.login)
        response = self.url_open(
            f"/aftersales/unit/{name or self.unit.name}", allow_redirects=False
        )
        self.assertEqual(response.status_code, 303)
        return response.headers["Location"]

    def test_employee_gets_to_the_unit(self):
        for user in (self.technician, self.agent, self.manager):
            self.assertTrue(
                self._scan(user).endswith(f"/odoo/installed-products/{self.unit.id}"), user.login
            )

    def test_owner_gets_to_his_page(self):
        self.assertTrue(self._scan(self.portal).endswith(f"/my/products/{self.unit.id}"))

    def test_everybody_else_gets_to_the_public_page(self):
        stranger = new_test_user(self.env, "aftersales_scanner", groups="base.group_portal")
        clerk = self._new_user("clerk", "base.group_user")
        there = f"/warranty-check?label={self.unit.name}"
        for user in (None, stranger, clerk):
            self.assertTrue(self._scan(user).endswith(there), user)
        theirs = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        self.assertTrue(self._scan(theirs).endswith(there))

    def test_label_that_does_not_exist_looks_the_same(self):
        self.authenticate(None, None)
        known = self.url_open(f"/aftersales/unit/{self.unit.name}").text
        unknown = self.url_open("/aftersales/unit/IP999999").text
        self.assertIn(f"/web/login?redirect=/aftersales/unit/{self.unit.name}", known)
        self.assertIn("/web/login?redirect=/aftersales/unit/IP999999", unknown)
        self.assertNotIn("AC-0001", known)
        self.assertNotIn("Air Conditioner", known)

    def test_labels_that_are_none(self):
        for name in ("%25", "a%27--", "x" * 3000, "%3Cscript%3E"):
            self.assertIn("/warranty-check", self._scan(self.agent, name))
