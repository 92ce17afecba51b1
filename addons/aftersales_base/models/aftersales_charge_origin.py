from odoo import api, fields, models


class AftersalesCharge(models.Model):
    """Where a charge came from, whatever document that is, and what it takes from there."""

    _inherit = "aftersales.charge"

    origin_name = fields.Char(
        compute="_compute_origin_name",
        string="Origin",
        help="The document the charge was made for.",
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: self._get_origin_depends())
    def _compute_origin_values(self):
        for charge in self.filtered(lambda charge: charge.state == "draft"):
            origin = charge._get_origin()
            values = origin._prepare_charge_origin_vals() if origin else {}
            for fname in self._get_origin_fields():
                charge[fname] = values.get(fname) or charge[fname]
            charge.date_fault = charge.date_fault or charge.company_id._get_aftersales_day()

    @api.depends(lambda self: self._get_origin_depends())
    def _compute_origin_name(self):
        for charge in self:
            # Whoever may see the charge may know the number of what it is for.
            origin_sudo = charge.sudo()._get_origin()
            charge.origin_name = origin_sudo.name if origin_sudo else False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_origin_access(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_origin_access(vals)
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _get_origin(self):
        """Return the document the charge comes from: a record with
        ``_prepare_charge_origin_vals``, or an empty one."""
        self.ensure_one()
        return self.request_id

    @api.model
    def _get_origin_fields(self):
        """Return the fields a charge takes from its origin."""
        return [
            "unit_id",
            "partner_id",
            "service_type_id",
            "team_id",
            "user_id",
            "cause_id",
            "symptom_id",
            "date_fault",
        ]

    @api.model
    def _get_origin_depends(self):
        """Return what the values taken from the origin depend on."""
        return [
            "request_id.unit_id",
            "request_id.partner_id",
            "request_id.service_type_id",
            "request_id.team_id",
            "request_id.user_id",
            "request_id.cause_id",
            "request_id.symptom_id",
            "request_id.date_reported",
        ]

    def _check_origin_access(self, vals):
        """Raise when the document named by hand is one the user may not read: a charge on
        it would bill work he has nothing to do with.

        :raises AccessError: naming the document
        """
        if not self.env.su and vals.get("request_id"):
            self.env["aftersales.request"].browse(vals["request_id"]).check_access("read")
