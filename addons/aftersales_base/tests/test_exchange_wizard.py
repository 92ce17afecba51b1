from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon

TODAY = "2025-06-01"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestExchangeWizard(AftersalesCommon):
    """Exchange and refund as an agent does them.

    Promised on the old unit: parts until 2028-01-09, labour until 2026-01-09.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._make_unit("XW-OLD")
        cls.old.price_paid = 1000
        cls.request = cls._make_request(unit_id=cls.old.id)
        cls.lot = cls.env["stock.lot"].create({"name": "XW-NEW", "product_id": cls.ac.id})

    def _open(self, user=None, **values):
        Exchange = self.env["aftersales.unit.exchange"].with_user(user or self.agent)
        form = Form(Exchange.with_context(default_unit_id=self.old.id))
        for fname, value in {"reason": "Fails again", **values}.items():
            form[fname] = value
        return form

    def _exchange(self, **values):
        action = self._open(**values).save().action_exchange()
        return self.env["aftersales.unit"].browse(action["res_id"])

    # === PREVIEW === #

    def test_preview_is_what_comes(self):
        table = [
            ("restart", 0, date(2028, 5, 31), date(2026, 5, 31)),
            ("rest", 0, date(2028, 1, 9), date(2026, 1, 9)),
            ("rest_minimum", 365, date(2028, 1, 9), date(2026, 5, 31)),
        ]
        for number, (mode, minimum, part, labour) in enumerate(table):
            with self.subTest(mode):
                self.old = self._make_unit(f"XW-OLD-{number}")
                self.policy.write({"replacement_mode": mode, "replacement_minimum_days": minimum})
                form = self._open(source="serial", serial=f"XW-NEW-{number}")
                wizard = form.save()
                self.assertEqual(
                    {line.kind: line.date_end for line in wizard.line_ids},
                    {"part": part, "labour": labour},
                )
                self.assertFalse(self.old.replaced_by_ids, "nothing is done yet")
                action = wizard.action_exchange()
                new = self.env["aftersales.unit"].browse(action["res_id"])
                self.assertEqual(
                    {warranty.kind: warranty.date_end for warranty in new.warranty_ids},
                    {"part": part, "labour": labour},
                )

    def test_preview_follows_the_day(self):
        self.policy.replacement_mode = "rest"
        form = self._open(source="lot", lot_id=self.lot)
        self.assertEqual(len(form.line_ids), 2)
        form.date = date(2026, 3, 1)
        self.assertEqual([line["date_end"] for line in form.line_ids._records], [date(2028, 1, 9)])

    # === WHAT THE CUSTOMER GETS === #

    def test_serial_from_stock(self):
        new = self._exchange(source="lot", lot_id=self.lot, request_id=self.request)
        self.assertRecordValues(
            new,
            [
                {
                    "lot_id": self.lot.id,
                    "serial": "XW-NEW",
                    "partner_id": self.customer.id,
                    "date_start": date(2025, 6, 1),
                    "policy_id": self.policy.id,
                    "replaces_id": self.old.id,
                    "price_paid": 1000,
                    "state": "active",
                }
            ],
        )
        self.assertEqual(self.old.state, "replaced")
        self.assertEqual(self.old.replaced_by_ids, new)
        for record, other in ((self.old, new), (new, self.old)):
            body = record.message_ids[0].body
            self.assertIn("Fails again", body)
            self.assertIn(f'data-oe-id="{other.id}"', body)
        self.assertIn("XW-NEW", self.request.message_ids[0].body)

    def test_typed_serial(self):
        new = self._exchange(source="serial", serial=" XW-TYPED ")
        self.assertEqual((new.serial, new.lot_id.name), ("XW-TYPED", "XW-TYPED"))

    def test_unit_he_has_already(self):
        """Delivered before: what it was promised as a sale gives way to the exchange."""
        delivered = self._make_unit("XW-SENT", date_start=date(2025, 5, 30))
        self.policy.replacement_mode = "rest"
        new = self._exchange(source="unit", new_unit_id=delivered)
        self.assertEqual(new, delivered)
        self.assertEqual(set(new.warranty_ids.mapped("origin")), {"replacement"})

    def test_without_serial(self):
        fan = self._create_product(name="Fan", type="consu", is_storable=True)
        self.old = self._make_unit(False, product_id=fan.id, policy_id=self.policy.id, quantity=3)
        form = self._open()
        self.assertEqual(form.source, "bulk")
        new = self.env["aftersales.unit"].browse(form.save().action_exchange()["res_id"])
        self.assertEqual((new.quantity, new.product_id), (3, fan))

    def test_dealer_goes_along(self):
        dealer = self.env["res.partner"].create({"name": "Dealer", "aftersales_is_dealer": True})
        self.old.write({"dealer_id": dealer.id, "date_handover": "2025-02-01"})
        new = self._exchange(source="lot", lot_id=self.lot)
        self.assertEqual((new.dealer_id, new.date_handover), (dealer, date(2025, 2, 1)))
        self.assertFalse(new.is_at_dealer)

    def test_checked_proof_goes_along(self):
        self.old.warranty_ids.proof_required = True
        self.policy.proof_required = True
        self.old.proof_checked = True
        self.assertFalse(self._exchange(source="lot", lot_id=self.lot).proof_needed)

    # === REFUSED === #

    def test_refused(self):
        taken = self._make_unit("XW-TAKEN", partner_id=self.other_customer.id)
        Exchange = self.env["aftersales.unit.exchange"].with_user(self.agent)
        common = {"unit_id": self.old.id, "reason": "x"}
        table = [
            ({"source": "lot"}, "Say which one"),
            ({"source": "lot", "lot_id": self.lot.id, "reason": " "}, "Write why"),
            ({"source": "serial", "serial": " "}, "Say which one"),
            ({"source": "unit"}, "Choose the unit"),
            ({"source": "serial", "serial": "XW-TAKEN"}, "in use at Zhao Trading"),
            ({"source": "lot", "lot_id": taken.lot_id.id}, "in use at Zhao Trading"),
            ({"source": "unit", "new_unit_id": taken.id}, "given to somebody else"),
            ({"source": "unit", "new_unit_id": self.old.id}, "for itself"),
            (
                {"source": "lot", "lot_id": self.lot.id, "date": date(2025, 1, 9)},
                "cannot be exchanged before",
            ),
        ]
        for vals, message in table:
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                Exchange.create({**common, **vals}).action_exchange()
        self.assertEqual((self.old.state, taken.partner_id), ("active", self.other_customer))

    def test_repair_only_says_so_before(self):
        self.policy.repair_only = True
        form = self._open(source="lot", lot_id=self.lot)
        self.assertTrue(form.repair_only)
        self.assertFalse(form.line_ids._records)
        with self.assertRaisesRegex(UserError, "repaired, not exchanged"):
            form.save().action_exchange()

    def test_who_may_not(self):
        theirs = self._new_user(
            "theirs", "aftersales_base.group_aftersales_agent", company_id=self.other_company.id
        )
        for user in (self.technician, self.settler, theirs):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._open(user=user, source="lot", lot_id=self.lot).save().action_exchange()
        with self.assertRaises(AccessError):
            self.old.with_user(self.technician)._replace_by(self._make_unit("XW-2"), date.today())

    def test_button_of_a_request(self):
        Exchange = self.env["aftersales.unit.exchange"].with_user(self.agent)
        context = {"default_unit_id": self.old.id, "default_request_id": self.request.id}
        form = Form(Exchange.with_context(**context))
        self.assertEqual((form.unit_id, form.request_id), (self.old, self.request))

    # === REFUND === #

    def _refund(self, user=None, **values):
        Refund = self.env["aftersales.unit.refund"].with_user(user or self.agent)
        form = Form(Refund.with_context(default_unit_id=self.old.id))
        form.reason = "The exchanged unit fails as well"
        for fname, value in values.items():
            form[fname] = value
        return form

    def test_refund_shows_and_does_the_same(self):
        self.policy.depreciation_percent = 15
        form = self._refund(request_id=self.request)
        self.assertEqual(
            (form.started_years, form.amount_depreciation, form.amount), (1, -150, 850)
        )
        form.date = date(2026, 1, 10)
        self.assertEqual((form.started_years, form.amount), (2, 700))
        form.date = date(2025, 6, 1)
        action = form.save().action_refund()
        charge = self.env["aftersales.charge"].browse(action["res_id"])
        self.assertRecordValues(
            charge,
            [
                {
                    "kind": "compensation",
                    "state": "draft",
                    "partner_id": self.customer.id,
                    "unit_id": self.old.id,
                    "request_id": self.request.id,
                    "bearer": "customer",
                }
            ],
        )
        self.assertEqual(self.old.state, "returned")
        self.assertEqual(set(self.old.warranty_ids.mapped("date_closed")), {date(2025, 6, 1)})
        self.assertIn("850", self.old.message_ids[0].body)
        settlement = self._make_settlement(charge)
        self.assertEqual(settlement.amount_total, -850, "taxes included, as it was paid")

    def test_refund_of_the_lower_price_and_of_many(self):
        self.policy.refund_price_basis = "lower"
        self.old.product_id.list_price = 800
        self.old.quantity = 2
        form = self._refund()
        self.assertEqual((form.price_current, form.amount), (800, 1600))
        charge = self.env["aftersales.charge"].browse(form.save().action_refund()["res_id"])
        self.assertEqual(charge.quantity, 2)
        self.assertEqual(self._make_settlement(charge).amount_total, -1600)

    def test_refund_refused(self):
        def refund():
            self._refund().save().action_refund()

        self.old.price_paid = 0
        with self.assertRaisesRegex(UserError, "not known"):
            refund()
        self.old.price_paid = 1000
        self.policy.depreciation_percent = 100
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            refund()
        self.policy.write({"depreciation_percent": 0, "repair_only": True})
        with self.assertRaisesRegex(UserError, "repaired, not refunded"):
            refund()
        self.policy.repair_only = False
        self.old._close("returned", date(2025, 5, 1))
        with self.assertRaisesRegex(UserError, "not in use"):
            refund()

    def test_who_may_not_refund(self):
        for user in (self.technician, self.settler):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._refund(user=user)
        with self.assertRaises(AccessError):
            self.old.with_user(self.technician)._refund(date(2025, 6, 1))

    def test_refund_instead(self):
        """Nothing else has to be filled in before one thinks better of it."""
        Exchange = self.env["aftersales.unit.exchange"].with_user(self.agent)
        form = Form(Exchange.with_context(default_unit_id=self.old.id))
        action = form.save().action_refund()
        self.assertEqual(action["context"]["default_unit_id"], self.old.id)
