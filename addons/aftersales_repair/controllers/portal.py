import base64
import binascii

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.aftersales_base.controllers.portal import MAX_ID, AftersalesPortal

from ..models.repair_order import ENDED

MODEL = "repair.order"
MAX_NAME = 100
MAX_REASON = 2000
# A drawn signature is small; what is larger is none.
MAX_SIGNATURE = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"


def is_picture(signature):
    """Return whether a text is a picture as the browser draws a signature."""
    try:
        return base64.b64decode(signature, validate=True).startswith(PNG)
    except (binascii.Error, ValueError):
        return False


class RepairPortal(AftersalesPortal):
    """What a customer sees of the work on his goods, and his answer to the estimate.

    Customers have no right on work orders, so nothing of them is read by remote calls. Lists
    and pages look for the orders of the user's company or household, of the companies he is a
    customer of; a page opens by its token, too. The estimate is answered by whoever may see
    it and is none of us: staff notes an answer on the order.
    """

    # === HOME AND LIST === #

    def _get_portal_counters(self):
        return {**super()._get_portal_counters(), "aftersales_repair_count": MODEL}

    def _get_own_domain(self, model):
        domain = super()._get_own_domain(model)
        if model == MODEL:
            domain &= Domain("company_id", "in", request.env.user.company_ids.ids)
        return domain

    def _get_list_records(self, model):
        # sudo: customers have no right on work orders; the domain holds only their own
        records = super()._get_list_records(model)
        return records.sudo() if model == MODEL else records

    @http.route(
        ["/my/work-orders", "/my/work-orders/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_work_orders(self, page=1, **asked):
        """Show the work orders of the customer."""
        values = self._prepare_aftersales_list_values(
            MODEL,
            "/my/work-orders",
            page,
            asked,
            sortings=self._get_order_sortings(),
            filters=self._get_order_filters(),
            groupings=self._get_order_groupings(),
            search_inputs=self._get_order_search_inputs(),
        )
        values["page_name"] = "aftersales_orders"
        return request.render("aftersales_repair.portal_my_work_orders", values)

    def _get_order_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date_ordered desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date_ordered, id"},
            "number": {"label": request.env._("Number"), "order": "name, id"},
        }

    def _get_order_filters(self):
        orders = request.env[MODEL]
        ready = Domain("pickup_status", "=", "ready")
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "open": {
                "label": request.env._("Open"),
                "domain": Domain("state", "not in", ENDED),
            },
            "answer": {
                "label": request.env._("Waiting for your answer"),
                "domain": orders._get_estimate_open_domain(),
            },
            "ready": {"label": request.env._("Ready for pick-up"), "domain": ready},
            "done": {"label": request.env._("Done"), "domain": Domain("state", "=", "done")},
        }

    def _get_order_groupings(self):
        return {
            "none": {"label": request.env._("None")},
            "product": {"label": request.env._("Product"), "field": "product_id"},
        }

    def _get_order_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": lambda text: (
                    Domain("name", "ilike", text)
                    | Domain("unit_id.serial", "ilike", text)
                    | self._search_unit_product(text)
                ),
            },
            "name": {
                "label": request.env._("Search in numbers"),
                "domain": lambda text: Domain("name", "ilike", text),
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

    # === ONE ORDER === #

    def _check_order_access(self, order_id, access_token=None):
        """Return the order in superuser mode once it is the user's, or the token opens it.

        :raises AccessError, MissingError: not his and no valid token, or no such order
        """
        if order_id > MAX_ID:
            raise MissingError(request.env._("This document does not exist."))
        if not request.env.user._is_public():
            own = self._get_own_domain(MODEL)
            # sudo: customers have no right on work orders; the domain holds only their own
            order_sudo = request.env[MODEL].sudo().search(Domain("id", "=", order_id) & own)
            if order_sudo:
                return order_sudo
        order_sudo = self._check_aftersales_access(MODEL, order_id, access_token)
        # What is said on the page is said by its reader, not by the superuser.
        return order_sudo.with_env(request.env).sudo()

    @http.route("/my/work-orders/<int:order_id>", type="http", auth="public", website=True)
    def portal_my_work_order(
        self, order_id, access_token=None, report_type=None, download=None, done=None, **kwargs
    ):
        """Show one work order: where it stands, what it costs, and the estimate to answer."""
        try:
            order_sudo = self._check_order_access(order_id, access_token)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if report_type in ("pdf", "html"):
            if not order_sudo._are_charges_told():
                return request.redirect(self._get_order_url(order_sudo, access_token))
            return self._show_report(
                order_sudo,
                report_type,
                "aftersales_repair.action_report_repair_estimate",
                download=bool(download),
            )
        return self._render_order_page(order_sudo, access_token, done=done)

    def _render_order_page(self, order_sudo, access_token, **kwargs):
        values = self._get_page_view_values(
            order_sudo,
            access_token,
            self._prepare_order_page_values(order_sudo, access_token, **kwargs),
            f"{MODEL}_history",
            False,
        )
        return request.render("aftersales_repair.portal_my_work_order", values)

    def _prepare_order_page_values(
        self, order_sudo, access_token, done=None, form=None, errors=None
    ):
        """Return what the page of an order shows."""
        key = order_sudo.estimate_key or ""
        refusable = not order_sudo._get_customer_obstacle("refused", key)
        state = request.env["ir.actions.report"].sudo().get_wkhtmltopdf_state()
        service_request = order_sudo.request_id
        unit = order_sudo.unit_id
        return {
            "page_name": "aftersales_orders",
            "order": order_sudo,
            "steps": self._get_order_steps(order_sudo),
            "charges": order_sudo._get_report_charges() if order_sudo._are_charges_told() else (),
            "may_answer": refusable and not self._is_staff(),
            "staff": refusable and self._is_staff(),
            "obstacle": refusable and order_sudo._get_customer_obstacle("accepted", key),
            "changed": self._is_changing(order_sudo),
            "done": done,
            "form": form or {},
            "errors": errors or {},
            "max_name": MAX_NAME,
            "max_reason": MAX_REASON,
            "order_url": self._get_order_url(order_sudo, access_token),
            "accept_url": self._get_order_url(order_sudo, access_token, "/accept", key=key),
            "report_type": "pdf" if state in ("ok", "upgrade") else "html",
            "request_readable": service_request and self._is_readable(service_request),
            "unit_readable": unit and self._is_readable(unit),
            "default_name": self._get_signer_name(order_sudo),
            "res_company": order_sudo.company_id,
        }

    def _is_changing(self, order_sudo):
        """Return whether the open estimate is not what the charges say any more."""
        is_open = order_sudo.estimate_date and order_sudo._is_open()
        return is_open and not order_sudo._is_estimate_current()

    def _get_signer_name(self, order_sudo):
        user = request.env.user
        return order_sudo.partner_id.name if user._is_public() else user.partner_id.name

    def _get_order_url(self, order_sudo, access_token, suffix="", **query):
        """Return the address of the order's page, with the token it was opened by."""
        if access_token:
            query["access_token"] = order_sudo.access_token
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return f"{order_sudo.access_url}{suffix}{f'?{text}' if text else ''}"

    def _get_order_steps(self, order_sudo):
        """Return the steps of the progress bar, told by facts; a dropped order has none."""
        progress = order_sudo.progress
        if progress in ("cancelled", "unrepaired", "refused"):
            return []
        steps = [{"label": request.env._("Received"), "date": order_sudo.date_ordered}]
        waiting = progress in ("estimated", "consent")
        if order_sudo.estimate_date:
            label = request.env._("Your answer") if waiting else request.env._("Agreed")
            if not waiting and order_sudo.estimate_answer != "accepted":
                label = request.env._("Estimate")
            steps.append({"label": label, "date": order_sudo.estimate_answer_date})
        steps.append({"label": request.env._("In work"), "date": order_sudo.date_first_response})
        steps.append({"label": request.env._("Done"), "date": order_sudo.date_ended})
        if order_sudo.pickup_status:
            steps.append(
                {"label": request.env._("Handed over"), "date": order_sudo.date_handed_over}
            )
        return self._mark_steps(steps, self._get_order_position(order_sudo, steps), waiting)

    def _get_order_position(self, order_sudo, steps):
        """Return the index of the step the order is at; past the last when all is over."""
        if order_sudo.date_handed_over:
            return len(steps)
        if order_sudo.state == "done":
            return len(steps) - 1 if order_sudo.pickup_status else len(steps)
        if order_sudo.progress in ("estimated", "consent", "agreed"):
            return 1
        if order_sudo.progress == "planned" and order_sudo.estimate_answer == "accepted":
            return 1
        if order_sudo.progress in ("in_work", "on_way"):
            return len(steps) - 2
        return 0

    # === ANSWER === #

    def _is_staff(self):
        return request.env.user._is_internal()

    @http.route(
        "/my/work-orders/<int:order_id>/accept",
        type="jsonrpc",
        auth="public",
        website=True,
    )
    def portal_accept_estimate(
        self, order_id, access_token=None, key=None, name=None, signature=None
    ):
        """Accept the estimate with name and signature."""
        query = request.httprequest.args
        access_token = access_token or query.get("access_token")
        key = self._clean_text(key or query.get("key"))
        try:
            order_sudo = self._check_order_access(order_id, access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("This work order is not yours to answer.")}
        name = self._clean_text(name)
        if error := self._get_signing_error(name, signature):
            return {"error": error}
        if error := order_sudo._answer_by_customer("accepted", key, name, signature=signature):
            return {"error": error}
        url = self._get_order_url(order_sudo, access_token, done="accepted")
        return {"force_refresh": True, "redirect_url": url}

    @http.route(
        "/my/work-orders/<int:order_id>/refuse",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_refuse_estimate(
        self, order_id, access_token=None, key=None, name=None, reason=None, **kwargs
    ):
        """Refuse the estimate, saying why."""
        try:
            order_sudo = self._check_order_access(order_id, access_token)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        form = {"name": self._clean_text(name), "reason": self._clean_text(reason)}
        errors = self._get_refusal_errors(form)
        if not errors:
            error = order_sudo._answer_by_customer(
                "refused", self._clean_text(key), form["name"], reason=form["reason"]
            )
            errors = {"form": error} if error else {}
        if errors:
            return self._render_order_page(order_sudo, access_token, form=form, errors=errors)
        return request.redirect(self._get_order_url(order_sudo, access_token, done="refused"))

    def _get_name_error(self, name):
        if self._is_staff():
            return request.env._("The customer answers here. Note his answer on the work order.")
        if not name or len(name) > MAX_NAME:
            return request.env._("Write your name, up to %(limit)s characters.", limit=MAX_NAME)
        return ""

    def _get_signing_error(self, name, signature):
        """Return what is wrong with a name and a drawn signature, or an empty text."""
        if error := self._get_name_error(name):
            return error
        if not isinstance(signature, str) or not signature:
            return request.env._("Sign before you accept.")
        if len(signature) > MAX_SIGNATURE:
            return request.env._("The signature is too large. Draw it again.")
        if not is_picture(signature):
            return request.env._("This is no signature. Draw it again.")
        return ""

    def _get_refusal_errors(self, form):
        """Return ``{field: what is wrong with it}`` of a refusal."""
        errors = self._get_length_errors(form, {"reason": MAX_REASON})
        if error := self._get_name_error(form["name"]):
            errors["name"] = error
        if not form["reason"]:
            errors["reason"] = request.env._("Say why you do not want the work.")
        return errors
