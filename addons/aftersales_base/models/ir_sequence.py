import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import date_utils

YEAR = re.compile(r"%\((?:range_|current_)?(year|y)\)s")
MONTH = re.compile(r"%\((?:range_|current_)?(month)\)s")


class IrSequence(models.Model):
    """Numbers that start again each month, and patterns a company chooses itself (IN2)."""

    _inherit = "ir.sequence"

    aftersales_restart = fields.Selection(
        selection=[("year", "Every Year"), ("month", "Every Month")],
        string="Ranges Are Made For",
        help="How long a range of a sequence with ranges lasts when it is made by itself. Empty: "
        "a year.",
    )

    # === BUSINESS METHODS === #

    def _create_date_range_seq(self, date):
        date_range = super()._create_date_range_seq(date)
        if self.aftersales_restart == "month":
            day = fields.Date.to_date(date)
            # What was cut out of the year by other ranges stays cut out.
            date_range.write(
                {
                    "date_from": max(date_range.date_from, date_utils.start_of(day, "month")),
                    "date_to": min(date_range.date_to, date_utils.end_of(day, "month")),
                }
            )
        return date_range

    @api.model
    def _get_numbering(self, code, company):
        """Return the sequence that gives numbers in ``company``: its own, else that of all."""
        return self.search(
            [("code", "=", code), ("company_id", "in", (company.id, False))],
            order="company_id",
            limit=1,
        )

    def _get_restart(self):
        """Return when the numbers start again: ``never``, ``year`` or ``month``."""
        self.ensure_one()
        return (self.aftersales_restart or "year") if self.use_date_range else "never"

    @api.model
    def _check_pattern(self, prefix, padding, restart):
        """Raise when numbers of this pattern would be given twice, or cannot be made.

        :raises UserError: saying what is missing
        """
        if restart != "never" and not YEAR.search(prefix):
            raise UserError(
                self.env._(
                    "Numbers start again, but %(prefix)s does not hold the year: they would be "
                    "given twice. Add %%(y)s.",
                    prefix=prefix,
                )
            )
        if restart == "month" and not MONTH.search(prefix):
            raise UserError(
                self.env._(
                    "Numbers start again every month, but %(prefix)s does not hold the month: they "
                    "would be given twice. Add %%(month)s.",
                    prefix=prefix,
                )
            )
        if not 1 <= padding <= 10:
            raise UserError(self.env._("A number has between 1 and 10 digits."))
        if not self._preview_number(prefix, padding, restart, 1):
            raise UserError(
                self.env._(
                    "No number can be made of %(prefix)s. Write dates as %%(y)s, %%(year)s or "
                    "%%(month)s.",
                    prefix=prefix,
                )
            )

    @api.model
    def _normalize_prefix(self, prefix, restart):
        """Return ``prefix`` with year and month taken from the range that counts.

        Where it is next month already and the range is that of this one, a number with the date
        of the clock would come again next month. In a range of a year the month is today's.
        """
        prefix = YEAR.sub(r"%(\1)s" if restart == "never" else r"%(range_\1)s", prefix or "")
        return MONTH.sub(r"%(range_\1)s" if restart == "month" else r"%(\1)s", prefix)

    def _set_pattern(self, company, prefix, padding, restart):
        """Let a company number in its own way from now on; no number is given twice.

        The company gets a sequence of its own, which goes on from where it stood; with ranges,
        the next one that begins starts at 1.

        :param str restart: ``never``, ``year`` or ``month``
        :raises UserError: see :meth:`_check_pattern`
        """
        self.ensure_one()
        self._check_pattern(prefix, padding, restart)
        prefix = self._normalize_prefix(prefix, restart)
        following = self._peek()
        own = self
        if self.company_id != company:
            own = self.copy({"company_id": company.id, "date_range_ids": []})
        own.write(
            {
                "prefix": prefix,
                "padding": padding,
                "use_date_range": restart != "never",
                "aftersales_restart": False if restart == "never" else restart,
            }
        )
        own._go_on_from(following, restart)
        return own

    def _peek(self):
        """Return the number that comes next today, without taking it or making a range."""
        self.ensure_one()
        counter = self
        if self.use_date_range:
            today = fields.Date.today()
            counter = self.date_range_ids.filtered(
                lambda dates: dates.date_from <= today <= dates.date_to
            )[:1]
        # Taking a number does not tell the records that it is gone.
        counter.invalidate_recordset(["number_next_actual"])
        return counter.number_next_actual or 1

    def _go_on_from(self, number, restart):
        """Count on from ``number``; the range of today becomes the month or year it counts for."""
        self.ensure_one()
        counter = self._get_current_sequence()
        counter.invalidate_recordset(["number_next_actual"])
        counter.number_next_actual = max(number, counter.number_next_actual)
        today = fields.Date.today()
        if restart == "month":
            counter.date_from = max(counter.date_from, date_utils.start_of(today, "month"))
            counter.date_to = min(counter.date_to, date_utils.end_of(today, "month"))
        elif restart == "year":
            # Else the next month would begin at 1 in the same year.
            counter.date_to = max(counter.date_to, date_utils.end_of(today, "year"))

    @api.model
    def _preview_number(self, prefix, padding, restart, number):
        """Return how a number of this pattern looks today, or an empty text if it cannot be made.

        :param int number: which one
        """
        today = fields.Date.today()
        first = today if restart == "never" else date_utils.start_of(today, restart)
        prefix = self._normalize_prefix(prefix, restart)
        pattern = self.new({"name": prefix, "prefix": prefix, "padding": padding})
        try:
            return pattern.with_context(ir_sequence_date_range=first).get_next_char(number)
        except UserError:
            return ""
