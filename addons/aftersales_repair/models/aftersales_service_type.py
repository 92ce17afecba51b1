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
    needs_approval = fields.Boolean(
        help="A work order of this type starts only when the leader of its team or a manager "
        "approved it.",
    )
    is_installation = fields.Boolean(
        string="Ends with Acceptance",
        help="When the work is done, the product counts as installed and accepted: warranties "
        "that start then begin.",
    )
    is_refurbish = fields.Boolean(
        string="Refurbishes Our Own",
        help="Work on what came back and is ours: nobody is charged, and at the end it is said "
        "whether the unit goes back to sale.",
    )
    counts_downtime = fields.Boolean(
        string="Customer Is Without the Unit",
        help="The days of the work are added to warranties that do not count downtime.",
    )
    labour_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Hours Are Charged As",
        domain="[('type', '=', 'service'), ('aftersales_charge_kind', '=', 'labour')]",
        check_company=True,
        ondelete="restrict",
        help="What an hour worked on such a job is charged as. Empty: what Settings say.",
    )
