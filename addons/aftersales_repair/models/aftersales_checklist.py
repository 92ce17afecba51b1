from odoo import fields, models


class AftersalesChecklist(models.Model):
    """What is looked at and measured before goods are handed back (WS4)."""

    _name = "aftersales.checklist"
    _description = "Checklist"
    _inherit = ["aftersales.product.scope.mixin", "aftersales.standing.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    service_type_ids = fields.Many2many(
        comodel_name="aftersales.service.type",
        string="Service Types",
        check_company=True,
        help="Used for these kinds of work. Empty: for all.",
    )
    item_ids = fields.One2many(
        comodel_name="aftersales.checklist.item",
        inverse_name="checklist_id",
        string="Checks",
        copy=True,
    )

    def _fits_order(self, repair):
        """Return whether the list is gone through on this work order."""
        self.ensure_one()
        if self.service_type_ids and repair.service_type_id not in self.service_type_ids:
            return False
        return self._fits_product(repair.product_id, repair.company_id)
