from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

BOOKED = ("balance", "amount_currency", "price_subtotal", "price_total", "tax_tag_ids")


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15 10:00:00")
class TestPostingBooked(AftersalesCommon):
    """Amounts are given to the invoice with its lines: those Odoo would have worked out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tags = cls.env["account.account.tag"].create(
            [
                {"name": name, "applicability": "taxes", "country_id": cls.company.country_id.id}
                for name in ("Sold", "Credited")
            ]
        )
        cls.tax_sale_a.invoice_repartition_line_ids[0].tag_ids = cls.tags[0]
        cls.tax_sale_a.refund_repartition_line_ids[0].tag_ids = cls.tags[1]

    @classmethod
    def _make_tax(cls, name, amount, **vals):
        return cls.env["account.tax"].create(
            {"name": name, "amount": amount, "type_tax_use": "sale", **vals}
        )

    def _settle(self, taxes, prices, **vals):
        """Settle one trip for each price, taxed so."""
        self.travel.taxes_id = [Command.set(taxes.ids)]
        charges = self.env["aftersales.charge"]
        for price in prices:
            charges |= self._make_charge(self.travel, price_unit=price, **vals)
        settlement = self._make_settlement(charges)
        settlement.action_confirm()
        return settlement

    def _make_plain_move(self, settlement):
        """Make the same invoice, leaving all amounts to Odoo."""
        vals = settlement._prepare_move_vals()
        sign = -1 if vals["move_type"] == "out_refund" else 1
        lines = [line._prepare_move_line_vals(sign=sign) for line in settlement.line_ids]
        vals["invoice_line_ids"] = [Command.create(line) for line in lines]
        return self.env["account.move"].create(vals)

    def _list_items(self, move):
        return [
            (line.account_id, line.display_type, *(line[fname] for fname in BOOKED))
            for line in move.line_ids.sorted(lambda line: (line.display_type, line.id))
        ]

    def _get_rewritten(self, settlement):
        """Make the invoice and return the lines of services Odoo wrote once more."""
        model = self.env.registry["account.move.line"]
        rewritten = self.env["account.move.line"]
        write = model.write

        def note(lines, vals):
            nonlocal rewritten
            if "balance" in vals:
                rewritten |= lines.filtered(lambda line: line.display_type == "product")
            return write(lines, vals)

        with patch.object(model, "write", note):
            settlement._create_moves()
        return rewritten

    def test_what_odoo_would_book(self):
        """Taxes and prices => the same journal items, and no line written twice."""
        sale = self.tax_sale_a
        included = self._make_tax("13 % in", 13, price_include_override="tax_included")
        fixed = self._make_tax("2.50 each", 2.5, amount_type="fixed")
        for name, taxes, prices in (
            ("no tax", sale.browse(), [10.37, 10.37]),
            ("percent", sale, [10.37] * 7),
            ("included", included, [10.37] * 7),
            ("amount each", fixed, [10.37, 20]),
            ("two taxes", sale | fixed, [10.37, 20]),
            ("more to pay than to give", sale, [100, -40]),
            ("credit", sale, [-10.37] * 7),
            ("credit, included", included, [-10.37] * 3),
            ("credit, amount each", fixed, [-10.37, -20]),
            ("nothing", sale, [50, -50]),
        ):
            for method in ("round_per_line", "round_globally"):
                with self.subTest(case=name, method=method):
                    self.company.tax_calculation_rounding_method = method
                    settlement = self._settle(taxes, prices)
                    plain = self._make_plain_move(settlement)
                    self.assertFalse(self._get_rewritten(settlement))
                    self.assertEqual(self._list_items(settlement.move_id), self._list_items(plain))

    def test_foreign_currency_is_left_to_the_invoice(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        settlement = self._settle(self.tax_sale_a, [10.37] * 3, currency_id=euro.id)
        plain = self._make_plain_move(settlement)
        settlement._create_moves()
        self.assertEqual(self._list_items(settlement.move_id), self._list_items(plain))

    def test_draft_is_changed_as_any_other(self):
        """Who edits the draft gets amounts and taxes worked out anew."""
        settlement = self._settle(self.tax_sale_a, [100, 50])
        settlement._create_moves()
        move = settlement.move_id
        move.invoice_line_ids[0].price_unit = 200
        self.assertEqual((move.amount_untaxed, move.amount_tax), (250, 37.5))
        move.invoice_line_ids.tax_ids = [Command.clear()]
        self.assertEqual((move.amount_untaxed, move.amount_tax), (250, 0))
        self.assertFalse(move.invoice_line_ids.tax_tag_ids)
