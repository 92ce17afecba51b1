import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..tools.jobs import attempt, tell
from .aftersales_warranty_entry_line import ENTRY_KINDS

_logger = logging.getLogger(__name__)

SETTLEMENT = "aftersales_base.group_aftersales_settlement"


class AftersalesWarrantyEntry(models.Model):
    """What we bear under warranty, booked for a period.

    ==========  =========================================  ============================
    kind        of                                         debit / credit
    ==========  =========================================  ============================
    cost        confirmed charges that we bear             warranty cost / service
    provide     units sold with a policy that sets aside   expense / provision
    use         the cost, as far as the policy's           provision / expense
                provision reaches
    release     units whose warranties ended               provision / expense
    ==========  =========================================  ============================

    Everything up to ``date_until`` that no other entry holds is taken, so what was registered
    late is booked the next time and nothing twice. Confirming makes one draft journal entry;
    accounting posts it. Cancelling deletes or reverses it and frees the lines.
    """

    _name = "aftersales.warranty.entry"
    _description = "Warranty Entry"
    _inherit = ["aftersales.frozen.mixin", "aftersales.number.mixin", "mail.thread"]
    _order = "date_until desc, id desc"
    _check_company_auto = True
    _number_code = "aftersales.warranty.entry"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_until = fields.Date(
        string="Until",
        required=True,
        default=lambda self: self._get_last_month_end(self.env.company),
        help="What happened up to this day and is not booked yet. The entry has this date.",
    )
    state = fields.Selection(
        selection=[("draft", "To Check"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    status = fields.Selection(
        selection=[
            ("draft", "To Check"),
            ("confirmed", "Confirmed"),
            ("to_post", "To Post"),
            ("posted", "Posted"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_status",
        store=True,
        help="The state, and what became of the journal entry.",
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.warranty.entry.line", inverse_name="entry_id", copy=False
    )
    line_count = fields.Integer(compute="_compute_amounts", store=True)
    amount_cost = fields.Monetary(string="Warranty Cost", compute="_compute_amounts", store=True)
    amount_provide = fields.Monetary(string="Set Aside", compute="_compute_amounts", store=True)
    amount_use = fields.Monetary(string="Provision Used", compute="_compute_amounts", store=True)
    amount_release = fields.Monetary(
        string="Provision Released", compute="_compute_amounts", store=True
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Journal Entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )

    _period_uniq = models.UniqueIndex(
        "(company_id, date_until) WHERE state != 'cancelled'",
        "There is a warranty entry of this company until this day already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "move_id.state", "move_id.reversal_move_ids.state")
    def _compute_status(self):
        for entry in self:
            move = entry.move_id
            entry.status = entry.state
            if entry.state != "confirmed" or not move or move.state == "cancel":
                continue
            reversed_by = move.reversal_move_ids.filtered(lambda other: other.state == "posted")
            posted = "reversed" if reversed_by else "posted"
            entry.status = posted if move.state == "posted" else "to_post"

    @api.depends("line_ids.amount", "line_ids.kind")
    def _compute_amounts(self):
        for entry in self:
            by_kind = entry.line_ids.grouped("kind")
            entry.line_count = len(entry.line_ids)
            for kind, __ in ENTRY_KINDS:
                lines = by_kind.get(kind, self.env["aftersales.warranty.entry.line"])
                entry[f"amount_{kind}"] = sum(lines.mapped("amount"))

    # === ACTION METHODS === #

    def action_look(self):
        """Show what would be booked, worked out anew.

        :raises UserError: when the company does not book warranty, or the entry is confirmed
        """
        self.check_access("write")
        self._check_not_frozen()
        for entry in self:
            entry._make_lines()
        return True

    def action_confirm(self):
        """Make the draft journal entry of what is not booked yet."""
        return self.write({"state": "confirmed"})

    def action_cancel(self):
        """Delete or reverse the journal entry; what it held can be booked again."""
        return self.write({"state": "cancelled"})

    def action_create_move(self):
        """Make the draft journal entry again, when accounting deleted or cancelled it.

        :raises UserError: when there is one
        """
        self.check_access("write")
        self._create_moves()
        return self.action_view_move()

    def action_view_move(self):
        """Open the journal entry."""
        return self.move_id._get_records_action()

    def action_view_lines(self):
        """Open what the entry consists of."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_warranty_entry_line_action"
        )
        return {**action, "domain": [("entry_id", "in", self.ids)]}

    # === CRON METHODS === #

    @api.model
    def _cron_prepare(self):
        """Prepare a draft of last month for each company that books warranty, once."""
        booking = self.env["res.company"].search([("aftersales_warranty_since", "!=", False)])
        # Branches work with the settings of their parent.
        for company in booking.search([("id", "child_of", booking.ids)]):
            __, error = attempt(self.env, self.with_company(company)._prepare_for, company)
            if error:
                _logger.error("The warranty of %s could not be prepared: %s", company.name, error)

    @api.model
    def _prepare_for(self, company):
        """Prepare a draft of last month for a company, once.

        What cannot be worked out stays as an empty draft that says why: whoever checks the drafts
        sees it, and works it out when that is put right.
        """
        until = self._get_last_month_end(company)
        if self.search_count([("company_id", "=", company.id), ("date_until", ">=", until)], 1):
            return
        entry = self.create({"company_id": company.id, "date_until": until})
        __, error = attempt(self.env, entry._make_lines)
        if error:
            tell(
                entry,
                self.env._(
                    "What is to be booked could not be worked out. Put right what is in the way, "
                    "then press Look: %(error)s",
                    error=error,
                ),
            )
        elif not entry.line_ids:
            entry.unlink()

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "draft": {"confirmed": SETTLEMENT, "cancelled": SETTLEMENT},
            "confirmed": {"cancelled": SETTLEMENT},
            "cancelled": {"draft": SETTLEMENT},
        }

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name", "move_id"}

    @api.model
    def _get_frozen_fields(self):
        return {"company_id", "date_until"}

    def _get_frozen_message(self, fnames):
        return self.env._(
            "%(entry)s is not being checked any more. Cancel it to book its period anew.",
            entry=self.display_name,
        )

    def _unlink_error_message(self):
        if self.state == "confirmed" or (self.state == "cancelled" and self.move_id):
            return self._get_frozen_message(())
        return super()._unlink_error_message()

    def _before_transition(self, target):
        super()._before_transition(target)
        if target == "confirmed":
            for entry in self.filtered(lambda entry: entry.state == "draft"):
                entry._make_lines()

    def _transition_error_message(self, target):
        if target == "confirmed" and not self.line_ids:
            return self.env._(
                "%(entry)s: nothing is to be booked until %(day)s.",
                entry=self.display_name,
                day=format_date(self.env, self.date_until),
            )
        return super()._transition_error_message(target)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # The indexes on periods and living lines have to see what is freed (or taken) at once.
        self.flush_recordset(["state"])
        self.line_ids.flush_recordset(["is_living"])
        if target == "confirmed":
            self._create_moves()
        elif target == "cancelled":
            self._undo_moves()
        elif target == "draft":
            # sudo: lines are the rules'; those of a cancelled entry are worked out anew.
            self.sudo().line_ids.unlink()
            self.sudo().move_id = False

    @api.model
    def _get_last_month_end(self, company):
        """Return the last day of the month before, where the company is."""
        return company._get_aftersales_day().replace(day=1) - timedelta(days=1)

    # === BUSINESS METHODS: LINES === #

    def _make_lines(self):
        """Work out the lines anew: the preview, and once more before it is confirmed."""
        self.ensure_one()
        company = self.company_id
        if not company._get_aftersales_setting("aftersales_warranty_since"):
            raise UserError(
                self.env._(
                    "%(company)s does not book warranty cost. Name the accounts and the first day "
                    "in the after-sales settings.",
                    company=company.display_name,
                )
            )
        # sudo: what is booked does not depend on who asks, and lines are the rules'.
        entry_sudo = self.sudo()
        entry_sudo.line_ids.unlink()
        vals_list = []
        if company._books_aftersales_cost():
            vals_list += entry_sudo._prepare_cost_vals_list()
        if company._books_aftersales_provision():
            vals_list += entry_sudo._prepare_provide_vals_list()
            vals_list += entry_sudo._prepare_end_vals_list(vals_list)
        entry_sudo.env["aftersales.warranty.entry.line"].create(
            [{"entry_id": self.id, **vals} for vals in vals_list]
        )

    def _get_charge_domain(self):
        """Return the domain of charges that we bear and that are not booked yet."""
        booked = [("is_living", "=", True), ("kind", "=", "cost")]
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "confirmed")
            & (self._get_covered_domain() | self._get_kept_domain())
            & Domain("covered_amount", "!=", 0)
            & Domain("warranty_entry_line_ids", "not any", booked)
        )

    def _get_covered_domain(self):
        """Return the domain of what we cover ourselves."""
        return Domain("bearer", "=", "company") & self._get_booked_days_domain("date_confirmed")

    def _get_kept_domain(self):
        """Return the domain of what a maker refused and we bear instead, since his answer."""
        kept = (
            Domain("is_living", "=", True)
            & Domain("decision", "=", "company")
            & self._get_booked_days_domain("date_answered")
        )
        return Domain("bearer", "=", "partner") & Domain("settlement_line_ids", "any", kept)

    def _get_booked_days_domain(self, fname):
        """Return the domain of days from the first one that is booked to the last of this entry."""
        since = self.company_id._get_aftersales_setting("aftersales_warranty_since")
        return Domain(fname, ">=", since) & Domain(fname, "<=", self.date_until)

    def _get_unit_domain(self):
        """Return the domain of units sold for which nothing is set aside yet."""
        since = self.company_id._get_aftersales_setting("aftersales_warranty_since")
        booked = [("is_living", "=", True), ("kind", "=", "provide")]
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("policy_id.provision_by", "!=", False)
            & Domain("date_start", ">=", since)
            & Domain("date_start", "<=", self.date_until)
            & Domain("warranty_entry_line_ids", "not any", booked)
        )

    def _get_ended_domain(self):
        """Return the domain of units whose warranties ended and that still hold a provision."""
        held = [("is_living", "=", True), ("kind", "=", "provide")]
        freed = [("is_living", "=", True), ("kind", "=", "release")]
        ended = Domain("warranty_end", "<=", self.date_until) | Domain(
            "warranty_ids", "not any", [("close_reason", "=", False)]
        )
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("has_lifetime_warranty", "=", False)
            & ended
            & Domain("warranty_entry_line_ids", "any", held)
            & Domain("warranty_entry_line_ids", "not any", freed)
        )

    def _prepare_cost_vals_list(self):
        """Return the values of a line for each charge that we bear."""
        charges = self.env["aftersales.charge"].search(self._get_charge_domain(), order="id")
        amounts = charges._get_borne_amounts(self.company_id._values_aftersales_at_cost())
        return [
            {
                "kind": "cost",
                "charge_id": charge.id,
                "unit_id": charge.unit_id.id,
                "policy_id": charge.unit_id.policy_id.id,
                "date": charge._get_borne_day(),
                "amount": amount,
            }
            for charge, amount in amounts.items()
            if not self.currency_id.is_zero(amount)
        ]

    def _prepare_provide_vals_list(self):
        """Return the values of a line for each unit sold."""
        units = self.env["aftersales.unit"].search(self._get_unit_domain(), order="id")
        return [
            {
                "kind": "provide",
                "unit_id": unit.id,
                "policy_id": unit.policy_id.id,
                "date": unit.date_start,
                "amount": amount,
            }
            for unit in units
            if (amount := unit.policy_id._get_provision(unit))
        ]

    def _prepare_end_vals_list(self, vals_list):
        """Return the lines that use and release what is set aside: never more than a policy has.

        :param list vals_list: the lines of cost and of what is set aside by this entry
        """
        pools, by_unit, booked = self._get_provisions()
        for vals in vals_list:
            if vals["kind"] == "provide":
                pools[vals["policy_id"]] += vals["amount"]
                by_unit[vals["unit_id"]] += vals["amount"]
                booked[vals["unit_id"]] = vals["policy_id"]
        return [
            *self._prepare_use_vals_list(vals_list, pools, by_unit, booked),
            *self._prepare_release_vals_list(pools, by_unit, booked),
        ]

    def _prepare_use_vals_list(self, vals_list, pools, by_unit, booked):
        """Return the lines that pay costs out of what is set aside; it gets less by them."""
        result = []
        for vals in vals_list:
            policy_id = booked.get(vals["unit_id"], vals["policy_id"])
            left = pools[policy_id] if vals["kind"] == "cost" else 0.0
            used = min(vals["amount"], left)
            if self.currency_id.compare_amounts(used, 0) > 0:
                pools[policy_id] -= used
                by_unit[vals["unit_id"]] -= used
                result.append({**vals, "kind": "use", "policy_id": policy_id, "amount": used})
        return result

    def _prepare_release_vals_list(self, pools, by_unit, booked):
        """Return the lines that release what was set aside for units whose warranty ended."""
        result = []
        ended = self.env["aftersales.unit"].search(self._get_ended_domain(), order="id")
        for unit in ended:
            policy_id = booked.get(unit.id, unit.policy_id.id)
            freed = min(by_unit[unit.id], pools[policy_id])
            if self.currency_id.compare_amounts(freed, 0) > 0:
                pools[policy_id] -= freed
                result.append(
                    {
                        "kind": "release",
                        "unit_id": unit.id,
                        "policy_id": policy_id,
                        "date": unit.warranty_end or self.date_until,
                        "amount": freed,
                    }
                )
        return result

    def _get_provisions(self):
        """Return what earlier entries set aside: ``({policy id: amount left}, {unit id: amount
        left}, {unit id: id of the policy it was set aside under})``. A unit may have got another
        policy since."""
        pools, by_unit, booked = defaultdict(float), defaultdict(float), {}
        signs = {"provide": 1, "use": -1, "release": -1}
        groups = self.env["aftersales.warranty.entry.line"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("is_living", "=", True),
                ("kind", "in", list(signs)),
            ],
            ["policy_id", "unit_id", "kind"],
            ["amount:sum"],
        )
        for policy, unit, kind, amount in groups:
            pools[policy.id] += signs[kind] * amount
            by_unit[unit.id] += signs[kind] * amount
            if kind == "provide":
                booked[unit.id] = policy.id
        return pools, by_unit, booked

    # === BUSINESS METHODS: JOURNAL ENTRY === #

    def _create_moves(self):
        """Make one draft journal entry for each of these entries."""
        for entry in self:
            if entry.state != "confirmed" or entry.move_id.filtered(lambda m: m.state != "cancel"):
                raise UserError(
                    self.env._(
                        "%(entry)s has a journal entry, or is not confirmed.",
                        entry=entry.display_name,
                    )
                )
        moves = self.env["account.move"].create([entry._prepare_move_vals() for entry in self])
        for entry, move in zip(self, moves, strict=True):
            # The link is guarded; whoever may make the journal entry makes the link with it.
            entry.sudo().move_id = move

    def _get_accounts(self):
        """Return ``{kind: (debit account, credit account)}``."""
        setting = self.company_id._get_aftersales_setting
        expense = setting("aftersales_provision_expense_account_id")
        provision = setting("aftersales_provision_account_id")
        return {
            "cost": (
                setting("aftersales_warranty_cost_account_id"),
                setting("aftersales_warranty_service_account_id"),
            ),
            "provide": (expense, provision),
            "use": (provision, expense),
            "release": (provision, expense),
        }

    def _prepare_move_vals(self):
        """Return the values of the journal entry: two items for each kind of line."""
        self.ensure_one()
        journal = (
            self.company_id._get_aftersales_setting("aftersales_warranty_journal_id")
            or self.company_id._get_aftersales_entry_journal()
        )
        accounts = self._get_accounts()
        items = []
        for kind, label in self.line_ids._fields["kind"]._description_selection(self.env):
            amount = self[f"amount_{kind}"]
            if self.currency_id.is_zero(amount):
                continue
            for account, balance in zip(accounts[kind], (amount, -amount), strict=True):
                items.append({"name": label, "account_id": account.id, "balance": balance})
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "date": self.date_until,
            "ref": self.name,
            "line_ids": [Command.create(item) for item in items],
        }

    def _undo_moves(self):
        """Delete draft journal entries and reverse posted ones."""
        drafts = self.move_id.filtered(lambda move: move.state == "draft")
        posted = self.filtered(lambda entry: entry.move_id.state == "posted").move_id
        posted -= posted.filtered(lambda move: "posted" in move.reversal_move_ids.mapped("state"))
        drafts.unlink()
        if posted:
            posted._reverse_for_aftersales()
