from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.aftersales_base.tools.repeats import Case, select_repeat


class AftersalesRepairReport(models.Model):
    """Work orders counted: causes, rates, and times, one row an order (RP1, RP2, RP5, RP8, WS12).

    Rates are 0 or 100 on each row, and empty where the question makes no sense, so that their
    average is the rate. An order *came back* when the same fault of the same unit was ordered
    again within the days of the company (``tools/repeats.py``).
    """

    _name = "aftersales.repair.report"
    _description = "Work Order Analysis"
    _auto = False
    _rec_name = "name"
    _order = "date_ordered desc, id desc"

    name = fields.Char(string="Number", readonly=True)
    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    state = fields.Selection(
        selection=[
            ("draft", "New"),
            ("confirmed", "Confirmed"),
            ("under_repair", "Under Repair"),
            ("done", "Repaired"),
            ("cancel", "Cancelled"),
        ],
        readonly=True,
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer", readonly=True)
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", readonly=True
    )
    product_id = fields.Many2one(comodel_name="product.product", readonly=True)
    product_category_id = fields.Many2one(comodel_name="product.category", readonly=True)
    request_id = fields.Many2one(
        comodel_name="aftersales.request", string="Service Request", readonly=True
    )
    service_type_id = fields.Many2one(comodel_name="aftersales.service.type", readonly=True)
    team_id = fields.Many2one(comodel_name="aftersales.team", readonly=True)
    technician_id = fields.Many2one(comodel_name="res.users", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", string="Responsible", readonly=True)
    symptom_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    cause_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    remedy_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    late_reason_id = fields.Many2one(
        comodel_name="aftersales.late.reason", string="Why Late", readonly=True
    )
    bay_id = fields.Many2one(comodel_name="aftersales.bay", readonly=True)
    date_ordered = fields.Datetime(string="Ordered", readonly=True)
    date_ended = fields.Datetime(string="Ended", readonly=True)
    date_done = fields.Date(string="Done On", readonly=True)
    date_handed_over = fields.Datetime(string="Handed Over On", readonly=True)
    handover_status = fields.Selection(
        selection=[("waiting", "Not Collected"), ("handed_over", "Handed Over")],
        string="Hand-over",
        readonly=True,
        help="Of done work on goods that stood here.",
    )
    done = fields.Integer(readonly=True)
    not_collected = fields.Integer(readonly=True)
    handed_over = fields.Integer(readonly=True)
    hours_open = fields.Float(
        string="Hours to Repair",
        aggregator="avg",
        readonly=True,
        help="From the order until the work was done, nights and weekends included.",
    )
    hours_working = fields.Float(
        string="Working Hours to Repair",
        aggregator="avg",
        readonly=True,
        help="Working time of its limit, times of waiting left out. Of work that has a limit.",
    )
    hours_planned = fields.Float(readonly=True)
    hours_worked = fields.Float(
        readonly=True,
        help="At the bench and on visits, those that were not possible too; without the road.",
    )
    hours_waited = fields.Float(string="Hours Waited for Parts", readonly=True)
    days_to_collect = fields.Float(
        aggregator="avg", readonly=True, help="From the end of the work until it was handed over."
    )
    first_fix = fields.Float(
        string="First-Time Fix (%)",
        aggregator="avg",
        readonly=True,
        help="Done with one visit at most, and the fault did not come back.",
    )
    repeat = fields.Float(
        string="Came Back (%)",
        aggregator="avg",
        readonly=True,
        help="The same fault of the same unit was ordered again within the days of the company.",
    )
    same_day = fields.Float(
        string="Same Day (%)",
        aggregator="avg",
        readonly=True,
        help="Done on the day it was ordered.",
    )
    late = fields.Float(
        string="Late (%)",
        aggregator="avg",
        readonly=True,
        help="Ended after its limit, or with a reason why it was late.",
    )
    rating = fields.Float(aggregator="avg", readonly=True, help="What the customer said, 1 to 5.")

    # === QUERY === #

    _depends = {
        "repair.order": [
            "name",
            "company_id",
            "state",
            "partner_id",
            "unit_id",
            "product_id",
            "request_id",
            "service_type_id",
            "team_id",
            "technician_id",
            "user_id",
            "cause_id",
            "remedy_id",
            "late_reason_id",
            "bay_id",
            "date_ordered",
            "date_ended",
            "date_done",
            "date_handed_over",
            "resolution_hours",
            "sla_result",
            "sla_policy_id",
            "product_location_src_id",
            "planned_hours",
            "is_refurbish",
            "install_move_id",
        ],
        "aftersales.request": ["symptom_id", "notice", "rating_last_value"],
        "aftersales.visit": ["repair_id", "state", "work_hours"],
        "aftersales.work.time": ["repair_id", "date_to", "hours"],
        "aftersales.sla.pause": ["res_id", "res_model", "reason_id", "date_from", "date_to"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "res.company": ["aftersales_repeat_days", "partner_id"],
        "res.partner": ["tz"],
        "stock.location": ["usage"],
    }

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM %s", self._select(), self._from())

    @api.model
    def _select(self):
        """Return the columns; modules add theirs."""
        days = self.env["aftersales.union.mixin"]
        return SQL(
            """
            r.id, r.id AS repair_id, r.name, r.company_id, r.state, r.partner_id, r.unit_id,
            r.product_id, t.categ_id AS product_category_id, r.request_id, r.service_type_id,
            r.team_id, r.technician_id, r.user_id, q.symptom_id, r.cause_id, r.remedy_id,
            r.late_reason_id, r.bay_id, r.date_ordered, r.date_ended, r.date_done,
            r.date_handed_over,
            CASE WHEN r.date_handed_over IS NOT NULL THEN 'handed_over'
                 WHEN %(stood_here)s THEN 'waiting' END AS handover_status,
            (r.state = 'done')::int AS done,
            (%(stood_here)s AND r.date_handed_over IS NULL)::int AS not_collected,
            (r.date_handed_over IS NOT NULL)::int AS handed_over,
            CASE WHEN r.state = 'done'
                 THEN EXTRACT(EPOCH FROM r.date_ended - r.date_ordered) / 3600 END AS hours_open,
            CASE WHEN r.state = 'done' AND r.sla_policy_id IS NOT NULL
                 THEN r.resolution_hours END AS hours_working,
            r.planned_hours AS hours_planned, %(worked)s AS hours_worked,
            %(waited)s AS hours_waited,
            CASE WHEN r.state = 'done' AND r.date_handed_over >= r.date_ended
                 THEN EXTRACT(EPOCH FROM r.date_handed_over - r.date_ended) / 86400
                 END AS days_to_collect,
            CASE WHEN r.state = 'done'
                 THEN CASE WHEN %(visits)s < 2 AND NOT %(came_back)s THEN 100.0 ELSE 0 END
                 END AS first_fix,
            CASE WHEN r.state = 'done' AND r.unit_id IS NOT NULL
                 THEN CASE WHEN %(came_back)s THEN 100.0 ELSE 0 END END AS repeat,
            CASE WHEN r.state = 'done' THEN CASE
                 WHEN %(day_ordered)s = %(day_ended)s THEN 100.0 ELSE 0 END END AS same_day,
            CASE WHEN r.state = 'done' THEN CASE
                 WHEN r.sla_result = 'missed' OR r.late_reason_id IS NOT NULL
                 THEN 100.0 ELSE 0 END END AS late,
            NULLIF(q.rating_last_value, 0) AS rating
            """,
            stood_here=SQL(
                "(r.state = 'done' AND r.partner_id IS NOT NULL AND l.usage <> %s)", "customer"
            ),
            worked=self.env["aftersales.worked.hours"]._select_order_hours(SQL("r.id")),
            waited=self._select_waited(),
            visits=SQL(
                "(SELECT COUNT(*) FROM aftersales_visit v"
                " WHERE v.repair_id = r.id AND v.state = 'done')"
            ),
            came_back=self._select_came_back(),
            day_ordered=days._select_day(SQL("r.date_ordered")),
            day_ended=days._select_day(SQL("r.date_ended")),
        )

    @api.model
    def _from(self):
        return SQL(
            """
            repair_order r
            JOIN res_company c ON c.id = r.company_id
            LEFT JOIN res_partner cp ON cp.id = c.partner_id
            LEFT JOIN stock_location l ON l.id = r.product_location_src_id
            LEFT JOIN product_product p ON p.id = r.product_id
            LEFT JOIN product_template t ON t.id = p.product_tmpl_id
            LEFT JOIN aftersales_request q ON q.id = r.request_id
            """
        )

    @api.model
    def _select_waited(self):
        """Return the hours an order waited for parts; what still waits is not summed yet."""
        reason = self.env["ir.model.data"]._xmlid_to_res_id("aftersales_base.pause_reason_parts")
        return SQL(
            "(SELECT COALESCE(SUM(EXTRACT(EPOCH FROM w.date_to - w.date_from)) / 3600, 0)"
            " FROM aftersales_sla_pause w WHERE w.res_model = 'repair.order' AND w.res_id = r.id"
            " AND w.reason_id = %s)",
            reason or 0,
        )

    @api.model
    def _select_came_back(self):
        """Return whether the fault of the order came back: another one repeats it, see
        ``tools/repeats.py``.
        """
        return SQL(
            """
            (%s AND EXISTS (
                SELECT 1 FROM repair_order n LEFT JOIN aftersales_request nq ON nq.id = n.request_id
                WHERE n.unit_id = r.unit_id AND n.id <> r.id AND n.state <> 'cancel' AND %s AND %s
            ))
            """,
            self._select_about_fault("r", "q"),
            self._select_about_fault("n", "nq"),
            select_repeat(
                self._get_case("n", "nq"),
                self._get_case("r", "q"),
                SQL("c.aftersales_repeat_days"),
            ),
        )

    @api.model
    def _get_case(self, order, request):
        """Return the fault of an order in SQL.

        :param str order: alias of the work order
        :param str request: alias of its request
        """
        return Case(
            SQL.identifier(request, "symptom_id"),
            SQL.identifier(order, "cause_id"),
            SQL.identifier(order, "date_ordered"),
            SQL.identifier(order, "date_ended"),
        )

    @api.model
    def _select_about_fault(self, order, request):
        """Return in SQL what ``_is_about_fault`` of the order says."""
        return SQL(
            "(%s IS DISTINCT FROM 'advance' AND %s IS NOT TRUE AND %s IS NULL)",
            SQL.identifier(request, "notice"),
            SQL.identifier(order, "is_refurbish"),
            SQL.identifier(order, "install_move_id"),
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open the work order."""
        self.ensure_one()
        return self.repair_id._open_order()
