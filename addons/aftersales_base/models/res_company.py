from collections import defaultdict
from datetime import datetime, time

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import frozendict, ormcache

SETTLE_BY = [("now", "At Once, Every Day"), ("month", "Monthly"), ("manual", "By Hand")]


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Settlement Journal",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Journal of invoices made from settlements. Empty: the company's first sales journal.",
    )
    aftersales_claim_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Claim Journal",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Journal of invoices to makers and vendors. Empty: the settlement journal.",
    )
    aftersales_payment_term_id = fields.Many2one(
        comodel_name="account.payment.term",
        string="Payment Terms of Settlements",
        check_company=True,
        help="For customers who have no payment terms of their own.",
    )
    aftersales_claim_payment_term_id = fields.Many2one(
        comodel_name="account.payment.term",
        string="Payment Terms of Claims",
        check_company=True,
        help="For makers and vendors who have no payment terms of their own.",
    )
    aftersales_statement_agreed = fields.Boolean(
        string="Spreadsheets in Agreed Columns Only",
        help="No spreadsheet is made for a payer who has no statement template of his own.",
    )
    aftersales_statement_notice = fields.Html(
        string="Notice on Statements",
        translate=True,
        help="Printed below the total of a settlement, such as how to pay and until when to "
        "object.",
    )
    aftersales_write_off_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Write-off Account",
        check_company=True,
        domain="[('internal_group', 'in', ('expense', 'income'))]",
        help="Where the unpaid rest of a settlement is booked when it is given up.",
    )
    aftersales_settle_by = fields.Selection(
        selection=SETTLE_BY,
        string="Settle",
        default="manual",
        help="When charges are gathered on settlements, for payers who have no terms of their own. "
        "Empty: as the company above, else by hand.",
    )
    aftersales_settle_day = fields.Integer(
        string="Day of the Month",
        default=1,
        help="From this day on the month before is settled with those who pay monthly.",
    )
    aftersales_override_limit = fields.Monetary(
        string="Override Limit",
        currency_field="currency_id",
        help="Who pays for a charge above this amount is decided by hand by a manager only. "
        "0: no limit.",
    )
    aftersales_reminder_days = fields.Integer(
        string="Warranty Reminder (Days)",
        help="So many days before the last warranty of a unit ends, the customer's salesperson "
        "gets a to-do. 0: no reminders.",
    )
    aftersales_reminder_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Reminders Go To",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Who gets the to-do when the customer has no salesperson.",
    )
    aftersales_portal_team_id = fields.Many2one(
        comodel_name="aftersales.team",
        string="Team for the Portal",
        check_company=True,
        domain="[('company_id', 'in', (id, False))]",
        help="Gets what customers ask for on the portal, sends them its mails, and assigns by its "
        "rules. Empty: requests wait for somebody to choose a team, and nobody gets a mail.",
    )
    aftersales_reopen_days = fields.Integer(
        string="Reopen on an Answer (Days)",
        default=14,
        help="So many days after a request was solved, an answer of the customer takes it up "
        "again. 0: never.",
    )
    aftersales_repeat_days = fields.Integer(
        string="Repeated Fault (Days)",
        default=90,
        help="The same product with the same symptom or cause within so many days after it was "
        "solved: the fault came back. While neither is known of one of them, it counts as the "
        "same. Announced work repeats nothing. 0: nothing does.",
    )
    aftersales_check_back_minutes = fields.Integer(
        string="Check Back (Minutes)",
        default=30,
        help="So many minutes after a request was solved on the phone, whoever solved it is to "
        "call and ask whether it helped. 0: nobody calls.",
    )
    aftersales_public_check = fields.Boolean(
        string="Public Warranty Check",
        help="Anybody who knows a serial number may ask on /warranty-check whether it is in "
        "warranty. Nothing about the owner is told.",
    )

    _aftersales_limits_not_negative = models.Constraint(
        "CHECK(aftersales_override_limit >= 0 AND aftersales_reminder_days >= 0 "
        "AND aftersales_reopen_days >= 0 AND aftersales_repeat_days >= 0 "
        "AND aftersales_check_back_minutes >= 0)",
        "Limits and numbers of days and minutes are not below zero.",
    )

    _aftersales_settle_day_in_month = models.Constraint(
        "CHECK(aftersales_settle_day BETWEEN 1 AND 28)",
        "The day on which months are settled is from 1 to 28: every month has it.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("parent_id"):
                # A new branch settles when its parent does.
                vals.setdefault("aftersales_settle_by", False)
        return super().create(vals_list)

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {"partner_id"}

    # === BUSINESS METHODS === #

    def _get_aftersales_line(self):
        """Return the company and those above it, the nearest first, in superuser mode: who works
        for a branch may have no right to its parent."""
        self.ensure_one()
        return self.sudo().parent_ids[::-1]

    def _get_aftersales_setting(self, fname):
        """Return a setting of the company, or that of the nearest company above: a branch works
        with the accounts, journals, products and rules of its parent. No company has none."""
        line_sudo = self._get_aftersales_line() if self else self.sudo()
        company_sudo = next(
            (one for one in line_sudo if one._has_aftersales_setting(fname)), self.sudo()
        )
        value = company_sudo[fname]
        return value.with_env(self.env) if isinstance(value, models.BaseModel) else value

    def _has_aftersales_setting(self, fname):
        """Return whether the company says something itself."""
        self.ensure_one()
        silent = self._get_aftersales_silent()
        return self[fname] != silent[fname] if fname in silent else bool(self[fname])

    @api.model
    def _get_aftersales_silent(self):
        """Return ``{setting: the value by which it says nothing}``, where that is not empty."""
        return {}

    def _get_aftersales_schedule(self):
        """Return when charges are settled, and the day for what is settled monthly: both of the
        nearest company that says when."""
        line = self._get_aftersales_line()
        company_sudo = line.filtered("aftersales_settle_by")[:1] or self.sudo()
        return company_sudo.aftersales_settle_by or "manual", company_sudo.aftersales_settle_day

    def _get_aftersales_entry_journal(self):
        """Return the first miscellaneous journal of the company."""
        self.ensure_one()
        Journal = self.env["account.journal"]
        domain = [*Journal._check_company_domain(self), ("type", "=", "general")]
        return Journal.search(domain, limit=1)

    def _get_aftersales_day(self, moment=None):
        """Return the day on which something happened where the company is: who pays, and what is
        due, does not depend on where the one sits who asks.

        Costs no query. What belongs to no company has the day of the current one.

        :param moment: in UTC, by default now
        """
        return self._get_aftersales_time(moment or fields.Datetime.now()).date()

    @api.model
    def _get_aftersales_day_domain(self, get_domain, fname="company_id"):
        """Return the domain of what is so today, each record by the day of its company.

        :param get_domain: returns the domain of a day
        :param str fname: the field that names the company of a record
        """
        today = self.env.company._get_aftersales_day()
        by_day = defaultdict(list, {today: [False]})
        for company in self.browse(self._get_aftersales_zones()):
            by_day[company._get_aftersales_day()].append(company.id)
        if len(by_day) == 1:
            return get_domain(today)
        return Domain.OR(
            Domain(fname, "in", company_ids) & get_domain(day)
            for day, company_ids in by_day.items()
        )

    def _get_aftersales_day_end(self, moment):
        """Return the last moment, in UTC, of the day on which something is where the company is.

        :param datetime moment: in UTC
        """
        return self._get_aftersales_last_moment(self._get_aftersales_day(moment))

    def _get_aftersales_last_moment(self, day):
        """Return the last moment, in UTC, of a day where the company is.

        :param date day: a day by the calendar of the company
        """
        return self._get_aftersales_moment(day, time.max)

    def _get_aftersales_first_moment(self, day):
        """Return the first moment, in UTC, of a day where the company is.

        :param date day: a day by the calendar of the company
        """
        return self._get_aftersales_moment(day, time.min)

    def _get_aftersales_moment(self, day, hour):
        """Return the moment, in UTC, at which the clock of the company shows a day and a time."""
        local = timezone(self._get_aftersales_tz()).localize(datetime.combine(day, hour))
        return local.astimezone(utc).replace(tzinfo=None)

    def _get_aftersales_time(self, moment):
        """Return ``moment``, in UTC, as the clock of the company shows it."""
        return utc.localize(moment).astimezone(timezone(self._get_aftersales_tz()))

    def _get_aftersales_tz(self):
        """Return the name of the time zone of the company, for no company of the current one."""
        company = self or self.env.company
        company.ensure_one()
        return self._get_aftersales_zones().get(company.id) or self.env.user.tz or "UTC"

    @api.model
    @ormcache()
    def _get_aftersales_zones(self):
        """Return ``{company id: time zone}`` of all companies, ``False`` where none is set."""
        # sudo: which day it is where a company is, is no secret.
        companies_sudo = self.sudo().search([("active", "in", (True, False))])
        return frozendict({company.id: company.partner_id.tz for company in companies_sudo})
