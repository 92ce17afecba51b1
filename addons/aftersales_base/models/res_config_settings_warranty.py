from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How the company books what it bears under warranty."""

    _inherit = "res.config.settings"

    aftersales_warranty_since = fields.Date(
        related="company_id.aftersales_warranty_since", readonly=False
    )
    aftersales_warranty_journal_id = fields.Many2one(
        related="company_id.aftersales_warranty_journal_id", readonly=False
    )
    aftersales_warranty_valuation = fields.Selection(
        related="company_id.aftersales_warranty_valuation", readonly=False
    )
    aftersales_warranty_cost_account_id = fields.Many2one(
        related="company_id.aftersales_warranty_cost_account_id", readonly=False
    )
    aftersales_warranty_service_account_id = fields.Many2one(
        related="company_id.aftersales_warranty_service_account_id", readonly=False
    )
    aftersales_provision_expense_account_id = fields.Many2one(
        related="company_id.aftersales_provision_expense_account_id", readonly=False
    )
    aftersales_provision_account_id = fields.Many2one(
        related="company_id.aftersales_provision_account_id", readonly=False
    )
