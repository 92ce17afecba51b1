from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesBalanceReport(models.Model):
    """What we owe vendors and technicians for service costs: below zero, as everything we owe
    (SA6). A row is a cost on a vendor bill."""

    _inherit = "aftersales.balance.report"

    kind = fields.Selection(selection_add=[("vendor", "Us, to a Vendor")])
    cost_id = fields.Many2one(comodel_name="aftersales.cost", readonly=True)

    _depends = {
        "account.move.line": ["aftersales_cost_id"],
        "aftersales.cost": ["repair_id", "user_id"],
        "repair.order": [
            "request_id",
            "unit_id",
            "product_id",
            "service_type_id",
            "team_id",
            "partner_id",
        ],
    }

    # === QUERY === #

    @api.model
    def _get_part_columns(self):
        return {**super()._get_part_columns(), "cost_id": SQL("aftersales_cost_id")}

    @api.model
    def _get_tables(self):
        """Add the costs on vendor bills (k), and their orders (kr)."""
        return SQL(
            """
            %s
            LEFT JOIN aftersales_cost k ON k.id = p.cost_id
            LEFT JOIN repair_order kr ON kr.id = k.repair_id
            LEFT JOIN product_product kp ON kp.id = kr.product_id
            LEFT JOIN product_template kt ON kt.id = kp.product_tmpl_id
            """,
            super()._get_tables(),
        )

    @api.model
    def _get_columns(self):
        columns = super()._get_columns()
        by_cost = {
            "repair_id": SQL("k.repair_id"),
            "user_id": SQL("k.user_id"),
            "product_category_id": SQL("kt.categ_id"),
            **{
                fname: SQL("kr.%s", SQL.identifier(fname))
                for fname in (
                    "request_id",
                    "unit_id",
                    "product_id",
                    "service_type_id",
                    "team_id",
                    "partner_id",
                )
            },
        }
        return {
            **columns,
            "cost_id": SQL("p.cost_id"),
            **{
                fname: SQL("COALESCE(%s, %s)", columns[fname], column)
                for fname, column in by_cost.items()
            },
        }

    # === ACTION METHODS === #

    def action_open(self):
        """Open the cost a vendor bill was made of."""
        self.ensure_one()
        return self.cost_id._get_records_action() if self.cost_id else super().action_open()
