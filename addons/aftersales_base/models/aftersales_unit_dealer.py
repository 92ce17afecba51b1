from odoo import api, fields, models


class AftersalesUnit(models.Model):
    """A unit sold through a dealer: his until he hands it to the end user (WA10).

    Who bought it from us owns it. While that is a dealer and no end user is known, the unit is
    *at the dealer*; handing it over makes the end user its owner and keeps the dealer.
    """

    _inherit = "aftersales.unit"

    dealer_id = fields.Many2one(
        compute="_compute_dealer_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Who sells it to the end user. Empty on what a dealer bought for himself.",
    )
    is_at_dealer = fields.Boolean(
        string="At the Dealer",
        compute="_compute_is_at_dealer",
        store=True,
        help="The dealer has it and no end user is known.",
    )
    date_handover = fields.Date(
        string="Handed Over On",
        copy=False,
        tracking=True,
        help="Day on which the dealer handed it to its first end user.",
    )

    _at_dealer_idx = models.Index("(dealer_id, date_start) WHERE is_at_dealer IS TRUE")

    # === COMPUTE METHODS === #

    @api.depends("partner_id")
    def _compute_dealer_id(self):
        for unit in self:
            partner = unit.partner_id
            if partner.aftersales_is_dealer:
                unit.dealer_id = partner.commercial_partner_id
            else:
                unit.dealer_id = unit.dealer_id

    @api.depends("partner_id.commercial_partner_id", "dealer_id.commercial_partner_id")
    def _compute_is_at_dealer(self):
        for unit in self:
            dealer = unit.dealer_id.commercial_partner_id
            unit.is_at_dealer = bool(dealer) and dealer == unit.partner_id.commercial_partner_id

    # === CRUD METHODS === #

    def write(self, vals):
        if "partner_id" not in vals or "date_handover" in vals:
            return super().write(vals)
        waiting = self.filtered(lambda unit: unit._waits_for_end_user())
        result = super().write(vals)
        if gone := waiting.filtered(lambda unit: not unit.is_at_dealer):
            # Corrected on the form instead of handed over: the end user has it from today.
            for company, units in gone.grouped("company_id").items():
                units.date_handover = company._get_aftersales_day()
        return result

    # === BUSINESS METHODS === #

    def _waits_for_end_user(self):
        """Return whether the dealer has the unit and never handed it over."""
        self.ensure_one()
        return self.is_at_dealer and not self.date_handover

    @api.model
    def _get_event_field(self, start_basis):
        if start_basis == "handover":
            return "date_handover"
        return super()._get_event_field(start_basis)

    def _get_event_day(self, start_basis):
        """Return the day of the event that starts a warranty, ``False`` while it has not come.

        What was not sold through a dealer is handed to its user by the delivery.
        """
        self.ensure_one()
        day = self[self._get_event_field(start_basis)]
        if start_basis == "handover" and not day and not self.is_at_dealer:
            return self.date_start
        return day
