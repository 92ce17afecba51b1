from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS


class AftersalesUnit(models.Model):
    """Units that stand for several pieces: lots and untracked products split and merge."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS: SPLIT === #

    def _split(self, quantity):
        """Take pieces off into a unit of their own, with the same dates and warranties.

        :param float quantity: how many, less than there are
        :return: the unit made
        :raises UserError: when the unit cannot be split so
        :raises AccessError: when the user may not change the unit
        """
        self.ensure_one()
        self.check_access("write")
        if message := self._split_error_message(quantity):
            raise UserError(message)
        # An agent makes no warranties and writes no deliveries: all values are this unit's.
        unit_sudo = self.sudo()
        part = unit_sudo.create([unit_sudo._prepare_part_vals(quantity)]).with_env(self.env)
        unit_sudo._keep_quantity(self.quantity - quantity)
        self._log_quantity(
            self.env._(
                "%(quantity)s split off as %(unit)s.",
                quantity=self._format_quantity(quantity),
                unit=part._get_html_link(),
            )
        )
        part._log_quantity(
            self.env._(
                "%(quantity)s split off from %(unit)s.",
                quantity=self._format_quantity(quantity),
                unit=self._get_html_link(),
            )
        )
        return part

    def _split_error_message(self, quantity):
        """Return why so many pieces cannot be split off, or an empty text."""
        self.ensure_one()
        uom = self.product_id.uom_id
        if self.state != "active":
            return self.env._("%(unit)s is not in use any more.", unit=self.display_name)
        if self.product_tracking == "serial" and self.lot_id:
            return self.env._(
                "%(unit)s is one piece with a serial number and cannot be split.",
                unit=self.display_name,
            )
        if uom.compare(quantity, 0) <= 0 or uom.compare(quantity, self.quantity) >= 0:
            return self.env._(
                "%(unit)s holds %(quantity)s. Split off more than none and less than all.",
                unit=self.display_name,
                quantity=self._format_quantity(self.quantity),
            )
        return ""

    def _keep_quantity(self, quantity):
        """Change the quantity of the unit, if it has to change at all."""
        self.ensure_one()
        if self.product_id.uom_id.compare(self.quantity, quantity):
            self.quantity = quantity

    def _prepare_part_vals(self, quantity):
        """Return the values of a unit for a part of this one, warranties included."""
        self.ensure_one()
        default = {
            "quantity": quantity,
            "lot_id": self.lot_id.id,
            "serial": self.serial,
            "state": self.state,
            "proof_checked": self.proof_checked,
            "to_check": self.to_check,
            "replaces_id": self.replaces_id.id,
            "date_handover": self.date_handover,
            "warranty_ids": [
                Command.create(warranty._prepare_part_vals()) for warranty in self.warranty_ids
            ],
            # The warranties of the part are longer by the same days.
            "downtime_ids": [
                Command.create(downtime._prepare_part_vals()) for downtime in self.downtime_ids
            ],
        }
        return self.copy_data(default)[0]

    # === BUSINESS METHODS: MERGE === #

    def _merge(self):
        """Make one unit of several that are alike: the one with a history, else the oldest.

        :return: the unit that stays, with all the pieces
        :raises UserError: when they are not alike, saying in what
        :raises AccessError: when the user may not change them
        """
        self.check_access("write")
        if message := self._merge_error_message():
            raise UserError(message)
        kept = self._get_served()[:1] or self.sorted(lambda unit: (unit.date_start, unit.id))[:1]
        merged = self - kept
        body = self.env._(
            "%(quantity)s added from %(units)s, which were alike and are one with it now.",
            quantity=kept._format_quantity(sum(merged.mapped("quantity"))),
            units=", ".join(merged.mapped("name")),
        )
        # Alike in all that decides, and without a history: nothing is lost with them.
        kept.sudo()._keep_quantity(sum(self.mapped("quantity")))
        merged.sudo().unlink()
        kept._log_quantity(body)
        return kept

    def _merge_error_message(self):
        """Return why these units cannot be one, or an empty text."""
        if len(self) < 2:
            return self.env._("Choose two or more units to make one of them.")
        for unit in self:
            if unit.state != "active":
                return self.env._("%(unit)s is not in use any more.", unit=unit.display_name)
            if unit.product_tracking == "serial":
                return self.env._(
                    "%(unit)s is of a product with serial numbers: each piece stays on its own.",
                    unit=unit.display_name,
                )
        first = self[0]
        for unit in self - first:
            if different := first._get_differences(unit):
                return self.env._(
                    "%(first)s and %(other)s are not alike. They differ in: %(fields)s.",
                    first=first.name,
                    other=unit.name,
                    fields=", ".join(different),
                )
        served = self._get_served()
        if len(served) > 1:
            return self.env._(
                "%(units)s each have a history of their own and stay apart.",
                units=", ".join(served.mapped("name")),
            )
        return ""

    def _get_differences(self, other):
        """Return the labels of what two units differ in, of all that has to be the same."""
        self.ensure_one()
        # What a field or a delivery says, whoever may read it.
        one_sudo, other_sudo = self.sudo(), other.sudo()
        fnames = [
            fname for fname in self._get_merge_fields() if one_sudo[fname] != other_sudo[fname]
        ]
        labels = [self._fields[fname].get_description(self.env)["string"] for fname in fnames]
        if one_sudo._get_promises() != other_sudo._get_promises():
            labels.append(self.env._("Warranties"))
        return labels

    @api.model
    def _get_merge_fields(self):
        """Return the fields in which units that become one are the same."""
        return [
            "company_id",
            "product_id",
            "lot_id",
            "serial",
            "partner_id",
            "place_id",
            "user_partner_id",
            "dealer_id",
            "date_start",
            "date_invoice",
            "date_installed",
            "date_registered",
            "date_purchase",
            "date_handover",
            "policy_id",
            "price_paid",
            "parent_id",
            "replaces_id",
        ]

    def _get_promises(self):
        """Return what the warranties promise, in an order that compares."""
        self.ensure_one()
        Warranty = self.env["aftersales.warranty"]
        fnames = [
            fname
            for fname, field in Warranty._fields.items()
            if field.store and fname not in (*MAGIC_COLUMNS, "unit_id")
        ]
        return sorted(str([warranty[fname] for fname in fnames]) for warranty in self.warranty_ids)

    def _get_served(self):
        """Return those of the units that some document names: they stay on record."""
        # What its counters showed and whose it was would go with it.
        served = self.filtered(lambda unit: unit.sudo().reading_ids or unit.sudo().transfer_ids)
        for model, fname in self._get_naming_fields():
            # Documents of others count as well.
            found_sudo = (
                self.env[model]
                .sudo()
                .with_context(active_test=False)
                .search_fetch([(fname, "in", self.ids)], [fname])
            )
            served |= self & found_sudo[fname].with_env(self.env)
        return served

    @api.model
    def _get_naming_fields(self):
        """Return ``(model, field)`` of the documents that name a unit and outlive it."""
        return [
            (model, fname)
            for model, cls in self.env.registry.items()
            if not (cls._abstract or cls._transient) and cls._auto
            for fname, field in cls._fields.items()
            if field.store
            and field.comodel_name == self._name
            and (
                field.type == "many2many"
                or (field.type == "many2one" and field.ondelete != "cascade")
            )
        ]

    # === BUSINESS METHODS: TOOLS === #

    def _format_quantity(self, quantity):
        self.ensure_one()
        # A technician reads units of measure of products only.
        uom_sudo = self.sudo().product_id.uom_id
        return f"{quantity:g} {uom_sudo.name}"

    def _log_quantity(self, body):
        self.ensure_one()
        self.message_post(body=body, subtype_xmlid="mail.mt_note")
