from datetime import date

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import AftersalesCommon

TODAY = "2026-01-15"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestWarrantyScreens(AftersalesCommon):
    """Screens and wizards of policies, warranties and units."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("WS1")
        cls.part, cls.labour_warranty = cls.unit.warranty_ids.sorted("duration", reverse=True)

    def _give(self, unit, **vals):
        """Give a unit one more warranty."""
        vals = {"unit_id": unit.id, "date_start": "2025-01-10", "duration": 12, **vals}
        return self.env["aftersales.warranty"].create(vals)

    def _find(self, model, filter_name):
        """Return what the named filter of the search view shows."""
        arch = etree.fromstring(self.env[model].get_view(view_type="search")["arch"])
        [node] = arch.xpath(f"//filter[@name='{filter_name}']")
        domain = Domain(safe_eval(node.get("domain"), {"uid": self.env.uid}))
        return self.env[model].search(domain & Domain("company_id", "=", self.company.id))

    # === POLICY === #

    def test_manager_writes_a_policy(self):
        with Form(self.env["aftersales.warranty.policy"].with_user(self.manager)) as form:
            form.name = "Ovens"
            form.start_basis = "installation"
            form.start_limit_days = 90
            form.exchange_after_repairs = 3
            form.replacement_mode = "rest_minimum"
            form.replacement_minimum_days = 30
            with form.term_ids.new() as term:
                term.kind = "part"
                term.duration_unit = "lifetime"
        policy = form.record
        unit = self._make_unit("WS2", policy_id=policy.id)
        self.assertEqual(unit.warranty_ids.date_start, date(2025, 4, 10))
        self.assertTrue(unit.has_lifetime_warranty)

    def test_policy_shows_only_what_applies(self):
        with Form(self.policy.with_user(self.manager)) as form:
            self.assertTrue(form._get_modifier("start_limit_days", "invisible"))
            self.assertTrue(form._get_modifier("start_date", "invisible"))
            form.start_basis = "fixed"
            self.assertTrue(form._get_modifier("start_date", "required"))
            form.start_date = "2025-01-01"
            form.repair_only = True
            self.assertTrue(form._get_modifier("replacement_mode", "invisible"))

    # === SEARCHES === #

    def test_unit_is_found_by_how_its_warranty_stands(self):
        bare = {"policy_id": False}
        running = self._make_unit("WS-RUN", **bare)
        self._give(running, duration=36)
        soon = {}
        for days, last in ((30, "2026-02-10"), (60, "2026-03-10"), (90, "2026-04-10")):
            soon[days] = self._make_unit(f"WS-{days}", **bare)
            ends = (date.fromisoformat(last) - date(2025, 1, 10)).days + 1
            self._give(soon[days], duration=ends, duration_unit="day")
        expired = self._make_unit("WS-EXP", **bare)
        self._give(expired)
        lifetime = self._make_unit("WS-LIFE", **bare)
        self._give(lifetime, duration_unit="lifetime")
        self._give(lifetime)
        void = self._make_unit("WS-VOID", **bare)
        self._give(void, duration=36)._void("Opened")
        pending = self._make_unit("WS-PEND", **bare)
        self._give(pending, start_basis="registration", date_start=False)
        none = self._make_unit("WS-NONE", **bare)
        every = running | soon[30] | soon[60] | soon[90] | expired | lifetime | void
        every |= pending | none | self.unit
        cases = {
            "in_warranty": running | soon[30] | soon[60] | soon[90] | lifetime | self.unit,
            "warranty_ending": soon[30],
            "warranty_ending_60": soon[30] | soon[60],
            "warranty_ending_90": soon[30] | soon[60] | soon[90],
            "out_of_warranty": expired,
            "warranty_void": void,
            "warranty_pending": pending,
            "no_warranty": none,
        }
        for name, expected in cases.items():
            with self.subTest(filter=name):
                self.assertEqual(self._find("aftersales.unit", name) & every, expected)
        on_day = self.env["aftersales.unit"].search([("in_warranty_on", "=", "2026-03-20")])
        self.assertEqual(on_day & every, running | soon[90] | lifetime | self.unit)

    def test_warranty_is_found_by_how_it_stands(self):
        unit = self._make_unit("WS3", policy_id=False)
        cases = {
            "running": self._give(unit, duration=36) | self._give(unit, duration_unit="lifetime"),
            "expired": self._give(unit),
            "pending": self._give(unit, start_basis="registration", date_start=False),
            "void": self._give(unit, duration=24),
            "ending_60": self._give(unit, duration=405, duration_unit="day"),
        }
        cases["void"]._void("Opened")
        cases["lifetime"] = cases["running"].filtered(lambda w: w.duration_unit == "lifetime")
        cases["running"] |= cases["ending_60"]
        for name, expected in cases.items():
            with self.subTest(filter=name):
                found = self._find("aftersales.warranty", name)
                self.assertEqual(found & unit.warranty_ids, expected)

    def test_proof_to_check_is_found(self):
        needing = self._make_unit("WS4", policy_id=False)
        self._give(needing, proof_required=True)
        uploaded = self._make_unit("WS5", policy_id=False, proof_filename="bill.pdf")
        found = self._find("aftersales.unit", "proof_to_check")
        self.assertLessEqual(needing | uploaded, found)
        self.assertNotIn(self.unit, found)
        self.assertTrue(needing.proof_needed)
        (needing | uploaded).proof_checked = True
        self.assertFalse(self._find("aftersales.unit", "proof_to_check") & (needing | uploaded))
        self.assertFalse(needing.proof_needed)

    # === UNIT === #

    def test_agent_writes_down_reading_and_downtime_on_the_unit(self):
        with Form(self.unit.with_user(self.agent)) as form:
            with form.reading_ids.new() as reading:
                reading.value = 120
            with form.downtime_ids.new() as downtime:
                downtime.date_from = "2025-03-01"
                downtime.date_to = "2025-03-10"
        self.assertEqual(self.unit.reading_ids.user_id, self.agent)
        self.assertEqual(self.part.date_end, date(2028, 1, 19))
        self.assertEqual(self.part.downtime_days, 10)

    def test_technician_writes_down_a_reading_in_its_list(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_unit_reading_action"
        )
        context = safe_eval(action["context"], {"active_id": self.unit.id})
        Reading = self.env["aftersales.unit.reading"].with_user(self.technician)
        reading = Reading.with_context(**context).create({"value": 5})
        self.assertEqual(reading.unit_id, self.unit)

    # === HAND OVER === #

    def _hand_over(self, user, **values):
        HandOver = self.env["aftersales.unit.hand.over"].with_user(user)
        form = Form(HandOver.with_context(default_unit_ids=self.unit.ids))
        for fname, value in values.items():
            form[fname] = value
        return form.save()

    def test_hand_over_says_what_ends(self):
        self.part.transferable = False
        wizard = self._hand_over(
            self.agent, partner_to_id=self.other_customer, date=date(2026, 1, 1)
        )
        self.assertEqual(wizard.partner_from_id, self.customer)
        self.assertEqual(wizard.ending_warranty_ids, self.part)
        wizard.action_hand_over()
        self.assertEqual(self.unit.partner_id, self.other_customer)
        self.assertEqual(self.part.date_end, date(2025, 12, 31))
        self.assertFalse(self.labour_warranty.date_closed)
        self.assertEqual(self.unit.transfer_ids.partner_from_id, self.customer)

    def test_hand_over_to_the_owner_is_refused(self):
        wizard = self._hand_over(self.agent, partner_to_id=self.customer)
        with self.assertRaises(UserError):
            wizard.action_hand_over()

    def test_technician_hands_nothing_over(self):
        with self.assertRaises(AccessError):
            self._hand_over(self.technician, partner_to_id=self.other_customer)

    # === VOID === #

    def test_void_names_the_reason_in_the_thread_and_keeps_the_period(self):
        self.unit.warranty_ids.with_user(self.manager)._void("Seal broken")
        self.assertEqual(set(self.unit.warranty_ids.mapped("status")), {"void"})
        self.assertEqual(self.part.date_end, date(2028, 1, 9))
        bodies = " ".join(self.unit.message_ids.mapped("body"))
        self.assertEqual(bodies.count("Seal broken"), 2)
        charge = self._make_charge(unit_id=self.unit.id, date_fault="2026-06-01")
        self.assertEqual(charge.bearer, "customer")
        self.assertIn("Seal broken", charge.explanation)

    def test_void_needs_a_manager_a_reason_and_something_to_void(self):
        with self.assertRaises(AccessError):
            self.part.with_user(self.agent)._void("Seal broken")
        with self.assertRaises(AccessError):
            self.part.with_user(self.agent).write({"close_reason": "void", "close_note": "Mine"})
        with self.assertRaises(AccessError):
            self.env["aftersales.warranty.void"].with_user(self.agent).create(
                {"warranty_ids": self.part.ids, "reason": "Mine"}
            )
        with self.assertRaisesRegex(UserError, "why"):
            self.part.with_user(self.manager)._void("  ")
        self.part._void("Seal broken")
        with self.assertRaisesRegex(UserError, "already"):
            self.part._void("Again")

    def test_void_of_another_company_is_refused(self):
        far = self.env["aftersales.unit"].create(
            {
                "product_id": self.ac.id,
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
                "policy_id": False,
            }
        )
        warranty = self._give(far)
        with self.assertRaises(AccessError):
            warranty.with_user(self.manager)._void("Far away")

    def test_void_by_plain_write_is_in_the_thread_too(self):
        self.part.write({"close_reason": "void", "close_note": "Opened", "date_closed": TODAY})
        self.assertIn("Opened", self.unit.message_ids[0].body)

    def test_void_is_taken_back(self):
        self.part._void("Seal broken")
        self.part.with_user(self.manager).action_reinstate()
        self.assertEqual(self.part.status, "running")
        self.assertFalse(self.part.close_note)
        with self.assertRaises(UserError):
            self.part.action_reinstate()
        self.part._void("Seal broken")
        with self.assertRaises(AccessError):
            self._call(self.agent, self.part, "action_reinstate")

    # === EXTEND === #

    def _open_extension(self, unit, user=None, **values):
        Extend = self.env["aftersales.warranty.extend"].with_user(user or self.manager)
        form = Form(Extend.with_context(default_unit_id=unit.id))
        for fname, value in values.items():
            form[fname] = value
        return form

    def test_extension_follows_what_is_covered(self):
        form = self._open_extension(self.unit, kind="part", duration=6)
        self.assertEqual(form.date_start, date(2028, 1, 10))
        self.assertEqual(form.date_end, date(2028, 7, 9))
        form.save().action_extend()
        extension = self.unit.warranty_ids.filtered(lambda w: w.origin == "extension")
        self.assertEqual(
            (extension.kind, extension.date_start, extension.date_end),
            ("part", date(2028, 1, 10), date(2028, 7, 9)),
        )
        self.assertEqual(self.unit.warranty_end, date(2028, 7, 9))
        self.assertIn("extended", self.unit.message_ids[0].body)

    def test_extension_of_what_is_over_begins_today(self):
        form = self._open_extension(self.unit, kind="labour")
        self.assertEqual(form.date_start, date(2026, 1, 15))

    def test_extension_begins_on_a_day_half_paid_by_the_maker(self):
        form = self._open_extension(
            self.unit,
            start_mode="date",
            date_start=date(2026, 3, 1),
            percent=50,
            bearer_type="partner",
            bearer_partner_id=self.maker,
            duration=1,
            duration_unit="year",
        )
        form.save().action_extend()
        charge = self._make_charge(self.travel, unit_id=self.unit.id, date_fault="2026-03-01")
        self.assertEqual((charge.covered_percent, charge.bearer), (50, "partner"))
        self.assertEqual(charge.warranty_id.date_end, date(2027, 2, 28))

    def test_extension_of_a_lifetime_needs_a_day(self):
        unit = self._make_unit("WS6", policy_id=False)
        self._give(unit, duration_unit="lifetime")
        form = self._open_extension(unit)
        self.assertEqual(form.start_mode, "date")
        with self.assertRaisesRegex(UserError, "without end"):
            unit._extend_warranty({"kind": "all", "duration": 12})

    def test_extension_needs_a_manager_and_a_unit_in_use(self):
        with self.assertRaises(AccessError):
            self._open_extension(self.unit, self.agent).save()
        with self.assertRaises(AccessError):
            self.unit.with_user(self.agent)._extend_warranty({"kind": "all", "duration": 12})
        self.unit.state = "scrapped"
        with self.assertRaisesRegex(UserError, "not in use"):
            self.unit._extend_warranty({"kind": "all", "duration": 12})

    # === CONFIGURATION === #

    def test_manager_orders_the_promises_and_names_levels(self):
        self.env["aftersales.coverage.rule"].with_user(self.manager).create(
            [{"code": "customer_level", "sequence": 1}, {"code": "warranty", "sequence": 2}]
        )
        level = (
            self.env["aftersales.customer.level"]
            .with_user(self.manager)
            .create({"name": "Gold", "covered_percent": 30})
        )
        with Form(self.customer.with_user(self.agent)) as form:
            form.aftersales_level_id = level
        charge = self._make_charge(unit_id=self.unit.id, date_fault="2025-06-01")
        self.assertEqual(charge.covered_percent, 30)
        with self.assertRaises(AccessError):
            self.env["aftersales.coverage.rule"].with_user(self.agent).create({"code": "warranty"})

    def test_components_are_shown_on_the_larger_unit(self):
        compressor = self._make_unit("WS7", product_id=self.compressor.id, parent_id=self.unit.id)
        spec = {"component_ids": {"fields": {"serial": {}, "warranty_status": {}}}}
        [values] = self.unit.with_user(self.technician).web_read(spec)
        self.assertEqual([row["id"] for row in values["component_ids"]], compressor.ids)

    def test_overrides_are_counted_by_person_bearer_and_reason(self):
        charges = self._make_charge(
            user_id=self.technician.id, override_bearer="company", override_reason="Old friend"
        )
        charges |= self._make_charge(user_id=self.technician.id)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_charge_override_action"
        )
        domain = Domain(safe_eval(action["domain"])) & Domain("id", "in", charges.ids)
        groups = self.env["aftersales.charge"]._read_group(
            domain, ["user_id", "override_bearer", "override_reason"], ["amount:sum"]
        )
        self.assertEqual(groups, [(self.technician, "company", "Old friend", 800.0)])

    def test_owner_history_is_read_only(self):
        self.env["aftersales.unit.transfer"].with_user(self.agent).create(
            {"unit_id": self.unit.id, "partner_to_id": self.other_customer.id}
        )
        with self.assertRaises(AccessError):
            self.unit.with_user(self.agent).write(
                {"transfer_ids": [Command.update(self.unit.transfer_ids.id, {"note": "x"})]}
            )
