from odoo import fields, models


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
