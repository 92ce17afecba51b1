import os
import re
from datetime import date, datetime, time, timedelta

import pytz

from odoo import fields, http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import format_datetime, plaintext2html

from odoo.addons.portal.controllers import portal

MAX_ID = 2**31 - 1
MAX_FILES = 5
MAX_FILE_MB = 10
MAX_REQUESTS_PER_HOUR = 10
MAX_LENGTHS = {"subject": 120, "description": 5000, "phone": 40, "date_expected": 10, "wish": 20}
# What a customer may send: how its bytes begin, and the endings that go with it.
FILE_TYPES = {
    "image/jpeg": (rb"\xff\xd8\xff", (".jpg", ".jpeg")),
    "image/png": (rb"\x89PNG\r\n\x1a\n", (".png",)),
    "image/gif": (rb"GIF8[79]a", (".gif",)),
    "image/webp": (rb"RIFF....WEBPVP8", (".webp",)),
    "application/pdf": (rb"%PDF-", (".pdf",)),
    "video/mp4": (rb"....ftyp(iso[m2-6]|mp4[12]|avc1|M4V )", (".mp4",)),
    "video/quicktime": (rb"....ftypqt  ", (".mov",)),
}


class AftersalesPortal(portal.CustomerPortal):
    """What a customer sees of his products and of the service he asked for.

    Lists search as the user, so the record rules decide. Pages check the record as the user,
    or by its token, before they show it in superuser mode. Service is asked for by users who
    may read the product themselves; a token is not enough.
    """

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        for counter, model in (
            ("aftersales_unit_count", "aftersales.unit"),
            ("aftersales_request_count", "aftersales.request"),
        ):
            if counter in counters:
                records = request.env[model]
                readable = records.has_access("read")
                domain = self._get_aftersales_own_domain()
                values[counter] = records.search_count(domain) if readable else 0
        return values

    def _get_aftersales_own_domain(self):
        """Return the domain of what belongs to the user's company or household."""
        partner = request.env.user.partner_id.commercial_partner_id
        return Domain("partner_id", "child_of", [partner.id])

    # === LISTS === #

    @http.route(
        ["/my/products", "/my/products/page/<int:page>"], type="http", auth="user", website=True
    )
    def portal_my_products(self, page=1, **asked):
        """Show the installed products of the customer."""
        values = self._prepare_aftersales_list_values(
            "aftersales.unit",
            "/my/products",
            page,
            asked,
            sortings=self._get_unit_sortings(),
            search_inputs=self._get_unit_search_inputs(),
        )
        values["page_name"] = "aftersales_units"
        return request.render("aftersales_base.portal_my_products", values)

    @http.route(
        ["/my/service-requests", "/my/service-requests/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_service_requests(self, page=1, **asked):
        """Show the service requests of the customer."""
        values = self._prepare_aftersales_list_values(
            "aftersales.request",
            "/my/service-requests",
            page,
            asked,
            sortings=self._get_request_sortings(),
            filters=self._get_request_filters(),
            groupings=self._get_request_groupings(),
            search_inputs=self._get_request_search_inputs(),
        )
        values["page_name"] = "aftersales_requests"
        return request.render("aftersales_base.portal_my_service_requests", values)

    def _get_unit_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date_start desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date_start, id"},
            "warranty": {"label": request.env._("Warranty end"), "order": "warranty_end, id desc"},
        }

    def _get_unit_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": self._search_unit,
            },
            "serial": {
                "label": request.env._("Search in serial numbers"),
                "domain": lambda text: Domain("serial", "ilike", text),
            },
            "product": {
                "label": request.env._("Search in products"),
                "domain": self._search_unit_product,
            },
        }

    def _search_unit(self, text):
        return (
            Domain("serial", "ilike", text)
            | Domain("name", "ilike", text)
            | self._search_unit_product(text)
        )

    def _search_unit_product(self, text):
        # sudo: customers have no right on products; only names they see on their own units
        # are looked up, the units themselves are searched as the user.
        products_sudo = request.env["product.product"].sudo().with_context(active_test=False)
        return Domain("product_id", "in", products_sudo._search([("name", "ilike", text)]))

    def _get_request_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date_reported desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date_reported, id"},
            "state": {
                "label": request.env._("Progress"),
                "order": "state, date_reported desc, id desc",
            },
        }

    def _get_request_filters(self):
        requests = request.env["aftersales.request"]
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "open": {
                "label": request.env._("Open"),
                "domain": Domain("state", "not in", ("done", "cancelled")),
            },
            "waiting": {
                "label": request.env._("Waiting for you"),
                "domain": requests._get_waiting_for_customer_domain(),
            },
            "solved": {"label": request.env._("Solved"), "domain": Domain("state", "=", "done")},
        }

    def _get_request_groupings(self):
        return {
            "none": {"label": request.env._("None")},
            "state": {"label": request.env._("Progress"), "field": "state"},
            "product": {"label": request.env._("Product"), "field": "product_id"},
        }

    def _get_request_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": lambda text: (
                    Domain("name", "ilike", text)
                    | Domain("subject", "ilike", text)
                    | Domain("unit_id", "any", self._search_unit(text))
                    | self._search_unit_product(text)
                ),
            },
            "name": {
                "label": request.env._("Search in numbers"),
                "domain": lambda text: Domain("name", "ilike", text),
            },
            "subject": {
                "label": request.env._("Search in subjects"),
                "domain": lambda text: Domain("subject", "ilike", text),
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

    def _prepare_aftersales_list_values(
        self,
        model,
        url,
        page,
        asked,
        *,
        sortings,
        search_inputs,
        filters=None,
        groupings=None,
    ):
        """Return what a list page shows: one page of the user's own records and its controls.

        :param dict asked: ``sortby``, ``filterby``, ``groupby``, ``search`` and ``search_in`` as
            the address has them; what is not offered falls back to the first
        """
        offered = {
            "sortby": sortings,
            "filterby": filters,
            "groupby": groupings,
            "search_in": search_inputs,
        }
        chosen = self._choose_in_list(offered, asked)
        domain = self._get_list_domain(offered, chosen)
        order = self._get_list_order(offered, chosen)
        records, pager = self._get_aftersales_page(model, url, domain, page, order, chosen)
        # sudo: the records were searched as the user; their products are shown with them
        records_sudo = records.sudo()
        return {
            **self._prepare_portal_layout_values(),
            "records": records_sudo,
            "groups": self._group_list(records_sudo, offered, chosen),
            "pager": pager,
            "default_url": url,
            **self._prepare_searchbar_values(offered),
            **chosen,
        }

    def _prepare_searchbar_values(self, offered):
        """Return the controls of a list as Odoo's search bar takes them."""
        return {
            "searchbar_sortings": offered["sortby"],
            "searchbar_filters": offered["filterby"],
            "searchbar_groupby": offered["groupby"],
            "searchbar_inputs": {
                key: {"input": key, **values} for key, values in offered["search_in"].items()
            },
        }

    def _choose_in_list(self, offered, asked):
        """Return ``{control: key}`` of what is offered, and the text to search for."""
        chosen = {"search": self._clean_text(asked.get("search"))[:100]}
        for control, options in offered.items():
            options = options or {}
            key = asked.get(control)
            chosen[control] = key if key in options else next(iter(options), None)
        return chosen

    def _get_list_domain(self, offered, chosen):
        """Return the domain of the user's own records that he filters and searches for."""
        domain = self._get_aftersales_own_domain()
        if offered["filterby"]:
            domain &= offered["filterby"][chosen["filterby"]]["domain"]
        if chosen["search"]:
            domain &= offered["search_in"][chosen["search_in"]]["domain"](chosen["search"])
        return domain

    def _get_list_order(self, offered, chosen):
        """Return the order of a list; what is grouped stands together."""
        order = offered["sortby"][chosen["sortby"]]["order"]
        field = self._get_list_group_field(offered, chosen)
        return f"{field}, {order}" if field else order

    def _get_list_group_field(self, offered, chosen):
        """Return the name of the field a list is grouped by, or None."""
        groupings = offered["groupby"] or {}
        return groupings.get(chosen["groupby"], {}).get("field")

    def _group_list(self, records_sudo, offered, chosen):
        """Return ``[(heading, records)]``, one group without a heading when none is asked for."""
        field = self._get_list_group_field(offered, chosen)
        if not field:
            return [("", records_sudo)] if records_sudo else []
        groups = records_sudo.grouped(field)
        if records_sudo._fields[field].type != "selection":
            headings = {key: key.display_name for key in groups}
            missing = request.env._("Without a product")
            return [(headings[key] or missing, group) for key, group in groups.items()]
        labels = dict(records_sudo._fields[field]._description_selection(request.env))
        return [(label, groups[key]) for key, label in labels.items() if key in groups]

    def _get_aftersales_page(self, model, url, domain, page, order, url_args):
        """Return the records of one page, remembered for previous and next, and the pager."""
        Model = self._get_list_records(model)
        if not Model.has_access("read"):
            domain = Domain.FALSE
        pager = portal.pager(
            url=url,
            total=Model.search_count(domain),
            page=page,
            step=self._items_per_page,
            url_args={key: value for key, value in url_args.items() if value},
        )
        records = Model.search(
            domain, order=order, limit=self._items_per_page, offset=pager["offset"]
        )
        request.session[f"{model}_history"] = records.ids[:100]
        return records, pager

    def _get_list_records(self, model):
        """Return the empty recordset a list searches with: as the user, so that rules decide."""
        return request.env[model]

    # === PAGES === #

    @http.route("/my/products/<int:unit_id>", type="http", auth="public", website=True)
    def portal_my_product(self, unit_id, access_token=None, **kwargs):
        """Show one installed product, its warranties and its requests."""
        try:
            unit_sudo = self._check_aftersales_access("aftersales.unit", unit_id, access_token)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        may_ask = self._may_ask_for_service(unit_sudo)
        values = {
            "page_name": "aftersales_units",
            "unit": unit_sudo,
            "warranties": unit_sudo.warranty_ids,
            "service_requests": self._get_unit_requests(unit_sudo),
            "may_ask": may_ask,
            "helped": kwargs.get("helped") == "1",
            "today": fields.Date.context_today(unit_sudo),
            "res_company": unit_sudo.company_id,
        }
        values = self._get_aftersales_page_values(
            unit_sudo, access_token, values, "aftersales.unit_history", kwargs
        )
        return request.render("aftersales_base.portal_my_product", values)

    @http.route("/my/service-requests/<int:request_id>", type="http", auth="public", website=True)
    def portal_my_service_request(
        self, request_id, access_token=None, sent=None, done=None, **kwargs
    ):
        """Show one service request: where it stands and the messages about it."""
        try:
            request_sudo = self._check_aftersales_access(
                "aftersales.request", request_id, access_token
            )
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        return self._render_request_page(
            request_sudo, access_token, query=kwargs, sent=sent, done=done
        )

    def _get_aftersales_page_values(self, record_sudo, access_token, values, history, query):
        """Return what the page of one record shows, thread and pager included.

        :param dict query: the rest of the address: who writes by a link from a mail (``pid``,
            ``hash``) is taken from it, nothing else
        """
        author = {key: query[key] for key in ("pid", "hash") if query.get(key)}
        return self._get_page_view_values(
            record_sudo, access_token, values, history, False, **author
        )

    def _render_request_page(self, request_sudo, access_token=None, query=None, **shown):
        """Show the page of a request.

        :param shown: what :meth:`_prepare_request_page_values` takes; none of it comes from an
            address unseen
        """
        values = self._get_aftersales_page_values(
            request_sudo,
            access_token,
            self._prepare_request_page_values(request_sudo, **shown),
            "aftersales.request_history",
            query or {},
        )
        return request.render("aftersales_base.portal_my_service_request", values)

    def _prepare_request_page_values(self, request_sudo, sent=None, done=None):
        """Return what the page of a request shows."""
        unit_sudo = request_sudo.unit_id
        return {
            "page_name": "aftersales_requests",
            "service_request": request_sudo,
            "steps": self._get_request_steps(request_sudo),
            "unit_readable": unit_sudo and self._is_readable(unit_sudo),
            "may_ask": unit_sudo and self._may_ask_for_service(unit_sudo),
            "files": self._get_request_files(request_sudo),
            "sent": sent,
            "done": done,
            "res_company": request_sudo.company_id,
        }

    def _get_request_files(self, request_sudo):
        """Return the files of the messages the customer reads, the newest first."""
        messages_sudo = request_sudo.website_message_ids.filtered(
            lambda message: not message.is_internal and not message.subtype_id.internal
        )
        attachments_sudo = messages_sudo.filtered("subtype_id").attachment_ids
        attachments_sudo.generate_access_token()
        return attachments_sudo.sorted("id", reverse=True)

    def _check_aftersales_access(self, model, record_id, access_token=None):
        """Return the record in superuser mode once the user, or the token, may read it.

        :raises AccessError, MissingError: not his and no valid token, or no such record
        """
        if record_id > MAX_ID:
            raise MissingError(request.env._("This document does not exist."))
        token = access_token if isinstance(access_token, str) and access_token.isascii() else None
        return self._document_check_access(model, record_id, token)

    def _redirect_aftersales_refused(self):
        """Send strangers to the login, and customers back to their own pages."""
        if request.env.user._is_public():
            path = request.httprequest.path
            return request.redirect_query("/web/login", {"redirect": path})
        return request.redirect("/my")

    def _is_readable(self, record_sudo):
        """Return whether the user himself, without any token, may read the record."""
        return record_sudo.with_env(request.env).has_access("read")

    def _may_ask_for_service(self, unit_sudo):
        """Return whether the user may ask for service on the unit: it is his and in use."""
        in_use = unit_sudo.active and unit_sudo.state == "active"
        return in_use and self._is_readable(unit_sudo)

    def _get_unit_requests(self, unit_sudo):
        """Return the newest requests about the unit that the user may read."""
        requests = request.env["aftersales.request"]
        if not requests.has_access("read"):
            return requests
        return requests.search(
            [("unit_id", "=", unit_sudo.id)], order="date_reported desc, id desc", limit=20
        ).sudo()

    def _get_request_steps(self, request_sudo):
        """Return the steps of the progress bar; a cancelled request has none.

        :return: list of dicts with ``label``, ``date`` and ``status``, one of ``done``,
            ``current``, ``waiting``, ``todo``
        """
        state = request_sudo.state
        if state == "cancelled":
            return []
        position = {"new": 0, "in_progress": 1, "waiting": 1, "done": 3}[state]
        middle = request.env._("In progress")
        if state == "waiting":
            for_customer = request_sudo.waits_for_customer
            middle = request.env._("Waiting for you") if for_customer else request.env._("Waiting")
        steps = [
            {"label": request.env._("New"), "date": request_sudo.date_reported},
            {"label": middle, "date": False},
            {"label": request.env._("Solved"), "date": request_sudo.date_closed},
        ]
        return self._mark_steps(steps, position, waiting=state == "waiting")

    def _mark_steps(self, steps, position, waiting=False):
        """Return the steps of a progress bar with the ``status`` each has at ``position``."""
        for index, step in enumerate(steps):
            step["status"] = "done" if index < position else "todo"
            if index == position:
                step["status"] = "waiting" if waiting else "current"
        return steps

    # === NEW REQUEST === #

    @http.route(
        "/my/products/<int:unit_id>/service",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_service_form(self, unit_id, **kwargs):
        """Show the form that asks for service on one product."""
        try:
            unit_sudo = self._check_aftersales_access("aftersales.unit", unit_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if not self._may_ask_for_service(unit_sudo):
            return request.redirect(unit_sudo.access_url)
        partner = request.env.user.partner_id
        form = dict.fromkeys(MAX_LENGTHS, "")
        form["phone"] = partner.phone or partner.commercial_partner_id.phone or ""
        return self._render_service_form(unit_sudo, form, {})

    @http.route(
        "/my/products/<int:unit_id>/service",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_service_submit(self, unit_id, **post):
        """Make the request, or show the form again with what was typed and what is wrong."""
        try:
            unit_sudo = self._check_aftersales_access("aftersales.unit", unit_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if not self._may_ask_for_service(unit_sudo):
            return request.redirect(unit_sudo.access_url)
        form = {name: self._clean_text(post.get(name)) for name in MAX_LENGTHS}
        files, file_error = self._read_service_files()
        errors = self._get_service_form_errors(form)
        if file_error:
            errors["files"] = file_error
        if errors:
            return self._render_service_form(unit_sudo, form, errors, files_lost=bool(files))
        request_sudo = self._create_service_request(unit_sudo, form, files)
        return request.redirect(f"{request_sudo.access_url}?sent=1")

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

    def _clean_text(self, value):
        """Return the text that was typed, without control characters; a file is no text."""
        if not isinstance(value, str):
            return ""
        value = value.replace("\r\n", "\n")
        return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", value).strip()

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

    def _get_text_errors(self, form, lengths):
        """Return ``{field: what is wrong with it}`` of subject, phone and too long texts."""
        errors = {
            name: request.env._(
                "This text is longer than %(limit)s characters. Shorten it.", limit=limit
            )
            for name, limit in lengths.items()
            if len(form[name]) > limit
        }
        if not form["subject"]:
            errors["subject"] = request.env._("Say in one line what is wrong.")
        if form["phone"] and sum(char.isdigit() for char in form["phone"]) < 5:
            errors["phone"] = request.env._(
                "This is no phone number. Correct it, or leave it empty."
            )
        return errors

    def _get_expected_day(self, form):
        """Return the wished day, or None when it is none, past, or more than a year away."""
        try:
            day = date.fromisoformat(form["date_expected"])
        except ValueError:
            return None
        today = fields.Date.context_today(request.env.user)
        return day if today <= day <= today + timedelta(days=365) else None

    def _get_rate_error(self, model):
        """Return what to say to a user who sent too many of these within an hour.

        :param str model: with a ``channel``, which is ``portal`` for what came in here
        """
        since = fields.Datetime.now() - timedelta(hours=1)
        # sudo: counts what the user made himself, seen or not by him now
        recent_sudo = (
            request.env[model]
            .sudo()
            .search(
                [
                    ("create_uid", "=", request.env.uid),
                    ("channel", "=", "portal"),
                    ("create_date", ">", since),
                ],
                order="create_date desc",
                limit=MAX_REQUESTS_PER_HOUR,
            )
        )
        if len(recent_sudo) < MAX_REQUESTS_PER_HOUR:
            return ""
        free = recent_sudo[-1].create_date + timedelta(hours=1)
        return request.env._(
            "You sent %(count)s requests within an hour. Send this one after %(time)s, or call us.",
            count=len(recent_sudo),
            time=format_datetime(request.env, free, dt_format="short"),
        )

    def _read_service_files(self):
        """Return the sent files as attachment values, and what is wrong with them, if anything.

        What a file is, its bytes say; its name and the browser's word do not count.
        """
        uploads = [file for file in request.httprequest.files.getlist("files") if file.filename]
        if len(uploads) > MAX_FILES:
            return [], request.env._(
                "These are more than %(count)s files. Send fewer.", count=MAX_FILES
            )
        vals_list = []
        for upload in uploads:
            name = self._clean_filename(upload.filename)
            content = upload.read(MAX_FILE_MB * 1024 * 1024 + 1)
            if len(content) > MAX_FILE_MB * 1024 * 1024:
                return [], request.env._(
                    "%(file)s is larger than %(size)s MB. Send a smaller file.",
                    file=name,
                    size=MAX_FILE_MB,
                )
            mimetype = self._guess_file_type(content)
            if not mimetype:
                return [], request.env._(
                    "%(file)s is no picture, PDF or MP4 video that opens. Send another file.",
                    file=name,
                )
            vals_list.append(self._prepare_file_vals(name, mimetype, content))
        return vals_list, ""

    def _clean_filename(self, filename):
        """Return the last part of a path, without characters that turn the text around."""
        name = self._clean_text(os.path.basename(filename.replace("\\", "/")))
        return re.sub(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", name)

    def _guess_file_type(self, content):
        """Return the type the bytes show, or None when it is none that may be sent."""
        for mimetype, (pattern, __) in FILE_TYPES.items():
            if re.match(pattern, content, re.DOTALL):
                return mimetype
        return None

    def _prepare_file_vals(self, name, mimetype, content):
        """Return attachment values; the name gets the ending of what the file really is."""
        endings = FILE_TYPES[mimetype][1]
        stem, ending = os.path.splitext(name)
        if ending.lower() not in endings:
            stem, ending = name, endings[0]
        return {"name": f"{stem[:80]}{ending}", "raw": content, "mimetype": mimetype}

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

    def _post_files(self, record_sudo, files, body):
        """Post the files a customer sent as his message on a record just made for him.

        :param list files: attachment values from :meth:`_read_service_files`
        """
        # From the composer, so that message_post takes them over from a customer too.
        owner = {"res_model": "mail.compose.message", "res_id": 0}
        attachments_sudo = (
            request.env["ir.attachment"].sudo().create([{**vals, **owner} for vals in files])
        )
        record_sudo.message_post(
            body=body,
            attachment_ids=attachments_sudo.ids,
            author_id=request.env.user.partner_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
