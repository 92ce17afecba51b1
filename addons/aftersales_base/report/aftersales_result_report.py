from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesResultReport(models.Model):
    """What service brought in, what it cost, and who bore it, in the company's currency.

    A row is a share of a confirmed charge: the customer's, or the covered one with whoever bears
    it; what a maker refused and we kept is a row of ours. So amounts by payer and by bearer add up
    to those of the charges. Modules that know costs add them to these rows, or as rows of
    their own.
    """

    _name = "aftersales.result.report"
    _description = "Revenue and Cost"
    _inherit = ["aftersales.union.report"]
    _auto = False
    _rec_name = "charge_id"
    _percentages = {"margin_percent": ("margin", "revenue")}
    _order = "date desc, id desc"

    date = fields.Date(
        readonly=True,
        help="When the charge was confirmed, the work was done, or a maker answered that he does "
        "not pay.",
    )
    item_id = fields.Many2one(comodel_name="product.product", readonly=True)
    item_category_id = fields.Many2one(comodel_name="product.category", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self._selection_kind(),
        readonly=True,
    )
    payer_id = fields.Many2one(
        comodel_name="res.partner",
        readonly=True,
        help="Who pays the share; nobody when we bear it.",
    )
    bearer = fields.Selection(
        selection=lambda self: self._selection_bearer(), string="Borne By", readonly=True
    )
    worth = fields.Monetary(readonly=True, help="At our price, whoever bears it, without taxes.")
    revenue = fields.Monetary(
        readonly=True,
        help="What customers and makers accept, or are asked for as long as they have not "
        "answered. Without taxes.",
    )
    borne = fields.Monetary(
        string="Not Charged",
        readonly=True,
        help="At our price without taxes: what we bear, what a contract covers, what a maker "
        "refused and nobody pays.",
    )
    cost_parts = fields.Monetary(
        string="Cost of Parts",
        readonly=True,
        help="The value they left the stock with; else their cost as it is now.",
    )
    cost = fields.Monetary(readonly=True)
    margin = fields.Monetary(readonly=True, help="Revenue less cost.")
    margin_percent = fields.Float(
        string="Margin (%)",
        aggregator="avg",
        readonly=True,
        help="Margin for a hundred of revenue.",
    )

    _depends = {
        "aftersales.charge": [
            "product_category_id",
            "kind",
            "payer_id",
            "bearer",
            "bearer_partner_id",
            "covered_percent",
            "customer_amount",
            "covered_amount",
            "refused_amount",
            "untaxed_percent",
            "quantity",
            "uom_id",
        ],
        "aftersales.settlement": ["currency_rate"],
        "aftersales.settlement.line": [
            "charge_id",
            "share",
            "is_living",
            "date_answered",
            "amount_untaxed",
            "refused_part",
        ],
        "product.product": ["standard_price"],
        "product.template": ["uom_id"],
        "uom.uom": ["factor"],
    }

    # === SELECTION METHODS === #

    @api.model
    def _selection_kind(self):
        return self.env["aftersales.charge"]._fields["kind"]._description_selection(self.env)

    @api.model
    def _selection_bearer(self):
        bearers = self.env["aftersales.charge"]._fields["bearer"]
        return bearers._description_selection(self.env)

    # === QUERY === #

    @api.model
    def _get_queries(self):
        return [*super()._get_queries(), *self._get_charge_queries()]

    @api.model
    def _get_charge_queries(self):
        """Return the shares of confirmed charges."""
        tables, confirmed = self._get_charge_tables(), self._get_charge_where()
        share = SQL("COALESCE(h.covered_percent, 0)")
        return [
            {
                "columns": self._get_customer_columns(),
                "tables": tables,
                "where": SQL(
                    "%s AND (%s < 100 OR %s <> 0)", confirmed, share, self._get_passed_on()
                ),
            },
            {
                "columns": self._get_covered_columns(),
                "tables": tables,
                "where": SQL("%s AND %s > 0", confirmed, share),
            },
            {
                "columns": self._get_kept_columns(),
                "tables": tables,
                "where": SQL("%s AND l.refused_part <> 0", confirmed),
            },
        ]

    @api.model
    def _get_charge_where(self):
        """Return which charges (h) are revenue or cost."""
        return SQL("h.state = 'confirmed'")

    @api.model
    def _get_charge_tables(self):
        """Add what was charged (ip, it), and the living lines of the shares: covered (l, s),
        customer's (cl, cs) and refused (rl, rs), one at most of each by a unique index."""
        return SQL(
            """
            %s
            LEFT JOIN product_product ip ON ip.id = h.product_id
            LEFT JOIN product_template it ON it.id = ip.product_tmpl_id
            LEFT JOIN uom_uom hu ON hu.id = h.uom_id
            LEFT JOIN uom_uom iu ON iu.id = it.uom_id
            LEFT JOIN aftersales_settlement_line l
                ON l.charge_id = h.id AND l.share = 'covered' AND l.is_living
            LEFT JOIN aftersales_settlement s ON s.id = l.settlement_id
            LEFT JOIN aftersales_settlement_line cl
                ON cl.charge_id = h.id AND cl.share = 'customer' AND cl.is_living
            LEFT JOIN aftersales_settlement cs ON cs.id = cl.settlement_id
            LEFT JOIN aftersales_settlement_line rl
                ON rl.charge_id = h.id AND rl.share = 'refused' AND rl.is_living
            LEFT JOIN aftersales_settlement rs ON rs.id = rl.settlement_id
            """,
            super()._get_charge_tables(),
        )

    @api.model
    def _get_charge_columns(self):
        """Return what all shares of a charge have in common."""
        return {
            **super()._get_charge_columns(),
            "date": SQL("h.date_confirmed"),
            "item_id": SQL("h.product_id"),
            "item_category_id": SQL("h.product_category_id"),
            "kind": SQL("h.kind"),
        }

    @api.model
    def _get_customer_columns(self):
        """Return the columns of the customer's share, what a maker's refusal added to it too."""
        share = self.env["aftersales.charge"]._get_shares()["customer"]
        own, refused = SQL("h.customer_amount"), self._get_passed_on()
        accepted = SQL(
            "%s + %s",
            self._get_accepted(own, line=SQL("cl"), settlement=SQL("cs")),
            self._get_accepted(refused, line=SQL("rl"), settlement=SQL("rs")),
        )
        part = SQL("(1 - COALESCE(h.covered_percent, 0)::numeric / 100)")
        return {
            **self._get_charge_columns(),
            "id": SQL("h.id::bigint * 8"),
            "payer_id": self._get_share_payer(share),
            "bearer": SQL("'customer'"),
            "worth": self._get_untaxed(SQL("%s + %s", own, refused)),
            **self._get_money_columns(revenue=accepted, part=part),
        }

    @api.model
    def _get_covered_columns(self):
        """Return the columns of the covered share."""
        covered = SQL("h.covered_amount")
        accepted = self._get_accepted(covered, line=SQL("l"), settlement=SQL("s"))
        is_maker = SQL("h.bearer = 'partner'")
        return {
            **self._get_charge_columns(),
            "id": SQL("h.id::bigint * 8 + 1"),
            "payer_id": SQL("CASE WHEN %s THEN h.bearer_partner_id END", is_maker),
            "bearer": SQL("h.bearer"),
            "worth": self._get_untaxed(SQL("%s - (%s)", covered, self._get_passed_on())),
            "borne": SQL("CASE WHEN %s THEN 0 ELSE %s END", is_maker, self._get_untaxed(covered)),
            **self._get_money_columns(
                revenue=SQL("CASE WHEN %s THEN %s ELSE 0 END", is_maker, accepted),
                part=SQL("COALESCE(h.covered_percent, 0)::numeric / 100"),
            ),
        }

    @api.model
    def _get_kept_columns(self):
        """Return the columns of what a maker did not accept and nobody else pays: ours since his
        answer, as warranty entries book it."""
        lost = SQL("h.covered_amount * l.refused_part::numeric - (%s)", self._get_passed_on())
        return {
            **self._get_charge_columns(),
            "id": SQL("h.id::bigint * 8 + 2"),
            "date": SQL("COALESCE(l.date_answered, h.date_confirmed)"),
            "bearer": SQL("'company'"),
            "worth": SQL("0"),
            "revenue": SQL("0"),
            "cost": SQL("0"),
            "margin": SQL("0"),
            "borne": self._get_untaxed(lost),
        }

    @api.model
    def _get_untaxed(self, amount):
        """Return an amount of a charge (h) without the taxes in its price, in the currency of its
        company."""
        return SQL(
            "((%s) * COALESCE(h.untaxed_percent, 100)::numeric / 100)",
            self._to_company_currency(amount),
        )

    @api.model
    def _get_accepted(self, amount, line, settlement):
        """Return what was accepted of a share on its line, without the taxes of its payer, or the
        share as long as there is none, as :meth:`_get_untaxed`."""
        accepted = SQL("%s.amount_untaxed / NULLIF(%s.currency_rate, 0)::numeric", line, settlement)
        return SQL("COALESCE(%s, %s)", accepted, self._get_untaxed(amount))

    @api.model
    def _get_money_columns(self, revenue, part):
        """Return revenue, costs and margin of a share.

        :param SQL revenue: in the company's currency
        :param SQL part: which part of the charge the share is, 0 to 1
        """
        cost = SQL("(COALESCE(%s, 0) * %s)", self._get_part_cost(), part)
        return {
            "revenue": revenue,
            "cost_parts": cost,
            "cost": cost,
            "margin": SQL("(%s) - %s", revenue, cost),
        }

    @api.model
    def _get_part_cost(self):
        """Return what the part of a charge (h) cost, in the company's currency."""
        return SQL("CASE WHEN h.kind = 'part' THEN %s END", self._get_standard_cost())

    @api.model
    def _get_standard_cost(self):
        """Return the cost of the product of a charge (h), as it is now, times its quantity."""
        return SQL(
            """
            h.quantity::numeric * COALESCE(hu.factor / NULLIF(iu.factor, 0), 1)::numeric
            * (ip.standard_price ->> h.company_id::text)::numeric
            """
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open what the row is about."""
        self.ensure_one()
        return self.charge_id._get_origin()._get_records_action()
