from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesUnpaidReport(models.Model):
    """What customers and makers still owe, by payer and by unit, and for how long (RP14).

    A row is a share of a confirmed charge that nobody paid yet. What is invoiced counts with its
    taxes as far as the invoice is open, and adds up to what the ledger says; what is not invoiced
    counts as priced. A credit note for what was paid already is owed back: a row below zero. In the
    company's currency.
    """

    _name = "aftersales.unpaid.report"
    _description = "Unpaid Service"
    _inherit = ["aftersales.union.report"]
    _auto = False
    _rec_name = "charge_id"
    _order = "date, id"

    date = fields.Date(
        readonly=True, help="When the invoice is due; not invoiced, when the charge was confirmed."
    )
    settlement_id = fields.Many2one(comodel_name="aftersales.settlement", readonly=True)
    move_id = fields.Many2one(comodel_name="account.move", string="Invoice", readonly=True)
    payer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    kind = fields.Selection(
        selection=[("customer", "Customer"), ("claim", "Maker or Vendor")],
        string="Owed By",
        readonly=True,
    )
    age = fields.Selection(
        selection=[
            ("1_to_settle", "To Settle"),
            ("2_not_invoiced", "Settled, Not Invoiced"),
            ("3_not_due", "Not Due"),
            ("4_30", "1 to 30 Days Late"),
            ("5_60", "31 to 60 Days Late"),
            ("6_90", "61 to 90 Days Late"),
            ("7_older", "More than 90 Days Late"),
        ],
        readonly=True,
    )
    days_late = fields.Integer(aggregator="max", readonly=True)
    amount_to_invoice = fields.Monetary(
        string="Not Invoiced", readonly=True, help="As priced, before taxes not in the prices."
    )
    amount_residual = fields.Monetary(
        string="On Invoices", readonly=True, help="With taxes, as far as the invoice is not paid."
    )
    amount_overdue = fields.Monetary(string="Overdue", readonly=True, help="Of what is invoiced.")

    _depends = {
        "aftersales.charge": [
            "settlement_status",
            "payer_id",
            "bearer",
            "bearer_partner_id",
            "customer_amount",
            "covered_amount",
            "refused_amount",
        ],
        "aftersales.settlement": ["status", "currency_rate", "move_id"],
        "aftersales.settlement.line": [
            "charge_id",
            "share",
            "is_living",
            "settlement_id",
            "amount_accepted",
        ],
        "account.move": [
            "state",
            "move_type",
            "amount_residual_signed",
            "invoice_date_due",
            "reversed_entry_id",
            "aftersales_kind",
            "commercial_partner_id",
        ],
        "account.move.line": ["price_total", "aftersales_settlement_line_id", "move_id"],
    }

    # === QUERY === #

    @api.model
    def _get_queries(self):
        shares = self.env["aftersales.charge"]._get_shares()
        count = len(shares) + 1
        queries = super()._get_queries()
        for number, (code, share) in enumerate(shares.items(), start=1):
            amount = SQL("h.%s", SQL.identifier(share.amount))
            queries.append(
                {
                    "columns": {
                        **self._get_columns(),
                        **self._get_money_columns(amount),
                        "id": SQL("h.id::bigint * %s + %s", count, number),
                        "payer_id": self._get_share_payer(share),
                        "kind": SQL("%s", share.kind),
                    },
                    "tables": self._get_tables(code),
                    "where": self._get_where(amount, share),
                }
            )
        return [*queries, self._get_credit_query(count)]

    @api.model
    def _get_credit_query(self, count):
        """Return what we owe back: credit notes (m) beyond what was open on the invoice (r) they
        reverse, by the charges that were on it."""
        residual = SQL("p.part * m.amount_residual_signed")
        return {
            "columns": {
                **self._get_columns(),
                "id": SQL("p.id::bigint * %s", count),
                "payer_id": SQL("r.commercial_partner_id"),
                "kind": SQL("r.aftersales_kind"),
                "age": SQL("'3_not_due'"),
                "days_late": SQL("0"),
                "amount_to_invoice": SQL("0"),
                "amount_residual": residual,
                "amount_overdue": SQL("0"),
            },
            "tables": SQL(
                """
                %s
                JOIN aftersales_settlement_line l ON l.charge_id = h.id
                JOIN (%s) p ON p.line_id = l.id
                JOIN account_move r ON r.id = p.move_id AND r.aftersales_kind IS NOT NULL
                JOIN (
                    SELECT reversed_entry_id, MAX(id) AS id,
                           MAX(invoice_date_due) AS invoice_date_due,
                           SUM(amount_residual_signed) AS amount_residual_signed
                    FROM account_move
                    WHERE reversed_entry_id IS NOT NULL AND state = 'posted'
                    GROUP BY reversed_entry_id
                ) m ON m.reversed_entry_id = r.id
                """,
                self._get_charge_tables(),
                self.env["aftersales.balance.report"]._select_parts(),
            ),
            "where": SQL("m.amount_residual_signed <> 0"),
        }

    @api.model
    def _get_where(self, amount, share):
        """Return which shares are open; what is paid is left by the index of its status."""
        owed = SQL("h.bearer = %s", share.only_bearer) if share.only_bearer else SQL("TRUE")
        return SQL(
            """
            h.state = 'confirmed'
            AND h.settlement_status IN ('to_settle', 'settled', 'partial', 'reversed')
            AND %s AND %s <> 0
            AND (m.id IS NULL OR m.amount_residual_signed <> 0)
            AND s.status IS DISTINCT FROM 'not_accepted'
            """,
            owed,
            amount,
        )

    @api.model
    def _get_tables(self, share):
        """Return the tables of a charge (h) with the living line of a share (l), one at most, and
        the part (p) of its invoice (m) that is its own."""
        return SQL(
            """
            %s
            LEFT JOIN aftersales_settlement_line l
                ON l.charge_id = h.id AND l.share = %s AND l.is_living
            LEFT JOIN aftersales_settlement s ON s.id = l.settlement_id
            LEFT JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
            LEFT JOIN (%s) p ON p.line_id = l.id AND p.move_id = m.id
            """,
            self._get_charge_tables(),
            share,
            self.env["aftersales.balance.report"]._select_parts(self._select_open_moves()),
        )

    @api.model
    def _select_open_moves(self):
        """Return the ids of invoices somebody owes something of."""
        return SQL(
            """
            SELECT id FROM account_move
            WHERE aftersales_kind IS NOT NULL AND state = 'posted' AND amount_residual_signed <> 0
            """
        )

    @api.model
    def _get_columns(self):
        """Return whom and what it is about, and since when."""
        late = SQL("(%s::date - m.invoice_date_due)", fields.Date.context_today(self))
        return {
            **self._get_charge_columns(),
            "date": SQL("COALESCE(m.invoice_date_due, h.date_confirmed)"),
            "settlement_id": SQL("l.settlement_id"),
            "move_id": SQL("m.id"),
            "days_late": SQL("GREATEST(%s, 0)", late),
            "age": SQL(
                """
                CASE WHEN l.id IS NULL THEN '1_to_settle'
                     WHEN m.id IS NULL THEN '2_not_invoiced'
                     WHEN COALESCE(%(late)s, 0) <= 0 THEN '3_not_due'
                     WHEN %(late)s <= 30 THEN '4_30'
                     WHEN %(late)s <= 60 THEN '5_60'
                     WHEN %(late)s <= 90 THEN '6_90'
                     ELSE '7_older' END
                """,
                late=late,
            ),
        }

    @api.model
    def _get_money_columns(self, amount):
        """Return what is open: the part of the invoice's open amount that is the line's."""
        today = fields.Date.context_today(self)
        residual = SQL("p.part * m.amount_residual_signed")
        return {
            "amount_to_invoice": SQL(
                """
                CASE WHEN m.id IS NOT NULL THEN 0 ELSE COALESCE(
                    l.amount_accepted / NULLIF(s.currency_rate, 0)::numeric, %s) END
                """,
                self._to_company_currency(amount),
            ),
            "amount_residual": SQL("COALESCE(%s, 0)", residual),
            "amount_overdue": SQL(
                "CASE WHEN m.invoice_date_due < %s THEN COALESCE(%s, 0) ELSE 0 END",
                today,
                residual,
            ),
        }

    # === ACTION METHODS === #

    def action_open(self):
        """Open the settlement, or the charge that is on none."""
        self.ensure_one()
        return (self.settlement_id or self.charge_id)._get_records_action()
