from odoo import api, models
from odoo.tools import SQL


class AftersalesUnionMixin(models.AbstractModel):
    _inherit = "aftersales.union.mixin"

    # === QUERY: HOURS SOLD === #

    @api.model
    def _select_hours(self):
        """Return the hours of a labour charge (h); other units of measure count as they are."""
        return SQL(
            """
            (CASE WHEN split_part(hu.parent_path, '/', 1) = split_part(ho.parent_path, '/', 1)
                  THEN h.quantity * hu.factor / ho.factor ELSE h.quantity END)::numeric
            """
        )

    @api.model
    def _join_hours(self):
        """Return the joins that :meth:`_select_hours` takes: the unit (hu) and the hour (ho)."""
        return SQL(
            "LEFT JOIN uom_uom hu ON hu.id = h.uom_id LEFT JOIN uom_uom ho ON ho.id = %s",
            self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour") or 0,
        )
