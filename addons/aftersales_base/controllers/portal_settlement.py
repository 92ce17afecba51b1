import re

from psycopg2.errors import UniqueViolation

from odoo import http
from odoo.exceptions import AccessError, ConcurrencyError, MissingError
from odoo.fields import Domain
from odoo.http import request

from ..models.aftersales_invoice_request import DATA_FIELDS
from ..models.aftersales_settlement_statement import MOST_LINES_AT_ONCE
from .portal import AftersalesPortal
from .workbook import send_workbook

MODEL = "aftersales.settlement"
LINES_A_PAGE = 100
MOST_OF_A_JOB = 20
MAX_LENGTHS = dict.fromkeys(DATA_FIELDS, 120) | {"vat": 40, "zip": 20, "phone": 40, "note": 500}


class SettlementPortal(AftersalesPortal):
    """What a payer sees of his settlements, how he pays them, and the invoice he asks for
    (SA5, SA12, PO3).

    The record rule says which are his: confirmed ones of his company or household. Their lines,
    charges and invoices are shown in superuser mode once the settlement was checked. An invoice
    is asked for by users who may read the settlement themselves; a token is not enough.
    """

    # === HOME AND LIST === #

    def _get_portal_counters(self):
        return {**super()._get_portal_counters(), "aftersales_settlement_count": MODEL}

    @http.route(
        ["/my/settlements", "/my/settlements/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_settlements(self, page=1, **asked):
        """Show what the user's company pays, or paid."""
        values = self._prepare_aftersales_list_values(
            MODEL,
            "/my/settlements",
            page,
            asked,
            sortings=self._get_settlement_sortings(),
            filters=self._get_settlement_filters(),
            search_inputs=self._get_settlement_search_inputs(),
        )
        values["page_name"] = "aftersales_settlements"
        return request.render("aftersales_base.portal_my_settlements", values)

    def _get_settlement_sortings(self):
        return {
            "newest": {"label": request.env._("Newest"), "order": "date desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date, id"},
            "amount": {"label": request.env._("Amount"), "order": "amount_total desc, id desc"},
        }

    def _get_settlement_filters(self):
        shown = Domain("state", "=", "confirmed")
        return {
            "all": {"label": request.env._("All"), "domain": shown},
            "open": {
                "label": request.env._("Open"),
                "domain": shown & request.env[MODEL]._get_portal_open_domain(),
            },
            "paid": {
                "label": request.env._("Paid"),
                "domain": shown & Domain("status", "in", ("paid", "written_off")),
            },
        }

    def _get_settlement_search_inputs(self):
        """Return the fields to search, each with the domain it makes of a text."""
        return {
            "all": {
                "label": request.env._("Search in all"),
                "domain": lambda text: (
                    Domain("name", "ilike", text) | Domain("partner_ref", "ilike", text)
                ),
            },
            "name": {
                "label": request.env._("Search in numbers"),
                "domain": lambda text: Domain("name", "ilike", text),
            },
            "ref": {
                "label": request.env._("Search in your references"),
                "domain": lambda text: Domain("partner_ref", "ilike", text),
            },
        }

    # === ONE SETTLEMENT === #

    def _check_settlement_access(self, settlement_id, access_token=None):
        """Return the settlement in superuser mode once the user, or the token, may see it.

        :raises AccessError, MissingError: not his, no such one, or none that is shown
        """
        settlement_sudo = self._check_aftersales_access(MODEL, settlement_id, access_token)
        if settlement_sudo.state != "confirmed":
            # Not agreed, or taken back, whoever holds the link.
            raise MissingError(request.env._("This document does not exist."))
        return settlement_sudo

    @http.route("/my/settlements/<int:settlement_id>", type="http", auth="public", website=True)
    def portal_my_settlement(
        self,
        settlement_id,
        access_token=None,
        report_type=None,
        download=None,
        lines=1,
        done=None,
        **kwargs,
    ):
        """Show one settlement: its lines, where it stands, and how to pay it."""
        try:
            settlement_sudo = self._check_settlement_access(settlement_id, access_token)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if report_type in ("pdf", "html"):
            if settlement_sudo.line_count > MOST_LINES_AT_ONCE:
                return request.redirect(self._get_settlement_url(settlement_sudo, access_token))
            return self._show_report(
                settlement_sudo,
                report_type,
                "aftersales_base.aftersales_settlement_report",
                download=bool(download),
            )
        return self._render_settlement_page(settlement_sudo, access_token, lines=lines, done=done)

    @http.route(
        "/my/settlements/<int:settlement_id>/statement.xlsx",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_settlement_workbook(self, settlement_id, access_token=None, **kwargs):
        """Send the statement as a workbook, in the columns the payer asked for."""
        try:
            settlement_sudo = self._check_settlement_access(settlement_id, access_token)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        content = self._get_workbook(settlement_sudo)
        if not content:
            return request.redirect(self._get_settlement_url(settlement_sudo, access_token))
        return send_workbook(content, settlement_sudo._get_statement_filename())

    def _get_workbook(self, settlement_sudo):
        """Return the bytes of the workbook, if there is one: a long one has to be written already,
        and its columns agreed where the company asks for that."""
        if not settlement_sudo._find_statement_template():
            return b""
        if settlement_sudo.line_count > MOST_LINES_AT_ONCE:
            return settlement_sudo._get_written_statement()._get_bytes()
        return settlement_sudo.env["aftersales.statement"]._get_bytes(settlement_sudo)

    def _render_settlement_page(self, settlement_sudo, access_token=None, **shown):
        values = self._get_aftersales_page_values(
            settlement_sudo,
            access_token,
            self._prepare_settlement_page_values(settlement_sudo, access_token, **shown),
            f"{MODEL}_history",
            {},
        )
        return request.render("aftersales_base.portal_my_settlement", values)

    def _prepare_settlement_page_values(
        self, settlement_sudo, access_token, lines=1, done=None, form=None, errors=None
    ):
        """Return what the page of a settlement shows."""
        lines_sudo, pager = self._get_settlement_lines(settlement_sudo, access_token, lines)
        state = request.env["ir.actions.report"].sudo().get_wkhtmltopdf_state()
        long = settlement_sudo.line_count > MOST_LINES_AT_ONCE
        return {
            "page_name": "aftersales_settlements",
            "settlement": settlement_sudo,
            "status": settlement_sudo._get_portal_status(),
            "rows": self._link_rows([line._prepare_portal_row() for line in lines_sudo]),
            "lines_pager": pager,
            "covered_charges": settlement_sudo._get_covered_charges(lines_sudo),
            "payment": settlement_sudo._get_portal_payment(),
            # Odoo's breadcrumbs take "invoice" for the page of one.
            "posted_invoice": settlement_sudo._get_living_move().filtered(
                lambda move: move.state == "posted"
            ),
            "settlement_url": self._get_settlement_url(settlement_sudo, access_token),
            "report_type": "pdf" if state in ("ok", "upgrade") else "html",
            "is_long": long,
            "has_workbook": settlement_sudo._find_statement_template()
            and (not long or settlement_sudo._get_written_statement()),
            "done": done,
            "res_company": settlement_sudo.company_id,
            **self._prepare_invoice_request_values(settlement_sudo, form, errors),
        }

    def _get_settlement_lines(self, settlement_sudo, access_token, page):
        """Return one page of the lines in the order of the statement, and its pager."""
        count = settlement_sudo.line_count
        pages = max(1, -(-count // LINES_A_PAGE))
        page = int(page) if str(page).isascii() and str(page).isdigit() else 1
        page = min(max(page, 1), pages)
        lines_sudo = settlement_sudo.line_ids.browse()
        if count <= LINES_A_PAGE:
            lines_sudo = settlement_sudo._get_statement_lines()
        else:
            lines_sudo = lines_sudo.search(
                [("settlement_id", "=", settlement_sudo.id)],
                order="id",
                limit=LINES_A_PAGE,
                offset=(page - 1) * LINES_A_PAGE,
            )
        url = self._get_settlement_url(settlement_sudo, access_token)
        joint = "&" if "?" in url else "?"
        return lines_sudo, {
            "page": page,
            "pages": pages,
            "previous": page > 1 and f"{url}{joint}lines={page - 1}",
            "next": page < pages and f"{url}{joint}lines={page + 1}",
        }

    def _link_rows(self, rows):
        """Add ``url`` to the rows: where the user follows the job, if he may."""
        requests_sudo = request.env["aftersales.request"].sudo()
        requests_sudo = requests_sudo.union(*(row["request"] for row in rows))
        readable = requests_sudo.with_env(request.env)
        readable = readable._filtered_access("read") if readable.has_access("read") else readable
        for row in rows:
            row["url"] = row["request"].access_url if row["request"].id in readable.ids else None
        return rows

    def _get_settlement_url(self, settlement_sudo, access_token):
        """Return the address of the page, with the token it was opened by."""
        url = settlement_sudo.access_url
        return f"{url}?access_token={settlement_sudo.access_token}" if access_token else url

    # === SETTLEMENTS OF A JOB === #

    def _get_job_settlements(self, domain):
        """Return, in superuser mode, what the user pays for charges, as far as he may see it.

        :param domain: of the charges
        """
        settlements = request.env[MODEL]
        if not settlements.has_access("read"):
            return settlements
        # sudo: customers read no lines; which of the found ones are his, the rule says below.
        found_sudo = settlements.sudo().search(
            Domain("state", "=", "confirmed")
            & Domain("kind", "=", "customer")
            & Domain("line_ids.charge_id", "any", domain),
            limit=MOST_OF_A_JOB,
        )
        return found_sudo.with_env(request.env)._filtered_access("read").sudo()

    def _prepare_request_page_values(self, request_sudo, **shown):
        values = super()._prepare_request_page_values(request_sudo, **shown)
        of_request = Domain("request_id", "=", request_sudo.id)
        return {**values, "settlements": self._get_job_settlements(of_request)}

    # === INVOICE REQUEST === #

    def _prepare_invoice_request_values(self, settlement_sudo, form=None, errors=None):
        """Return what the page says of the invoice with company data, and its form."""
        may_ask = self._may_ask_for_invoice(settlement_sudo)
        obstacle = settlement_sudo._get_invoice_request_obstacle()
        return {
            "invoice_request": settlement_sudo.invoice_request_ids[:1],
            "may_ask_invoice": may_ask and not obstacle,
            "invoice_form": form or self._get_invoice_form_defaults(settlement_sudo),
            "invoice_errors": errors or {},
            "invoice_lengths": MAX_LENGTHS,
        }

    def _may_ask_for_invoice(self, settlement_sudo):
        """Return whether the user is the payer himself; staff notes it on the settlement."""
        return self._is_readable(settlement_sudo) and not request.env.user._is_internal()

    def _get_invoice_form_defaults(self, settlement_sudo):
        """Return what the form starts with: what was asked for last, else what we know."""
        form = dict.fromkeys(DATA_FIELDS, "")
        last_sudo = settlement_sudo.invoice_request_ids[:1]
        if last_sudo:
            return form | {fname: last_sudo[fname] or "" for fname in DATA_FIELDS}
        customer_sudo = settlement_sudo.partner_id.commercial_partner_id
        known = ("vat", "street", "zip", "city", "phone", "email")
        form |= {fname: customer_sudo[fname] or "" for fname in known}
        form["company_name"] = customer_sudo.name if customer_sudo.is_company else ""
        return form

    @http.route(
        "/my/settlements/<int:settlement_id>/invoice-request",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_ask_for_invoice(self, settlement_id, **post):
        """Keep the tax data and give finance a to-do, or show the form again."""
        try:
            settlement_sudo = self._check_settlement_access(settlement_id)
        except (AccessError, MissingError):
            return self._redirect_aftersales_refused()
        if not self._may_ask_for_invoice(settlement_sudo):
            return request.redirect(settlement_sudo.access_url)
        form = self._read_form(post, DATA_FIELDS)
        errors = self._get_invoice_form_errors(settlement_sudo, form)
        if errors:
            return self._render_settlement_page(settlement_sudo, form=form, errors=errors)
        self._create_invoice_request(settlement_sudo, form)
        return request.redirect(f"{settlement_sudo.access_url}?done=invoice")

    def _get_invoice_form_errors(self, settlement_sudo, form):
        """Return ``{field: what is wrong with it}``; ``form`` for the whole."""
        errors = self._get_length_errors(form, MAX_LENGTHS)
        if not form["company_name"]:
            errors["company_name"] = request.env._("Write the name as it stands on the licence.")
        if sum(char.isalnum() for char in form["vat"]) < 5:
            errors["vat"] = request.env._("Write the tax number of your company.")
        if form["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", form["email"]):
            errors["email"] = request.env._("This is no mail address. Correct it.")
        if obstacle := settlement_sudo._get_invoice_request_obstacle():
            errors["form"] = obstacle
        return errors

    def _create_invoice_request(self, settlement_sudo, form):
        """Make the request: what was typed, and nothing else from outside."""
        # sudo: customers have no right on invoice requests. The settlement is his (checked as
        # himself), and the values are the whitelisted texts of the form.
        requests_sudo = request.env["aftersales.invoice.request"].sudo()
        vals = {"settlement_id": settlement_sudo.id, **{k: v or False for k, v in form.items()}}
        try:
            with request.env.cr.savepoint():
                return requests_sudo.with_company(settlement_sudo.company_id).create(vals)
        except UniqueViolation as error:
            # Somebody of his company asks at this moment: the call is repeated and finds it.
            raise ConcurrencyError from error
