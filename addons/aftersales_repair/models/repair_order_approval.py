from odoo import api, fields, models
from odoo.exceptions import UserError

MANAGER = "aftersales_base.group_aftersales_manager"
ACTIVITY = "aftersales_repair.mail_activity_type_approval"
# Written by asking and answering, by nothing else.
APPROVAL_FACTS = {
    "approval_asked_on",
    "approval_asked_by_id",
    "approval_type_id",
    "approval_answer",
    "approval_answered_on",
    "approver_id",
    "approval_reason",
}
# No order of such a type gets here without approval.
APPROVED_STATES = ("confirmed", "under_repair", "done")


class RepairOrder(models.Model):
    """Work that a superior has to approve before anybody begins it (DV2, AD8).

    What was asked and answered are facts. They count for the service type they were asked for:
    an order that becomes another kind of work is asked about anew.
    """

    _inherit = "repair.order"

    approval_asked_on = fields.Datetime(readonly=True, copy=False)
    approval_asked_by_id = fields.Many2one(comodel_name="res.users", readonly=True, copy=False)
    approval_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        string="Approval Asked For",
        readonly=True,
        copy=False,
    )
    approval_answer = fields.Selection(
        selection=[("approved", "Approved"), ("refused", "Not Approved")],
        string="Answer of the Superior",
        readonly=True,
        copy=False,
        tracking=True,
    )
    approval_answered_on = fields.Datetime(readonly=True, copy=False)
    approver_id = fields.Many2one(
        comodel_name="res.users", string="Approval Answered By", readonly=True, copy=False
    )
    approval_reason = fields.Char(string="Why Not Approved", readonly=True, copy=False)
    approval_status = fields.Selection(
        selection=[
            ("needed", "Approval Needed"),
            ("asked", "Waits for Approval"),
            ("approved", "Approved"),
            ("refused", "Not Approved"),
        ],
        string="Approval",
        compute="_compute_approval_status",
        store=True,
        index="btree_not_null",
        help="Work of some service types waits until a superior approves it.",
    )
    may_approve = fields.Boolean(compute="_compute_may_approve")

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "service_type_id.needs_approval",
        "approval_asked_on",
        "approval_type_id",
        "approval_answer",
    )
    def _compute_approval_status(self):
        for repair in self:
            if repair._is_open():
                repair.approval_status = repair._get_approval_status()
            else:
                repair.approval_status = repair.approval_status

    @api.depends("approval_status", "approval_asked_by_id", "team_id")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        for repair in self:
            repair.may_approve = (
                repair.approval_status == "asked" and not repair._get_approver_obstacle()
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        # Odoo makes orders of sales that begin as confirmed.
        for repair in repairs:
            if repair.state in APPROVED_STATES and (message := repair._approval_error_message()):
                raise UserError(message)
        return repairs

    # === ACTION METHODS === #

    def action_ask_approval(self):
        """Ask the superior; asked already, it changes nothing."""
        self.check_access("write")
        waiting = self.filtered(lambda repair: repair.approval_status in ("needed", "refused"))
        for repair in waiting:
            # Who asked for what is noted, not told.
            repair.sudo().write(repair._prepare_approval_question_vals())
            repair._tell_approver()

    def action_approve(self):
        """Let the work begin.

        :raises UserError: when nobody asked, it is answered, or the user may not approve it
        """
        self._answer_approval("approved")

    # === BUSINESS METHODS === #

    def _get_approval_status(self):
        self.ensure_one()
        if not self.service_type_id.needs_approval:
            return False
        if not self.approval_asked_on or self.approval_type_id != self.service_type_id:
            return "needed"
        return self.approval_answer or "asked"

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | APPROVAL_FACTS

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target in APPROVED_STATES:
            message = self._approval_error_message()
        return message

    def _approval_error_message(self):
        """Return that no superior approved the work, or an empty text."""
        self.ensure_one()
        # Company policy binds whoever works, also who reads no service types.
        repair_sudo = self.sudo()
        # Judged by the facts of now: what is shown of a closed order is how it ended.
        status = repair_sudo._get_approval_status()
        if status in (False, "approved"):
            return ""
        if status == "refused":
            return self.env._(
                "%(order)s was not approved by %(approver)s: %(reason)s Ask again, or cancel it.",
                order=repair_sudo.display_name,
                approver=repair_sudo.approver_id.name,
                reason=repair_sudo.approval_reason,
            )
        return self.env._(
            "%(order)s is %(type)s, which a superior has to approve first. Press Ask for Approval "
            "on the order and wait for the answer.",
            order=repair_sudo.display_name,
            type=repair_sudo.service_type_id.name,
        )

    def _prepare_approval_question_vals(self):
        """Return the facts of asking now; an earlier answer is history."""
        self.ensure_one()
        return {
            **dict.fromkeys(APPROVAL_FACTS, False),
            "approval_asked_on": fields.Datetime.now(),
            "approval_asked_by_id": self.env.uid,
            "approval_type_id": self.service_type_id.id,
        }

    def _get_approver_obstacle(self):
        """Return why the current user may not answer, or an empty text."""
        self.ensure_one()
        # Who leads whom is read for the decision alone.
        repair_sudo = self.sudo()
        user = self.env.user
        if user not in repair_sudo.team_id.chief_ids and not user.has_group(MANAGER):
            return self.env._(
                "%(order)s is approved by the leader of its team or by a manager.",
                order=self.display_name,
            )
        asked_by = repair_sudo.approval_asked_by_id
        if asked_by == user and not repair_sudo.company_id.aftersales_own_approval:
            return self.env._(
                "You asked for the approval of %(order)s yourself: somebody else has to answer.",
                order=self.display_name,
            )
        return ""

    def _answer_approval(self, answer, reason=False):
        """Note the superior's answer and tell who asked.

        :param str answer: ``approved`` or ``refused``
        :param str reason: needed to refuse
        :raises UserError: when nobody asked, it is answered, or the user may not answer
        """
        self.check_access("write")
        for repair in self:
            if repair.approval_status != "asked":
                raise UserError(
                    self.env._(
                        "Nobody waits for an approval of %(order)s.", order=repair.display_name
                    )
                )
            if message := repair._get_approver_obstacle():
                raise UserError(message)
        # An answer is noted by answering, not by hand.
        self.sudo().write(
            {
                "approval_answer": answer,
                "approval_answered_on": fields.Datetime.now(),
                "approver_id": self.env.uid,
                "approval_reason": reason,
            }
        )
        self._tell_asker()

    def _get_approvers(self):
        """Return who may answer, the nearest leader first, then managers of the company."""
        self.ensure_one()
        repair_sudo = self.sudo()
        leaders = [team.leader_id for team in repair_sudo.team_id._get_chain()]
        managers = self.env.ref(MANAGER).sudo().all_user_ids
        approvers = self.env["res.users"].sudo().union(*leaders, managers)
        own = repair_sudo.company_id.aftersales_own_approval
        return approvers.filtered(
            lambda user: (
                user.active
                and not user.share
                and repair_sudo.company_id in user.company_ids
                and (own or user != self.env.user)
            )
        )

    def _tell_approver(self):
        """Put it among the to-dos of who may answer first."""
        self.ensure_one()
        self._get_approval_activities().unlink()
        approver = self._get_approvers()[:1]
        if not approver or not self.env.ref(ACTIVITY, raise_if_not_found=False):
            return
        reader = self.with_context(lang=approver.lang)
        self.activity_schedule(
            ACTIVITY,
            date_deadline=fields.Date.context_today(self),
            summary=reader.env._("Approve: %(type)s", type=reader.service_type_id.name),
            user_id=approver.id,
        )

    def _tell_asker(self):
        """Write the answer to who asked, and take it off the to-dos."""
        self._get_approval_activities().unlink()
        for repair in self:
            asked_by = repair.sudo().approval_asked_by_id
            reader = repair.with_context(lang=asked_by.lang)
            repair.message_post(
                body=reader._describe_approval(),
                partner_ids=(asked_by - self.env.user).partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )

    def _describe_approval(self):
        self.ensure_one()
        if self.approval_answer == "approved":
            return self.env._("Approved by %(name)s.", name=self.approver_id.name)
        return self.env._(
            "Not approved by %(name)s: %(reason)s",
            name=self.approver_id.name,
            reason=self.approval_reason,
        )

    def _get_approval_activities(self):
        """Return the open to-dos to approve these orders, whosever they are."""
        todo = self.env.ref(ACTIVITY, raise_if_not_found=False)
        return self.sudo().activity_ids.filtered(
            lambda activity: todo and activity.activity_type_id == todo
        )
