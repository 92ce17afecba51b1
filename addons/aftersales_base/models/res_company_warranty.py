from odoo import fields, models

COST_ACCOUNTS = "[('internal_group', 'in', ('expense', 'income'))]"


class ResCompany(models.Model):
    """Whether and where what we bear under warranty is booked, and what is set aside for it."""

    _inherit = "res.company"

    aftersales_warranty_since = fields.Date(
        string="Warranty Booked Since",
        help="Charges confirmed and units sold from this day on are booked. Empty: none are.",
    )
    aftersales_warranty_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Warranty Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Empty: the first miscellaneous journal.",
    )
    aftersales_warranty_valuation = fields.Selection(
        selection=[("price", "Our Price"), ("cost", "Cost")],
        string="Warranty Valued At",
        required=True,
        default="price",
        help="Cost: parts at the value they left the stock with, labour at its hourly cost; where "
        "neither is known, at the cost of the product.",
    )
    aftersales_warranty_cost_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Warranty Cost",
        check_company=True,
        domain=COST_ACCOUNTS,
        help="Where the share of charges that we bear is an expense.",
    )
    aftersales_warranty_service_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Recovered by Service",
        check_company=True,
        domain=COST_ACCOUNTS,
        help="Counter account of the warranty cost: what service did for the guarantor, us.",
    )
    aftersales_provision_expense_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Provision Expense",
        check_company=True,
        domain=COST_ACCOUNTS,
    )
    aftersales_provision_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Provision for Warranty",
        check_company=True,
        domain="[('internal_group', '=', 'liability')]",
        help="The liability that is set aside when units are sold, used when they cost us "
        "something, and released when their warranties end.",
    )

    def _values_aftersales_at_cost(self):
        """Return whether what the company bears is booked at cost: as the nearest company that
        says since when it books, itself or one above."""
        self.ensure_one()
        # sudo: as in _get_aftersales_setting().
        booking = self.sudo().parent_ids[::-1].filtered("aftersales_warranty_since")[:1]
        return (booking or self.sudo()).aftersales_warranty_valuation == "cost"

    def _books_aftersales_cost(self):
        """Return whether the company books what it bears."""
        return bool(
            self._get_aftersales_setting("aftersales_warranty_cost_account_id")
            and self._get_aftersales_setting("aftersales_warranty_service_account_id")
        )

    def _books_aftersales_provision(self):
        """Return whether the company sets something aside for what it will bear."""
        return bool(
            self._get_aftersales_setting("aftersales_provision_expense_account_id")
            and self._get_aftersales_setting("aftersales_provision_account_id")
        )
