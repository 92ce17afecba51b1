from odoo import models
from odoo.fields import Domain


class AftersalesSlaMixin(models.AbstractModel):
    """Time limits that a contract promises to its customer (SL1)."""

    _inherit = "aftersales.sla.mixin"

    def _get_promised_sla_policies(self):
        """Return the policies of the contract that covers each record on the day it began.

        The narrowest line names the contract: that of the unit before that of its product,
        before that of everything.
        """
        promised = super()._get_promised_sla_policies()
        lines = self._get_sla_contract_lines()
        for record in self:
            customer = record.partner_id.commercial_partner_id
            ranked = sorted(
                lines.get(customer, ()), key=lambda line: line._get_rank(), reverse=True
            )
            contracts = [line.contract_id for line in ranked if record._is_under(line)]
            policies = (policy for contract in contracts for policy in contract.sla_policy_ids)
            own = [policy for policy in policies if policy.res_model == record._name]
            if own:
                promised[record] = [*own, *promised.get(record, ())]
        return promised

    def _get_sla_contract_lines(self):
        """Return ``{customer: lines of contracts with time limits}`` of all records' customers."""
        customers = self.partner_id.commercial_partner_id
        if not customers:
            return {}
        # Limits hold whoever makes the record: the customer himself, an agent, a machine.
        lines_sudo = (
            self.env["aftersales.contract.line"]
            .sudo()
            .search(
                Domain("contract_id.commercial_partner_id", "in", customers.ids)
                & Domain("contract_id.state", "!=", "draft")
                & Domain("contract_id.sla_policy_ids", "!=", False)
            )
        )
        return lines_sudo.grouped(lambda line: line.contract_id.commercial_partner_id)

    def _is_under(self, line):
        """Return whether a contract line is about this record and ran on the day it began."""
        self.ensure_one()
        start = self[self._sla_start_field]
        return (
            bool(start)
            and line.company_id == self._get_sla_company()
            and line.unit_id in (self.unit_id._origin, line.unit_id.browse())
            and line.product_id in (self.unit_id.product_id, line.product_id.browse())
            and line.contract_id._covers_on(self.company_id._get_aftersales_day(start))
        )
