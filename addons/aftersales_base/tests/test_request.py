from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRequest(AftersalesCommon):
    """From a call to an owner, a number and a closing date; to sales and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.user_id = cls.salesman
        cls.unit = cls._make_unit("SN-4711")
        cls.other_unit = cls._make_unit("SN-4712", partner_id=cls.other_customer.id)

    def _call_in(self, lookup, **vals):
        return (
            self.env["aftersales.request"]
            .with_user(self.agent)
            .create({"subject": "No cold air", "lookup": lookup, **vals})
        )

    # === LOOKUP === #

    def test_lookup_table(self):
        nobody, Unit = self.env["res.partner"], self.env["aftersales.unit"]
        table = [
            ("SN-4711", self.unit, self.customer),
            ("sn-4711", self.unit, self.customer),
            ("  SN-4711 ", self.unit, self.customer),
            ("4711", self.unit, self.customer),
            (self.unit.name, self.unit, self.customer),
            ("+86 138 0000 0001", self.unit, self.customer),
            ("+8613800000001", self.unit, self.customer),
            ("0086 138-0000-0001", self.unit, self.customer),
            ("138 0000 0001", self.unit, self.customer),
            ("13800000001", self.unit, self.customer),
            ("(138) 0000.0001", self.unit, self.customer),
            ("013800000001", self.unit, self.customer),
            ("Lin House", self.unit, self.customer),
            ("SN-47", Unit, nobody),
            ("SN", Unit, nobody),
            ("nobody knows", Unit, nobody),
            ("99 999 99999", Unit, nobody),
            ("%", Unit, nobody),
            ("_________", Unit, nobody),
            ("\\", Unit, nobody),
            ("   ", Unit, nobody),
            (False, Unit, nobody),
        ]
        for term, unit, partner in table:
            with self.subTest(term=term):
                request = self._call_in(term)
                self.assertEqual(request.unit_id, unit)
                self.assertEqual(request.partner_id, partner)

    def test_lookup_of_a_number_kept_without_its_prefix(self):
        self.customer.phone = "138 0000 0001"
        for term in ("+86 138 0000 0001", "008613800000001", "138-0000-0001"):
            with self.subTest(term=term):
                self.assertEqual(self._call_in(term).unit_id, self.unit)

    def test_lookup_of_a_customer_without_unit(self):
        partner = self.env["res.partner"].create({"name": "New", "phone": "+86 137 5555 5555"})
        request = self._call_in("137 5555 5555")
        self.assertFalse(request.unit_id)
        self.assertEqual(request.partner_id, partner)

    def test_ambiguous_gives_nothing(self):
        self._make_unit("SN-9", partner_id=self.customer.id)
        request = self._call_in("138 0000 0001")
        self.assertFalse(request.unit_id)
        self.assertEqual(request.partner_id, self.customer)
        self.env["res.partner"].create({"name": "Neighbour", "phone": "+86 138 0000 0001"})
        request = self._call_in("138 0000 0001")
        self.assertFalse(request.unit_id)
        self.assertFalse(request.partner_id)

    def test_lookup_knows_the_place(self):
        place = self.env["res.partner"].create(
            {"name": "Shop", "parent_id": self.customer.id, "phone": "+86 136 7777 7777"}
        )
        self.unit.place_id = place
        self.assertEqual(self._call_in("136 7777 7777").unit_id, self.unit)

    def test_lookup_does_not_override_what_is_known(self):
        request = self._call_in("SN-4711", unit_id=self.other_unit.id)
        self.assertEqual(request.unit_id, self.other_unit)
        request = self._make_request(unit_id=self.other_unit.id)
        request.lookup = "SN-4711"
        self.assertEqual(request.unit_id, self.other_unit)

    def test_lookup_of_a_serial_sold_again(self):
        self.unit._close("returned", date(2025, 6, 1))
        again = self._make_unit(
            "SN-4711",
            date_start="2025-07-01",
            lot_id=self.unit.lot_id.id,
            partner_id=self.other_customer.id,
        )
        self.assertEqual(self._call_in("SN-4711").unit_id, again)

    def test_lookup_stays_in_the_company(self):
        self._make_unit("SN-FAR", company_id=self.other_company.id, policy_id=False)
        self.assertFalse(self._call_in("SN-FAR").unit_id)

    def test_find_for_other_systems(self):
        found = self._call(self.agent, self.env["aftersales.unit"], "find", "SN-4711")
        self.assertEqual(
            found,
            [
                {
                    "id": self.unit.id,
                    "name": "Air Conditioner 35 · SN-4711",
                    "serial": "SN-4711",
                    "product": self.ac.display_name,
                    "partner_id": self.customer.id,
                    "customer": "Lin Household",
                    "warranty_end": self.unit.warranty_end,
                }
            ],
        )
        with self.assertRaises(AccessError):
            self.env["aftersales.unit"].with_user(self._new_user("plain", "base.group_user")).find(
                "SN-4711"
            )
        portal = self.env["aftersales.unit"].with_user(self.portal)
        self.assertEqual(len(portal.find("SN-4711")), 1)
        self.assertFalse(portal.find("SN-4712"), "not his company's")

    # === VALUES === #

    def test_unit_brings_customer_product_and_phone(self):
        request = self._make_request(unit_id=self.unit.id)
        self.assertRecordValues(
            request,
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.ac.id,
                    "partner_phone": "+86 138 0000 0001",
                    "state": "new",
                    "channel": "phone",
                }
            ],
        )
        request.unit_id = self.other_unit
        self.assertEqual(request.partner_id, self.other_customer)

    def test_callback_number_typed_by_hand(self):
        request = self._make_request(unit_id=self.unit.id, partner_phone="+86 21 1111 1111")
        self.assertEqual(request.partner_phone, "+86 21 1111 1111")

    def test_service_type_brings_its_team(self):
        self.type_onsite.team_id = self.team_b
        Request = self.env["aftersales.request"]
        request = Request.create({"service_type_id": self.type_onsite.id})
        self.assertEqual(request.team_id, self.team_b)

    @freeze_time("2025-06-01 08:00:00")
    def test_numbers(self):
        requests = self.env["aftersales.request"].create([{"subject": "A"}, {"subject": "B"}])
        self.assertEqual(len(set(requests.mapped("name"))), 2)
        for request in requests:
            self.assertTrue(request.name.startswith("SR2506"), request.name)
        legacy = self._make_request(name="OLD-1")
        self.assertEqual(legacy.name, "OLD-1")

    def test_closing_date_and_hours(self):
        request = self._make_request(date_reported="2025-06-01 08:00:00")
        self.assertEqual(request.hours_open, 0)
        with freeze_time("2025-06-02 10:30:00"):
            request.action_done()
        self.assertEqual(request.date_closed, datetime(2025, 6, 2, 10, 30))
        self.assertEqual(request.hours_open, 26.5)
        request.action_reopen()
        self.assertFalse(request.date_closed)
        self.assertEqual(request.hours_open, 0)
        with freeze_time("2025-06-03 08:00:00"):
            request.action_cancel()
        self.assertEqual(request.hours_open, 48)

    def test_start_assigns_who_pressed(self):
        mine = self._make_request(user_id=self.technician.id)
        free = self._make_request()
        (mine | free).with_user(self.agent).action_start()
        self.assertEqual(mine.user_id, self.technician)
        self.assertEqual(free.user_id, self.agent)

    def test_names(self):
        request = self._make_request(unit_id=self.unit.id)
        bare = self._make_request(subject=False)
        self.assertEqual(request.display_name, f"{request.name} · No cold air")
        self.assertEqual(bare.display_name, bare.name)
        Request = self.env["aftersales.request"]
        for term in (request.name, "Lin House", "SN-4711", "No cold"):
            with self.subTest(term=term):
                self.assertIn(request.id, [row[0] for row in Request.name_search(term)])

    def test_request_with_charges_stays(self):
        request = self._make_request(unit_id=self.unit.id)
        self._make_charge(request_id=request.id)
        with self.assertRaises(UserError) as caught:
            request.unlink()
        self.assertIn(request.name, str(caught.exception))
        self._make_request().unlink()

    # === CUSTOMER === #

    def test_counters_with_contacts(self):
        self._make_unit("C1", partner_id=self.customer_contact.id)
        self._make_request(partner_id=self.customer_contact.id)
        self._make_request(partner_id=self.customer.id)
        charge = self._make_charge(self.travel)
        self._make_settlement(charge)
        family = (self.customer | self.customer_contact | self.other_customer).with_user(
            self.manager
        )
        self.assertEqual(family.mapped("aftersales_unit_count"), [2, 1, 1])
        self.assertEqual(family.mapped("aftersales_request_count"), [2, 1, 0])
        self.assertEqual(family.mapped("aftersales_settlement_count"), [1, 0, 0])
        self.assertEqual(self.env["res.partner"].new({}).aftersales_unit_count, 0)

    def test_counters_count_what_one_may_see(self):
        self._make_request(partner_id=self.customer.id, user_id=self.technician.id)
        self._make_request(partner_id=self.customer.id)
        self.assertEqual(self.customer.with_user(self.technician).aftersales_request_count, 1)
        self.assertEqual(self.customer.with_user(self.other_agent).aftersales_request_count, 0)
        with self.assertRaises(AccessError):
            self.customer.with_user(self.technician).read(["aftersales_settlement_count"])

    def test_counters_lead_to_the_records(self):
        contact_unit = self._make_unit("C1", partner_id=self.customer_contact.id)
        action = self.customer.with_user(self.agent).action_view_aftersales_units()
        self.assertEqual(
            self.env["aftersales.unit"].search(action["domain"]), self.unit | contact_unit
        )

    # === CONFIGURATION === #

    def test_team_counts_open_requests(self):
        self._make_request()
        self._make_request().action_done()
        self.assertEqual(self.team_a.open_request_count, 1)
        self.assertEqual(self.team_b.open_request_count, 0)

    def test_fault_names_and_codes(self):
        self.assertEqual(self.cause_wear.display_name, "[TC1] Worn out")
        self.cause_wear.code = "TC9"
        self.assertEqual(self.cause_wear.display_name, "[TC9] Worn out")
        self.cause_wear.code = False
        self.assertEqual(self.cause_wear.display_name, "Worn out")
        Fault = self.env["aftersales.fault"]
        self.assertIn(self.cause_misuse.id, [row[0] for row in Fault.name_search("TC2")])
        self.assertFalse(
            self._passes_database(Fault, {"name": "Again", "code": "TC2", "kind": "cause"})
        )
        self.assertTrue(
            self._passes_database(Fault, {"name": "Again", "code": "TC2", "kind": "remedy"})
        )
        self.assertTrue(self._passes_database(Fault, {"name": "No code", "kind": "cause"}))
