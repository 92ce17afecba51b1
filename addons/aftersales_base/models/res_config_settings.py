from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_tz = fields.Selection(
        related="company_id.partner_id.tz", readonly=False, string="Company Time Zone"
    )
    aftersales_journal_id = fields.Many2one(
        related="company_id.aftersales_journal_id", readonly=False
    )
    aftersales_claim_journal_id = fields.Many2one(
        related="company_id.aftersales_claim_journal_id", readonly=False
    )
    aftersales_payment_term_id = fields.Many2one(
        related="company_id.aftersales_payment_term_id", readonly=False
    )
    aftersales_claim_payment_term_id = fields.Many2one(
        related="company_id.aftersales_claim_payment_term_id", readonly=False
    )
    aftersales_analytic_distribution = fields.Json(
        related="company_id.aftersales_analytic_distribution", readonly=False
    )
    analytic_precision = fields.Integer(
        store=False,
        default=lambda self: self.env["decimal.precision"].precision_get("Percentage Analytic"),
    )
    aftersales_statement_agreed = fields.Boolean(
        related="company_id.aftersales_statement_agreed", readonly=False
    )
    aftersales_statement_notice = fields.Html(
        related="company_id.aftersales_statement_notice", readonly=False
    )
    aftersales_write_off_account_id = fields.Many2one(
        related="company_id.aftersales_write_off_account_id", readonly=False
    )
    aftersales_settle_by = fields.Selection(
        related="company_id.aftersales_settle_by", readonly=False
    )
    aftersales_settle_day = fields.Integer(
        related="company_id.aftersales_settle_day", readonly=False
    )
    aftersales_override_limit = fields.Monetary(
        related="company_id.aftersales_override_limit",
        currency_field="currency_id",
        readonly=False,
    )
    aftersales_discount_technician = fields.Float(
        related="company_id.aftersales_discount_technician", readonly=False
    )
    aftersales_discount_agent = fields.Float(
        related="company_id.aftersales_discount_agent", readonly=False
    )
    aftersales_discount_manager = fields.Float(
        related="company_id.aftersales_discount_manager", readonly=False
    )
    aftersales_discount_settlement = fields.Float(
        related="company_id.aftersales_discount_settlement", readonly=False
    )
    aftersales_discount_reason = fields.Boolean(
        related="company_id.aftersales_discount_reason", readonly=False
    )
    aftersales_rounding_id = fields.Many2one(
        related="company_id.aftersales_rounding_id", readonly=False
    )
    aftersales_reminder_days = fields.Integer(
        related="company_id.aftersales_reminder_days", readonly=False
    )
    aftersales_reminder_user_id = fields.Many2one(
        related="company_id.aftersales_reminder_user_id",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        readonly=False,
    )
    aftersales_portal_team_id = fields.Many2one(
        related="company_id.aftersales_portal_team_id", readonly=False
    )
    aftersales_reopen_days = fields.Integer(
        related="company_id.aftersales_reopen_days", readonly=False
    )
    aftersales_repeat_days = fields.Integer(
        related="company_id.aftersales_repeat_days", readonly=False
    )
    aftersales_request_prefix = fields.Char(
        string="Begins With",
        compute="_compute_aftersales_numbering",
        inverse="_inverse_aftersales_numbering",
        readonly=False,
    )
    aftersales_request_padding = fields.Integer(
        string="Digits",
        compute="_compute_aftersales_numbering",
        inverse="_inverse_aftersales_numbering",
        readonly=False,
    )
    aftersales_request_restart = fields.Selection(
        selection=[("never", "Never"), ("year", "Every Year"), ("month", "Every Month")],
        string="Starts Again",
        compute="_compute_aftersales_numbering",
        inverse="_inverse_aftersales_numbering",
        readonly=False,
    )
    aftersales_request_preview = fields.Char(
        string="Next Number", compute="_compute_aftersales_request_preview"
    )
    aftersales_check_back_minutes = fields.Integer(
        related="company_id.aftersales_check_back_minutes", readonly=False
    )
    aftersales_public_check = fields.Boolean(
        related="company_id.aftersales_public_check", readonly=False
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_aftersales_numbering(self):
        for settings in self:
            sequence = settings._get_aftersales_sequence()
            settings.aftersales_request_prefix = sequence.prefix
            settings.aftersales_request_padding = sequence.padding
            settings.aftersales_request_restart = sequence._get_restart() if sequence else "never"

    def _inverse_aftersales_numbering(self):
        for settings in self:
            sequence = settings._get_aftersales_sequence()
            prefix, padding, restart = settings._get_aftersales_pattern()
            if not sequence or (
                sequence._normalize_prefix(prefix, restart)
                == sequence._normalize_prefix(sequence.prefix, sequence._get_restart())
                and (padding, restart) == (sequence.padding, sequence._get_restart())
            ):
                continue
            sequence._set_pattern(settings.company_id, prefix, padding, restart)

    @api.depends(
        "company_id",
        "aftersales_request_prefix",
        "aftersales_request_padding",
        "aftersales_request_restart",
    )
    def _compute_aftersales_request_preview(self):
        for settings in self:
            sequence = settings._get_aftersales_sequence()
            settings.aftersales_request_preview = sequence._preview_number(
                *settings._get_aftersales_pattern(),
                sequence._peek() if sequence else 1,
            )

    # === BUSINESS METHODS === #

    def _get_aftersales_sequence(self):
        self.ensure_one()
        return self.env["ir.sequence"]._get_numbering("aftersales.request", self.company_id)

    def _get_aftersales_pattern(self):
        """Return prefix, digits and restart as they are on the form."""
        self.ensure_one()
        return (
            self.aftersales_request_prefix or "",
            self.aftersales_request_padding,
            self.aftersales_request_restart or "never",
        )
