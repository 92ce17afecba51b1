from odoo import api, fields, models
from odoo.tools import SQL, date_utils

from ..models.aftersales_settlement import DEBTS

# What changes a balance: the column, and its sign there.
MOVEMENTS = (
    ("invoiced", 1),
    ("paid", -1),
    ("credited", -1),
    ("written_off", -1),
    ("exchange", 1),
)


class AftersalesBalanceReport(models.Model):
    """What payers owed for service when a period began, what happened, and what they owed at its
    end (SA6): the receivables of invoices made of settlements, as the ledger has them.

    A row is a charge on an invoice with its part of all that happened to it. Credit notes count
    with the invoice they reverse, on their own day; payments and write-offs on the day they were
    matched on, as in Odoo's aged balances. So the rows of an invoice add up to its open amount on
    any day, and those of all to the ledger.

    The period comes in the context (``aftersales_from``, ``aftersales_to``), by default this
    month; so does the currency (``aftersales_own_currency``: that of the invoice, by default that
    of the company).
    """

    _name = "aftersales.balance.report"
    _description = "Balances"
    _inherit = ["aftersales.union.report"]
    _auto = False
    _rec_name = "move_id"
    _order = "payer_id, move_id, id"

    payer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    kind = fields.Selection(
        selection=[("customer", "Customer"), ("claim", "Maker or Vendor")],
        string="Owed By",
        readonly=True,
    )
    move_id = fields.Many2one(comodel_name="account.move", string="Invoice", readonly=True)
    date = fields.Date(string="Invoiced On", readonly=True)
    settlement_id = fields.Many2one(comodel_name="aftersales.settlement", readonly=True)
    invoice_currency_id = fields.Many2one(
        comodel_name="res.currency", string="Invoiced In", readonly=True
    )
    opening = fields.Monetary(readonly=True, help="Owed when the period began.")
    invoiced = fields.Monetary(
        readonly=True, help="Invoices and claims posted in the period, taxes included."
    )
    paid = fields.Monetary(
        readonly=True, help="Payments, and what was set off against other entries of the payer."
    )
    credited = fields.Monetary(readonly=True, help="Credit notes for these invoices.")
    written_off = fields.Monetary(readonly=True, help="Given up and booked as a loss.")
    exchange = fields.Monetary(
        string="Exchange Difference",
        readonly=True,
        help="What changed because rates did, in the currency of the company.",
    )
    closing = fields.Monetary(
        readonly=True, help="Owed at the end of the period; below zero, we owe it."
    )

    _depends = {
        "account.move": [
            "aftersales_kind",
            "state",
            "move_type",
            "reversed_entry_id",
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "invoice_date",
        ],
        "account.move.line": [
            "move_id",
            "account_id",
            "date",
            "balance",
            "amount_currency",
            "price_total",
            "aftersales_settlement_line_id",
        ],
        "account.partial.reconcile": [
            "debit_move_id",
            "credit_move_id",
            "amount",
            "debit_amount_currency",
            "credit_amount_currency",
            "max_date",
            "exchange_move_id",
        ],
        "account.account": ["account_type"],
        "aftersales.settlement.line": ["settlement_id", "charge_id"],
        "res.company": [
            "income_currency_exchange_account_id",
            "expense_currency_exchange_account_id",
        ],
    }

    # === CRUD METHODS === #

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Read anew: what was read of another period has the same ids."""
        self.invalidate_model(flush=False)
        return super().search_fetch(domain, field_names, offset, limit, order)

    # === QUERY === #

    @api.model
    def _get_period(self):
        """Return the first and the last day asked for."""
        first, last = (
            fields.Date.to_date(self.env.context.get(key))
            for key in ("aftersales_from", "aftersales_to")
        )
        last = last or date_utils.end_of(fields.Date.context_today(self), "month")
        return first or date_utils.start_of(last, "month"), last

    @api.model
    def _get_queries(self):
        return [
            *super()._get_queries(),
            {"columns": self._get_columns(), "tables": self._get_tables(), "where": SQL("TRUE")},
        ]

    @api.model
    def _get_columns(self):
        """Return whom and what it is about, and how much."""
        own = self.env.context.get("aftersales_own_currency")
        amounts = ["opening", *(kind for kind, __ in MOVEMENTS), "closing"]
        return {
            **self._get_charge_columns(),
            "id": SQL("COALESCE(p.id::bigint * 2, m.id::bigint * 2 + 1)"),
            "company_id": SQL("m.company_id"),
            "payer_id": SQL("m.commercial_partner_id"),
            "kind": SQL("m.aftersales_kind"),
            "move_id": SQL("m.id"),
            "date": SQL("m.invoice_date"),
            "settlement_id": SQL("l.settlement_id"),
            "invoice_currency_id": SQL("m.currency_id"),
            "currency_id": SQL("m.currency_id") if own else SQL("mc.currency_id"),
            **{
                fname: SQL("b.%s * COALESCE(p.part, 1)", SQL.identifier(fname)) for fname in amounts
            },
        }

    @api.model
    def _get_tables(self):
        """Return the invoices (m) with their balances (b), and the charges on them (p, l, h)."""
        return SQL(
            """
            (%s) b
            JOIN account_move m ON m.id = b.move_id
            JOIN res_company mc ON mc.id = m.company_id
            LEFT JOIN (%s) p ON p.move_id = m.id
            LEFT JOIN aftersales_settlement_line l ON l.id = p.line_id
            LEFT JOIN (%s) ON h.id = l.charge_id
            """,
            self._select_balances(),
            self._select_parts(),
            self._get_charge_tables(),
        )

    @api.model
    def _get_part_columns(self):
        """Return what lines of invoices were made of, by its name here; modules add theirs."""
        return {"line_id": SQL("aftersales_settlement_line_id")}

    @api.model
    def _select_parts(self, moves=None):
        """Return which part, 0 to 1, of an invoice is of which line of a settlement, or of what
        else it was made.

        :param SQL moves: the ids of the invoices asked about; by default all
        """
        columns = self._get_part_columns()
        asked = SQL("move_id IN (%s)", moves) if moves else SQL("TRUE")
        return SQL(
            """
            SELECT id, move_id, %s,
                   COALESCE(price_total / NULLIF(SUM(price_total) OVER of_move, 0),
                            1.0 / COUNT(*) OVER of_move) AS part
            FROM account_move_line
            WHERE (%s) AND %s
            WINDOW of_move AS (PARTITION BY move_id)
            """,
            SQL(", ").join(
                SQL("%s AS %s", column, SQL.identifier(name)) for name, column in columns.items()
            ),
            SQL(" OR ").join(SQL("%s IS NOT NULL", column) for column in columns.values()),
            asked,
        )

    @api.model
    def _select_balances(self):
        """Return the balances of each invoice to which something happened, or that was open."""
        first, last = self._get_period()
        before, sums = SQL("x.date < %s", first), []
        for kind, sign in MOVEMENTS:
            sums.append(
                SQL(
                    "COALESCE(SUM(%s * x.amount) FILTER (WHERE x.kind = %s AND NOT %s), 0) AS %s",
                    sign,
                    kind,
                    before,
                    SQL.identifier(kind),
                )
            )
        opening = SQL("COALESCE(SUM(x.amount) FILTER (WHERE %s), 0)", before)
        return SQL(
            """
            SELECT x.root_id AS move_id, %(opening)s AS opening, %(sums)s,
                   SUM(x.amount) AS closing
            FROM (%(movements)s) x
            WHERE x.date <= %(last)s AND x.amount <> 0
            GROUP BY x.root_id
            HAVING %(opening)s <> 0 OR NOT BOOL_AND(%(before)s)
            """,
            opening=opening,
            sums=SQL(", ").join(sums),
            movements=self._select_movements(),
            last=last,
            before=before,
        )

    @api.model
    def _select_movements(self):
        """Return all that changed what is owed: invoice, day, kind and signed amount."""
        own = self.env.context.get("aftersales_own_currency")
        posted = SQL(
            """
            SELECT d.root_id, d.date, d.%s AS amount,
                   CASE WHEN d.move_id = d.root_id THEN 'invoiced' ELSE 'credited' END AS kind
            FROM (%s) d
            """,
            SQL.identifier("amount_currency" if own else "balance"),
            self._select_debts(),
        )
        matched = (
            self._select_matched(sign, ours, theirs, f"{ours}_amount_currency" if own else "amount")
            for sign, ours, theirs in ((-1, "debit", "credit"), (1, "credit", "debit"))
        )
        return SQL(" UNION ALL ").join([posted, *matched])

    @api.model
    def _select_debts(self):
        """Return the receivables of invoices and of the credit notes that reverse them; a credit
        note has its invoice as root."""
        return SQL(
            """
            SELECT k.root_id, k.move_id, dl.id, dl.date, dl.balance, dl.amount_currency
            FROM (
                SELECT id AS root_id, id AS move_id FROM account_move
                WHERE aftersales_kind IS NOT NULL AND state = 'posted'
                UNION ALL
                SELECT r.id, o.id
                FROM account_move r JOIN account_move o ON o.reversed_entry_id = r.id
                WHERE r.aftersales_kind IS NOT NULL AND o.state = 'posted'
            ) k
            JOIN account_move_line dl ON dl.move_id = k.move_id
            JOIN account_account da ON da.id = dl.account_id
                AND da.account_type IN %s
            """,
            DEBTS,
        )

    @api.model
    def _select_matched(self, sign, ours, theirs, amount):
        """Return what the receivables were matched with on one side.

        An invoice and its own credit note are matched among themselves: the credit note counts
        already. An entry against income or expense is a loss, by its part; what Odoo books for
        changed rates is a difference of exchange.
        """
        value = SQL("%s * q.%s", sign, SQL.identifier(amount))
        return SQL(
            """
            SELECT d.root_id, q.max_date AS date, %(value)s * t.part AS amount, t.kind
            FROM (%(debts)s) d
            JOIN account_partial_reconcile q ON q.%(ours)s = d.id
            JOIN account_move_line ol ON ol.id = q.%(theirs)s
            JOIN account_move o ON o.id = ol.move_id
            JOIN res_company oc ON oc.id = o.company_id
            LEFT JOIN LATERAL (%(loss)s) w ON o.move_type = 'entry'
            CROSS JOIN LATERAL (%(kinds)s) t
            WHERE o.id <> d.root_id AND o.reversed_entry_id IS DISTINCT FROM d.root_id
            """,
            value=value,
            debts=self._select_debts(),
            ours=SQL.identifier(f"{ours}_move_id"),
            theirs=SQL.identifier(f"{theirs}_move_id"),
            loss=self._select_loss(),
            kinds=self._select_kinds(),
        )

    @api.model
    def _select_kinds(self):
        """Return the kinds an entry (o) with its losses (w) falls into, with the part of each."""
        return SQL(
            """
            SELECT 'exchange' AS kind, 1::numeric AS part
            WHERE EXISTS (
                SELECT FROM account_partial_reconcile e WHERE e.exchange_move_id = o.id)
            UNION ALL
            SELECT v.kind, v.part
            FROM (VALUES ('paid', 1 - COALESCE(w.share, 0)),
                         ('written_off', COALESCE(w.share, 0))) v(kind, part)
            WHERE v.part <> 0 AND NOT EXISTS (
                SELECT FROM account_partial_reconcile e WHERE e.exchange_move_id = o.id)
            """
        )

    @api.model
    def _select_loss(self):
        """Return which part of what an entry (o) settles is nobody's money but a loss; as
        ``account.move._get_aftersales_loss_share``."""
        return SQL(
            """
            SELECT LEAST(
                COALESCE(ABS(SUM(wl.balance) FILTER (
                    WHERE split_part(wa.account_type, '_', 1) IN ('income', 'expense')
                    AND wa.id IS DISTINCT FROM oc.income_currency_exchange_account_id
                    AND wa.id IS DISTINCT FROM oc.expense_currency_exchange_account_id))
                / NULLIF(ABS(SUM(wl.balance) FILTER (WHERE wa.account_type IN %s)), 0), 0),
                1) AS share
            FROM account_move_line wl JOIN account_account wa ON wa.id = wl.account_id
            WHERE wl.move_id = o.id
            """,
            DEBTS,
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open the settlement the invoice was made of."""
        self.ensure_one()
        return (self.settlement_id or self.move_id)._get_records_action()
