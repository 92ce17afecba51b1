from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesSettlementLine(models.Model):
    """One share of one charge on a settlement.

    The database lets a share stand on one living settlement only: two people who gather
    the same charge at the same moment get one settlement and one clear message.
    """

    _name = "aftersales.settlement.line"
    _description = "Settlement Line"
    _inherit = ["aftersales.guard.mixin", "aftersales.company.mixin"]
    _order = "settlement_id, id"
    _rec_name = "charge_id"
    _check_company_auto = True

    settlement_id = fields.Many2one(
        comodel_name="aftersales.settlement", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="settlement_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="settlement_id.currency_id")
    charge_id = fields.Many2one(
        comodel_name="aftersales.charge",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        domain="[('settlement_status', '=', 'to_settle')]",
    )
    share = fields.Selection(
        selection=[
            ("customer", "Customer"),
            ("covered", "Covered"),
            ("refused", "Refused by the Maker"),
        ],
        required=True,
        default="customer",
    )
    is_living = fields.Boolean(
        compute="_compute_is_living",
        store=True,
        precompute=True,
        help="The settlement is not cancelled.",
    )
    settlement_status = fields.Selection(related="settlement_id.status", string="Status")
    kind = fields.Selection(related="charge_id.kind")
    product_id = fields.Many2one(related="charge_id.product_id")
    unit_id = fields.Many2one(related="charge_id.unit_id")
    serial = fields.Char(related="charge_id.unit_id.serial")
    request_id = fields.Many2one(related="charge_id.request_id")
    explanation = fields.Char(
        string="Why",
        compute="_compute_explanation",
        compute_sudo=True,
        help="Why this payer pays this share.",
    )
    amount_claimed = fields.Monetary(
        string="Claimed",
        compute="_compute_amount_claimed",
        store=True,
        precompute=True,
        help="The share as decided on the charge.",
    )
    amount_accepted = fields.Monetary(
        string="Accepted",
        compute="_compute_amount_accepted",
        store=True,
        readonly=False,
        precompute=True,
        help="What the payer accepts; this is invoiced.",
    )
    amount_untaxed = fields.Monetary(
        string="Without Taxes",
        compute="_compute_amount_untaxed",
        store=True,
        help="What the payer accepts, without the taxes he owes. Reports on revenue count that.",
    )
    difference_reason = fields.Char()
    tax_ids = fields.Many2many(
        comodel_name="account.tax",
        string="Taxes",
        compute="_compute_tax_ids",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
    )
    move_line_ids = fields.One2many(
        comodel_name="account.move.line", inverse_name="aftersales_settlement_line_id"
    )

    _living_share_uniq = models.UniqueIndex(
        "(charge_id, share) WHERE is_living",
        "A share of this charge is on another settlement already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("settlement_id.state")
    def _compute_is_living(self):
        for line in self:
            line.is_living = line.settlement_id.state != "cancelled"

    @api.depends("charge_id", "share", "settlement_id.fiscal_position_id")
    def _compute_amount_claimed(self):
        for line in self:
            line.amount_claimed = line._get_share_amount()

    @api.depends("amount_claimed")
    def _compute_amount_accepted(self):
        """What somebody typed stays, with its reason."""
        for line in self:
            typed = line._origin and line.difference_reason
            line.amount_accepted = line.amount_accepted if typed else line.amount_claimed

    @api.depends("amount_accepted", "tax_ids", "settlement_id.currency_id")
    def _compute_amount_untaxed(self):
        """The totals of the settlement are worked out together with this, once for both."""
        settlements = self.settlement_id
        pending = settlements & self.env.records_to_compute(settlements._fields["amount_total"])
        pending.mapped("amount_total")
        for settlement in settlements - pending:
            settlement._get_taxed_lines()
        (self - settlements.line_ids).amount_untaxed = 0.0

    @api.depends("charge_id.explanation", "share")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for line in self:
            line.explanation = line._get_explanation()

    @api.depends("charge_id.product_id", "settlement_id.fiscal_position_id")
    def _compute_tax_ids(self):
        for line in self:
            line.tax_ids = line._get_payer_taxes()

    @api.depends("charge_id", "share")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.charge_id.display_name

    # === CONSTRAINT METHODS === #

    @api.constrains("charge_id", "share", "settlement_id")
    def _check_charge(self):
        for line in self:
            if message := line._get_charge_error():
                raise ValidationError(message)

    @api.constrains("amount_accepted", "difference_reason")
    def _check_difference_reason(self):
        for line in self:
            differs = line.currency_id.compare_amounts(line.amount_accepted, line.amount_claimed)
            if differs and not (line.difference_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "%(charge)s is accepted with another amount than claimed. Write the "
                        "reason beside it.",
                        charge=line.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.settlement_id._check_not_frozen()
        return lines

    def write(self, vals):
        if not (self.env.su and vals.keys() <= self._get_fields_after_closing()):
            self.settlement_id._check_not_frozen()
        result = super().write(vals)
        if "settlement_id" in vals:
            self.settlement_id._check_not_frozen()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        self.filtered(
            lambda line: line.settlement_id.state != "cancelled"
        ).settlement_id._check_not_frozen()

    # === BUSINESS METHODS === #

    @api.model
    def _get_fields_after_closing(self):
        """Return the fields the rules still write when the settlement is closed."""
        return set()

    def _get_explanation(self):
        """Return why the payer of this share pays it."""
        self.ensure_one()
        if self.share == "refused":
            return self.env._("The maker did not accept to pay for this.")
        return self.charge_id.explanation

    def _get_charge_error(self):
        """Return why the share cannot be on this settlement, or an empty text."""
        self.ensure_one()
        charge = self.charge_id
        if charge.state != "confirmed":
            return self.env._(
                "%(charge)s is not confirmed and cannot be settled.", charge=charge.display_name
            )
        if charge.billed_elsewhere:
            return self.env._(
                "%(charge)s is billed on a sales order already.", charge=charge.display_name
            )
        return self._get_currency_error() or self._get_payer_error()

    def _get_currency_error(self):
        """Return why the share cannot be settled in this currency, or an empty text."""
        if self.charge_id.currency_id == self.settlement_id.currency_id:
            return ""
        return self.env._(
            "%(charge)s is in another currency than %(settlement)s.",
            charge=self.charge_id.display_name,
            settlement=self.settlement_id.display_name,
        )

    def _get_payer_error(self):
        """Return why the partner of the settlement does not pay the share, or an empty text."""
        charge, settlement = self.charge_id, self.settlement_id
        due = charge._get_due_shares().get(self.share)
        if not due:
            return self.env._(
                "Nobody outside the company pays this share of %(charge)s.",
                charge=charge.display_name,
            )
        if due[0].commercial_partner_id != settlement.partner_id.commercial_partner_id:
            return self.env._(
                "%(charge)s is paid by %(payer)s and cannot be settled with %(partner)s.",
                charge=charge.display_name,
                payer=due[0].display_name,
                partner=settlement.partner_id.display_name,
            )
        return ""

    def _get_payer_taxes(self):
        """Return the taxes of the product as the tax position of the settlement changes them."""
        self.ensure_one()
        return self.settlement_id.fiscal_position_id.map_tax(self.charge_id._get_product_taxes())

    def _get_share_amount(self):
        """Return the share as decided on the charge, as it is with the taxes of the payer."""
        self.ensure_one()
        fname = self.charge_id._get_shares()[self.share or "customer"].amount
        amount = self.charge_id[fname]
        return self.charge_id._get_amount_in(amount, self._get_payer_taxes())

    def _get_pricing(self):
        """Return ``(quantity, price, discount)``: those of the charge when it is asked for
        in full, else one time the accepted amount."""
        self.ensure_one()
        charge, taxes = self.charge_id, self._get_payer_taxes()
        full = charge._get_amount_in(charge.amount, taxes)
        in_full = self.currency_id.compare_amounts(self.amount_accepted, full) == 0
        if in_full and self.currency_id == charge.currency_id:
            return charge._get_priced_quantity(), charge._get_price_in(taxes), charge.discount
        return 1.0, self.amount_accepted, 0.0

    def _prepare_base_line(self):
        """Return the line as Odoo's tax engine wants it."""
        self.ensure_one()
        quantity, price, discount = self._get_pricing()
        return self._get_taxed(quantity=quantity, price_unit=price, discount=discount)

    def _get_taxed(self, **values):
        """Return the line as Odoo's tax engine wants it.

        :param values: quantity, price and discount, and what is known of the document
        """
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            self,
            tax_ids=self.tax_ids,
            product_id=self.product_id,
            partner_id=self.settlement_id.partner_id,
            currency_id=self.currency_id or self.company_id.currency_id,
            **values,
        )

    def _prepare_move_line_vals(self, sign=1):
        """Return the values of the invoice line.

        :param int sign: -1 on a credit note
        """
        self.ensure_one()
        quantity, price, discount = self._get_pricing()
        vals = {
            "aftersales_settlement_line_id": self.id,
            "product_id": self.product_id.id,
            "name": self._get_move_line_name(),
            "quantity": quantity,
            "price_unit": sign * price,
            "discount": discount,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
        }
        if quantity == self.charge_id.quantity and self.charge_id.uom_id:
            vals["product_uom_id"] = self.charge_id.uom_id.id
        return vals

    def _get_analytic_distribution(self):
        """Return where the revenue of the line counts: by kind of service, else by team."""
        charge = self.charge_id
        return self.company_id._get_aftersales_distribution(charge.service_type_id, charge.team_id)

    def _get_move_line_name(self):
        """Return what the payer reads on the invoice."""
        name = self.charge_id.name
        origins = ", ".join(origin for origin in self._get_move_line_origins() if origin)
        return f"{name} ({origins})" if origins else name

    def _get_move_line_origins(self):
        """Return what tells the payer where the charge comes from."""
        charge = self.charge_id
        return [charge.unit_id.serial, charge.request_id.name, charge.request_id.customer_ref]
