from lxml import html

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import AftersalesCommon

ASKED = {
    "company_name": "Lin & Sons Trading Ltd.",
    "vat": "91310000MA1FL0X00A",
    "street": "8 Harbour Road",
    "zip": "200120",
    "city": "Shanghai",
    "phone": "021 5555 0101",
    "bank_name": "Harbour Bank",
    "bank_account": "6222 0001 2345",
    "note": "By Friday if you can",
}


@tagged("post_install", "-at_install")
class TestInvoiceBuyer(AftersalesCommon):
    """The invoice is made out to the company the payer named and finance accepted (SA12)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")
        cls.customer.write({"street": "1 Old Lane", "city": "Suzhou"})

    def _settle(self):
        settlement = self._make_settlement(self._make_charge(self.travel))
        settlement.action_confirm()
        return settlement

    def _invoice(self, settlement):
        settlement.action_create_invoice()
        settlement.move_id.action_post()
        return settlement.move_id

    def _ask(self, settlement, **vals):
        return self.env["aftersales.invoice.request"].create(
            {"settlement_id": settlement.id, **ASKED, **vals}
        )

    def _print(self, move, user=None):
        """Return ``(text of the address, text of the page)`` of the printed invoice."""
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        content = report._render_qweb_html("account.report_invoice_with_payments", move.ids)[0]
        page = html.fromstring(content)
        [address] = page.xpath("//div[@name='address']")
        return tuple(" ".join(" ".join(part.itertext()).split()) for part in (address, page))

    def test_printed_as_accepted(self):
        """Accepted before or after it was posted: name, tax number, address, phone and bank."""
        for first in ("accept", "invoice"):
            with self.subTest(first):
                settlement = self._settle()
                asked = self._ask(settlement)
                if first == "invoice":
                    move = self._invoice(settlement)
                    self.assertIn("1 Old Lane", self._print(move)[0])
                asked.with_user(self.settler).action_accept()
                move = settlement.move_id or self._invoice(settlement)
                address, page = self._print(move)
                self.assertEqual(
                    address,
                    "Lin & Sons Trading Ltd. 8 Harbour Road 200120 Shanghai "
                    "Tax ID: 91310000MA1FL0X00A Phone: 021 5555 0101 "
                    "Account: Harbour Bank, 6222 0001 2345",
                )
                self.assertNotIn("1 Old Lane", page)
                self.assertNotIn("By Friday", page)
                self.assertFalse(self.customer.vat, "the customer on record stays")
                self.assertIn("91310000MA1FL0X00A", move.aftersales_buyer)

    def test_not_printed_unless_accepted(self):
        settlement = self._settle()
        asked = self._ask(settlement)
        move = self._invoice(settlement)
        asked.refusal_reason = "No such tax number"
        asked.action_refuse()
        self.assertIn("1 Old Lane", self._print(move)[0])
        self.assertFalse(move.aftersales_buyer)
        self.assertIn("1 Old Lane", self._print(self._invoice(self._settle()))[0])

    def test_accepted_stays_with_its_settlement(self):
        """It cannot be moved to the invoice of somebody else; taken back, the invoice says so."""
        asked = self._ask(self._settle())
        move = self._invoice(asked.settlement_id)
        asked = asked.with_user(self.settler)
        asked.action_accept()
        with self.assertRaisesRegex(UserError, "is answered and stays"):
            asked.settlement_id = self._settle()
        asked.state = "asked"
        self.assertIn("No longer made out to Lin", str(move.message_ids[0].body))
        self.assertIn("1 Old Lane", self._print(move)[0])

    def test_what_was_accepted_last_holds(self):
        settlement = self._settle()
        self._ask(settlement).action_accept()
        self._ask(settlement, company_name="Lin Holding", bank_account=False).action_accept()
        address = self._print(self._invoice(settlement))[0]
        self.assertTrue(address.startswith("Lin Holding 8 Harbour Road"))
        self.assertTrue(address.endswith("Account: Harbour Bank"))

    def test_credit_note_and_new_invoice_are_made_out_alike(self):
        settlement = self._settle()
        self._ask(settlement).action_accept()
        move = self._invoice(settlement)
        self._credit_and_replace(move)
        for other in (move, move.reversal_move_ids, settlement.move_id):
            self.assertIn("Lin & Sons Trading Ltd.", self._print(other)[0])
        self.assertNotEqual(settlement.move_id, move)

    def test_an_invoice_made_before_says_so(self):
        settlement = self._settle()
        move = self._invoice(settlement)
        self._ask(settlement).with_user(self.settler).action_accept()
        self.assertIn("Made out to Lin", move.message_ids[:1].body)
        other = self._settle()
        move = self._invoice(other)
        self.env["ir.attachment"].create(
            {
                "name": "Invoice.pdf",
                "res_model": "account.move",
                "res_field": "invoice_pdf_report_file",
                "res_id": move.id,
                "raw": b"%PDF",
            }
        )
        move.invalidate_recordset(["invoice_pdf_report_id"])
        self._ask(other).with_user(self.settler).action_accept()
        self.assertIn("delete it among the attachments", move.message_ids[:1].body)

    def test_who_keeps_the_books_prints_it(self):
        """No after-sales role is needed to print what is accepted."""
        keeper = self._new_user("keeper", "account.group_account_invoice")
        settlement = self._settle()
        self._ask(settlement).action_accept()
        self.assertIn("Lin & Sons", self._print(self._invoice(settlement), keeper)[0])
