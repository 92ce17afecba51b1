import re
from datetime import date

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, plaintext2html

from ..tools.sheets import parse_date, parse_number
from .aftersales_unit_import import DATE_COLUMNS, REQUIRED_COLUMNS

FIRST_DAY = date(1950, 1, 1)


class AftersalesUnitImport(models.TransientModel):
    """Which rows can be registered, and why the others cannot.

    A row is a dict with ``cells`` (texts by column) and ``raw`` values; judging adds
    ``product``, ``partner``, ``vals`` and ``errors``.
    """

    _inherit = "aftersales.unit.import"

    # === JUDGING === #

    def _judge_cells(self, table):
        """Read dates and numbers; say which are none."""
        labels = self._get_column_labels()
        today = self.company_id._get_aftersales_day()
        for row in table:
            row["errors"] += [
                self.env._("%(column)s is missing.", column=labels[column])
                for column in REQUIRED_COLUMNS
                if not row["cells"].get(column)
            ]
            for column in DATE_COLUMNS:
                self._judge_date(row, column, labels[column], today)
            self._judge_number(row, "quantity", labels["quantity"], above_zero=True)
            self._judge_number(row, "price_paid", labels["price_paid"])
            if len(row["cells"].get("serial", "")) > 100:
                row["errors"].append(self.env._("The serial is longer than 100 characters."))
            if note := row["cells"].get("note"):
                row["vals"]["note"] = plaintext2html(note)

    def _judge_date(self, row, column, label, today):
        if not row["cells"].get(column):
            return
        try:
            day = parse_date(row["raw"][column])
        except ValueError:
            row["errors"].append(
                self.env._(
                    "%(column)s %(value)s is no date. Use a date cell or text like 2025-01-31.",
                    column=label,
                    value=row["cells"][column],
                )
            )
            return
        if not FIRST_DAY <= day <= today:
            row["errors"].append(
                self.env._(
                    "%(column)s %(value)s lies before 1950 or in the future.",
                    column=label,
                    value=format_date(self.env, day),
                )
            )
            return
        row["vals"][column] = day

    def _judge_number(self, row, column, label, above_zero=False):
        if not row["cells"].get(column):
            return
        try:
            number = parse_number(row["raw"][column])
        except ValueError:
            number = -1
        if number < 0 or (above_zero and not number):
            row["errors"].append(
                self.env._(
                    "%(column)s %(value)s is no number %(limit)s.",
                    column=label,
                    value=row["cells"][column],
                    limit=self.env._("above zero") if above_zero else self.env._("from zero on"),
                )
            )
            return
        row["vals"][column] = number

    def _judge_products(self, table):
        """Find products by internal reference, else by barcode."""
        codes = {row["cells"].get("product") for row in table} - {None, ""}
        products = self.env["product.product"].search_fetch(
            (Domain("default_code", "in", codes) | Domain("barcode", "in", codes))
            & Domain(self.env["product.product"]._check_company_domain(self.company_id)),
            ["default_code", "barcode", "tracking", "name"],
        )
        by_code, by_barcode = {}, {}
        for product in products:
            by_code.setdefault(product.default_code, []).append(product)
            by_barcode.setdefault(product.barcode, []).append(product)
        for row in table:
            code = row["cells"].get("product")
            if not code:
                continue
            found = by_code.get(code) or by_barcode.get(code) or []
            if len(found) != 1:
                row["errors"].append(
                    self.env._(
                        "%(count)s products have the reference %(code)s.",
                        count=len(found),
                        code=code,
                    )
                    if found
                    else self.env._(
                        "Product %(code)s is unknown: no internal reference or barcode.", code=code
                    )
                )
                continue
            row["product"] = found[0]

    def _judge_customers(self, table):
        """Find customers by reference, e-mail, phone or name, however it is written."""
        terms = {row["cells"].get("customer") for row in table} - {None, ""}
        index = {}
        for partner in self._find_partners(terms):
            for key in self._get_partner_keys(partner):
                index.setdefault(key, self.env["res.partner"])
                index[key] |= partner
        for row in table:
            if not (term := row["cells"].get("customer")):
                continue
            partners = self._narrow(index.get(term.casefold(), self.env["res.partner"]))
            if not partners and self._is_phone(term):
                # Same last digits so far: the longer number has to end with the shorter one.
                partners = self._narrow(
                    index.get(self._get_phone_key(term), self.env["res.partner"]).filtered(
                        lambda partner, term=term: self._is_same_phone(partner.phone, term)
                    )
                )
            if len(partners) != 1:
                row["errors"].append(self._get_customer_error(term, partners))
                continue
            row["partner"] = partners

    def _find_partners(self, terms):
        """Return the partners that one of the terms may mean, in two queries."""
        Partner = self.env["res.partner"]
        folded = tuple({term.casefold() for term in terms}) or ("",)
        phones = tuple({self._get_phone_key(term) for term in terms if self._is_phone(term)})
        Partner.flush_model(["active", "name", "complete_name", "ref", "email_normalized", "phone"])
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM res_partner
                    WHERE active
                      AND (lower(name) IN %(terms)s OR lower(complete_name) IN %(terms)s
                           OR lower(ref) IN %(terms)s OR email_normalized IN %(terms)s
                           OR right(regexp_replace(phone, '\\D', '', 'g'), 8) IN %(phones)s)""",
                terms=folded,
                phones=phones or ("-",),
            )
        )
        # Only those the user may see and the company may use.
        return Partner.search_fetch(
            Domain("id", "in", [partner_id for (partner_id,) in rows])
            & Domain(Partner._check_company_domain(self.company_id)),
            ["name", "complete_name", "ref", "email_normalized", "phone", "parent_id"],
        )

    @api.model
    def _get_partner_keys(self, partner):
        texts = (partner.name, partner.complete_name, partner.ref, partner.email_normalized)
        keys = {text.casefold() for text in texts if text}
        if partner.phone and self._is_phone(partner.phone):
            keys.add(self._get_phone_key(partner.phone))
        return keys

    @api.model
    def _is_phone(self, text):
        digits = sum(char.isdigit() for char in text)
        return digits >= 5 and not re.search(r"[^\d\s()+./-]", text)

    @api.model
    def _get_phone_key(self, text):
        return re.sub(r"\D", "", text)[-8:]

    @api.model
    def _is_same_phone(self, phone, term):
        one, other = (re.sub(r"\D", "", text or "").lstrip("0") for text in (phone, term))
        return bool(one and other) and (one.endswith(other) or other.endswith(one))

    @api.model
    def _narrow(self, partners):
        """Return the company alone when all others are its own contacts."""
        roots = partners.filtered(lambda partner: partner.parent_id not in partners)
        return roots if len(roots) == 1 else partners

    def _get_customer_error(self, term, partners):
        if not partners:
            return self.env._(
                "Customer %(term)s is unknown: no name, reference, e-mail or phone.", term=term
            )
        return self.env._(
            "Customer %(term)s is ambiguous: %(names)s. Use the reference or the e-mail.",
            term=term,
            names=", ".join(partners[:3].mapped("complete_name")),
        )

    def _judge_places(self, table):
        """Find the place among the addresses of the row's customer."""
        rows = [row for row in table if row["cells"].get("place") and row.get("partner")]
        owners = self.env["res.partner"].union(*[row["partner"] for row in rows])
        places = self.env["res.partner"].search_fetch(
            Domain("commercial_partner_id", "in", owners.commercial_partner_id.ids)
            & Domain(self.env["res.partner"]._check_company_domain(self.company_id)),
            ["name", "complete_name", "ref", "street", "city", "commercial_partner_id"],
        )
        index = {}
        for place in places:
            for text in (place.name, place.complete_name, place.ref, place.street, place.city):
                if text:
                    key = (place.commercial_partner_id.id, text.casefold())
                    index.setdefault(key, self.env["res.partner"])
                    index[key] |= place
        for row in rows:
            text = row["cells"]["place"]
            found = index.get((row["partner"].commercial_partner_id.id, text.casefold()))
            if not found or len(found) > 1:
                row["errors"].append(
                    self.env._(
                        "Place %(place)s names %(count)s addresses of %(customer)s, one is needed.",
                        place=text,
                        count=len(found or ()),
                        customer=row["partner"].complete_name,
                    )
                )
                continue
            row["vals"]["place_id"] = found.id

    def _judge_serials(self, table):
        """Refuse serials that come twice or are registered already."""
        rows = [row for row in table if row.get("product") and self._is_unique(row)]
        first_rows = {}
        registered = self._get_registered_serials(rows)
        for row in rows:
            pair = (row["product"].id, row["cells"]["serial"])
            if pair in first_rows:
                row["errors"].append(
                    self.env._(
                        "Serial %(serial)s stands in row %(row)s already.",
                        serial=pair[1],
                        row=first_rows[pair],
                    )
                )
            first_rows.setdefault(pair, row["number"])
            if pair in registered:
                row["errors"].append(
                    self.env._(
                        "Serial %(serial)s is registered already: %(unit)s.",
                        serial=pair[1],
                        unit=registered[pair],
                    )
                )
        for row in table:
            product = row.get("product")
            if product and product.tracking == "serial" and row["vals"].get("quantity", 1) != 1:
                row["errors"].append(
                    self.env._(
                        "Product %(product)s has a serial for each: the quantity is 1.",
                        product=product.default_code or product.name,
                    )
                )

    @api.model
    def _is_unique(self, row):
        """Return whether the row's serial stands for one thing: not so for a lot."""
        return bool(row["cells"].get("serial")) and row["product"].tracking != "lot"

    def _get_registered_serials(self, rows):
        """Return the reference of the living unit of each product and serial that has one."""
        # sudo: a serial is taken whether or not the user may see who has it; the reference of
        # the unit is all that is told.
        units_sudo = (
            self.env["aftersales.unit"]
            .sudo()
            .with_context(active_test=False)
            .search_fetch(
                Domain("company_id", "=", self.company_id.id)
                & Domain("state", "=", "active")
                & Domain("product_id", "in", list({row["product"].id for row in rows}))
                & Domain("serial", "in", list({row["cells"]["serial"] for row in rows})),
                ["product_id", "serial", "name"],
            )
        )
        return {(unit.product_id.id, unit.serial): unit.name for unit in units_sudo}
