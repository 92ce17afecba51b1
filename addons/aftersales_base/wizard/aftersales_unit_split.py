from odoo import api, fields, models


class AftersalesUnitSplit(models.TransientModel):
    """Take pieces off a unit, to stay where they are or to go to another place or owner."""

    _name = "aftersales.unit.split"
    _description = "Split an Installed Product"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", required=True
    )
    quantity_now = fields.Float(related="unit_id.quantity", related_sudo=False, string="Pieces Now")
    quantity = fields.Float(string="Split Off", default=1.0, required=True, digits="Product Unit")
    quantity_left = fields.Float(
        string="Stay", compute="_compute_quantity_left", digits="Product Unit"
    )
    owner_id = fields.Many2one(related="unit_id.partner_id", related_sudo=False, string="Owner Now")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Who has the pieces from now on. Somebody new: they are handed over to him.",
    )
    place_id = fields.Many2one(
        comodel_name="res.partner",
        compute="_compute_place_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'child_of', partner_id)]",
        help="Where the pieces stand, when not at the customer's main address.",
    )
    date = fields.Date(
        string="Handed Over On", default=lambda self: self.env.company._get_aftersales_day()
    )

    # === COMPUTE METHODS === #

    @api.depends("unit_id", "quantity")
    def _compute_quantity_left(self):
        for wizard in self:
            wizard.quantity_left = wizard.quantity_now - wizard.quantity

    @api.depends("unit_id")
    def _compute_partner_id(self):
        for wizard in self:
            wizard.partner_id = wizard.unit_id.partner_id

    @api.depends("unit_id", "partner_id")
    def _compute_place_id(self):
        for wizard in self:
            same = wizard.partner_id == wizard.unit_id.partner_id
            wizard.place_id = wizard.unit_id.place_id if same else False

    # === ACTION METHODS === #

    def action_split(self):
        """Split the unit and open what was split off.

        :raises UserError: saying why it cannot be split so
        """
        self.ensure_one()
        part = self.unit_id._split(self.quantity)
        if self.partner_id != self.owner_id:
            self.env["aftersales.unit.transfer"].create(self._prepare_transfer_vals(part))
        elif self.place_id != part.place_id:
            part.place_id = self.place_id
        return part._get_records_action()

    def _prepare_transfer_vals(self, part):
        self.ensure_one()
        return {
            "unit_id": part.id,
            "partner_to_id": self.partner_id.id,
            "place_to_id": self.place_id.id,
            "date": self.date or part.company_id._get_aftersales_day(),
        }
