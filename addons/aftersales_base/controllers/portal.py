from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers import portal

from .portal_files import PortalFileMixin
from .portal_form import PortalFormMixin
from .portal_list import PortalListMixin

MAX_ID = 2**31 - 1


class AftersalesPortal(PortalListMixin, PortalFormMixin, PortalFileMixin, portal.CustomerPortal):
    """What a customer sees of his products and of the service he asked for.

    Pages check the record as the user, or by its token, before they show it in superuser mode.
    Lists, forms and files have files of their own (``portal_list``, ``portal_form``,
    ``portal_files``).
    """

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        for counter, model in self._get_portal_counters().items():
            if counter in counters:
                values[counter] = self._count_own(model)
        return values

    def _get_portal_counters(self):
        """Return ``{counter of the home page: model it counts the user's own records of}``."""
        return {
            "aftersales_unit_count": "aftersales.unit",
            "aftersales_request_count": "aftersales.request",
        }

    # === LISTS === #

    @http.route(
        ["/my/products", "/my/products/page/<int:page>"], type="http", auth="user", website=True
    )
    def portal_my_products(self, page=1, **asked):
        """Show the installed products of the customer."""
        values = self._prepare_aftersales_list_values(
            "aftersales.unit",
            "/my/products",
            page,
            asked,
            sortings=self._get_unit_sortings(),
            search_inputs=self._get_unit_search_inputs(),
        )
        values["page_name"] = "aftersales_units"
        return request.render("aftersales_base.portal_my_products", values)

    @http.route(
        ["/my/service-requests", "/my/service-requests/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_service_requests(self, page=1, **asked):
        """Show the service requests of the customer."""
        values = self._prepare_aftersales_list_values(
            "aftersales.request",
            "/my/service-requests",
            page,
            asked,
            sortings=self._get_request_sortings(),
            filters=self._get_request_filters(),
            groupings=self._get_request_groupings(),
            search_inputs=self._get_request_search_inputs(),
        )
        values["page_name"] = "aftersales_requests"
        return request.render("aftersales_base.portal_my_service_requests", values)

    def _get_unit_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date_start desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date_start, id"},
            "warranty": {"label": request.env._("Warranty end"), "order": "warranty_end, id desc"},
        }

    def _get_unit_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": self._search_unit,
            },
            "serial": {
                "label": request.env._("Search in serial numbers"),
                "domain": lambda text: Domain("serial", "ilike", text),
            },
            "product": {
                "label": request.env._("Search in products"),
                "domain": self._search_unit_product,
            },
        }

    def _search_unit(self, text):
        return (
            Domain("serial", "ilike", text)
            | Domain("name", "ilike", text)
            | self._search_unit_product(text)
        )

    def _search_unit_product(self, text):
        # sudo: customers have no right on products; only names they see on their own units
        # are looked up, the units themselves are searched as the user.
        products_sudo = request.env["product.product"].sudo().with_context(active_test=False)
        return Domain("product_id", "in", products_sudo._search([("name", "ilike", text)]))

    def _get_request_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date_reported desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date_reported, id"},
            "state": {
                "label": request.env._("Progress"),
                "order": "state, date_reported desc, id desc",
            },
        }

    def _get_request_filters(self):
        requests = request.env["aftersales.request"]
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "open": {
                "label": request.env._("Open"),
                "domain": Domain("state", "not in", ("done", "cancelled")),
            },
            "waiting": {
                "label": request.env._("Waiting for you"),
                "domain": requests._get_waiting_for_customer_domain(),
            },
            "solved": {"label": request.env._("Solved"), "domain": Domain("state", "=", "done")},
        }

    def _get_request_groupings(self):
        return {
            "none": {"label": request.env._("None")},
            "state": {"label": request.env._("Progress"), "field": "state"},
            "product": {"label": request.env._("Product"), "field": "product_id"},
        }

    def _get_request_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": lambda text: (
                    Domain("name", "ilike", text)
                    | Domain("subject", "ilike", text)
                    | Domain("unit_id", "any", self._search_unit(text))
                    | self._search_unit_product(text)
                ),
            },
            "name": {
                "label": request.env._("Search in numbers"),
                "domain": lambda text: Domain("name", "ilike", text),
            },
            "subject": {
                "label": request.env._("Search in subjects"),
                "domain": lambda text: Domain("subject", "ilike", text),
            },
            "serial": {
                "label": request.env._("Search in serial numbers"),
                "domain": lambda text: Domain("unit_id.serial", "ilike", text),
            },
            "product": {
                "label": request.env._("Search in products"),
                "domain": self._search_unit_product,
            },
        }

    # === PAGES === #

    @http.route("/my/products/<int:unit_id>", type="http", auth="public", website=True)
    def portal_my_product(self, unit_id, access_token=None, **kwargs):
        """Show one installed product, its warranties and its requests."""
        try:
            unit_sudo = self._check_aftersales_access("aftersales.unit", unit_id, access_token)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        may_ask = self._may_ask_for_service(unit_sudo)
        values = {
            "page_name": "aftersales_units",
            "unit": unit_sudo,
            "warranties": unit_sudo.warranty_ids,
            "service_requests": self._get_unit_requests(unit_sudo),
            "may_ask": may_ask,
            "helped": kwargs.get("helped") == "1",
            "today": unit_sudo.company_id._get_aftersales_day(),
            "res_company": unit_sudo.company_id,
        }
        values = self._get_aftersales_page_values(
            unit_sudo, access_token, values, "aftersales.unit_history", kwargs
        )
        return request.render("aftersales_base.portal_my_product", values)

    @http.route("/my/service-requests/<int:request_id>", type="http", auth="public", website=True)
    def portal_my_service_request(
        self, request_id, access_token=None, sent=None, done=None, **kwargs
    ):
        """Show one service request: where it stands and the messages about it."""
        try:
            request_sudo = self._check_aftersales_access(
                "aftersales.request", request_id, access_token
            )
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        return self._render_request_page(
            request_sudo, access_token, query=kwargs, sent=sent, done=done
        )

    def _get_aftersales_page_values(self, record_sudo, access_token, values, history, query):
        """Return what the page of one record shows, thread and pager included.

        :param dict query: the rest of the address: who writes by a link from a mail (``pid``,
            ``hash``) is taken from it, nothing else
        """
        author = {key: query[key] for key in ("pid", "hash") if query.get(key)}
        return self._get_page_view_values(
            record_sudo, access_token, values, history, False, **author
        )

    def _render_request_page(self, request_sudo, access_token=None, query=None, **shown):
        """Show the page of a request.

        :param shown: what :meth:`_prepare_request_page_values` takes; none of it comes from an
            address unseen
        """
        values = self._get_aftersales_page_values(
            request_sudo,
            access_token,
            self._prepare_request_page_values(request_sudo, **shown),
            "aftersales.request_history",
            query or {},
        )
        return request.render("aftersales_base.portal_my_service_request", values)

    def _prepare_request_page_values(self, request_sudo, sent=None, done=None):
        """Return what the page of a request shows."""
        unit_sudo = request_sudo.unit_id
        return {
            "page_name": "aftersales_requests",
            "service_request": request_sudo,
            "steps": self._get_request_steps(request_sudo),
            "unit_readable": unit_sudo and self._is_readable(unit_sudo),
            "may_ask": unit_sudo and self._may_ask_for_service(unit_sudo),
            "files": self._get_request_files(request_sudo),
            "sent": sent,
            "done": done,
            "res_company": request_sudo.company_id,
        }

    def _get_request_files(self, request_sudo):
        """Return the files of the messages the customer reads, the newest first."""
        messages_sudo = request_sudo.website_message_ids.filtered(
            lambda message: not message.is_internal and not message.subtype_id.internal
        )
        attachments_sudo = messages_sudo.filtered("subtype_id").attachment_ids
        attachments_sudo.generate_access_token()
        return attachments_sudo.sorted("id", reverse=True)

    def _check_aftersales_access(self, model, record_id, access_token=None):
        """Return the record in superuser mode once the user, or the token, may read it.

        :raises AccessError, MissingError: not his and no valid token, or no such record
        """
        if record_id > MAX_ID:
            raise MissingError(request.env._("This document does not exist."))
        token = access_token if isinstance(access_token, str) and access_token.isascii() else None
        return self._document_check_access(model, record_id, token)

    def _redirect_aftersales_refused(self):
        """Send strangers to the login, and customers back to their own pages."""
        if request.env.user._is_public():
            path = request.httprequest.path
            return request.redirect_query("/web/login", {"redirect": path})
        return request.redirect("/my")

    def _is_readable(self, record_sudo):
        """Return whether the user himself, without any token, may read the record."""
        return record_sudo.with_env(request.env).has_access("read")

    def _may_ask_for_service(self, unit_sudo):
        """Return whether the user may ask for service on the unit: it is his and in use."""
        in_use = unit_sudo.active and unit_sudo.state == "active"
        return in_use and self._is_readable(unit_sudo)

    def _get_unit_requests(self, unit_sudo):
        """Return the newest requests about the unit that the user may read."""
        requests = request.env["aftersales.request"]
        if not requests.has_access("read"):
            return requests
        return requests.search(
            [("unit_id", "=", unit_sudo.id)], order="date_reported desc, id desc", limit=20
        ).sudo()

    def _get_request_steps(self, request_sudo):
        """Return the steps of the progress bar; a cancelled request has none.

        :return: list of dicts with ``label``, ``date`` and ``status``, one of ``done``,
            ``current``, ``waiting``, ``todo``
        """
        state = request_sudo.state
        if state == "cancelled":
            return []
        position = {"new": 0, "in_progress": 1, "waiting": 1, "done": 3}[state]
        middle = request.env._("In progress")
        if state == "waiting":
            for_customer = request_sudo.waits_for_customer
            middle = request.env._("Waiting for you") if for_customer else request.env._("Waiting")
        steps = [
            {"label": request.env._("New"), "date": request_sudo.date_reported},
            {"label": middle, "date": False},
            {"label": request.env._("Solved"), "date": request_sudo.date_closed},
        ]
        return self._mark_steps(steps, position, waiting=state == "waiting")

    def _mark_steps(self, steps, position, waiting=False):
        """Return the steps of a progress bar with the ``status`` each has at ``position``."""
        for index, step in enumerate(steps):
            step["status"] = "done" if index < position else "todo"
            if index == position:
                step["status"] = "waiting" if waiting else "current"
        return steps
