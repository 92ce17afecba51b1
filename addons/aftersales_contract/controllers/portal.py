from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.aftersales_base.controllers.portal import AftersalesPortal


class ContractPortal(AftersalesPortal):
    """What a customer sees of his service contracts: cover, visits and instalments."""

    def _get_portal_counters(self):
        return {
            **super()._get_portal_counters(),
            "aftersales_contract_count": "aftersales.contract",
        }

    @http.route(
        ["/my/service-contracts", "/my/service-contracts/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_service_contracts(self, page=1, **asked):
        """Show the service contracts of the customer."""
        values = self._prepare_aftersales_list_values(
            "aftersales.contract",
            "/my/service-contracts",
            page,
            asked,
            sortings=self._get_contract_sortings(),
            search_inputs=self._get_contract_search_inputs(),
        )
        values["page_name"] = "aftersales_contracts"
        return request.render("aftersales_contract.portal_my_service_contracts", values)

    @http.route("/my/service-contracts/<int:contract_id>", type="http", auth="public", website=True)
    def portal_my_service_contract(self, contract_id, access_token=None, **kwargs):
        """Show one service contract: what it covers, what is left of it, what it costs."""
        try:
            contract_sudo = self._check_aftersales_access(
                "aftersales.contract", contract_id, access_token
            )
            if contract_sudo.state == "draft":
                # Not agreed yet, whoever holds the link.
                raise MissingError(request.env._("This document does not exist."))
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        values = {
            "page_name": "aftersales_contracts",
            "contract": contract_sudo,
            "visits": contract_sudo.plan_ids.filtered(lambda plan: plan.status != "cancelled"),
            "res_company": contract_sudo.company_id,
        }
        values = self._get_aftersales_page_values(
            contract_sudo, access_token, values, "aftersales.contract_history", kwargs
        )
        return request.render("aftersales_contract.portal_my_service_contract", values)

    def _get_contract_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date_start desc, id desc"},
            "end": {"label": request.env._("End"), "order": "date_end, id"},
        }

    def _get_contract_search_inputs(self):
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": lambda text: (
                    Domain("name", "ilike", text) | Domain("title", "ilike", text)
                ),
            },
        }
