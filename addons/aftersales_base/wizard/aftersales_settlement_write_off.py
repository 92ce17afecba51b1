from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesSettlementWriteOff(models.TransientModel):
    """Asks where the unpaid rest of settlements is booked, and why it is given up."""

    _name = "aftersales.settlement.write.off"
    _description = "Write Off a Settlement"
    _check_company_auto = True

    settlement_ids = fields.Many2many(
        comodel_name="aftersales.settlement", required=True, readonly=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id", store=True, precompute=True
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Written Off",
        compute="_compute_amount",
        currency_field="company_currency_id",
        help="What is open, in the currency of the company.",
    )
    account_id = fields.Many2one(
        comodel_name="account.account",
        string="Loss Account",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        domain="[('internal_group', 'in', ('expense', 'income'))]",
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        domain="[('type', '=', 'general')]",
    )
    date = fields.Date(required=True, default=lambda self: self.env.company._get_aftersales_day())
    reason = fields.Char(required=True)

    # === COMPUTE METHODS === #

    @api.depends("settlement_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.settlement_ids.company_id[:1]

    @api.depends("settlement_ids")
    def _compute_amount(self):
        for wizard in self:
            debts = self.env["account.move.line"]
            for settlement in wizard.settlement_ids:
                debts |= settlement._get_open_debts()
            wizard.amount = sum(debts.mapped("amount_residual"))

    @api.depends("company_id")
    def _compute_account_id(self):
        for wizard in self:
            company = wizard.company_id
            wizard.account_id = company._get_aftersales_setting("aftersales_write_off_account_id")
            wizard.journal_id = company._get_aftersales_entry_journal()

    # === ACTION METHODS === #

    def action_write_off(self):
        """Post the entries and reconcile them with the invoices."""
        self.ensure_one()
        self.settlement_ids._write_off(self.account_id, self.journal_id, self.date, self.reason)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    @api.model
    def _open_for(self, settlements):
        """Return the action that asks about these settlements.

        :raises UserError: when they are of several companies or have nothing open
        """
        if len(settlements.company_id) > 1:
            raise UserError(
                self.env._("Write off settlements of one company at a time: each has its accounts.")
            )
        for settlement in settlements:
            if message := settlement._get_write_off_error("-"):
                raise UserError(message)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write Off"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_settlement_ids": settlements.ids},
        }
