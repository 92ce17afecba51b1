from datetime import date

from freezegun import freeze_time
from lxml import html

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

CERTIFICATE = "aftersales_base.report_aftersales_unit_certificate"
LABEL = "aftersales_base.report_aftersales_unit_label"


@tagged("post_install", "-at_install")
@freeze_time("2025-06-10 08:00:00")
class TestUnitDocuments(AftersalesCommon):
    """The certificate and the labels, as an agent prints them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ac.name = "空调 35 <静音>"
        cls.policy.note = "<p>Filters are not covered.</p>"
        cls.unit = cls._make_unit("AC-0001", note="<p>Pays late</p>", price_paid=2999)

    def _render(self, report, units):
        content, __ = (
            self.env["ir.actions.report"].with_user(self.agent)._render_qweb_html(report, units.ids)
        )
        return content.decode()

    def _text(self, report, units):
        tree = html.fromstring(self._render(report, units))
        return " ".join(tree.find(".//main").text_content().split())

    def test_certificate_says_what_is_promised(self):
        text = self._text(CERTIFICATE, self.unit)
        for part in (
            "AC-0001",
            "空调 35 <静音>",
            "Lin Household",
            "Parts From 01/10/2025 until 01/09/2028, both days included",
            "Labour From 01/10/2025 until 01/09/2026, both days included",
            "You pay nothing",
            "Filters are not covered.",
        ):
            self.assertIn(part, text)

    def test_certificate_tells_nothing_internal(self):
        text = self._render(CERTIFICATE, self.unit)
        for secret in ("Kitano", "Pays late", "2999", "2,999"):
            self.assertNotIn(secret, text)

    def test_certificate_of_promises_with_limits(self):
        self.policy.term_ids = [
            Command.clear(),
            Command.create(
                {
                    "kind": "part",
                    "component_category_id": self.category_compressor.id,
                    "duration_unit": "lifetime",
                    "percent": 62.5,
                    "usage_limit": 5000,
                    "usage_unit": "hour",
                }
            ),
        ]
        self.policy.write({"start_basis": "installation", "proof_required": True})
        unit = self._make_unit("AC-0002")
        text = self._text(CERTIFICATE, unit)
        self.assertIn("Parts: Compressors", text)
        self.assertIn("Up to 5,000 hours, if that comes first", text)
        self.assertIn("With the proof of purchase", text)
        self.assertIn("For its lifetime, starting with: Installation or Acceptance", text)
        self.assertIn("Covered until then as well", text)
        self.assertIn("We cover 62.5 %, you pay 37.5 %", text)
        unit.date_installed = date(2025, 2, 1)
        text = self._text(CERTIFICATE, unit)
        self.assertIn("From 02/01/2025, for its lifetime", text)

    def test_certificate_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.customer.lang = "zh_CN"
        self.policy.with_context(lang="zh_CN").note = "<p>滤网不保修。</p>"
        self.assertIn("滤网不保修。", self._text(CERTIFICATE, self.unit))

    def test_certificate_without_warranty_or_out_of_use(self):
        plain = self._make_unit("F1", product_id=self.filter_part.id)
        self.assertIn("No warranty was given", self._text(CERTIFICATE, plain))
        self.unit.warranty_ids._close(date(2025, 3, 1), "void", "He opened the case")
        text = self._text(CERTIFICATE, self.unit)
        self.assertIn("No warranty was given", text)
        self.assertNotIn("He opened", text)
        self.unit._close("returned", date(2025, 6, 1))
        self.assertIn("no longer in use", self._text(CERTIFICATE, self.unit))

    def test_many_certificates(self):
        units = self.unit | self._make_unit("AC-0002")
        text = self._render(CERTIFICATE, units)
        self.assertIn("AC-0001", text)
        self.assertIn("AC-0002", text)
        self.assertEqual(text.count("image/png;base64") >= 2, True)

    def test_labels(self):
        """Three in a row, 21 on a page; the QR code names the unit and opens nothing."""
        units = self.unit | self.env["aftersales.unit"].union(
            *[self._make_unit(f"L-{number}") for number in range(22)]
        )
        tree = html.fromstring(self._render(LABEL, units))
        sheets = tree.findall(".//table[@class='o_aftersales_labels']")
        self.assertEqual([len(sheet.findall("tr")) for sheet in sheets], [7, 1])
        text = tree.text_content()
        for unit in units:
            self.assertIn(unit.serial, text)
        self.assertIn("空调 35 <静音>", text)
        self.assertEqual(len(tree.findall(".//img[@alt]")), 23)
        self.assertTrue(self.unit._get_label_url().endswith(f"/aftersales/unit/{self.unit.name}"))
        self.assertNotIn("access_token", self.unit._get_label_url())
        self.unit.name = "老/号 1"
        self.assertTrue(self.unit._get_label_url().endswith("/%E8%80%81%2F%E5%8F%B7%201"))

    def test_who_prints(self):
        report = self.env["ir.actions.report"].with_user(self.portal)
        with self.assertRaises(AccessError):
            report._render_qweb_html(
                CERTIFICATE, self._make_unit("X", partner_id=self.other_customer.id).ids
            )
