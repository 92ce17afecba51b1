from odoo import fields, models


class AftersalesServiceType(models.Model):
    _inherit = "aftersales.service.type"

    picking_type_id = fields.Many2one(
        comodel_name="stock.picking.type",
        string="Operation Type",
        company_dependent=True,
        domain="[('code', '=', 'repair_operation')]",
        help="Where work orders of this type take parts from and find the unit. Empty: the "
        "warehouse's repair operation.",
    )
