from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class AftersalesUnitTransfer(models.Model):
    """A unit went from one owner to another on a day.

    Making the record hands the unit over: requests and charges before stay with the old
    owner, warranties that may not be transferred end. A dealer who hands a unit to its end
    user, or to another dealer, ends none: the promise was meant for the end user (WA10).
    """

    _name = "aftersales.unit.transfer"
    _description = "Change of Owner"
    _order = "unit_id, date desc, id desc"
    _rec_name = "unit_id"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="unit_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=lambda self: self.env.company._get_aftersales_day())
    partner_from_id = fields.Many2one(
        comodel_name="res.partner", string="From", readonly=True, index=True
    )
    partner_to_id = fields.Many2one(
        comodel_name="res.partner", string="To", required=True, index=True
    )
    place_to_id = fields.Many2one(comodel_name="res.partner", string="New Place")
    from_dealer = fields.Boolean(
        string="By the Dealer", readonly=True, help="Handed over for the first time by its dealer."
    )
    note = fields.Char()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            unit = self.env["aftersales.unit"].browse(vals["unit_id"])
            vals["partner_from_id"] = unit.partner_id.id
            vals["from_dealer"] = unit._waits_for_end_user()
        transfers = super().create(vals_list)
        for transfer in transfers:
            if message := transfer._hand_over_error_message():
                raise UserError(message)
        transfers._hand_over()
        return transfers

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self:
            raise UserError(
                self.env._("A change of owner stays on record. Hand the unit back instead.")
            )

    # === BUSINESS METHODS === #

    def _hand_over_error_message(self):
        """Return why the unit cannot change hands so, or an empty text."""
        self.ensure_one()
        unit = self.unit_id
        if unit.state != "active":
            return self.env._(
                "%(unit)s is not in use and has no owner to change.", unit=unit.display_name
            )
        if unit.partner_id == self.partner_to_id:
            return self.env._(
                "%(unit)s belongs to %(partner)s already.",
                unit=unit.display_name,
                partner=self.partner_to_id.display_name,
            )
        if self.date > unit.company_id._get_aftersales_day():
            return self.env._(
                "%(unit)s changes hands on a day to come. Take it down when it has happened.",
                unit=unit.display_name,
            )
        if self.from_dealer and self.date < unit.date_start:
            return self.env._(
                "%(unit)s was delivered to the dealer on %(day)s and cannot be handed over "
                "before. Correct the date.",
                unit=unit.display_name,
                day=format_date(self.env, unit.date_start),
            )
        return ""

    def _hand_over(self):
        """Give the units to their new owners, those alike in one go."""
        for __, transfers in self.grouped(lambda transfer: transfer._get_hand_over_key()).items():
            for day, bought in transfers.grouped(lambda t: t._get_purchase_day()).items():
                vals = transfers[0]._prepare_unit_vals()
                bought.unit_id.write({**vals, "date_purchase": day} if day else vals)
        sold_on = self.filtered(lambda transfer: not transfer.from_dealer)
        for day, transfers in sold_on.grouped("date").items():
            # Ending what may not go along is part of the sale, not a choice of the agent.
            transfers.unit_id.sudo().warranty_ids.filtered(
                lambda warranty: not warranty.transferable
            )._close(day, "transferred")

    def _get_hand_over_key(self):
        """Return what transfers of many units have in common to be done in one go."""
        self.ensure_one()
        return (self.partner_to_id, self.place_to_id, self.date, self.from_dealer)

    def _get_purchase_day(self):
        """Return the day to note as the purchase of the end user, ``False`` to note none."""
        self.ensure_one()
        first = self.from_dealer and not self.partner_to_id.aftersales_is_dealer
        return first and not self.unit_id.date_purchase and self.date

    def _prepare_unit_vals(self):
        """Return what the change of owner writes on its units."""
        self.ensure_one()
        vals = {
            "partner_id": self.partner_to_id.id,
            "place_id": self.place_to_id.id,
            "user_partner_id": False,
        }
        if self.from_dealer and not self.partner_to_id.aftersales_is_dealer:
            vals["date_handover"] = self.date
        return vals
