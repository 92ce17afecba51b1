from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesHandBack(models.TransientModel):
    """Hand goods back: to whom, with what, signed for, and with a fee for storage (WS8, WS11)."""

    _name = "aftersales.hand.back"
    _description = "Hand Goods Back"

    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", required=True)
    partner_id = fields.Many2one(related="repair_id.partner_id", related_sudo=False)
    handed_over_to = fields.Char(
        compute="_compute_handed_over_to", store=True, readonly=False, precompute=True
    )
    brought_ids = fields.Many2many(
        comodel_name="aftersales.accessory",
        relation="aftersales_hand_back_brought_rel",
        compute="_compute_brought_ids",
    )
    accessory_ids = fields.Many2many(
        comodel_name="aftersales.accessory",
        relation="aftersales_hand_back_accessory_rel",
        string="Given Back",
        compute="_compute_accessory_ids",
        store=True,
        readonly=False,
        domain="[('id', 'in', brought_ids)]",
    )
    missing = fields.Char(string="Stays Here", compute="_compute_missing")
    signature = fields.Binary()
    storage_days = fields.Integer(string="Storage to Pay (Days)", compute="_compute_storage_days")
    charge_storage = fields.Boolean(default=True)
    amount_due = fields.Monetary(related="repair_id.customer_amount", related_sudo=False)
    currency_id = fields.Many2one(related="repair_id.currency_id", related_sudo=False)

    # === COMPUTE METHODS === #

    @api.depends("repair_id")
    def _compute_handed_over_to(self):
        for wizard in self:
            wizard.handed_over_to = wizard.repair_id.partner_id.name

    @api.depends("repair_id")
    def _compute_brought_ids(self):
        for wizard in self:
            wizard.brought_ids = wizard.repair_id.accessory_ids

    @api.depends("repair_id")
    def _compute_accessory_ids(self):
        for wizard in self:
            wizard.accessory_ids = wizard.repair_id.accessory_ids

    @api.depends("accessory_ids", "brought_ids")
    def _compute_missing(self):
        for wizard in self:
            missing = wizard.brought_ids._origin - wizard.accessory_ids._origin
            wizard.missing = ", ".join(missing.mapped("name"))

    @api.depends("repair_id")
    def _compute_storage_days(self):
        for wizard in self:
            wizard.storage_days = wizard.repair_id._get_storage_days() if wizard.repair_id else 0

    # === ACTION METHODS === #

    def action_hand_back(self):
        """Note the hand-over, charge the storage, and print what the customer gets.

        :raises UserError: when nobody is named, or the goods cannot go back now
        """
        self.ensure_one()
        to = (self.handed_over_to or "").strip()
        if not to:
            raise UserError(self.env._("Write who takes the goods: it stands on the document."))
        # Counted before: what is handed over is not stored any more. Charged afterwards: what the
        # work costs holds the goods back, its storage does not.
        days = self.storage_days if self.charge_storage else 0
        self.repair_id._hand_over(to, self.accessory_ids, self.signature)
        if days:
            self._make_storage_charge(days)
        return {
            **self.env.ref("aftersales_repair.action_report_repair_handover").report_action(
                self.repair_id
            ),
            "close_on_report_download": True,
        }

    # === BUSINESS METHODS === #

    def _make_storage_charge(self, days):
        """Charge ``days`` of storage; who pays is decided as for every fee."""
        charge = self.env["aftersales.charge"].create(
            self.repair_id._prepare_storage_charge_vals(days)
        )
        charge.action_confirm()
