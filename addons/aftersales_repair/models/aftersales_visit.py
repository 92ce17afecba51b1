from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

TECHNICIAN = "aftersales_base.group_aftersales_technician"
AGENT = "aftersales_base.group_aftersales_agent"

OPEN_STATES = ("planned", "on_way", "at_work")
# On the way and after it: a second tap on a step that was taken already does nothing.
FORWARD = ("planned", "on_way", "at_work", "done")
PLAN_FIELDS = {"user_id", "planned_from", "planned_to", "duration", "day"}
# Later or longer than this, and the technician says why.
TOLERANCE = timedelta(minutes=15)


class StepMoment(NamedTuple):
    """When a step was taken. No call from outside makes one: nobody dates his steps by hand."""

    moment: datetime


class AftersalesVisit(models.Model):
    """One trip of one technician for a work order (DI1, DI6, DI8, FS1, FS2, FS7).

    The times are facts: each step writes its own, and nothing else does. Several technicians
    who go together make one visit each, with a share of the labour.

    Who may do what:

    ==================  ===========================  ======  ================
    action              technician                   agent   manager
    ==================  ===========================  ======  ================
    see                 his own, those on his orders  team    all
    plan, move          his own                      team    all
    start, arrive, end  his own                      team    all
    cancel, put back    no                           team    all
    ==================  ===========================  ======  ================
    """

    _name = "aftersales.visit"
    _description = "Visit"
    _inherit = [
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "planned_from, id"
    _rec_names_search = ["name", "partner_id.name", "repair_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"
    _number_code = "aftersales.visit"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        related="repair_id.company_id", store=True, precompute=True, index=True
    )
    request_id = fields.Many2one(
        related="repair_id.request_id", store=True, precompute=True, index="btree_not_null"
    )
    unit_id = fields.Many2one(
        related="repair_id.unit_id", store=True, precompute=True, index="btree_not_null"
    )
    partner_id = fields.Many2one(
        related="repair_id.partner_id", store=True, precompute=True, index="btree_not_null"
    )
    team_id = fields.Many2one(
        related="repair_id.team_id", store=True, precompute=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(
        related="repair_id.service_type_id", store=True, precompute=True
    )
    priority = fields.Selection(related="repair_id.priority")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Technician",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('share', '=', False)]",
        tracking=True,
        group_expand="_read_group_user_ids",
    )
    labour_share = fields.Float(
        string="Share of the Labour (%)",
        default=100,
        aggregator=None,
        help="When several go together, how much of the labour each one does.",
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("on_way", "On the Way"),
            ("at_work", "At Work"),
            ("done", "Done"),
            ("not_possible", "Not Possible"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    # When
    planned_from = fields.Datetime(
        string="Planned", index=True, tracking=True, help="When the technician is to be there."
    )
    duration = fields.Float(
        string="Planned Hours", default=1, help="How long the work there is planned to take."
    )
    planned_to = fields.Datetime(
        string="Planned Until",
        compute="_compute_planned_to",
        store=True,
        readonly=False,
        precompute=True,
        help="Follows from when it begins and how long it takes.",
    )
    travel_started = fields.Datetime(readonly=True, copy=False)
    arrived = fields.Datetime(readonly=True, copy=False)
    left = fields.Datetime(readonly=True, copy=False, help="When the visit was over.")
    travel_hours = fields.Float(compute="_compute_hours", store=True, string="Travel (h)")
    work_hours = fields.Float(compute="_compute_hours", store=True, string="Work (h)")
    late_minutes = fields.Integer(
        compute="_compute_late",
        store=True,
        string="Late (min)",
        aggregator="avg",
        help="How much later than planned he arrived.",
    )
    over_minutes = fields.Integer(
        compute="_compute_late",
        store=True,
        string="Longer (min)",
        aggregator="avg",
        help="How much longer than planned the work took.",
    )
    is_late = fields.Boolean(
        compute="_compute_is_late", help="He should be there already, and is not."
    )

    # Where
    place_id = fields.Many2one(
        comodel_name="res.partner",
        string="Address",
        compute="_compute_place_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        help="Where the technician goes: the place of the installed product, else the customer.",
    )
    region_id = fields.Many2one(
        comodel_name="aftersales.region",
        compute="_compute_region_id",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    phone = fields.Char(compute="_compute_address", compute_sudo=True)
    address = fields.Char(string="Full Address", compute="_compute_address", compute_sudo=True)
    map_url = fields.Char(string="Map", compute="_compute_address", compute_sudo=True)

    # What
    note = fields.Text(
        string="Instructions", help="What the technician should know before he goes."
    )
    accessories = fields.Text(string="To Bring Along", help="Tools, accessories, papers.")
    symptom_id = fields.Many2one(related="repair_id.symptom_id")
    cause_id = fields.Many2one(related="repair_id.cause_id", readonly=False)
    remedy_id = fields.Many2one(related="repair_id.remedy_id", readonly=False)
    unit_warranty_status = fields.Selection(related="unit_id.warranty_status")
    result = fields.Selection(
        selection=[
            ("solved", "Solved"),
            ("parts_needed", "Parts Needed"),
            ("workshop", "Goes to the Workshop"),
            ("follow_up", "Another Visit Needed"),
            ("not_home", "Customer Not at Home"),
            ("no_access", "No Access"),
            ("refused", "Customer Refused"),
        ],
        copy=False,
        tracking=True,
    )
    result_note = fields.Text(string="What Was Found and Done", copy=False)
    delay_reason = fields.Char(
        string="Why Late or Longer",
        copy=False,
        help="Asked when he arrived more than a quarter of an hour late or stayed that much "
        "longer than planned.",
    )
    next_wanted = fields.Date(
        string="Next Visit Wanted", copy=False, help="The day on which somebody should come again."
    )
    previous_id = fields.Many2one(
        comodel_name="aftersales.visit",
        string="Follows Visit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    next_ids = fields.One2many(
        comodel_name="aftersales.visit", inverse_name="previous_id", string="Next Visits"
    )
    is_first = fields.Boolean(
        string="First Visit",
        compute="_compute_first_fix",
        store=True,
        help="Nobody was there for this work order before.",
    )
    first_fix = fields.Float(
        string="First-Time Fix (%)",
        compute="_compute_first_fix",
        store=True,
        aggregator="avg",
        help="100 when the first visit solved it, else 0: among first visits, the average is the "
        "first-time fix rate.",
    )

    _user_planned_index = models.Index("(user_id, planned_from)")
    _user_open_index = models.Index(
        "(user_id, planned_to) WHERE state IN ('planned', 'on_way', 'at_work')"
    )
    _share_range = models.Constraint(
        "CHECK(labour_share >= 0 AND labour_share <= 100)",
        "The share of the labour is between 0 and 100 percent.",
    )
    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "A visit is planned to take some time: more than 0 hours."
    )

    # === COMPUTE METHODS === #

    @api.depends("repair_id")
    def _compute_user_id(self):
        for visit in self:
            visit.user_id = visit.user_id or visit.repair_id.technician_id

    @api.depends("planned_from", "duration")
    def _compute_planned_to(self):
        for visit in self:
            start = visit.planned_from
            visit.planned_to = start and start + timedelta(hours=visit.duration)

    @api.depends("travel_started", "arrived", "left")
    def _compute_hours(self):
        for visit in self:
            there = visit.arrived or visit.left
            visit.travel_hours = self._get_hours(visit.travel_started, there)
            visit.work_hours = self._get_hours(visit.arrived, visit.left)

    @api.depends("arrived", "left", "planned_from", "duration")
    def _compute_late(self):
        for visit in self:
            late = visit.planned_from and self._get_hours(visit.planned_from, visit.arrived)
            over = self._get_hours(visit.arrived, visit.left) - visit.duration
            visit.late_minutes = round(late * 60) if late else 0
            visit.over_minutes = max(0, round(over * 60)) if visit.arrived and visit.left else 0

    @api.depends("planned_from", "state")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for visit in self:
            waited_for = visit.state in ("planned", "on_way") and visit.planned_from
            visit.is_late = bool(waited_for) and visit.planned_from < now

    @api.depends("unit_id.place_id", "partner_id")
    def _compute_place_id(self):
        for visit in self:
            place = visit.unit_id.place_id or visit.partner_id
            visit.place_id = place if visit.state == "planned" and place else visit.place_id

    @api.depends("place_id.zip", "place_id.state_id", "place_id.country_id")
    def _compute_region_id(self):
        for company, visits in self.grouped("company_id").items():
            found = self.env["aftersales.region"]._find_regions(visits.place_id, company)
            for visit in visits:
                visit.region_id = found.get(visit.place_id)

    @api.depends("repair_id.visit_ids.state", "repair_id.visit_ids.arrived", "result")
    def _compute_first_fix(self):
        for visit in self:
            visit.is_first = visit.state == "done" and not visit._get_earlier_visits()
            visit.first_fix = 100 if visit.is_first and visit.result == "solved" else 0

    @api.depends("name", "partner_id.name")
    def _compute_display_name(self):
        for visit in self:
            parts = (visit.name, visit.sudo().partner_id.name)
            visit.display_name = " · ".join(part for part in parts if part)

    # === CONSTRAINT METHODS === #

    @api.constrains("state", "result")
    def _check_result(self):
        for visit in self:
            if message := visit._get_result_error(visit.state):
                raise ValidationError(message)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # Where it comes from makes no difference: the context, or a default somebody stored.
        default = self.default_get(["repair_id"]).get("repair_id")
        if default:
            vals_list = [{"repair_id": default, **vals} for vals in vals_list]
        self._check_orders(vals_list)
        vals_list = self._convert_new_plans(vals_list)
        visits = super().create(self._add_companies(vals_list))
        visits._follow_plans(dict.fromkeys(visits))
        return visits

    def write(self, vals):
        found, step = self._split_step(vals)
        if found and step:
            self.write(found)
            vals = step
        if "state" in vals and len(set(self.mapped("state"))) > 1:
            # Which times a step writes depends on where it comes from.
            return all(visits.write(vals) for visits in self.grouped("state").values())
        self._check_plan_open(vals)
        if {"day", "planned_to"} & vals.keys():
            return all(visit.write(self._convert_plan(vals, visit)) for visit in self)
        if "repair_id" in vals:
            self._check_orders([vals])
        plans = {visit: visit._get_plan() for visit in self}
        result = super().write(vals)
        if "user_id" in vals:
            # Nobody gives a visit to somebody whose visits he may not change.
            self.check_access("write")
        self._follow_plans(plans)
        return result

    # === ACTION METHODS === #

    def action_start(self):
        """Set out. A second tap does nothing."""
        return self._step_forward("on_way")

    def action_arrive(self):
        """Be there, and begin the work. A second tap does nothing."""
        return self._step_forward("at_work")

    def action_finish(self, result=None, **facts):
        """End the visit with what came of it. A second tap does nothing.

        :param str result: what came of it; default: what stands on the visit already
        :param facts: ``result_note``, ``delay_reason``, ``next_wanted``
        :raises UserError: when the result or the reason of a delay is missing
        """
        open_visits = self.filtered(lambda visit: visit.state in OPEN_STATES)
        allowed = {"result_note", "delay_reason", "next_wanted"}
        vals = {fname: value for fname, value in facts.items() if fname in allowed and value}
        if open_visits and (result or vals):
            open_visits.write({**vals, **({"result": result} if result else {})})
        for visit in open_visits:
            failed = visit.result in self._get_failed_results()
            visit.write({"state": "not_possible" if failed else "done"})
        return True

    def action_cancel(self):
        """Drop the visit: nobody goes."""
        return self.write({"state": "cancelled"})

    def action_put_back(self):
        """Take back a step that was tapped by mistake."""
        for visit in self:
            visit.write({"state": "at_work" if visit.state == "done" else "planned"})
        return True

    def action_suggest_technician(self):
        """Open the list of who could go, the best first."""
        self.ensure_one()
        self.check_access("write")
        suggestion = self.env["aftersales.assignee.suggest"].create({"visit_id": self.id})
        return suggestion.action_refresh()

    def action_plan_next(self):
        """Plan the next visit of the same work order and open it."""
        self.ensure_one()
        return self.create(self._prepare_next_vals())._get_records_action()

    def action_add_colleague(self):
        """Send somebody along: the labour is shared by all who go together."""
        self.ensure_one()
        colleague = self.create(self._prepare_colleague_vals())
        together = colleague._get_together()
        share = round(100 / len(together), 2)
        together.labour_share = share
        self.labour_share = 100 - share * (len(together) - 1)
        return colleague._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _check_orders(self, vals_list):
        """Raise when a visit would be for a work order the user does not work on.

        Who goes on a visit may work on its order: making one must open nobody's else.
        """
        orders = {vals.get("repair_id") for vals in vals_list} - {None, False}
        self.env["repair.order"].browse(orders).check_access("write")

    @api.model
    def _add_companies(self, vals_list):
        """Return the values with the company of the order, which says whose number it gets."""
        orders = [vals.get("repair_id") for vals in vals_list]
        companies = {
            order.id: order.company_id.id
            for order in self.env["repair.order"].browse(filter(None, orders))
        }
        return [
            {**vals, **({"company_id": companies[order]} if order else {})}
            for vals, order in zip(vals_list, orders, strict=True)
        ]

    def _get_state_transitions(self):
        return {
            "planned": {"on_way": TECHNICIAN, "at_work": TECHNICIAN, "cancelled": AGENT},
            "on_way": {
                "at_work": TECHNICIAN,
                "not_possible": TECHNICIAN,
                "planned": AGENT,
                "cancelled": AGENT,
            },
            "at_work": {"done": TECHNICIAN, "not_possible": TECHNICIAN, "planned": AGENT},
            "done": {"at_work": AGENT},
            "not_possible": {"planned": AGENT},
            "cancelled": {"planned": AGENT},
        }

    @api.model
    def _get_guarded_fields(self):
        times = {"travel_started", "arrived", "left"}
        return super()._get_guarded_fields() | times | {"name"}

    @api.model
    def _get_failed_results(self):
        """Return the results that mean nobody could work there."""
        return {"not_home", "no_access", "refused"}

    def _step_forward(self, target):
        """Take a step; those that took it already, or are further on, stay as they are."""
        past = (*FORWARD[FORWARD.index(target) :], "not_possible")
        waiting = self.filtered(lambda visit: visit.state not in past)
        return waiting.write({"state": target}) if waiting else True

    def _transition_error_message(self, target):
        self.ensure_one()
        if target in ("on_way", "at_work") and not self.user_id:
            return self.env._(
                "Nobody is to go on %(visit)s. Name the technician first.", visit=self.display_name
            )
        if target in ("done", "not_possible"):
            return self._get_result_error(target) or self._get_delay_error()
        return super()._transition_error_message(target)

    def _unlink_error_message(self):
        if self.state not in ("planned", "cancelled"):
            return self.env._(
                "%(visit)s has begun and stays on record. Cancel it instead.",
                visit=self.display_name,
            )
        return super()._unlink_error_message()

    def _get_result_error(self, state):
        """Return what is wrong with the result of a visit in this state, or an empty text."""
        self.ensure_one()
        failed = self.result in self._get_failed_results()
        name = self.display_name
        if state in ("done", "not_possible") and not self.result:
            return self.env._("%(visit)s has no result. Say what came of it.", visit=name)
        if state == "done" and failed:
            return self.env._(
                "Nobody could work on %(visit)s, so it is not done. Choose another result.",
                visit=name,
            )
        if state == "not_possible" and not failed:
            return self.env._(
                "The result of %(visit)s says that work was done. Choose why it was not possible.",
                visit=name,
            )
        return ""

    def _get_delay_error(self):
        """Return that the reason of a delay is missing, when it is."""
        self.ensure_one()
        if self.delay_reason or not self._is_delayed():
            return ""
        return self.env._(
            "%(visit)s was late or took longer than planned. Say why.", visit=self.display_name
        )

    def _is_delayed(self):
        """Return whether he came late, or stays longer than planned, by more than a little."""
        self.ensure_one()
        end = self.left or self._get_step_moment()
        late = self.arrived and self.planned_from and self.arrived - self.planned_from > TOLERANCE
        planned = timedelta(hours=self.duration)
        return bool(late or (self.arrived and end - self.arrived - planned > TOLERANCE))

    def _prepare_transition_vals(self, target):
        """Return the times of the step; all of these visits are in the same state."""
        vals = super()._prepare_transition_vals(target)
        moment = self._get_step_moment()
        origin = self[:1].state
        if target == "on_way":
            return {**vals, "travel_started": moment}
        if target == "at_work":
            return {**vals, "left": False} if origin == "done" else {**vals, "arrived": moment}
        if target in ("done", "not_possible"):
            return {**vals, "left": moment}
        if target == "planned":
            gone = ("travel_started", "arrived", "left", "result", "result_note", "delay_reason")
            return {**vals, **dict.fromkeys(gone, False)}
        return vals

    def _at(self, moment):
        """Return the visits so that the steps they take now count as taken at ``moment``."""
        return self.with_context(aftersales_step=StepMoment(moment))

    def _get_step_moment(self):
        """Return when the step is taken: now, or earlier when it is told late; no step lies before
        the one it follows.
        """
        now = fields.Datetime.now()
        step = self.env.context.get("aftersales_step")
        if not isinstance(step, StepMoment):
            return now
        known = [*self.mapped("travel_started"), *self.mapped("arrived")]
        return min(max([step.moment, *filter(None, known)]), now)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target in ("on_way", "at_work"):
            self.repair_id._start_requests()

    @api.model
    def _get_hours(self, start, end):
        """Return the hours between two moments, 0 when one is missing."""
        return (end - start).total_seconds() / 3600 if start and end else 0.0

    def _get_earlier_visits(self):
        """Return the visits of the same order on which somebody was there before."""
        self.ensure_one()
        return self.repair_id.visit_ids.filtered(
            lambda visit: (
                visit != self
                and visit.state == "done"
                and visit.arrived
                and visit.left
                and visit.left <= (self.arrived or fields.Datetime.now())
            )
        )

    def _get_together(self):
        """Return the living visits of those who go there at the same time."""
        self.ensure_one()
        return self.repair_id.visit_ids.filtered(
            lambda visit: (
                visit.planned_from == self.planned_from
                and visit.state not in ("cancelled", "not_possible")
            )
        )

    def _prepare_next_vals(self):
        """Return the values of the next visit of the same order."""
        self.ensure_one()
        vals = {
            "repair_id": self.repair_id.id,
            "previous_id": self.id,
            "user_id": self.user_id.id,
            "place_id": self.place_id.id,
            "duration": self.duration,
        }
        if self.next_wanted:
            vals["day"] = fields.Date.to_string(self.next_wanted)
        return vals

    def _prepare_colleague_vals(self):
        """Return the values of the visit of somebody who goes along."""
        self.ensure_one()
        return {
            "repair_id": self.repair_id.id,
            "user_id": False,
            "planned_from": self.planned_from,
            "duration": self.duration,
            "place_id": self.place_id.id,
            "note": self.note,
        }
