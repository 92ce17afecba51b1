from odoo import api, fields, models


class AftersalesUnitHandOver(models.TransientModel):
    """Take down that a unit has a new owner, and show what that ends."""

    _name = "aftersales.unit.hand.over"
    _description = "Hand Over to a New Owner"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", required=True
    )
    partner_from_id = fields.Many2one(
        related="unit_id.partner_id", related_sudo=False, string="Owner Now"
    )
    partner_to_id = fields.Many2one(
        comodel_name="res.partner",
        string="New Owner",
        required=True,
        domain="[('id', '!=', partner_from_id)]",
    )
    place_to_id = fields.Many2one(
        comodel_name="res.partner",
        string="New Place",
        domain="[('id', 'child_of', partner_to_id)]",
        help="Where the unit stands from now on, when not at the new owner's main address.",
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    note = fields.Char()
    ending_warranty_ids = fields.Many2many(
        comodel_name="aftersales.warranty",
        compute="_compute_ending_warranty_ids",
        string="Warranties That End",
    )

    @api.depends("unit_id", "date")
    def _compute_ending_warranty_ids(self):
        for wizard in self:
            wizard.ending_warranty_ids = wizard.unit_id.warranty_ids.filtered(
                lambda warranty, day=wizard.date: (
                    not warranty.transferable
                    and not warranty.date_closed
                    and (not warranty.date_end or warranty.date_end >= day)
                )
            )

    def action_hand_over(self):
        """Hand the unit over.

        :raises UserError: when the unit is out of use or belongs to the new owner already
        """
        self.ensure_one()
        self.env["aftersales.unit.transfer"].create(self._prepare_transfer_vals())
        return {"type": "ir.actions.act_window_close"}

    def _prepare_transfer_vals(self):
        self.ensure_one()
        return {
            "unit_id": self.unit_id.id,
            "partner_to_id": self.partner_to_id.id,
            "place_to_id": self.place_to_id.id,
            "date": self.date,
            "note": self.note,
        }
