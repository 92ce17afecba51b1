from datetime import date, datetime, time, timedelta

import pytz

from odoo import fields, http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request
from odoo.tools import plaintext2html

from .portal import AftersalesPortal
from .portal_files import FILE_TYPES, MAX_FILE_MB, MAX_FILES

MAX_LENGTHS = {"subject": 120, "description": 5000, "phone": 40, "date_expected": 10, "wish": 20}


class AftersalesPortalService(AftersalesPortal):
    """A customer asks for service on one of his products.

    Only users who may read the product themselves do; a token is not enough.
    """

    @http.route(
        "/my/products/<int:unit_id>/service",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_service(self, unit_id, **post):
        """Show the form, show it again with what is wrong, or make the request."""
        try:
            unit_sudo = self._check_aftersales_access("aftersales.unit", unit_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if not self._may_ask_for_service(unit_sudo):
            return request.redirect(unit_sudo.access_url)
        if request.httprequest.method != "POST":
            form = {**dict.fromkeys(MAX_LENGTHS, ""), "phone": self._get_own_phone()}
            return self._render_service_form(unit_sudo, form, {})
        form = self._read_form(post, MAX_LENGTHS)
        files, errors = self._check_service_form(form)
        if errors:
            return self._render_service_form(unit_sudo, form, errors, files_lost=bool(files))
        request_sudo = self._create_service_request(unit_sudo, form, files)
        return request.redirect(f"{request_sudo.access_url}?sent=1")

    def _check_service_form(self, form):
        """Return the files that were sent, and ``{field: what is wrong with it}``."""
        errors = self._get_service_form_errors(form)
        files, file_error = self._read_files()
        if file_error:
            errors["files"] = file_error
        return files, errors

    def _render_service_form(self, unit_sudo, form, errors, files_lost=False):
        values = self._prepare_service_form_values(unit_sudo)
        values.update(form=form, errors=errors, files_lost=files_lost)
        return request.render("aftersales_base.portal_service_form", values)

    def _prepare_service_form_values(self, unit_sudo):
        """Return what the form shows beside what was typed and what is wrong with it."""
        today = fields.Date.context_today(unit_sudo)
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "aftersales_units",
            "unit": unit_sudo,
            "asking": True,
            "today": today,
            "last_day": today + timedelta(days=365),
            "lengths": MAX_LENGTHS,
            "wishes": self._get_wishes(),
            "accepted_files": ",".join(FILE_TYPES),
            "max_files": MAX_FILES,
            "max_file_mb": MAX_FILE_MB,
            "res_company": unit_sudo.company_id,
        }

    def _get_service_form_errors(self, form):
        """Return ``{field: what is wrong with it}`` of what was typed; ``form`` for the whole."""
        errors = self._get_text_errors(form, MAX_LENGTHS)
        if form["date_expected"] and not self._get_expected_day(form):
            errors["date_expected"] = request.env._("Choose a day from today on, within a year.")
        if form["wish"] and form["wish"] not in self._get_wishes():
            errors["wish"] = request.env._("Choose what you would like, or nothing.")
        if message := self._get_rate_error("aftersales.request"):
            errors["form"] = message
        return errors

    def _get_wishes(self):
        """Return ``{wish: its label}`` a customer chooses from."""
        field = request.env["aftersales.request"]._fields["wish"]
        return dict(field._description_selection(request.env))

    def _get_expected_day(self, form):
        """Return the wished day, or None when it is none, past, or more than a year away."""
        try:
            day = date.fromisoformat(form["date_expected"])
        except ValueError:
            return None
        today = fields.Date.context_today(request.env.user)
        return day if today <= day <= today + timedelta(days=365) else None

    def _prepare_service_request_vals(self, unit_sudo, form):
        """Return the values of the request: what was typed, and nothing else from outside."""
        vals = {
            "unit_id": unit_sudo.id,
            "partner_id": request.env.user.partner_id.id,
            "company_id": unit_sudo.company_id.id,
            "channel": "portal",
            "subject": form["subject"],
            "wish": form["wish"] or False,
            "description": plaintext2html(form["description"]) if form["description"] else False,
        }
        if unit_sudo.company_id.aftersales_portal_team_id.active:
            vals["team_id"] = unit_sudo.company_id.aftersales_portal_team_id.id
        if form["phone"]:
            vals["partner_phone"] = form["phone"]
        if form["date_expected"]:
            # Noon in the user's time zone: the same day wherever it is read.
            zone = pytz.timezone(request.env.user.tz or "UTC")
            noon = datetime.combine(self._get_expected_day(form), time(12))
            moment = zone.localize(noon).astimezone(pytz.utc)
            vals["date_expected"] = moment.replace(tzinfo=None)
        return vals

    def _create_service_request(self, unit_sudo, form, files):
        """Make the request and show the sent files as the customer's first message."""
        # sudo: a customer has no right to create requests. The unit is his (checked), and the
        # values are the whitelisted ones of _prepare_service_request_vals.
        request_sudo = (
            request.env["aftersales.request"]
            .sudo()
            .with_company(unit_sudo.company_id)
            .create(self._prepare_service_request_vals(unit_sudo, form))
        )
        if files:
            self._post_files(request_sudo, files, request.env._("Sent with the request."))
        return request_sudo
