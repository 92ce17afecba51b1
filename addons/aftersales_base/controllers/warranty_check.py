import contextlib
import ipaddress
import re

from odoo import http
from odoo.http import request

from ..models.aftersales_unit_documents import MAX_SERIAL_LENGTH, MIN_SERIAL_LENGTH

MAX_PER_SESSION = 10
MAX_PER_ADDRESS = 30
MAX_OVERALL = 1000


class AftersalesWarrantyCheck(http.Controller):
    """What anybody may ask, and where the QR code of a unit leads.

    The public page answers for whole serials only, in the same words for those that do not
    exist and those of others, and counts the questions. It is off until a company turns it on.
    """

    # === QR CODE === #

    @http.route(
        "/aftersales/unit/<string:reference>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
    )
    def unit_by_label(self, reference, **kwargs):
        """Open the unit for those who may see it; send everybody else to the public page."""
        user = request.env.user
        reference = reference[:64]
        if user._is_internal():
            if unit := self._find_labelled_unit(reference, user):
                return request.redirect(f"/odoo/installed-products/{unit.id}")
        elif not user._is_public():
            if unit := self._find_labelled_unit(reference, user):
                return request.redirect(f"/my/products/{unit.id}")
        return request.redirect_query("/warranty-check", {"label": reference})

    def _find_labelled_unit(self, reference, user):
        """Return the unit with this reference that the user himself may read, if any."""
        units = request.env["aftersales.unit"].with_context(
            allowed_company_ids=user.company_ids.ids, active_test=False
        )
        if not units.has_access("read"):
            return units
        found = units.search([("name", "=", reference)], limit=10)
        return found.sorted(lambda unit: (not unit.active, unit.state != "active"))[:1]

    # === PUBLIC PAGE === #

    @http.route(
        "/warranty-check", type="http", auth="public", website=True, sitemap=False, methods=["GET"]
    )
    def warranty_check_form(self, label=None, **kwargs):
        """Show the empty question."""
        return self._render_check(label=label)

    @http.route(
        "/warranty-check", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    def warranty_check_answer(self, serial=None, label=None, **kwargs):
        """Answer for one serial, or say why not."""
        serial = self._clean_serial(serial)
        if not self._is_check_on():
            return self._render_check(label=label)
        if not MIN_SERIAL_LENGTH <= len(serial) <= MAX_SERIAL_LENGTH:
            return self._render_check(
                label=label, serial=serial[:MAX_SERIAL_LENGTH], result="short"
            )
        # sudo: counts questions in a table nobody has rights on.
        attempts_sudo = request.env["aftersales.check.attempt"].sudo()
        if not attempts_sudo._is_allowed(self._get_sources(), MAX_OVERALL):
            return self._render_check(label=label, serial=serial, result="many", status=429)
        answers = self._get_answers(serial)
        result = "found" if answers else "unknown"
        return self._render_check(label=label, serial=serial, result=result, answers=answers)

    def _is_check_on(self):
        # sudo: visitors read no companies; one setting of the company whose page this is.
        return request.env.company.sudo().aftersales_public_check

    def _clean_serial(self, serial):
        """Return the text that was typed, without control characters; a file is no text."""
        if not isinstance(serial, str):
            return ""
        return " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", serial[:200]).split())

    def _get_sources(self):
        """Return what questions are counted by, and how many of each are answered an hour.

        Behind a proxy ``remote_addr`` is the visitor only with ``proxy_mode`` on; else the proxy's
        address is counted, and the page is answered too seldom rather than too often.
        """
        address = request.httprequest.remote_addr or ""
        # Whoever has one IPv6 address has all those beside it.
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(address).version == 6:
                address = str(ipaddress.ip_network((address, 64), strict=False))
        return {
            f"address {address}": MAX_PER_ADDRESS,
            f"session {request.session.sid}": MAX_PER_SESSION,
        }

    def _get_answers(self, serial):
        """Return what may be told about the serial, as plain values."""
        company = request.env.company
        # sudo: visitors have no right on units. The serial has to be typed whole, and only the
        # values of _get_public_answers leave this method.
        units_sudo = request.env["aftersales.unit"].sudo()._find_for_public(serial, company)
        return units_sudo._get_public_answers(company._get_aftersales_day())

    def _render_check(self, label=None, serial="", result=None, answers=(), status=200):
        label = label if isinstance(label, str) and re.fullmatch(r"[\w./-]{1,64}", label) else ""
        response = request.render(
            "aftersales_base.warranty_check",
            {
                "page_name": "warranty_check",
                "is_on": self._is_check_on(),
                "label": label,
                "serial": serial,
                "result": result,
                "answers": answers,
                "min_length": MIN_SERIAL_LENGTH,
                "max_length": MAX_SERIAL_LENGTH,
            },
        )
        response.status_code = status
        # An answer is for who asked, and no search engine shows serials.
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response
