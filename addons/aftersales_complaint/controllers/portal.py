from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import plaintext2html

from odoo.addons.aftersales_base.controllers.portal import AftersalesPortal
from odoo.addons.aftersales_base.controllers.portal_files import (
    FILE_TYPES,
    MAX_FILE_MB,
    MAX_FILES,
)
from odoo.addons.aftersales_base.controllers.portal_service import MAX_LENGTHS

LENGTHS = {name: MAX_LENGTHS[name] for name in ("subject", "description", "phone")}


class ComplaintPortal(AftersalesPortal):
    """Where a customer complains about his product or a service, and reads our answer.

    He complains about what he may read himself; a token is not enough. What he sees of a
    complaint is chosen in the templates: nothing of the handling, and no compensation before
    it is approved.
    """

    def _get_portal_counters(self):
        return {
            **super()._get_portal_counters(),
            "aftersales_complaint_count": "aftersales.complaint",
        }

    def _get_page_view_values(
        self, document, access_token, values, session_history, no_breadcrumbs, **kwargs
    ):
        if document._name in ("aftersales.unit", "aftersales.request"):
            values["may_complain"] = self._is_readable(document)
        return super()._get_page_view_values(
            document, access_token, values, session_history, no_breadcrumbs, **kwargs
        )

    # === LIST AND PAGE === #

    @http.route(
        ["/my/complaints", "/my/complaints/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_complaints(self, page=1, **asked):
        """Show the complaints of the customer."""
        values = self._prepare_aftersales_list_values(
            "aftersales.complaint",
            "/my/complaints",
            page,
            asked,
            sortings=self._get_request_sortings(),
            filters=self._get_complaint_filters(),
            search_inputs=self._get_complaint_search_inputs(),
        )
        values["page_name"] = "aftersales_complaints"
        return request.render("aftersales_complaint.portal_my_complaints", values)

    def _get_complaint_filters(self):
        closed = Domain("state", "in", ("closed", "cancelled"))
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "open": {"label": request.env._("Open"), "domain": ~closed},
            "closed": {"label": request.env._("Closed"), "domain": closed},
        }

    def _get_complaint_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": lambda text: (
                    Domain("name", "ilike", text)
                    | Domain("subject", "ilike", text)
                    | Domain("unit_id", "any", self._search_unit(text))
                ),
            },
        }

    @http.route("/my/complaints/<int:complaint_id>", type="http", auth="public", website=True)
    def portal_my_complaint(self, complaint_id, access_token=None, sent=None, **kwargs):
        """Show one complaint: where it stands, our answer and the messages about it."""
        try:
            complaint_sudo = self._check_aftersales_access(
                "aftersales.complaint", complaint_id, access_token
            )
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        values = {
            "page_name": "aftersales_complaints",
            "complaint": complaint_sudo,
            "steps": self._get_complaint_steps(complaint_sudo),
            "unit_readable": complaint_sudo.unit_id and self._is_readable(complaint_sudo.unit_id),
            "request_readable": complaint_sudo.request_id
            and self._is_readable(complaint_sudo.request_id),
            "sent": sent,
            "res_company": complaint_sudo.company_id,
        }
        values = self._get_aftersales_page_values(
            complaint_sudo, access_token, values, "aftersales.complaint_history", kwargs
        )
        return request.render("aftersales_complaint.portal_my_complaint", values)

    def _get_complaint_steps(self, complaint_sudo):
        """Return the steps of the progress bar; a cancelled complaint has none."""
        state = complaint_sudo.state
        if state == "cancelled":
            return []
        steps = [
            {"label": request.env._("Received"), "date": complaint_sudo.date_reported},
            {"label": request.env._("In progress"), "date": False},
            {"label": request.env._("Answered"), "date": complaint_sudo.date_answered},
            {"label": request.env._("Closed"), "date": complaint_sudo.date_closed},
        ]
        if state == "closed" and not complaint_sudo.date_answered:
            # Just noted: nothing was answered.
            return self._mark_steps([steps[0], steps[3]], 4)
        position = {"new": 0, "in_progress": 1, "answered": 2, "verified": 2, "closed": 4}[state]
        if position < 2:
            # Of an earlier round, when the complaint was reopened.
            steps[2]["date"] = False
        return self._mark_steps(steps, position)

    # === NEW COMPLAINT === #

    @http.route(
        "/my/products/<int:unit_id>/complaint",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_product_complaint(self, unit_id, **post):
        """Complain about one product: show the form, or make the complaint."""
        return self._handle_complaint_form("aftersales.unit", unit_id, post)

    @http.route(
        "/my/service-requests/<int:request_id>/complaint",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_request_complaint(self, request_id, **post):
        """Complain about one service request: show the form, or make the complaint."""
        return self._handle_complaint_form("aftersales.request", request_id, post)

    def _handle_complaint_form(self, model, record_id, post):
        """Show the form, show it again with what is wrong, or make the complaint."""
        try:
            source_sudo = self._check_aftersales_access(model, record_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if request.httprequest.method != "POST":
            form = {**dict.fromkeys(LENGTHS, ""), "phone": self._get_own_phone()}
            form["target_kind"] = self._get_default_target(source_sudo)
            return self._render_complaint_form(source_sudo, form, {})
        form = self._read_form(post, (*LENGTHS, "target_kind"))
        files, errors = self._check_complaint_form(form)
        if errors:
            return self._render_complaint_form(source_sudo, form, errors, files_lost=bool(files))
        complaint_sudo = self._create_complaint(source_sudo, form, files)
        return request.redirect(f"{complaint_sudo.access_url}?sent=1")

    def _check_complaint_form(self, form):
        """Return the files that were sent, and ``{field: what is wrong with it}``."""
        errors = self._get_text_errors(form, LENGTHS)
        if form["target_kind"] not in self._get_portal_targets():
            errors["target_kind"] = request.env._("Choose what you complain about.")
        if message := self._get_rate_error("aftersales.complaint"):
            errors["form"] = message
        files, file_error = self._read_files()
        if file_error:
            errors["files"] = file_error
        return files, errors

    def _get_portal_targets(self):
        """Return ``{kind of target: its label}`` a customer chooses from."""
        return {
            "product": request.env._("The product"),
            "service": request.env._("The service"),
            "person": request.env._("How somebody treated me"),
            "order": request.env._("The delivery or the invoice"),
        }

    def _get_default_target(self, source_sudo):
        return "product" if source_sudo._name == "aftersales.unit" else "service"

    def _render_complaint_form(self, source_sudo, form, errors, files_lost=False):
        of_unit = source_sudo._name == "aftersales.unit"
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "aftersales_units" if of_unit else "aftersales_requests",
            "complaining": True,
            "source": source_sudo,
            "unit": source_sudo if of_unit else source_sudo.unit_id,
            "service_request": source_sudo.browse() if of_unit else source_sudo,
            "form": form,
            "errors": errors,
            "files_lost": files_lost,
            "targets": self._get_portal_targets(),
            "lengths": LENGTHS,
            "accepted_files": ",".join(FILE_TYPES),
            "max_files": MAX_FILES,
            "max_file_mb": MAX_FILE_MB,
            "res_company": source_sudo.company_id,
        }
        return request.render("aftersales_complaint.portal_complaint_form", values)

    def _prepare_complaint_vals(self, source_sudo, form):
        """Return the values of the complaint: what was typed, and nothing else from outside."""
        source_field = "unit_id" if source_sudo._name == "aftersales.unit" else "request_id"
        vals = {
            source_field: source_sudo.id,
            "partner_id": request.env.user.partner_id.id,
            "company_id": source_sudo.company_id.id,
            "channel": "portal",
            "target_kind": form["target_kind"],
            "subject": form["subject"],
            "description": plaintext2html(form["description"]) if form["description"] else False,
        }
        if form["phone"]:
            vals["partner_phone"] = form["phone"]
        return vals

    def _create_complaint(self, source_sudo, form, files):
        """Make the complaint and show the sent files as the customer's first message."""
        # sudo: a customer has no right to create complaints. What he complains about is his
        # (checked), and the values are the whitelisted ones of _prepare_complaint_vals.
        complaint_sudo = (
            request.env["aftersales.complaint"]
            .sudo()
            .with_company(source_sudo.company_id)
            .create(self._prepare_complaint_vals(source_sudo, form))
        )
        if files:
            self._post_files(complaint_sudo, files, request.env._("Sent with the complaint."))
        return complaint_sudo
