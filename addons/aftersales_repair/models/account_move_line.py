from odoo import fields, models


class AccountMoveLine(models.Model):
    """Lines of vendor bills made of service costs (SA2)."""

    _inherit = "account.move.line"

    aftersales_cost_id = fields.Many2one(
        comodel_name="aftersales.cost",
        string="Service Cost",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    # Copied: what reverses the bill is about the same price.
    aftersales_price_included = fields.Boolean(
        string="Taxes in the Price",
        help="What a technician paid is owed back to him as it is: its taxes are in it.",
    )

    # === BUSINESS METHODS === #

    def _related_analytic_distribution(self):
        """The work says where its cost counts; distribution models fill the other plans."""
        distribution = super()._related_analytic_distribution()
        if self.aftersales_cost_id and not self.analytic_distribution:
            # sudo: who bills need not see the teams.
            cost_sudo = self.sudo().aftersales_cost_id
            return distribution | (cost_sudo._get_analytic_distribution() or {})
        return distribution
