from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, is_html_empty

from .aftersales_complaint_cause import TARGET_KINDS

TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"

ENDED = ("closed", "cancelled")
# What a customer may read of his complaint. Cause, severity, corrective actions, verification
# and a compensation nobody has approved stay with us.
PORTAL_FIELDS = {
    "id",
    "display_name",
    "name",
    "subject",
    "description",
    "state",
    "partner_id",
    "commercial_partner_id",
    "partner_phone",
    "unit_id",
    "serial",
    "product_id",
    "request_id",
    "company_id",
    "date_reported",
    "date_answered",
    "date_closed",
    "access_url",
    "create_date",
}
# The handler's part is over: verifying, closing and reopening are open to his colleagues.
FOLLOW_UP = ("answered", "verified", "closed", "cancelled")
VERIFICATION_FIELDS = {"satisfaction", "verification_note"}


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
    record_only = fields.Boolean(
        string="Just Noted",
        help="Nothing has to be answered: it is written down and closed at once.",
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
    target_kind = fields.Selection(
        selection=TARGET_KINDS,
        string="Complaint About",
        required=True,
        default="service",
        index=True,
        tracking=True,
    )
    target_name = fields.Char(string="About", compute="_compute_target_name", compute_sudo=True)
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
    order_ref = fields.Char(
        string="Order or Invoice No.",
        help="The number the customer gives; accounting links the invoice.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('move_type', 'in', ('out_invoice', 'out_refund')), "
        "('commercial_partner_id', '=?', commercial_partner_id)]",
    )
    move_name = fields.Char(
        string="Invoice Number", compute="_compute_move_name", compute_sudo=True
    )
    target_team_id = fields.Many2one(
        comodel_name="aftersales.team",
        string="Department",
        check_company=True,
        index="btree_not_null",
    )
    target_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Person",
        domain="[('share', '=', False)]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="Who the customer complains about. He can never be the handler.",
    )
    cause_id = fields.Many2one(
        comodel_name="aftersales.complaint.cause",
        compute="_compute_cause_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('target_kind', '=', target_kind)]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
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
    answer = fields.Html(
        string="Answer to the Customer", copy=False, help="Sent to him when it is answered."
    )
    root_cause = fields.Html(copy=False, help="Why it came to this; internal.")
    action_ids = fields.One2many(
        comodel_name="aftersales.corrective.action",
        inverse_name="complaint_id",
        string="Corrective Actions",
    )
    action_count = fields.Integer(string="Corrective Action Count", compute="_compute_action_count")
    satisfaction = fields.Selection(
        selection=[
            ("satisfied", "Satisfied"),
            ("neutral", "Accepts It"),
            ("dissatisfied", "Not Satisfied"),
        ],
        string="Customer Is",
        copy=False,
        tracking=True,
        help="What he said when he was called back.",
    )
    verification_note = fields.Text(string="Result", copy=False, help="Did what was done help?")
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
    rework_ids = fields.One2many(
        comodel_name="aftersales.request",
        inverse_name="rectified_complaint_id",
        string="Rectifications",
    )
    rework_count = fields.Integer(compute="_compute_rework_count", compute_sudo=True)
    answer_user_id = fields.Many2one(
        comodel_name="res.users", string="Answered By", readonly=True, copy=False
    )
    date_answered = fields.Datetime(string="Answered On", readonly=True, copy=False)
    verify_user_id = fields.Many2one(
        comodel_name="res.users", string="Verified By", readonly=True, copy=False
    )
    date_verified = fields.Datetime(string="Verified On", readonly=True, copy=False)
    date_closed = fields.Datetime(
        string="Closed", readonly=True, copy=False, index="btree_not_null"
    )
    days_to_close = fields.Float(
        compute="_compute_days_to_close",
        store=True,
        aggregator="avg",
        help="Days from receipt to close, weekends included.",
    )
    next_states = fields.Char(compute="_compute_next_states")
    blocking_message = fields.Char(compute="_compute_next_states")
    may_edit = fields.Boolean(compute="_compute_next_states")

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

    @api.depends("target_kind")
    def _compute_cause_id(self):
        for complaint in self:
            fits = complaint.cause_id.target_kind == complaint.target_kind
            complaint.cause_id = complaint.cause_id if fits else False

    @api.depends(
        "target_kind",
        "unit_id",
        "product_id",
        "order_ref",
        "move_id.name",
        "target_team_id",
        "target_user_id",
        "request_id",
    )
    def _compute_target_name(self):
        for complaint in self:
            complaint.target_name = complaint._get_target_name()

    @api.depends("move_id.name")
    def _compute_move_name(self):
        for complaint in self:
            complaint.move_name = complaint.move_id.name

    @api.depends("severity", "date_reported", "company_id")
    def _compute_date_deadline(self):
        for complaint in self:
            if complaint.date_reported and complaint.severity:
                complaint.date_deadline = complaint._get_default_deadline()
            else:
                complaint.date_deadline = complaint.date_deadline

    @api.depends("date_deadline", "state")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for complaint in self:
            deadline = complaint.date_deadline
            running = complaint.state not in ENDED and deadline
            complaint.days_late = max((today - deadline).days, 0) if running else 0
            complaint.is_overdue = complaint.days_late > 0

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        return Domain("state", "not in", ENDED) & Domain("date_deadline", "<", today)

    @api.depends("action_ids")
    def _compute_action_count(self):
        for complaint in self:
            complaint.action_count = len(complaint.action_ids)

    @api.depends("rework_ids")
    def _compute_rework_count(self):
        for complaint in self:
            complaint.rework_count = len(complaint.rework_ids)

    @api.depends("date_reported", "date_closed", "state")
    def _compute_days_to_close(self):
        for complaint in self:
            closed = complaint.date_closed if complaint.state == "closed" else False
            delta = closed - complaint.date_reported if closed else None
            complaint.days_to_close = delta.total_seconds() / 86400 if delta else 0.0

    @api.depends(
        "state",
        "record_only",
        "handler_id",
        "target_user_id",
        "answer",
        "outcome",
        "compensation_status",
        "action_ids.date_done",
        "rework_ids.state",
    )
    @api.depends_context("uid")
    def _compute_next_states(self):
        for complaint in self:
            errors = {
                target: complaint._get_step_error(target)
                or complaint._transition_error_message(target)
                for target in complaint._get_next_states()
            }
            possible = sorted(target for target, error in errors.items() if not error)
            complaint.next_states = ",".join(possible)
            complaint.blocking_message = errors.get(complaint._get_natural_step()) or ""
            # As it was before what is being typed: who hands over or names another handler on a
            # new complaint still edits it until he saves.
            saved = complaint._origin
            complaint.may_edit = not saved or not saved._get_editor_error()

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for complaint in self:
            parts = [complaint.name, complaint.subject]
            complaint.display_name = " · ".join(part for part in parts if part)

    def _compute_access_url(self):
        super()._compute_access_url()
        for complaint in self:
            complaint.access_url = f"/my/complaints/{complaint.id}"

    # === CONSTRAINT METHODS === #

    @api.constrains("handler_id", "target_user_id")
    def _check_handler(self):
        for complaint in self:
            handler = complaint.handler_id
            if handler and handler == complaint.target_user_id:
                raise ValidationError(
                    self.env._(
                        "%(complaint)s is about %(person)s, who cannot handle it. Name another "
                        "handler.",
                        complaint=complaint.display_name,
                        person=handler.name,
                    )
                )
            if handler and not handler.has_group(TECHNICIAN):
                raise ValidationError(
                    self.env._(
                        "%(person)s has no after-sales role and would not see %(complaint)s. "
                        "Name another handler.",
                        complaint=complaint.display_name,
                        person=handler.name,
                    )
                )

    @api.constrains("cause_id", "target_kind")
    def _check_cause(self):
        for complaint in self:
            if complaint.cause_id and complaint.cause_id.target_kind != complaint.target_kind:
                raise ValidationError(
                    self.env._(
                        "%(cause)s is no cause for the kind of complaint that %(complaint)s is. "
                        "Choose another cause.",
                        cause=complaint.cause_id.display_name,
                        complaint=complaint.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_invoice_access(vals)
        complaints = super().create(self._number_new(vals_list, "aftersales.complaint"))
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

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "days_to_close:avg":
            # A complaint that is still open has taken no days yet, not zero.
            return SQL(
                "AVG(%s) FILTER (WHERE %s = 'closed')",
                self._field_to_sql(self._table, "days_to_close", query),
                self._field_to_sql(self._table, "state", query),
            )
        return super()._read_group_select(aggregate_spec, query)

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

    # === ACTION METHODS === #

    def action_start(self):
        """Take the complaint up; nobody named means the one who pressed the button."""
        return self.write({"state": "in_progress"})

    def action_answer(self):
        """Send the answer to the customer."""
        return self.write({"state": "answered"})

    def action_verify(self):
        """Note that somebody else asked the customer and what was done stands."""
        return self.write({"state": "verified"})

    def action_close(self):
        """Close the complaint."""
        return self.write({"state": "closed"})

    def action_reopen(self):
        """Take the complaint up again: the customer is not satisfied."""
        return self.write({"state": "in_progress"})

    def action_cancel(self):
        """Drop the complaint: entered twice, or withdrawn by the customer."""
        return self.write({"state": "cancelled"})

    def action_restore(self):
        """Bring a cancelled complaint back."""
        return self.write({"state": "new"})

    def action_create_rework(self):
        """Make a request that puts the cause right, or find the one there is, and open it.

        :raises UserError: when the user does not handle the complaint
        """
        self.ensure_one()
        self._check_editor({"rework_ids"})
        request = self.rework_ids.filtered(lambda request: request.state != "cancelled")
        if not request:
            request = self.env["aftersales.request"].create(self._prepare_rework_vals())
            # The link is guarded; who may make the request from the complaint makes it.
            request.sudo().rectified_complaint_id = self
        return request._get_records_action()

    def action_view_rework(self):
        """Open the requests that put the cause right."""
        return self.rework_ids._get_records_action(name=self.env._("Rectifications"))

    def action_view_actions(self):
        """Open the corrective actions."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_complaint.aftersales_corrective_action_action"
        )
        action["domain"] = [("complaint_id", "=", self.id)]
        action["context"] = {"default_complaint_id": self.id}
        return action

    # === BUSINESS METHODS: STATES === #

    def _get_state_transitions(self):
        return {
            "new": {"in_progress": TECHNICIAN, "closed": AGENT, "cancelled": AGENT},
            "in_progress": {"answered": TECHNICIAN, "closed": AGENT, "cancelled": AGENT},
            "answered": {"in_progress": TECHNICIAN, "verified": AGENT, "cancelled": AGENT},
            "verified": {"closed": TECHNICIAN, "in_progress": AGENT},
            "closed": {"in_progress": AGENT},
            "cancelled": {"new": MANAGER},
        }

    def _get_natural_step(self):
        """Return the state the complaint should reach next, for the banner of the form."""
        self.ensure_one()
        steps = {"in_progress": "answered", "answered": "verified", "verified": "closed"}
        if self.record_only and self.state in ("new", "in_progress"):
            return "closed"
        return steps.get(self.state)

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "name",
            "date_answered",
            "answer_user_id",
            "date_verified",
            "verify_user_id",
            "date_closed",
        }

    def _transition_error_message(self, target):
        message = ""
        if target == "answered" and is_html_empty(self.answer):
            message = self.env._(
                "%(complaint)s has no answer. Write down what the customer is told.",
                complaint=self.display_name,
            )
        elif target == "closed":
            message = self._closing_error_message()
        elif target == "cancelled" and self._get_compensation_status() in (
            "approved",
            "credited",
            "paid_out",
        ):
            message = self.env._(
                "The compensation of %(complaint)s is approved. Withdraw it before cancelling.",
                complaint=self.display_name,
            )
        return message or super()._transition_error_message(target)

    def _closing_error_message(self):
        """Return what has to be done before the complaint can be closed."""
        if self.state in ("new", "in_progress") and not self.record_only:
            return self.env._(
                "%(complaint)s has to be answered and verified before it is closed. If there is "
                "nothing to answer, tick Just Noted.",
                complaint=self.display_name,
            )
        # What stands in the way is a fact, whoever asks and whatever he may read.
        open_action = self.sudo().action_ids.filtered(lambda action: not action.date_done)[:1]
        if open_action:
            return self.env._(
                "%(complaint)s has a corrective action that is not done: %(action)s "
                "(%(owner)s, due %(date)s).",
                complaint=self.display_name,
                action=open_action.name,
                owner=open_action.user_id.name,
                date=fields.Date.to_string(open_action.date_deadline),
            )
        return self._outcome_error_message()

    def _outcome_error_message(self):
        """Return what was promised and is not kept yet."""
        status = self._get_compensation_status()
        if status == "to_approve":
            return self.env._(
                "The compensation of %(complaint)s is not approved. Have a manager approve it, or "
                "choose another outcome.",
                complaint=self.display_name,
            )
        if status == "approved":
            return self.env._(
                "The compensation of %(complaint)s is not credited yet. Settle and post it, or "
                "have a manager withdraw it.",
                complaint=self.display_name,
            )
        if self.outcome == "rework":
            reworks = self.sudo().rework_ids.filtered(lambda request: request.state != "cancelled")
            if not reworks:
                return self.env._(
                    "%(complaint)s promises rework and has no request for it. Create it, or choose "
                    "another outcome.",
                    complaint=self.display_name,
                )
            if open_work := reworks.filtered(lambda request: request.state != "done")[:1]:
                return self.env._(
                    "%(complaint)s is not put right yet: request %(request)s is open.",
                    complaint=self.display_name,
                    request=open_work.display_name,
                )
        return ""

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        now = fields.Datetime.now()
        if target == "answered":
            vals |= {"date_answered": now, "answer_user_id": self.env.uid}
        elif target == "verified":
            vals |= {"date_verified": now, "verify_user_id": self.env.uid}
        elif target in ("new", "in_progress"):
            vals |= {"date_verified": False, "verify_user_id": False}
        vals["date_closed"] = now if target in ENDED else False
        return vals

    def _before_transition(self, target):
        super()._before_transition(target)
        if target == "in_progress":
            # Who takes up what nobody handles, handles it; that he may was checked in write.
            unnamed = self.filtered(lambda complaint: not complaint.handler_id)
            unnamed.sudo().write({"handler_id": self.env.uid})

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        self._sync_reminders()
        self.sudo().action_ids._sync_reminders()
        if target == "answered":
            self._send_answer()

    def _send_answer(self):
        """Post the answer where the customer reads it, and mail it to him."""
        for complaint in self:
            complaint.message_post(
                body=complaint.answer,
                partner_ids=complaint.partner_id.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

    # === BUSINESS METHODS: WHO MAY === #

    @api.model
    def _get_content_names(self, vals):
        """Return the names in ``vals`` that say something about the complaint itself."""
        technical = ("message_", "activity_", "website_message_", "rating_")
        return {
            fname
            for fname in vals
            if not fname.startswith(technical) and fname not in ("state", "access_token")
        }

    def _check_person(self, vals):
        """Raise when the current user may not write this on one of the complaints.

        :raises UserError: naming the complaint and who may
        """
        if names := self._get_content_names(vals):
            self._check_editor(names)
        target = vals.get("state")
        for complaint in self:
            if target not in complaint._get_state_transitions().get(complaint.state, {}):
                continue
            if message := complaint._get_step_error(target):
                raise UserError(message)

    def _check_editor(self, names):
        """Raise when the current user may not change ``names`` of one of the complaints.

        :param set names: of fields
        :raises UserError: naming the complaint and who may
        """
        if self.env.su:
            return
        self._check_not_closed()
        for complaint in self:
            message = ""
            if names & VERIFICATION_FIELDS:
                message = complaint._get_step_error("verified")
            if names - VERIFICATION_FIELDS:
                message = message or complaint._get_editor_error()
            if message:
                raise UserError(message)

    def _check_not_closed(self):
        ended = self.filtered(lambda complaint: complaint.state in ENDED)[:1]
        if ended:
            raise UserError(
                self.env._(
                    "%(complaint)s is closed or cancelled and stays as it is. Reopen it to change "
                    "it.",
                    complaint=ended.display_name,
                )
            )

    def _get_editor_error(self):
        """Return why the current user may not change the complaint, or an empty text."""
        self.ensure_one()
        user = self.env.user
        if self.env.su:
            return ""
        if self.target_user_id == user:
            return self.env._(
                "%(complaint)s is about you. Leave it to others.", complaint=self.display_name
            )
        if not self.handler_id or self.handler_id == user or user.has_group(MANAGER):
            return ""
        return self.env._(
            "%(complaint)s is handled by %(handler)s. Only the handler or a manager changes it.",
            complaint=self.display_name,
            handler=self.handler_id.name,
        )

    def _get_step_error(self, target):
        """Return why the current user, of all people, may not take this step."""
        self.ensure_one()
        user = self.env.user
        if self.env.su:
            return ""
        if target == "verified" and user in (self.handler_id | self.answer_user_id):
            return self.env._(
                "You handled %(complaint)s. Somebody else asks the customer and verifies it.",
                complaint=self.display_name,
            )
        follow_up = self.state in FOLLOW_UP and target != "cancelled" and user.has_group(AGENT)
        if follow_up and self.target_user_id != user:
            return ""
        return self._get_editor_error()

    @api.model
    def _check_invoice_access(self, vals):
        """Raise when the current user links an invoice he may not read himself."""
        if vals.get("move_id") and not self.env.su:
            self.env["account.move"].browse(vals["move_id"]).check_access("read")

    def _sync_handler(self):
        """Let the handler follow the complaint and be reminded of the day it is due."""
        # Who hands the complaint over may not see it any more.
        for complaint_sudo in self.sudo().filtered("handler_id"):
            complaint_sudo.message_subscribe(partner_ids=complaint_sudo.handler_id.partner_id.ids)
        self._sync_reminders()

    def _get_reminder(self):
        if self.state in ENDED or not self.handler_id or not self.date_deadline:
            return None
        summary = self.env._("Complaint due: %(subject)s", subject=self.subject or self.name)
        return self.handler_id, self.date_deadline, summary

    @api.model
    def _get_portal_fields(self):
        return PORTAL_FIELDS

    # === BUSINESS METHODS: FACTS === #

    def _get_target_name(self):
        """Return what or whom the customer complains about."""
        self.ensure_one()
        if self.target_kind == "product":
            return self.unit_id.display_name or self.product_id.display_name
        if self.target_kind == "order":
            return self.move_id.name or self.order_ref
        if self.target_kind == "department":
            return self.target_team_id.name
        if self.target_kind == "person":
            return self.target_user_id.name
        return self.request_id.display_name

    def _get_reported_day(self):
        """Return the day of receipt in the company's time zone."""
        self.ensure_one()
        tz = self.company_id.partner_id.tz or self.env.user.tz or "UTC"
        return fields.Datetime.context_timestamp(
            self.with_context(tz=tz), self.date_reported
        ).date()

    def _get_default_deadline(self):
        """Return the day by which a complaint of this severity is closed."""
        self.ensure_one()
        days = self.company_id._get_complaint_days(self.severity)
        return fields.Date.add(self._get_reported_day(), days=days)

    # === BUSINESS METHODS: OUTCOME === #

    def _prepare_rework_vals(self):
        """Return the values of the request that puts the cause right."""
        self.ensure_one()
        return {
            "subject": self.env._("Rectification: %(subject)s", subject=self.subject or self.name),
            "description": self.description,
            "company_id": self.company_id.id,
            "unit_id": self.unit_id.id,
            "product_id": self.product_id.id,
            "partner_id": self.partner_id.id,
            "partner_phone": self.partner_phone,
            "team_id": self.team_id.id,
            "channel": self.channel,
        }

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
