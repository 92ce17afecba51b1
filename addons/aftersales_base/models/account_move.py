from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_settlement_ids = fields.One2many(
        comodel_name="aftersales.settlement", inverse_name="move_id", string="Settlements"
    )

    def action_view_aftersales_settlements(self):
        """Open the settlement this invoice comes from."""
        return self.aftersales_settlement_ids._get_records_action()


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    aftersales_settlement_line_id = fields.Many2one(
        comodel_name="aftersales.settlement.line",
        string="Settlement Line",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
