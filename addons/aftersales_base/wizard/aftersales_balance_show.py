from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import date_utils, format_date

PERIODS = {
    "this_month": ("month", 0),
    "last_month": ("month", 1),
    "this_quarter": ("quarter", 0),
    "last_quarter": ("quarter", 1),
}
# Days until which invoices are closed, by the company or those above it.
LOCKS = (
    "user_hard_lock_date",
    "user_fiscalyear_lock_date",
    "user_sale_lock_date",
    "user_tax_lock_date",
)


class AftersalesBalanceShow(models.TransientModel):
    """Asks for which period and whom balances are shown (SA6)."""

    _name = "aftersales.balance.show"
    _description = "Show Balances"

    company_id = fields.Many2one(
        comodel_name="res.company", default=lambda self: self.env.company, readonly=True
    )
    period = fields.Selection(
        selection=[
            ("this_month", "This Month"),
            ("last_month", "Last Month"),
            ("this_quarter", "This Quarter"),
            ("last_quarter", "Last Quarter"),
            ("this_year", "This Fiscal Year"),
            ("last_year", "Last Fiscal Year"),
            ("dates", "Other Dates"),
        ],
        required=True,
        default="this_month",
    )
    date_from = fields.Date(
        string="From",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="To",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    kind = fields.Selection(
        selection=[("customer", "Customers and Dealers"), ("claim", "Makers and Vendors")],
        string="Who Owes",
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner", string="Payers", help="Empty: all of them."
    )
    own_currency = fields.Boolean(
        string="In the Currency of the Invoices",
        help="By payer and currency; otherwise everything in the currency of the company.",
    )
    closed_until = fields.Date(
        compute="_compute_closed_until",
        help="Balances up to this day are those of closed books.",
    )

    # === COMPUTE METHODS === #

    @api.depends("period", "company_id")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        for wizard in self.filtered(lambda wizard: wizard.period != "dates"):
            wizard.date_from, wizard.date_to = wizard._get_dates(today)

    @api.depends("company_id")
    def _compute_closed_until(self):
        for wizard in self:
            # sudo: that books are closed is no secret to who may see the balances.
            company_sudo = wizard.company_id.sudo().with_context(ignore_exceptions=True)
            last_day = max(company_sudo[fname] for fname in LOCKS)
            wizard.closed_until = last_day if last_day > date.min else False

    # === ACTION METHODS === #

    def action_show(self):
        """Show the balances of the period.

        :raises UserError: when it ends before it begins
        """
        self.ensure_one()
        if self.date_to < self.date_from:
            raise UserError(self.env._("The period ends before it begins. Change one of its days."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_balance_report_action"
        )
        name = self.env._(
            "Balances from %(first)s to %(last)s",
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )
        return {
            **action,
            "name": name,
            "display_name": name,
            # The address of the action shows this month: it knows no other period.
            "path": False,
            "domain": self._get_domain(),
            "context": self._prepare_context(),
        }

    # === BUSINESS METHODS === #

    def _get_dates(self, today):
        """Return the first and the last day of the period chosen."""
        self.ensure_one()
        if self.period in PERIODS:
            unit, back = PERIODS[self.period]
            day = date_utils.subtract(today, months=back * (3 if unit == "quarter" else 1))
            return date_utils.start_of(day, unit), date_utils.end_of(day, unit)
        year = self.company_id.compute_fiscalyear_dates(today)
        if self.period == "last_year":
            day = date_utils.subtract(year["date_from"], days=1)
            year = self.company_id.compute_fiscalyear_dates(day)
        return year["date_from"], year["date_to"]

    def _get_domain(self):
        self.ensure_one()
        domain = [("kind", "=", self.kind)] if self.kind else []
        if self.partner_ids:
            domain.append(("payer_id", "in", self.partner_ids.commercial_partner_id.ids))
        return domain

    def _prepare_context(self):
        """Return what the report is told: period, currency, how to group."""
        self.ensure_one()
        return {
            "aftersales_from": fields.Date.to_string(self.date_from),
            "aftersales_to": fields.Date.to_string(self.date_to),
            "aftersales_own_currency": self.own_currency,
            "search_default_group_payer": 1,
            "search_default_group_currency": int(self.own_currency),
        }
