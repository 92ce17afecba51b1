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
    _order = "date desc, id desc"

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    date = fields.Date(string="Confirmed On", readonly=True)
    date_submitted = fields.Date(string="Submitted On", readonly=True)
    date_answered = fields.Date(string="Answered On", readonly=True)
    maker_id = fields.Many2one(comodel_name="res.partner", string="Maker or Vendor", readonly=True)
    charge_id = fields.Many2one(comodel_name="aftersales.charge", readonly=True)
    line_id = fields.Many2one(
        comodel_name="aftersales.settlement.line", string="Claim", readonly=True
    )
    settlement_id = fields.Many2one(comodel_name="aftersales.settlement", readonly=True)
    request_id = fields.Many2one(comodel_name="aftersales.request", readonly=True)
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", readonly=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product", string="Served Product", readonly=True
    )
    product_category_id = fields.Many2one(
        comodel_name="product.category", string="Served Category", readonly=True
    )
    item_id = fields.Many2one(comodel_name="product.product", readonly=True)
    kind = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.charge"]._fields["kind"]._description_selection(self.env)
        ),
        readonly=True,
    )
    service_type_id = fields.Many2one(comodel_name="aftersales.service.type", readonly=True)
    team_id = fields.Many2one(comodel_name="aftersales.team", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", string="Technician", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer", readonly=True)
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
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
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
            "state",
            "date_confirmed",
            "company_id",
            "request_id",
            "unit_id",
            "product_id",
            "kind",
            "service_type_id",
            "team_id",
            "user_id",
            "partner_id",
            "cause_id",
            "bearer",
            "bearer_partner_id",
            "covered_amount",
            "currency_rate",
        ],
        "aftersales.settlement": [
            "status",
            "currency_rate",
            "move_id",
            "amount_total",
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
        "account.move": ["state"],
        "aftersales.unit": ["product_id"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "res.company": ["currency_id"],
    }

    # === QUERY === #

    def _read_group_select(self, aggregate_spec, query):
        """Divide sums: an average of quotients would count a small claim like a big one."""
        if aggregate_spec != "recovered_percent:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "recovered", query),
            self._field_to_sql(self._table, "covered", query),
        )

    @api.model
    def _get_queries(self):
        return [
            *super()._get_queries(),
            {
                "columns": {**self._get_columns(), **self._get_money_columns()},
                "tables": self._get_tables(),
                "where": SQL(
                    "h.state = 'confirmed' AND h.bearer = 'partner' AND h.covered_amount <> 0"
                ),
            },
        ]

    @api.model
    def _get_tables(self):
        """Return the tables of a charge (h) with its living claim (l), one at most."""
        return SQL(
            """
            aftersales_charge h
            JOIN res_company c ON c.id = h.company_id
            LEFT JOIN aftersales_unit u ON u.id = h.unit_id
            LEFT JOIN product_product up ON up.id = u.product_id
            LEFT JOIN product_template ut ON ut.id = up.product_tmpl_id
            LEFT JOIN aftersales_settlement_line l
                ON l.charge_id = h.id AND l.share = 'covered' AND l.is_living
            LEFT JOIN aftersales_settlement s ON s.id = l.settlement_id
            LEFT JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
            """
        )

    @api.model
    def _get_columns(self):
        """Return who, what and when; modules add their documents."""
        return {
            "id": SQL("h.id"),
            "company_id": SQL("h.company_id"),
            "date": SQL("h.date_confirmed"),
            "date_submitted": SQL("l.date_submitted"),
            "date_answered": SQL("l.date_answered"),
            "maker_id": SQL("h.bearer_partner_id"),
            "charge_id": SQL("h.id"),
            "line_id": SQL("l.id"),
            "settlement_id": SQL("l.settlement_id"),
            "request_id": SQL("h.request_id"),
            "unit_id": SQL("h.unit_id"),
            "product_id": SQL("u.product_id"),
            "product_category_id": SQL("ut.categ_id"),
            "item_id": SQL("h.product_id"),
            "kind": SQL("h.kind"),
            "service_type_id": SQL("h.service_type_id"),
            "team_id": SQL("h.team_id"),
            "user_id": SQL("h.user_id"),
            "partner_id": SQL("h.partner_id"),
            "cause_id": SQL("h.cause_id"),
            "claim_state": SQL("COALESCE(l.claim_state, 'none')"),
            "decision": SQL("l.decision"),
            "currency_id": SQL("c.currency_id"),
        }

    @api.model
    def _get_money_columns(self):
        """Return the amounts, in the currency of the company."""
        covered = SQL("h.covered_amount / COALESCE(NULLIF(h.currency_rate, 0), 1)::numeric")
        rate = SQL("COALESCE(NULLIF(s.currency_rate, 0), 1)::numeric")
        answered = SQL(
            "CASE WHEN l.answer IS NOT NULL OR m.id IS NOT NULL"
            " THEN l.amount_accepted / %s ELSE 0 END",
            rate,
        )
        claimed = SQL("COALESCE(l.amount_claimed / %s, 0)", rate)
        refused = SQL("COALESCE(l.amount_difference / %s, 0)", rate)
        return {
            "covered": covered,
            "to_claim": SQL("CASE WHEN l.id IS NULL THEN %s ELSE 0 END", covered),
            "claimed": claimed,
            "accepted": answered,
            "refused": refused,
            "recovered": SQL(
                "COALESCE(l.amount_accepted / %s, 0) * %s", rate, self._get_part("paid")
            ),
            "given_up": SQL(
                "COALESCE(l.amount_accepted / %s, 0) * (%s + %s)",
                rate,
                self._get_part("credited"),
                self._get_part("written_off"),
            ),
            "outstanding": SQL(
                "(%s - %s) * CASE WHEN m.id IS NULL THEN 1 ELSE %s END",
                claimed,
                refused,
                self._get_part("residual"),
            ),
        }

    @api.model
    def _get_part(self, what):
        """Return which part of its invoice is paid, credited, written off or still open."""
        return SQL(
            "COALESCE(%s / NULLIF(s.amount_total, 0), 0)", SQL.identifier("s", f"amount_{what}")
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open the claim, or the charge that is on none."""
        self.ensure_one()
        return (self.settlement_id or self.charge_id)._get_records_action()
