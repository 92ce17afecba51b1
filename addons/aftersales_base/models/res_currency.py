from odoo import models
from odoo.tools import get_lang

from ..tools.chinese_amount import SCRIPTS, write_amount


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def _get_aftersales_words(self, amount):
        """Return an amount in words, in the language of the reader; in Chinese by the numerals
        of the banks (大写), which Odoo's library does not know."""
        self.ensure_one()
        numerals = SCRIPTS.get(get_lang(self.env).code)
        if not numerals or self.decimal_places > len(numerals.parts):
            return self.amount_to_text(amount)
        written = write_amount(f"{amount:.{self.decimal_places}f}", numerals)
        return f"{numerals.currencies.get(self.name, self.name)}{written}"
