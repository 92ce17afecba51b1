from odoo import api, models
from odoo.fields import Domain


class AftersalesTriage(models.AbstractModel):
    """What helped on work orders stands for the requests they were done for."""

    _inherit = "aftersales.triage"

    @api.model
    def _get_closed_cases(self, symptom, within, company):
        orders = Domain("request_id.symptom_id", "=", symptom.id) & Domain(
            [
                ("state", "=", "done"),
                ("remedy_id", "!=", False),
                ("company_id", "=", company.id),
            ]
        )
        return self._merge_cases(
            super()._get_closed_cases(symptom, within, company),
            self._count_cases(
                "repair.order",
                orders & within,
                "date_done",
                "request_id.repeat_ids",
                case_field="request_id",
            ),
        )

    @api.model
    def _get_request_domain(self, symptom, company):
        told = [("state", "=", "done"), ("remedy_id", "!=", False)]
        return super()._get_request_domain(symptom, company) & ~Domain("repair_ids", "any", told)
