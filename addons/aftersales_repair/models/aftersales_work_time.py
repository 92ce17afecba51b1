from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.aftersales_base.tools.jobs import attempt_together, tell

CLOCK_ACTIVITY = "aftersales_repair.mail_activity_type_clock"
MANAGER = "aftersales_base.group_aftersales_manager"
FULL_SHARE = 100
# A clock that runs longer was forgotten.
MOST_HOURS = 12


class AftersalesWorkTime(models.Model):
    """From when until when somebody worked on an order at the bench (WS2, WS3, RP13).

    A time without an end is a clock that runs; a technician has one at most, by a unique index.
    A pause ends the time, going on begins another. What was corrected stands in its messages.

    Who may do what:

    ==============  ==========================  ================  =======
    action          technician                  agent, finance    manager
    ==============  ==========================  ================  =======
    see             his own, all of his orders  his teams', all   all
    write, correct  his own, until work ends    his own           all
    weigh           no                          as leader         all
    delete          no                          no                all
    ==============  ==========================  ================  =======
    """

    _name = "aftersales.work.time"
    _description = "Time Worked"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "date_from desc, id desc"
    _rec_names_search = ["repair_id.name", "user_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        ondelete="cascade",
        index=True,
        tracking=True,
    )
    company_id = fields.Many2one(
        related="repair_id.company_id", store=True, precompute=True, index=True
    )
    team_id = fields.Many2one(
        related="repair_id.team_id", store=True, precompute=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(
        related="repair_id.service_type_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(related="repair_id.partner_id")
    unit_id = fields.Many2one(related="repair_id.unit_id")
    order_state = fields.Selection(related="repair_id.state", string="State of the Order")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Technician",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        check_company=True,
        tracking=True,
    )
    date_from = fields.Datetime(
        string="From", required=True, default=fields.Datetime.now, index=True, tracking=True
    )
    date_to = fields.Datetime(
        string="Until", copy=False, tracking=True, help="Empty while the clock runs."
    )
    hours = fields.Float(
        compute="_compute_hours", store=True, precompute=True, help="0 while the clock runs."
    )
    labour_share = fields.Float(
        string="Counts (%)",
        default=FULL_SHARE,
        aggregator=None,
        tracking=True,
        help="How much these hours weigh when the labour sold is shared among those who worked: "
        "an apprentice's may count half.",
    )
    note = fields.Char(string="What Was Done")

    _running_uniq = models.UniqueIndex(
        "(user_id) WHERE date_to IS NULL",
        "A technician has one running clock. Stop it before another one starts.",
    )
    _user_from_index = models.Index("(user_id, date_from)")
    _ends_after_start = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)", "Work ends after it began."
    )
    _share_range = models.Constraint(
        "CHECK(labour_share >= 0 AND labour_share <= 100)",
        "Hours count between 0 and 100 percent.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_from", "date_to")
    def _compute_hours(self):
        for time in self:
            ended = time.date_from and time.date_to
            length = (time.date_to - time.date_from) if ended else None
            time.hours = length.total_seconds() / 3600 if length else 0.0

    @api.depends("repair_id.name", "user_id.name")
    def _compute_display_name(self):
        for time in self:
            parts = (time.repair_id.name, time.user_id.name)
            time.display_name = " · ".join(part for part in parts if part)

    # === CONSTRAINT METHODS === #

    @api.constrains("date_from", "date_to")
    def _check_not_ahead(self):
        now = fields.Datetime.now()
        for time in self:
            if max(time.date_from, time.date_to or time.date_from) > now:
                raise ValidationError(
                    self.env._(
                        "%(time)s lies ahead. Write down what was worked, not what is planned.",
                        time=time.display_name,
                    )
                )

    @api.constrains("user_id", "date_from", "date_to")
    def _check_overlap(self):
        """Refuse that somebody worked on two things at the same time."""
        now = fields.Datetime.now()
        # Times nobody else may see are in the way, too.
        others = self.sudo().search(
            Domain("user_id", "in", self.user_id.ids)
            & Domain("date_from", "<", max(time.date_to or now for time in self))
            & (
                Domain("date_to", "=", False)
                | Domain("date_to", ">", min(self.mapped("date_from")))
            )
        )
        for time in self:
            for other in others.filtered(lambda other, time=time: other.user_id == time.user_id):
                if other != time and time._overlaps(other, now):
                    raise ValidationError(
                        self.env._(
                            "%(person)s worked on %(order)s at that time. Correct one of the two.",
                            person=time.user_id.name,
                            order=other.repair_id.name,
                        )
                    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        times = super().create(vals_list)
        times._check_orders()
        if any("labour_share" in vals for vals in vals_list):
            times.filtered(lambda time: time.labour_share != FULL_SHARE)._check_may_weigh()
        return times

    def write(self, vals):
        self._check_orders()
        if "labour_share" in vals:
            self._check_may_weigh()
        result = super().write(vals)
        if "repair_id" in vals:
            self._check_orders()
        if "user_id" in vals:
            # Nobody writes down hours of somebody whose hours he may not change.
            self.check_access("write")
        return result

    # === CRON METHODS === #

    @api.model
    def _cron_remind_of_running(self):
        """Give who forgot his clock a to-do on the order, once for each clock; where that cannot
        be, the order says why.
        """
        forgotten = fields.Datetime.now() - timedelta(hours=MOST_HOURS)
        running = self.search([("date_to", "=", False), ("date_from", "<", forgotten)])
        asked = running.repair_id.activity_search([CLOCK_ACTIVITY])
        asked = asked.grouped(lambda activity: (activity.res_id, activity.user_id))
        unasked = running.filtered(
            lambda time: (
                not any(
                    activity.create_date >= time.date_from
                    for activity in asked.get((time.repair_id.id, time.user_id), ())
                )
            )
        )
        groups = unasked.grouped("user_id").values()
        __, errors = attempt_together(self.env, groups, lambda times: times._remind_of_running())
        for times, error in errors.items():
            for time in times:
                tell(time.repair_id, time._get_not_reminded_message(error))

    # === ACTION METHODS === #

    def action_stop(self):
        """Stop the clock; one that was stopped already stays as it is."""
        return self._stop(fields.Datetime.now())

    # === BUSINESS METHODS === #

    def _remind_of_running(self):
        """Give those whose clocks run a to-do on the order."""
        for user, times in self.grouped("user_id").items():
            times.repair_id.activity_schedule(CLOCK_ACTIVITY, user_id=user.id)

    def _get_not_reminded_message(self, error):
        self.ensure_one()
        return self.env._(
            "%(person)s was not told that his clock still runs: %(error)s",
            person=self.user_id.name,
            error=error,
        )

    def _stop(self, moment):
        """Stop the clocks that run at ``moment``; none ends before it began."""
        running = self.filtered(lambda time: not time.date_to)
        running.check_access("write")
        # A clock can be stopped whoever has the order now; when it was, is no correction.
        running_sudo = running.sudo().with_context(mail_notrack=True)
        for end, times in running_sudo.grouped(lambda time: max(moment, time.date_from)).items():
            times.date_to = end
        return True

    def _overlaps(self, other, now):
        """Return whether two times have more than a moment in common."""
        self.ensure_one()
        start = max(self.date_from, other.date_from)
        return start < min(self.date_to or now, other.date_to or now)

    def _check_orders(self):
        """Raise when the user does not work on the order, or it is closed and he no manager.

        :raises UserError: naming the order
        """
        if self.env.su:
            return
        self.repair_id.check_access("write")
        closed = self.repair_id.filtered(lambda repair: not repair._is_open())[:1]
        if closed and not self.env.user.has_group(MANAGER):
            raise UserError(
                self.env._(
                    "%(order)s is closed: its hours stand. Ask a manager to correct them.",
                    order=closed.display_name,
                )
            )

    def _check_may_weigh(self):
        """Raise when the user says how much hours count and leads nobody.

        :raises UserError: naming the time
        """
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        for time in self:
            # sudo: who leads a team is no secret to who works in it.
            if self.env.user not in time.sudo().team_id.chief_ids:
                raise UserError(
                    self.env._(
                        "%(time)s: how much hours count is said by a leader of the team or a "
                        "manager.",
                        time=time.display_name,
                    )
                )

    @api.model
    def _start(self, order, moment=None):
        """Let the user's clock run on an order; what he worked on until then is stopped.

        What is told late takes nothing of what was started after it: there the clock ended.

        :param moment: since when, by default now
        :return: the time that was stopped, empty when none ran
        :raises UserError: when the order is closed
        """
        now = fields.Datetime.now()
        moment = min(moment or now, now)
        times_sudo = self._get_own_after(moment)
        later_sudo = times_sudo.filtered(lambda time: time.date_from > moment)
        earlier_sudo = times_sudo - later_sudo
        running_sudo = earlier_sudo.filtered(lambda time: not time.date_to)
        if running_sudo.repair_id.id == order.id:
            return self.browse()
        start = max([moment, *(earlier_sudo - running_sudo).mapped("date_to")])
        end = min(later_sudo.mapped("date_from"), default=False)
        if end and end <= start:
            return self.browse()
        running_sudo._stop(start)
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        vals = {"repair_id": order.id, "user_id": self.env.uid}
        quiet.create({**vals, "date_from": start, "date_to": end})
        return running_sudo.with_env(self.env)

    @api.model
    def _stop_own(self, orders, moment):
        """Stop the user's clock on these orders at ``moment``; one that was started later runs on.

        When that is told late, and something else was started meanwhile, the clock ended with that
        and ends at ``moment`` now. Hours of closed orders stand.
        """
        times_sudo = self._get_own_after(moment)
        begun_sudo = times_sudo.filtered(
            lambda time: time.repair_id.id in orders.ids and time.date_from <= moment
        )
        starts = set((times_sudo - begun_sudo).mapped("date_from"))
        cut_sudo = begun_sudo.filtered(
            lambda time: time.date_to in starts and time.repair_id._is_open()
        )
        cut_sudo.date_to = moment
        return begun_sudo._stop(moment)

    @api.model
    def _get_own_after(self, moment):
        """Return what the user worked on after ``moment``, or since before it."""
        # sudo: his own times, also on orders that are not his any more, and in a company that is
        # not switched on.
        times_sudo = self.sudo().search(
            Domain("user_id", "=", self.env.uid)
            & (Domain("date_to", ">", moment) | Domain("date_to", "=", False))
        )
        return times_sudo.filtered(lambda time: time.date_from != time.date_to)

    def _prepare_stopped_notice(self):
        """Return the notice that an earlier clock was stopped."""
        self.ensure_one()
        stopped = fields.Datetime.context_timestamp(self, self.date_to)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "Your clock on %(order)s stopped at %(time)s.",
                    order=self.sudo().repair_id.name,
                    time=stopped.strftime("%H:%M"),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
