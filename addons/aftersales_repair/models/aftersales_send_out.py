from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

OPEN_PICKINGS = ("draft", "waiting", "confirmed", "assigned")


class AftersalesSendOut(models.Model):
    """A unit that the maker, or another workshop, works on: sent there and back by transfers.

    Where it is follows from its two transfers; nobody writes it by hand.
    """

    _name = "aftersales.send.out"
    _description = "Unit Sent Out"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, index=True)
    unit_id = fields.Many2one(related="repair_id.unit_id")
    product_id = fields.Many2one(related="repair_id.product_id")
    lot_id = fields.Many2one(related="repair_id.lot_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Sent To",
        required=True,
        index=True,
        tracking=True,
        help="The maker, or the workshop that repairs it for us.",
    )
    rma_number = fields.Char(
        string="Their Number", tracking=True, help="The number the maker gave to the case."
    )
    date_expected = fields.Date(string="Expected Back", tracking=True, index="btree_not_null")
    note = fields.Text(string="What They Shall Do")
    out_picking_id = fields.Many2one(
        comodel_name="stock.picking",
        string="Sent By",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    back_picking_id = fields.Many2one(
        comodel_name="stock.picking",
        string="Comes Back By",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    state = fields.Selection(
        selection=[
            ("new", "New"),
            ("to_send", "To Send"),
            ("away", "Away"),
            ("back", "Back"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")
    charge_ids = fields.One2many(
        comodel_name="aftersales.charge", inverse_name="send_out_id", string="Charges"
    )

    # === COMPUTE METHODS === #

    @api.depends("repair_id.name", "partner_id.name")
    def _compute_name(self):
        for send_out in self:
            parts = (send_out.repair_id.name, send_out.sudo().partner_id.name)
            send_out.name = " · ".join(filter(None, parts))

    @api.depends("out_picking_id.state", "back_picking_id.state")
    def _compute_state(self):
        for send_out in self:
            out, back = send_out.out_picking_id.state, send_out.back_picking_id.state
            if back == "done":
                send_out.state = "back"
            elif out == "done":
                send_out.state = "away"
            elif out == "cancel":
                send_out.state = "cancelled"
            else:
                send_out.state = "to_send" if out else "new"

    @api.depends("state", "date_expected")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for send_out in self:
            day = send_out.date_expected
            send_out.is_overdue = send_out.state == "away" and bool(day) and day < today

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        overdue = Domain("state", "=", "away") & Domain("date_expected", "<", today)
        return overdue if True in value else ~overdue

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_guarded(vals)
        return super().write(vals)

    # === ACTION METHODS === #

    def action_send(self):
        """Make the transfer to the maker and the one back, and open the first.

        :raises UserError: when it was sent already, or the work is over
        """
        for send_out in self:
            if message := send_out._send_error_message():
                raise UserError(message)
            out = send_out._create_picking(back=False)
            # What the transfers are is a fact of sending, not written by hand.
            send_out.sudo().out_picking_id = out
            send_out.sudo().back_picking_id = send_out._create_picking(back=True)
        return self.out_picking_id._get_records_action(name=self.env._("Sent Out"))

    def action_view_pickings(self):
        """Open the transfers there and back."""
        pickings = self.out_picking_id | self.back_picking_id
        return pickings._get_records_action(name=self.env._("Transfers"))

    def action_cancel(self):
        """Take back that it is sent; what left is not cancelled.

        :raises UserError: when it has left
        """
        gone = self.filtered(lambda send_out: send_out.state in ("away", "back"))[:1]
        if gone:
            raise UserError(
                self.env._("%(case)s has left. It comes back by its transfer.", case=gone.name)
            )
        self.check_access("write")
        # As in _create_picking().
        (self.out_picking_id | self.back_picking_id).sudo().action_cancel()

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"out_picking_id", "back_picking_id"}

    def _send_error_message(self):
        """Return why it is not sent, or an empty text."""
        self.ensure_one()
        if self.out_picking_id and self.out_picking_id.state != "cancel":
            return self.env._("%(case)s is on its way already.", case=self.name)
        if not self.repair_id._is_open():
            return self.env._(
                "%(order)s is closed: nothing of it is sent out any more.",
                order=self.repair_id.display_name,
            )
        if self.repair_id.product_location_src_id.usage == "customer":
            return self.env._(
                "The unit of %(order)s stands at the customer's. Take it in first.",
                order=self.repair_id.display_name,
            )
        return ""

    def _create_picking(self, back):
        """Make the transfer of the unit to the maker, or the one that brings it ``back``."""
        self.ensure_one()
        self.check_access("write")
        # Planning the trip is no stock work: all values are those of the order, and the store
        # does the transfers.
        picking_sudo = self.env["stock.picking"].sudo().create(self._prepare_picking_vals(back))
        picking_sudo.move_ids.create(self._prepare_move_vals(picking_sudo))
        picking_sudo.action_confirm()
        return picking_sudo.sudo(False)

    def _prepare_picking_vals(self, back):
        """Return the values of one of the two transfers."""
        self.ensure_one()
        repair = self.repair_id
        warehouse = repair.picking_type_id.warehouse_id
        here = repair.product_location_src_id
        there = self.partner_id.with_company(self.company_id).property_stock_supplier
        source, destination = (there, here) if back else (here, there)
        day = self.date_expected if back else False
        picking_type = warehouse.in_type_id if back else warehouse.out_type_id
        return {
            "picking_type_id": picking_type.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "location_id": source.id,
            "location_dest_id": destination.id,
            "origin": " ".join(filter(None, (repair.name, self.rma_number))),
            **({"scheduled_date": day} if day else {}),
        }

    def _prepare_move_vals(self, picking):
        """Return the values of the movement of this very unit, with whom it belongs to."""
        self.ensure_one()
        repair = self.repair_id
        common = {
            "picking_id": picking.id,
            "product_id": repair.product_id.id,
            "company_id": self.company_id.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
        }
        vals = {
            **common,
            "product_uom_qty": repair.product_qty,
            "product_uom": repair.product_uom.id,
            "origin": repair.name,
        }
        if repair.lot_id:
            quant_sudo = (
                self.env["stock.quant"]
                .sudo()
                .search(
                    [
                        ("lot_id", "=", repair.lot_id.id),
                        ("location_id", "=", repair.product_location_src_id.id),
                        ("quantity", ">", 0),
                    ],
                    limit=1,
                )
            )
            line = {
                **common,
                "lot_id": repair.lot_id.id,
                "quantity": repair.product_qty,
                "product_uom_id": repair.product_uom.id,
                "owner_id": quant_sudo.owner_id.id,
            }
            vals["move_line_ids"] = [Command.create(line)]
        return vals
