from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesClaimReport(models.Model):
    """What makers and vendors bear: covered, claimed, accepted, and got back (WA14, SA9).

    A row is a confirmed charge a maker or vendor bears, with the claim it is on now. Amounts are in
    the company's currency; what he is asked for follows from his terms, so it may be more or
    less than what is covered at our price.
    """

    _name = "aftersales.claim.report"
    _description = "Claims Analysis"
    _inherit = ["aftersales.union.report"]
    _auto = False
    _rec_name = "charge_id"
    _percentages = {"recovered_percent": ("recovered", "covered")}
    _order = "date desc, id desc"

    date = fields.Date(string="Confirmed On", readonly=True)
    date_submitted = fields.Date(string="Submitted On", readonly=True)
    date_answered = fields.Date(string="Answered On", readonly=True)
    maker_id = fields.Many2one(comodel_name="res.partner", string="Maker or Vendor", readonly=True)
    line_id = fields.Many2one(
        comodel_name="aftersales.settlement.line", string="Claim", readonly=True
    )
    settlement_id = fields.Many2one(comodel_name="aftersales.settlement", readonly=True)
    item_id = fields.Many2one(comodel_name="product.product", readonly=True)
    kind = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.charge"]._fields["kind"]._description_selection(self.env)
        ),
        readonly=True,
    )
    cause_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    claim_state = fields.Selection(
        selection=lambda self: [
            ("none", self.env._("Not Claimed Yet")),
            *self.env["aftersales.settlement.line"]
            ._fields["claim_state"]
            ._description_selection(self.env),
        ],
        string="State",
        readonly=True,
    )
    decision = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.settlement.line"]
            ._fields["decision"]
            ._description_selection(self.env)
        ),
        readonly=True,
        help="What became of the part that was not accepted.",
    )
    covered = fields.Monetary(readonly=True, help="At our price.")
    to_claim = fields.Monetary(
        string="Not Claimed Yet", readonly=True, help="At our price, on no claim."
    )
    claimed = fields.Monetary(readonly=True, help="By the maker's terms.")
    accepted = fields.Monetary(readonly=True, help="As he answered, or as he was invoiced.")
    refused = fields.Monetary(readonly=True, help="What he did not accept of what was claimed.")
    recovered = fields.Monetary(
        readonly=True, help="What he paid of it; of a part payment its part."
    )
    given_up = fields.Monetary(
        readonly=True, help="Accepted, but credited or written off instead of paid."
    )
    outstanding = fields.Monetary(readonly=True, help="Claimed, neither refused nor paid.")
    recovered_percent = fields.Float(
        string="Recovered (%)",
        aggregator="avg",
        readonly=True,
        help="Paid for a hundred covered at our price.",
    )

    _depends = {
        "aftersales.charge": [
            "kind",
            "cause_id",
            "bearer",
            "bearer_partner_id",
            "covered_amount",
        ],
        "aftersales.settlement": [
            "status",
            "currency_rate",
            "move_id",
            "currency_id",
            "amount_residual",
            "amount_paid",
            "amount_credited",
            "amount_written_off",
        ],
        "aftersales.settlement.line": [
            "charge_id",
            "share",
            "is_living",
            "settlement_id",
            "claim_state",
            "answer",
            "decision",
            "date_submitted",
            "date_answered",
            "amount_claimed",
            "amount_accepted",
            "amount_difference",
        ],
        "account.move": ["state", "move_type", "amount_total"],
        "account.move.line": [
            "move_id",
            "aftersales_settlement_line_id",
            "quantity",
            "price_unit",
            "discount",
        ],
        "res.currency": ["rounding"],
    }

    # === QUERY === #

    @api.model
    def _get_queries(self):
        return [
            *super()._get_queries(),
            {
                "columns": {
                    **self._get_columns(),
                    **self._get_claimed_columns(),
                    **self._get_paid_columns(),
                },
                "tables": self._get_tables(),
                "where": SQL(
                    "h.state = 'confirmed' AND h.bearer = 'partner' AND h.covered_amount <> 0"
                ),
            },
        ]

    @api.model
    def _get_tables(self):
        """Return the tables of a charge (h) with its living claim (l), one at most, and the line
        (ml) it has on the invoice (m)."""
        return SQL(
            """
            %s
            LEFT JOIN aftersales_settlement_line l
                ON l.charge_id = h.id AND l.share = 'covered' AND l.is_living
            LEFT JOIN aftersales_settlement s ON s.id = l.settlement_id
            LEFT JOIN res_currency sc ON sc.id = s.currency_id
            LEFT JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
            LEFT JOIN account_move_line ml
                ON ml.aftersales_settlement_line_id = l.id AND ml.move_id = m.id
            """,
            self._get_charge_tables(),
        )

    @api.model
    def _get_columns(self):
        """Return whom and what it is about, and when."""
        return {
            **self._get_charge_columns(),
            "id": SQL("h.id"),
            "date": SQL("h.date_confirmed"),
            "date_submitted": SQL("l.date_submitted"),
            "date_answered": SQL("l.date_answered"),
            "maker_id": SQL("h.bearer_partner_id"),
            "line_id": SQL("l.id"),
            "settlement_id": SQL("l.settlement_id"),
            "item_id": SQL("h.product_id"),
            "kind": SQL("h.kind"),
            "cause_id": SQL("h.cause_id"),
            "claim_state": SQL("COALESCE(l.claim_state, 'none')"),
            "decision": SQL("l.decision"),
        }

    @api.model
    def _get_claimed_columns(self):
        """Return what was covered, asked for and answered, in the currency of the company."""
        covered = self._to_company_currency(SQL("h.covered_amount"))
        return {
            "covered": covered,
            "to_claim": SQL("CASE WHEN l.id IS NULL THEN %s ELSE 0 END", covered),
            "claimed": self._get_line_amount("claimed"),
            "accepted": SQL(
                "CASE WHEN l.answer IS NOT NULL THEN %s WHEN m.id IS NOT NULL THEN %s ELSE 0 END",
                self._get_line_amount("accepted"),
                self._get_invoiced(),
            ),
            "refused": self._get_line_amount("difference"),
        }

    @api.model
    def _get_paid_columns(self):
        """Return what came of what was asked for, in the currency of the company."""
        invoiced = self._get_invoiced()
        return {
            "recovered": SQL("%s * %s", invoiced, self._get_part("paid")),
            "given_up": SQL(
                "%s * (%s + %s)",
                invoiced,
                self._get_part("credited"),
                self._get_part("written_off"),
            ),
            "outstanding": SQL(
                "CASE WHEN m.id IS NULL THEN %s - %s ELSE %s * %s END",
                self._get_line_amount("claimed"),
                self._get_line_amount("difference"),
                invoiced,
                self._get_part("residual"),
            ),
        }

    @api.model
    def _get_line_amount(self, what):
        """Return an amount of the claim in the currency of the company, 0 where there is none."""
        return self._to_claim_rate(SQL.identifier("l", f"amount_{what}"))

    @api.model
    def _get_invoiced(self):
        """Return what the claim is on the posted invoice, with taxes where prices are; accounting
        may have changed it there. In the currency of the company, 0 where there is none."""
        amount = SQL("ml.quantity * ml.price_unit * (1 - COALESCE(ml.discount, 0) / 100)")
        rounded = SQL("ROUND((%s)::numeric / sc.rounding) * sc.rounding", amount)
        return self._to_claim_rate(SQL("%s * %s", self._get_sign(), rounded))

    @api.model
    def _to_claim_rate(self, amount):
        """Return an amount of the settlement (s) in the currency of the company."""
        return SQL("COALESCE(%s / COALESCE(NULLIF(s.currency_rate, 0), 1)::numeric, 0)", amount)

    @api.model
    def _get_sign(self):
        """Return -1 where we owe, 1 where we are owed: settlements have signs, invoices none."""
        return SQL("CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END")

    @api.model
    def _get_part(self, what):
        """Return which part of its invoice is paid, credited, written off or still open."""
        return SQL(
            "COALESCE(%s / NULLIF(%s * m.amount_total, 0), 0)",
            SQL.identifier("s", f"amount_{what}"),
            self._get_sign(),
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open the claim, or the charge that is on none."""
        self.ensure_one()
        return (self.settlement_id or self.charge_id)._get_records_action()
