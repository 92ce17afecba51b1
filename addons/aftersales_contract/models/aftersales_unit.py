from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesUnit(models.Model):
    _inherit = "aftersales.unit"

    contract_line_ids = fields.Many2many(
        comodel_name="aftersales.contract.line",
        string="Contracts",
        compute="_compute_contract_line_ids",
        help="Contract lines that cover this unit today.",
    )
    contract_count = fields.Integer(compute="_compute_contract_line_ids")
    plan_ids = fields.One2many(
        comodel_name="aftersales.maintenance.plan",
        inverse_name="unit_id",
        string="Maintenance Visits",
    )

    @api.depends("partner_id", "product_id")
    def _compute_contract_line_ids(self):
        for company, units in self.grouped("company_id").items():
            units._set_contract_lines(company._get_aftersales_day())

    def _set_contract_lines(self, today):
        """Tie the contract lines that cover these units, of one company, today to them."""
        lines = self.env["aftersales.contract.line"].search(self._get_contract_domain(today))
        by_customer = lines.grouped(lambda line: line.contract_id.commercial_partner_id)
        for unit in self:
            candidates = by_customer.get(unit.partner_id.commercial_partner_id, lines.browse())
            unit.contract_line_ids = candidates.filtered(
                lambda line, unit=unit: (
                    line.company_id == unit.company_id
                    and line.unit_id in (unit._origin, line.unit_id.browse())
                    and line.product_id in (unit.product_id, line.product_id.browse())
                    and line.contract_id._covers_on(today)
                )
            )
            unit.contract_count = len(unit.contract_line_ids.contract_id)

    def action_view_contracts(self):
        """Open the contracts that cover this unit today."""
        return self.contract_line_ids.contract_id._get_records_action(
            name=self.env._("Service Contracts")
        )

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if origin == "active":
            # Nobody is visited for a unit that is gone, whoever took it back.
            self.sudo().plan_ids.filtered(lambda plan: not plan.request_id).unlink()

    def _get_contract_domain(self, day):
        """Return the domain of lines that may cover some of the units on ``day``."""
        return (
            Domain(
                "contract_id.commercial_partner_id", "in", self.partner_id.commercial_partner_id.ids
            )
            & Domain("contract_id.state", "=", "active")
            & Domain("contract_id.date_start", "<=", day)
            & Domain("contract_id.date_end", ">=", day)
        )
