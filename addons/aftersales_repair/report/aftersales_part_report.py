from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesPartReport(models.Model):
    """Parts of work orders: what was put in and taken out, on what, why, and at whose cost
    (RP1, RP3).
    """

    _name = "aftersales.part.report"
    _description = "Parts of Work Orders"
    _auto = False
    _rec_name = "part_id"
    _order = "date desc, id desc"

    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    date = fields.Datetime(readonly=True)
    part_id = fields.Many2one(comodel_name="product.product", readonly=True)
    part_category_id = fields.Many2one(
        comodel_name="product.category", string="Component", readonly=True
    )
    line_type = fields.Selection(
        selection=[("add", "Put In"), ("remove", "Taken Out"), ("recycle", "Recycled")],
        string="Direction",
        readonly=True,
    )
    is_used = fields.Boolean(string="Used", readonly=True)
    product_id = fields.Many2one(
        comodel_name="product.product", string="Repaired Product", readonly=True
    )
    product_category_id = fields.Many2one(
        comodel_name="product.category", string="Repaired Product Category", readonly=True
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", readonly=True
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer", readonly=True)
    service_type_id = fields.Many2one(comodel_name="aftersales.service.type", readonly=True)
    team_id = fields.Many2one(comodel_name="aftersales.team", readonly=True)
    technician_id = fields.Many2one(comodel_name="res.users", readonly=True)
    symptom_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    cause_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    remedy_id = fields.Many2one(comodel_name="aftersales.fault", readonly=True)
    bearer = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.charge"]._fields["bearer"]._description_selection(self.env)
        ),
        string="Covered By",
        readonly=True,
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    quantity = fields.Float(
        digits="Product Unit", readonly=True, help="In the unit of measure of the part."
    )
    amount = fields.Monetary(readonly=True)
    customer_amount = fields.Monetary(string="Customer Pays", readonly=True)
    covered_amount = fields.Monetary(string="Covered", readonly=True)

    _depends = {
        "stock.move": [
            "repair_id",
            "repair_line_type",
            "product_id",
            "product_qty",
            "product_uom",
            "quantity",
            "state",
            "date",
            "company_id",
        ],
        "repair.order": [
            "product_id",
            "unit_id",
            "partner_id",
            "service_type_id",
            "team_id",
            "technician_id",
            "cause_id",
            "remedy_id",
            "request_id",
        ],
        "aftersales.request": ["symptom_id"],
        "aftersales.charge": [
            "move_id",
            "state",
            "bearer",
            "amount",
            "customer_amount",
            "covered_amount",
            "refused_amount",
            "currency_id",
        ],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id", "uom_id"],
        "uom.uom": ["factor"],
    }

    # === QUERY === #

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM %s WHERE %s", self._select(), self._from(), self._where())

    @api.model
    def _select(self):
        return SQL(
            """
            m.id, m.repair_id, m.company_id, m.date, m.product_id AS part_id,
            mt.categ_id AS part_category_id, m.repair_line_type AS line_type,
            (m.state = 'done') AS is_used, r.product_id, rt.categ_id AS product_category_id,
            r.unit_id, r.partner_id, r.service_type_id, r.team_id, r.technician_id, q.symptom_id,
            r.cause_id, r.remedy_id, h.bearer,
            COALESCE(h.currency_id, c.currency_id) AS currency_id,
            CASE WHEN m.state = 'done' THEN m.quantity * mu.factor / pu.factor
                 ELSE m.product_qty END AS quantity,
            COALESCE(h.amount, 0) AS amount,
            COALESCE(h.customer_amount, 0) + %(passed_on)s AS customer_amount,
            COALESCE(h.covered_amount, 0) - (%(passed_on)s) AS covered_amount
            """,
            passed_on=self.env["aftersales.union.report"]._get_passed_on(),
        )

    @api.model
    def _from(self):
        return SQL(
            """
            stock_move m
            JOIN repair_order r ON r.id = m.repair_id
            JOIN res_company c ON c.id = m.company_id
            JOIN product_product mp ON mp.id = m.product_id
            JOIN product_template mt ON mt.id = mp.product_tmpl_id
            JOIN uom_uom mu ON mu.id = m.product_uom
            JOIN uom_uom pu ON pu.id = mt.uom_id
            LEFT JOIN product_product rp ON rp.id = r.product_id
            LEFT JOIN product_template rt ON rt.id = rp.product_tmpl_id
            LEFT JOIN aftersales_request q ON q.id = r.request_id
            LEFT JOIN aftersales_charge h ON h.move_id = m.id AND h.state <> 'cancelled'
            """
        )

    @api.model
    def _where(self):
        return SQL("m.repair_line_type IS NOT NULL AND m.state <> 'cancel'")

    # === ACTION METHODS === #

    def action_open(self):
        """Open the work order."""
        self.ensure_one()
        return self.repair_id._open_order()
