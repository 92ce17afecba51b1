from collections import defaultdict
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.shares import SHARES, get_first
from .aftersales_settlement import CLOSED_STATUSES, NOT_ACCEPTED


class AftersalesCharge(models.Model):
    """The shares of a charge: who owes how much, what is settled of them and what is open.

    A share is settled on one living settlement line only.
    """

    _inherit = "aftersales.charge"

    billed_elsewhere = fields.Boolean(
        compute="_compute_billed_elsewhere",
        store=True,
        help="Another document bills this already; no settlement may take it.",
    )
    settlement_line_ids = fields.One2many(
        comodel_name="aftersales.settlement.line", inverse_name="charge_id", copy=False
    )
    settlement_status = fields.Selection(
        selection=[
            ("none", "Nothing to Settle"),
            ("to_settle", "To Settle"),
            ("settled", "Being Settled"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("written_off", "Written Off"),
            ("reversed", "Invoice Reversed"),
            ("elsewhere", "Billed Elsewhere"),
        ],
        compute="_compute_settlement_status",
        store=True,
        index=True,
    )

    # === COMPUTE METHODS === #

    def _compute_billed_elsewhere(self):
        """Nothing else bills a charge here; modules that know such a document say so."""
        self.billed_elsewhere = False

    @api.depends(
        "state",
        "refused_amount",
        "billed_elsewhere",
        "settlement_line_ids.is_living",
        "settlement_line_ids.settlement_id.status",
    )
    def _compute_settlement_status(self):
        """Who owes what counts with the state: drafts have nothing to settle, then it is frozen."""
        for charge in self:
            charge.settlement_status = charge._get_settlement_status()

    # === ACTION METHODS === #

    def action_settle(self):
        """Gather the open shares of these charges on draft settlements, one a payer.

        :return: an action that shows the settlements
        :raises UserError: when a charge has nothing left to settle
        """
        settlements = self._create_settlements()
        return settlements._get_records_action(name=self.env._("Settlements"))

    # === BUSINESS METHODS: STATE === #

    def _transition_error_message(self, target):
        # A technician reads no settlements; that there is one is all he has to know.
        line = self.sudo().settlement_line_ids.filtered("is_living")[:1]
        if target != "confirmed" and line:
            return self.env._(
                "%(charge)s is on settlement %(settlement)s. Cancel the settlement first.",
                charge=self.display_name,
                settlement=line.settlement_id.display_name,
            )
        return super()._transition_error_message(target)

    def _get_settlement_status(self):
        self.ensure_one()
        if self.state == "confirmed" and self.billed_elsewhere:
            return "elsewhere"
        shares = self._get_due_shares() if self.state == "confirmed" else {}
        if not shares:
            return "none"
        living = self.settlement_line_ids.filtered("is_living")
        if set(shares) - set(living.mapped("share")):
            return "to_settle"
        return self._get_paid_status(set(living.mapped("settlement_id.status")))

    @api.model
    def _get_paid_status(self, statuses):
        """Return what the statuses of its settlements make of a charge.

        What a maker did not accept is ours, or the customer's on a settlement of its own.
        """
        statuses = statuses - {NOT_ACCEPTED}
        if not statuses:
            return "none"
        if "reversed" in statuses:
            return "reversed"
        if statuses <= set(CLOSED_STATUSES):
            return "written_off" if "written_off" in statuses else "paid"
        return "partial" if statuses & {"partial", *CLOSED_STATUSES} else "settled"

    def _is_share_paid(self, share):
        """Return whether nothing is owed any more of a share: paid, or the rest written off."""
        self.ensure_one()
        lines = self.settlement_line_ids.filtered(
            lambda line: line.is_living and line.share == share
        )
        return lines.settlement_id.status in CLOSED_STATUSES

    def _is_unpaid_by_customer(self):
        """Return whether the customer owes a share of it, settled yet or not."""
        self.ensure_one()
        shares = self._get_shares()
        return any(
            shares[code].kind == "customer"
            and self.currency_id.compare_amounts(amount, 0) > 0
            and not self._is_share_paid(code)
            for code, (__, amount) in self._get_due_shares().items()
        )

    def _is_settled_monthly(self):
        """Return whether who pays the customer's share pays by the month."""
        self.ensure_one()
        return self._get_payer()._get_aftersales_settle_by(self.company_id) == "month"

    # === BUSINESS METHODS: SHARES === #

    @api.model
    def _get_shares(self):
        """Return ``{code: Share}``: which shares a charge has, who pays and who bears each."""
        return SHARES

    def _get_due_shares(self):
        """Return ``{share: (payer, amount)}`` for what somebody outside has to pay."""
        self.ensure_one()
        return {
            code: (self._get_payer(code), self[share.amount])
            for code, share in self._get_shares().items()
            if share.only_bearer in ("", self.bearer)
            and not self.currency_id.is_zero(self[share.amount])
        }

    def _get_payer(self, code="customer"):
        """Return who pays a share, if anybody outside does."""
        self.ensure_one()
        return get_first([self[fname] for fname in self._get_shares()[code].payers])

    def _get_amounts_by_bearer(self, currency):
        """Return ``{bearer: amount}`` of these charges, in ``currency``."""
        amounts = self._sum_by_bearer(
            (currency, charge.bearer, charge._get_converter(currency), charge._get_share_amounts())
            for charge in self
        )
        return {"customer": 0.0, "company": 0.0, "partner": 0.0, **amounts[currency]}

    @api.model
    def _sum_by_bearer(self, groups):
        """Return ``{key: {bearer: amount}}``; what is passed on is its payer's, not the bearer's.

        :param groups: ``(key, bearer of what is covered, function that turns an amount into the
            currency of the sum, amounts of the shares in the order of _get_shares)``
        """
        sums = defaultdict(lambda: defaultdict(float))
        shares = self._get_shares().values()
        for key, bearer, convert, amounts in groups:
            for share, amount in zip(shares, amounts, strict=True):
                value = convert(amount) if amount else 0.0
                if value and (share.bearer or bearer):
                    sums[key][share.bearer or bearer] += value
                if value and share.is_passed_on and bearer:
                    sums[key][bearer] -= value
        return sums

    def _get_share_amounts(self):
        """Return the amount of each share, in the order of ``_get_shares``."""
        self.ensure_one()
        return [self[share.amount] for share in self._get_shares().values()]

    def _get_converter(self, currency):
        """Return what turns an amount of the charge into ``currency``, on the day that decides."""
        self.ensure_one()
        return partial(
            self.currency_id._convert,
            to_currency=currency,
            company=self.company_id,
            date=self.date_fault or self.company_id._get_aftersales_day(),
        )

    def _get_customer_pays(self):
        """Return what the customer pays of the charge, with what a maker refused."""
        self.ensure_one()
        return self._get_amounts_by_bearer(self.currency_id)["customer"]

    # === BUSINESS METHODS: SETTLING === #

    def _get_open_shares(self):
        """Return ``[(charge, share, payer, amount)]`` still to be settled."""
        shares = []
        for charge in self:
            if charge.state != "confirmed" or charge.billed_elsewhere:
                continue
            settled = charge.settlement_line_ids.filtered("is_living").mapped("share")
            shares += [
                (charge, share, payer, amount)
                for share, (payer, amount) in charge._get_due_shares().items()
                if share not in settled
            ]
        return shares

    def _create_settlements(self):
        """Make draft settlements of the open shares: one a company, payer and currency.

        :raises UserError: when there is nothing to settle, saying why
        """
        shares = self._get_open_shares()
        if not shares:
            raise UserError(self._get_nothing_to_settle_message())
        return self._settle_shares(shares)

    @api.model
    def _settle_shares(self, shares):
        """Make draft settlements of shares: one a company, payer and currency.

        :param list shares: of :meth:`_get_open_shares`
        """
        Settlement = self.env["aftersales.settlement"]
        groups = {}
        for share in shares:
            groups.setdefault(Settlement._get_grouping_key(*share), []).append(share)
        return Settlement.create(
            [Settlement._prepare_settlement_vals(key, lines) for key, lines in groups.items()]
        )

    def _get_nothing_to_settle_message(self):
        """Return why none of these charges can be settled."""
        for charge in self:
            if charge.billed_elsewhere:
                return self.env._(
                    "%(charge)s is billed on a sales order already.", charge=charge.display_name
                )
            if line := charge.settlement_line_ids.filtered("is_living")[:1]:
                return self.env._(
                    "%(charge)s is on settlement %(settlement)s already.",
                    charge=charge.display_name,
                    settlement=line.settlement_id.display_name,
                )
            if charge.state != "confirmed":
                return self.env._(
                    "%(charge)s is not confirmed yet. Finish the work first.",
                    charge=charge.display_name,
                )
        return self.env._("Nothing to settle: nobody outside the company pays for these charges.")

    @api.model
    def _get_settleable_domain(self):
        """Return the domain of charges that wait for a settlement."""
        return Domain("settlement_status", "=", "to_settle")
