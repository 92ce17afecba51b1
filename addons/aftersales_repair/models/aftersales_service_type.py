from odoo import fields, models
from odoo.exceptions import UserError


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
    advance_percent = fields.Float(
        string="In Advance (%)",
        digits="Discount",
        help="Of the estimate, taxes included, to be paid when it is accepted. 0: as the settings "
        "say.",
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

    # === CRUD METHODS === #

    def write(self, vals):
        if "is_refurbish" in vals:
            self._check_refurbish_unused(bool(vals["is_refurbish"]))
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _check_refurbish_unused(self, is_refurbish):
        """Raise when work orders would lose their customer, or get to be work for one.

        :raises UserError: naming the service type
        """
        changed = self.filtered(lambda service_type: service_type.is_refurbish != is_refurbish)
        # sudo: orders of every company and team are in the way.
        orders_sudo = self.env["repair.order"].sudo().with_context(active_test=False)
        used_sudo = orders_sudo.search([("service_type_id", "in", changed.ids)], limit=1)
        if used_sudo:
            raise UserError(
                self.env._(
                    "%(type)s is used by work orders: whose units they work on is settled. Make "
                    "another service type.",
                    type=used_sudo.service_type_id.display_name,
                )
            )
