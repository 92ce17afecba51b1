from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tests.common import warmup

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestIntake(RepairCommon):
    """The counter: one customer, one or many units, each saved on its own, one slip."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")
        cls.intakes = cls.env["aftersales.intake"].with_user(cls.agent)

    @classmethod
    def _make_intake(cls, *lines, **vals):
        return cls.intakes.create(
            {
                "partner_id": cls.customer.id,
                "subject": "Does not cool",
                "line_ids": [Command.create(line) for line in lines],
                **vals,
            }
        )

    def _print(self, intake):
        report = self.env["ir.actions.report"]
        name = "aftersales_repair.report_intake_slip"
        return report._render_qweb_html(name, intake.ids)[0].decode()

    # === ONE UNIT === #

    @freeze_time("2025-06-02 09:00:00")
    def test_scan_and_take_in(self):
        """A serial finds unit, product, customer, phone and warranty before anything is saved."""
        form = Form(self.intakes)
        with form.line_ids.new() as line:
            line.lookup = "rp1"
            self.assertEqual(line.unit_id, self.unit)
            self.assertEqual(line.product_id, self.ac)
            self.assertEqual(line.warranty_status, "running")
            line.subject = "Does not cool"
            line.accessories = "2 x Hose (worn) / Remote control"
        self.assertEqual(form.partner_id, self.customer)
        self.assertEqual(form.phone, self.customer.phone)
        form.consent_data = True
        intake = form.save()
        intake.action_take_in()
        line = intake.line_ids
        self.assertRecordValues(
            line.repair_id,
            [
                {
                    "state": "draft",
                    "unit_id": self.unit.id,
                    "partner_id": self.customer.id,
                    "sale_phase": "after",
                    "consent_data": True,
                    "team_id": self.team_a.id,
                    "intake_id": intake.id,
                }
            ],
        )
        self.assertRecordValues(
            line.repair_id.accessory_ids,
            [
                {"name": "Hose", "quantity": 2, "condition": "worn"},
                {"name": "Remote control", "quantity": 1, "condition": False},
            ],
        )
        self.assertRecordValues(
            line.request_id,
            [
                {
                    "channel": "walk_in",
                    "subject": "Does not cool",
                    "wish": "repair",
                    "partner_phone": self.customer.phone,
                    "state": "new",
                    "user_id": False,
                }
            ],
        )
        self.assertEqual((intake.unit_count, intake.open_count, intake.failed_count), (1, 0, 0))

    def test_taking_in_again_makes_none_twice(self):
        intake = self._make_intake({"lookup": "RP1"})
        intake.action_take_in()
        order = intake.line_ids.repair_id
        intake.action_take_in()
        self.assertEqual(intake.line_ids.repair_id, order)
        self.assertEqual(self.env["repair.order"].search_count([("intake_id", "=", intake.id)]), 1)

    @freeze_time("2025-06-02 09:00:00")
    def test_unknown_serial_is_taken_down_to_be_checked(self):
        intake = self._make_intake(
            {"lookup": "NOBODY-1"},
            {"lookup": "NOBODY-2", "date_purchase": "2025-03-01"},
            product_id=self.ac.id,
        )
        self.assertEqual(intake.line_ids.mapped("is_unknown"), [True, True])
        intake.action_take_in()
        units = intake.line_ids.unit_id
        self.assertRecordValues(
            units,
            [
                {"serial": "NOBODY-1", "to_check": True, "warranty_status": "none"},
                {"serial": "NOBODY-2", "to_check": True, "warranty_status": "running"},
            ],
        )
        self.assertEqual(units.lot_id.mapped("name"), ["NOBODY-1", "NOBODY-2"])
        self.assertEqual(units.partner_id, self.customer)

    def test_a_thing_without_number(self):
        intake = self._make_intake({"product_id": self.filter_part.id})
        intake.action_take_in()
        order = intake.line_ids.repair_id
        self.assertEqual((order.product_id, order.unit_id.id), (self.filter_part, False))

    def test_new_customer_keeps_the_number_he_left(self):
        walk_in = self.env["res.partner"].create({"name": "New Face"})
        intake = self._make_intake(
            {"product_id": self.filter_part.id}, partner_id=walk_in.id, phone="+86 137 1111 2222"
        )
        intake.action_take_in()
        self.assertEqual(walk_in.phone, "+86 137 1111 2222")
        known = self._make_intake({"lookup": "RP1"}, phone="+86 137 0000 9999")
        known.action_take_in()
        self.assertEqual(self.customer.phone, "+86 138 0000 0001")
        self.assertEqual(known.line_ids.request_id.partner_phone, "+86 137 0000 9999")

    def test_number_of_another_customer(self):
        """The number a customer brought goes with him; what was typed stays."""
        walk_in = self.env["res.partner"].create({"name": "New Face"})
        form = Form(self.intakes)
        form.partner_id = self.customer
        form.partner_id = walk_in
        self.assertFalse(form.phone)
        form.phone = "+86 137 1111 2222"
        form.partner_id = self.env["res.partner"].create({"name": "His Brother"})
        self.assertEqual(form.phone, "+86 137 1111 2222")
        form.partner_id = self.customer
        intake = form.save()
        with Form(intake) as again:
            again.partner_id = walk_in
            self.assertFalse(again.phone)
            again.phone = "+86 137 3333 4444"
            with again.line_ids.new() as line:
                line.product_id = self.filter_part
                line.subject = "Torn"
        intake.action_take_in()
        self.assertEqual(walk_in.phone, "+86 137 3333 4444")

    # === MANY UNITS === #

    def test_each_is_saved_on_its_own(self):
        """What is wrong stays with a sentence; the good ones are made, and made once."""
        self._make_unit("RP2")
        self._make_unit("ZHAO", partner_id=self.other_customer.id)
        intake = self._make_intake(
            {"lookup": "RP1"},
            {"lookup": "ZHAO"},
            {"lookup": "NOBODY"},
            {"lookup": "RP2"},
            {"lookup": "RP2"},
            {"product_id": self.filter_part.id, "subject": "Torn", "wish": False},
        )
        intake.action_take_in()
        good, zhao, nobody, second, twice, no_wish = intake.line_ids
        self.assertTrue(good.repair_id and second.repair_id)
        for line, words in (
            (zhao, "belongs to Zhao Trading"),
            (nobody, "Choose the product"),
            (twice, "on this intake twice"),
            (no_wish, "wishes"),
        ):
            self.assertFalse(line.repair_id)
            self.assertIn(words, line.error)
        self.assertEqual((intake.open_count, intake.failed_count), (4, 4))
        made = (good | second).repair_id

        nobody.product_id = self.ac
        no_wish.wish = "repair"
        self.assertFalse(nobody.error)
        (zhao | twice).unlink()
        intake.action_take_in()
        self.assertEqual((good | second).repair_id, made)
        self.assertEqual(len(intake.line_ids.repair_id), 4)
        self.assertEqual(intake.open_count, 0)

    def test_what_the_rules_refuse_stays_on_its_line(self):
        """Also what only saving finds out: the work order of one fails, its unit is not kept."""
        foreign = self.env["aftersales.service.type"].create(
            {"name": "Elsewhere", "company_id": self.company.id, "team_id": self.team_b.id}
        )
        intake = self._make_intake(
            {"lookup": "RP1"},
            {"lookup": "NEW-9", "product_id": self.ac.id, "service_type_id": foreign.id},
        )
        intake.action_take_in()
        good, refused = intake.line_ids
        self.assertTrue(good.repair_id)
        self.assertFalse(refused.repair_id or refused.unit_id)
        self.assertTrue(refused.error)
        self.assertFalse(self.env["aftersales.unit"].search([("serial", "=", "NEW-9")]))

    def test_common_values_reach_the_lines(self):
        form = Form(self.intakes)
        form.partner_id = self.customer
        form.subject = "Makes noise"
        form.symptom_id = self.symptom
        form.sale_phase = "before"
        form.product_id = self.ac
        for serial in ("N1", "N2"):
            with form.line_ids.new() as line:
                line.lookup = serial
        intake = form.save()
        intake.action_take_in()
        for order in intake.line_ids.repair_id:
            self.assertEqual(order.sale_phase, "before")
            self.assertEqual(order.symptom_id, self.symptom)
            self.assertEqual(order.product_id, self.ac)

    # === WHAT THE COUNTER SEES === #

    def test_history_and_parts(self):
        with freeze_time("2025-06-02 09:00:00"):
            order = self._make_order()
            order.remedy_id = self.remedy
            self._do(order)
        with freeze_time("2025-07-02 09:00:00"):
            self.company.sudo().aftersales_repeat_days = 90
            line = self._make_intake({"lookup": "RP1"}).line_ids
            self.assertTrue(line.is_repeat)
            self.assertIn("1 done", line.history)
            self.assertIn("Part replaced", line.history)
            self.assertIn("Compressor: 999", line.parts)
        with freeze_time("2026-07-02 09:00:00"):
            line.invalidate_recordset()
            self.assertTrue(line.is_repeat, "what came in that day repeated it")
            line = self._make_intake({"lookup": "RP1"}).line_ids
            self.assertFalse(line.is_repeat)
            self.assertIn("1 done", line.history)

    def test_still_here(self):
        order = self._make_order(parts=[])
        line = self._make_intake({"lookup": "RP1"}).line_ids
        self.assertIn(order.name, line.history)
        intake = line.intake_id
        self.assertTrue(line.is_open_elsewhere)
        self.assertIn(order.name, intake.here_already)
        form = Form(self.intakes)
        with form.line_ids.new() as typed:
            typed.lookup = "RP1"
        self.assertIn(order.name, form.here_already, "said while it is typed")
        intake.action_take_in()
        self.assertFalse(intake.here_already or line.is_open_elsewhere)
        order.action_repair_cancel()
        intake.line_ids.repair_id.action_repair_cancel()
        self.assertFalse(self._make_intake({"lookup": "RP1"}).here_already)

    def test_slip_lists_all_units(self):
        self._make_unit("RP2")
        intake = self._make_intake(
            {"lookup": "RP1", "accessories": "Remote control (lid missing)"}, {"lookup": "RP2"}
        )
        intake.action_take_in()
        html = self._print(intake)
        for text in (
            intake.name,
            *intake.line_ids.repair_id.mapped("name"),
            "RP2",
            "lid missing",
            self.customer.name,
        ):
            self.assertIn(text, html)
        self.assertEqual(html.count('alt="Barcode'), 2)
        # Scanning a code into the search of work orders finds the one order.
        order = intake.line_ids[1].repair_id
        self.assertEqual(self.env["repair.order"].search([("name", "ilike", order.name)]), order)

    # === FORBIDDEN === #

    def test_incomplete(self):
        for intake, words in (
            (self._make_intake({"product_id": self.ac.id}, partner_id=False), "who brings it"),
            (self._make_intake({"lookup": "RP1"}, phone=" "), "who brings it"),
            (self._make_intake(), "has no unit"),
        ):
            with self.assertRaisesRegex(UserError, words):
                intake.action_take_in()
            self.assertFalse(intake.line_ids.repair_id)

    def test_taken_in_lines_stay(self):
        intake = self._make_intake({"lookup": "RP1"})
        intake.action_take_in()
        line = intake.line_ids
        for forbidden in (
            lambda: line.write({"subject": "Else"}),
            lambda: line.write({"repair_id": False}),
            line.unlink,
            intake.unlink,
            lambda: intake.write({"partner_id": self.other_customer.id}),
        ):
            with self.assertRaises(UserError):
                forbidden()
        forged = self._make_intake({"lookup": "RP1", "repair_id": line.repair_id.id})
        self.assertFalse(forged.line_ids.repair_id)

    def test_roles(self):
        intake = self._make_intake({"lookup": "RP1"})
        self.assertTrue(intake.with_user(self.manager).read(["name"]))
        for user in (self.other_agent, self.technician, self.storekeeper, self.portal):
            with self.assertRaises(AccessError):
                intake.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                intake.with_user(user).action_take_in()
        foreign = self.intakes.sudo().create(
            {"company_id": self.other_company.id, "user_id": self.env.ref("base.user_root").id}
        )
        with self.assertRaises(AccessError):
            foreign.with_user(self.agent).read(["name"])

    def test_files_go_to_the_order(self):
        files = self.env["ir.attachment"].with_user(self.agent)
        photo = files.create({"name": "dent.txt", "raw": b"x"})
        intake = self._make_intake({"lookup": "RP1", "attachment_ids": [photo.id]})
        intake.action_take_in()
        self.assertEqual(photo.res_model, "repair.order")
        self.assertEqual(photo.res_id, intake.line_ids.repair_id.id)

    def test_files_of_others_stay(self):
        """A paper of the customer that is put on the line too is still his."""
        paper = (
            self.env["ir.attachment"]
            .with_user(self.agent)
            .create(
                {
                    "name": "receipt.txt",
                    "raw": b"x",
                    "res_model": "aftersales.unit",
                    "res_id": self.unit.id,
                }
            )
        )
        intake = self._make_intake({"lookup": "RP1", "attachment_ids": [paper.id]})
        intake.action_take_in()
        self.assertTrue(intake.line_ids.repair_id)
        self.assertEqual((paper.res_model, paper.res_id), ("aftersales.unit", self.unit.id))

    # === SPEED === #

    @warmup
    def test_queries_to_look_at_one_and_ten(self):
        for number in range(10):
            self._make_unit(f"Q{number}")
        one = self._make_intake({"lookup": "Q0"})
        ten = self._make_intake(*({"lookup": f"Q{number}"} for number in range(10)))

        def count(intake):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            intake.line_ids.read(["finding", "history", "is_repeat", "parts", "warranty_status"])
            return self.env.cr.sql_log_count - before

        count(one)
        self.assertEqual(count(ten), count(one))

    def test_queries_to_take_in_one_and_ten(self):
        for number in range(12):
            self._make_unit(f"Q{number}")

        def count(*serials):
            intake = self._make_intake(*({"lookup": serial} for serial in serials))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            intake.action_take_in()
            self.env.flush_all()
            self.assertFalse(intake.open_count)
            return self.env.cr.sql_log_count - before

        count("Q11")
        one, ten = count("Q10"), count(*(f"Q{number}" for number in range(10)))
        # Odoo numbers each order and its reference singly; nothing else grows.
        self.assertLessEqual(ten - one, 9 * 14)
