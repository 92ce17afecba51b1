from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesUnitTransfer(models.Model):
    """A unit went from one owner to another on a day.

    Making the record hands the unit over: requests and charges before stay with the old
    owner, warranties that may not be transferred end.
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
    date = fields.Date(required=True, default=fields.Date.context_today)
    partner_from_id = fields.Many2one(
        comodel_name="res.partner", string="From", readonly=True, index=True
    )
    partner_to_id = fields.Many2one(
        comodel_name="res.partner", string="To", required=True, index=True
    )
    place_to_id = fields.Many2one(comodel_name="res.partner", string="New Place")
    note = fields.Char()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            unit = self.env["aftersales.unit"].browse(vals["unit_id"])
            vals["partner_from_id"] = unit.partner_id.id
        transfers = super().create(vals_list)
        for transfer in transfers:
            transfer._hand_over()
        return transfers

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self:
            raise UserError(
                self.env._("A change of owner stays on record. Hand the unit back instead.")
            )

    # === BUSINESS METHODS === #

    def _hand_over(self):
        self.ensure_one()
        unit = self.unit_id
        if unit.state != "active":
            raise UserError(
                self.env._(
                    "%(unit)s is not in use and has no owner to change.", unit=unit.display_name
                )
            )
        if unit.partner_id == self.partner_to_id:
            raise UserError(
                self.env._(
                    "%(unit)s belongs to %(partner)s already.",
                    unit=unit.display_name,
                    partner=self.partner_to_id.display_name,
                )
            )
        unit.write(
            {
                "partner_id": self.partner_to_id.id,
                "place_id": self.place_to_id.id,
                "user_partner_id": False,
            }
        )
        # Ending what may not go along is part of the sale, not a choice of the agent.
        unit.sudo().warranty_ids.filtered(lambda warranty: not warranty.transferable)._close(
            self.date, "transferred"
        )
