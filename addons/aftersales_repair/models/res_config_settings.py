from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_pickup_days = fields.Integer(
        related="company_id.aftersales_pickup_days", readonly=False
    )
    aftersales_release_paid = fields.Boolean(
        related="company_id.aftersales_release_paid", readonly=False
    )
    aftersales_storage_product_id = fields.Many2one(
        related="company_id.aftersales_storage_product_id", readonly=False
    )
    aftersales_storage_free_days = fields.Integer(
        related="company_id.aftersales_storage_free_days", readonly=False
    )
    aftersales_intake_notice = fields.Html(
        related="company_id.aftersales_intake_notice", readonly=False
    )
    aftersales_estimate_notice = fields.Html(
        related="company_id.aftersales_estimate_notice", readonly=False
    )
    aftersales_report_notice = fields.Html(
        related="company_id.aftersales_report_notice", readonly=False
    )
    aftersales_consent_limit = fields.Monetary(
        related="company_id.aftersales_consent_limit",
        readonly=False,
        currency_field="aftersales_company_currency_id",
    )
    aftersales_company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of Limits"
    )
    aftersales_consent_tolerance = fields.Float(
        related="company_id.aftersales_consent_tolerance", readonly=False
    )
    aftersales_estimate_days = fields.Integer(
        related="company_id.aftersales_estimate_days", readonly=False
    )
    aftersales_advance_percent = fields.Float(
        related="company_id.aftersales_advance_percent", readonly=False
    )
    aftersales_advance_first = fields.Boolean(
        related="company_id.aftersales_advance_first", readonly=False
    )
    aftersales_advance_product_id = fields.Many2one(
        related="company_id.aftersales_advance_product_id", readonly=False
    )
    aftersales_diagnosis_product_id = fields.Many2one(
        related="company_id.aftersales_diagnosis_product_id", readonly=False
    )
    aftersales_old_part_check = fields.Selection(
        related="company_id.aftersales_old_part_check", readonly=False, required=True
    )
    aftersales_old_part_location_id = fields.Many2one(
        related="company_id.aftersales_old_part_location_id", readonly=False
    )
    aftersales_parts_wait = fields.Boolean(
        related="company_id.aftersales_parts_wait", readonly=False
    )
    aftersales_own_approval = fields.Boolean(
        related="company_id.aftersales_own_approval", readonly=False
    )
    aftersales_install_type_id = fields.Many2one(
        related="company_id.aftersales_install_type_id", readonly=False
    )
    aftersales_labour_product_id = fields.Many2one(
        related="company_id.aftersales_labour_product_id", readonly=False
    )
    aftersales_ask_late_reason = fields.Boolean(
        related="company_id.aftersales_ask_late_reason", readonly=False
    )
    aftersales_appointment_hours = fields.Integer(
        related="company_id.aftersales_appointment_hours", readonly=False
    )
    aftersales_late_cancel_product_id = fields.Many2one(
        related="company_id.aftersales_late_cancel_product_id", readonly=False
    )
