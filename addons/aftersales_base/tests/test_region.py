from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRegion(AftersalesCommon):
    """The tree of regions, and in which of them an address lies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Region = cls.env["aftersales.region"]
        cls.us, cls.cn = cls.env.ref("base.us"), cls.env.ref("base.cn")
        cls.company.country_id = cls.us
        cls.california, cls.nevada, cls.oregon = (
            cls.env.ref(f"base.state_us_{number}") for number in (5, 23, 41)
        )
        cls.country = Region.create({"name": "USA", "code": "US", "country_id": cls.us.id})
        cls.west = Region.create(
            {
                "name": "West",
                "parent_id": cls.country.id,
                "state_ids": [Command.set((cls.california | cls.nevada).ids)],
            }
        )
        cls.coast = cls._make_region("Coast", cls.west, [("90000", "90999"), ("940", "949")])
        cls.harbour = cls._make_region("Harbour", cls.coast, [("90700", "90799")])
        cls.inland = cls._make_region("Inland", cls.west, [("91000", "91999")])

    @classmethod
    def _make_region(cls, name, parent, ranges, **vals):
        return cls.env["aftersales.region"].create(
            {
                "name": name,
                "parent_id": parent.id,
                "zip_ids": [
                    Command.create({"zip_from": first, "zip_to": last}) for first, last in ranges
                ],
                **vals,
            }
        )

    def _make_place(self, code=False, state=None, country=None):
        return self.env["res.partner"].create(
            {
                "name": "Somewhere",
                "zip": code,
                "state_id": state and state.id,
                "country_id": country and country.id,
            }
        )

    def _find(self, partners):
        return self.env["aftersales.region"]._find_regions(partners, self.company)

    # === FINDING === #

    def test_finding(self):
        nowhere = self.env["aftersales.region"]
        for code, state, country, expected in (
            # zip before state before country
            ("90001", self.california, self.us, self.coast),
            ("91234", self.california, self.us, self.inland),
            ("95814", self.california, self.us, self.west),
            (False, self.california, self.us, self.west),
            ("97201", self.oregon, self.us, self.country),
            (False, None, self.us, self.country),
            # ends belong to the range, and the zip wins over another state
            ("90000", self.oregon, self.us, self.coast),
            ("90999", None, self.us, self.coast),
            ("89999", None, self.us, self.country),
            # the part before the whole
            ("90700", None, self.us, self.harbour),
            ("90800", None, self.us, self.coast),
            # as many characters as the range has, however written
            ("94016", None, self.us, self.coast),
            (" 90001-1234", None, self.us, self.coast),
            ("9000", None, self.us, self.country),
            ("94", None, self.us, self.country),
            # an address without a country lies in that of the company, or of its state
            ("90001", None, None, self.coast),
            (False, None, None, self.country),
            (False, self.nevada, None, self.west),
            # elsewhere
            ("90001", None, self.cn, nowhere),
            (False, None, self.cn, nowhere),
        ):
            place = self._make_place(code, state, country)
            with self.subTest(code=code, state=state and state.name, country=country):
                self.assertEqual(self._find(place), {place: expected})

    def test_finding_follows_changes(self):
        place = self._make_place("93001", country=self.us)
        self.assertEqual(self._find(place)[place], self.country)
        self.inland.zip_ids.zip_to = "93999"
        self.assertEqual(self._find(place)[place], self.inland)
        self.inland.action_archive()
        self.assertEqual(self._find(place)[place], self.country)
        self.inland.action_unarchive()
        self.inland.zip_ids.unlink()
        self.assertEqual(self._find(place)[place], self.country)

    def test_regions_of_another_company_are_not_found(self):
        place = self._make_place("96001", country=self.us)
        self._make_region(
            "Far", self.country, [("96000", "96999")], company_id=self.other_company.id
        )
        self.assertEqual(self._find(place)[place], self.country)
        found = self.env["aftersales.region"]._find_regions(place, self.other_company)
        self.assertEqual(found[place].name, "Far")

    def test_as_many_queries_for_many_addresses_as_for_one(self):
        codes = [f"9{number:04}" for number in range(0, 10000, 250)]
        places = self.env["res.partner"].create(
            [{"name": code, "zip": code, "country_id": self.us.id} for code in codes]
        )
        counts = []
        for batch in (places[:1], places[:1], places):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._find(batch)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], 3)
        self.assertEqual(self._find(self.env["res.partner"]), {})

    # === THE TREE === #

    def test_names(self):
        self.assertEqual(self.harbour.display_name, "USA / West / Coast / Harbour")
        self.assertEqual(self.coast.zip_summary, "90000–90999, 940–949")
        self.assertTrue(self.west._covers(self.harbour))
        self.assertFalse(self.harbour._covers(self.west))
        self.assertFalse(self.west._covers(self.env["aftersales.region"]))

    def test_no_region_in_itself(self):
        with self.assertRaisesRegex(ValidationError, "USA cannot be a part of itself"):
            self.country.parent_id = self.harbour

    def test_typing(self):
        with Form(self.env["aftersales.region"]) as form:
            form.name = "Valley"
            form.parent_id = self.west
            with form.zip_ids.new() as line:
                line.zip_from = "sw1a 1aa"
        region = form.save()
        self.assertEqual(region.zip_ids.zip_from, "SW1A1AA")
        self.assertEqual(region.zip_ids.zip_to, "SW1A1AA")

    def test_ranges(self):
        for first, last in (("90", "900"), ("92", "91"), ("--", "--")):
            with self.subTest(first=first), self.assertRaisesRegex(ValidationError, "no range"):
                self._make_region("Wrong", self.west, [(first, last)])

    def test_siblings_do_not_overlap(self):
        for first, last in (("90999", "91000"), ("91500", "91500"), ("9", "9"), ("94600", "94600")):
            with self.subTest(first=first), self.assertRaisesRegex(ValidationError, "overlap"):
                self._make_region("Twice", self.west, [(first, last)])
        with self.assertRaisesRegex(ValidationError, "Inland.*overlap|overlap"):
            self.harbour.parent_id = self.west
            self.harbour.zip_ids.zip_from = "91100"
            self.harbour.zip_ids.zip_to = "91200"

    def test_others_may_overlap(self):
        self._make_region("Elsewhere", self.west, [("91500", "91599")], country_id=self.cn.id)
        self.inland.company_id = self.company
        self._make_region("Part", self.inland, [("91500", "91599")], company_id=self.company.id)
        self._make_region("Far", self.west, [("91600", "91699")], company_id=self.other_company.id)

    def test_codes_are_unique(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["aftersales.region"].create({"name": "Double", "code": "US"})
        copy = self.country.copy()
        self.assertEqual((copy.name, copy.code), ("USA (copy)", False))

    # === IN USE === #

    def test_in_use_is_archived_not_deleted(self):
        request = self._make_request(partner_id=self.customer.id, region_id=self.harbour.id)
        member = self.team_a.member_ids
        member.region_ids = self.inland
        for region, reason in (
            (self.harbour, "service requests: 1"),
            (self.inland, "team members: 1"),
            (self.west, "parts of it: 2"),
        ):
            with self.subTest(region=region.name), self.assertRaisesRegex(UserError, reason):
                region.unlink()
        request.action_cancel()
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.harbour.with_user(self.manager).unlink()
        self.harbour.with_user(self.manager).action_archive()
        self.assertEqual(request.region_id, self.harbour)
        request.unlink()
        self.harbour.unlink()
        self.coast.unlink()

    # === ON A REQUEST === #

    def test_request_finds_its_region(self):
        self.customer.write({"zip": "90010", "country_id": self.us.id})
        request = self._make_request(partner_id=self.customer.id)
        self.assertEqual(request.region_id, self.coast)
        unit = self._make_unit("AC1", place_id=self._make_place("91010", country=self.us).id)
        request.unit_id = unit
        self.assertEqual(request.region_id, self.inland)

    def test_request_takes_what_people_say(self):
        self.customer.write({"zip": "90010", "country_id": self.us.id})
        request = self._make_request(partner_id=self.customer.id, region_id=self.inland.id)
        self.assertEqual(request.region_id, self.inland)
        with Form(request) as form:
            form.region_id = self.west
        self.assertEqual(request.region_id, self.west)

    def test_address_typed_later(self):
        request, closed = (
            self._make_request(partner_id=self.customer.id),
            self._make_request(partner_id=self.customer.id),
        )
        closed.action_start()
        closed.action_done()
        before = closed.region_id
        self.customer.zip = "91001"
        self.assertEqual(request.region_id, self.inland)
        self.assertEqual(closed.region_id, before)

    # === RIGHTS === #

    def test_agents_read_regions(self):
        for user in (self.agent, self.technician):
            own = self.coast.with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(own.read(["name"])[0]["name"], "Coast")
                self.assertFalse(self._passes(own.write, {"name": "Mine"}))
                self.assertFalse(self._passes(own.zip_ids.write, {"zip_from": "1", "zip_to": "1"}))
                self.assertFalse(self._passes(own.create, {"name": "Mine"}))
                self.assertFalse(self._passes(own.unlink))
        self.assertTrue(self._passes(self.coast.with_user(self.manager).write, {"name": "Sea"}))
        self.harbour.company_id = self.other_company
        self.assertFalse(self.harbour.with_user(self.manager).has_access("read"))
        self.assertFalse(self.harbour.zip_ids.with_user(self.manager).has_access("read"))
