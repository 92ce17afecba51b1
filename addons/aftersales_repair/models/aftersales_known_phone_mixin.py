from odoo import api, fields, models


class AftersalesKnownPhoneMixin(models.AbstractModel):
    """A number to call: the customer's own, or the one somebody typed."""

    _name = "aftersales.known.phone.mixin"
    _description = "Number to Call"

    phone = fields.Char(compute="_compute_phone", store=True, readonly=False, precompute=True)
    known_phone = fields.Char(
        compute="_compute_phone",
        store=True,
        readonly=False,
        precompute=True,
        help="The number that was filled in because the customer has it. It is his alone: "
        "another customer does not get it.",
    )

    @api.depends("partner_id")
    def _compute_phone(self):
        for record in self:
            typed = record.phone != record.known_phone and record.phone
            record.known_phone = record.partner_id.phone
            record.phone = record.known_phone or typed
