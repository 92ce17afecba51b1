import logging

from psycopg2 import Error as DatabaseError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


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
        selection=[("waiting", "Waiting"), ("done", "Settled"), ("failed", "Went Wrong")],
        required=True,
        default="waiting",
        index=True,
    )
    error = fields.Char(string="What Is Wrong")
    settlement_ids = fields.One2many(
        comodel_name="aftersales.settlement", inverse_name="run_line_id", string="Settlements"
    )

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_guarded(vals)
        if not self.env.su:
            self.run_id._check_being_checked()
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
        # Two workers never do the same payer; the other one is on it, or was.
        if not self.sudo().try_lock_for_update():
            return
        self.invalidate_recordset(["state"])
        if self.state != "waiting":
            return
        try:
            with self.env.cr.savepoint():
                settlements = self._create_settlements()
        except (UserError, DatabaseError) as error:
            _logger.info("Settlement run %s: %s left out", self.run_id.name, self.partner_id.id)
            self.sudo().write({"state": "failed", "error": self._get_error_text(error)})
            return
        # sudo: the link and the state are written by the run alone.
        settlements.sudo().write({"run_line_id": self.id})
        self.sudo().write({"state": "done", "error": False})

    def _get_error_text(self, error):
        """Return what an accountant understands of it."""
        if isinstance(error, UserError):
            return str(error.args[0])
        return self.env._(
            "Somebody settles the same charges at this moment. Try again in a minute."
        )

    def _create_settlements(self):
        """Settle the shares of this payer that are open now.

        :raises UserError: when there is nothing left
        """
        charges = self.env["aftersales.charge"].with_company(self.company_id)
        charges = charges.search(self._get_open_domain(), order="id")
        wanted = self._get_key()
        settlements = self.env["aftersales.settlement"]
        shares = [
            share
            for share in charges._get_open_shares()
            if settlements._get_payer_key(*share) == wanted
        ]
        if not shares:
            raise UserError(charges._get_nothing_to_settle_message())
        return charges._settle_shares(shares)

    def _get_key(self):
        """Return what the shares of this line have in common."""
        return (self.company_id, self.kind, self.partner_id, self.currency_id)

    def _get_open_domain(self):
        """Return the domain of charges with an open share of this payer."""
        shares = self.env["aftersales.charge"]._get_shares().values()
        payers = dict.fromkeys(share.payers for share in shares if share.kind == self.kind)
        return (
            self.run_id._get_open_domain(self.kind)
            & Domain.OR(self._get_payer_domain(fnames) for fnames in payers)
            & Domain("currency_id", "=", self.currency_id.id)
        )

    def _get_payer_domain(self, fnames):
        """Return the domain of charges where this payer is the first of ``fnames`` that is set."""
        domain = Domain.FALSE
        unset = Domain.TRUE
        for fname in fnames:
            domain |= unset & Domain(fname, "=", self.partner_id.id)
            unset &= Domain(fname, "=", False)
        return domain
