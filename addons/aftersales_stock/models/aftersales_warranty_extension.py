from odoo import fields, models


class AftersalesWarranty(models.Model):
    _inherit = "aftersales.warranty"

    extension_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sold By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="aftersales_base.group_aftersales_technician",
        help="The line of the sales order that sold this extension.",
    )
    close_reason = fields.Selection(
        selection_add=[("refunded", "Refunded")], ondelete={"refunded": "set null"}
    )

    def _prepare_part_vals(self):
        return super()._prepare_part_vals() | {"extension_line_id": self.extension_line_id.id}
