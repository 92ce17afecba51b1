from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"
# States that take room on their day.
TAKING = ("booked", "kept")
# Said by cancelling, arriving, moving and reminding, by nothing else.
APPOINTMENT_FACTS = {
    "name",
    "cancelled_by",
    "cancelled_late",
    "cancel_reason",
    "cancelled_on",
    "loss_amount",
    "compensation_amount",
    "charge_id",
    "intake_id",
    "request_id",
    "moved_count",
    "reminded_on",
}


class AftersalesAppointment(models.Model):
    """A time the customer booked to bring a unit, or for us to come (IN13).

    Who may do what: agents book, move and cancel those of their teams, managers all; customers
    their own, on the portal, as long as there is time. Cancelling late may cost the customer,
    cancelling by us may oblige us: both are draft charges.
    """

    _name = "aftersales.appointment"
    _description = "Appointment"
    _inherit = [
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "aftersales.known.phone.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_from desc, id desc"
    _rec_names_search = ["name", "partner_id.name", "unit_id.serial", "phone"]
    _check_company_auto = True
    _number_code = "aftersales.appointment"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        selection=[
            ("booked", "Booked"),
            ("kept", "Kept"),
            ("missed", "Missed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="booked",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    kind = fields.Selection(
        selection=[("bring", "Customer Brings It"), ("visit", "We Come")],
        string="Kind of Appointment",
        required=True,
        default="bring",
    )
    channel = fields.Selection(
        selection=[("phone", "Phone"), ("portal", "Portal"), ("walk_in", "Walk-in")],
        string="Booked By",
        required=True,
        default="phone",
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        check_company=True,
        index="btree_not_null",
        domain="[('partner_id', '=?', partner_id)]",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    subject = fields.Char(string="What Is Wrong", help="As the customer says it.")
    date_from = fields.Datetime(string="From", required=True, index=True, tracking=True)
    duration = fields.Float(default=0.5, required=True, aggregator="sum")
    date_to = fields.Datetime(string="To", compute="_compute_date_to", store=True, precompute=True)
    day = fields.Date(
        compute="_compute_day",
        store=True,
        precompute=True,
        index=True,
        help="The day where the company is.",
    )
    team_id = fields.Many2one(
        comodel_name="aftersales.team",
        default=lambda self: self._default_team_id(),
        check_company=True,
        index="btree_not_null",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Received By",
        domain="[('share', '=', False)]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    warning = fields.Char(
        compute="_compute_warning", help="What speaks against the day. It can be kept all the same."
    )
    moved_count = fields.Integer(string="Times Moved", readonly=True, copy=False)
    reminded_on = fields.Date(readonly=True, copy=False)
    cancelled_by = fields.Selection(
        selection=[("customer", "Customer"), ("company", "Us")], readonly=True, copy=False
    )
    cancelled_on = fields.Datetime(readonly=True, copy=False)
    cancelled_late = fields.Boolean(
        readonly=True, copy=False, help="Later than the customer may cancel without bearing a loss."
    )
    cancel_reason = fields.Char(string="Why Cancelled", readonly=True, copy=False, tracking=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    loss_amount = fields.Monetary(string="Customer Bears", readonly=True, copy=False)
    compensation_amount = fields.Monetary(string="We Owe Him", readonly=True, copy=False)
    charge_id = fields.Many2one(
        comodel_name="aftersales.charge", readonly=True, copy=False, index="btree_not_null"
    )
    intake_id = fields.Many2one(
        comodel_name="aftersales.intake", readonly=True, copy=False, index="btree_not_null"
    )
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Service Request",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )

    _team_day_idx = models.Index("(team_id, day) WHERE state IN ('booked', 'kept')")
    _to_remind_idx = models.Index("(company_id, day) WHERE state = 'booked'")
    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "An appointment takes longer than no time."
    )

    # === DEFAULTS === #

    @api.model
    def _default_team_id(self):
        return self.env["aftersales.team"].search(
            [
                ("member_ids.user_id", "=", self.env.uid),
                ("company_id", "in", (self.env.company.id, False)),
            ],
            limit=1,
        )

    # === COMPUTE METHODS === #

    @api.depends("unit_id")
    def _compute_product_id(self):
        for appointment in self:
            appointment.product_id = appointment.unit_id.product_id or appointment.product_id

    @api.depends("unit_id")
    def _compute_partner_id(self):
        for appointment in self:
            appointment.partner_id = appointment.partner_id or appointment.unit_id.partner_id

    @api.depends("date_from", "duration")
    def _compute_date_to(self):
        for appointment in self:
            start = appointment.date_from
            appointment.date_to = start and start + timedelta(hours=appointment.duration)

    @api.depends("date_from", "company_id")
    def _compute_day(self):
        for appointment in self:
            start = appointment.date_from
            appointment.day = start and appointment.company_id._get_aftersales_day(start)

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for appointment in self:
            parts = (appointment.partner_id.display_name, appointment.name)
            appointment.display_name = " · ".join(filter(None, parts))

    @api.depends("team_id.appointment_capacity", "day", "state")
    def _compute_warning(self):
        counts = self._get_day_counts()
        for appointment in self:
            capacity = appointment.team_id.appointment_capacity
            others = counts.get((appointment.team_id.id, appointment.day), 0)
            stored = appointment._origin
            if stored.state in TAKING and stored.day == appointment.day:
                others -= stored.team_id == appointment.team_id._origin
            appointment.warning = False
            if appointment.state == "booked" and capacity and others >= capacity:
                appointment.warning = self.env._(
                    "%(team)s has %(count)s other appointments that day and takes %(capacity)s.",
                    team=appointment.team_id.name,
                    count=others,
                    capacity=capacity,
                )

    def _get_day_counts(self):
        """Return ``{(team id, day): appointments}`` of the teams and days of these."""
        days = [day for day in self.mapped("day") if day]
        # How full a day is, is counted whoever may see what fills it.
        groups = self.sudo()._read_group(
            [
                ("team_id", "in", self.team_id.ids),
                ("day", "in", days),
                ("state", "in", TAKING),
            ],
            ["team_id", "day:day"],
            ["__count"],
        )
        return {(team.id, day): count for team, day, count in groups}

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        appointments = super().create(vals_list)
        appointments._tell("booked")
        return appointments

    def write(self, vals):
        moving = self._get_moving(vals)
        result = super().write(vals)
        if moving:
            # How often it was moved is counted, not told; the reminder is due anew.
            for appointment_sudo in moving.sudo():
                appointment_sudo.write(
                    {"moved_count": appointment_sudo.moved_count + 1, "reminded_on": False}
                )
            moving._tell("moved")
        return result

    # === ACTION METHODS === #

    def action_arrive(self):
        """The customer is here: open the counter with all he said; again, the same one."""
        self.ensure_one()
        self.check_access("write")
        if not self.intake_id:
            intake = self.env["aftersales.intake"].create(self._prepare_intake_vals())
            # Which intake it became is noted, not told.
            self.sudo().intake_id = intake
        if self.state in ("booked", "missed"):
            self.write({"state": "kept"})
        return self.intake_id._get_records_action()

    def action_make_request(self):
        """Make the request of a time we come to the customer; again, open the same one."""
        self.ensure_one()
        self.check_access("write")
        if not self.request_id:
            request = self.env["aftersales.request"].create(self._prepare_request_vals())
            # Which request it became is noted, not told.
            self.sudo().request_id = request
        return self.request_id._get_records_action()

    def action_keep(self):
        """Note that it was kept."""
        return self.write({"state": "kept"})

    def action_miss(self):
        """Note that nobody came."""
        return self.write({"state": "missed"})

    def action_rebook(self):
        """Take up again what was missed or cancelled; the time can be changed then."""
        return self.write({"state": "booked"})

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | APPOINTMENT_FACTS

    def _get_state_transitions(self):
        return {
            "booked": {"kept": AGENT, "missed": AGENT, "cancelled": AGENT},
            "missed": {"kept": AGENT, "booked": AGENT},
            "cancelled": {"booked": MANAGER},
            "kept": {"booked": MANAGER},
        }

    def _unlink_error_message(self):
        if self.state != "booked":
            return self.env._(
                "%(appointment)s stays on record: it is counted.", appointment=self.display_name
            )
        return super()._unlink_error_message()

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if target == "missed" and self.date_from > fields.Datetime.now():
            return self.env._(
                "%(appointment)s is still to come and cannot be missed yet.",
                appointment=self.display_name,
            )
        if target == "booked" and self.charge_id.state == "confirmed":
            return self.env._(
                "%(charge)s is confirmed for cancelling %(appointment)s. Cancel that charge first, "
                "or book a new appointment.",
                charge=self.charge_id.display_name,
                appointment=self.display_name,
            )
        if target == "cancelled" and not self.cancelled_by:
            return self.env._(
                "Say who cancels %(appointment)s and why: press Cancel on it.",
                appointment=self.display_name,
            )
        return message

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        if target == "booked":
            cleared = ("cancelled_by", "cancelled_on", "cancelled_late", "cancel_reason")
            amounts = ("loss_amount", "compensation_amount")
            vals |= dict.fromkeys((*cleared, *amounts), False)
        return vals

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "booked":
            self._drop_charges()

    def _drop_charges(self):
        """Cancel what an earlier cancellation would have cost: it is none any more."""
        charges = self.charge_id
        charges.filtered(lambda charge: charge.state == "draft").action_cancel()
        # Which charge came of it is noted, not told.
        self.sudo().filtered("charge_id").charge_id = False

    def _get_moving(self, vals):
        """Return the appointments that get another time.

        :raises UserError: when one of them is over
        """
        if "date_from" not in vals:
            return self.browse()
        start = fields.Datetime.to_datetime(vals["date_from"])
        moving = self.filtered(lambda appointment: appointment.date_from != start)
        over = moving.filtered(lambda appointment: appointment.state != "booked")[:1]
        if over and vals.get("state") != "booked":
            raise UserError(
                self.env._(
                    "%(appointment)s is over and keeps its time. Book a new one.",
                    appointment=over.display_name,
                )
            )
        return moving

    def _is_late(self):
        """Return whether it is too late for the customer to change it without consequences."""
        self.ensure_one()
        hours = self.company_id.sudo().aftersales_appointment_hours
        return fields.Datetime.now() > self.date_from - timedelta(hours=hours)

    def _cancel(self, by, reason, amount=0.0):
        """Cancel the appointments, and note who bears what comes of it.

        :param str by: ``customer`` or ``company``
        :param str reason: in words
        :param float amount: in the company's currency; what the customer bears when he cancels
            late, what we owe him when we cancel
        :raises UserError: when one is over already
        """
        self.check_access("write")
        over = self.filtered(lambda appointment: appointment.state != "booked")[:1]
        if over:
            raise UserError(
                self.env._(
                    "%(appointment)s is over already and cannot be cancelled.",
                    appointment=over.display_name,
                )
            )
        for appointment in self:
            # Cancelling says these facts; nobody writes them by hand.
            appointment.sudo().write(appointment._prepare_cancel_vals(by, reason, amount))
            appointment.write({"state": "cancelled"})
            appointment._make_charge()
        self._tell("cancelled")

    def _prepare_cancel_vals(self, by, reason, amount):
        """Return what is noted of the cancelling; see :meth:`_cancel`."""
        self.ensure_one()
        late = by == "customer" and self._is_late()
        return {
            "cancelled_by": by,
            "cancelled_on": fields.Datetime.now(),
            "cancelled_late": late,
            "cancel_reason": reason,
            "loss_amount": amount if late else 0.0,
            "compensation_amount": amount if by == "company" else 0.0,
        }

    def _make_charge(self):
        """Make the draft charge of what cancelling costs somebody, if anything."""
        self.ensure_one()
        if self.loss_amount or self.compensation_amount:
            charge = self.env["aftersales.charge"].create(self._prepare_charge_vals())
            # Which charge came of it is noted, not told.
            self.sudo().charge_id = charge

    def _prepare_charge_vals(self):
        """Return the values of the charge. What we owe has a negative price. No installed
        product stands on it: a warranty covers faults, not broken appointments.
        """
        self.ensure_one()
        owed = bool(self.compensation_amount)
        product_sudo = self.company_id.sudo()._get_aftersales_setting(
            "aftersales_late_cancel_product_id"
        )
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "team_id": self.team_id.id,
            "kind": "compensation" if owed else "fee",
            "product_id": False if owed else product_sudo.id,
            "name": self.env._("Appointment %(number)s cancelled", number=self.name),
            "quantity": 1.0,
            "price_unit": -self.compensation_amount if owed else self.loss_amount,
            "currency_id": self.currency_id.id,
            "date_fault": self.day,
        }

    def _prepare_intake_vals(self):
        """Return the values of the intake the customer's coming begins."""
        self.ensure_one()
        line = {"unit_id": self.unit_id.id, "product_id": self.product_id.id}
        if self.unit_id.serial:
            line["lookup"] = self.unit_id.serial
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "phone": self.phone,
            "known_phone": self.known_phone,
            "subject": self.subject,
            "team_id": self.team_id.id,
            "line_ids": [Command.create(line)],
        }

    def _prepare_request_vals(self):
        """Return the values of the request of a time we come."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "partner_phone": self.phone,
            "unit_id": self.unit_id.id,
            "product_id": self.product_id.id,
            "subject": self.subject or self.name,
            "channel": self.channel,
            "team_id": self.team_id.id,
            "date_expected": self.date_from,
            "date_planned": self.date_from,
        }
