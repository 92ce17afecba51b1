from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestForms(AftersalesCommon):
    """What people see while they type, before anything is saved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("FO1")

    def test_agent_enters_a_unit(self):
        lot = self.env["stock.lot"].create({"name": "FO2", "product_id": self.ac.id})
        with Form(self.env["aftersales.unit"].with_user(self.agent)) as form:
            form.product_id = self.ac
            self.assertEqual(form.policy_id, self.policy)
            form.lot_id = lot
            self.assertEqual(form.serial, "FO2")
            form.partner_id = self.customer
            form.date_start = "2025-01-10"
        unit = form.record
        self.assertEqual(len(unit.warranty_ids), 2)
        self.assertEqual(str(unit.warranty_end), "2028-01-09")

    def test_agent_takes_a_call(self):
        with Form(self.env["aftersales.request"].with_user(self.agent)) as form:
            form.lookup = "FO1"
            self.assertEqual(form.unit_id, self.unit)
            self.assertEqual(form.partner_id, self.customer)
            self.assertEqual(form.partner_phone, "+86 138 0000 0001")
            form.subject = "No cold air"
        self.assertEqual(form.record.product_id, self.ac)

    def test_wrong_lookup_changes_nothing(self):
        with Form(self.env["aftersales.request"].with_user(self.agent)) as form:
            form.lookup = "unknown"
            self.assertFalse(form.unit_id)
            form.partner_id = self.other_customer
            form.subject = "Question"
        self.assertEqual(form.record.partner_id, self.other_customer)

    def test_decision_is_shown_before_saving(self):
        request = self._make_request(
            unit_id=self.unit.id, user_id=self.technician.id, date_reported="2025-06-01 08:00:00"
        )
        Charge = self.env["aftersales.charge"].with_user(self.technician)
        with Form(Charge.with_context(default_request_id=request.id)) as form:
            form.product_id = self.compressor
            self.assertEqual(form.kind, "part")
            self.assertEqual(form.price_unit, 800)
            self.assertEqual(form.bearer, "partner")
            self.assertEqual(form.customer_amount, 0)
            self.assertIn("Kitano", form.explanation)
            form.quantity = 2
            self.assertEqual(form.covered_amount, 1600)
            form.override_bearer = "customer"
            form.override_reason = "Agreed on the phone"
            self.assertEqual(form.customer_amount, 1600)
            self.assertIn("Agreed on the phone", form.explanation)
        charge = form.record
        self.assertEqual(charge.customer_amount, 1600)
        self.assertEqual(charge.user_id, self.technician)

    def test_charges_are_entered_on_the_request(self):
        request = self._make_request(
            unit_id=self.unit.id, user_id=self.technician.id, date_reported="2025-06-01 08:00:00"
        )
        with Form(request.with_user(self.technician)) as form:
            for product in (self.compressor, self.labour, self.travel):
                with form.charge_ids.new() as line:
                    line.product_id = product
        self.assertEqual(request.charge_ids.sorted("id").mapped("customer_amount"), [0, 0, 50])

    def test_settlement_by_hand(self):
        charge = self._make_charge(self.labour)
        charge.action_confirm()
        with Form(self.env["aftersales.settlement"].with_user(self.settler)) as form:
            form.partner_id = self.customer
            with form.line_ids.new() as line:
                line.charge_id = charge
                self.assertEqual(line.amount_claimed, 150)
                self.assertEqual(line.amount_accepted, 150)
            self.assertEqual(form.amount_total, 172.5)
        settlement = form.record
        self.assertEqual(settlement.amount_total, 172.5)
        with Form(settlement.with_user(self.settler)) as form, form.line_ids.edit(0) as line:
            line.amount_accepted = 100
            line.difference_reason = "Agreed"
        self.assertEqual(settlement.amount_untaxed, 100)

    def test_policy_with_terms(self):
        with Form(self.env["aftersales.warranty.policy"].with_user(self.manager)) as form:
            form.name = "Ovens"
            with form.term_ids.new() as term:
                term.kind = "part"
                term.duration = 24
        self.assertEqual(form.record.term_ids.duration, 24)

    def test_onchange_of_a_batch_command(self):
        """A remote caller may make a request with its charges in one call."""
        request = (
            self.env["aftersales.request"]
            .with_user(self.agent)
            .create(
                {
                    "subject": "All at once",
                    "unit_id": self.unit.id,
                    "date_reported": "2025-06-01 08:00:00",
                    "charge_ids": [
                        Command.create({"product_id": self.compressor.id}),
                        Command.create({"product_id": self.travel.id}),
                    ],
                }
            )
        )
        self.assertEqual(request.charge_ids.sorted("id").mapped("bearer"), ["partner", "customer"])
