from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain


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

    @api.depends("out_picking_id.state", "back_picking_id.state", "repair_id.state")
    def _compute_state(self):
        for send_out in self:
            out, back = send_out.out_picking_id.state, send_out.back_picking_id.state
            if out == "done":
                send_out.state = "back" if back == "done" else "away"
            elif out == "cancel" or (not out and send_out.repair_id.state == "cancel"):
                send_out.state = "cancelled"
            else:
                send_out.state = "to_send" if out else "new"

    @api.depends("state", "date_expected")
    def _compute_is_overdue(self):
        for send_out in self:
            day = send_out.date_expected
            late = bool(day) and day < send_out.company_id._get_aftersales_day()
            send_out.is_overdue = send_out.state == "away" and late

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self.env["res.company"]._get_aftersales_day_domain(
            lambda today: Domain("date_expected", "<", today)
        )
        overdue = Domain("state", "=", "away") & late
        return overdue if True in value else ~overdue

    # === CRUD METHODS === #

    def write(self, vals):
        for send_out in self:
            if message := send_out._change_error_message(vals):
                raise UserError(message)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        """Keep what has transfers.

        :raises UserError: naming the case
        """
        if sent := self.filtered("out_picking_id")[:1]:
            raise UserError(
                self.env._(
                    "%(case)s has transfers and stays. Choose Do Not Send while the unit is here.",
                    case=sent.name,
                )
            )

    # === ACTION METHODS === #

    def action_send(self):
        """Make the transfer to the maker and the one back, and open the first.

        :raises UserError: when it was sent already, or the work is over
        """
        for send_out in self:
            if message := send_out._send_error_message():
                raise UserError(message)
            # What the transfers are is a fact of sending, not written by hand.
            send_out.sudo().out_picking_id = send_out._create_picking()
            send_out.sudo().back_picking_id = send_out._create_picking(send_out.out_picking_id)
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

    def _change_error_message(self, vals):
        """Return why ``vals`` do not fit to the transfers that were made, or an empty text."""
        self.ensure_one()
        # What was not sent after all may be sent to somebody else.
        fnames = {"repair_id"} if self.state == "cancelled" else {"repair_id", "partner_id"}
        changed = [name for name in fnames & vals.keys() if vals[name] != self[name].id]
        if not (self.out_picking_id and changed):
            return ""
        return self.env._(
            "%(case)s has transfers: its work order and whom it is sent to stay. Choose Do Not "
            "Send while the unit is here, and make a new one.",
            case=self.name,
        )

    def _get_customer(self):
        """Return whose the unit is; nobody's when it is our own."""
        self.ensure_one()
        customer = self.unit_id.sudo().partner_id or self.repair_id.partner_id
        own = self.company_id.partner_id
        return customer if customer.commercial_partner_id != own else customer.browse()

    def _get_quant(self):
        """Return what of our stock, or of what we store for the customer, the unit is.

        Goods that came over the counter without a receipt are none of it.
        """
        self.ensure_one()
        repair = self.repair_id
        domain = Domain("product_id", "=", repair.product_id.id)
        domain &= Domain("location_id", "=", repair.product_location_src_id.id)
        domain &= Domain("lot_id", "=", repair.lot_id.id) & Domain("quantity", ">", 0)
        customer = self._get_customer()
        if customer and repair.product_id.tracking != "serial":
            # Goods of the same kind, or of the same lot, are ours.
            domain &= Domain("owner_id", "=", customer.id)
        # Where the unit is decides, whoever may see the stock.
        return self.env["stock.quant"].sudo().search(domain, limit=1)

    def _get_source(self):
        """Return where the unit comes from, and who owns it there.

        What is in no stock of ours goes as the customer's, past our stock and its value.

        :return: ``(location, owner)``
        """
        self.ensure_one()
        quant_sudo = self._get_quant()
        customer = self._get_customer()
        if quant_sudo or not customer:
            return self.repair_id.product_location_src_id, quant_sudo.owner_id
        return customer.sudo().with_company(self.company_id).property_stock_customer, customer

    def _create_picking(self, out=None):
        """Make the transfer of the unit to the maker, or the one that brings it back.

        :param out: the transfer there, when the one back is made
        """
        self.ensure_one()
        self.check_access("write")
        # Planning the trip is no stock work: all values are those of the order, and the store
        # does the transfers.
        picking_sudo = self.env["stock.picking"].sudo().create(self._prepare_picking_vals(out))
        picking_sudo.move_ids.create(self._prepare_move_vals(picking_sudo, out))
        picking_sudo.action_confirm()
        return picking_sudo.sudo(False)

    def _prepare_picking_vals(self, out=None):
        """Return the values of one of the two transfers; that back turns ``out`` round."""
        self.ensure_one()
        repair = self.repair_id
        warehouse = repair.picking_type_id.warehouse_id
        out_sudo = out and out.sudo()
        if out:
            source, destination = out_sudo.location_dest_id, out_sudo.location_id
            owner = out_sudo.owner_id
        else:
            source, owner = self._get_source()
            destination = self.partner_id.with_company(self.company_id).property_stock_supplier
        day = self.date_expected if out else False
        picking_type = warehouse.in_type_id if out else warehouse.out_type_id
        return {
            "picking_type_id": picking_type.id,
            "partner_id": self.partner_id.id,
            "owner_id": owner.id,
            "company_id": self.company_id.id,
            "location_id": source.id,
            "location_dest_id": destination.id,
            "origin": " ".join(filter(None, (repair.name, self.rma_number))),
            **({"scheduled_date": day} if day else {}),
        }

    def _prepare_move_vals(self, picking, out=None):
        """Return the values of the movement of this very unit, with whom it belongs to.

        :param out: the transfer there, for which the one back waits
        """
        self.ensure_one()
        repair = self.repair_id
        vals = {
            **self._prepare_way_vals(picking),
            "product_uom_qty": repair.product_qty,
            "product_uom": repair.product_uom.id,
            "origin": repair.name,
            "restrict_partner_id": picking.owner_id.id,
        }
        if out:
            moves_sudo = out.sudo().move_ids
            vals["move_orig_ids"] = [Command.set(moves_sudo.ids)]
            vals["origin_returned_move_id"] = moves_sudo[:1].id
            # Else Odoo calls goods from outside ready, whatever they wait for.
            vals["procure_method"] = "make_to_order"
        # What comes back is what went out: its lines follow from the transfer there.
        elif repair.lot_id:
            vals["move_line_ids"] = [Command.create(self._prepare_serial_vals(picking))]
        return vals

    def _prepare_serial_vals(self, picking):
        """Return the values of the line that names the serial and whose it is."""
        self.ensure_one()
        repair = self.repair_id
        return {
            **self._prepare_way_vals(picking),
            "lot_id": repair.lot_id.id,
            "quantity": repair.product_qty,
            "product_uom_id": repair.product_uom.id,
            "owner_id": picking.owner_id.id,
        }

    def _prepare_way_vals(self, picking):
        """Return what a movement and its line both say: what goes from where to where."""
        self.ensure_one()
        return {
            "picking_id": picking.id,
            "product_id": self.repair_id.product_id.id,
            "company_id": self.company_id.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
        }
