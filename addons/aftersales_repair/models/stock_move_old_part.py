from odoo import api, fields, models
from odoo.exceptions import UserError

OPEN_MOVES = ("draft", "waiting", "confirmed", "partially_available", "assigned")
# What changes whether, and how many, old parts are wanted back.
PART_FIELDS = {"product_id", "product_uom", "repair_line_type", "repair_id", "product_uom_qty"}


class StockMove(models.Model):
    """The old part that comes out where a new one goes in: a line of its own that takes it in."""

    _inherit = "stock.move"

    aftersales_old_part_of_id = fields.Many2one(
        comodel_name="stock.move",
        string="Replaced By",
        index="btree_not_null",
        ondelete="cascade",
        copy=False,
        readonly=True,
        help="The new part on the same work order.",
    )
    aftersales_old_part_ids = fields.One2many(
        comodel_name="stock.move",
        inverse_name="aftersales_old_part_of_id",
        string="Old Parts",
        copy=False,
    )
    aftersales_old_part_use = fields.Selection(
        string="To Do", related="product_id.aftersales_old_part"
    )
    aftersales_old_part_fate = fields.Selection(
        selection=[
            ("taken", "Taken In"),
            ("customer", "Customer Keeps It"),
            ("missing", "Not There"),
        ],
        string="Where Is It?",
        copy=False,
    )
    aftersales_old_serial = fields.Char(string="Old Serial", copy=False)
    aftersales_old_part_note = fields.Char(string="Note", copy=False)
    aftersales_returned_by_id = fields.Many2one(
        comodel_name="stock.move",
        string="Returned By",
        index="btree_not_null",
        copy=False,
        readonly=True,
        help="The movement that takes it to the maker.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        if any(vals.get("repair_id") for vals in vals_list):
            moves.filtered("product_id.aftersales_old_part")._follow_old_parts()
        return moves

    def write(self, vals):
        if not PART_FIELDS & vals.keys():
            return super().write(vals)
        asked = self.filtered(lambda move: move.repair_id and move._asks_for_old_part())
        result = super().write(vals)
        now = self.filtered(lambda move: move.repair_id and move._asks_for_old_part())
        (asked | now)._follow_old_parts()
        return result

    # === ACTION METHODS === #

    def action_return_old_parts(self):
        """Make one delivery a maker for the old parts that go back to him.

        :raises UserError: when one is not here, is on its way already, or its maker is unknown
        :return: action that opens the deliveries
        """
        by_maker = {}
        for move in self:
            if message := move._return_error_message():
                raise UserError(message)
            key = (move.company_id, move._get_old_part_maker())
            by_maker.setdefault(key, self.browse())
            by_maker[key] |= move
        pickings = self.env["stock.picking"]
        for (__, maker), moves in by_maker.items():
            pickings |= moves._create_old_part_return(maker)
        return pickings._get_records_action(name=self.env._("Returns to the Maker"))

    # === BUSINESS METHODS === #

    def _asks_for_old_part(self):
        """Return whether this part wants the one it replaces back."""
        self.ensure_one()
        return bool(self.repair_line_type == "add" and self.product_id.aftersales_old_part)

    def _follow_old_parts(self):
        """Make, change or drop the lines that take the old parts in, as the new ones say."""
        vals_list = []
        for move in self:
            lines = move.aftersales_old_part_ids
            open_lines = lines.filtered(lambda line: line.state in OPEN_MOVES)
            if not (move._asks_for_old_part() and move.repair_id and move.state != "cancel"):
                open_lines.unlink()
            elif not lines:
                vals_list.append(move._prepare_old_part_vals())
            else:
                vals = {
                    "product_id": move.product_id.id,
                    "product_uom": move.product_uom.id,
                    "product_uom_qty": move.product_uom_qty,
                }
                for line in open_lines:
                    line.write(line._get_changed(vals))
        if vals_list:
            self.create(vals_list)

    def _get_changed(self, vals):
        """Return those of ``vals`` that differ from what stands on the line."""
        self.ensure_one()
        current = {
            "product_id": self.product_id.id,
            "product_uom": self.product_uom.id,
            "product_uom_qty": self.product_uom_qty,
        }
        return {fname: value for fname, value in vals.items() if current[fname] != value}

    def _prepare_old_part_vals(self):
        """Return the values of the line that takes the old part in."""
        self.ensure_one()
        repair = self.repair_id
        component = repair.unit_id.sudo().component_ids.filtered(
            lambda unit: unit.state == "active" and unit.product_id == self.product_id
        )
        vals = {
            "repair_id": repair.id,
            "company_id": self.company_id.id,
            "repair_line_type": "remove",
            "product_id": self.product_id.id,
            "product_uom": self.product_uom.id,
            "product_uom_qty": self.product_uom_qty,
            "aftersales_old_part_of_id": self.id,
            "aftersales_old_serial": component.serial if len(component) == 1 else False,
        }
        # Who repairs need not read the company's settings.
        if location := self.company_id.sudo().aftersales_old_part_location_id:
            vals["location_dest_id"] = location.id
        return vals

    def _settle_old_parts(self):
        """Bring quantities and serials in line with what was said about the old parts."""
        for move in self.filtered(lambda move: move.state in OPEN_MOVES):
            if move.aftersales_old_part_fate != "taken":
                move.quantity = 0
                continue
            move.quantity = move.quantity or move.product_uom_qty
        named = self.filtered(
            lambda move: (
                move.state in OPEN_MOVES
                and move.aftersales_old_part_fate == "taken"
                and move.has_tracking == "serial"
                and move.aftersales_old_serial
            )
        )
        for company, moves in named.grouped("company_id").items():
            pairs = {move: (move.product_id, move.aftersales_old_serial.strip()) for move in moves}
            lots = self.env["stock.lot"]._find_or_make_for_units(list(pairs.values()), company)
            for move, pair in pairs.items():
                move.move_line_ids[:1].lot_id = lots[pair]

    def _describe_old_part(self):
        """Return what is not known about the old part, or an empty text."""
        self.ensure_one()
        if self.state == "cancel":
            return ""
        if not self.aftersales_old_part_fate:
            return self.env._("where is the old %(part)s?", part=self.product_id.display_name)
        nameless = not (self.aftersales_old_serial or self.move_line_ids.lot_id)
        if self.aftersales_old_part_fate == "taken" and self.has_tracking == "serial" and nameless:
            return self.env._(
                "which serial has the old %(part)s?", part=self.product_id.display_name
            )
        return ""

    def _return_error_message(self):
        """Return why the old part does not go to its maker, or an empty text."""
        self.ensure_one()
        part = self.product_id.display_name
        if not self.aftersales_old_part_of_id or self.state != "done":
            return self.env._(
                "%(part)s of %(order)s was not taken in. Only old parts that are here go back.",
                part=part,
                order=self.repair_id.display_name,
            )
        if self.aftersales_returned_by_id.state not in (False, "cancel"):
            return self.env._(
                "%(part)s of %(order)s is on %(picking)s already.",
                part=part,
                order=self.repair_id.display_name,
                picking=self.aftersales_returned_by_id.picking_id.display_name,
            )
        if not self._get_old_part_maker():
            return self.env._(
                "Who made %(part)s is not known. Enter a vendor on the product's page Purchase.",
                part=part,
            )
        return ""

    def _get_old_part_maker(self):
        """Return who gets the old part: the maker who pays for the new one, else its vendor."""
        self.ensure_one()
        charge_sudo = self.aftersales_old_part_of_id.sudo().aftersales_charge_ids[:1]
        return charge_sudo.bearer_partner_id or self.product_id.seller_ids[:1].partner_id

    def _create_old_part_return(self, maker):
        """Make the delivery that takes these old parts to ``maker``."""
        picking_type = self[:1].repair_id.picking_type_id.warehouse_id.out_type_id
        destination = maker.with_company(self[:1].company_id).property_stock_supplier
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": picking_type.id,
                "partner_id": maker.id,
                "location_id": self[:1].location_dest_id.id,
                "location_dest_id": destination.id,
                "origin": ", ".join(sorted(set(self.repair_id.mapped("name")))),
                "company_id": self[:1].company_id.id,
            }
        )
        for move in self:
            move.aftersales_returned_by_id = move._create_return_move(picking)
        # Two alike stay two: each is the return of its own part.
        picking.move_ids._action_confirm(merge=False)
        return picking

    def _create_return_move(self, picking):
        """Put this old part, with its serial, on the delivery to the maker."""
        self.ensure_one()
        return self.create(
            {
                "picking_id": picking.id,
                "company_id": self.company_id.id,
                "product_id": self.product_id.id,
                "product_uom": self.product_uom.id,
                "product_uom_qty": self.quantity,
                "location_id": self.location_dest_id.id,
                "location_dest_id": picking.location_dest_id.id,
                "origin": self.repair_id.name,
                "move_line_ids": [
                    fields.Command.create(
                        {
                            "picking_id": picking.id,
                            "product_id": line.product_id.id,
                            "lot_id": line.lot_id.id,
                            "product_uom_id": line.product_uom_id.id,
                            "quantity": line.quantity,
                            "location_id": line.location_dest_id.id,
                            "location_dest_id": picking.location_dest_id.id,
                        }
                    )
                    for line in self.move_line_ids
                ],
            }
        )
