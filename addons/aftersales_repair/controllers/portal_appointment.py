from datetime import date, datetime, timedelta

from odoo import fields, http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.aftersales_base.controllers.portal import MAX_ID, AftersalesPortal

from ..models.aftersales_appointment_customer import MOST_DAYS_AHEAD

MODEL = "aftersales.appointment"
LENGTHS = {"subject": 120, "day": 10, "hour": 5, "unit_id": 10, "kind": 10}
MAX_REASON = 500
MOST_SHOWN = 50


class AppointmentPortal(AftersalesPortal):
    """A customer books, moves and cancels his appointments, as long as there is time (IN13).

    Customers have no right on appointments, so nothing of them is read by remote calls: pages
    look for those of the user's company or household.
    """

    def _get_portal_counters(self):
        return {**super()._get_portal_counters(), "aftersales_appointment_count": MODEL}

    def _count_own(self, model):
        if model == MODEL:
            return len(self._get_appointments("to_come"))
        return super()._count_own(model)

    @http.route("/my/appointments", type="http", auth="user", website=True, methods=["GET"])
    def portal_my_appointments(self, done=None, **kwargs):
        """Show what is to come and what was."""
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "aftersales_appointments",
            "to_come": self._get_appointments("to_come"),
            "past": self._get_appointments("past"),
            "done": done,
        }
        return request.render("aftersales_repair.portal_my_appointments", values)

    # === BOOK === #

    @http.route(
        "/my/appointments/book", type="http", auth="user", website=True, methods=["GET", "POST"]
    )
    def portal_book_appointment(self, unit_id=None, **post):
        """Show the form, show it again with what is wrong, or book the time."""
        if request.httprequest.method != "POST":
            form = {**dict.fromkeys(LENGTHS, ""), "kind": "bring", "hour": "10:00"}
            form["unit_id"] = self._clean_text(unit_id)[: LENGTHS["unit_id"]]
            return self._render_book_form(form, {})
        form = self._read_form({**post, "unit_id": unit_id}, LENGTHS)
        errors = self._get_book_errors(form)
        if not errors and (message := self._book(form)):
            errors["day"] = message
        if errors:
            return self._render_book_form(form, errors)
        return request.redirect("/my/appointments?done=booked")

    def _render_book_form(self, form, errors):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "aftersales_appointments",
            "book": True,
            "form": form,
            "errors": errors,
            "lengths": LENGTHS,
            "units": self._get_own_units(),
            "kinds": self._get_kinds(),
            "today": fields.Date.context_today(request.env.user),
            "hours": self._get_opening_hours(request.env.company),
        }
        return request.render("aftersales_repair.portal_book_appointment", values)

    def _get_book_errors(self, form):
        """Return ``{field: what is wrong with it}``."""
        errors = self._get_length_errors(form, LENGTHS)
        if not form["subject"]:
            errors["subject"] = request.env._("Say in one line what it is about.")
        if form["kind"] not in self._get_kinds():
            errors["kind"] = request.env._("Choose whether you bring it or we come.")
        if form["unit_id"] and not self._get_chosen_unit(form):
            errors["unit_id"] = request.env._("Choose one of your products, or none.")
        if not self._get_chosen_time(form):
            errors["day"] = self._get_time_error()
        if message := self._get_rate_error(MODEL):
            errors["form"] = message
        return errors

    def _book(self, form):
        """Book the time; what was typed, and nothing else from outside.

        :return: why it is not possible, or an empty text
        """
        unit = self._get_chosen_unit(form)
        company_sudo = (unit.company_id or request.env.company).sudo()
        # sudo: a customer has no right to book; unit and time are checked, the rest is text
        appointments_sudo = request.env[MODEL].sudo().with_company(company_sudo)
        start = appointments_sudo._get_moment(company_sudo, *self._get_chosen_time(form))
        team_sudo = company_sudo.aftersales_portal_team_id.filtered("active")
        appointments_sudo._queue_up(team_sudo)
        if message := appointments_sudo._get_time_obstacle(company_sudo, start, team_sudo):
            return message
        appointments_sudo.create(
            {
                "company_id": company_sudo.id,
                "partner_id": request.env.user.partner_id.id,
                "unit_id": unit.id,
                "subject": form["subject"],
                "kind": form["kind"],
                "channel": "portal",
                "date_from": start,
                "team_id": team_sudo.id,
            }
        )
        return ""

    # === MOVE AND CANCEL === #

    @http.route(
        "/my/appointments/<int:appointment_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_appointment(self, appointment_id, **kwargs):
        """Show one appointment, and what can still be changed."""
        appointment_sudo = self._find_appointment(appointment_id)
        if not appointment_sudo:
            return request.redirect("/my/appointments")
        return self._render_appointment(appointment_sudo)

    @http.route(
        "/my/appointments/<int:appointment_id>/move",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_move_appointment(self, appointment_id, **post):
        """Give it another time."""
        appointment_sudo = self._find_appointment(appointment_id)
        if not appointment_sudo:
            return request.redirect("/my/appointments")
        form = self._read_form(post, ("day", "hour"))
        form = {name: text[: LENGTHS[name] + 1] for name, text in form.items()}
        chosen = self._get_chosen_time(form)
        error = self._get_time_error()
        if chosen:
            start = appointment_sudo._get_moment(appointment_sudo.company_id, *chosen)
            error = appointment_sudo._move_by_customer(start)
        if error:
            return self._render_appointment(appointment_sudo, error=error)
        return request.redirect("/my/appointments?done=moved")

    @http.route(
        "/my/appointments/<int:appointment_id>/cancel",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_cancel_appointment(self, appointment_id, reason=None, **post):
        """Cancel it."""
        appointment_sudo = self._find_appointment(appointment_id)
        if not appointment_sudo:
            return request.redirect("/my/appointments")
        reason = self._clean_text(reason)[:MAX_REASON]
        error = appointment_sudo._cancel_by_customer(
            reason or request.env._("The customer gave no reason.")
        )
        if error:
            return self._render_appointment(appointment_sudo, error=error)
        return request.redirect("/my/appointments?done=cancelled")

    def _render_appointment(self, appointment_sudo, error=None):
        local = appointment_sudo._get_local_time()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "aftersales_appointments",
            "appointment": appointment_sudo,
            "obstacle": appointment_sudo._get_customer_obstacle(),
            "error": error,
            "today": fields.Date.context_today(request.env.user),
            "day": local.date(),
            "hour": local.strftime("%H:%M"),
            "max_reason": MAX_REASON,
            "hours": self._get_opening_hours(appointment_sudo.company_id),
        }
        return request.render("aftersales_repair.portal_my_appointment", values)

    # === TOOLS === #

    def _get_opening_hours(self, company):
        # sudo: opening hours are no secret; customers have no right on calendars
        return request.env[MODEL].sudo()._get_opening_hours(company)

    def _find_appointment(self, appointment_id):
        """Return the appointment in superuser mode if it is the user's, else none."""
        # sudo: customers have no right on appointments; the domain holds only their own
        appointments_sudo = request.env[MODEL].sudo()
        if appointment_id > MAX_ID:
            return appointments_sudo
        return appointments_sudo.search(
            Domain("id", "=", appointment_id) & self._get_own_domain(MODEL)
        )

    def _get_own_domain(self, model):
        domain = super()._get_own_domain(model)
        if model == MODEL:
            domain &= Domain("company_id", "in", request.env.user.company_ids.ids)
        return domain

    def _get_appointments(self, which):
        """Return his appointments to come, the next first, or those that are over."""
        to_come = Domain("state", "=", "booked") & Domain("date_to", ">=", fields.Datetime.now())
        # sudo: customers have no right on appointments; the domain holds only their own
        appointments_sudo = request.env[MODEL].sudo()
        domain = self._get_own_domain(MODEL)
        if which == "to_come":
            return appointments_sudo.search(domain & to_come, order="date_from", limit=MOST_SHOWN)
        return appointments_sudo.search(domain & ~to_come, limit=MOST_SHOWN)

    def _get_own_units(self):
        """Return the products he can choose, as he may read them."""
        units = request.env["aftersales.unit"]
        if not units.has_access("read"):
            return units
        domain = self._get_aftersales_own_domain() & Domain("state", "=", "active")
        return units.search(domain, limit=200)

    def _get_chosen_unit(self, form):
        """Return the unit that was chosen if it is one of his, else none."""
        own = self._get_own_units()
        chosen = form["unit_id"]
        return own.filtered(lambda unit: str(unit.id) == chosen)

    def _get_chosen_time(self, form):
        """Return the day and the hour that were chosen, or None when they are none.

        Days far from now are none: the ends of the calendar exist in no time zone. A day more at
        both ends leaves the decision to the clock of the company.
        """
        try:
            day = date.fromisoformat(form["day"])
            hour = datetime.strptime(form["hour"], "%H:%M").time()
        except ValueError:
            return None
        today = fields.Date.today()
        most = timedelta(days=MOST_DAYS_AHEAD + 1)
        return (day, hour) if today - timedelta(days=1) <= day <= today + most else None

    def _get_time_error(self):
        return request.env._("Choose a day within %(days)s days, and a time.", days=MOST_DAYS_AHEAD)

    def _get_kinds(self):
        """Return ``{kind: how a customer says it}``."""
        return {
            "bring": request.env._("I bring it to you"),
            "visit": request.env._("You come to me"),
        }
