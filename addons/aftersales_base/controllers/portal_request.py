from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .portal import AftersalesPortal

MAX_COMMENT = 2000
RATES = {"5": "great", "3": "okay", "1": "bad"}


class AftersalesPortalRequest(AftersalesPortal):
    """What a customer does with his own request: close it, take it up again, rate it.

    Only who may read the request himself does; a token is not enough. What is possible the
    request decides, and a step that is over already (a second tap, an old page) changes
    nothing.
    """

    def _prepare_request_page_values(self, request_sudo, form=None, errors=None, **shown):
        own = self._is_readable(request_sudo)
        obstacle = request_sudo._get_customer_close_obstacle()
        return {
            **super()._prepare_request_page_values(request_sudo, **shown),
            "own": own,
            "form": form or {},
            "errors": errors or {},
            "may_close": own and request_sudo._may_be_closed_by_customer(),
            "close_obstacle": obstacle,
            "may_reopen": own and request_sudo._may_be_reopened(),
            "may_rate": own and request_sudo._may_be_rated(),
            "close_reasons": request_sudo._fields["customer_close_reason"]._description_selection(
                request.env
            ),
            "max_comment": MAX_COMMENT,
        }

    @http.route(
        "/my/service-requests/<int:request_id>/close",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_close_request(self, request_id, reason=None, comment=None, **kwargs):
        """Close the request: the customer says why."""
        form = {"reason": self._clean_text(reason), "comment": self._clean_text(comment)}
        return self._take_request_step(request_id, "close", form)

    @http.route(
        "/my/service-requests/<int:request_id>/reopen",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_reopen_request(self, request_id, comment=None, **kwargs):
        """Take the solved request up again: the customer says what is still wrong."""
        form = {"comment": self._clean_text(comment)}
        return self._take_request_step(request_id, "reopen", form)

    @http.route(
        "/my/service-requests/<int:request_id>/rate",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_rate_request(self, request_id, rate=None, comment=None, **kwargs):
        """Rate the solved request."""
        form = {"rate": self._clean_text(rate), "comment": self._clean_text(comment)}
        return self._take_request_step(request_id, "rate", form)

    def _take_request_step(self, request_id, step, form):
        """Take the step, or show the page again with what was typed and what is wrong."""
        try:
            request_sudo = self._check_aftersales_access("aftersales.request", request_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if errors := getattr(self, f"_get_{step}_errors")(form):
            return self._render_request_page(
                request_sudo, form={"step": step, **form}, errors=errors
            )
        # sudo: a customer writes no requests. This one is his (checked as himself), and the
        # request takes the step only where a customer may. What is said there is said by him.
        own_sudo = request_sudo.with_env(request.env).sudo()
        taken = getattr(self, f"_{step}_request")(own_sudo, form)
        return request.redirect(f"{request_sudo.access_url}{f'?done={step}' if taken else ''}")

    def _get_comment_errors(self, form):
        return self._get_length_errors(form, {"comment": MAX_COMMENT})

    def _get_close_errors(self, form):
        errors = self._get_comment_errors(form)
        reasons = request.env["aftersales.request"]._fields["customer_close_reason"]
        if form["reason"] not in reasons.get_values(request.env):
            errors["reason"] = request.env._("Choose why it can be closed.")
        return errors

    def _get_reopen_errors(self, form):
        errors = self._get_comment_errors(form)
        if not form["comment"]:
            errors["comment"] = request.env._("Say what is still wrong.")
        return errors

    def _get_rate_errors(self, form):
        errors = self._get_comment_errors(form)
        if form["rate"] not in RATES:
            errors["rate"] = request.env._("Choose a face.")
        return errors

    def _close_request(self, request_sudo, form):
        return request_sudo._close_by_customer(form["reason"], form["comment"])

    def _reopen_request(self, request_sudo, form):
        return request_sudo._reopen_by_customer(form["comment"])

    def _rate_request(self, request_sudo, form):
        return request_sudo._rate_by_customer(int(form["rate"]), form["comment"])
