import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ..tools.jobs import attempt, each_batch
from ..tools.shares import get_first

_logger = logging.getLogger(__name__)

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
# What is done while the user waits; more goes to the background.
MOST_AT_ONCE = 20


class AftersalesSettlementRun(models.Model):
    """Settling many payers in one go: looked at first, then one payer after the other.

    The preview has one line a payer, kind and currency, from sums made by the database. Each
    payer is settled for himself and committed with his line, so that a run that was stopped
    goes on where it was, no share is settled twice, and what is wrong with one payer is noted
    on his line and holds up nobody else.

    ==================  ==========================
    action              settlement
    ==================  ==========================
    look, leave out     while it is being checked
    start               yes
    try again           what went wrong
    ==================  ==========================
    """

    _name = "aftersales.settlement.run"
    _description = "Settlement Run"
    _inherit = ["aftersales.frozen.mixin", "aftersales.number.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True
    _number_code = "aftersales.settlement.run"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        selection=[("draft", "To Check"), ("running", "Settling"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    kind = fields.Selection(
        selection=[("customer", "Customers"), ("claim", "Makers and Vendors")],
        string="Who Pays",
        help="Empty: both.",
    )
    schedule = fields.Selection(
        selection=[("now", "Settled at Once"), ("month", "Settled Monthly")],
        string="Their Terms",
        help="Only payers whose terms say so. Empty: all.",
    )
    date_from = fields.Date(
        string="Confirmed From", help="Empty: however long ago, so that nothing is left behind."
    )
    date_until = fields.Date(
        string="Confirmed Until",
        required=True,
        default=lambda self: self.env.company._get_aftersales_day(),
        help="Charges confirmed later wait for the next time.",
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner", string="These Payers", help="Empty: all."
    )
    service_type_ids = fields.Many2many(
        comodel_name="aftersales.service.type", string="Service Types", help="Empty: all."
    )
    team_ids = fields.Many2many(comodel_name="aftersales.team", string="Teams", help="Empty: all.")
    category_ids = fields.Many2many(
        comodel_name="product.category",
        string="Brands or Categories",
        help="Of the installed products, with the categories below, as in Service Prices. Empty: "
        "all.",
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.settlement.run.line", inverse_name="run_id", copy=False
    )
    date_looked = fields.Datetime(string="As of", readonly=True, copy=False)
    currency_id = fields.Many2one(related="company_id.currency_id")
    payer_count = fields.Integer(compute="_compute_totals")
    charge_count = fields.Integer(string="Charges", compute="_compute_totals")
    amount = fields.Monetary(
        compute="_compute_totals",
        help="Of what is settled, before taxes not in the prices, in the company's currency.",
    )
    done_percent = fields.Float(string="Done (%)", compute="_compute_totals")
    failed_count = fields.Integer(compute="_compute_totals")
    gone_count = fields.Integer(compute="_compute_totals")

    # === COMPUTE METHODS === #

    @api.depends("line_ids.include", "line_ids.state", "line_ids.amount_company")
    def _compute_totals(self):
        for run in self:
            lines = run.line_ids.filtered("include")
            ended = lines.filtered(lambda line: line.state != "waiting")
            run.payer_count = len(lines.partner_id)
            run.charge_count = sum(lines.mapped("charge_count"))
            run.amount = sum(lines.mapped("amount_company"))
            run.done_percent = 100 * len(ended) / len(lines) if lines else 0
            run.failed_count = len(lines.filtered(lambda line: line.state == "failed"))
            run.gone_count = len(lines.filtered(lambda line: line.state == "gone"))

    # === CONSTRAINT METHODS === #

    @api.constrains("date_from", "date_until")
    def _check_period(self):
        for run in self:
            if run.date_from and run.date_from > run.date_until:
                raise ValidationError(
                    self.env._(
                        "%(run)s: the first day %(first)s is after the last day %(last)s.",
                        run=run.display_name,
                        first=fields.Date.to_string(run.date_from),
                        last=fields.Date.to_string(run.date_until),
                    )
                )

    # === ACTION METHODS === #

    def action_look(self):
        """Show who would pay what: one line a payer, nothing is settled yet.

        :raises UserError: when there is nothing to settle, or the run was started
        """
        self._check_not_frozen()
        for run in self:
            groups = run._get_open_groups()
            if not groups:
                raise UserError(
                    self.env._(
                        "Nothing waits to be settled until %(date)s for what you chose. Choose "
                        "more, or a later day.",
                        date=fields.Date.to_string(run.date_until),
                    )
                )
            run._make_lines(groups)

    def action_start(self):
        """Settle the payers that are ticked, at once or, when there are many, in the background.

        :raises UserError: when none is ticked
        """
        for run in self:
            if not run.line_ids.filtered("include"):
                raise UserError(
                    self.env._(
                        "%(run)s has nobody to settle with. Look first, and tick at least one "
                        "payer.",
                        run=run.display_name,
                    )
                )
        self.write({"state": "running"})
        self._go_on()

    def action_retry(self):
        """Try again what went wrong."""
        failed = self.line_ids.filtered(lambda line: line.state == "failed")
        failed.sudo().write({"state": "waiting", "error": False})
        self.write({"state": "running"})
        self._go_on()

    def action_view_settlements(self):
        """Open what was made."""
        return self.line_ids.settlement_ids._get_records_action(name=self.env._("Settlements"))

    # === CRON METHODS === #

    @api.model
    def _cron_settle(self):
        """Settle what waits in runs that were started, then make the runs that are due.

        A company gets no new run before those that were started are through: their shares are
        still open, and would be taken a second time. Odoo calls this again and again until
        nothing waits, so a run that is due is made once (:meth:`_is_made`).
        """
        self._settle_waiting()
        for (company,) in self.env["aftersales.charge"]._read_group(
            self.env["aftersales.charge"]._get_settleable_domain(), ["company_id"]
        ):
            desk = self.with_company(company)
            __, error = attempt(self.env, desk._make_due_runs, company)
            if error:
                _logger.error("Settlement runs of %s could not be made: %s", company.name, error)
        self._settle_waiting()

    @api.model
    def _settle_waiting(self):
        """Settle what waits in runs that were started, each payer committed with his line.

        Who was started first comes first.
        """
        lines = self.env["aftersales.settlement.run.line"]
        waiting = Domain("run_id.state", "=", "running") & self._get_waiting_domain()
        for line in each_batch(lines, waiting, 1):
            # Whoever started the run is who settles, with his rights.
            line.with_user(line.run_id.create_uid)._settle()
            line.run_id._end_when_done()

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "draft": {"running": SETTLEMENT},
            "running": {"done": None},
            "done": {"running": SETTLEMENT},
        }

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name", "date_looked"}

    @api.model
    def _get_frozen_fields(self):
        # What says what is settled.
        return {
            "company_id",
            "kind",
            "schedule",
            "date_from",
            "date_until",
            "partner_ids",
            "service_type_ids",
            "team_ids",
            "category_ids",
            "line_ids",
        }

    def _get_frozen_message(self, fnames):
        return self.env._(
            "%(run)s was started and stays as it is. Make a new one for what is left.",
            run=self.display_name,
        )

    def _unlink_error_message(self):
        if self.state != "draft":
            return self._get_frozen_message(())
        return super()._unlink_error_message()

    @api.model
    def _make_due_runs(self, company):
        """Make and start the runs the payers' terms ask for today, unless one is being settled."""
        if self.search_count([("company_id", "=", company.id), ("state", "=", "running")], limit=1):
            return
        today = company._get_aftersales_day()
        month_end = today.replace(day=1) - timedelta(days=1)
        due = [("now", today)]
        if today.day >= company._get_aftersales_schedule()[1]:
            due.append(("month", month_end))
        for schedule, until in due:
            if not self._is_made(company, schedule, until):
                self._make_due_run(company, schedule, until)

    @api.model
    def _make_due_run(self, company, schedule, until):
        """Make and start a run, unless all there is to settle is carried forward."""
        vals = {"company_id": company.id, "schedule": schedule, "date_until": until}
        preview = self.new(vals)
        groups = preview._get_open_groups()
        if any(preview._prepare_line_vals(group)["include"] for group in groups):
            run = self.create(vals)
            run._make_lines(groups)
            run.write({"state": "running"})

    @api.model
    def _is_made(self, company, schedule, until):
        """Return whether what is due on the day, or for the month, was started already.

        What went wrong in it, or was confirmed since, waits for the next one.
        """
        return bool(
            self.search_count(
                [
                    ("company_id", "=", company.id),
                    ("schedule", "=", schedule),
                    ("date_until", "=", until),
                    ("state", "!=", "draft"),
                    # A run for some of them leaves the others open.
                    ("date_from", "=", False),
                    ("kind", "=", False),
                    ("partner_ids", "=", False),
                    ("service_type_ids", "=", False),
                    ("team_ids", "=", False),
                    ("category_ids", "=", False),
                ],
                limit=1,
            )
        )

    def _go_on(self):
        """Settle what waits, here when it is little, else in the background."""
        for run in self:
            waiting = run.line_ids.filtered(lambda line: line._is_waiting())
            if len(waiting) > MOST_AT_ONCE:
                # sudo: whoever may start a run may wake up the job that does it.
                self.env.ref("aftersales_base.ir_cron_settle").sudo()._trigger()
                continue
            for line in waiting:
                line._settle()
            run._end_when_done()

    @api.model
    def _get_waiting_domain(self):
        """Return the domain of lines that are to be settled and are not yet."""
        return Domain("state", "=", "waiting") & Domain("include", "=", True)

    def _end_when_done(self):
        for run in self:
            waits = Domain("run_id", "=", run.id) & self._get_waiting_domain()
            # Asked of the database: after each payer all the others would be read again.
            if run.state == "running" and not run.line_ids.search_count(waits, limit=1):
                # sudo: the end is a fact, nobody declares it.
                run.sudo().write({"state": "done"})

    def _make_lines(self, groups):
        """Write the preview anew.

        :param list groups: of :meth:`_get_open_groups`
        """
        self.ensure_one()
        # sudo: amounts and counts are worked out here, nobody enters them.
        self.sudo().write(
            {
                "line_ids": [
                    Command.clear(),
                    *(Command.create(self._prepare_line_vals(group)) for group in groups),
                ],
                # What was committed by then is what was seen.
                "date_looked": self.env.cr.now().replace(microsecond=0),
            }
        )

    def _prepare_line_vals(self, group):
        """Return the values of the line of one payer, kind and currency."""
        partner, currency = group["partner"], group["currency"]
        company = self.company_id
        in_company = currency._convert(group["amount"], company.currency_id, company)
        minimum = partner.commercial_partner_id.with_company(company).aftersales_settle_minimum
        small = company.currency_id.compare_amounts(abs(in_company), minimum) < 0
        return {
            "partner_id": partner.id,
            "kind": group["kind"],
            "currency_id": currency.id,
            "charge_count": group["count"],
            "amount": group["amount"],
            "amount_company": in_company,
            "date_oldest": group["oldest"],
            "include": not small,
            "below_minimum": small,
        }

    # === BUSINESS METHODS: WHAT IS OPEN === #

    def _get_open_groups(self):
        """Return dicts of ``partner``, ``kind``, ``currency``, ``amount``, ``count``, ``oldest``.

        Sums of the database: as many queries for a million charges as for one.
        """
        self.ensure_one()
        sums = defaultdict(lambda: {"amount": 0.0, "count": 0, "oldest": False})
        for code, share in self.env["aftersales.charge"]._get_shares().items():
            if self.kind in (False, share.kind):
                self._add_open_sums(sums, code, share)
        return [
            {
                **group,
                "partner": partner,
                "kind": kind,
                "currency": currency,
                "amount": currency.round(group["amount"]),
            }
            for (partner, kind, currency), group in sums.items()
            if self._is_asked_for(partner)
        ]

    def _add_open_sums(self, sums, code, share):
        """Add what is open of one share."""
        rows = self.env["aftersales.charge"]._read_group(
            self._get_share_domain(code, share),
            [*share.payers, "currency_id"],
            [f"{share.amount}:sum", "__count", "date_confirmed:min"],
        )
        for *payers, currency, amount, count, oldest in rows:
            group = sums[get_first(payers), share.kind, currency]
            group["amount"] += amount
            group["count"] += count
            group["oldest"] = min(filter(None, (group["oldest"], oldest)), default=False)

    def _is_asked_for(self, partner):
        """Return whether the run is about this payer."""
        payer = partner.commercial_partner_id
        if self.partner_ids and payer not in self.partner_ids.commercial_partner_id:
            return False
        if not self.schedule:
            return True
        return payer._get_aftersales_settle_by(self.company_id) == self.schedule

    def _get_open_domain(self, kind):
        """Return the domain of charges with something open that payers of ``kind`` pay."""
        self.ensure_one()
        return Domain.OR(
            self._get_share_domain(code, share)
            for code, share in self.env["aftersales.charge"]._get_shares().items()
            if share.kind == kind
        )

    def _get_share_domain(self, code, share):
        """Return the domain of charges with that share open that the run is about."""
        taken = [("is_living", "=", True), ("share", "=", code)]
        domain = (
            self._get_chosen_domain()
            & Domain("settlement_status", "=", "to_settle")
            & Domain("settlement_line_ids", "not any", taken)
            # What has no such share at all is not unequal to zero, either.
            & (Domain(share.amount, ">", 0) | Domain(share.amount, "<", 0))
        )
        if share.only_bearer:
            domain &= Domain("bearer", "=", share.only_bearer)
        return domain

    def _get_chosen_domain(self):
        """Return the domain of charges the run is about, whatever became of them."""
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("date_confirmed", "<=", self.date_until)
        if self.date_from:
            domain &= Domain("date_confirmed", ">=", self.date_from)
        return domain & self._get_criteria_domain()

    def _get_criteria_domain(self):
        """Return the domain of the choices made; modules add theirs."""
        domain = Domain.TRUE
        if self.service_type_ids:
            domain &= Domain("service_type_id", "in", self.service_type_ids.ids)
        if self.team_ids:
            domain &= Domain("team_id", "in", self.team_ids.ids)
        if self.category_ids:
            domain &= Domain("unit_id.product_category_id", "child_of", self.category_ids.ids)
        return domain
