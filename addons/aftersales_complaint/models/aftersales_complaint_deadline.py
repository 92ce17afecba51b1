from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .aftersales_complaint import ENDED


class AftersalesComplaint(models.Model):
    """Until when a complaint is closed, who is reminded of it, and how long it took."""

    _inherit = "aftersales.complaint"

    date_deadline = fields.Date(
        string="Deadline",
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
        help="Until when it has to be closed; follows the severity.",
    )
    is_overdue = fields.Boolean(
        string="Overdue",
        compute="_compute_is_overdue",
        search="_search_is_overdue",
    )
    days_late = fields.Integer(compute="_compute_is_overdue")
    days_to_close = fields.Float(
        compute="_compute_days_to_close",
        store=True,
        aggregator="avg",
        help="Days from receipt to close, weekends included.",
    )

    # === COMPUTE METHODS === #

    @api.depends("severity", "date_reported", "company_id")
    def _compute_date_deadline(self):
        for complaint in self:
            if complaint.date_reported and complaint.severity:
                complaint.date_deadline = complaint._get_default_deadline()
            else:
                complaint.date_deadline = complaint.date_deadline

    @api.depends("date_deadline", "state")
    def _compute_is_overdue(self):
        for complaint in self:
            today = complaint.company_id._get_aftersales_day()
            deadline = complaint.date_deadline
            running = complaint.state not in ENDED and deadline
            complaint.days_late = max((today - deadline).days, 0) if running else 0
            complaint.is_overdue = complaint.days_late > 0

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self.env["res.company"]._get_aftersales_day_domain(
            lambda today: Domain("date_deadline", "<", today)
        )
        return Domain("state", "not in", ENDED) & late

    @api.depends("date_reported", "date_closed", "state")
    def _compute_days_to_close(self):
        for complaint in self:
            closed = complaint.date_closed if complaint.state == "closed" else False
            delta = closed - complaint.date_reported if closed else None
            complaint.days_to_close = delta.total_seconds() / 86400 if delta else 0.0

    # === CRUD METHODS === #

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "days_to_close:avg":
            # A complaint that is still open has taken no days yet, not zero.
            return SQL(
                "AVG(%s) FILTER (WHERE %s = 'closed')",
                self._field_to_sql(self._table, "days_to_close", query),
                self._field_to_sql(self._table, "state", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    # === BUSINESS METHODS === #

    def _get_reminder(self):
        if self.state in ENDED or not self.handler_id or not self.date_deadline:
            return None
        summary = self.env._("Complaint due: %(subject)s", subject=self.subject or self.name)
        return self.handler_id, self.date_deadline, summary

    def _get_reported_day(self):
        """Return the day of receipt where the company is."""
        self.ensure_one()
        return self.company_id._get_aftersales_day(self.date_reported)

    def _get_default_deadline(self):
        """Return the day by which a complaint of this severity is closed."""
        self.ensure_one()
        days = self.company_id._get_complaint_days(self.severity)
        return fields.Date.add(self._get_reported_day(), days=days)
