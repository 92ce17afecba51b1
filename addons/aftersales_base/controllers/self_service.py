from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .portal_service import AftersalesPortalService


class SelfServicePortal(AftersalesPortalService):
    """What a customer may try himself before he asks for service on a product (KN2)."""

    @http.route(
        "/my/products/<int:unit_id>/solutions/<int:solution_id>/helped",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_solution_helped(self, unit_id, solution_id, **post):
        """Note that a solution helped: nothing is asked for, nobody comes."""
        try:
            unit_sudo = self._check_aftersales_access("aftersales.unit", unit_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        solution_sudo = self._get_offered_solutions(unit_sudo).filtered(
            lambda solution: solution.id == solution_id
        )
        if not solution_sudo or not self._may_ask_for_service(unit_sudo):
            return request.redirect(unit_sudo.access_url)
        self._note_tried(solution_sudo, unit_sudo, helped=True)
        return request.redirect(f"{unit_sudo.access_url}?helped=1")

    # === SERVICE FORM === #

    def _prepare_service_form_values(self, unit_sudo):
        values = super()._prepare_service_form_values(unit_sudo)
        solutions_sudo = self._get_offered_solutions(unit_sudo)
        return {
            **values,
            "solutions": solutions_sudo,
            "tried": self._read_tried(solutions_sudo),
        }

    def _create_service_request(self, unit_sudo, form, files):
        request_sudo = super()._create_service_request(unit_sudo, form, files)
        tried_sudo = self._read_tried(self._get_offered_solutions(unit_sudo))
        if tried_sudo:
            self._note_tried(tried_sudo, unit_sudo, helped=False, service_request=request_sudo)
        return request_sudo

    def _prepare_service_request_vals(self, unit_sudo, form):
        vals = super()._prepare_service_request_vals(unit_sudo, form)
        symptom_sudo = self._read_tried(self._get_offered_solutions(unit_sudo)).symptom_id
        # What he tried against says what he sees, unless he tried against several things.
        if len(symptom_sudo) == 1:
            vals["symptom_id"] = symptom_sudo.id
        return vals

    # === SOLUTIONS === #

    def _get_offered_solutions(self, unit_sudo):
        """Return what the owner of the unit may try himself, in superuser mode."""
        solutions_sudo = request.env["aftersales.solution"].sudo()
        return solutions_sudo._find_for_customers(unit_sudo.product_id, unit_sudo.company_id)

    def _read_tried(self, solutions_sudo):
        """Return those of the offered solutions that the customer ticked."""
        ticked = set(request.httprequest.form.getlist("tried"))
        return solutions_sudo.filtered(lambda solution: str(solution.id) in ticked)

    def _note_tried(self, solutions_sudo, unit_sudo, *, helped, service_request=None):
        """Keep what the customer says of solutions that were offered for his product."""
        # sudo: customers have no right to the catalogue; product and solutions were checked.
        answers_sudo = request.env["aftersales.solution.answer"].sudo()
        answers_sudo._note(
            solutions_sudo,
            unit_sudo,
            request.env.user.partner_id,
            helped=helped,
            request=service_request,
        )
