from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesResultReport(models.Model):
    """What service cost beside parts and hours: confirmed costs, on the day they were spent (SA7).

    They are rows of their own, below zero: every number up to 7 beside an id is taken.
    """

    _inherit = "aftersales.result.report"

    cost_other = fields.Monetary(
        string="Other Costs",
        readonly=True,
        help="Travel, lodging, subcontractors and the like, on the day they were spent.",
    )

    _depends = {
        "aftersales.cost": [
            "repair_id",
            "state",
            "date",
            "product_id",
            "user_id",
            "amount_company",
        ],
    }

    # === SELECTION METHODS === #

    @api.model
    def _selection_kind(self):
        return [*super()._selection_kind(), ("cost", self.env._("Other Costs"))]

    @api.model
    def _selection_bearer(self):
        return [*super()._selection_bearer(), ("cost", self.env._("Other Costs"))]

    # === QUERY === #

    @api.model
    def _get_queries(self):
        return [*super()._get_queries(), self._get_cost_query()]

    @api.model
    def _get_cost_query(self):
        """Return the confirmed costs (k) of work orders (r)."""
        cost = SQL("k.amount_company")
        return {
            "columns": {
                **self._get_order_columns(),
                "id": SQL("-k.id"),
                "date": SQL("k.date"),
                "item_id": SQL("k.product_id"),
                "item_category_id": SQL("kt.categ_id"),
                "kind": SQL("'cost'"),
                "user_id": SQL("k.user_id"),
                "bearer": SQL("'cost'"),
                "cost_other": cost,
                "cost": cost,
                "margin": SQL("-%s", cost),
            },
            "tables": SQL(
                """
                aftersales_cost k
                JOIN repair_order r ON r.id = k.repair_id
                %s
                JOIN product_product kp ON kp.id = k.product_id
                JOIN product_template kt ON kt.id = kp.product_tmpl_id
                """,
                self._get_order_tables(),
            ),
            "where": SQL("k.state = 'confirmed'"),
        }
