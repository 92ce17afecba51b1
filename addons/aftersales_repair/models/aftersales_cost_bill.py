from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.misc import clean_context

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
BILLABLE = ("to_bill", "reversed")
MOST_ORIGINS = 5


class AftersalesCost(models.Model):
    """What we owe for service costs becomes draft vendor bills (SA2).

    A cost stands on one living line of a bill. It is free again when the line or the bill is
    deleted, and when the bill is cancelled or reversed. Two who bill at once meet on the row of
    the cost: the loser is refused, or repeated and refused.
    """

    _inherit = "aftersales.cost"

    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Line of the Bill",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    move_id = fields.Many2one(
        related="move_line_id.move_id", string="Bill", store=True, index="btree_not_null"
    )
    billing_status = fields.Selection(
        selection=[
            ("none", "Nothing to Bill"),
            ("to_bill", "To Bill"),
            ("billed", "Billed"),
            ("partial", "Partly Paid"),
            ("paid", "Paid"),
            ("reversed", "Reversed"),
        ],
        string="Billing",
        compute="_compute_billing_status",
        store=True,
        index=True,
        help="What became of the bill. A cost whose bill was reversed can be billed again.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "flow", "move_id.state", "move_id.payment_state")
    def _compute_billing_status(self):
        for cost in self:
            cost.billing_status = cost._get_billing_status()

    # === ACTION METHODS === #

    def action_create_bill(self):
        """Make one draft vendor bill for each whom we owe, in each currency and company.

        :return: an action that shows the bills
        :raises UserError: when one of the costs cannot be billed
        """
        return self._create_bills()._get_records_action(name=self.env._("Vendor Bills"))

    def action_view_bill(self):
        """Open the bills, and those that were reversed before them."""
        lines = self.env["account.move.line"].search([("aftersales_cost_id", "in", self.ids)])
        return lines.move_id._get_records_action(name=self.env._("Vendor Bills"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"move_line_id"}

    def _transition_error_message(self, target):
        # sudo: whoever leads the team need not read bills; that there is one is all he is told.
        move_sudo = self.sudo().move_id
        if target != "confirmed" and self.billing_status not in ("none", *BILLABLE):
            return self.env._(
                "%(cost)s is on bill %(bill)s. Cancel or reverse the bill first.",
                cost=self.display_name,
                bill=move_sudo.display_name,
            )
        return super()._transition_error_message(target)

    def _get_billing_status(self):
        self.ensure_one()
        move = self.move_id
        if self.state != "confirmed" or self.flow == "paid":
            return "none"
        if not move or move.state == "cancel":
            return "to_bill"
        by_payment = {
            "partial": "partial",
            "paid": "paid",
            "in_payment": "paid",
            "reversed": "reversed",
        }
        return by_payment.get(move.payment_state, "billed")

    def _create_bills(self):
        """Create the draft bills, in one batch a company."""
        self._check_can_bill()
        # Defaults meant for the cost must not reach the bill.
        costs = self.with_env(self.env(context=clean_context(self.env.context)))
        moves = self.env["account.move"]
        for company, batch in costs.grouped("company_id").items():
            groups = batch.grouped(lambda cost: cost._get_bill_key())
            vals_list = [group._prepare_bill_vals() for group in groups.values()]
            moves |= batch.env["account.move"].with_company(company).create(vals_list)
        for line in moves.invoice_line_ids.filtered("aftersales_cost_id"):
            # The link is guarded; whoever may make the bill makes the link with it.
            line.aftersales_cost_id.sudo().move_line_id = line
        costs._copy_receipts()
        return moves

    def _check_can_bill(self):
        """Raise when the user or one of the costs may not be billed; keep others from it.

        :raises AccessError: for whoever does not settle
        :raises UserError: naming the cost
        """
        if not self.env.su and not self.env.user.has_group(SETTLEMENT):
            raise AccessError(
                self.env._("Only who has the right to Settle makes bills of service costs.")
            )
        # sudo: finance writes nothing on a cost but its bill.
        if len(self.sudo().try_lock_for_update(allow_referencing=True)) < len(self):
            raise UserError(
                self.env._("Somebody else is working on these costs. Try again in a moment.")
            )
        self.invalidate_recordset(["move_line_id", "move_id", "billing_status"])
        for cost in self:
            if cost.billing_status not in BILLABLE:
                raise UserError(cost._get_no_bill_message())

    def _get_no_bill_message(self):
        """Return why this cost cannot be billed."""
        self.ensure_one()
        if self.state != "confirmed":
            return self.env._(
                "%(cost)s is not confirmed. Confirm it before billing.", cost=self.display_name
            )
        if self.flow == "paid":
            return self.env._(
                "%(cost)s is paid already: there is nothing to bill.", cost=self.display_name
            )
        return self.env._(
            "%(cost)s is billed already as %(bill)s.",
            cost=self.display_name,
            bill=self.move_id.display_name,
        )

    def _get_bill_key(self):
        """Costs with the same key go on one bill."""
        self.ensure_one()
        return (self.company_id, self.payee_id, self.currency_id)

    def _prepare_bill_vals(self):
        """Return the values of the bill of these costs, or of the credit note when the vendor owes
        us."""
        currency = self.currency_id
        refund = currency.compare_amounts(sum(self.mapped("amount")), 0.0) < 0
        ordered = self.sorted(lambda cost: (cost.date, cost.id))
        return {
            "move_type": "in_refund" if refund else "in_invoice",
            "aftersales_kind": "vendor",
            "company_id": self.company_id.id,
            "partner_id": self.payee_id.id,
            "currency_id": currency.id,
            "invoice_origin": self._join_few(ordered.repair_id.mapped("name")),
            "ref": self._join_few(ordered.mapped("reference")),
            "invoice_line_ids": [
                Command.create(cost._prepare_bill_line_vals(sign=-1 if refund else 1))
                for cost in ordered
            ],
        }

    def _prepare_bill_line_vals(self, sign=1):
        """Return the values of the line of the bill; account and taxes are the product's.

        :param int sign: -1 on a credit note
        """
        self.ensure_one()
        return {
            "aftersales_cost_id": self.id,
            "product_id": self.product_id.id,
            "name": f"{self.name} ({self.repair_id.name}, {fields.Date.to_string(self.date)})",
            "quantity": sign * self.quantity,
            "price_unit": self.price_unit,
            "aftersales_price_included": self.flow == "employee",
        }

    @api.model
    def _join_few(self, names):
        """Return the first few different names."""
        return ", ".join(list(dict.fromkeys(filter(None, names)))[:MOST_ORIGINS])

    def _copy_receipts(self):
        """Put the receipts on the bills, for whoever posts them."""
        moves = {cost.id: cost.move_id.id for cost in self}
        receipts = self.env["ir.attachment"].search(self._get_receipts_domain())
        for receipt in receipts:
            receipt.copy({"res_model": "account.move", "res_id": moves[receipt.res_id]})
