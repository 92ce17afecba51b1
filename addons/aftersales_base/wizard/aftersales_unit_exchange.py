from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.aftersales_unit_exchange import ENTITLEMENTS
from ..models.aftersales_warranty_term import BEARERS, TERM_KINDS
from ..tools.periods import get_last_day


class AftersalesUnitExchange(models.TransientModel):
    """Give the customer another unit for his, and show first what it will be promised (WA4)."""

    _name = "aftersales.unit.exchange"
    _description = "Exchange"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", required=True
    )
    partner_id = fields.Many2one(
        related="unit_id.partner_id", related_sudo=False, string="Customer"
    )
    company_id = fields.Many2one(related="unit_id.company_id", related_sudo=False)
    quantity = fields.Float(related="unit_id.quantity", related_sudo=False)
    policy_id = fields.Many2one(related="unit_id.policy_id", related_sudo=False)
    repair_only = fields.Boolean(related="policy_id.repair_only", related_sudo=False)
    replacement_mode = fields.Selection(related="policy_id.replacement_mode", related_sudo=False)
    replacement_minimum_days = fields.Integer(
        related="policy_id.replacement_minimum_days", related_sudo=False
    )
    exchange_after_repairs = fields.Integer(
        related="policy_id.exchange_after_repairs", related_sudo=False
    )
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        domain="[('unit_id', '=', unit_id)]",
        help="What the customer asked for; it shows the exchange in its history.",
    )
    date = fields.Date(required=True, default=lambda self: self.env.company._get_aftersales_day())
    reason = fields.Char()
    source = fields.Selection(
        selection=[
            ("lot", "A Serial From Stock"),
            ("serial", "A Serial Typed by Hand"),
            ("unit", "A Unit the Customer Has Already"),
            ("bulk", "The Same Without a Serial"),
        ],
        string="In Exchange",
        compute="_compute_source",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="New Product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('type', '=', 'consu')]",
    )
    product_tracking = fields.Selection(related="product_id.tracking", related_sudo=False)
    lot_id = fields.Many2one(
        comodel_name="stock.lot",
        string="New Serial",
        domain="[('product_id', '=', product_id), ('company_id', 'in', (company_id, False)), "
        "('aftersales_unit_ids', 'not any', [('state', '=', 'active')])]",
    )
    serial = fields.Char(string="New Serial Number")
    new_unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        domain="[('id', '!=', unit_id), ('company_id', '=', company_id), "
        "('state', '=', 'active'), ('replaces_id', '=', False), "
        "('partner_id', 'child_of', partner_id)]",
    )
    repeats = fields.Integer(string="Repaired Before", compute="_compute_entitlement")
    entitlement = fields.Selection(
        selection=ENTITLEMENTS, string="Customer May Ask For", compute="_compute_entitlement"
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.unit.exchange.line",
        inverse_name="exchange_id",
        string="Promised Afterwards",
        compute="_compute_line_ids",
        store=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("unit_id")
    def _compute_product_id(self):
        for wizard in self:
            wizard.product_id = wizard.unit_id.product_id

    @api.depends("product_id")
    def _compute_source(self):
        for wizard in self:
            wizard.source = "bulk" if wizard.product_id.tracking == "none" else "lot"

    @api.depends("unit_id", "request_id", "date")
    def _compute_entitlement(self):
        for wizard in self:
            unit = wizard.unit_id._origin
            request = wizard.request_id._origin
            day = request._get_fault_date() if request else wizard.date
            wizard.repeats = unit._get_repeats(request) if unit else 0
            wizard.entitlement = unit._get_entitlement(wizard.repeats, day) if unit else False

    @api.depends("unit_id", "date")
    def _compute_line_ids(self):
        for wizard in self:
            unit = wizard.unit_id._origin
            vals_list = []
            if unit and wizard.date and not unit.policy_id.repair_only:
                vals_list = unit._prepare_replacement_warranty_vals_list(unit, wizard.date)
            wizard.line_ids = [
                Command.clear(),
                *(Command.create(wizard._prepare_line_vals(vals)) for vals in vals_list),
            ]

    # === ACTION METHODS === #

    def action_exchange(self):
        """Exchange the unit and open its replacement.

        :raises UserError: saying why it cannot be exchanged, or not for this
        """
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write why it is exchanged: it stands in its history."))
        new_unit = self._get_new_unit()
        self.unit_id._replace_by(new_unit, self.date, reason=self.reason)
        if self.request_id:
            self.request_id.message_post(
                body=self.env._(
                    "%(old)s exchanged for %(new)s.",
                    old=self.unit_id._get_html_link(),
                    new=new_unit._get_html_link(),
                ),
                subtype_xmlid="mail.mt_note",
            )
        return new_unit._get_records_action()

    def action_refund(self):
        """Open the refund instead."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_unit_refund_action"
        )
        return {
            **action,
            "context": {
                "default_unit_id": self.unit_id.id,
                "default_request_id": self.request_id.id,
            },
        }

    # === BUSINESS METHODS === #

    def _get_new_unit(self):
        """Return the unit the customer gets, made where it is not registered.

        :raises UserError: when it was not said which
        """
        self.ensure_one()
        if self.source == "unit":
            if not self.new_unit_id:
                raise UserError(self.env._("Choose the unit the customer keeps instead."))
            return self.new_unit_id
        if not self.product_id:
            raise UserError(self.env._("Choose the product the customer gets."))
        return self.env["aftersales.unit"].create(self._prepare_new_unit_vals(self._get_new_lot()))

    def _get_new_lot(self):
        """Return the lot of the replacement, an empty one for what has no serial.

        :raises UserError: when the serial is missing, or in use already
        """
        self.ensure_one()
        lot = self.env["stock.lot"]
        serial = self._get_typed_serial()
        if self.source == "lot":
            lot = self.lot_id
        elif serial and self.product_tracking != "none":
            pair = (self.product_id, serial)
            lot = lot._find_or_make_for_units([pair], self.company_id)[pair]
        if self.product_tracking == "serial":
            self._check_new_serial(lot)
        return lot

    def _check_new_serial(self, lot):
        if not lot:
            raise UserError(
                self.env._(
                    "%(product)s has serial numbers. Say which one the customer gets.",
                    product=self.product_id.display_name,
                )
            )
        living = self.env["aftersales.unit"].search(
            [
                ("lot_id", "=", lot.id),
                ("state", "=", "active"),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )
        if living:
            raise UserError(
                self.env._(
                    "%(serial)s is in use at %(owner)s. If the customer has it already, choose it "
                    "as a unit.",
                    serial=lot.name,
                    owner=living.partner_id.display_name,
                )
            )

    def _get_typed_serial(self):
        self.ensure_one()
        return (self.serial or "").strip() if self.source == "serial" else ""

    def _prepare_new_unit_vals(self, lot):
        """Return the values of a replacement that is not registered yet."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "lot_id": lot.id,
            "serial": lot.name or self._get_typed_serial(),
            "quantity": self.quantity,
            "partner_id": self.partner_id.id,
            "dealer_id": self.unit_id.dealer_id.id,
            "date_start": self.date,
            # Its warranties come from the exchange.
            "policy_id": False,
        }

    @api.model
    def _prepare_line_vals(self, vals):
        """Return the line that shows a warranty with these values."""
        start = vals["date_start"]
        return {
            "kind": vals["kind"],
            "component_category_id": vals["component_category_id"],
            "date_start": start,
            "date_end": get_last_day(start, vals["duration"], vals["duration_unit"]),
            "percent": vals["percent"],
            "bearer_type": vals["bearer_type"],
            "bearer_partner_id": vals["bearer_partner_id"],
        }


class AftersalesUnitExchangeLine(models.TransientModel):
    """What the replacement will be promised: one warranty, shown before it is given."""

    _name = "aftersales.unit.exchange.line"
    _description = "Promised After an Exchange"

    exchange_id = fields.Many2one(
        comodel_name="aftersales.unit.exchange", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(selection=TERM_KINDS, string="Covers", readonly=True)
    component_category_id = fields.Many2one(
        comodel_name="product.category", string="Component", readonly=True
    )
    date_start = fields.Date(string="From", readonly=True)
    date_end = fields.Date(string="Until", readonly=True)
    percent = fields.Float(string="Covered (%)", readonly=True)
    bearer_type = fields.Selection(selection=BEARERS, string="Paid By", readonly=True)
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Maker or Vendor", readonly=True
    )
