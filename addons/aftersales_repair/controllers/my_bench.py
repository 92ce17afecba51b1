from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Datetime
from odoo.http import request

from odoo.addons.aftersales_base.controllers.portal import MAX_ID

from .my_visits import MyVisits

FOUND_NAMES = {"symptom": "symptom_id", "cause": "cause_id", "remedy": "remedy_id"}


class MyBench(MyVisits):
    """The technician's work at the bench beside his visits, on the same pages and as himself."""

    # === PAGES === #

    @http.route(
        "/my-visits/order/<int:order_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        multilang=False,
    )
    def my_order(self, order_id, **kwargs):
        """Show one work order: his clock, what is to do, and how to end it."""
        order = self._find_order(order_id)
        return self._render_order(order) if order else request.redirect("/my-visits")

    @http.route(
        "/my-visits/order/<int:order_id>/<string:step>",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def my_order_step(self, order_id, step, **form):
        """Take a step of a work order, as :meth:`my_visit_step` does of a visit.

        What was tapped without connection comes with the seconds since then (``ago``): a clock
        runs from the tap, whenever the server hears of it.
        """
        order = self._find_order(order_id)
        if not order and step == "clock_stop":
            order = self._find_clocked_order(order_id)
        return self._serve_step(order, step, form)

    # === BUSINESS METHODS === #

    def _prepare_day_values(self):
        orders = request.env["repair.order"]._get_my_bench()
        return {
            **super()._prepare_day_values(),
            "bench_orders": orders,
            "lost_clock": self._find_lost_clock(orders),
            **self._prepare_bench_values(orders),
        }

    def _find_lost_clock(self, orders):
        """Return the user's clock that runs on an order which none of ``orders`` is."""
        return orders._get_my_clock().filtered(
            lambda time_sudo: time_sudo.repair_id.id not in orders.ids
        )

    def _find_clocked_order(self, order_id):
        """Return an order that is not the user's any more, if his clock ran on it: he stops it."""
        if not self._is_technician() or order_id > MAX_ID:
            return None
        # sudo: nothing of the order is shown or changed but his own time.
        times_sudo = request.env["aftersales.work.time"].sudo()
        time_sudo = times_sudo.search(
            [("user_id", "=", request.env.uid), ("repair_id", "=", order_id)], limit=1
        )
        return time_sudo.repair_id or None

    def _find_order(self, order_id):
        """Return a work order of the user; nothing for what he may not do or is not there."""
        if not self._is_technician() or order_id > MAX_ID:
            return None
        order = request.env["repair.order"].browse(order_id).exists()
        try:
            order.check_access("write")
        except (AccessError, MissingError):
            return None
        return order if order and order._is_my_work() else None

    def _is_order(self, job):
        return job._name == "repair.order"

    def _get_page_url(self, job):
        if self._is_order(job):
            return f"/my-visits/order/{job.id}"
        return super()._get_page_url(job)

    def _get_page_key(self, job):
        return f"order-{job.id}" if self._is_order(job) else super()._get_page_key(job)

    def _get_steps(self, job):
        if not self._is_order(job):
            return super()._get_steps(job)
        return {
            "clock_start": self._read_moment,
            "clock_stop": self._read_moment,
            "work": self._read_nothing,
            "checks": self._read_checks,
            "part": self._read_part,
            "used": self._read_used,
            "photo": self._read_photos,
            "finding": self._read_finding,
        }

    def _read_finding(self, form):
        names = (*FOUND_NAMES.values(), "work_note", "known_note", "late_reason_id", "late_note")
        found = {name: self._clean(form.get(name)) for name in (*names, "end")}
        # Browsers send other ends of lines than are kept.
        notes = {name: found[name].replace("\r\n", "\n") for name in ("work_note", "known_note")}
        return {**found, **notes, **self._read_moment(form)}

    def _take_step(self, job, step, form):
        if not self._is_order(job):
            return super()._take_step(job, step, form)
        takes = {
            "clock_start": lambda: job._start_clock(form["moment"]),
            "clock_stop": lambda: job._stop_clock(form["moment"]),
            "work": job._start_work,
            "checks": lambda: job._note_checks(form["found"]),
            "part": lambda: self._use_part(job, form),
            "used": lambda: job._note_used(form["used"]),
            "photo": lambda: job._add_photos(form["pictures"]),
            "finding": lambda: self._note_finding(job, form),
        }
        return takes[step]()

    def _note_finding(self, order, form):
        """Note what was found, and end the work where that was asked for."""
        if form["end"] and order.state == "done":
            order._keep_words(form["work_note"], order.work_note)
            return
        fault_ids = {
            kind: self._to_id(form[name]) for kind, name in FOUND_NAMES.items() if form[name]
        }
        order._note_finding(fault_ids, form["work_note"], form["known_note"])
        order._note_lateness(self._to_id(form["late_reason_id"]), form["late_note"])
        if form["end"]:
            order._end_work(form["moment"])

    def _is_over_after(self, job, step, form):
        if not self._is_order(job):
            return super()._is_over_after(job, step, form)
        return not (job._is_open() and job._is_my_work())

    def _render_job(self, job, form, error):
        if self._is_order(job):
            return self._render_order(job, form, error)
        return super()._render_job(job, form, error)

    def _render_order(self, order, form=None, error=None):
        return self._render(
            "aftersales_repair.my_order",
            {
                "bench": order,
                "form": form or {},
                "error": error,
                "faults": order._get_fault_choices(),
                "may_note_symptom": order._may_note_symptom(),
                "late_reasons": order._get_late_reasons(),
                **self._prepare_bench_values(order),
                **self._prepare_job_values(order),
            },
        )

    def _prepare_bench_values(self, orders):
        """Return what cards and pages say of the clock, and of where the work stands."""
        return {
            "my_clock": orders._get_my_clock(),
            "to_clock": lambda moment: Datetime.context_timestamp(orders, moment).strftime("%H:%M"),
            "order_states": dict(orders._fields["state"]._description_selection(request.env)),
        }
