from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .aftersales_settlement import DEBTS

SETTLEMENT = "aftersales_base.group_aftersales_settlement"


class AftersalesSettlement(models.Model):
    """Giving up what is not paid: one entry a settlement, reconciled with its invoice."""

    _inherit = "aftersales.settlement"

    # === ACTION METHODS === #

    def action_write_off(self):
        """Open the dialog that asks where the unpaid rest is booked.

        :raises AccessError: for all but who settles
        """
        self._check_may_write_off()
        return self.env["aftersales.settlement.write.off"]._open_for(self)

    # === BUSINESS METHODS === #

    def _write_off(self, account, journal, date, reason):
        """Book the open rest of these settlements against ``account`` and reconcile it.

        In a closed period the entry is dated the first open day, as Odoo does. Reversing the
        entry makes the rest open again.

        :param account: the loss (or gain)
        :param journal: a miscellaneous journal
        :return: the posted entries
        :raises AccessError: for all but who settles
        :raises UserError: when there is nothing open to write off
        """
        self._check_may_write_off()
        for settlement in self:
            if message := settlement._get_write_off_error(reason):
                raise UserError(message)
        entries = self.env["account.move"].create(
            [record._prepare_write_off_vals(account, journal, date, reason) for record in self]
        )
        entries._post(soft=False)
        for settlement, entry in zip(self, entries, strict=True):
            settlement._follow_write_off(entry, reason)
        return entries

    def _follow_write_off(self, entry, reason):
        """Reconcile the open debts with the posted entry, and say so in the log."""
        self.ensure_one()
        debts = self._get_open_debts()
        both = (debts | entry.line_ids).grouped("account_id")
        for account in debts.account_id:
            both[account].reconcile()
        self._message_log(
            body=self.env._(
                "Written off: %(entry)s. %(reason)s", entry=entry._get_html_link(), reason=reason
            )
        )

    def _check_may_write_off(self):
        if not self.env.su and not self.env.user.has_group(SETTLEMENT):
            raise AccessError(self.env._("Only who has the right to Settle writes off."))
        self.check_access("write")

    def _get_open_debts(self):
        """Return the lines of the invoice that are not settled yet."""
        self.ensure_one()
        return self.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type in DEBTS and not line.reconciled
        )

    def _get_write_off_error(self, reason):
        """Return why nothing can be written off, or an empty text."""
        self.ensure_one()
        if self.state != "confirmed" or self.move_id.state != "posted":
            return self.env._(
                "%(settlement)s has no posted invoice. There is nothing to write off.",
                settlement=self.display_name,
            )
        if self.currency_id.is_zero(self.amount_residual):
            return self.env._(
                "%(settlement)s: nothing is open on invoice %(invoice)s.",
                settlement=self.display_name,
                invoice=self.move_id.display_name,
            )
        if not (reason or "").strip():
            return self.env._(
                "%(settlement)s: write why the rest is given up.", settlement=self.display_name
            )
        return ""

    def _prepare_write_off_vals(self, account, journal, date, reason):
        """Return the values of the entry: the debts go, what was owed becomes a loss."""
        self.ensure_one()
        debts = self._get_open_debts()
        vals = {"name": reason, "partner_id": self.move_id.commercial_partner_id.id}
        loss = {
            **vals,
            "account_id": account.id,
            "currency_id": self.move_id.currency_id.id,
            "amount_currency": sum(debts.mapped("amount_residual_currency")),
            "balance": sum(debts.mapped("amount_residual")),
        }
        gone = [
            {
                **vals,
                "account_id": line.account_id.id,
                "currency_id": line.currency_id.id,
                "amount_currency": -line.amount_residual_currency,
                "balance": -line.amount_residual,
            }
            for line in debts
        ]
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "date": date or self.company_id._get_aftersales_day(),
            "ref": f"{self.name}: {reason}",
            "line_ids": [Command.create(line) for line in [*gone, loss]],
        }
