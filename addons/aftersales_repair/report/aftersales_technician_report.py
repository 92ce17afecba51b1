from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesTechnicianReport(models.Model):
    """What technicians did: orders, hours sold against worked, first-time fix, and ratings.

    A row is an order that was done, a part of a labour charge of done work, or hours worked
    (``aftersales.worked.hours``), each with whom it belongs to and its day. Labour of an order
    on which several worked is sold by each as he worked: hours, times the share they count.
    """

    _name = "aftersales.technician.report"
    _description = "Technician Performance"
    _inherit = ["aftersales.union.mixin"]
    _auto = False
    _rec_name = "technician_id"
    _order = "date desc, id desc"
    _percentages = {"efficiency": ("hours_sold", "hours_worked")}

    technician_id = fields.Many2one(comodel_name="res.users", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    team_id = fields.Many2one(comodel_name="aftersales.team", readonly=True)
    service_type_id = fields.Many2one(comodel_name="aftersales.service.type", readonly=True)
    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", readonly=True)
    date = fields.Date(readonly=True)
    orders = fields.Integer(string="Orders Done", readonly=True)
    visits = fields.Integer(string="Visits Made", readonly=True)
    hours_sold = fields.Float(readonly=True, help="Labour charged on done work.")
    hours_worked = fields.Float(
        readonly=True,
        help="At the bench, and from arriving to leaving on visits, those that were not possible "
        "too.",
    )
    hours_travel = fields.Float(string="Hours on the Road", readonly=True)
    efficiency = fields.Float(
        string="Sold Against Worked (%)",
        aggregator="avg",
        readonly=True,
        help="Hours sold for a hundred hours worked.",
    )
    first_fix = fields.Float(string="First-Time Fix (%)", aggregator="avg", readonly=True)
    same_day = fields.Float(string="Same Day (%)", aggregator="avg", readonly=True)
    late = fields.Float(string="Late (%)", aggregator="avg", readonly=True)
    rating = fields.Float(aggregator="avg", readonly=True, help="What customers said, 1 to 5.")

    _depends = {
        "aftersales.repair.report": [
            "technician_id",
            "company_id",
            "team_id",
            "service_type_id",
            "date_done",
            "state",
            "first_fix",
            "same_day",
            "late",
            "rating",
        ],
        "aftersales.charge": ["kind", "state", "user_id", "quantity", "uom_id", "repair_id"],
        "aftersales.visit": [
            "user_id",
            "state",
            "arrived",
            "left",
            "work_hours",
            "travel_hours",
            "labour_share",
            "repair_id",
        ],
        "aftersales.work.time": [
            "repair_id",
            "user_id",
            "date_from",
            "date_to",
            "hours",
            "labour_share",
        ],
        "res.company": ["partner_id"],
        "res.partner": ["tz"],
        "uom.uom": ["factor", "parent_path"],
    }

    # === QUERY === #

    @api.model
    def _get_queries(self):
        sources = self.env["aftersales.worked.hours"]._get_sources()
        return [
            self._get_done_query(),
            self._get_sold_query(),
            *(self._get_worked_query(source) for source in sources),
        ]

    @api.model
    def _get_counts(self):
        """Return the sums of a row, each zero until a kind of row says something else."""
        counts = ("orders", "visits", "hours_sold", "hours_worked", "hours_travel")
        return dict.fromkeys(counts, SQL("0"))

    @api.model
    def _get_order_columns(self):
        """Return what a row of a work order (r) says of it."""
        return {
            **self._get_counts(),
            "company_id": SQL("r.company_id"),
            "team_id": SQL("r.team_id"),
            "service_type_id": SQL("r.service_type_id"),
            "repair_id": SQL("r.id"),
        }

    @api.model
    def _get_done_query(self):
        """Return the orders that were done, with their rates."""
        same = ("company_id", "team_id", "service_type_id", "repair_id", "technician_id")
        rates = ("first_fix", "same_day", "late", "rating")
        return {
            "columns": {
                **self._get_counts(),
                **{fname: SQL.identifier("o", fname) for fname in (*same, *rates)},
                "id": SQL("o.id::bigint * 4"),
                "date": SQL("o.date_done"),
                "orders": SQL("1"),
            },
            "tables": SQL("(%s) o", self.env["aftersales.repair.report"]._table_query),
            "where": SQL("o.state = 'done'"),
        }

    @api.model
    def _get_sold_query(self):
        """Return the labour charged on done work, in hours.

        Labour of the order's own technician is shared with those who worked on it; what names
        somebody else is all his.
        """
        return {
            "columns": {
                **self._get_order_columns(),
                "id": SQL("(h.id::bigint * 100 + COALESCE(s.rank, 0)) * 4 + 1"),
                "technician_id": SQL("COALESCE(s.user_id, h.user_id, r.technician_id)"),
                "date": SQL("r.date_done"),
                "hours_sold": SQL("COALESCE(s.share, 1) * %s", self._select_hours()),
            },
            "tables": SQL(
                """
                aftersales_charge h
                JOIN repair_order r ON r.id = h.repair_id
                %s
                LEFT JOIN (%s) s ON s.repair_id = r.id
                    AND (h.user_id IS NULL OR h.user_id = r.technician_id)
                """,
                self._join_hours(),
                self._select_shares(),
            ),
            "where": SQL("h.kind = 'labour' AND h.state = 'confirmed' AND r.state = 'done'"),
        }

    @api.model
    def _select_shares(self):
        """Return who did how much of each order: 1 in all for an order somebody worked on. Who
        went there in vain sold nothing.
        """
        worked = self.env["aftersales.worked.hours"]
        hours = SQL(" UNION ALL ").join(
            SQL(
                "SELECT repair_id, user_id, %s AS hours, labour_share FROM %s WHERE %s",
                worked._select_hours(source),
                worked._select_from(source),
                source["worked"],
            )
            for source in worked._get_sources()
        )
        return SQL(
            """
            SELECT repair_id, user_id,
                weight / SUM(weight) OVER (PARTITION BY repair_id) AS share,
                ROW_NUMBER() OVER (PARTITION BY repair_id ORDER BY user_id) AS rank
            FROM (
                SELECT repair_id, user_id, SUM(hours * labour_share) AS weight
                FROM (%s) worked
                WHERE user_id IS NOT NULL
                GROUP BY repair_id, user_id
                HAVING SUM(hours * labour_share) > 0
            ) weights
            """,
            hours,
        )

    @api.model
    def _get_worked_query(self, source):
        """Return the hours worked and those on the road, and the visits made."""
        worked = self.env["aftersales.worked.hours"]
        number = worked._select_column(source, "id")
        moment = worked._select_column(source, source["moment"])
        return {
            "columns": {
                **self._get_order_columns(),
                "id": SQL("(%s::bigint * 8 + %s) * 4 + 2", number, source["number"]),
                "technician_id": worked._select_column(source, "user_id"),
                "date": self._select_day(moment),
                "visits": source["visits"],
                "hours_worked": worked._select_hours(source),
                "hours_travel": worked._select_travel(source),
            },
            "tables": SQL(
                """
                %s
                JOIN repair_order r ON r.id = %s
                JOIN res_company c ON c.id = r.company_id
                LEFT JOIN res_partner cp ON cp.id = c.partner_id
                """,
                worked._select_from(source),
                worked._select_column(source, "repair_id"),
            ),
            "where": source["over"],
        }

    # === ACTION METHODS === #

    def action_open(self):
        """Open the work order."""
        self.ensure_one()
        return self.repair_id._open_order()
