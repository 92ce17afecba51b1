from odoo.tests import BaseCase, tagged

from ..tools.chinese_amount import TRADITIONAL, write_amount
from .common import AftersalesCommon

WORDS = {
    "0.00": "零元整",
    "-0.00": "零元整",
    "0.50": "伍角整",
    "0.05": "伍分",
    "1.05": "壹元零伍分",
    "10.00": "壹拾元整",
    "57.30": "伍拾柒元叁角整",
    "105.00": "壹佰零伍元整",
    "1005.00": "壹仟零伍元整",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "10001.00": "壹万零壹元整",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "1000500.00": "壹佰万零伍佰元整",
    "100000001.00": "壹亿零壹元整",
    "123456789.01": "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分",
    "-113.00": "负壹佰壹拾叁元整",
    "500": "伍佰元整",
    "1.005": "壹元零伍厘",
}


@tagged("post_install", "-at_install")
class TestChineseAmount(BaseCase):
    """Amounts as banks and accountants write them."""

    def test_amounts(self):
        for amount, words in WORDS.items():
            with self.subTest(amount=amount):
                self.assertEqual(write_amount(amount), words)

    def test_traditional_numerals(self):
        self.assertEqual(write_amount("26003.00", TRADITIONAL), "貳萬陸仟零參元整")

    def test_too_large_for_words(self):
        with self.assertRaisesRegex(ValueError, "more digits"):
            write_amount(f"{10**16}")


@tagged("post_install", "-at_install")
class TestWordsOfCurrency(AftersalesCommon):
    def test_words_follow_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        yuan = self.env.ref("base.CNY")
        chinese = yuan.with_context(lang="zh_CN")
        self.assertEqual(chinese._get_aftersales_words(1020.5), "人民币壹仟零贰拾元伍角整")
        self.assertIn("Twenty", yuan.with_context(lang="en_US")._get_aftersales_words(1020.5))
        yen = self.env.ref("base.JPY").with_context(lang="zh_CN")
        self.assertEqual(yen._get_aftersales_words(10000), "日元壹万元整")
        franc = self.env.ref("base.CHF").with_context(lang="zh_CN")
        self.assertEqual(franc._get_aftersales_words(2), "CHF贰元整")
