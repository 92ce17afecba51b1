from odoo import api, fields, models
from odoo.exceptions import UserError

TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesRequest(models.Model):
    """What the customer asked for: one number, one owner (IN1, IN2, IN21).

    Who may do what:

    ==================  ==========================  ======  ================
    action              technician                  agent   manager
    ==================  ==========================  ======  ================
    see                 assigned to him             team    all
    create              no                          yes     yes
    take, wait, solve   assigned to him             team    all
    reopen, cancel      no                          team    all
    bring back          no                          no      all
    ==================  ==========================  ======  ================
    """

    _name = "aftersales.request"
    _description = "Service Request"
    _inherit = [
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "aftersales.portal.mixin",
        "portal.mixin",
        "rating.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "priority desc, date_reported desc, id desc"
    _rec_names_search = ["name", "partner_id.name", "unit_id.serial", "subject"]
    _check_company_auto = True
    _mail_post_access = "read"
    _number_code = "aftersales.request"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    subject = fields.Char(help="The trouble in one line, as the customer says it.")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        selection=[
            ("new", "New"),
            ("in_progress", "In Progress"),
            ("waiting", "Waiting"),
            ("done", "Solved"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="new",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    channel = fields.Selection(
        selection=[
            ("phone", "Phone"),
            ("mail", "Mail"),
            ("portal", "Portal"),
            ("chat", "Chat"),
            ("walk_in", "Walk-in"),
            ("lead", "Sales Lead"),
            ("api", "Other System"),
        ],
        required=True,
        default="phone",
        index=True,
    )
    priority = fields.Selection(
        selection=[("0", "Normal"), ("1", "Important"), ("2", "Urgent"), ("3", "Dangerous")],
        default="0",
        index=True,
        tracking=True,
    )
    lookup = fields.Char(
        string="Find",
        help="A serial number, phone number, order or name. It finds the installed product "
        "and with it the customer.",
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
        tracking=True,
        domain="[('partner_id', '=?', partner_id)]",
    )
    serial = fields.Char(related="unit_id.serial")
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    partner_phone = fields.Char(
        string="Phone",
        compute="_compute_partner_phone",
        store=True,
        readonly=False,
        precompute=True,
        help="Where to call back about this request.",
    )
    warranty_status = fields.Selection(related="unit_id.warranty_status")
    warranty_end = fields.Date(related="unit_id.warranty_end")
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type", check_company=True, index="btree_not_null"
    )
    team_id = fields.Many2one(
        comodel_name="aftersales.team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Assigned To",
        domain="[('share', '=', False)]",
        check_company=True,
        index=True,
        tracking=True,
    )
    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault",
        domain="[('kind', '=', 'symptom')]",
        check_company=True,
        index="btree_not_null",
    )
    cause_id = fields.Many2one(
        comodel_name="aftersales.fault",
        domain="[('kind', '=', 'cause')]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    remedy_id = fields.Many2one(
        comodel_name="aftersales.fault",
        domain="[('kind', '=', 'remedy')]",
        check_company=True,
        index="btree_not_null",
    )
    description = fields.Html(help="What happened, in the customer's words.")
    date_reported = fields.Datetime(
        string="Reported",
        required=True,
        default=fields.Datetime.now,
        index=True,
        copy=False,
        help="The day that decides who pays, not the day of the repair.",
    )
    date_expected = fields.Datetime(string="Wished For", help="When the customer wants it solved.")
    date_closed = fields.Datetime(
        string="Closed", readonly=True, copy=False, index="btree_not_null"
    )
    hours_open = fields.Float(
        string="Hours to Close",
        compute="_compute_hours_open",
        store=True,
        aggregator="avg",
        help="Hours from report to close, nights and weekends included.",
    )
    charge_ids = fields.One2many(comodel_name="aftersales.charge", inverse_name="request_id")
    charge_count = fields.Integer(compute="_compute_charge_amounts")
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id", string="Charge Currency"
    )
    amount_customer = fields.Monetary(string="Customer Pays", compute="_compute_charge_amounts")
    amount_partner = fields.Monetary(
        string="Maker or Vendor Pays", compute="_compute_charge_amounts"
    )
    amount_company = fields.Monetary(string="We Bear", compute="_compute_charge_amounts")

    # === COMPUTE METHODS === #

    @api.depends("lookup")
    def _compute_unit_id(self):
        for request in self:
            if request.lookup and not request.unit_id:
                units = self.env["aftersales.unit"]._find_units(
                    request.lookup, limit=2, company=request.company_id
                )
                request.unit_id = units if len(units) == 1 else False
            else:
                request.unit_id = request.unit_id

    @api.depends("unit_id")
    def _compute_product_id(self):
        for request in self:
            request.product_id = request.unit_id.product_id or request.product_id

    @api.depends("unit_id", "lookup")
    def _compute_partner_id(self):
        for request in self:
            if request.unit_id:
                request.partner_id = request.unit_id.partner_id
            elif request.lookup and not request.partner_id:
                partners = self.env["res.partner"]._find_by_phone(
                    request.lookup, limit=2, company=request.company_id
                )
                request.partner_id = partners if len(partners) == 1 else False
            else:
                request.partner_id = request.partner_id

    @api.depends("partner_id")
    def _compute_partner_phone(self):
        for request in self:
            request.partner_phone = request.partner_id.phone or request.partner_phone

    @api.depends("service_type_id")
    def _compute_team_id(self):
        for request in self:
            request.team_id = request.service_type_id.team_id or request.team_id

    @api.depends("date_reported", "date_closed")
    def _compute_hours_open(self):
        for request in self:
            closed = request.date_closed
            delta = closed - request.date_reported if closed and request.date_reported else None
            request.hours_open = delta.total_seconds() / 3600 if delta else 0.0

    @api.depends("charge_ids.state", "charge_ids.currency_id", "company_id.currency_id")
    def _compute_currency_id(self):
        """Apart from the amounts: each change of one would ask who points to a currency."""
        for request in self:
            charges = request.charge_ids.filtered(lambda charge: charge.state != "cancelled")
            currency = charges.currency_id
            request.currency_id = currency if len(currency) == 1 else request.company_id.currency_id

    @api.depends(
        "charge_ids.state",
        "charge_ids.bearer",
        "charge_ids.customer_amount",
        "charge_ids.covered_amount",
        "charge_ids.refused_amount",
        "charge_ids.currency_id",
    )
    def _compute_charge_amounts(self):
        for request in self:
            charges = request.charge_ids.filtered(lambda charge: charge.state != "cancelled")
            request.charge_count = len(charges)
            amounts = charges._get_amounts_by_bearer(request.currency_id)
            request.amount_customer = amounts["customer"]
            request.amount_partner = amounts["partner"]
            request.amount_company = amounts["company"]

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for request in self:
            parts = [request.name, request.subject]
            request.display_name = " · ".join(part for part in parts if part)

    def _compute_access_url(self):
        super()._compute_access_url()
        for request in self:
            request.access_url = f"/my/service-requests/{request.id}"

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        # Whoever deletes has to know of charges he may not read, too.
        charged = self.filtered(lambda request: request.sudo().charge_ids)[:1]
        if charged:
            raise UserError(
                self.env._(
                    "%(request)s has charges and stays on record. Cancel it instead.",
                    request=charged.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_start(self):
        """Take the request up; nobody assigned means the one who pressed the button."""
        for request in self.filtered(lambda request: not request.user_id):
            request.user_id = self.env.user
        return self.write({"state": "in_progress"})

    def action_wait(self, reason=None):
        """Put the request aside until the customer or a part is there.

        :param reason: what it waits for, see :class:`aftersales.pause.reason`
        """
        return self.write({"state": "waiting"})

    def action_done(self):
        """Close the request as solved."""
        return self.write({"state": "done"})

    def action_cancel(self):
        """Drop the request: entered twice, or withdrawn by the customer."""
        return self.write({"state": "cancelled"})

    def action_reopen(self):
        """Take a closed request up again."""
        return self.write({"state": "in_progress"})

    def action_restore(self):
        """Bring a cancelled request back."""
        return self.write({"state": "new"})

    def action_view_charges(self):
        """Open the charges of this request."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_charge_action"
        )
        action["domain"] = [("request_id", "=", self.id)]
        action["context"] = {"default_request_id": self.id}
        return action

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "new": {"in_progress": TECHNICIAN, "done": AGENT, "cancelled": AGENT},
            "in_progress": {"waiting": TECHNICIAN, "done": TECHNICIAN, "cancelled": AGENT},
            "waiting": {"in_progress": TECHNICIAN, "done": TECHNICIAN, "cancelled": AGENT},
            "done": {"in_progress": AGENT},
            "cancelled": {"new": MANAGER},
        }

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name", "date_closed"}

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        closed = target in ("done", "cancelled")
        return {**vals, "date_closed": fields.Datetime.now() if closed else False}

    def _prepare_charge_origin_vals(self):
        """Return what a charge made for this request takes from it."""
        self.ensure_one()
        return {
            "unit_id": self.unit_id,
            "partner_id": self.partner_id,
            "service_type_id": self.service_type_id,
            "team_id": self.team_id,
            "user_id": self.user_id,
            "cause_id": self.cause_id,
            "symptom_id": self.symptom_id,
            "date_fault": self._get_fault_date(),
            "date_work": self._get_work_moment(),
        }

    def _get_work_moment(self):
        """Return when the work is done, where service prices depend on it."""
        self.ensure_one()
        rules = self.env["aftersales.price.rule"]
        return self.date_planned if rules._is_priced_by("work_time", self.company_id) else False

    def _get_fault_date(self):
        """Return the day of the report in the company's time zone: it decides who pays."""
        self.ensure_one()
        return self.company_id._get_aftersales_day(self.date_reported)
