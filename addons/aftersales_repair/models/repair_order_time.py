from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import float_compare

from .repair_order import ENDED


class RepairOrder(models.Model):
    """Hours worked on an order: planned, worked, and sold (WS3, RP13).

    What counts as worked says ``aftersales.worked.hours``; sold is the labour among the charges.
    """

    _inherit = "repair.order"

    helper_ids = fields.Many2many(
        comodel_name="res.users",
        relation="repair_order_helper_rel",
        string="Also Working",
        domain="[('share', '=', False)]",
        copy=False,
        help="Colleagues who work on it, too: they see the order and run their own clock on it.",
    )
    work_time_ids = fields.One2many(
        comodel_name="aftersales.work.time",
        inverse_name="repair_id",
        string="Time at the Bench",
    )
    planned_hours = fields.Float(
        copy=False, help="How long the work should take. Standard jobs add their time."
    )
    worked_hours = fields.Float(
        compute="_compute_worked_hours",
        compute_sudo=True,
        help="At the bench and on visits, those that were not possible too; without the road. A "
        "clock that runs counts when it is stopped.",
    )
    sold_hours = fields.Float(
        compute="_compute_sold_hours",
        compute_sudo=True,
        help="Labour among the charges.",
    )
    working_user_ids = fields.Many2many(
        comodel_name="res.users",
        string="At Work Now",
        compute="_compute_working_user_ids",
        compute_sudo=True,
        help="Whose clock runs on it.",
    )
    is_my_clock_running = fields.Boolean(
        string="My Clock Runs", compute="_compute_is_my_clock_running"
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: self.env["aftersales.worked.hours"]._get_order_depends())
    def _compute_worked_hours(self):
        for repair in self:
            repair.worked_hours = self.env["aftersales.worked.hours"]._sum_order(repair)

    @api.depends("charge_ids.kind", "charge_ids.state", "charge_ids.quantity", "charge_ids.uom_id")
    def _compute_sold_hours(self):
        for repair in self:
            repair.sold_hours = sum(charge._get_hours() for charge in repair.charge_ids)

    @api.depends("work_time_ids.date_to", "work_time_ids.user_id")
    def _compute_working_user_ids(self):
        running = self.work_time_ids.filtered(lambda time: not time.date_to)
        for repair in self:
            repair.working_user_ids = (repair.work_time_ids & running).user_id

    @api.depends("working_user_ids")
    @api.depends_context("uid")
    def _compute_is_my_clock_running(self):
        for repair in self:
            repair.is_my_clock_running = self.env.user in repair.working_user_ids

    # === CONSTRAINT METHODS === #

    @api.constrains("helper_ids", "company_id")
    def _check_helpers(self):
        # Only a name leaves it.
        for repair in self.sudo():
            foreign = repair.helper_ids.filtered(
                lambda user, repair=repair: repair.company_id not in user.company_ids
            )[:1]
            if foreign:
                raise ValidationError(
                    self.env._(
                        "%(person)s does not work for %(company)s. Take him off %(order)s.",
                        person=foreign.name,
                        company=repair.company_id.name,
                        order=repair.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked(self):
        # Hours stay on record, also those of colleagues he does not see.
        worked = self.sudo().filtered("work_time_ids")[:1]
        if worked:
            raise UserError(
                self.env._(
                    "Hours were worked on %(order)s, and stay on record. Cancel it instead.",
                    order=worked.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_start_clock(self):
        """Let my clock run on this order; the one that runs elsewhere stops.

        :raises UserError: when the order is closed
        """
        self.ensure_one()
        stopped = self._start_clock()
        return stopped._prepare_stopped_notice() if stopped else True

    def action_stop_clock(self):
        """Stop my clock on these orders. A second tap does nothing."""
        return self._stop_clock()

    def action_charge_worked_hours(self):
        """Charge the hours that were worked and that no standard job pays for."""
        self.ensure_one()
        self._charge_worked_hours()
        return True

    # === BUSINESS METHODS === #

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target in ENDED:
            self._stop_clocks()

    def _start_clock(self, moment=None):
        """Let the user's clock run on this order since ``moment``, by default now.

        :return: the time that was stopped on another order, if any
        :raises UserError: when the order is closed
        """
        self.ensure_one()
        stopped = self.env["aftersales.work.time"]._start(self, moment)
        self._start_requests()
        return stopped

    def _stop_clock(self, moment=None):
        """Stop the user's clock on these orders at ``moment``, by default now; one that was started
        later runs on.
        """
        times = self.env["aftersales.work.time"]
        return times._stop_own(self, moment or fields.Datetime.now())

    def _stop_clocks(self):
        """Stop every clock on work that is over."""
        # Whoever ends the work ends it for all who are at it.
        self.sudo().work_time_ids.action_stop()

    def _add_jobs(self, jobs):
        hours = sum(jobs._get_all_lines().mapped("hours"))
        result = super()._add_jobs(jobs)
        if hours:
            self.planned_hours += hours
        return result

    def _charge_worked_hours(self):
        """Put the hours worked on the order as one labour charge, or bring that up to date.

        Time of standard jobs is sold at a flat rate, and hours that are confirmed stand as they
        are: neither is charged a second time.

        :return: the charge
        :raises UserError: when the work is over, there is no product for labour, or no hour is
            left to charge
        """
        self.ensure_one()
        self._check_hours_chargeable()
        hours = self._get_hours_to_charge()
        vals = self._prepare_worked_charge_vals(hours)
        charge = self.charge_ids.filtered(
            lambda charge: charge.is_worked_time and charge.state == "draft"
        )[:1]
        if charge:
            charge.quantity = vals["quantity"]
        else:
            known = self.charge_ids
            self.charge_ids = [Command.create(vals)]
            charge = self.charge_ids - known
            # Nobody says of a charge himself that its hours come from the clock.
            charge.sudo().is_worked_time = True
        return charge

    def _check_hours_chargeable(self):
        """Raise when no hours can be charged; see :meth:`_charge_worked_hours`."""
        self.ensure_one()
        self._check_work_open()
        if not self._get_labour_product():
            raise UserError(
                self.env._(
                    "No product says what an hour costs. A manager chooses one under "
                    "Configuration, Settings, Worked Hours."
                )
            )
        if float_compare(self._get_hours_to_charge(), 0, precision_digits=2) <= 0:
            raise UserError(
                self.env._(
                    "No hours are left to charge on %(order)s: standard jobs and confirmed charges "
                    "pay for %(sold)s of %(worked)s h worked. A clock that runs counts when it is "
                    "stopped.",
                    order=self.display_name,
                    sold=round(self._get_paid_hours(), 2),
                    worked=round(self.worked_hours, 2),
                )
            )

    def _get_paid_hours(self):
        """Return the hours that are sold already: by standard jobs at a flat rate, and by charges
        of worked hours that are confirmed."""
        self.ensure_one()
        sold = self.charge_ids.filtered(
            lambda charge: charge.job_id or (charge.is_worked_time and charge.state == "confirmed")
        )
        return sum(charge._get_hours() for charge in sold)

    def _get_hours_to_charge(self):
        """Return the hours worked that nothing pays for yet."""
        self.ensure_one()
        return self.worked_hours - self._get_paid_hours()

    def _get_labour_product(self):
        """Return the product that an hour is charged as, by service type, else by company."""
        self.ensure_one()
        # Whoever works need not read the settings of the company.
        company_sudo = self.company_id.sudo()
        return (
            self.service_type_id.labour_product_id
            or company_sudo._get_aftersales_setting("aftersales_labour_product_id")
        ).with_env(self.env)

    def _prepare_worked_charge_vals(self, hours):
        """Return the values of the charge of ``hours`` worked."""
        self.ensure_one()
        product = self._get_labour_product()
        return {
            "product_id": product.id,
            "quantity": self.env["aftersales.charge"]._convert_hours(hours, product.uom_id),
        }
