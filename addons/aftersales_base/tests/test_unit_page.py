import base64
from ast import literal_eval
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AftersalesCommon

PNG = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
)


@tagged("post_install", "-at_install")
@freeze_time("2025-06-10 08:00:00")
class TestUnitPage(AftersalesCommon):
    """What the page of one installed product tells: its history, its papers, its money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("AC-0001")

    def _titles(self, unit=None, user=None, **kwargs):
        unit = (unit or self.unit).with_user(user or self.manager)
        return [event["title"] for event in unit.get_timeline(**kwargs)["events"]]

    # === HISTORY === #

    def test_history_is_told_newest_first(self):
        self.unit.write({"date_purchase": "2025-01-08", "date_installed": "2025-01-12"})
        self._make_request(
            unit_id=self.unit.id, subject="Drips", date_reported="2025-03-01 08:00:00"
        )
        self.env["aftersales.unit.reading"].create(
            {"unit_id": self.unit.id, "date": "2025-04-01", "value": 120}
        )
        self.env["aftersales.unit.downtime"].create(
            {"unit_id": self.unit.id, "date_from": "2025-04-02", "date_to": "2025-04-05"}
        )
        self.env["aftersales.unit.transfer"].create(
            {
                "unit_id": self.unit.id,
                "date": "2025-05-01",
                "partner_to_id": self.other_customer.id,
            }
        )
        self.unit._extend_warranty({"kind": "travel", "duration": 6})
        self.unit.warranty_ids.filtered(lambda w: w.kind == "labour")._void("Seal broken")
        titles = self._titles()
        request = self.unit.request_ids.name
        self.assertEqual(
            titles,
            [
                "Warranty made void",
                "Warranty extended",
                "Handed over to Zhao Trading",
                "Out of use: Repair",
                "Reading",
                f"Request {request}",
                "Installed or accepted",
                "Warranty began",
                "In service",
                "Purchased",
            ],
        )
        events = self.unit.with_user(self.manager).get_timeline()["events"]
        texts = {event["title"]: event["text"] for event in events}
        self.assertIn("Seal broken", texts["Warranty made void"])
        self.assertIn("Parts until 01/13/2028", texts["Warranty began"])
        self.assertIn("Labour until", texts["Warranty began"])
        self.assertEqual(texts["Reading"], "120 Hours")
        [event] = [event for event in events if event["title"].startswith("Request")]
        self.assertEqual(
            (event["res_model"], event["res_id"]), ("aftersales.request", self.unit.request_ids.id)
        )

    def test_what_is_to_come_is_no_history(self):
        self.unit.date_installed = "2025-07-01"
        self.assertNotIn("Installed or accepted", self._titles())
        with freeze_time("2026-02-01"):
            self.assertIn("Installed or accepted", self._titles())
            self.assertIn("Warranty ended", self._titles())

    def test_exchange_is_told_on_both_units(self):
        new = self._make_unit("AC-0002", date_start=date(2025, 6, 1))
        self.unit._replace_by(new, date(2025, 6, 1))
        self.assertIn(f"Exchanged for {new.display_name}", self._titles())
        self.assertIn(f"Given for {self.unit.display_name}", self._titles(new))

    def test_history_comes_some_at_a_time(self):
        for day in range(1, 29):
            self.env["aftersales.unit.reading"].create(
                {"unit_id": self.unit.id, "date": date(2025, 2, day), "value": day}
            )
        timeline = self.unit.get_timeline(limit=5)
        self.assertEqual(len(timeline["events"]), 5)
        self.assertTrue(timeline["more"])
        self.assertEqual(timeline["events"][0]["text"], "28 Hours")
        self.assertFalse(self.unit.get_timeline(limit=100)["more"])
        self.assertEqual(len(self.unit.get_timeline(limit=0)["events"]), 1)

    def test_queries_do_not_grow_with_the_history(self):
        def count(unit):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            unit.with_user(self.manager).get_timeline()
            return self.env.cr.sql_log_count - before

        def live(unit, number):
            for day in range(1, number + 1):
                self._make_request(
                    unit_id=unit.id, subject="Drips", date_reported=f"2025-03-{day:02} 08:00:00"
                )
                self.env["aftersales.unit.reading"].create(
                    {"unit_id": unit.id, "date": f"2025-04-{day:02}", "value": day}
                )
                self.env["aftersales.unit.downtime"].create(
                    {"unit_id": unit.id, "date_from": f"2025-02-{day:02}"}
                )

        live(self.unit, 1)
        count(self.unit)
        few = count(self.unit)
        live(self.unit, 20)
        self.assertLessEqual(count(self.unit), few)

    def test_everybody_reads_the_history_he_may_know(self):
        self._make_request(unit_id=self.unit.id, user_id=self.other_technician.id)
        self.env["aftersales.unit.reading"].create({"unit_id": self.unit.id, "value": 1})
        names = {
            role: self._titles(user=getattr(self, role))
            for role in ("technician", "other_technician", "agent", "manager", "settler")
        }
        request = f"Request {self.unit.request_ids.name}"
        self.assertNotIn(request, names["technician"])
        self.assertIn(request, names["other_technician"])
        self.assertIn(request, names["settler"])
        self.assertNotIn("Reading", names["settler"])
        self.assertIn("Reading", names["technician"])
        with self.assertRaises(AccessError):
            self._titles(user=self.portal)
        foreign = self._new_user(
            "foreign",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        for method in ("get_timeline", "get_documents"):
            with self.assertRaises(AccessError):
                self._call(foreign, self.unit, method)
            with self.assertRaises(AccessError):
                self._call(self.portal, self.unit, method)

    # === DOCUMENTS === #

    def test_documents_are_in_one_place(self):
        self.unit.write({"proof_of_purchase": PNG, "proof_filename": "invoice.png", "image": PNG})
        request = self._make_request(unit_id=self.unit.id)
        Attachment = self.env["ir.attachment"]
        Attachment.create(
            [
                {"name": "manual.txt", "raw": b"x", "res_model": unit._name, "res_id": unit.id}
                for unit in (self.unit, self._make_unit("AC-0002"), request)
            ]
        )
        documents = self.unit.with_user(self.manager).get_documents()
        self.assertEqual(
            sorted((file["kind"], file["name"]) for file in documents["files"]),
            [
                ("Photo", "Photo"),
                ("Product", "manual.txt"),
                ("Proof of purchase", "invoice.png"),
                ("Request", "manual.txt"),
            ],
        )
        self.assertTrue(documents["may_add"])
        self.assertFalse(documents["more"])
        previews = {file["name"]: bool(file["preview"]) for file in documents["files"]}
        self.assertTrue(previews["invoice.png"])
        self.assertFalse(previews["manual.txt"])
        self.assertTrue(self.unit.get_documents(limit=2)["more"])
        technician = self.unit.with_user(self.technician).get_documents()
        self.assertFalse(technician["may_add"])
        self.assertNotIn("Request", [file["kind"] for file in technician["files"]])

    # === MONEY === #

    def test_money_says_who_bore_what(self):
        request = self._make_request(unit_id=self.unit.id, user_id=self.technician.id)
        self._make_charge(self.compressor, request_id=request.id)
        self._make_charge(self.travel, request_id=request.id)
        self._make_charge(self.labour, request_id=request.id)
        self._make_charge(self.labour, request_id=request.id).action_cancel()
        unit = self.unit.with_user(self.manager)
        self.assertRecordValues(
            unit,
            [
                {
                    "amount_charged": 1000.0,
                    "amount_customer": 50.0,
                    "amount_company": 150.0,
                    "amount_partner": 800.0,
                }
            ],
        )
        stranger = self.unit.with_user(self.other_technician)
        self.assertEqual(stranger.amount_charged, 0)
        empty = self._make_unit("AC-0002").with_user(self.manager)
        self.assertEqual((unit | empty).mapped("amount_customer"), [50.0, 0.0])
        with self.assertRaises(AccessError):
            self.unit.with_user(self.salesman).read(["amount_customer"])

    def test_charges_say_what_they_are_for(self):
        request = self._make_request(unit_id=self.unit.id)
        charges = self._make_charge(self.travel, request_id=request.id)
        charges |= self._make_charge(self.travel, unit_id=self.unit.id)
        self.assertEqual(charges.mapped("origin_name"), [request.name, False])

    # === WARRANTIES IN WORDS === #

    def test_bar_says_which_day_of_how_many(self):
        part = self.unit.warranty_ids.filtered(lambda w: w.kind == "part")
        self.assertEqual(part.elapsed_text, "day 152 of 1095")
        for vals, text in (
            ({"duration_unit": "lifetime"}, "day 152, no end"),
            ({"duration": 1}, "ended 02/09/2025"),
            ({"start_basis": "fixed", "date_start": "2025-06-20"}, "begins in 10 days"),
            ({"start_basis": "registration", "date_start": False}, "waits for: Registration"),
        ):
            with self.subTest(**vals):
                warranty = part.copy(vals)
                self.assertEqual(warranty.elapsed_text, text)
        part._void("Opened")
        self.assertEqual(part.elapsed_text, "void")

    def test_scope_names_component_and_kind(self):
        part = self.unit.warranty_ids.filtered(lambda w: w.kind == "part")
        self.assertEqual(part.scope, "Parts")
        part.component_category_id = self.category_compressor
        self.assertEqual(part.scope, "Compressors: Parts")
        part.kind = "all"
        self.assertEqual(part.scope, "Compressors")

    # === SEARCH === #

    def test_warranties_that_cover_on_a_day(self):
        Warranty = self.env["aftersales.warranty"]
        part = self.unit.warranty_ids.filtered(lambda w: w.kind == "part")
        mine = [("unit_id", "=", self.unit.id)]
        for day, found in (
            ("2025-01-09", Warranty),
            ("2025-01-10", self.unit.warranty_ids),
            ("2026-01-09", self.unit.warranty_ids),
            ("2026-01-10", part),
            ("2028-01-09", part),
            ("2028-01-10", Warranty),
        ):
            self.assertEqual(Warranty.search([*mine, ("covers_on", "=", day)]), found, day)

    def test_lookup_finds_by_what_people_type(self):
        other = self._make_unit("ZZ-0002", partner_id=self.other_customer.id)
        both = self.unit | other
        Unit = self.env["aftersales.unit"]
        for term, found in (
            ("ac-0001", self.unit),
            (self.unit.name, self.unit),
            ("Lin House", self.unit),
            ("13800000001", self.unit),
            ("Air Conditioner 35", both),
            ("nothing like this", Unit),
            ("Q%Z", Unit),
        ):
            with self.subTest(term=term):
                self.assertEqual(Unit.search([("lookup", "ilike", term)]) & both, found)
                rest = Unit.search([("lookup", "not ilike", term)]) & both
                self.assertEqual(rest, both - found)
                warranties = self.env["aftersales.warranty"].search(
                    [("unit_id.lookup", "ilike", term.lower())]
                )
                self.assertEqual(warranties.unit_id & both, found)

    def test_proof_to_check_is_shown_as_it_is_found(self):
        sent = self._make_unit("AC-0003", proof_filename="bill.pdf", policy_id=False)
        units = sent | self.unit
        Unit = self.env["aftersales.unit"].with_user(self.technician)
        for value, found in ((True, sent), (False, self.unit)):
            self.assertEqual(Unit.search([("proof_to_check", "=", value)]) & units, found)
        self.assertEqual(units.with_user(self.technician).mapped("proof_to_check"), [True, False])
        sent.proof_checked = True
        self.assertFalse(sent.proof_to_check)
        self.assertFalse(Unit.search([("proof_to_check", "=", True)]) & units)

    def test_warranties_sort_by_unit(self):
        other = self._make_unit("AC-0004", date_start=date(2020, 1, 1))
        domain = [("unit_id", "in", (self.unit | other).ids)]
        Warranty = self.env["aftersales.warranty"]
        for order, units in (
            ("unit_id, id", [self.unit, other]),
            ("unit_id desc, id", [other, self.unit]),
        ):
            found = Warranty.search(domain, order=order).unit_id
            self.assertEqual(list(found), units)

    def test_saved_examples_work_for_everybody(self):
        for name in ("month_end", "ending"):
            example = self.env.ref(f"aftersales_base.ir_filters_unit_{name}").sudo()
            self.assertFalse(example.user_ids)
            domain = literal_eval(example.domain)
            group = literal_eval(example.context)["group_by"]
            Unit = self.env["aftersales.unit"].with_user(self.technician)
            Unit.web_read_group(domain, group, ["__count"])
            found = Unit.search(domain)
            self.assertEqual(self.unit in found, name == "month_end")
