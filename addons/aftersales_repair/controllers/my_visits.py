import re
import secrets
from datetime import timedelta
from math import isfinite

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Date, Datetime
from odoo.http import request
from odoo.tools import file_open, hmac

from odoo.addons.aftersales_base.controllers.portal import MAX_ID

from ..models.aftersales_phone_photo import LARGEST_PHOTO
from .portal import MAX_SIGNATURE, is_picture

TECHNICIAN = "aftersales_base.group_aftersales_technician"
OWNER_HEADER = "X-Aftersales-Owner"
LONGEST_TEXT = 2000
LONGEST_KEY = 64
MOST_FILES = 10
USED_NAME = re.compile(r"used_(\d{1,10})")
CHECK_NAME = re.compile(r"check_(\d{1,10})_(result|value|note)")
# A phone keeps what it could not send for so long.
LONGEST_AGO = timedelta(days=14).total_seconds()


class MyVisits(http.Controller):
    """A technician's day on his phone: his visits of today, one tap a step.

    Everything is read and written as the technician himself; a step that was taken already
    changes nothing, so a second tap, an old page or a repeated request is harmless.
    """

    # === PAGES === #

    # One address in each language: what a phone keeps is found by it.
    @http.route(
        "/my-visits", type="http", auth="user", website=True, methods=["GET"], multilang=False
    )
    def my_visits(self, **kwargs):
        """Show today's visits."""
        if not self._is_technician():
            return request.redirect("/my")
        return self._render("aftersales_repair.my_visits", self._prepare_day_values())

    @http.route(
        "/my-visits/<int:visit_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        multilang=False,
    )
    def my_visit(self, visit_id, **kwargs):
        """Show one visit: what is to do, and how to end it."""
        visit = self._find(visit_id)
        return self._render_visit(visit) if visit else request.redirect("/my-visits")

    @http.route(
        "/my-visits/<int:visit_id>/<string:step>",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def my_visit_step(self, visit_id, step, **form):
        """Take a step, and show the visit as it stands then.

        What was tapped without connection comes with the seconds since then (``ago``): he set
        out, arrived and left when he tapped, whenever the server hears of it.

        What is sent again, with the same ``key``, changes nothing. A page whose script is at work
        asks for its ``answer`` as JSON, and says whose page it is: what one technician left on
        the phone is never sent as another.
        """
        return self._serve_step(self._find(visit_id), step, form)

    @http.route(
        "/my-visits/service-worker.js",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    def my_visits_service_worker(self):
        """Serve the script that opens these pages without connection; it knows nobody."""
        with file_open("aftersales_repair/static/src/service_worker/my_visits.js") as script:
            body = script.read()
        headers = [
            ("Content-Type", "text/javascript"),
            ("Service-Worker-Allowed", "/my-visits"),
            ("Cache-Control", "no-cache"),
        ]
        return request.make_response(body, headers)

    @http.route(
        "/my-visits/offline",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        multilang=False,
        sitemap=False,
    )
    def my_visits_offline(self):
        """Show what a phone without connection shows for a page it does not keep."""
        return request.render("aftersales_repair.my_visits_offline")

    @http.route("/my-visits/<int:visit_id>/sign", type="jsonrpc", auth="user", website=True)
    def my_visit_sign(self, visit_id, name=None, signature=None, **kwargs):
        """Keep the customer's signature."""
        visit = self._find(visit_id)
        if not visit:
            return {"error": request.env._("There is no such visit. Go back to your visits.")}
        try:
            visit._sign(**self._read_signature({"name": name, "signature": signature}))
        except UserError as error:
            return {"error": str(error)}
        return {"force_refresh": True, "redirect_url": f"/my-visits/{visit.id}"}

    # === BUSINESS METHODS === #

    def _prepare_day_values(self):
        """Return what the list of his day shows."""
        return {"visits": request.env["aftersales.visit"]._get_my_today()}

    def _serve_step(self, job, step, form):
        """Take a step of a visit, or of another kind of job, once; see :meth:`my_visit_step`.

        :param job: what the step is taken on; nothing where it is not the user's
        """
        if not job or step not in self._get_steps(job) or not self._is_owner(form):
            return self._answer(form, "/my-visits", self._get_not_yours_message())
        clean = self._get_steps(job)[step](form)
        try:
            with request.env.cr.savepoint():
                key = self._clean(form.get("key"))[:LONGEST_KEY]
                if request.env["aftersales.visit.submission"]._claim(job, step, key):
                    self._take_step(job, step, clean)
        except UserError as error:
            if self._wants_json(form):
                return self._answer(form, self._get_page_url(job), str(error))
            return self._render_job(job, clean, str(error))
        over = self._is_over_after(job, step, clean)
        return self._answer(form, "/my-visits" if over else self._get_page_url(job))

    def _get_not_yours_message(self):
        return request.env._("This work is not yours any more. Ask the desk.")

    def _get_page_url(self, job):
        """Return the address of the page of a job."""
        return f"/my-visits/{job.id}"

    def _get_page_key(self, job):
        """Return the word under which a phone keeps what was typed for a job."""
        return str(job.id)

    def _is_over_after(self, job, step, form):
        """Return whether nothing is left to do on the page of the job after this step."""
        # Where work was done, the customer signs now.
        return step == "finish" and (job.state == "not_possible" or job.signed_on)

    def _is_technician(self):
        return request.env.user.has_group(TECHNICIAN)

    def _find(self, visit_id):
        """Return a visit of the user; nothing for what he may not do or what is not there."""
        if not self._is_technician() or visit_id > MAX_ID:
            return None
        visit = request.env["aftersales.visit"].browse(visit_id).exists()
        try:
            visit.check_access("write")
        except (AccessError, MissingError):
            return None
        return visit if visit.user_id == request.env.user else None

    def _get_steps(self, job):
        """Return ``{step: method that makes its values of what was sent}`` of a job."""
        return {
            "start": self._read_moment,
            "arrive": self._read_moment,
            "finish": self._read_result,
            "work": self._read_nothing,
            "end": self._read_moment,
            "checks": self._read_checks,
            "part": self._read_part,
            "used": self._read_used,
            "signature": self._read_signature,
            "photo": self._read_photos,
            "payment": self._read_payment,
            "cost": self._read_cost,
            "late": self._read_minutes,
        }

    def _read_nothing(self, form):
        return {}

    def _read_moment(self, form):
        """Return when it was tapped, by the clock of the server."""
        ago = self._to_number(self._clean(form.get("ago")))
        seconds = int(min(max(ago, 0), LONGEST_AGO))
        return {"moment": Datetime.now() - timedelta(seconds=seconds)}

    def _read_checks(self, form):
        """Return ``{id: {"result": …, "value": …, "note": …}}`` as texts."""
        found = {}
        for name, text in form.items():
            if match := CHECK_NAME.fullmatch(name):
                found.setdefault(int(match[1]), {})[match[2]] = self._clean(text)
        return {"found": found}

    def _read_part(self, form):
        return {name: self._clean(form.get(name)) for name in ("quant", "quantity")}

    def _read_used(self, form):
        """Return ``{id: quantity}``; what is no number is refused in words, as less than none."""
        matches = {name: USED_NAME.fullmatch(name) for name in form}
        return {
            "used": {
                int(match[1]): self._to_number(self._clean(form[name]), default=-1.0)
                for name, match in matches.items()
                if match
            }
        }

    def _read_signature(self, form):
        """Return name and picture; what is no picture of a sane size counts as not given."""
        picture = form.get("signature")
        is_text = isinstance(picture, str) and len(picture) <= MAX_SIGNATURE
        return {
            "name": self._clean(form.get("name")),
            "signature": picture if is_text and is_picture(picture) else None,
        }

    def _read_photos(self, form):
        files = request.httprequest.files.getlist("photos")[:MOST_FILES]
        pictures = [file.read(LARGEST_PHOTO + 1) for file in files]
        return {"pictures": [picture for picture in pictures if picture]}

    def _read_minutes(self, form):
        return {"minutes": self._clean(form.get("minutes"))}

    def _read_payment(self, form):
        names = ("amount", "method", "reference")
        return {name: self._clean(form.get(name)) for name in names}

    def _read_cost(self, form):
        found = {name: self._clean(form.get(name)) for name in ("item", "amount", "reference")}
        return {**found, **self._read_moment(form)}

    def _to_number(self, text, default=0.0):
        """Return a number as people type it, with a comma or a point."""
        try:
            number = float((text or "").replace(",", "."))
        except ValueError:
            return default
        return number if isfinite(number) else default

    def _to_id(self, text):
        """Return the id that was chosen; 0, which nothing has, where it is none."""
        return int(text) if re.fullmatch(r"\d{1,10}", text) else 0

    def _read_result(self, form):
        names = ("result", "result_note", "delay_reason", "next_wanted")
        found = {name: self._clean(form.get(name)) for name in names}
        return {**found, **self._read_moment(form)}

    def _clean(self, text):
        """Return what was typed, as text of a sane length."""
        return text.strip()[:LONGEST_TEXT] if isinstance(text, str) else ""

    def _take_step(self, visit, step, form):
        """Take one step; what is not in the lists counts as not given."""
        takes = {
            "start": lambda: visit._at(form["moment"]).action_start(),
            "arrive": lambda: visit._at(form["moment"]).action_arrive(),
            "finish": lambda: self._finish(visit, form),
            "work": visit._start_work,
            "end": lambda: visit._end_work(form["moment"]),
            "checks": lambda: visit._note_checks(form["found"]),
            "part": lambda: self._use_part(visit, form),
            "used": lambda: visit._note_used(form["used"]),
            "signature": lambda: visit._sign(**form),
            "photo": lambda: visit._add_photos(form["pictures"]),
            "payment": lambda: self._note_payment(visit, form),
            "cost": lambda: self._note_cost(visit, form),
            "late": lambda: visit._run_late(int(self._to_number(form["minutes"]))),
        }
        return takes[step]()

    def _finish(self, visit, form):
        if visit.state in ("done", "not_possible"):
            visit._keep_words(form["result_note"], visit.result_note)
            return True
        results = dict(visit._fields["result"]._description_selection(request.env))
        result = form["result"] if form["result"] in results else None
        try:
            next_wanted = Date.to_date(form["next_wanted"] or None)
        except ValueError:
            next_wanted = None
        return visit._at(form["moment"]).action_finish(
            result=result,
            result_note=form["result_note"],
            delay_reason=form["delay_reason"],
            next_wanted=next_wanted,
        )

    def _use_part(self, visit, form):
        return visit._use_part(self._to_id(form["quant"]), self._to_number(form["quantity"]))

    def _note_payment(self, visit, form):
        # What is no number is no amount either: it is refused in words.
        amount = self._to_number(form["amount"], default=-1.0)
        return visit._note_payment(amount, form["method"], form["reference"])

    def _note_cost(self, visit, form):
        amount = self._to_number(form["amount"], default=-1.0)
        item = self._to_id(form["item"])
        return visit._note_cost(item, amount, form["reference"], form["moment"])

    def _get_owner(self):
        """Return the word under which a phone keeps what this user typed: nobody else's."""
        env = request.env
        # sudo: the secret of the database makes it, and does not leave
        return hmac(env(su=True), "aftersales-my-visits", (env.cr.dbname, env.uid))[:32]

    def _is_owner(self, form):
        """Return whether the page that sends this was opened by the user who is logged in."""
        return form.get("owner") in (None, self._get_owner())

    def _wants_json(self, form):
        return form.get("answer") == "json"

    def _answer(self, form, url, error=None):
        """Lead on to ``url``, or say so to a script."""
        if self._wants_json(form):
            return request.make_json_response({"url": url, "error": error})
        return request.redirect(url)

    def _render_job(self, job, form, error):
        """Show a job again whose step was refused, with what was typed."""
        return self._render_visit(job, form, error)

    def _render_visit(self, visit, form=None, error=None):
        return self._render(
            "aftersales_repair.my_visit",
            {
                "visit": visit,
                "form": form or {},
                "error": error,
                "results": visit._fields["result"]._description_selection(request.env),
                **self._prepare_work_values(visit),
            },
        )

    def _prepare_work_values(self, visit):
        """Return what the page shows of the work at the customer's."""
        there = visit._is_at_customer()
        return {
            **self._prepare_job_values(visit, there),
            "there": there,
            "failed_results": " ".join(sorted(visit._get_failed_results())),
            "methods": visit._fields["payment_method"]._description_selection(request.env),
            "cost_items": visit._get_cost_items() if there else (),
            "costs": visit.cost_ids.filtered(lambda cost: cost.state != "cancelled"),
        }

    def _prepare_job_values(self, job, there=True):
        """Return what a page shows of the work itself.

        :param job: a visit or a work order
        :param bool there: whether it can be noted now
        """
        order = job._get_work_order()
        is_open = there and order._is_open()
        return {
            "is_open": is_open,
            "order": order,
            "order_states": dict(order._fields["state"]._description_selection(request.env)),
            "checks": order.check_ids if there else (),
            "parts": job._get_slip_parts(),
            "open_parts": job._get_open_parts() if is_open else order.move_ids.browse(),
            "unused_parts": job._get_unused_parts(),
            "stock": job._get_own_stock() if is_open else (),
            "photos": job._get_photos() if there else (),
            "history": job._get_unit_history(),
        }

    def _render(self, template, values):
        values = {
            **values,
            "page_name": "my_visits",
            "owner": self._get_owner(),
            "new_key": secrets.token_urlsafe,
            "page_url": self._get_page_url,
            "page_key": self._get_page_key,
        }
        response = request.render(template, values)
        # What stands there is of now, also when the browser goes back. The phone keeps it for
        # times without connection, under the word of its owner.
        response.headers["Cache-Control"] = "no-store"
        response.headers[OWNER_HEADER] = values["owner"]
        return response
