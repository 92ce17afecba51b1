from collections import defaultdict
from functools import partial

from odoo import api, fields, models

CHARGE_READERS = (
    "aftersales_base.group_aftersales_technician,aftersales_base.group_aftersales_settlement"
)


class AftersalesUnit(models.Model):
    """What serving a unit cost, and who bore it: all charges the user may see."""

    _inherit = "aftersales.unit"

    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_charged = fields.Monetary(
        string="Charged",
        compute="_compute_charge_amounts",
        currency_field="company_currency_id",
        groups=CHARGE_READERS,
        help="Everything charged for this unit, cancelled charges left out.",
    )
    amount_customer = fields.Monetary(
        string="Customer Pays",
        compute="_compute_charge_amounts",
        currency_field="company_currency_id",
        groups=CHARGE_READERS,
    )
    amount_company = fields.Monetary(
        string="We Bear",
        compute="_compute_charge_amounts",
        currency_field="company_currency_id",
        groups=CHARGE_READERS,
    )
    amount_partner = fields.Monetary(
        string="Maker or Vendor Pays",
        compute="_compute_charge_amounts",
        currency_field="company_currency_id",
        groups=CHARGE_READERS,
    )
    amount_open = fields.Monetary(
        string="Not Paid Yet",
        compute="_compute_amount_open",
        currency_field="company_currency_id",
        groups=CHARGE_READERS,
        compute_sudo=True,
        help="What is open, taxes included, on posted invoices for this unit.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_amount_open(self):
        amounts = self._get_open_amounts()
        for unit in self:
            unit.amount_open = amounts.get(unit, 0.0)

    @api.depends_context("uid")
    @api.depends("company_id")
    def _compute_charge_amounts(self):
        amounts = self._get_amounts_by_bearer()
        borne = self._get_borne_fields()
        for unit in self:
            by_bearer = amounts[unit]
            unit.amount_charged = sum(by_bearer.values())
            for bearer, fname in borne.items():
                unit[fname] = by_bearer.get(bearer, 0.0)

    # === BUSINESS METHODS === #

    @api.model
    def _get_borne_fields(self):
        """Return ``{bearer: field}``: where the share of each bearer is shown."""
        return {
            "customer": "amount_customer",
            "company": "amount_company",
            "partner": "amount_partner",
        }

    def _get_open_amounts(self):
        """Return ``{unit: amount}`` in the company's currency, at today's rates: of what is open
        on a settlement, the part its lines for the unit have in the invoice."""
        today = fields.Date.context_today(self)
        amounts = defaultdict(float)
        lines = self.env["aftersales.settlement.line"].search(
            [
                ("charge_id.unit_id", "in", self.ids),
                ("is_living", "=", True),
                ("settlement_id.amount_residual", "!=", 0),
            ]
        )
        parts = lines.settlement_id.move_id._get_aftersales_parts()
        for line in lines:
            settlement, company = line.settlement_id, line.company_id
            # An invoice that was reversed and made anew has lines of its own.
            part = parts.get((settlement.move_id, line), 0.0)
            amounts[line.unit_id] += settlement.currency_id._convert(
                settlement.amount_residual * part, company.currency_id, company, today
            )
        return amounts

    def _get_amounts_by_bearer(self):
        """Return ``{unit: {bearer: amount}}`` in the company's currency, at today's rates."""
        charges = self.env["aftersales.charge"]
        groups = charges._read_group(
            [("unit_id", "in", self.ids), ("state", "!=", "cancelled")],
            ["unit_id", "bearer", "currency_id"],
            [f"{share.amount}:sum" for share in charges._get_shares().values()],
        )
        return charges._sum_by_bearer(
            (unit, bearer, unit._get_converter(currency), amounts)
            for unit, bearer, currency, *amounts in groups
        )

    def _get_converter(self, currency):
        """Return what turns an amount in ``currency`` into the company's, at today's rate."""
        self.ensure_one()
        return partial(
            currency._convert,
            to_currency=self.company_id.currency_id,
            company=self.company_id,
            date=fields.Date.context_today(self),
        )
