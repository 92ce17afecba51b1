from odoo import api, fields, models
from odoo.fields import Command


class AftersalesJobLine(models.Model):
    """One part or one piece of work of a standard job."""

    _name = "aftersales.job.line"
    _description = "Work or Part of a Standard Job"
    _order = "job_id, sequence, id"
    _check_company_auto = True

    job_id = fields.Many2one(
        comodel_name="aftersales.job", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="job_id.company_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        check_company=True,
        index=True,
        ondelete="restrict",
        domain="[('type', 'in', ('consu', 'service'))]",
    )
    kind = fields.Selection(related="product_id.aftersales_charge_kind", string="Kind")
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    hours = fields.Float(
        compute="_compute_hours", help="Hours of labour; the quantity itself where it is no time."
    )

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "A part or a piece of work has a quantity above zero."
    )

    # === COMPUTE METHODS === #

    @api.depends("quantity", "product_id.uom_id", "product_id.aftersales_charge_kind")
    def _compute_hours(self):
        hour = self.env.ref("uom.product_uom_hour")
        for line in self:
            line.hours = 0.0
            if line.kind == "labour":
                uom = line.product_id.uom_id
                timed = uom._has_common_reference(hour)
                line.hours = uom._compute_quantity(line.quantity, hour) if timed else line.quantity

    # === BUSINESS METHODS === #

    def _prepare_order_vals(self):
        """Return the commands that put these lines on a work order: goods as movements, whose
        charges follow by themselves, work and fees as charges.
        """
        goods = self.filtered(lambda line: line._is_part())
        return {
            "move_ids": [Command.create(line._prepare_move_vals()) for line in goods],
            "charge_ids": [Command.create(line._prepare_charge_vals()) for line in self - goods],
        }

    def _is_part(self):
        """Return whether it is a part, which moves; work and fees are charged alone."""
        self.ensure_one()
        return self.product_id.type == "consu"

    def _get_key(self):
        """Return what a line on an order is recognised by."""
        self.ensure_one()
        return (self.job_id.id, self.product_id.id)

    def _prepare_move_vals(self):
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "repair_line_type": "add",
            "aftersales_job_id": self.job_id.id,
        }

    def _prepare_charge_vals(self):
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "job_id": self.job_id.id,
        }
