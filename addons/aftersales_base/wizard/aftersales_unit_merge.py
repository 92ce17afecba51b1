from odoo import api, fields, models


class AftersalesUnitMerge(models.TransientModel):
    """Make one unit of several alike, and say first whether they are."""

    _name = "aftersales.unit.merge"
    _description = "Merge Installed Products"

    unit_ids = fields.Many2many(
        comodel_name="aftersales.unit", string="Installed Products", required=True
    )
    quantity = fields.Float(string="Together", compute="_compute_error", digits="Product Unit")
    error = fields.Char(compute="_compute_error")

    @api.depends("unit_ids")
    def _compute_error(self):
        for wizard in self:
            units = wizard.unit_ids._origin
            wizard.quantity = sum(units.mapped("quantity"))
            wizard.error = units._merge_error_message()

    def action_merge(self):
        """Merge the units and open the one that stays.

        :raises UserError: saying in what they differ
        """
        self.ensure_one()
        return self.unit_ids._merge()._get_records_action()
