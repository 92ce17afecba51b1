from odoo import fields, models


class ResCompany(models.Model):
    """Where revenue and cost of service count, in the company's own analytic accounts."""

    _inherit = "res.company"

    aftersales_analytic_distribution = fields.Json(
        string="Analytic Accounts of Service",
        help="Where revenue and cost count, unless service type or team say otherwise.",
    )

    def _get_aftersales_distribution(self, *records):
        """Return where something counts: as the first of these records says, else as the company.

        Service types and teams may serve several companies; accounts of others are left out.

        :param records: with an ``analytic_distribution`` each
        """
        self.ensure_one()
        distributions = [record.analytic_distribution for record in records]
        distributions.append(self._get_aftersales_setting("aftersales_analytic_distribution"))
        own = map(self._filter_aftersales_distribution, filter(None, distributions))
        return next(filter(None, own), False)

    def _filter_aftersales_distribution(self, distribution):
        """Return what of a distribution is in accounts the company, or one above, may use."""
        # sudo: whoever invoices need not see analytic accounts.
        Account = self.env["account.analytic.account"].sudo()
        companies = self._get_aftersales_line()
        return {
            key: percent
            for key, percent in distribution.items()
            if Account.browse(map(int, key.split(","))).company_id <= companies
        }
