import re

from odoo import models
from odoo.exceptions import UserError

# Longer statements are written in the background.
MOST_LINES_AT_ONCE = 5000


class AftersalesSettlement(models.Model):
    """The settlement on paper and as a workbook."""

    _inherit = "aftersales.settlement"

    # === ACTION METHODS === #

    def action_make_spreadsheet(self):
        """Give the statement as a workbook: at once, or, when it is long, as soon as it is written.

        :raises UserError: when there is no line, or no template
        """
        self.ensure_one()
        self.check_access("read")
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "%(settlement)s has no line to put on a statement.",
                    settlement=self.display_name,
                )
            )
        self._get_statement_template()
        if self.line_count > MOST_LINES_AT_ONCE:
            return self.env["aftersales.statement.export"]._order_for(self)
        return {
            "type": "ir.actions.act_url",
            "url": f"/aftersales/settlement/{self.id}/statement.xlsx",
            "target": "download",
        }

    # === BUSINESS METHODS === #

    def _get_statement_template(self):
        """Return how the payer wants his statement.

        :raises UserError: when the company asks for a template of his own and he has none
        """
        self.ensure_one()
        template = self._find_statement_template()
        if not template and self.company_id._get_aftersales_setting("aftersales_statement_agreed"):
            raise UserError(
                self.env._(
                    "%(payer)s has no statement template, and %(company)s makes spreadsheets in "
                    "agreed columns only. Choose a template on his contact.",
                    payer=self.partner_id.display_name,
                    company=self.company_id.display_name,
                )
            )
        return template

    def _get_statement_changed(self):
        """Return when it, its lines or what its payer wants to see was changed last."""
        self.ensure_one()
        # sudo: only days are read; who asks may read the settlement.
        self_sudo = self.sudo()
        lines_sudo = self_sudo.env["aftersales.settlement.line"]
        [(of_lines,)] = lines_sudo._read_group(
            [("settlement_id", "=", self.id)], [], ["write_date:max"]
        )
        payer_sudo = self_sudo.partner_id.commercial_partner_id
        template_sudo = self_sudo._find_statement_template()
        days = (self_sudo.write_date, of_lines, payer_sudo.write_date, template_sudo.write_date)
        return max(filter(None, days))

    def _find_statement_template(self):
        self.ensure_one()
        return self.env["aftersales.statement.template"]._get_for(self.partner_id, self.company_id)

    def _get_statement_lines(self):
        """Return the lines in the order they are printed."""
        self.ensure_one()
        return self.line_ids.sorted(lambda line: (line.charge_id.request_id.name or "", line.id))

    def _get_statement_facts(self):
        """Return ``[(label, value)]``: who, when and how much, for the head of the statement."""
        self.ensure_one()
        return [
            (self.env._("Number"), self.name),
            (self.env._("Date"), self.date),
            (self.env._("Paid By"), self.partner_id.display_name),
            (self.env._("Your Reference"), self.partner_ref or ""),
            (self.env._("From"), self.company_id.display_name),
            (self.env._("Currency"), self.currency_id.name),
            (self.env._("Untaxed Amount"), self.amount_untaxed),
            (self.env._("Taxes"), self.amount_tax),
            (self.env._("Total"), self.amount_total),
            (self.env._("In words"), self._get_amount_in_words()),
        ]

    def _get_statement_filename(self):
        """Return the name of the workbook."""
        self.ensure_one()
        return f"{re.sub(r'[^0-9A-Za-z-]+', '_', self.name)}.xlsx"

    def _get_amount_in_words(self):
        """Return the total in words, in the language of the reader (SA1)."""
        self.ensure_one()
        return self.currency_id._get_aftersales_words(self.amount_total)
