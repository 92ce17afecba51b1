from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesTechnicianReport(models.Model):
    """What technicians did: orders, hours sold against worked, first-time fix, and ratings.

    A row is an order that was done, a part of a labour charge of done work, a visit that is over,
    or a time worked at the bench, each with whom it belongs to and its day. Labour of an order
    on which several worked is sold by each as he worked: hours, times the share they count.
    """

    _name = "aftersales.technician.report"
    _description = "Technician Performance"
    _auto = False
    _rec_name = "technician_id"
    _order = "date desc, id desc"

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
        readonly=True, help="At the bench, and from arriving to leaving on visits."
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
        "uom.uom": ["factor", "parent_path"],
    }

    # === QUERY === #

    @property
    def _table_query(self):
        return SQL(
            "%s UNION ALL %s UNION ALL %s UNION ALL %s",
            self._select_orders(),
            self._select_charges(),
            self._select_visits(),
            self._select_times(),
        )

    def _read_group_select(self, aggregate_spec, query):
        """Divide sums: the average of quotients would count a short visit like a long one."""
        if aggregate_spec != "efficiency:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "hours_sold", query),
            self._field_to_sql(self._table, "hours_worked", query),
        )

    @api.model
    def _select_orders(self):
        """Return the orders that were done."""
        return SQL(
            """
            SELECT o.id::bigint * 4 AS id, o.technician_id, o.company_id, o.team_id,
                o.service_type_id, o.repair_id, o.date_done AS date, 1 AS orders, 0 AS visits,
                0.0 AS hours_sold, 0.0 AS hours_worked, 0.0 AS hours_travel,
                NULL::numeric AS efficiency, o.first_fix, o.same_day, o.late, o.rating
            FROM (%s) o WHERE o.state = 'done'
            """,
            self.env["aftersales.repair.report"]._table_query,
        )

    @api.model
    def _select_charges(self):
        """Return the labour charged on done work, in hours; other units count as they are.

        Labour of the order's own technician is shared with those who worked on it; what names
        somebody else is all his.
        """
        hour = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        return SQL(
            """
            SELECT (h.id::bigint * 100 + COALESCE(s.rank, 0)) * 4 + 1,
                COALESCE(s.user_id, h.user_id, r.technician_id), r.company_id, r.team_id,
                r.service_type_id, r.id, r.date_done, 0, 0,
                COALESCE(s.share, 1) *
                CASE WHEN split_part(u.parent_path, '/', 1) = split_part(w.parent_path, '/', 1)
                     THEN h.quantity * u.factor / w.factor ELSE h.quantity END,
                0.0, 0.0, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric,
                NULL::numeric
            FROM aftersales_charge h
            JOIN repair_order r ON r.id = h.repair_id
            LEFT JOIN uom_uom u ON u.id = h.uom_id
            LEFT JOIN uom_uom w ON w.id = %(hour)s
            LEFT JOIN (%(shares)s) s ON s.repair_id = r.id
                AND (h.user_id IS NULL OR h.user_id = r.technician_id)
            WHERE h.kind = 'labour' AND h.state = 'confirmed' AND r.state = 'done'
            """,
            hour=hour or 0,
            shares=self._select_shares(),
        )

    @api.model
    def _select_shares(self):
        """Return who did how much of each order: 1 in all for an order somebody worked on."""
        return SQL(
            """
            SELECT repair_id, user_id,
                weight / SUM(weight) OVER (PARTITION BY repair_id) AS share,
                ROW_NUMBER() OVER (PARTITION BY repair_id ORDER BY user_id) AS rank
            FROM (
                SELECT repair_id, user_id, SUM(hours * labour_share) AS weight
                FROM (
                    SELECT repair_id, user_id, work_hours AS hours, labour_share
                    FROM aftersales_visit WHERE state = 'done'
                    UNION ALL
                    SELECT repair_id, user_id, hours, labour_share FROM aftersales_work_time
                ) worked
                WHERE user_id IS NOT NULL
                GROUP BY repair_id, user_id
                HAVING SUM(hours * labour_share) > 0
            ) weights
            """
        )

    @api.model
    def _select_visits(self):
        """Return the visits that are over and on which somebody was there."""
        return SQL(
            """
            SELECT v.id::bigint * 4 + 2, v.user_id, r.company_id, r.team_id, r.service_type_id,
                r.id, %(day)s, 0, 1, 0.0, v.work_hours, v.travel_hours, NULL::numeric,
                NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric
            FROM aftersales_visit v
            JOIN repair_order r ON r.id = v.repair_id
            JOIN res_company c ON c.id = r.company_id
            LEFT JOIN res_partner cp ON cp.id = c.partner_id
            WHERE v.state = 'done'
            """,
            day=self.env["aftersales.repair.report"]._select_day(SQL('v."left"')),
        )

    @api.model
    def _select_times(self):
        """Return the times at the bench that are over."""
        return SQL(
            """
            SELECT t.id::bigint * 4 + 3, t.user_id, r.company_id, r.team_id, r.service_type_id,
                r.id, %(day)s, 0, 0, 0.0, t.hours, 0.0, NULL::numeric, NULL::numeric,
                NULL::numeric, NULL::numeric, NULL::numeric
            FROM aftersales_work_time t
            JOIN repair_order r ON r.id = t.repair_id
            JOIN res_company c ON c.id = r.company_id
            LEFT JOIN res_partner cp ON cp.id = c.partner_id
            WHERE t.date_to IS NOT NULL
            """,
            day=self.env["aftersales.repair.report"]._select_day(SQL("t.date_from")),
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open the work order."""
        self.ensure_one()
        view = self.env.ref("repair.view_repair_order_form")
        return self.repair_id._get_records_action(views=[(view.id, "form")])
