import logging

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

# Settlements that are named where somebody else was faster.
MOST_NAMED = 5


class AftersalesSettlementRunLine(models.Model):
    """One payer of a run: what he would pay, and what became of it."""

    _name = "aftersales.settlement.run.line"
    _description = "Payer of a Settlement Run"
    _inherit = ["aftersales.guard.mixin"]
    _order = "run_id, amount_company desc, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one(
        comodel_name="aftersales.settlement.run", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Payer", required=True)
    kind = fields.Selection(
        selection=[("customer", "Customer"), ("claim", "Claim on Maker or Vendor")], required=True
    )
    currency_id = fields.Many2one(comodel_name="res.currency", required=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    charge_count = fields.Integer(string="Charges")
    amount = fields.Monetary(help="Before taxes not in the prices.")
    amount_company = fields.Monetary(
        string="In Company Currency", currency_field="company_currency_id"
    )
    date_oldest = fields.Date(string="Oldest", help="When the first of them was confirmed.")
    include = fields.Boolean(string="Settle", default=True)
    below_minimum = fields.Boolean(
        string="Carried Forward",
        help="Less than the minimum of this payer: it waits until it is worth an invoice.",
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("done", "Settled"),
            ("gone", "Nothing Left"),
            ("failed", "Went Wrong"),
        ],
        required=True,
        default="waiting",
        index=True,
    )
    error = fields.Text(string="Why", help="Why this payer was not settled here.")
    settlement_ids = fields.One2many(
        comodel_name="aftersales.settlement", inverse_name="run_line_id", string="Settlements"
    )

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.su:
            self.run_id._check_not_frozen()
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        # A line is what was worked out: whether it is settled is all that is chosen.
        return super()._get_guarded_fields() | {
            "run_id",
            "partner_id",
            "kind",
            "currency_id",
            "charge_count",
            "amount",
            "amount_company",
            "date_oldest",
            "below_minimum",
            "state",
            "error",
            "settlement_ids",
        }

    def _is_waiting(self):
        self.ensure_one()
        return self.include and self.state == "waiting"

    def _settle(self):
        """Settle this payer, or note what is wrong with him; others go on either way."""
        self.ensure_one()
        # sudo: that he waits is a fact; who started the run may have lost his rights since.
        line_sudo = self.sudo()
        # Two workers never do the same payer; the other one is on it, or was.
        if not line_sudo.try_lock_for_update():
            return
        line_sudo.invalidate_recordset(["state"])
        if line_sudo.state != "waiting":
            return
        try:
            with self.env.cr.savepoint():
                vals = self._settle_open()
        except Exception as error:  # noqa: BLE001 - one payer must not stop the others
            vals = {"state": "failed", "error": self._get_error_text(error)}
        line_sudo.write(vals)

    def _settle_open(self):
        """Settle what is open of this payer; return the values of the line: what became of it."""
        settlements = self._create_settlements()
        if not settlements:
            return {"state": "gone", "error": self._get_gone_text()}
        # sudo: the link is written by the run alone.
        settlements.sudo().write({"run_line_id": self.id})
        return {"state": "done", "error": False}

    def _get_error_text(self, error):
        """Return what an accountant understands of it; the log gets what he cannot know of."""
        if isinstance(error, AccessError):
            return self.env._(
                "%(user)s, who started the run, may not settle here any more. Settle this payer "
                "in a run of your own.",
                user=self.env.user.sudo().name,
            )
        if isinstance(error, UserError):
            return str(error.args[0])
        if isinstance(error, UniqueViolation | OperationalError):
            return self.env._(
                "Somebody settles the same charges at this moment. Try again in a minute."
            )
        _logger.warning("Line %s of a settlement run", self.id, exc_info=error)
        return self.env._(
            "This payer could not be settled: %(error)s. Tell your administrator: the log says "
            "more.",
            error=str(error) or type(error).__name__,
        )

    def _get_gone_text(self):
        """Return what became of the shares there were when the run was looked at."""
        settlements = self._get_settled_elsewhere().settlement_id
        if not settlements:
            return self.env._("Nothing is open any more: the charges were changed meanwhile.")
        names = settlements[:MOST_NAMED].mapped("display_name")
        if len(settlements) > MOST_NAMED:
            names.append(self.env._("%(count)s more", count=len(settlements) - MOST_NAMED))
        return self.env._("Settled meanwhile on %(settlements)s.", settlements=", ".join(names))

    def _get_settled_elsewhere(self):
        """Return the lines of settlements that took shares of this one since it was looked at."""
        shares = self.env["aftersales.charge"]._get_shares()
        codes = [code for code, share in shares.items() if share.kind == self.kind]
        return self.env["aftersales.settlement.line"].search(
            Domain("is_living", "=", True)
            & Domain("share", "in", codes)
            & Domain("create_date", ">=", self.run_id.date_looked)
            & Domain("settlement_id.currency_id", "=", self.currency_id.id)
            & Domain(
                "charge_id", "any", self.run_id._get_chosen_domain() & self._get_payer_domain()
            )
        )

    def _create_settlements(self):
        """Settle the shares of this payer that are open now; return nothing when none is."""
        charges = self.env["aftersales.charge"].with_company(self.company_id)
        charges = charges.search(self._get_open_domain(), order="id")
        wanted = self._get_key()
        settlements = self.env["aftersales.settlement"]
        shares = [
            share
            for share in charges._get_open_shares()
            if settlements._get_payer_key(*share) == wanted
        ]
        return charges._settle_shares(shares)

    def _get_key(self):
        """Return what the shares of this line have in common."""
        return (self.company_id, self.kind, self.partner_id, self.currency_id)

    def _get_open_domain(self):
        """Return the domain of charges with an open share of this payer."""
        return self.run_id._get_open_domain(self.kind) & self._get_payer_domain()

    def _get_payer_domain(self):
        """Return the domain of charges of which this payer may pay a share."""
        shares = self.env["aftersales.charge"]._get_shares().values()
        payers = dict.fromkeys(share.payers for share in shares if share.kind == self.kind)
        domain = Domain.OR(self._get_first_payer_domain(fnames) for fnames in payers)
        if self.kind == "claim":
            # His terms may turn any currency into theirs.
            return domain
        return domain & Domain("currency_id", "=", self.currency_id.id)

    def _get_first_payer_domain(self, fnames):
        """Return the domain of charges where this payer is the first of ``fnames`` that is set."""
        domain = Domain.FALSE
        unset = Domain.TRUE
        for fname in fnames:
            domain |= unset & Domain(fname, "=", self.partner_id.id)
            unset &= Domain(fname, "=", False)
        return domain
