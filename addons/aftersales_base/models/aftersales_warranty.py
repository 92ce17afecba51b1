from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .aftersales_warranty_term import BEARERS, DURATION_UNITS, TERM_KINDS, get_last_day

CLOSE_REASONS = [
    ("returned", "Unit Returned"),
    ("replaced", "Unit Replaced"),
    ("void", "Void"),
]


class AftersalesWarranty(models.Model):
    """One running promise on one installed product.

    Whether it runs is a question about a day, answered by comparing dates: nothing has to
    rewrite rows when a warranty expires. Closing ends it on a day (the unit came back);
    voiding takes it away for good, for faults of any day.
    """

    _name = "aftersales.warranty"
    _description = "Warranty"
    _order = "date_end desc, id desc"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="unit_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="unit_id.partner_id", string="Customer")
    product_id = fields.Many2one(related="unit_id.product_id")
    policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy", ondelete="restrict", index="btree_not_null"
    )
    origin = fields.Selection(
        selection=[
            ("sale", "Sale"),
            ("extension", "Extension"),
            ("repair", "Repair"),
            ("vendor", "Maker or Vendor"),
            ("replacement", "Replacement"),
        ],
        required=True,
        default="sale",
    )
    kind = fields.Selection(selection=TERM_KINDS, string="Covers", required=True, default="all")
    component_category_id = fields.Many2one(
        comodel_name="product.category", string="Component", ondelete="restrict"
    )
    date_start = fields.Date(string="From", required=True, default=fields.Date.context_today)
    duration = fields.Integer(required=True, default=12)
    duration_unit = fields.Selection(selection=DURATION_UNITS, required=True, default="month")
    date_end = fields.Date(
        string="Until",
        compute="_compute_date_end",
        store=True,
        index=True,
        help="The last covered day.",
    )
    percent = fields.Float(string="Covered (%)", required=True, default=100.0)
    bearer_type = fields.Selection(
        selection=BEARERS,
        string="Paid By",
        required=True,
        default="company",
        groups="base.group_user",
    )
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Maker or Vendor", groups="base.group_user"
    )
    date_closed = fields.Date(
        string="Closed On", copy=False, help="From this day on the warranty covers nothing."
    )
    close_reason = fields.Selection(selection=CLOSE_REASONS, copy=False)
    close_note = fields.Char(string="Why", copy=False, groups="base.group_user")
    status = fields.Selection(
        selection=[
            ("upcoming", "Not Yet Running"),
            ("running", "Running"),
            ("ending", "Ends Soon"),
            ("expired", "Expired"),
            ("closed", "Closed"),
            ("void", "Void"),
        ],
        compute="_compute_status",
        help="How it stands today. Ends soon: within 30 days.",
    )
    elapsed_percent = fields.Float(compute="_compute_status", string="Elapsed")

    _percent_range = models.Constraint(
        "CHECK(percent > 0 AND percent <= 100)",
        "The covered share of a warranty lies above 0 and up to 100.",
    )
    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "A warranty lasts at least one day, week, month or year."
    )
    _bearer_named = models.Constraint(
        "CHECK(bearer_type != 'partner' OR bearer_partner_id IS NOT NULL)",
        "A warranty paid by a maker or vendor names him.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_start", "duration", "duration_unit", "date_closed")
    def _compute_date_end(self):
        for warranty in self:
            if not (warranty.date_start and warranty.duration and warranty.duration_unit):
                warranty.date_end = False
                continue
            last_day = get_last_day(warranty.date_start, warranty.duration, warranty.duration_unit)
            if warranty.date_closed:
                last_day = min(last_day, warranty.date_closed - timedelta(days=1))
            warranty.date_end = last_day

    @api.depends("date_start", "date_end", "date_closed", "close_reason")
    def _compute_status(self):
        today = fields.Date.context_today(self)
        for warranty in self:
            warranty.status = warranty._get_status_on(today)
            total = warranty._get_total_days()
            elapsed = (today - warranty.date_start).days if warranty.date_start else 0
            warranty.elapsed_percent = max(0, min(100, 100 * elapsed / total)) if total > 0 else 100

    @api.depends("kind", "date_start", "date_end", "unit_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for warranty in self:
            scope = warranty.component_category_id.name or kinds.get(warranty.kind)
            warranty.display_name = self.env._(
                "%(scope)s until %(date)s", scope=scope, date=warranty.date_end
            )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        charge = self.env["aftersales.charge"].search(
            [("warranty_id", "in", self.ids), ("state", "!=", "cancelled")], limit=1
        )
        if charge:
            raise UserError(
                self.env._(
                    "Warranty %(warranty)s decided charge %(charge)s and stays on record. Void it "
                    "to end it.",
                    warranty=charge.warranty_id.display_name,
                    charge=charge.display_name,
                )
            )

    # === BUSINESS METHODS === #

    def _get_total_days(self):
        """Return how many days the warranty covers, first and last day included."""
        self.ensure_one()
        if not (self.date_start and self.date_end):
            return 0
        return (self.date_end - self.date_start).days + 1

    def _get_status_on(self, day):
        """Return how the warranty stood, or will stand, on ``day``."""
        self.ensure_one()
        if self.close_reason == "void":
            return "void"
        if self.date_closed and self.date_closed <= day:
            return "closed"
        if not self.date_end or self.date_end < day:
            return "expired"
        if self.date_start > day:
            return "upcoming"
        return "ending" if self.date_end - day <= timedelta(days=30) else "running"

    @api.model
    def _get_running_domain(self, first_day, last_day=None):
        """Return the domain of warranties that cover some day of the period."""
        return (
            Domain("date_start", "<=", last_day or first_day)
            & Domain("date_end", ">=", first_day)
            & Domain("close_reason", "!=", "void")
        )

    def _close(self, day, reason, note=False):
        """End the warranties that still run, from ``day`` on."""
        self.filtered(lambda warranty: not warranty.date_closed).write(
            {"date_closed": day, "close_reason": reason, "close_note": note}
        )
