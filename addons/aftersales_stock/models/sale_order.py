from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_unit_count = fields.Integer(
        compute="_compute_aftersales_unit_count",
        groups="aftersales_base.group_aftersales_technician",
    )

    # === COMPUTE METHODS === #

    def _compute_aftersales_unit_count(self):
        counts = dict(
            self.env["aftersales.unit"]._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        for order in self:
            order.aftersales_unit_count = counts.get(order, 0)

    # === ACTION METHODS === #

    def action_view_aftersales_units(self):
        """Open the installed products that were sold by the order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_unit_action"
        )
        action["domain"] = [("sale_order_id", "=", self.id)]
        action["context"] = {"create": False}
        return action
