from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.periods import extend_by_pauses, get_last_day, get_rest_days
from .aftersales_warranty_policy import START_BASES
from .aftersales_warranty_term import BEARERS, TERM_DURATION_UNITS, TERM_KINDS, USAGE_UNITS

MANAGER = "aftersales_base.group_aftersales_manager"
CLOSE_REASONS = [
    ("returned", "Unit Returned"),
    ("replaced", "Unit Replaced"),
    ("transferred", "Unit Sold On"),
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
    fault_id = fields.Many2one(comodel_name="aftersales.fault", ondelete="restrict")
    excluded_category_ids = fields.Many2many(
        comodel_name="product.category",
        relation="aftersales_warranty_excluded_rel",
        string="Except",
    )
    start_basis = fields.Selection(
        selection=START_BASES, string="Runs From", required=True, default="fixed"
    )
    start_limit_days = fields.Integer(string="At the Latest (Days)")
    cover_before_start = fields.Boolean(string="Cover Until Then")
    proof_required = fields.Boolean(string="Proof of Purchase Needed")
    deduct_downtime = fields.Boolean(string="Downtime Does Not Count")
    transferable = fields.Boolean(default=True)
    usage_limit = fields.Float()
    usage_unit = fields.Selection(selection=USAGE_UNITS, default="hour")
    date_start = fields.Date(
        string="From",
        compute="_compute_date_start",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        help="First day of the period; empty while the event that starts it has not come.",
    )
    date_cover = fields.Date(
        string="Covers From",
        compute="_compute_date_cover",
        store=True,
        precompute=True,
        index=True,
        help="First covered day: before the period starts, if the policy covers until then.",
    )
    duration = fields.Integer(required=True, default=12)
    duration_unit = fields.Selection(selection=TERM_DURATION_UNITS, required=True, default="month")
    date_end = fields.Date(
        string="Until",
        compute="_compute_date_end",
        store=True,
        index=True,
        help="The last covered day; empty for a lifetime, and before the period starts.",
    )
    percent = fields.Float(string="Covered (%)", required=True, default=100.0)
    bearer_type = fields.Selection(
        selection=BEARERS,
        string="Paid By",
        required=True,
        default="company",
        index=True,
        groups="base.group_user",
    )
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Maker or Vendor",
        index="btree_not_null",
        groups="base.group_user",
    )
    date_closed = fields.Date(
        string="Closed On", copy=False, help="From this day on the warranty covers nothing."
    )
    close_reason = fields.Selection(selection=CLOSE_REASONS, copy=False, index="btree_not_null")
    close_note = fields.Char(string="Why", copy=False, groups="base.group_user")
    unit_state = fields.Selection(related="unit_id.state", string="State of the Unit")
    downtime_days = fields.Integer(
        string="Downtime Added (Days)",
        compute="_compute_downtime_days",
        help="By so many days it is longer than was promised.",
    )
    status = fields.Selection(
        selection=[
            ("pending", "Waits to Start"),
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

    # The few rows that filters look for among many.
    _waiting_idx = models.Index("(unit_id) WHERE date_start IS NULL")
    _proof_idx = models.Index("(unit_id) WHERE proof_required IS TRUE")
    _lifetime_idx = models.Index("(unit_id) WHERE duration_unit = 'lifetime'")
    _other_origin_idx = models.Index("(origin) WHERE origin <> 'sale'")
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

    @api.depends(
        "start_basis",
        "start_limit_days",
        "cover_before_start",
        "unit_id.date_start",
        "unit_id.date_invoice",
        "unit_id.date_installed",
        "unit_id.date_registered",
        "unit_id.date_purchase",
        "unit_id.date_handover",
        "unit_id.is_at_dealer",
    )
    def _compute_date_start(self):
        for warranty in self:
            if warranty.start_basis == "fixed":
                warranty.date_start = (
                    warranty.date_start or warranty.company_id._get_aftersales_day()
                )
            else:
                warranty.date_start = warranty._get_start()

    @api.depends("date_start", "cover_before_start", "unit_id.date_start")
    def _compute_date_cover(self):
        for warranty in self:
            days = [warranty.date_start]
            if warranty.cover_before_start:
                days.append(warranty.unit_id.date_start)
            warranty.date_cover = min(filter(None, days), default=False)

    @api.depends(
        "date_start",
        "duration",
        "duration_unit",
        "date_closed",
        "close_reason",
        "deduct_downtime",
        "unit_id.downtime_ids.date_from",
        "unit_id.downtime_ids.date_to",
    )
    def _compute_date_end(self):
        for warranty in self:
            warranty.date_end = warranty._get_end()

    @api.depends("date_start", "date_end", "deduct_downtime", "duration", "duration_unit")
    def _compute_downtime_days(self):
        for warranty in self:
            days = 0
            if warranty.deduct_downtime and warranty.date_end and not warranty.date_closed:
                promised = get_last_day(
                    warranty.date_start, warranty.duration, warranty.duration_unit
                )
                days = (warranty.date_end - promised).days if promised else 0
            warranty.downtime_days = days

    @api.depends("date_start", "date_end", "date_closed", "close_reason", "duration_unit")
    def _compute_status(self):
        for warranty in self:
            today = warranty.company_id._get_aftersales_day()
            warranty.status = warranty._get_status_on(today)
            warranty.elapsed_percent = warranty._get_elapsed_percent(today)

    @api.depends("kind", "component_category_id", "date_end")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for warranty in self:
            scope = warranty.component_category_id.name or kinds.get(warranty.kind)
            if warranty.date_end:
                warranty.display_name = self.env._(
                    "%(scope)s until %(date)s",
                    scope=scope,
                    date=format_date(self.env, warranty.date_end),
                )
            else:
                warranty.display_name = scope

    # === CRUD METHODS === #

    def write(self, vals):
        living = self.filtered(lambda warranty: warranty.close_reason != "void")
        result = super().write(vals)
        if vals.get("close_reason") == "void":
            living._log_void()
        return result

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

    # === ACTION METHODS === #

    def action_reinstate(self):
        """Take back that warranties are void: they run again as they were promised.

        :raises UserError: when a warranty is not void, or its unit is not in use
        """
        for warranty in self:
            if warranty.close_reason != "void" or warranty.unit_id.state != "active":
                raise UserError(
                    self.env._(
                        "%(warranty)s of %(unit)s is not void, or the unit is out of use: there "
                        "is nothing to take back.",
                        warranty=warranty.display_name,
                        unit=warranty.unit_id.display_name,
                    )
                )
        self.write({"date_closed": False, "close_reason": False, "close_note": False})
        for warranty in self:
            warranty.unit_id.message_post(
                body=self.env._("%(warranty)s is no longer void.", warranty=warranty.display_name),
                subtype_xmlid="mail.mt_note",
            )
        return True

    # === BUSINESS METHODS === #

    def _void(self, reason):
        """Take the warranties away for faults of any day; for managers.

        :param str reason: what the customer is told
        :raises AccessError: when the user is no manager
        :raises UserError: when the reason is missing or a warranty is void already
        """
        if not (self.env.su or self.env.user.has_group(MANAGER)):
            raise AccessError(self.env._("A warranty is made void by a manager."))
        if not (reason or "").strip():
            raise UserError(self.env._("Write why the warranty is void: the customer will ask."))
        for warranty in self.filtered(lambda warranty: warranty.close_reason == "void"):
            raise UserError(
                self.env._(
                    "%(warranty)s of %(unit)s is void already.",
                    warranty=warranty.display_name,
                    unit=warranty.unit_id.display_name,
                )
            )
        by_day = self.grouped(
            lambda warranty: warranty.date_closed or warranty.company_id._get_aftersales_day()
        )
        for day, warranties in by_day.items():
            warranties.write({"close_reason": "void", "close_note": reason, "date_closed": day})

    def _log_void(self):
        """Say in the thread of the unit what was made void, and why."""
        for warranty in self:
            warranty.unit_id.message_post(
                body=self.env._(
                    "%(warranty)s is void: %(reason)s",
                    warranty=warranty.display_name,
                    reason=warranty.close_note or self.env._("no reason given"),
                ),
                subtype_xmlid="mail.mt_note",
            )

    def _get_start(self):
        """Return the first day of the period by the events of the unit, or ``False``."""
        self.ensure_one()
        unit = self.unit_id
        event = unit._get_event_day(self.start_basis)
        limit = self.start_limit_days and unit.date_start + timedelta(days=self.start_limit_days)
        return min(filter(None, (event, limit)), default=False)

    def _get_end(self):
        """Return the last covered day: duration, plus downtime, cut off by a close."""
        self.ensure_one()
        last_day = False
        if self.date_start and self.duration and self.duration_unit:
            last_day = get_last_day(self.date_start, self.duration, self.duration_unit)
        if last_day and self.deduct_downtime:
            last_day = extend_by_pauses(
                self.date_start, last_day, self.unit_id.downtime_ids._get_periods()
            )
        # What is void keeps its period: it says which reports it would have answered.
        if self.date_closed and self.close_reason != "void":
            closed = self.date_closed - timedelta(days=1)
            last_day = min(last_day, closed) if last_day else closed
        return last_day

    def _get_duration_words(self):
        """Return how long it was promised for, as people read it."""
        self.ensure_one()
        return self.env["aftersales.warranty.term"]._get_duration_words(
            self.duration, self.duration_unit
        )

    def _get_usage_words(self):
        """Return up to which use it was promised, as people read it."""
        self.ensure_one()
        return self.env["aftersales.warranty.term"]._get_usage_words(
            self.usage_limit, self.usage_unit
        )

    def _get_total_days(self):
        """Return how many days the warranty covers, first and last day included."""
        self.ensure_one()
        if not (self.date_start and self.date_end):
            return 0
        return (self.date_end - self.date_start).days + 1

    def _get_elapsed_percent(self, day):
        """Return how much of the period is over on ``day``, 0 to 100."""
        self.ensure_one()
        if not self.date_start or (self.duration_unit == "lifetime" and not self.date_end):
            return 0
        total = self._get_total_days()
        elapsed = (day - self.date_start).days
        return max(0, min(100, 100 * elapsed / total)) if total > 0 else 100

    def _get_status_on(self, day):
        """Return how the warranty stood, or will stand, on ``day``."""
        self.ensure_one()
        if self.close_reason == "void":
            return "void"
        if self.date_closed and self.date_closed <= day:
            return "closed"
        if not self.date_start:
            return "pending"
        if self.date_start > day:
            return "upcoming"
        if not self.date_end:
            return "running"
        if self.date_end < day:
            return "expired"
        return "ending" if self.date_end - day <= timedelta(days=30) else "running"

    def _covers_on(self, day):
        """Return whether ``day`` is a covered day; a void warranty has none."""
        self.ensure_one()
        if self.close_reason == "void" or not self.date_cover or day < self.date_cover:
            return False
        return not self.date_end or day <= self.date_end

    @api.model
    def _get_running_domain(self, first_day, last_day=None):
        """Return the domain of warranties that cover some day of the period."""
        return (
            Domain("date_cover", "<=", last_day or first_day)
            & (Domain("date_end", ">=", first_day) | Domain("date_end", "=", False))
            & Domain("close_reason", "!=", "void")
        )

    def _is_to_come(self, day):
        """Return whether the promise stands on ``day`` and its period has not begun."""
        self.ensure_one()
        if self.close_reason == "void" or (self.date_closed and self.date_closed <= day):
            return False
        return not self.date_cover or self.date_cover > day

    @api.model
    def _get_to_come_domain(self, day):
        """Return the domain of warranties that are promised and have not begun on ``day``."""
        return (
            Domain("close_reason", "!=", "void")
            & (Domain("date_closed", "=", False) | Domain("date_closed", ">", day))
            & (Domain("date_cover", "=", False) | Domain("date_cover", ">", day))
        )

    def _close(self, day, reason, note=False):
        """End the warranties that still run, from ``day`` on."""
        self.filtered(lambda warranty: not warranty.date_closed).write(
            {"date_closed": day, "close_reason": reason, "close_note": note}
        )

    def _reopen_returned(self):
        """Let those go on that ended only because their unit came back."""
        self.filtered(lambda warranty: warranty.close_reason == "returned").write(
            {"date_closed": False, "close_reason": False, "close_note": False}
        )

    def _prepare_part_vals(self):
        """Return the values of the same warranty on a part of its unit, closed if this one is."""
        self.ensure_one()
        vals = self.copy_data()[0]
        vals.pop("unit_id")
        kept = ("date_closed", "close_reason", "close_note")
        return {**vals, **{fname: self[fname] for fname in kept}}

    def _prepare_rest_vals(self, unit, day, minimum_days=0):
        """Return the values of a warranty that goes on with the rest of this one.

        :param unit: the unit that inherits it
        :param date day: first day of the rest
        :param int minimum_days: the rest is at least so long
        """
        self.ensure_one()
        vals = self.copy_data({"unit_id": unit.id})[0]
        vals.update(origin="replacement", start_basis="fixed", date_start=day)
        vals.update(cover_before_start=False)
        if self.date_end:
            vals.update(
                duration=get_rest_days(day, self.date_end, minimum_days), duration_unit="day"
            )
        return vals

    def _prepare_kept_vals(self, unit):
        """Return the values of this promise, with its own days, on another unit.

        :param unit: the unit that inherits it
        """
        self.ensure_one()
        vals = self.copy_data({"unit_id": unit.id})[0]
        if self.date_start:
            vals.update(start_basis="fixed", date_start=self.date_start)
        return vals
