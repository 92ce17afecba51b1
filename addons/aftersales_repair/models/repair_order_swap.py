from odoo import api, fields, models
from odoo.exceptions import UserError

SWAP_STATES = ("under_repair", "done")


class RepairOrder(models.Model):
    """Serials swapped by a work order: of the unit itself, of a component, of the whole unit."""

    _inherit = "repair.order"

    swap_ids = fields.One2many(
        comodel_name="aftersales.swap", inverse_name="repair_id", string="Swapped Serials"
    )

    # === BUSINESS METHODS === #

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "cancel":
            message = self._swapped_error_message()
        return message

    def _swapped_error_message(self):
        """Return what was built in and does not come out by cancelling, or an empty text."""
        self.ensure_one()
        # What was built in holds everybody, whoever may read it.
        swap_sudo = self.sudo().swap_ids[:1]
        if not swap_sudo:
            return ""
        return self.env._(
            "%(order)s has put serial %(serial)s into %(unit)s. End it instead of cancelling it.",
            order=self.display_name,
            serial=swap_sudo.new_serial or "-",
            unit=swap_sudo.unit_id.display_name,
        )

    def _swap_serial(self, serial, reason=""):
        """Give the unit of this order a new serial; its history and its promises stay.

        :param str serial: what is printed on it now
        :return: ``aftersales.swap``
        :raises UserError: when the work is not going on, or the serial is taken
        """
        self.ensure_one()
        serial = (serial or "").strip()
        self._check_may_swap()
        if message := self._serial_error_message(serial):
            raise UserError(message)
        # The work is the right to note what is built in: the unit is the order's, and the
        # number was checked above. A technician may write neither units nor lots.
        unit_sudo = self.unit_id.sudo()
        old_serial = unit_sudo.serial
        if unit_sudo.lot_id:
            unit_sudo.lot_id.name = serial
        else:
            unit_sudo.serial = serial
        swap = self._create_swap(
            kind="serial", old_serial=old_serial, new_serial=serial, reason=reason
        )
        return self._log_swap(swap, reason)

    def _swap_component(self, move, lot, old_unit=None, old_serial="", reason=""):
        """Note that ``move`` put a component with serial ``lot`` into the unit of this order.

        The old component leaves. The new one is a unit of its own: under a warranty of the
        old one it is an exchange by its policy, else it has the warranty of a new one.

        :param move: part of this order that is put in
        :param lot: ``stock.lot`` of its product
        :param old_unit: the component that came out, when it is registered
        :param str old_serial: what was printed on it, when it is not
        :return: ``aftersales.swap``
        :raises UserError: saying what does not fit
        """
        self.ensure_one()
        self._check_may_swap()
        old_unit = old_unit or self.env["aftersales.unit"]
        if message := self._component_error_message(move, lot, old_unit):
            raise UserError(message)
        if move.state != "done" and lot not in move.move_line_ids.lot_id:
            self._put_lot_on(move, lot)
        # As in _swap_serial(): what is built in follows from the part of this order.
        unit_sudo = self.unit_id.sudo()
        new_sudo = unit_sudo.create(self._prepare_component_vals(move, lot, old_unit))
        if old_unit:
            self._replace_component(old_unit.sudo(), new_sudo, reason)
        swap = self._create_swap(
            kind="component",
            old_serial=old_unit.serial or (old_serial or "").strip(),
            new_serial=lot.name,
            old_unit_id=old_unit.id,
            new_unit_id=new_sudo.id,
            move_id=move.id,
            reason=reason,
        )
        return self._log_swap(swap, reason)

    def _check_may_swap(self):
        """Raise when the user may not change this order, or nothing is being built in.

        :raises UserError: naming the order
        """
        self.check_access("write")
        if self.state not in SWAP_STATES:
            raise UserError(
                self.env._(
                    "%(order)s is not under repair. Start the repair before you note what was "
                    "swapped.",
                    order=self.display_name,
                )
            )
        if self.unit_id.state != "active":
            raise UserError(
                self.env._(
                    "%(order)s is about no installed product in use. Choose the one it is about.",
                    order=self.display_name,
                )
            )

    def _serial_error_message(self, serial):
        """Return why the unit cannot get this serial, or an empty text."""
        self.ensure_one()
        unit_sudo = self.unit_id.sudo()
        if not serial:
            return self.env._("Enter the serial that is printed on the unit now.")
        if serial == unit_sudo.serial:
            return self.env._("%(unit)s has this serial already.", unit=self.unit_id.display_name)
        lots_sudo = self.env["stock.lot"].sudo()
        taken = lots_sudo.search_count(
            [
                ("product_id", "=", unit_sudo.product_id.id),
                ("name", "=", serial),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=1,
        )
        if taken:
            return self.env._(
                "Serial %(serial)s of %(product)s exists already. If the customer got another "
                "unit, exchange the whole unit.",
                serial=serial,
                product=unit_sudo.product_id.display_name,
            )
        if unit_sudo.lot_id and unit_sudo.product_tracking != "serial":
            return self.env._(
                "%(unit)s is of a lot, not of a serial of its own.", unit=self.unit_id.display_name
            )
        return ""

    def _component_error_message(self, move, lot, old_unit):
        """Return why this part is not that component, or an empty text."""
        self.ensure_one()
        if message := self._built_in_error_message(move, lot):
            return message
        if old_unit and (old_unit.sudo().parent_id != self.unit_id or old_unit.state != "active"):
            return self.env._(
                "%(component)s is not built into %(unit)s.",
                component=old_unit.display_name,
                unit=self.unit_id.display_name,
            )
        if message := self._taken_error_message(lot):
            return message
        if self._is_all_swapped(move):
            return self.env._(
                "All serials of %(part)s on %(order)s are noted already. Put another one on the "
                "order first.",
                part=move.product_id.display_name,
                order=self.display_name,
            )
        return ""

    def _built_in_error_message(self, move, lot):
        """Return why this serial is not put in by that part, or an empty text."""
        self.ensure_one()
        if move.repair_id != self or move.repair_line_type != "add" or move.state == "cancel":
            return self.env._("Choose a part that is put in by %(order)s.", order=self.display_name)
        if not lot or lot.product_id != move.product_id:
            return self.env._(
                "Choose the serial of the %(part)s that was put in.",
                part=move.product_id.display_name,
            )
        if move.state == "done" and lot not in move.move_line_ids.lot_id:
            return self.env._(
                "%(part)s was put in with another serial than %(serial)s.",
                part=move.product_id.display_name,
                serial=lot.name,
            )
        return ""

    def _is_all_swapped(self, move):
        """Return whether each one of this part is noted as a swap."""
        self.ensure_one()
        asked = move.quantity if move.state == "done" else move.product_uom_qty
        return len(self._get_move_swaps(move)) >= max(asked, 1)

    def _get_swapped_lots(self, move):
        """Return the serials of this part that are noted already."""
        # What was built in is the order's own doing, whoever may read units.
        return self._get_move_swaps(move).sudo().new_unit_id.lot_id.sudo(False)

    def _get_move_swaps(self, move):
        """Return the swaps that this part brought."""
        return self.swap_ids.filtered(lambda swap: swap.move_id == move)

    def _taken_error_message(self, lot):
        """Return that the serial is in use already, if it is."""
        self.ensure_one()
        living_sudo = (
            self.env["aftersales.unit"]
            .sudo()
            .search(
                [
                    ("lot_id", "=", lot.id),
                    ("state", "=", "active"),
                    ("company_id", "=", self.company_id.id),
                ],
                limit=1,
            )
        )
        if living_sudo:
            return self.env._(
                "Serial %(serial)s is in use already: see %(unit)s.",
                serial=lot.name,
                unit=living_sudo.name,
            )
        return ""

    def _put_lot_on(self, move, lot):
        """Let one of this part that is not noted yet be the one with this serial."""
        noted = self._get_swapped_lots(move)
        free = move.move_line_ids.filtered(lambda line: line.lot_id not in noted)
        if not free:
            before = move.move_line_ids
            move.quantity += 1
            free = move.move_line_ids - before
        free = free.sorted(lambda line: bool(line.lot_id))
        free[:1].lot_id = lot

    def _prepare_component_vals(self, move, lot, old_unit):
        """Return the values of the unit that stands for the new component."""
        self.ensure_one()
        unit = self.unit_id
        vals = {
            "company_id": self.company_id.id,
            "product_id": move.product_id.id,
            "lot_id": lot.id,
            "partner_id": unit.partner_id.id,
            "place_id": unit.place_id.id,
            "dealer_id": unit.sudo().dealer_id.id,
            "parent_id": unit.id,
            "date_start": self.company_id._get_aftersales_day(),
        }
        if old_unit and self._is_covered_component(old_unit):
            # Its warranties come from the exchange.
            vals["policy_id"] = False
        return vals

    def _is_covered_component(self, old_unit):
        """Return whether a promise on the old component gives the customer the new one."""
        day = self.company_id._get_aftersales_day()
        old_sudo = old_unit.sudo()
        if old_sudo._exchange_error_message(day):
            return False
        return any(warranty._covers_on(day) for warranty in old_sudo.warranty_ids)

    def _replace_component(self, old_sudo, new_sudo, reason):
        """Take the old component out: exchanged by its policy, or simply replaced."""
        day = self.company_id._get_aftersales_day()
        if self._is_covered_component(old_sudo):
            old_sudo._replace_by(new_sudo, day, reason=reason)
            return
        old_sudo._close("replaced", day)
        new_sudo.replaces_id = old_sudo

    def _create_swap(self, **vals):
        """Note a swap; the values are those of this order and what was checked."""
        self.ensure_one()
        common = {
            "repair_id": self.id,
            "unit_id": self.unit_id.id,
            "date": self.company_id._get_aftersales_day(),
        }
        swap_sudo = self.env["aftersales.swap"].sudo().create({**common, **vals})
        return swap_sudo.with_env(self.env)

    @api.model
    def _log_swap(self, swap, reason):
        """Say on unit and order what went out and what came in."""
        swap_sudo = swap.sudo()
        body = self.env._(
            "Serial %(old)s out, %(new)s in.",
            old=swap_sudo.old_serial or "-",
            new=swap_sudo.new_serial or "-",
        )
        if reason:
            body = f"{body} {reason}"
        swap_sudo.repair_id.message_post(body=body, subtype_xmlid="mail.mt_note")
        swap_sudo.unit_id.message_post(body=body, subtype_xmlid="mail.mt_note")
        return swap
