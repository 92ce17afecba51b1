from odoo import api, fields, models
from odoo.exceptions import UserError

TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"

ENDED = ("closed", "cancelled")


class AftersalesComplaint(models.Model):
    """What a customer holds against us, who answers for it, and what came of it.

    One named person handles it: only he and managers change it, and the person complained
    about is never the one who does (CP3). Somebody else verifies the answer with the
    customer (CP5). A complaint that is just noted is closed at once (CP2).

    ======================  ===========  ===========  ================  =======
    action                  owner of an  handler      agent             manager
                            action
    ======================  ===========  ===========  ================  =======
    see                     yes          yes          team              all
    create                  no           (as agent)   yes               yes
    change, answer          no           yes          nobody handles    all
    verify                  no           no           not the answerer  yes
    close a verified one    no           yes          team              all
    reopen                  no           (as agent)   team              all
    approve compensation    no           no           no                yes
    bring back              no           no           no                yes
    ======================  ===========  ===========  ================  =======

    The person complained about takes none of these steps, whatever his role.
    """

    _name = "aftersales.complaint"
    _description = "Complaint"
    _inherit = [
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "aftersales.reminder.mixin",
        "aftersales.portal.mixin",
        "portal.mixin",
        "mail.thread",
    ]
    _order = "date_deadline, id desc"
    _rec_names_search = ["name", "partner_id.name", "unit_id.serial", "subject"]
    _check_company_auto = True
    _mail_post_access = "read"
    _reminder_type = "aftersales_complaint.mail_activity_type_complaint"
    _number_code = "aftersales.complaint"

    # === FIELDS === #

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    subject = fields.Char(help="The complaint in one line, as the customer says it.")
    description = fields.Html(help="What happened, in the customer's words.")
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
            ("answered", "Answered"),
            ("verified", "Verified"),
            ("closed", "Closed"),
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
            ("api", "Other System"),
        ],
        required=True,
        default="phone",
        index=True,
    )
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Service Request",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('partner_id', '=?', partner_id)]",
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
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
    commercial_partner_id = fields.Many2one(related="partner_id.commercial_partner_id")
    partner_phone = fields.Char(
        string="Phone",
        compute="_compute_partner_phone",
        store=True,
        readonly=False,
        precompute=True,
        help="Where to call back about this complaint.",
    )
    severity = fields.Selection(
        selection=[("minor", "Minor"), ("major", "Major"), ("critical", "Critical")],
        required=True,
        default="minor",
        index=True,
        tracking=True,
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
        help="Whose agents see the complaint.",
    )
    handler_id = fields.Many2one(
        comodel_name="res.users",
        domain="[('share', '=', False), ('id', '!=', target_user_id)]",
        check_company=True,
        index=True,
        copy=False,
        tracking=True,
        help="Who answers for it: only he and managers change the complaint.",
    )
    date_reported = fields.Datetime(
        string="Received", required=True, default=fields.Datetime.now, index=True, copy=False
    )
    outcome = fields.Selection(
        selection=[
            ("none", "Nothing More"),
            ("apology", "Apology"),
            ("rework", "Rework"),
            ("compensation", "Compensation"),
        ],
        copy=False,
        index=True,
        tracking=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("request_id.unit_id")
    def _compute_unit_id(self):
        for complaint in self:
            complaint.unit_id = complaint.request_id.unit_id or complaint.unit_id

    @api.depends("unit_id", "request_id.product_id")
    def _compute_product_id(self):
        for complaint in self:
            complaint.product_id = (
                complaint.unit_id.product_id
                or complaint.request_id.product_id
                or complaint.product_id
            )

    @api.depends("request_id.partner_id", "unit_id")
    def _compute_partner_id(self):
        for complaint in self:
            complaint.partner_id = (
                complaint.partner_id
                or complaint.request_id.partner_id
                or complaint.unit_id.partner_id
            )

    @api.depends("partner_id")
    def _compute_partner_phone(self):
        for complaint in self:
            complaint.partner_phone = complaint.partner_id.phone or complaint.partner_phone

    @api.depends("request_id.team_id")
    def _compute_team_id(self):
        for complaint in self:
            complaint.team_id = complaint.team_id or complaint.request_id.team_id

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for complaint in self:
            parts = [complaint.name, complaint.subject]
            complaint.display_name = " · ".join(part for part in parts if part)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_invoice_access(vals)
        complaints = super().create(vals_list)
        complaints._sync_handler()
        return complaints

    def write(self, vals):
        if not self.env.su:
            self.check_access("read")
            self._check_person(vals)
            self.check_access("write")
            self._check_invoice_access(vals)
        result = super().write(vals)
        if {"handler_id", "date_deadline", "severity", "date_reported", "subject"} & vals.keys():
            self._sync_handler()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_followed(self):
        for complaint in self:
            # A compensation that was withdrawn is history too; who deletes may not read it.
            if complaint.sudo().charge_ids or complaint.sudo().rework_ids:
                raise UserError(
                    self.env._(
                        "%(complaint)s led to a compensation or a rectification and stays on "
                        "record. Cancel it instead.",
                        complaint=complaint.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name"}

    def _sync_handler(self):
        """Let the handler follow the complaint and be reminded of the day it is due."""
        # Who hands the complaint over may not see it any more.
        for complaint_sudo in self.sudo().filtered("handler_id"):
            complaint_sudo.message_subscribe(partner_ids=complaint_sudo.handler_id.partner_id.ids)
        self._sync_reminders()

    def _prepare_charge_origin_vals(self):
        """Return what a charge made for this complaint takes from it."""
        self.ensure_one()
        return {
            "unit_id": self.unit_id,
            "partner_id": self.partner_id,
            "service_type_id": self.request_id.service_type_id,
            "team_id": self.team_id,
            "user_id": self.handler_id,
            "date_fault": self._get_reported_day(),
        }
