from odoo import api, fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    aftersales_charge_ids = fields.One2many(
        comodel_name="aftersales.charge", inverse_name="move_id", string="Charge"
    )

    aftersales_job_id = fields.Many2one(
        comodel_name="aftersales.job",
        string="Job",
        index="btree_not_null",
        readonly=True,
        help="The standard job that asked for the part.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        if any(vals.get("repair_id") for vals in vals_list):
            moves._create_part_charges()
        return moves

    def write(self, vals):
        result = super().write(vals)
        if not {"product_id", "product_uom", "repair_line_type", "repair_id"} & vals.keys():
            return result
        parts = self.filtered("repair_id")
        parts._update_part_charges()
        parts._create_part_charges()
        return result

    def unlink(self):
        # A part that is taken off the order is not charged.
        self.sudo().aftersales_charge_ids.filtered(lambda charge: charge.state == "draft").unlink()
        return super().unlink()

    # === BUSINESS METHODS === #

    def _is_charged_part(self):
        """A part put into a customer's unit is charged; parts taken out are not."""
        self.ensure_one()
        return bool(self.repair_line_type == "add" and self.repair_id.partner_id)

    def _get_aftersales_quantity(self):
        """Return the quantity to charge: planned, then used; nothing when cancelled."""
        self.ensure_one()
        if self.state == "cancel":
            return 0.0
        return self.quantity if self.state == "done" else self.product_uom_qty

    def _create_part_charges(self):
        """Make the missing charge of each part, in one batch."""
        # Whoever moves parts on an order, storekeeper or technician, makes their charges;
        # all values come from the movement and its order.
        moves_sudo = self.sudo().filtered(
            lambda move: move._is_charged_part() and not move.aftersales_charge_ids
        )
        if moves_sudo:
            self.env["aftersales.charge"].sudo().create(
                [move._prepare_part_charge_vals() for move in moves_sudo]
            )

    def _prepare_part_charge_vals(self):
        """Return the values of the charge that stands for this part."""
        self.ensure_one()
        return {
            "move_id": self.id,
            "repair_id": self.repair_id.id,
            "company_id": self.company_id.id,
            "kind": "part",
            "product_id": self.product_id.id,
            "uom_id": self.product_uom.id,
            "quantity": self._get_aftersales_quantity(),
            "job_id": self.aftersales_job_id.id,
        }

    def _update_part_charges(self):
        """Follow a changed product or unit; drop the charge of what is no added part."""
        charges_sudo = self.sudo().aftersales_charge_ids.filtered(
            lambda charge: charge.state == "draft"
        )
        dropped = charges_sudo.filtered(lambda charge: not charge.move_id._is_charged_part())
        dropped.unlink()
        for charge in charges_sudo - dropped:
            move = charge.move_id
            vals = {
                "product_id": move.product_id.id,
                "uom_id": move.product_uom.id,
                "repair_id": move.repair_id.id,
            }
            if any(charge[fname].id != value for fname, value in vals.items()):
                charge.write(vals)

    def _create_repair_sale_order_line(self):
        # Called at every write of a part; most orders have no sales order to follow.
        if not self or not self.repair_id.sale_order_id:
            return None
        self._check_not_settled()
        return super(StockMove, self._with_sale_access())._create_repair_sale_order_line()

    def _clean_repair_sale_order_line(self):
        return super(StockMove, self._with_sale_access())._clean_repair_sale_order_line()

    def _update_repair_sale_order_line(self):
        return super(StockMove, self._with_sale_access())._update_repair_sale_order_line()

    def _with_sale_access(self):
        """Return the moves so that a sales order follows its parts, whoever moves them.

        What the order line gets comes from the movement, which he may write.
        """
        if not self or self.env.su or self.env["sale.order.line"].has_access("create"):
            return self
        return self.sudo()

    def _check_not_settled(self):
        """Refuse to bill on a sales order what a settlement bills already."""
        moves = self.filtered(
            lambda move: (
                not move.sale_line_id
                and move.repair_line_type == "add"
                and move.repair_id.sale_order_id
            )
        )
        moves.repair_id._check_parts_not_settled(moves)
