from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesCharge(models.Model):
    _inherit = "aftersales.charge"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
    )
    move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Part Movement",
        index="btree_not_null",
        ondelete="cascade",
        copy=False,
        readonly=True,
        help="The part this charge stands for; its quantity is the charge's.",
    )
    job_id = fields.Many2one(
        comodel_name="aftersales.job",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        readonly=True,
        help="The standard job that brought it.",
    )
    is_diagnosis_fee = fields.Boolean(
        string="Diagnosis Fee",
        readonly=True,
        copy=False,
        help="Owed by the customer who does not want the work; waived when he accepts.",
    )
    send_out_id = fields.Many2one(
        comodel_name="aftersales.send.out",
        string="Sent Out",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The stay at the maker's that cost it.",
    )
    request_id = fields.Many2one(
        compute="_compute_request_id", store=True, readonly=False, precompute=True
    )

    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE move_id IS NOT NULL", "A part is charged once."
    )

    @api.depends("repair_id.request_id")
    def _compute_request_id(self):
        for charge in self:
            request = charge.repair_id.request_id if charge.state == "draft" else None
            charge.request_id = request or charge.request_id

    @api.depends("move_id.product_uom_qty", "move_id.quantity", "move_id.state")
    def _compute_quantity(self):
        """A part that stands for a movement is charged as planned, then as used."""
        parts = self.filtered("move_id")
        super(AftersalesCharge, self - parts)._compute_quantity()
        for charge in parts.filtered(lambda charge: charge.state == "draft"):
            charge.quantity = charge.move_id._get_aftersales_quantity()

    @api.depends("move_id.sale_line_id.product_uom_qty", "move_id.sale_line_id.order_id.state")
    def _compute_billed_elsewhere(self):
        super()._compute_billed_elsewhere()
        for charge in self:
            line = charge.move_id.sale_line_id
            if line and line.order_id.state != "cancel" and line.product_uom_qty:
                charge.billed_elsewhere = True

    # === CONSTRAINT METHODS === #

    @api.constrains("repair_id")
    def _check_not_refurbished(self):
        # That nobody pays for it holds for whoever charges.
        own_sudo = self.sudo().repair_id.filtered("is_refurbish")[:1]
        if own_sudo:
            raise ValidationError(
                self.env._(
                    "%(order)s refurbishes our own unit: nobody is charged for it. Choose another "
                    "service type if a customer pays.",
                    order=own_sudo.display_name,
                )
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        charges = super().create(vals_list)
        if any(vals.get("repair_id") for vals in vals_list):
            charges.repair_id.check_access("write")
        return charges

    def write(self, vals):
        result = super().write(vals)
        if vals.get("repair_id"):
            self.repair_id.check_access("write")
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        # A part is charged as it moved; a fee is no part of the estimate, and waived with it.
        return super()._get_guarded_fields() | {"move_id", "is_diagnosis_fee"}

    @api.model
    def _get_frozen_fields(self):
        own = {"repair_id", "move_id", "job_id", "is_diagnosis_fee", "send_out_id"}
        return super()._get_frozen_fields() | own

    def _transition_error_message(self, target):
        if target == "confirmed" and self.move_id and self.move_id.sudo().state != "done":
            return self.env._(
                "%(charge)s stands for a part that is not used yet. End the work of %(order)s "
                "to confirm it.",
                charge=self.display_name,
                order=self.repair_id.display_name,
            )
        return super()._transition_error_message(target)

    def _get_origin(self):
        return self.repair_id or super()._get_origin()

    @api.model
    def _get_origin_depends(self):
        return super()._get_origin_depends() + [
            "repair_id.unit_id",
            "repair_id.partner_id",
            "repair_id.service_type_id",
            "repair_id.team_id",
            "repair_id.technician_id",
            "repair_id.cause_id",
            "repair_id.date_fault",
        ]

    @api.model
    def _get_work_time_depends(self):
        return [
            *super()._get_work_time_depends(),
            "repair_id.visit_ids.planned_from",
            "repair_id.visit_ids.arrived",
            "repair_id.visit_ids.state",
        ]

    def _get_served_product(self):
        return self.unit_id.product_id or self.repair_id.product_id or super()._get_served_product()
