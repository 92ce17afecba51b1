from odoo import api, fields, models
from odoo.tools import SQL

from .repair_order import ENDED

# What was done has begun; what was cancelled need not have.
BEGUN = ("under_repair", "done")
URGENT = "2"
# Noted as the work goes on.
CLOCK_FACTS = {"date_ordered", "date_ended", "date_first_response"}


class RepairOrder(models.Model):
    """The clocks of a work order: until the work starts, and until it is done (SL1)."""

    _name = "repair.order"
    _inherit = [
        "repair.order",
        "aftersales.wait.mixin",
        "aftersales.company.mixin",
    ]

    _sla_start_field = "date_ordered"
    _sla_end_field = "date_ended"
    _sla_answered_by_message = False
    _workday_user_field = "technician_id"
    _workday_action = "aftersales_repair.repair_order_action"
    _workday_icon = "fa-wrench"
    _workday_sequence = 20

    # The customer of an order is known when it is made, not before.
    sla_policy_id = fields.Many2one(precompute=False)
    date_ordered = fields.Datetime(
        string="Ordered",
        default=fields.Datetime.now,
        readonly=True,
        copy=False,
        help="When the work was ordered; its clocks run from here.",
    )
    date_ended = fields.Datetime(
        string="Ended",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the work was ended or cancelled.",
    )
    date_first_response = fields.Datetime(
        string="Work Started", compute=None, readonly=True, help="When the work began."
    )
    response_deadline = fields.Datetime(string="Start Until")
    resolution_deadline = fields.Datetime(string="Done Until")
    response_result = fields.Selection(string="Work Began")
    sla_result = fields.Selection(string="Work Ended")
    response_hours = fields.Float(string="Hours Until Started")
    resolution_hours = fields.Float(string="Hours Until Done")

    def _init_column(self, column_name):
        """Let orders that were there before there were clocks be ordered when they were made."""
        if column_name != "date_ordered":
            return super()._init_column(column_name)
        self.env.cr.execute(
            SQL("UPDATE %s SET date_ordered = create_date", SQL.identifier(self._table))
        )
        return None

    # === CRUD METHODS === #

    def _add_missing_default_values(self, values):
        # What is guarded takes no value from outside, and its own default with it.
        vals = super()._add_missing_default_values(values)
        return {"date_ordered": fields.Datetime.now(), **vals}

    # === BUSINESS METHODS === #

    def _before_transition(self, target):
        super()._before_transition(target)
        if target not in ENDED:
            self._sla_note_closed_time()

    def _after_transition(self, origin, target):
        # First of all: what follows may let the order wait anew.
        if target == "cancel" or origin in ENDED:
            self._choose_policy_anew()
        self._follow_clocks(target)
        super()._after_transition(origin, target)

    def _tell_estimate(self):
        """Tell the estimate; the work waits for the customer until he answers."""
        result = super()._tell_estimate()
        # Whoever tells the estimate need not read the reasons.
        reason_sudo = self.env.ref(
            "aftersales_base.pause_reason_customer", raise_if_not_found=False
        )
        reason_sudo = reason_sudo and reason_sudo.sudo()
        if reason_sudo and reason_sudo.active:
            self._sla_pause(reason_sudo)
        return result

    def _answer_estimate(self, answer, **facts):
        result = super()._answer_estimate(answer, **facts)
        # What waits for parts goes on waiting for them.
        self._resume_on_reply()
        return result

    def _prepare_transition_vals(self, target):
        # What stays as it is, is not written: the clocks would be worked out anew.
        now = fields.Datetime.now()
        vals = super()._prepare_transition_vals(target)
        if target in ENDED:
            vals["date_ended"] = now
        elif any(self.mapped("date_ended")):
            vals["date_ended"] = False
        # Of several orders some may have begun before: those keep their moment.
        if target in BEGUN and not any(self.mapped("date_first_response")):
            vals["date_first_response"] = now
        return vals

    def _follow_clocks(self, target):
        """Start and stop the clocks as the work goes on to ``target``."""
        if target in ("under_repair", *ENDED):
            self._sla_resume()
        if target in BEGUN:
            self._sla_answer()

    def _choose_policy_anew(self):
        """Let what was cancelled have no policy, and what goes on again the one that fits now."""
        self.modified([self._sla_start_field])

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | CLOCK_FACTS

    def _message_post_after_hook(self, message, msg_values):
        super()._message_post_after_hook(message, msg_values)
        self._sla_take_message(message)

    @api.model
    def _get_sla_open_domain(self):
        # What was over before there were clocks has no end of theirs.
        return [*super()._get_sla_open_domain(), ("state", "not in", ENDED)]

    @api.model
    def _get_due_depends(self):
        return [*super()._get_due_depends(), "schedule_date"]

    def _get_due_moments(self):
        # Odoo schedules a new order for the moment it is made: what counts is the day.
        planned = self.schedule_date
        end = planned and self.company_id._get_aftersales_day_end(planned)
        return [*super()._get_due_moments(), end]

    @api.model
    def _get_workday_name(self):
        return self.env._("Work Orders")

    @api.model
    def _get_workday_fields(self):
        return [*super()._get_workday_fields(), "unit_id", "product_id"]

    def _get_workday_title(self):
        unit = self.unit_id or self.product_id
        return unit.display_name or super()._get_workday_title()

    def _has_sla(self):
        # What was over before there were clocks has no end, and none of them runs.
        is_over = not self._is_open() and not self.date_ended
        return super()._has_sla() and self.state != "cancel" and not is_over

    def _get_sla_user(self):
        return self.technician_id

    @api.model
    def _get_sla_document_name(self):
        return self.env._("Work Order")

    @api.model
    def _get_sla_depends(self):
        return [
            *super()._get_sla_depends(),
            "priority",
            "request_id.priority",
            "service_type_id",
            "team_id",
            "partner_id",
            "unit_id",
            "company_id",
        ]

    @api.model
    def _get_sla_policy_depends(self):
        """Leave the end out: see :meth:`_choose_policy_anew`.

        A relation that followed it would cost each step a second look at all that depends on it.
        """
        return [name for name in super()._get_sla_policy_depends() if name != self._sla_end_field]

    def _get_sla_criteria(self):
        return {
            **super()._get_sla_criteria(),
            "priority": self._get_sla_priority(),
            "service_type_ids": self.service_type_id,
            "team_ids": self.team_id,
            "level_ids": self.partner_id.commercial_partner_id.aftersales_level_id,
            "warranty_policy_ids": self.unit_id.policy_id,
        }

    def _get_sla_priority(self):
        """Return how urgent the work is: as its request, urgent at least when it is starred."""
        self.ensure_one()
        own = URGENT if self.priority == "1" else "0"
        return max(own, self.request_id.priority or "0")
