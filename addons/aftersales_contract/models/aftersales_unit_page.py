from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.aftersales_base.models.aftersales_unit_money import CHARGE_READERS


class AftersalesUnit(models.Model):
    """Contracts and their visits on the page of a unit."""

    _inherit = "aftersales.unit"

    amount_contract = fields.Monetary(
        string="Contract Bears",
        compute="_compute_charge_amounts",
        currency_field="company_currency_id",
        groups=CHARGE_READERS,
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_borne_fields(self):
        return {**super()._get_borne_fields(), "contract": "amount_contract"}

    def _get_timeline_events(self, limit):
        return [
            *super()._get_timeline_events(limit),
            *self._get_timeline_contracts(limit),
            *self._get_timeline_visits(limit),
        ]

    def _get_timeline_contracts(self, limit):
        """Return when contracts that name this unit, its product or its customer began."""
        customer = self.partner_id.commercial_partner_id
        lines = self._search_timeline(
            "aftersales.contract.line",
            Domain("contract_id.commercial_partner_id", "=", customer.id)
            & Domain("contract_id.state", "!=", "draft")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("unit_id", "in", (self.id, False))
            & Domain("product_id", "in", (self.product_id.id, False)),
            "id desc",
            limit,
        )
        return [
            self._prepare_timeline_event(
                contract.date_start,
                self.env._("Contract %(number)s began", number=contract.name),
                self.env._("until %(day)s", day=format_date(self.env, contract.date_end)),
                contract,
                icon="handshake-o",
                color="success",
                rank=45,
            )
            for contract in lines.contract_id
        ]

    def _get_timeline_visits(self, limit):
        """Return the planned visits whose day has come, each with how it stands."""
        plans = self._search_timeline(
            "aftersales.maintenance.plan",
            Domain("unit_id", "=", self.id)
            & Domain("date_due", "<=", self.company_id._get_aftersales_day()),
            "date_due desc, id desc",
            limit,
        )
        statuses = dict(plans._fields["status"]._description_selection(self.env))
        colors = {"done": "success", "overdue": "danger", "released": "primary"}
        return [
            self._prepare_timeline_event(
                plan.date_due,
                self.env._("Maintenance visit due"),
                f"{plan.rule_id.sudo().name} · {statuses[plan.status]}",
                icon="calendar-check-o",
                color=colors.get(plan.status, "secondary"),
                rank=58,
            )
            for plan in plans
        ]
