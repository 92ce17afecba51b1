from odoo import api, fields, models


class AftersalesUnitHandOver(models.TransientModel):
    """Take down that units have a new owner, and show what that ends.

    Units that wait at a dealer go to their end user: all their warranties go along, and
    those that run from the hand-over start.
    """

    _name = "aftersales.unit.hand.over"
    _description = "Hand Over to a New Owner"

    unit_ids = fields.Many2many(
        comodel_name="aftersales.unit",
        string="Installed Products",
        required=True,
        context={"active_test": False},
    )
    unit_count = fields.Integer(compute="_compute_units")
    partner_from_id = fields.Many2one(
        comodel_name="res.partner", string="Owner Now", compute="_compute_units"
    )
    from_dealer = fields.Boolean(compute="_compute_units")
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
        help="Where it stands from now on, when not at the new owner's main address.",
    )
    date = fields.Date(required=True, default=lambda self: self.env.company._get_aftersales_day())
    note = fields.Char()
    proof = fields.Binary(string="Proof of Purchase", help="The dealer's invoice or receipt.")
    proof_filename = fields.Char()
    proof_checked = fields.Boolean(
        compute="_compute_proof_checked",
        store=True,
        readonly=False,
        help="We have seen the proof of purchase.",
    )
    ending_warranty_ids = fields.Many2many(
        comodel_name="aftersales.warranty",
        compute="_compute_ending_warranty_ids",
        string="Warranties That End",
    )

    # === COMPUTE METHODS === #

    @api.depends("unit_ids")
    def _compute_units(self):
        for wizard in self:
            units = wizard.unit_ids
            owners = units.partner_id
            wizard.unit_count = len(units)
            wizard.partner_from_id = owners if len(owners) == 1 else False
            wizard.from_dealer = bool(units) and all(unit._waits_for_end_user() for unit in units)

    @api.depends("proof")
    def _compute_proof_checked(self):
        for wizard in self:
            wizard.proof_checked = bool(wizard.proof)

    @api.depends("unit_ids", "date")
    def _compute_ending_warranty_ids(self):
        for wizard in self:
            sold_on = wizard.unit_ids.filtered(lambda unit: not unit._waits_for_end_user())
            wizard.ending_warranty_ids = sold_on.warranty_ids.filtered(
                lambda warranty, day=wizard.date: (
                    not warranty.transferable
                    and not warranty.date_closed
                    and (not warranty.date_end or not day or warranty.date_end >= day)
                )
            )

    # === ACTION METHODS === #

    def action_hand_over(self):
        """Hand the units over.

        :raises UserError: when a unit is out of use or belongs to the new owner already
        """
        self.ensure_one()
        units = self.unit_ids
        self.env["aftersales.unit.transfer"].create(
            [self._prepare_transfer_vals(unit) for unit in units]
        )
        if self.proof or self.proof_checked:
            units.write(self._prepare_proof_vals())
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _prepare_transfer_vals(self, unit):
        self.ensure_one()
        return {
            "unit_id": unit.id,
            "partner_to_id": self.partner_to_id.id,
            "place_to_id": self.place_to_id.id,
            "date": self.date,
            "note": self.note,
        }

    def _prepare_proof_vals(self):
        self.ensure_one()
        vals = {"proof_checked": True} if self.proof_checked else {}
        if self.proof:
            vals |= {"proof_of_purchase": self.proof, "proof_filename": self.proof_filename}
        return vals
