from datetime import timedelta

from odoo import api, fields, models


class AftersalesContractSuspension(models.Model):
    """Days on which a contract covers nothing; no last day while it is suspended."""

    _name = "aftersales.contract.suspension"
    _description = "Contract Suspension"
    _order = "contract_id, date_from desc, id desc"

    contract_id = fields.Many2one(
        comodel_name="aftersales.contract", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True
    )
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until", help="The last day without cover.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        suspensions = super().create(vals_list)
        suspensions.contract_id._follow_promises()
        return suspensions

    def write(self, vals):
        result = super().write(vals)
        self.contract_id._follow_promises()
        return result

    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        contracts._follow_promises()
        return result

    # === BUSINESS METHODS === #

    def _holds_on(self, day):
        """Return whether the contract is suspended on ``day``."""
        self.ensure_one()
        return self.date_from <= day and (not self.date_to or day <= self.date_to)

    def _end(self):
        """End the open suspensions yesterday: today is covered again."""
        running = self.sudo().filtered(lambda suspension: not suspension.date_to)
        for company, suspensions in running.grouped("company_id").items():
            today = company._get_aftersales_day()
            begun = suspensions.filtered_domain([("date_from", "<", today)])
            (suspensions - begun).unlink()
            begun.date_to = today - timedelta(days=1)
