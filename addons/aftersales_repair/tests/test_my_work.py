import base64
import io
from datetime import datetime

from PIL import Image

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .phone import PhonePage
from .test_visit import VisitCommon


def make_picture(kind="JPEG", size=(40, 30)):
    """Return a picture as a phone takes it."""
    data = io.BytesIO()
    Image.new("RGB", size, "navy").save(data, kind)
    return data.getvalue()


class MyWorkCommon(VisitCommon):
    """A technician at the customer's, with a van, whose order asks for two checks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.van = cls.env["stock.location"].create(
            {
                "name": "Van 7",
                "usage": "internal",
                "location_id": cls.stock_location.id,
                "company_id": cls.company.id,
            }
        )
        cls.member.stock_location_id = cls.van
        cls._put_in_stock(cls.filter_part, 3, location=cls.van)
        cls.env["aftersales.checklist"].create(
            {
                "name": "Air conditioners",
                "item_ids": [
                    Command.create({"name": "No leak"}),
                    Command.create(
                        {
                            "name": "Pressure",
                            "kind": "measure",
                            "unit_name": "bar",
                            "value_min": 1,
                            "value_max": 2,
                        }
                    ),
                ],
            }
        )
        cls.visit = cls._make_visit(planned_from=datetime.now().replace(microsecond=0))
        cls.mine = cls.visit.with_user(cls.technician)

    def _arrive(self):
        self.mine.action_arrive()
        self.look, self.pressure = self.order.check_ids.sorted("sequence")

    def _quant(self, product, location=None):
        return self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "=", (location or self.van).id),
            ]
        )


@tagged("post_install", "-at_install")
class TestMyWork(MyWorkCommon):
    """What is noted at the customer's, with the technician's own rights alone."""

    # === BEFORE HE IS THERE === #

    def test_nothing_is_noted_before_he_is_there(self):
        quant = self._quant(self.filter_part)
        for action in (
            lambda: self.mine._start_work(),
            lambda: self.mine._end_work(),
            lambda: self.mine._note_checks({}),
            lambda: self.mine._use_part(quant.id, 1),
            lambda: self.mine._add_photos([make_picture()]),
            lambda: self.mine._note_payment(10, "cash"),
        ):
            with self.assertRaisesRegex(UserError, "Tap Arrived first"):
                action()

    def test_nothing_on_visits_of_others(self):
        self._arrive()
        other = self.visit.with_user(self.other_technician)
        for action in (
            lambda: other._start_work(),
            lambda: other._note_checks({self.look.id: {"result": "passed"}}),
            lambda: other._add_photos([make_picture()]),
            lambda: other._note_payment(10, "cash"),
        ):
            with self.assertRaises(AccessError):
                action()

    # === CHECKS === #

    def test_checks_are_there_when_he_arrives(self):
        self._arrive()
        self.assertEqual(self.order.check_ids.mapped("name"), ["No leak", "Pressure"])
        self.assertEqual(self.order.check_status, "open")
        self.visit.action_put_back()
        self.mine.action_arrive()
        self.assertEqual(len(self.order.check_ids), 2)

    def test_checks_are_noted(self):
        self._arrive()
        for text, result in (("1,5", "passed"), ("2.4", "failed"), ("1", "passed")):
            self.mine._note_checks(
                {
                    self.look.id: {"result": "passed", "note": "dry"},
                    self.pressure.id: {"value": text, "note": ""},
                }
            )
            self.assertEqual((self.look.result, self.look.note), ("passed", "dry"))
            self.assertEqual(self.pressure.result, result)
        self.assertEqual(self.pressure.value, 1)
        self.assertEqual(self.pressure.user_id, self.technician)
        self.mine._note_checks({self.pressure.id: {"value": "", "result": "skipped"}})
        self.assertEqual(self.pressure.result, "skipped")
        self.mine._note_checks({self.pressure.id: {"value": "9"}})
        self.assertEqual(self.pressure.result, "failed")
        self.mine._note_checks({self.pressure.id: {"value": ""}})
        self.assertFalse(self.pressure.result)

    def test_nothing_measured_is_not_zero(self):
        self._arrive()
        self.mine._note_checks({self.pressure.id: {"value": "0"}})
        self.assertEqual(self.pressure.result, "failed")

    def test_what_is_no_number_is_said(self):
        self._arrive()
        for text in ("much", "nan", "inf", "1.2.3"):
            with self.assertRaisesRegex(UserError, "Pressure.*is no number"):
                self.mine._note_checks({self.pressure.id: {"value": text}})

    def test_checks_of_other_orders_stay(self):
        self._arrive()
        other = self._make_order()
        other.action_make_checks()
        self.mine._note_checks({check.id: {"result": "passed"} for check in other.check_ids})
        self.assertFalse(any(other.check_ids.mapped("result")))
        self.assertFalse(any(self.order.check_ids.mapped("result")))

    def test_unknown_result_is_none(self):
        self._arrive()
        self.mine._note_checks({self.look.id: {"result": "perfect"}})
        self.assertFalse(self.look.result)

    # === PARTS === #

    def test_own_stock(self):
        self.assertEqual(self.mine._get_own_location(), self.van)
        self.assertEqual(self.mine._get_own_stock(), self._quant(self.filter_part))
        self.member.stock_location_id = False
        self.assertEqual(self.mine._get_own_location(), self.order.location_id)
        self.assertIn(self._quant(self.compressor, self.stock_location), self.mine._get_own_stock())

    def test_van_of_the_team_comes_first(self):
        other_van = self.van.copy({"name": "Van 8"})
        self.env["aftersales.team.member"].create(
            {
                "team_id": self.team_b.id,
                "user_id": self.technician.id,
                "stock_location_id": other_van.id,
            }
        )
        self.assertEqual(self.mine._get_own_location(), self.van)
        self.order.team_id = self.team_b
        self.assertEqual(self.mine._get_own_location(), other_van)

    def test_van_of_another_company(self):
        """The member of a team works from stock of its company; a team of all from any."""
        foreign = self.env["stock.warehouse"].search(
            [("company_id", "=", self.other_company.id)], limit=1
        )
        foreign = foreign or self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.other_company.id}
        )
        van = foreign.lot_stock_id.copy({"name": "Van 9"})
        with self.assertRaisesRegex(ValidationError, "belongs to Second Company"):
            self.member.stock_location_id = van
        shared = self.env["aftersales.team"].create({"name": "Everywhere", "company_id": False})
        member = self.env["aftersales.team.member"].create(
            {
                "team_id": shared.id,
                "user_id": self.technician.id,
                "stock_location_id": van.id,
            }
        )
        self.assertEqual(member.stock_location_id, van)
        with self.assertRaises(ValidationError):
            member.team_id = self.team_b

    def test_part_is_used_and_charged(self):
        self._arrive()
        self.mine._use_part(self._quant(self.filter_part).id, 2)
        self.assertEqual(self.order.state, "under_repair")
        move = self.order.move_ids.filtered(lambda move: move.product_id == self.filter_part)
        self.assertEqual((move.location_id, move.quantity), (self.van, 2))
        self.assertEqual(self._part_charge(self.order, self.filter_part).quantity, 2)
        self.assertEqual(self._quant(self.filter_part).available_quantity, 1)
        with self.assertRaisesRegex(UserError, "You have 1 of"):
            self.mine._use_part(self._quant(self.filter_part).id, 2)
        self.mine._note_checks(
            {self.look.id: {"result": "passed"}, self.pressure.id: {"value": "1"}}
        )
        self.mine._end_work()
        self.assertEqual(self.order.state, "done")
        self.assertEqual(move.state, "done")
        self.assertEqual(self._quant(self.filter_part).quantity, 1)
        charge = self._part_charge(self.order, self.filter_part)
        self.assertEqual((charge.state, charge.amount), ("confirmed", 120))
        # The planned compressor was there and is used, too.
        self.assertEqual(self._part_charge(self.order).state, "confirmed")

    def test_part_is_used_beside_parts_that_were_picked(self):
        self._arrive()
        self.mine._start_work()
        self.order.move_ids.quantity = 1
        self.order.move_ids.picked = True
        self.mine._use_part(self._quant(self.filter_part).id, 1)
        self.assertEqual(self.order.move_ids.mapped("picked"), [True, True])

    def test_part_that_was_not_used(self):
        """It goes back: nothing leaves the stock, nobody pays, and the store is told."""
        self._arrive()
        move = self.order.move_ids
        before = self._quant(self.compressor, self.stock_location).quantity
        self.mine._note_used({move.id: 0.0})
        self.assertEqual(self.order.state, "under_repair", "the work started with it")
        self.assertEqual(move.state, "cancel")
        self.assertEqual(self.mine._get_unused_parts(), move)
        self.assertIn("1 × Compressor", "".join(self.order.message_ids.mapped("body")))
        self._pass_checks()
        self.mine._end_work()
        self.assertEqual(self._quant(self.compressor, self.stock_location).quantity, before)
        self.assertEqual(self._part_charge(self.order).state, "cancelled")

    def test_fewer_than_planned(self):
        self.order.move_ids.product_uom_qty = 3
        self._arrive()
        move = self.order.move_ids
        self.mine._note_used({move.id: 2.0})
        self.mine._note_used({move.id: 2.0})
        self.assertEqual((move.quantity, move.picked), (2, True))
        self._pass_checks()
        self.mine._end_work()
        self.assertEqual((move.state, move.quantity), ("done", 2))
        self.assertEqual(self._part_charge(self.order).quantity, 2)

    def test_quantities_that_cannot_be(self):
        self._arrive()
        move = self.order.move_ids
        for quantity in (-1.0, 2.0):
            with self.assertRaisesRegex(UserError, "were planned"):
                self.mine._note_used({move.id: quantity})
        other = self._make_order().move_ids
        self.mine._note_used({other.id: 0.0})
        self.assertNotEqual(other.state, "cancel", "parts of other orders are passed over")

    def _pass_checks(self):
        self.mine._note_checks(
            {self.look.id: {"result": "passed"}, self.pressure.id: {"value": "1"}}
        )

    def test_serial_of_a_part(self):
        board = self._create_product(
            name="Board", type="consu", is_storable=True, tracking="serial", lst_price=200
        )
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": board.id} for name in ("B1", "B2")]
        )
        for lot in lots:
            self._put_in_stock(board, 1, lot=lot, location=self.van)
        self._arrive()
        second = self.mine._get_own_stock().filtered(lambda quant: quant.lot_id == lots[1])
        self.mine._use_part(second.id, 1)
        move = self.order.move_ids.filtered(lambda move: move.product_id == board)
        self.assertEqual(move.lot_ids, lots[1])
        self.assertNotIn(lots[1], self.mine._get_own_stock().lot_id)

    def test_parts_that_are_not_his(self):
        self._arrive()
        elsewhere = self._quant(self.compressor, self.stock_location)
        for number in (elsewhere.id, 0, -1, 2**31 - 1):
            with self.assertRaisesRegex(UserError, "not in your stock"):
                self.mine._use_part(number, 1)
        quant = self._quant(self.filter_part)
        for quantity in (0, -1):
            with self.assertRaisesRegex(UserError, "more than 0"):
                self.mine._use_part(quant.id, quantity)
        self.assertEqual(len(self.order.move_ids), 1)
        self.assertEqual(self.order.state, "draft")

    def test_no_part_after_the_work(self):
        self._arrive()
        self.order.check_ids.result = "skipped"
        self.mine._end_work()
        self.mine._end_work()
        with self.assertRaisesRegex(UserError, "is closed"):
            self.mine._use_part(self._quant(self.filter_part).id, 1)

    # === WORK === #

    def test_work_does_not_end_unchecked(self):
        self._arrive()
        self.mine._start_work()
        self.mine._start_work()
        with self.assertRaisesRegex(UserError, "not checked"):
            self.mine._end_work()

    def test_history(self):
        self.assertEqual(self.mine._get_unit_history(), [])
        earlier = self._make_order(parts=[], technician_id=self.other_technician.id)
        earlier.cause_id, earlier.remedy_id = self.cause_wear, self.remedy
        self._make_order(parts=[]).action_repair_cancel()
        trip = self._make_visit(repair_id=earlier.id, user_id=self.other_technician.id)
        trip.action_arrive()
        trip.action_finish(result="solved", result_note="New capacitor", delay_reason="Rust")
        (found,) = self.mine._get_unit_history()
        self.assertEqual(
            {key: found[key] for key in ("name", "symptom", "what", "text")},
            {
                "name": earlier.name,
                "symptom": "No cold air",
                "what": "Worn out, Part replaced",
                "text": "New capacitor",
            },
        )

    # === PHOTOS === #

    def test_photos(self):
        self._arrive()
        small, large = make_picture("PNG"), make_picture(size=(4000, 3000))
        photos = self.mine._add_photos([small, large])
        self.assertEqual(photos.mapped("mimetype"), ["image/png", "image/jpeg"])
        self.assertEqual(photos.mapped("res_model"), ["repair.order"] * 2)
        self.assertEqual(photos.mapped("res_id"), self.order.ids * 2)
        self.assertEqual(Image.open(io.BytesIO(photos[1].raw)).size, (1920, 1440))
        self.assertEqual(self.mine._get_photos(), photos.sorted("id", reverse=True))

    def test_what_is_no_photo(self):
        self._arrive()
        for picture in (
            b"%PDF-1.4",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a",
            b"",
            b"RIFF....WEBP",
            b"\xff\xd8\xff no picture",
            make_picture() + b"0" * 15_000_000,
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.mine._add_photos([picture])
        with self.assertRaisesRegex(UserError, "No photo"):
            self.mine._add_photos([])
        with self.assertRaisesRegex(UserError, "takes 40"):
            self.mine._add_photos([make_picture()] * 41)
        self.assertFalse(self.mine._get_photos())

    # === PAYMENT === #

    def test_payment_is_noted_for_accounting(self):
        self._arrive()
        self.mine._note_payment(120.456, "cash", " R-17 ")
        self.assertEqual(
            (self.visit.payment_amount, self.visit.payment_method, self.visit.payment_reference),
            (120.46, "cash", "R-17"),
        )
        self.assertEqual(self.visit.payment_user_id, self.technician)
        note = self.order.with_user(self.technician).visit_payment_note
        for text in ("120.46", "Cash", "R-17", self.technician.name, self.visit.name):
            self.assertIn(text, note)
        self.assertFalse(self.env["account.move"].search([("partner_id", "=", self.customer.id)]))
        self.mine._note_payment(0, "")
        self.assertFalse(self.visit.payment_method or self.order.visit_payment_note)

    def test_payment_is_shown_on_the_settlement(self):
        self.order.charge_ids = [Command.create({"product_id": self.travel.id})]
        self._arrive()
        self.mine._note_payment(50, "mobile", "T-1")
        self.order.check_ids.result = "skipped"
        self.mine._end_work()
        self.order.action_settle()
        settlements = self.order.charge_ids.settlement_line_ids.settlement_id
        own = settlements.filtered(lambda settlement: settlement.kind == "customer")
        claim = settlements - own
        self.assertIn("T-1", own.with_user(self.settler).visit_payment_note)
        self.assertIn(self.order.name, own.visit_payment_note)
        self.assertTrue(claim)
        self.assertFalse(any(claim.mapped("visit_payment_note")))
        self.mine._note_payment(55, "mobile", "T-1")
        own.action_confirm()
        with self.assertRaisesRegex(UserError, "settled already"):
            self.mine._note_payment(60, "cash")

    def test_payment_that_is_none(self):
        self._arrive()
        for amount, method in ((-1, "cash"), (float("nan"), "cash"), (5, ""), (5, "gold")):
            with self.assertRaisesRegex(UserError, "needs an amount"):
                self.mine._note_payment(amount, method)

    def test_payment_is_not_written_by_hand(self):
        self._arrive()
        for vals in (
            {"payment_amount": 5},
            {"payment_method": "cash"},
            {"payment_reference": "x"},
            {"payment_user_id": self.env.uid},
            {"payment_date": datetime.now()},
        ):
            for user in (self.technician, self.manager):
                self.assertFalse(self._passes(self.visit.with_user(user).write, vals), vals)


@tagged("post_install", "-at_install")
class TestMyWorkPage(MyWorkCommon, PhonePage):
    """The same by the page of a visit."""

    def setUp(self):
        super().setUp()
        self._arrive()

    def _get_phone_path(self, record=None):
        return f"/my-visits/{(record or self.visit).id}"

    def test_page_shows_what_is_to_do(self):
        page = self._page()
        for text in ("No leak", "From 1 to 2 bar", "Filter", "(3)", "Start the Work", "Photos"):
            self.assertIn(text, page)

    def test_work_by_the_page(self):
        for key in ("one", "one", "two"):
            self._post("part", key=key, quant=self._quant(self.filter_part).id, quantity="1")
        used = self.order.move_ids.filtered(lambda move: move.product_id == self.filter_part)
        self.assertEqual(used.mapped("quantity"), [1, 1])
        self._post(
            "checks",
            **{
                f"check_{self.look.id}_result": "passed",
                f"check_{self.pressure.id}_value": "3",
                f"check_{self.pressure.id}_note": "too <high>",
                "check_x_value": "1",
                f"check_{self.pressure.id}_user_id": "1",
            },
        )
        self.assertEqual(self.order.check_ids.mapped("result"), ["passed", "failed"])
        page = self._page()
        self.assertIn("too &lt;high&gt;", page)
        self.assertIn("is-invalid", page)
        self._post("finish", result="solved")
        self.assertIn("Pressure (Failed)", self._post("end").text)
        self._post("checks", **{f"check_{self.pressure.id}_value": "1,2"})
        self._post("end")
        self.assertEqual(self.order.state, "done")
        self._post("payment", amount="50,00", method="card", reference="7")
        self.assertEqual(self.visit.payment_amount, 50)
        self.assertIn("needs an amount", self._post("payment", amount="x", method="card").text)
        self.assertIn("50.00", self._page())

    def test_photos_by_the_page(self):
        files = [
            ("photos", ("a.jpg", make_picture(), "image/jpeg")),
            ("photos", ("b.png", make_picture("PNG"), "image/png")),
        ]
        for _time in range(2):
            self._post("photo", key="one", files=files)
        photos = self.mine._get_photos()
        self.assertEqual(len(photos), 2)
        self.assertIn(f"/web/image/{photos[0].id}/110x110", self._page())
        self.assertEqual(
            self.url_open(f"/web/image/{photos[0].id}/110x110?crop=1").status_code, 200
        )
        bad = [("photos", ("a.jpg", b"<script>", "image/jpeg"))]
        self.assertIn("no JPEG", self._post("photo", files=bad).text)
        self.assertIn("No photo", self._post("photo").text)

    def test_what_is_typed_into_the_address(self):
        quant = self._quant(self.filter_part)
        for data in (
            {"quant": "1 OR 1=1", "quantity": "1"},
            {"quant": quant.id, "quantity": "-1"},
            {"quant": quant.id, "quantity": "nan"},
            {"quant": quant.id, "quantity": ""},
            {"quant": "9" * 30, "quantity": "1"},
        ):
            self.assertIn("alert-danger", self._post("part", **data).text)
        self.assertEqual(len(self.order.move_ids), 1)
        foreign = self._make_visit(user_id=self.other_technician.id)
        foreign.action_arrive()
        for step in ("work", "end", "checks", "part", "photo", "payment", "unlink", "write"):
            response = self._post(step, foreign, amount="5", method="cash")
            self.assertURLEqual(response.headers["Location"], "/my-visits")
        self.assertEqual((foreign.payment_amount, self.order.state), (0, "draft"))

    def test_photo_of_others_is_not_shown(self):
        photo = self.mine._add_photos([make_picture()])
        self.other_technician.password = self.other_technician.login
        self.authenticate(self.other_technician.login, self.other_technician.login)
        answer = self.url_open(f"/web/image/{photo.id}")
        self.assertNotEqual(answer.content, base64.b64decode(photo.datas))
