import logging

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from odoo.addons.aftersales_base.tools.jobs import attempt_together

_logger = logging.getLogger(__name__)

# Deliveries looked at in one transaction.
BATCH = 500


class AftersalesUnitRegisterJob(models.Model):
    """Registering past deliveries, in batches, and how far it is.

    Each batch is a transaction. What is registered is known by its delivery, so a job that was
    cut off goes on where it stopped, and nothing is registered twice.
    """

    _name = "aftersales.unit.register.job"
    _description = "Registration of Past Deliveries"
    _inherit = ["aftersales.past.delivery.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    company_id = fields.Many2one(index=True, readonly=True)
    date_from = fields.Date(readonly=True)
    date_to = fields.Date(readonly=True)
    product_ids = fields.Many2many(readonly=True)
    partner_id = fields.Many2one(readonly=True, index="btree_not_null")
    total_count = fields.Integer(string="Deliveries", readonly=True)
    looked_at_count = fields.Integer(string="Looked At", readonly=True)
    remaining_count = fields.Integer(string="Remaining", readonly=True)
    done_count = fields.Integer(string="Registered", readonly=True)
    unit_count = fields.Integer(string="Installed Products Made", readonly=True)
    failed_count = fields.Integer(string="Failed", readonly=True)
    errors = fields.Text(
        readonly=True,
        help="Deliveries that could not be registered, and why. Correct what is said, and register "
        "the same period once more: only these are taken.",
    )
    progress = fields.Float(compute="_compute_progress", help="Percent of the deliveries.")
    date_done = fields.Datetime(string="Finished On", readonly=True)
    status = fields.Selection(
        selection=[("waiting", "Waiting"), ("running", "Running"), ("done", "Finished")],
        compute="_compute_status",
        store=True,
        index=True,
    )
    # Where the last batch ended; deliveries are taken in the order of their date.
    after_date = fields.Datetime(readonly=True)
    after_id = fields.Integer(readonly=True, string="After Delivery")

    @api.depends("date_done", "looked_at_count")
    def _compute_status(self):
        for job in self:
            if job.date_done:
                job.status = "done"
            else:
                job.status = "running" if job.looked_at_count else "waiting"

    @api.depends("date_done", "looked_at_count", "remaining_count")
    def _compute_progress(self):
        for job in self:
            total = job.looked_at_count + job.remaining_count
            job.progress = 100 * job.looked_at_count / total if total else 100 * bool(job.date_done)

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        for job in self:
            job.display_name = self.env._(
                "Deliveries from %(start)s to %(end)s",
                start=format_date(self.env, job.date_from),
                end=format_date(self.env, job.date_to),
            )

    # === CRON === #

    @api.model
    def _cron_register(self):
        """Go on with the jobs that are not finished, oldest first, while there is time."""
        jobs = self.search([("status", "!=", "done")], order="id")
        for job in jobs:
            while not job.date_done:
                looked_at = job.looked_at_count
                job._run_batch()
                if job.date_done:
                    job._tell_starter()
                unfinished = jobs.filtered(lambda job: not job.date_done)
                # One more each: the batch that finds nothing left ends a job.
                remaining = sum(unfinished.mapped("remaining_count")) + len(unfinished)
                if not self.env["ir.cron"]._commit_progress(
                    job.looked_at_count - looked_at, remaining=remaining
                ):
                    return

    # === BUSINESS METHODS === #

    def _start(self):
        """Count what there is to look at; the jobs of large periods run by themselves."""
        for job in self:
            count = self.env["stock.move"].sudo().search_count(job._get_move_domain())
            job._note({"total_count": count, "remaining_count": count})

    def _run_in_background(self):
        """Let the server go on with it soon."""
        # People who start it may not read scheduled jobs.
        self.env.ref("aftersales_stock.ir_cron_register_deliveries").sudo()._trigger()

    def _run_batch(self):
        """Register the next deliveries as the one who started the job.

        He was allowed to when he started it: losing the right later does not stop it half way.

        :return: the units made
        """
        self.ensure_one()
        job = self.with_user(self.create_uid).sudo().with_company(self.company_id)
        moves = job._get_next_moves(job.after_date, job.after_id, BATCH)
        job._claim(moves)
        todo = moves.browse(
            move.id for move, (reason, __) in job._sort_out(moves).items() if not reason
        )
        units, errors = job._register_each_or_all(todo)
        vals = {
            "looked_at_count": job.looked_at_count + len(moves),
            "remaining_count": max(job.remaining_count - len(moves), 0),
            "done_count": job.done_count + len(todo) - len(errors),
            "unit_count": job.unit_count + len(units),
            "failed_count": job.failed_count + len(errors),
            "errors": "\n".join(filter(None, [job.errors, *errors])) or False,
        }
        if moves:
            vals |= {"after_date": moves[-1].date, "after_id": moves[-1].id}
        if len(moves) < BATCH:
            vals |= {"date_done": fields.Datetime.now(), "remaining_count": 0}
        job._note(vals)
        return units

    def _claim(self, moves):
        """Make whoever registers the same deliveries at this moment start over, and see ours."""
        if moves:
            self.env.execute_query(
                SQL(
                    "UPDATE stock_move SET write_date = write_date WHERE id IN %s RETURNING id",
                    tuple(moves.ids),
                )
            )

    def _note(self, vals):
        """Write how far the job is; nobody does by hand."""
        self.sudo().write(vals)

    def _register_each_or_all(self, moves):
        """Register the deliveries at once; when that fails, each on its own.

        :return: the units made, and what went wrong with which delivery
        """
        Unit = self.env["aftersales.unit"].with_context(aftersales_past_deliveries=True)
        made, errors = attempt_together(self.env, moves, Unit._register_deliveries)
        return Unit.sudo().union(*made), [
            self._describe_failure(move, error) for move, error in errors.items()
        ]

    def _describe_failure(self, move, error):
        """Return in one line why a delivery could not be registered."""
        _logger.info("Delivery %s could not be registered: %s", move.id, error)
        return self.env._(
            "%(delivery)s, %(product)s: %(error)s",
            delivery=move.reference or move.display_name,
            product=move.product_id.display_name,
            error=error,
        )

    def _tell_starter(self):
        """Plan a to-do for whoever started it, if he may still read it: it is finished."""
        for job in self:
            user = job.create_uid
            if not user.active or not job.with_user(user).has_access("read"):
                continue
            env = job.with_context(lang=user.lang).env
            job.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=env._(
                    "%(count)s past deliveries are registered, %(failed)s failed",
                    count=job.done_count,
                    failed=job.failed_count,
                ),
            )
