from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRequestFind(AftersalesCommon):
    """What the agent types while the customer speaks."""

    def _find(self, term, user=None, **kwargs):
        return self._call(
            user or self.agent, self.env["aftersales.request"], "find_for_box", term, **kwargs
        )

    def test_serial_finds_unit_and_customer(self):
        unit = self._make_unit("FIND-1")
        (found,) = self._find("find-1")
        self.assertEqual(found["kind"], "unit")
        self.assertEqual(found["vals"]["unit_id"]["id"], unit.id)
        self.assertEqual(found["vals"]["partner_id"]["id"], self.customer.id)
        self.assertIn("Lin Household", found["hint"])

    def test_phone_however_written_finds_his_units_and_him(self):
        units = self._make_unit("FIND-2") | self._make_unit("FIND-3")
        for number in ("13800000001", "+86 138-0000-0001", "0138 0000 0001"):
            with self.subTest(number):
                found = self._find(number)
                kinds = [data["kind"] for data in found]
                self.assertEqual(kinds, ["unit", "unit", "customer"])
                self.assertEqual(
                    {data["vals"]["unit_id"]["id"] for data in found[:2]}, set(units.ids)
                )
                self.assertEqual(found[2]["vals"]["partner_id"]["id"], self.customer.id)

    def test_name_finds_customer_without_units(self):
        (found,) = self._find("zhao trad")
        self.assertEqual(
            found["vals"],
            {"partner_id": {"id": self.other_customer.id, "display_name": "Zhao Trading"}},
        )

    def test_invoice_number_finds_its_customer(self):
        invoice = self.init_invoice("out_invoice", partner=self.customer, amounts=[100], post=True)
        (found,) = self._find(invoice.name.lower())
        self.assertEqual((found["kind"], found["label"]), ("document", invoice.name))
        self.assertEqual(found["vals"]["partner_id"]["id"], self.customer.id)
        bill = self.init_invoice("in_invoice", partner=self.maker, amounts=[100], post=True)
        self.assertFalse(self._find(bill.name))

    def test_nothing_of_another_company(self):
        unit = self._make_unit("FIND-4", partner_id=self.other_customer.id)
        unit.flush_recordset()
        self.other_customer.company_id = False
        stranger = self._new_user(
            "stranger_agent",
            "aftersales_base.group_aftersales_agent",
            company_id=self.other_company.id,
        )
        self.assertFalse(self._find("FIND-4", stranger))

    def test_unknown_and_too_short(self):
        self.assertEqual(self._find("NO-SUCH-SERIAL-9"), [])
        self.assertEqual(self._find("L"), [])
        self.assertEqual(self._find("  "), [])

    def test_limit(self):
        for number in range(12):
            self._make_unit(f"MANY-{number:02}")
        self.assertEqual(len(self._find("MANY")), 8)
        self.assertEqual(len(self._find("MANY", limit=3)), 3)

    def test_customers_cannot_ask(self):
        with self.assertRaises(AccessError):
            self._find("zhao", self.portal)

    def test_queries_do_not_grow_with_what_is_found(self):
        for number in range(8):
            self._make_unit(f"COUNT-{number}", partner_id=self.other_customer.id)
        self._make_unit("ALONE-1", partner_id=self.other_customer.id)
        box = self.env["aftersales.request"].with_user(self.agent)

        def count(term):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            box.find_for_box(term, limit=8)
            return self.cr.sql_log_count - before

        count("ALONE-1")
        self.assertLessEqual(count("COUNT-"), count("ALONE-1") + 2)
