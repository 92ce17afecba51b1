from odoo import fields, models


class AftersalesUnitExchange(models.TransientModel):
    _inherit = "aftersales.unit.exchange"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        domain="[('unit_id', '=', unit_id), ('state', 'in', ('under_repair', 'done'))]",
        help="The work during which it is exchanged; it shows the exchange on its page.",
    )

    # === BUSINESS METHODS === #

    def action_exchange(self):
        """Exchange the unit, and note it on the work order it was done by."""
        if self.repair_id:
            self.repair_id._check_may_swap()
        action = super().action_exchange()
        if self.repair_id:
            new_unit = self.env["aftersales.unit"].browse(action["res_id"])
            swap = self.repair_id._create_swap(
                kind="unit",
                unit_id=self.unit_id.id,
                old_serial=self.unit_id.serial,
                new_serial=new_unit.serial,
                old_unit_id=self.unit_id.id,
                new_unit_id=new_unit.id,
                reason=self.reason,
            )
            self.repair_id._log_swap(swap, self.reason)
        return action
