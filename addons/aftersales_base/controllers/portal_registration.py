import base64
from datetime import date

from odoo import fields, http
from odoo.http import request

from .portal import AftersalesPortal
from .portal_files import MAX_FILE_MB

LENGTHS = {"serial": 64, "product_text": 120, "date_purchase": 10, "dealer_name": 120}
PROOF_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf")


class AftersalesPortalRegistration(AftersalesPortal):
    """A customer registers a product he bought: what he says is checked by an agent.

    Whatever serial he types, the page says the same: whether we know it, and whose it is, is
    told by the check alone.
    """

    @http.route(
        "/my/products/register", type="http", auth="user", website=True, methods=["GET", "POST"]
    )
    def portal_registration(self, sent=None, **post):
        """Show the form and what was sent before, or take the registration."""
        if request.httprequest.method != "POST":
            return self._render_registration_form(dict.fromkeys(LENGTHS, ""), {}, sent=sent)
        form = self._read_form(post, LENGTHS)
        form["serial"] = " ".join(form["serial"].split())
        errors = self._get_registration_errors(form)
        files, file_error = self._read_proof()
        if file_error:
            errors["files"] = file_error
        if errors:
            return self._render_registration_form(form, errors, files_lost=bool(files))
        self._create_registration(form, files[0])
        return request.redirect("/my/products/register?sent=1")

    def _render_registration_form(self, form, errors, files_lost=False, sent=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "aftersales_registration",
            "form": form,
            "errors": errors,
            "files_lost": files_lost,
            "sent": sent,
            "registrations": self._get_own_registrations(),
            "today": fields.Date.context_today(request.env.user),
            "lengths": LENGTHS,
            "accepted_files": ",".join(PROOF_TYPES),
            "max_file_mb": MAX_FILE_MB,
        }
        return request.render("aftersales_base.portal_registration_form", values)

    def _get_own_registrations(self):
        """Return what the customer's company sent last, as he may read it."""
        registrations = request.env["aftersales.unit.registration"]
        if not registrations.has_access("read"):
            return registrations
        return registrations.search(self._get_aftersales_own_domain(), limit=20)

    def _get_registration_errors(self, form):
        """Return ``{field: what is wrong with it}``; nothing of it depends on what we know."""
        errors = self._get_length_errors(form, LENGTHS)
        if len(form["serial"]) < 3:
            errors["serial"] = request.env._("Type the serial number as it stands on the product.")
        if not form["product_text"]:
            errors["product_text"] = request.env._("Say what product it is: name or type.")
        if not self._get_purchase_day(form):
            errors["date_purchase"] = request.env._(
                "Choose the day you bought it, today or before."
            )
        if message := self._get_rate_error("aftersales.unit.registration"):
            errors["form"] = message
        elif self._is_sent_already(form):
            errors["form"] = request.env._(
                "You sent serial number %(serial)s already. We are checking it.",
                serial=form["serial"],
            )
        return errors

    def _get_purchase_day(self, form):
        """Return the day of purchase, or None when it is none, to come, or before 1950."""
        try:
            day = date.fromisoformat(form["date_purchase"])
        except ValueError:
            return None
        return (
            day if date(1950, 1, 1) <= day <= fields.Date.context_today(request.env.user) else None
        )

    def _is_sent_already(self, form):
        """Return whether the customer's own company sent this serial and waits for the answer."""
        return any(
            registration.serial == form["serial"] and registration.state == "draft"
            for registration in self._get_own_registrations()
        )

    def _read_proof(self):
        """Return the proof as a list of one file, and what is wrong with it, if anything."""
        files, error = self._read_files()
        if error:
            return [], error
        if len(files) != 1:
            return [], request.env._("Add one picture or PDF of the invoice or receipt.")
        if files[0]["mimetype"] not in PROOF_TYPES:
            return [], request.env._(
                "%(file)s is no picture or PDF. Send another file.", file=files[0]["name"]
            )
        return files, ""

    def _create_registration(self, form, file):
        """Make the registration: what was typed, and nothing else from outside."""
        # sudo: a customer has no right to create registrations; these are the whitelisted values.
        return (
            request.env["aftersales.unit.registration"]
            .sudo()
            .create(
                {
                    "company_id": request.env.company.id,
                    "partner_id": request.env.user.partner_id.id,
                    "channel": "portal",
                    "serial": form["serial"],
                    "product_text": form["product_text"],
                    "date_purchase": self._get_purchase_day(form),
                    "dealer_name": form["dealer_name"] or False,
                    "proof": base64.b64encode(file["raw"]),
                    "proof_filename": file["name"],
                }
            )
        )
