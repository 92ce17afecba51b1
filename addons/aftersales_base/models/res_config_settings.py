from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_journal_id = fields.Many2one(
        related="company_id.aftersales_journal_id", readonly=False
    )
    aftersales_override_limit = fields.Monetary(
        related="company_id.aftersales_override_limit",
        currency_field="currency_id",
        readonly=False,
    )
    aftersales_reminder_days = fields.Integer(
        related="company_id.aftersales_reminder_days", readonly=False
    )
    aftersales_reminder_user_id = fields.Many2one(
        related="company_id.aftersales_reminder_user_id",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        readonly=False,
    )
    aftersales_reopen_days = fields.Integer(
        related="company_id.aftersales_reopen_days", readonly=False
    )
    aftersales_repeat_days = fields.Integer(
        related="company_id.aftersales_repeat_days", readonly=False
    )
    aftersales_check_back_minutes = fields.Integer(
        related="company_id.aftersales_check_back_minutes", readonly=False
    )
    aftersales_public_check = fields.Boolean(
        related="company_id.aftersales_public_check", readonly=False
    )
