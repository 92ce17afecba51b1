from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesResultReport(models.Model):
    """What work orders cost: parts as they left the stock, hours at the cost of their day.

    Hours are those worked (``aftersales.worked.hours``), the road included; an order on which
    nobody wrote hours of work down counts the labour it sold. Costs count when the work is done.
    """

    _inherit = "aftersales.result.report"

    hours = fields.Float(readonly=True, help="Worked, or sold where nobody wrote hours down.")
    cost_labour = fields.Monetary(
        string="Cost of Labour", readonly=True, help="Hours at the hourly cost of their day."
    )

    _depends = {
        "aftersales.charge": ["move_id"],
        "aftersales.hourly.cost": ["company_id", "user_id", "date_from", "cost"],
        "aftersales.visit": ["repair_id", "user_id", "state", "left", "work_hours", "travel_hours"],
        "aftersales.work.time": ["repair_id", "user_id", "date_from", "date_to", "hours"],
        "repair.order": [
            "state",
            "company_id",
            "date_done",
            "request_id",
            "unit_id",
            "product_id",
            "service_type_id",
            "team_id",
            "technician_id",
            "partner_id",
        ],
        "stock.move": ["repair_id", "repair_line_type", "state", "value", "is_in", "is_out"],
        "product.template": ["is_storable"],
        "res.company": ["partner_id"],
        "res.partner": ["tz"],
        "uom.uom": ["parent_path"],
    }

    # === SELECTION METHODS === #

    @api.model
    def _selection_bearer(self):
        return [*super()._selection_bearer(), ("hours", self.env._("Hours Worked"))]

    # === QUERY === #

    @api.model
    def _get_queries(self):
        return [
            *super()._get_queries(),
            self._get_part_query(),
            *self._get_worked_queries(),
            self._get_sold_query(),
        ]

    @api.model
    def _get_charge_where(self):
        """What is paid in advance is revenue when the work is charged, not before."""
        return SQL("%s AND h.kind <> 'advance'", super()._get_charge_where())

    @api.model
    def _get_charge_tables(self):
        return SQL("%s LEFT JOIN stock_move pm ON pm.id = h.move_id", super()._get_charge_tables())

    @api.model
    def _get_part_cost(self):
        """A part that left the stock costs what it was worth there; what has no worth there, its
        cost."""
        return SQL(
            "CASE WHEN h.move_id IS NOT NULL AND it.is_storable THEN %s ELSE %s END",
            self._get_move_cost(SQL("pm")),
            super()._get_part_cost(),
        )

    @api.model
    def _get_move_cost(self, move):
        """Return what a movement cost: what came back to the stock lowers it."""
        return SQL("CASE WHEN %(m)s.is_in THEN -%(m)s.value ELSE %(m)s.value END", m=move)

    @api.model
    def _get_order_columns(self):
        """Return what a row of a work order (r) says of it."""
        return {
            "company_id": SQL("r.company_id"),
            "date": SQL("r.date_done"),
            "request_id": SQL("r.request_id"),
            "unit_id": SQL("r.unit_id"),
            "product_id": SQL("r.product_id"),
            "product_category_id": SQL("rt.categ_id"),
            "service_type_id": SQL("r.service_type_id"),
            "team_id": SQL("r.team_id"),
            "partner_id": SQL("r.partner_id"),
            "currency_id": SQL("c.currency_id"),
            "repair_id": SQL("r.id"),
            "worth": SQL("0"),
            "revenue": SQL("0"),
            "borne": SQL("0"),
        }

    @api.model
    def _get_order_tables(self):
        """Return the tables of a work order (r) to join to what belongs to it."""
        return SQL(
            """
            JOIN res_company c ON c.id = r.company_id
            LEFT JOIN res_partner cp ON cp.id = c.partner_id
            LEFT JOIN product_product rp ON rp.id = r.product_id
            LEFT JOIN product_template rt ON rt.id = rp.product_tmpl_id
            """
        )

    @api.model
    def _get_part_query(self):
        """Return the parts that nobody charged: we bear them."""
        cost = self._get_move_cost(SQL("m"))
        return {
            "columns": {
                **self._get_order_columns(),
                "id": SQL("m.id::bigint * 8 + 3"),
                "item_id": SQL("m.product_id"),
                "item_category_id": SQL("mt.categ_id"),
                "kind": SQL("'part'"),
                "user_id": SQL("r.technician_id"),
                "bearer": SQL("'company'"),
                "cost_parts": cost,
                "cost": cost,
                "margin": SQL("-(%s)", cost),
            },
            "tables": self._get_part_tables(),
            "where": SQL(
                """
                m.repair_line_type IS NOT NULL AND m.state = 'done' AND m.value <> 0
                AND r.state = 'done' AND h.id IS NULL
                """
            ),
        }

    @api.model
    def _get_part_tables(self):
        """Return the tables of a part (m), with its charge (h) where it has one."""
        return SQL(
            """
            stock_move m
            JOIN repair_order r ON r.id = m.repair_id
            %s
            JOIN product_product mp ON mp.id = m.product_id
            JOIN product_template mt ON mt.id = mp.product_tmpl_id
            LEFT JOIN aftersales_charge h ON h.move_id = m.id AND h.state = 'confirmed'
            """,
            self._get_order_tables(),
        )

    # === QUERY: HOURS === #

    @api.model
    def _get_worked_queries(self):
        """Return the hours worked on work that is done."""
        sources = self.env["aftersales.worked.hours"]._get_sources()
        return [self._get_worked_query(source) for source in sources]

    @api.model
    def _get_worked_query(self, source):
        worked = self.env["aftersales.worked.hours"]
        user = worked._select_column(source, "user_id")
        moment = worked._select_column(source, source["moment"])
        hours = worked._select_paid(source)
        return {
            "columns": {
                **self._get_order_columns(),
                "id": SQL(
                    "(%s::bigint * 8 + %s) * 8 + 4",
                    worked._select_column(source, "id"),
                    source["number"],
                ),
                "kind": SQL("'labour'"),
                "user_id": user,
                "bearer": SQL("'hours'"),
                **self._get_labour_columns(SQL("%s::numeric", hours)),
            },
            "tables": SQL(
                "%s JOIN repair_order r ON r.id = %s %s %s",
                worked._select_from(source),
                worked._select_column(source, "repair_id"),
                self._get_order_tables(),
                self._join_costs(user, SQL("COALESCE(%s, r.date_done)", self._select_day(moment))),
            ),
            "where": SQL("%s AND %s <> 0 AND r.state = 'done'", source["over"], hours),
        }

    @api.model
    def _get_sold_query(self):
        """Return the labour sold on done work on which nobody wrote hours down.

        Each share of the charge carries its part of the cost.
        """
        part = SQL(
            "CASE WHEN p.is_customer THEN 1 - COALESCE(h.covered_percent, 0)::numeric / 100"
            " ELSE COALESCE(h.covered_percent, 0)::numeric / 100 END"
        )
        user = SQL("COALESCE(h.user_id, r.technician_id)")
        return {
            "columns": {
                **self._get_order_columns(),
                "id": SQL("h.id::bigint * 8 + CASE WHEN p.is_customer THEN 6 ELSE 7 END"),
                "charge_id": SQL("h.id"),
                "item_id": SQL("h.product_id"),
                "item_category_id": SQL("h.product_category_id"),
                "kind": SQL("'labour'"),
                "user_id": user,
                "bearer": SQL("CASE WHEN p.is_customer THEN 'customer' ELSE h.bearer END"),
                **self._get_labour_columns(SQL("%s * (%s)", self._select_hours(), part)),
            },
            "tables": self._get_sold_tables(user),
            "where": SQL(
                """
                h.kind = 'labour' AND h.state = 'confirmed' AND r.state = 'done'
                AND worked.repair_id IS NULL AND (%s) <> 0
                """,
                part,
            ),
        }

    @api.model
    def _get_sold_tables(self, user):
        """Return the tables of labour sold (h), once for each of its two shares (p).

        :param SQL user: whose hourly cost it is
        """
        return SQL(
            """
            aftersales_charge h
            JOIN repair_order r ON r.id = h.repair_id
            %s
            CROSS JOIN (VALUES (TRUE), (FALSE)) p(is_customer)
            %s
            LEFT JOIN (%s) worked ON worked.repair_id = h.repair_id
            %s
            """,
            self._get_order_tables(),
            self._join_hours(),
            self._select_worked_orders(),
            self._join_costs(user, SQL("r.date_done")),
        )

    @api.model
    def _select_worked_orders(self):
        """Return the orders on which somebody wrote hours of work down; who only went there in
        vain says nothing of how long the work took.
        """
        worked = self.env["aftersales.worked.hours"]
        orders = SQL(" UNION ALL ").join(
            SQL(
                "SELECT repair_id FROM %s WHERE %s AND %s <> 0",
                worked._select_from(source),
                source["worked"],
                worked._select_paid(source),
            )
            for source in worked._get_sources()
        )
        return SQL("SELECT repair_id FROM (%s) hours GROUP BY repair_id", orders)

    @api.model
    def _get_labour_columns(self, hours):
        """Return hours and cost, at the person's own hourly cost or else everybody's."""
        cost = SQL("%s * COALESCE(own.cost, every.cost, 0)", hours)
        return {
            "hours": hours,
            "cost_labour": cost,
            "cost": cost,
            "margin": SQL("-(%s)", cost),
        }

    @api.model
    def _join_costs(self, user, day):
        """Return the joins of the hourly cost of a person on a day: his own, and everybody's."""
        costs = SQL(
            """
            SELECT company_id, user_id, cost, date_from, LEAD(date_from) OVER (
                PARTITION BY company_id, user_id ORDER BY date_from) AS date_next
            FROM aftersales_hourly_cost
            """
        )
        return SQL(
            """
            LEFT JOIN (%(costs)s) own ON own.company_id = r.company_id AND own.user_id = %(user)s
                AND own.date_from <= %(day)s AND (own.date_next IS NULL OR own.date_next > %(day)s)
            LEFT JOIN (%(costs)s) every ON every.company_id = r.company_id AND every.user_id IS NULL
                AND every.date_from <= %(day)s
                AND (every.date_next IS NULL OR every.date_next > %(day)s)
            """,
            costs=costs,
            user=user,
            day=day,
        )

    # === ACTION METHODS === #

    def action_open(self):
        self.ensure_one()
        if not self.repair_id:
            return super().action_open()
        return self.repair_id._open_order()
