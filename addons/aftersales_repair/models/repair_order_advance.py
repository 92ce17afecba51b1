from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import format_amount

MANAGER = "aftersales_base.group_aftersales_manager"


class RepairOrder(models.Model):
    """What the customer pays in advance when he accepts the estimate (SA4).

    It is charged by itself, outside the charges of the work: one charge for each group of taxes,
    on a settlement of its own. When the work is done, or the order is cancelled, each charge that
    was invoiced is taken back by one of its own, once (the database sees to that): next to the
    work it is deducted, alone it becomes a credit note.
    """

    _inherit = "repair.order"

    advance_percent = fields.Float(
        string="In Advance (%)",
        compute="_compute_advance_percent",
        store=True,
        readonly=False,
        precompute=True,
        digits="Discount",
        help="Of what the customer pays by the estimate, taxes included.",
    )
    advance_fixed = fields.Monetary(
        string="Amount in Advance",
        currency_field="currency_id",
        copy=False,
        help="Taxes included. Asked for instead of the percentage.",
    )
    estimate_advance_amount = fields.Monetary(
        string="To Pay in Advance",
        currency_field="estimate_currency_id",
        readonly=True,
        copy=False,
        help="As told with the estimate, taxes included.",
    )
    advance_charge_ids = fields.One2many(
        comodel_name="aftersales.charge",
        inverse_name="advance_repair_id",
        string="Payments in Advance",
    )
    advance_asked_amount = fields.Monetary(
        string="Asked in Advance",
        currency_field="currency_id",
        compute="_compute_advance_amounts",
        compute_sudo=True,
    )
    advance_paid_amount = fields.Monetary(
        string="Paid in Advance",
        currency_field="currency_id",
        compute="_compute_advance_amounts",
        compute_sudo=True,
    )
    advance_status = fields.Selection(
        selection=[
            ("none", "Nothing"),
            ("asked", "Asked For"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("deducted", "Deducted"),
            ("refunded", "To Give Back"),
            ("returned", "Given Back"),
        ],
        string="Payment in Advance",
        compute="_compute_advance_amounts",
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("service_type_id")
    def _compute_advance_percent(self):
        for repair in self:
            own = repair.service_type_id.advance_percent
            company_sudo = repair.company_id.sudo()
            usual = company_sudo._get_aftersales_setting("aftersales_advance_percent")
            repair.advance_percent = own or usual

    @api.depends(
        "state",
        "advance_charge_ids.state",
        "advance_charge_ids.settlement_line_ids.is_living",
        "advance_charge_ids.settlement_line_ids.settlement_id.status",
        "advance_charge_ids.settlement_line_ids.settlement_id.amount_paid",
        "advance_charge_ids.settlement_line_ids.settlement_id.move_id.reversal_move_ids.state",
    )
    def _compute_advance_amounts(self):
        for repair in self:
            charges = repair.advance_charge_ids
            asked = charges._get_standing_advances() if charges else charges
            settlements = asked.settlement_line_ids.filtered("is_living").settlement_id
            repair.advance_asked_amount = sum(settlements.mapped("amount_total"))
            kept = settlements.filtered(lambda record: not record._is_advance_credited())
            repair.advance_paid_amount = sum(kept.mapped("amount_paid"))
            repair.advance_status = repair._get_advance_status(asked, settlements)

    def _get_advance_status(self, asked, settlements):
        self.ensure_one()
        if not asked:
            return "none"
        backs = asked.advance_back_ids.filtered(lambda charge: charge.state != "cancelled")
        given = backs.settlement_line_ids.filtered("is_living").settlement_id
        # A cancelled order may still cost a fee it is taken off.
        costs = any(one.currency_id.compare_amounts(one.amount_total, 0) >= 0 for one in given)
        if backs and (self.state != "cancel" or costs):
            return "deducted"
        if not backs:
            given = settlements.filtered(lambda record: record._is_advance_credited())
        if backs or given:
            statuses = {record._get_back_status() for record in given}
            return "returned" if statuses == {"returned"} else "refunded"
        if settlements and all(settlement._is_advance_paid() for settlement in settlements):
            return "paid"
        paid = any(settlements.mapped("amount_paid"))
        return "partial" if paid else "asked"

    # === ACTION METHODS === #

    def action_waive_advance(self):
        """Do the work without the payment in advance.

        :raises AccessError: for all but managers
        :raises UserError: when it is invoiced already
        """
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("A manager decides to do without a payment in advance."))
        self.check_access("write")
        for repair_sudo in self.sudo():
            if move_sudo := repair_sudo.advance_charge_ids._get_advance_moves()[:1]:
                raise UserError(
                    self.env._(
                        "%(order)s: the payment in advance is invoiced as %(invoice)s. Have its "
                        "settlement cancelled first.",
                        order=repair_sudo.display_name,
                        invoice=move_sudo.display_name,
                    )
                )
            repair_sudo._withdraw_advance()

    def action_view_advance(self):
        """Open the settlements by which it is paid in advance, and given back."""
        settlements = self.advance_charge_ids.settlement_line_ids.settlement_id
        return settlements._get_records_action(name=self.env._("Payment in Advance"))

    # === BUSINESS METHODS: STATE === #

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "under_repair":
            message = self._advance_error_message()
        return message

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "cancel":
            self._give_advance_back()
        elif target == "draft":
            self.sudo().advance_charge_ids._cancel_unsettled_backs()

    # === BUSINESS METHODS: ESTIMATE === #

    def _prepare_estimate_vals(self, moment):
        return {
            **super()._prepare_estimate_vals(moment),
            "estimate_advance_amount": self._get_advance_amount(),
        }

    def _tell_estimate(self):
        super()._tell_estimate()
        # What was asked for by the old estimate and is not invoiced yet is not owed any more.
        self.sudo().filtered("advance_charge_ids")._withdraw_advance()

    def _answer_estimate(self, answer, **facts):
        result = super()._answer_estimate(answer, **facts)
        for repair_sudo in self.sudo():
            if answer == "accepted":
                repair_sudo._ask_advance()
            elif repair_sudo.advance_charge_ids:
                repair_sudo._withdraw_advance()
        return result

    def _get_advance_amount(self):
        """Return what is to be paid in advance by the estimate, taxes included; never more than
        the whole."""
        self.ensure_one()
        if not self.partner_id or not (self.advance_fixed or self.advance_percent):
            return 0.0
        lines = self._prepare_advance_base_lines()
        total = self.env["account.tax"]._get_tax_totals_summary(
            lines, self.currency_id, self.company_id
        )["total_amount_currency"]
        wanted = self.advance_fixed or total * self.advance_percent / 100
        return self.currency_id.round(max(0.0, min(wanted, total)))

    def _get_advance_payer(self):
        """Return who pays in advance: who gets the invoice for the customer."""
        self.ensure_one()
        payer = self.partner_id._get_aftersales_payer()
        return payer.browse(payer.address_get(["invoice"])["invoice"])

    def _get_advance_base_charges(self):
        """Return the charges of the work the payer pays."""
        self.ensure_one()
        payer = self._get_advance_payer()
        return self.charge_ids.filtered(
            lambda charge: (
                charge.state != "cancelled"
                and not charge.is_diagnosis_fee
                and charge.payer_id == payer
                and charge.currency_id == self.currency_id
                and charge.currency_id.compare_amounts(charge.customer_amount, 0) > 0
            )
        )

    def _prepare_advance_base_lines(self):
        """Return what the payer owes by the estimate as Odoo's tax engine wants it."""
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        payer, company = self._get_advance_payer(), self.company_id
        positions = self.env["account.fiscal.position"].with_company(company)
        position = positions._get_fiscal_position(payer)
        lines = []
        for charge in self._get_advance_base_charges():
            taxes = position.map_tax(charge._get_product_taxes())
            lines.append(
                AccountTax._prepare_base_line_for_taxes_computation(
                    {},
                    tax_ids=taxes,
                    quantity=1.0,
                    price_unit=charge._get_amount_in(charge.customer_amount, taxes),
                    partner_id=payer,
                    currency_id=self.currency_id,
                )
            )
        AccountTax._add_tax_details_in_base_lines(lines, company)
        AccountTax._round_base_lines_tax_details(lines, company)
        return lines

    # === BUSINESS METHODS: ASK, DEDUCT, GIVE BACK === #

    def _ask_advance(self):
        """Charge what was told, on a draft settlement of its own; once while it stands. What was
        credited stands no more."""
        self.ensure_one()
        charges = self.advance_charge_ids._get_standing_advances()
        credited = charges.filtered(lambda charge: charge._is_advance_credited())
        credited._withdraw()
        standing = charges - credited
        if standing or not self.estimate_advance_amount:
            return
        lines = self.env["account.tax"]._prepare_down_payment_lines(
            self._prepare_advance_base_lines(),
            self.company_id,
            "fixed",
            self.estimate_advance_amount,
            computation_key=f"advance,{self.id},{len(self.advance_charge_ids)}",
        )
        charges = self.env["aftersales.charge"].create(
            [self._prepare_advance_charge_vals(line) for line in lines]
        )
        charges.action_confirm()
        settlements = charges._settle_shares(charges._get_open_shares())
        # Rounded when the whole is settled, not in parts.
        settlements.cash_rounding_id = False

    def _prepare_advance_charge_vals(self, base_line):
        """Return the values of the charge for one group of taxes.

        :param dict base_line: of Odoo's down payments
        """
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        payer = self._get_advance_payer()
        product = self.company_id._get_aftersales_setting("aftersales_advance_product_id")
        return {
            "advance_repair_id": self.id,
            "company_id": self.company_id.id,
            "kind": "advance",
            "name": self.with_context(lang=payer.lang).env._(
                "Payment in advance, %(order)s", order=self.name
            ),
            "product_id": product.id,
            "quantity": 1.0,
            "price_unit": base_line["price_unit"],
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.id,
            "payer_id": payer.id,
            "advance_tax_ids": [Command.set(base_line["tax_ids"].ids)],
            "advance_tax_data": AccountTax._export_base_line_extra_tax_data(base_line),
        }

    def _withdraw_advance(self):
        """Take back what was asked for and is not invoiced."""
        for repair in self:
            charges = repair.advance_charge_ids._get_standing_advances()
            charges.filtered(lambda charge: not charge._get_advance_moves())._withdraw()

    def _take_back_advance(self):
        """Owe the payer what was invoiced in advance, once; ask no more for the rest."""
        self._withdraw_advance()
        invoiced = self.advance_charge_ids._get_standing_advances().filtered(
            lambda charge: (
                charge._get_advance_moves()
                and not charge.advance_back_ids.filtered(lambda back: back.state != "cancelled")
            )
        )
        backs = self.env["aftersales.charge"].create(
            [charge._prepare_advance_back_vals() for charge in invoiced]
        )
        backs.action_confirm()

    def _give_advance_back(self):
        """Settle what was paid for work that was cancelled, against what is owed all the same."""
        # Cancelling work is enough to give back what was paid for it.
        for repair_sudo in self.sudo().filtered("advance_charge_ids"):
            repair_sudo._take_back_advance()
            shares = repair_sudo._get_charges_to_settle()._get_open_shares()
            settlements = repair_sudo.env["aftersales.charge"]._settle_shares(shares)
            settlements.cash_rounding_id = False

    def _confirm_charges(self):
        result = super()._confirm_charges()
        # Ending the work is enough to deduct what was paid for it.
        self.sudo().filtered("advance_charge_ids")._take_back_advance()
        return result

    def _get_charges_to_settle(self):
        backs = self.advance_charge_ids.filtered("advance_id")
        return super()._get_charges_to_settle() | backs.filtered(
            lambda charge: charge.state == "confirmed"
        )

    def _advance_error_message(self):
        """Return that the work is to be paid in advance and is not, or an empty text."""
        self.ensure_one()
        # The policy of the company binds whoever works; without it nothing is read.
        repair_sudo = self.sudo()
        if not repair_sudo.company_id._get_aftersales_setting("aftersales_advance_first"):
            return ""
        if repair_sudo.advance_status not in ("asked", "partial", "refunded", "returned"):
            return ""
        return repair_sudo._get_advance_message()

    def _get_advance_message(self):
        self.ensure_one()
        asked, paid = self.advance_asked_amount, self.advance_paid_amount
        return self.env._(
            "The customer of %(order)s pays %(amount)s in advance, and %(open)s of it is not here "
            "yet. Start when it is paid, or have a manager do without it.",
            order=self.display_name,
            amount=format_amount(self.env, asked, self.currency_id),
            open=format_amount(self.env, asked - paid, self.currency_id),
        )
