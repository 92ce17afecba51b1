from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.tools import float_compare, float_repr, float_round

from ..tools.pricing import PriceCase
from ..tools.working_time import WorkingTime

GRADES = ("junior", "senior", "expert")
# The facts a price hangs on: the others tell people why.
DECIDING_FACTS = ("key", "row", "standing", "taxes")
# What a name in the facts of a price is the name of.
NAMED_CONDITIONS = {
    "product_id": "product.product",
    "category_id": "product.category",
    "repair_level_id": "aftersales.repair.level",
    "service_type_id": "aftersales.service.type",
    "customer_level_id": "aftersales.customer.level",
}


class AftersalesCharge(models.Model):
    """What a charge costs, and why: a row of the service prices, else the customer's pricelist.

    ``price_facts`` keeps what the price was taken from. While that is the same, a price that
    somebody typed stays, whatever else changes; one of the list follows the quantity.
    """

    _inherit = "aftersales.charge"

    repair_level_id = fields.Many2one(
        comodel_name="aftersales.repair.level",
        compute="_compute_repair_level_id",
        store=True,
        readonly=False,
        precompute=True,
        help="How big the repair is; prices and what makers pay may depend on it.",
    )
    date_work = fields.Datetime(
        string="Work Begins",
        compute="_compute_date_work",
        store=True,
        readonly=False,
        precompute=True,
        help="When the work was done, or is to be done. Prices may depend on the time.",
    )
    price_facts = fields.Json(compute="_compute_price_unit", store=True, precompute=True)
    is_flat_price = fields.Boolean(
        string="Flat Price",
        compute="_compute_price_unit",
        store=True,
        precompute=True,
        help="The price is for the whole, whatever the quantity.",
    )
    price_explanation = fields.Char(string="Price", compute="_compute_price_explanation")

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_repair_level_id(self):
        for charge in self:
            level = charge.product_id.aftersales_repair_level_id
            charge.repair_level_id = level or charge.repair_level_id

    @api.depends(lambda self: self._get_work_time_depends())
    def _compute_date_work(self):
        """Apart from what else the origin gives: a visit that is moved takes back nothing that
        was corrected by hand."""
        for charge in self.filtered(lambda charge: charge.state == "draft"):
            origin = charge._get_origin()
            values = origin._prepare_charge_origin_vals() if origin else {}
            charge.date_work = values.get("date_work") or charge.date_work

    @api.depends("price_facts", "price_unit")
    @api.depends_context("lang")
    def _compute_price_explanation(self):
        for charge in self:
            charge.price_explanation = charge._explain_price()

    # === CRUD METHODS === #

    def _add_precomputed_values(self, vals_list):
        """Leave a price that was given alone: its facts are worked out together with a price."""
        for vals in vals_list:
            if "price_unit" in vals:
                vals.update(price_facts=False, is_flat_price=False)
        super()._add_precomputed_values(vals_list)

    # === BUSINESS METHODS: PRICE === #

    @api.model
    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"repair_level_id", "date_work"}

    @api.model
    def _get_work_time_depends(self):
        """Return what the moment of work depends on."""
        return ["request_id.date_planned"]

    @api.model
    def _get_price_depends(self):
        """Return what a price depends on."""
        return [
            "product_id",
            "uom_id",
            "quantity",
            "partner_id",
            "payer_id",
            "currency_id",
            "kind",
            "unit_id.product_id",
            "unit_id.sold_by_others",
            "repair_level_id",
            "service_type_id",
            "team_id",
            "user_id",
            "date_work",
        ]

    def _set_prices(self):
        """Price drafts anew where what the price is taken from changed; a fixed number of
        queries for any batch, and none without service prices in the company."""
        rows = self.env["aftersales.price.rule"]._find(self)
        taxes = self._get_payer_taxes()
        facts = {
            charge: charge._prepare_price_facts(rows.get(charge), taxes.get(charge))
            for charge in self
        }
        changed = self.filtered(lambda charge: not charge._is_priced_by(facts[charge]))
        recounted = (self - changed).filtered(lambda charge: charge._is_recounted(facts[charge]))
        (self - changed - recounted)._keep_prices()
        listed = (changed | recounted)._get_listed_prices(rows, taxes)
        for charge in changed | recounted:
            typed = charge in recounted and charge._differs_from_listed()
            price = charge.price_unit if typed else listed.get(charge, charge.price_unit)
            if charge in listed:
                facts[charge]["listed"] = charge._to_price_text(listed[charge])
            charge.price_unit = price
            charge.price_facts = facts[charge]
            charge.is_flat_price = charge in rows and rows[charge].price_by == "flat"

    def _keep_prices(self):
        for charge in self:
            charge.price_unit = charge.price_unit
            charge.price_facts = charge.price_facts
            charge.is_flat_price = charge.is_flat_price

    def _note_typed_prices(self):
        """Keep beside a price that somebody typed what it would cost by the list."""
        drafts = self.filtered(lambda charge: charge.state == "draft")
        # What a module charges in superuser mode is agreed, or worked out by it.
        listing = drafts.browse() if self.env.su else drafts
        agreed = self._get_agreed_kinds()
        listing = listing.filtered(lambda charge: charge.kind not in agreed)
        rows = self.env["aftersales.price.rule"]._find(listing)
        taxes = drafts._get_payer_taxes()
        listed = listing._get_listed_prices(rows, taxes)
        # sudo: the facts are for the rules to write.
        for charge_sudo in drafts.sudo():
            facts = charge_sudo._prepare_price_facts(rows.get(charge_sudo), taxes.get(charge_sudo))
            if charge_sudo in listed:
                facts["listed"] = self._to_price_text(listed[charge_sudo])
            charge_sudo.price_facts = facts
            if charge_sudo in listing:
                row = rows.get(charge_sudo)
                charge_sudo.is_flat_price = bool(row) and row.price_by == "flat"

    def _is_priced_by(self, facts):
        """Return whether the price was taken from the same already."""
        self.ensure_one()
        noted = self.price_facts
        if not noted:
            # Priced before facts were kept: what it costs was agreed as it is.
            return isinstance(self.id, int) and bool(self.price_unit)
        return all(noted.get(name) == facts.get(name) for name in DECIDING_FACTS)

    def _is_recounted(self, facts):
        """Return whether the list may know another price now, for it is about another quantity.

        What was agreed, or charged by a module, was not taken from the list.
        """
        self.ensure_one()
        noted = self.price_facts or {}
        return "listed" in noted and noted.get("quantity") != facts["quantity"]

    def _prepare_price_facts(self, row, taxes):
        """Return the plain values a price is taken from.

        :param row: of the service prices, or ``None``
        :param taxes: those the payer owes instead of the product's, or ``None``
        """
        self.ensure_one()
        records = (self.product_id, self.uom_id, self.partner_id, self.currency_id)
        facts = {
            "key": [record._origin.id for record in records],
            "quantity": f"{self.quantity:g}",
        }
        if standing := self._get_standing_discount():
            facts["standing"] = standing
        if taxes is not None:
            facts["taxes"] = taxes.ids
        if row:
            facts["row"] = [
                row.id,
                row.price_by,
                self._to_price_text(row.price),
                f"{row.percent:g}",
                row.currency_id,
            ]
            facts["because"] = self._prepare_price_reasons(row)
        return facts

    @api.model
    def _prepare_price_reasons(self, row):
        """Return what a row names, to be told years later: names as they are, codes as codes."""
        # sudo: a technician is told the names of what decided.
        reasons = {
            fname: self.env[model].sudo().browse(getattr(row, fname)).display_name
            for fname, model in NAMED_CONDITIONS.items()
            if getattr(row, fname)
        }
        codes = {fname: getattr(row, fname) for fname in ("sold_by", "grade", "work_time")}
        return reasons | {fname: code for fname, code in codes.items() if code}

    def _get_listed_prices(self, rows, taxes):
        """Return ``{charge: price of one unit}`` by the service prices, else the pricelist.

        :param dict rows: of the service prices, for the charges they hold for
        :param dict taxes: of the payers, for the charges whose price they change
        """
        asking = self.filtered(
            lambda charge: (
                charge.product_id and (charge not in rows or rows[charge].price_by == "percent")
            )
        )
        prices = {}
        for key, charges in asking.grouped(lambda charge: charge._get_price_key()).items():
            pricelist, quantity, uom, currency, day = key
            found = pricelist._get_products_price(
                charges.product_id, quantity=quantity, uom=uom, currency=currency, date=day
            )
            prices.update((charge, found[charge.product_id.id]) for charge in charges)
        for charge in self.filtered(lambda charge: charge in rows):
            price = charge._get_row_price(rows[charge], prices.get(charge))
            if price is not None:
                prices[charge] = price
        prices = {charge: charge._apply_standing(price) for charge, price in prices.items()}
        return {
            charge: charge._put_in_taxes(price, taxes[charge]) if charge in taxes else price
            for charge, price in prices.items()
        }

    def _get_standing_discount(self):
        """Return ``[level, percent]`` in text of what his level takes off, or ``None``."""
        self.ensure_one()
        levels = self.env["aftersales.customer.level"]
        discounts = levels._get_discounts()
        if not discounts or self.kind in self._get_agreed_kinds():
            return None
        level_sudo = self._get_price_level()
        company_id, percent = discounts.get(level_sudo.id, (False, 0))
        if not percent or company_id not in (False, *self.company_id.parent_ids.ids):
            return None
        return [level_sudo.name, f"{percent:g}"]

    def _apply_standing(self, price):
        """Return a listed price less what the customer's level takes off."""
        if standing := self._get_standing_discount():
            return self._round_price(price * (1 - float(standing[1]) / 100))
        return price

    def _get_row_price(self, row, listed):
        """Return what one unit costs by a row, in the currency and unit of the charge.

        :param float listed: by the pricelist, for a row that is a percent of it
        """
        self.ensure_one()
        if row.price_by == "percent":
            return listed and self._round_price(listed * row.percent / 100)
        currency = self.env["res.currency"].browse(row.currency_id)
        price = currency._convert(
            row.price,
            self.currency_id,
            self.company_id,
            self.company_id._get_aftersales_day(),
            False,
        )
        return self._round_price(price * self._get_price_factor(row.price_by))

    def _get_price_factor(self, price_by):
        """Return how many hours, or pieces, one unit of the charge is."""
        self.ensure_one()
        base = {"hour": self.env.ref("uom.product_uom_hour"), "each": self.product_id.uom_id}
        uom = base.get(price_by)
        if not uom or not self.uom_id or self.uom_id == uom:
            return 1.0
        if not self.uom_id._has_common_reference(uom):
            return 1.0
        return self.uom_id._compute_quantity(1.0, uom, round=False)

    @api.model
    def _get_price_digits(self):
        return self.env["decimal.precision"].precision_get("Product Price")

    @api.model
    def _round_price(self, price):
        return float_round(price, precision_digits=self._get_price_digits())

    @api.model
    def _to_price_text(self, price):
        """Return a price as facts keep it: text compares as it was written."""
        return float_repr(self._round_price(price), self._get_price_digits())

    def _get_priced_quantity(self):
        """Return how many times the price is owed."""
        self.ensure_one()
        return 1.0 if self.is_flat_price and self.quantity else self.quantity

    # === BUSINESS METHODS: WHAT PRICES DEPEND ON === #

    def _get_price_cases(self, asked):
        """Return ``[(charge, case)]`` of charges of one company.

        :param set asked: the conditions any row of the company names; others are not read
        """
        # sudo: a price follows from facts, whoever asks.
        charges_sudo = self.sudo()
        charges_sudo._fetch_price_facts(asked)
        grades = charges_sudo._get_grades() if "grade" in asked else {}
        times = charges_sudo._get_work_times() if "work_time" in asked else {}
        today = self.company_id._get_aftersales_day()
        return [
            (
                charge,
                PriceCase(
                    kind=charge_sudo.kind,
                    day=charge_sudo._get_price_day(today),
                    product_id=charge_sudo.product_id._origin.id,
                    repair_level_id=charge_sudo.repair_level_id._origin.id,
                    service_type_id=charge_sudo.service_type_id._origin.id,
                    grade=grades.get(charge_sudo, False),
                    work_time=times.get(charge_sudo, "working"),
                    **charge_sudo._prepare_served_case(asked),
                ),
            )
            for charge, charge_sudo in zip(self, charges_sudo, strict=True)
        ]

    def _fetch_price_facts(self, asked):
        """Read what prices depend on, one query a model."""
        if {"category_id", "sold_by"} & asked:
            self.unit_id.fetch(["product_id", "sold_by_others"])
            self.unit_id.product_id.fetch(["categ_id", "product_tmpl_id"])
            self.unit_id.product_id.categ_id.fetch(["parent_path"])
        if "customer_level_id" in asked:
            self.partner_id.fetch(["commercial_partner_id", "aftersales_level_id"])
            self.partner_id.commercial_partner_id.fetch(["aftersales_level_id"])
            self.unit_id.sudo().fetch(["discount_level_id"])

    def _prepare_served_case(self, asked):
        """Return what rows ask about the product that is served, and whose it is."""
        self.ensure_one()
        values = {}
        if {"category_id", "sold_by"} & asked:
            product = self._get_served_product()
            path = product.categ_id.parent_path or ""
            values["category_ids"] = tuple(int(part) for part in path.split("/") if part)
            values["sold_by"] = self._get_seller(product)
        if "customer_level_id" in asked:
            level_sudo = self._get_price_level()
            is_ours = level_sudo.company_id <= self.company_id.parent_ids
            values["customer_level_id"] = is_ours and level_sudo._origin.id
        return values

    def _get_price_level(self):
        """Return the level whose prices hold, in superuser mode: that of the served product (a
        vehicle's discount class), else the customer's (SA11)."""
        self.ensure_one()
        # sudo: a price follows from facts, whoever asks.
        charge_sudo = self.sudo()
        own = charge_sudo.unit_id.discount_level_id
        return own or charge_sudo.partner_id.commercial_partner_id.aftersales_level_id

    def _get_served_product(self):
        """Return the product that is served, also where nobody registered the unit."""
        self.ensure_one()
        return self.unit_id.product_id or self.request_id.product_id

    def _get_seller(self, product):
        """Return who sold the product: ``us``, ``others``, or ``False`` when nobody knows."""
        self.ensure_one()
        if self.unit_id:
            return "others" if self.unit_id.sold_by_others else "us"
        return "others" if product.aftersales_sold_by_others else False

    def _get_price_day(self, today):
        """Return the day of the work where the company is; what has none is done today."""
        self.ensure_one()
        if not self.date_work:
            return today
        return self.company_id._get_aftersales_day(self.date_work)

    def _get_grades(self):
        """Return ``{charge: grade of who does the work}``: in its team, else the highest."""
        members = self.env["aftersales.team.member"].search_fetch(
            [("user_id", "in", self.user_id.ids)], ["user_id", "team_id", "grade"]
        )
        by_user = members.grouped("user_id")
        return {
            charge: charge._get_grade(by_user[charge.user_id])
            for charge in self
            if charge.user_id in by_user
        }

    def _get_grade(self, members):
        self.ensure_one()
        here = members.filtered(lambda member: member.team_id == self.team_id) or members
        return max(here.mapped("grade"), key=GRADES.index)

    def _get_work_times(self):
        """Return ``{charge: code of the time of work}`` of those whose time is known.

        Each calendar is read once.
        """
        hours = {}
        times = {}
        for charge in self.filtered("date_work"):
            calendar = charge.team_id.calendar_id or charge.company_id.resource_calendar_id
            if calendar not in hours:
                hours[calendar] = WorkingTime(calendar)
            times[charge] = charge._get_work_time(hours[calendar])
        return times

    def _get_work_time(self, hours):
        self.ensure_one()
        if hours.is_working(self.date_work):
            return "working"
        zone = timezone(hours.calendar.tz or "UTC")
        day = utc.localize(self.date_work).astimezone(zone).date()
        start, end = (
            zone.localize(datetime.combine(date, time.min)).astimezone(utc).replace(tzinfo=None)
            for date in (day, day + timedelta(days=1))
        )
        return "outside" if hours.seconds_between(start, end) else "off"

    # === BUSINESS METHODS: WHY === #

    def _explain_price(self):
        """Return why it costs what it costs, or an empty text where the pricelist says so."""
        self.ensure_one()
        facts = self.price_facts or {}
        reason = self._join_sentences(self._explain_price_row(facts), self._explain_standing(facts))
        if not facts.get("listed") or not self._differs_from_listed():
            return reason
        if reason:
            return self.env._("Typed by hand. By the service prices: %(reason)s", reason=reason)
        listed = self.currency_id.format(float(facts["listed"]))
        return self.env._("Typed by hand. By the pricelist: %(listed)s.", listed=listed)

    @api.model
    def _explain_standing(self, facts):
        """Return what the customer's level takes off, in words."""
        if not facts.get("standing"):
            return ""
        level, percent = facts["standing"]
        return self.env._("%(level)s: %(percent)s %% less.", level=level, percent=percent)

    @api.model
    def _join_sentences(self, *sentences):
        return " ".join(sentence for sentence in sentences if sentence)

    def _differs_from_listed(self):
        """Return whether somebody typed another price."""
        self.ensure_one()
        listed = float((self.price_facts or {}).get("listed") or 0)
        digits = self._get_price_digits()
        return float_compare(self.price_unit, listed, precision_digits=digits) != 0

    @api.model
    def _explain_price_row(self, facts):
        """Return the row in words: ``150.00 an hour: sold by others, outside working hours.``"""
        if not facts.get("row"):
            return ""
        __, price_by, price, percent, currency_id = facts["row"]
        currency = self.env["res.currency"].browse(currency_id)
        words = self.env["aftersales.price.rule"]._describe_price(
            price_by, price, percent, currency
        )
        reasons = ", ".join(self._get_price_reason_words(facts.get("because") or {}))
        if not reasons:
            return self.env._("%(price)s by the general price.", price=words)
        return self.env._("%(price)s: %(reasons)s.", price=words, reasons=reasons)

    @api.model
    def _get_price_reason_words(self, reasons):
        """Return what a row names, each in words."""
        rule_fields = self.env["aftersales.price.rule"]._fields
        words = []
        for fname in rule_fields:
            if fname not in reasons:
                continue
            if fname == "sold_by":
                words.append(self._get_seller_words().get(reasons[fname], ""))
            elif fname in NAMED_CONDITIONS:
                words.append(reasons[fname])
            else:
                labels = dict(rule_fields[fname]._description_selection(self.env))
                words.append((labels.get(reasons[fname]) or "").lower())
        return [word for word in words if word]

    @api.model
    def _get_seller_words(self):
        return {
            "us": self.env._("product sold by us"),
            "others": self.env._("product sold by others"),
        }
