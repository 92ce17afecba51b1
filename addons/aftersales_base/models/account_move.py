from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_settlement_ids = fields.One2many(
        comodel_name="aftersales.settlement", inverse_name="move_id", string="Settlements"
    )
    aftersales_settlement_count = fields.Integer(
        compute="_compute_aftersales_settlement_count",
        groups="aftersales_base.group_aftersales_agent,aftersales_base.group_aftersales_settlement",
    )

    @api.depends("aftersales_settlement_ids")
    def _compute_aftersales_settlement_count(self):
        for move in self:
            move.aftersales_settlement_count = len(move.aftersales_settlement_ids)

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

    # === BUSINESS METHODS === #

    def _related_analytic_distribution(self):
        """The work says where its revenue counts; distribution models fill the other plans."""
        distribution = super()._related_analytic_distribution()
        if self.aftersales_settlement_line_id and not self.analytic_distribution:
            # sudo: who invoices need not see the teams.
            line_sudo = self.sudo().aftersales_settlement_line_id
            return distribution | (line_sudo._get_analytic_distribution() or {})
        return distribution
