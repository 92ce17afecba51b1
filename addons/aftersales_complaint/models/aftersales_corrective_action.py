from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# What the one who does the action writes himself; the rest is the handler's.
OWNER_FIELDS = {"date_done", "result"}


class AftersalesCorrectiveAction(models.Model):
    """What is done so that the complaint does not come back: by whom, until when (CP7).

    ==================  =======  =======  =======  =======
    action              owner    handler  agent    manager
    ==================  =======  =======  =======  =======
    see                 yes      yes      team     all
    note as done        yes      yes      no       all
    create, change      no       yes      no       all
    ==================  =======  =======  =======  =======

    A complaint without a handler is worked on by every agent of the team.
    """

    _name = "aftersales.corrective.action"
    _description = "Corrective Action"
    _inherit = ["aftersales.reminder.mixin", "mail.thread"]
    _order = "date_done desc, date_deadline, id"
    _rec_names_search = ["name", "complaint_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"
    _reminder_type = "aftersales_complaint.mail_activity_type_corrective_action"

    name = fields.Char(string="What", required=True, tracking=True)
    complaint_id = fields.Many2one(
        comodel_name="aftersales.complaint", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="complaint_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        selection=[("corrective", "Corrective"), ("preventive", "Preventive")],
        required=True,
        default="corrective",
        help="Corrective: puts this case right. Preventive: keeps it from happening again.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        check_company=True,
        index=True,
        tracking=True,
    )
    date_deadline = fields.Date(string="Due", required=True, index=True, tracking=True)
    date_done = fields.Date(string="Done On", copy=False, index="btree_not_null", tracking=True)
    result = fields.Text(help="What was found or changed.")
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )
    severity = fields.Selection(related="complaint_id.severity")
    partner_id = fields.Many2one(related="complaint_id.partner_id")
    complaint_state = fields.Selection(related="complaint_id.state")

    # === COMPUTE METHODS === #

    @api.depends("date_deadline", "date_done")
    def _compute_is_overdue(self):
        for action in self:
            waits = not action.date_done and action.date_deadline
            today = action.company_id._get_aftersales_day()
            action.is_overdue = bool(waits and action.date_deadline < today)

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self.env["res.company"]._get_aftersales_day_domain(
            lambda today: Domain("date_deadline", "<", today)
        )
        return Domain("date_done", "=", False) & late

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        actions = super().create(vals_list)
        actions.complaint_id._check_editor({"action_ids"})
        actions._sync_reminders()
        return actions

    def write(self, vals):
        content = self.complaint_id._get_content_names(vals)
        if content and not self.env.su:
            self.check_access("read")
            self._check_owner(content)
        result = super().write(vals)
        if "complaint_id" in vals:
            self.complaint_id._check_editor({"action_ids"})
        if {"user_id", "date_deadline", "date_done", "name"} & vals.keys():
            self._sync_reminders()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_not_handled(self):
        self.complaint_id._check_editor({"action_ids"})

    # === ACTION METHODS === #

    def action_done(self):
        """Note that the actions are done, today."""
        waiting = self.filtered(lambda action: not action.date_done)
        for company, actions in waiting.grouped("company_id").items():
            actions.write({"date_done": company._get_aftersales_day()})
        return True

    def action_reopen(self):
        """Take the actions up again."""
        return self.write({"date_done": False})

    # === BUSINESS METHODS === #

    def _check_owner(self, names):
        """Raise when the current user may not write ``names`` of these actions.

        :raises UserError: naming the complaint and who may
        """
        if names <= OWNER_FIELDS:
            others = self.filtered(lambda action: action.user_id != self.env.user)
            (self - others).complaint_id.sudo()._check_not_closed()
            others.complaint_id._check_editor({"action_ids"})
        else:
            self.complaint_id._check_editor({"action_ids"})

    def _get_reminder(self):
        if self.date_done or self.complaint_state == "cancelled":
            return None
        return self.user_id, self.date_deadline, self.name

    @api.constrains("user_id")
    def _check_owner_role(self):
        for action in self:
            if not action.user_id.has_group("aftersales_base.group_aftersales_technician"):
                raise UserError(
                    self.env._(
                        "%(user)s has no after-sales role and would not see the action "
                        '"%(action)s". Choose somebody else.',
                        user=action.user_id.name,
                        action=action.name,
                    )
                )
