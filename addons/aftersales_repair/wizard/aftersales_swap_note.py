from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesSwapNote(models.TransientModel):
    """Note which serial went out and which came in during a work order."""

    _name = "aftersales.swap.note"
    _description = "Swap a Serial"

    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", required=True)
    unit_id = fields.Many2one(related="repair_id.unit_id", related_sudo=False)
    kind = fields.Selection(
        selection=[
            ("component", "A Component With a Serial of Its Own"),
            ("serial", "The Unit Itself Has Another Serial Now"),
            ("unit", "The Customer Gets Another Unit"),
        ],
        string="What Was Swapped?",
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    part_ids = fields.Many2many(comodel_name="stock.move", compute="_compute_part_ids")
    move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Part Put In",
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', part_ids)]",
    )
    product_id = fields.Many2one(related="move_id.product_id", related_sudo=False)
    lot_id = fields.Many2one(
        comodel_name="stock.lot",
        string="Its Serial",
        compute="_compute_lot_id",
        store=True,
        readonly=False,
        domain="[('product_id', '=', product_id)]",
    )
    old_unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Component Taken Out",
        compute="_compute_lot_id",
        store=True,
        readonly=False,
        domain="[('parent_id', '=', unit_id), ('state', '=', 'active')]",
    )
    old_serial = fields.Char(
        string="Serial Taken Out", compute="_compute_lot_id", store=True, readonly=False
    )
    new_serial = fields.Char(string="Serial Now")
    reason = fields.Char()

    # === COMPUTE METHODS === #

    @api.depends("repair_id")
    def _compute_part_ids(self):
        for wizard in self:
            wizard.part_ids = wizard._get_parts()

    @api.depends("repair_id")
    def _compute_kind(self):
        for wizard in self:
            parts = wizard._get_parts()
            wizard.kind = "component" if parts else "serial"
            wizard.move_id = parts[:1]

    @api.depends("move_id")
    def _compute_lot_id(self):
        for wizard in self:
            move = wizard.move_id
            lots = move.move_line_ids.lot_id - wizard.repair_id._get_swapped_lots(move)
            wizard.lot_id = lots if len(lots) == 1 else False
            built_in = wizard.unit_id.component_ids.filtered(
                lambda unit, move=move: (
                    unit.state == "active" and unit.product_id == move.product_id
                )
            )
            wizard.old_unit_id = built_in if len(built_in) == 1 else False
            wizard.old_serial = move.aftersales_old_part_ids[:1].aftersales_old_serial

    # === ACTION METHODS === #

    def action_swap(self):
        """Note the swap.

        :raises UserError: saying what does not fit
        """
        self.ensure_one()
        if self.kind == "unit":
            return self.action_exchange()
        if self.kind == "serial":
            self.repair_id._swap_serial(self.new_serial, reason=self.reason or "")
        else:
            self.repair_id._swap_component(
                self.move_id,
                self.lot_id,
                old_unit=self.old_unit_id,
                old_serial=self.old_serial,
                reason=self.reason or "",
            )
        return {"type": "ir.actions.act_window_close"}

    def action_exchange(self):
        """Open the exchange of the whole unit for this work order.

        :raises UserError: when the user may not exchange units
        """
        self.ensure_one()
        if not self.env["aftersales.unit.exchange"].has_access("create"):
            raise UserError(
                self.env._("Whole units are exchanged by an agent. Ask one to exchange it.")
            )
        self.repair_id._check_may_swap()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_unit_exchange_action"
        )
        return {
            **action,
            "context": {
                "default_unit_id": self.unit_id.id,
                "default_request_id": self.repair_id.request_id.id,
                "default_repair_id": self.repair_id.id,
                "default_reason": self.reason,
            },
        }

    # === BUSINESS METHODS === #

    def _get_parts(self):
        """Return the parts with serials that this work puts in, not all of which are swaps yet."""
        self.ensure_one()
        return self.repair_id.move_ids.filtered(
            lambda move: (
                move.repair_line_type == "add"
                and move.has_tracking == "serial"
                and move.state != "cancel"
                and not self.repair_id._is_all_swapped(move)
            )
        )
