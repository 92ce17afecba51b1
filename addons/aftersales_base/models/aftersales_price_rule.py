from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..tools.pricing import CONDITIONS, PriceRow, get_best
from .aftersales_charge import LISTED_KINDS

WORK_TIMES = [
    ("working", "Working Hours"),
    ("outside", "Outside Working Hours"),
    ("off", "Weekend or Holiday"),
]


class AftersalesPriceRule(models.Model):
    """One row of the service prices: what a charge costs that fits it (SA4, FS4).

    Which row holds, and in which order rows are preferred, says ``tools/pricing.py``. Without a
    matching row a charge costs what the customer's pricelist says. A branch without any row works
    with those of its parent.

    ==========  ===========================================================
    price by    means
    ==========  ===========================================================
    each        for each unit of the service item
    hour        for an hour; quantities in days or minutes are converted
    flat        for the whole, whatever the quantity
    percent     of what the customer's pricelist says
    ==========  ===========================================================
    """

    _name = "aftersales.price.rule"
    _description = "Service Price"
    _inherit = ["aftersales.standing.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10, help="Decides between rows that are about the same: the upper one holds."
    )
    kind = fields.Selection(
        selection=LISTED_KINDS,
        required=True,
        default="labour",
        index=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Service Item",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        help="What is charged. Empty: whatever is charged of this kind.",
    )
    category_id = fields.Many2one(
        comodel_name="product.category",
        string="Brand or Category",
        index="btree_not_null",
        ondelete="cascade",
        help="Of the product that is served, with the categories below it.",
    )
    repair_level_id = fields.Many2one(comodel_name="aftersales.repair.level", ondelete="cascade")
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type", check_company=True, ondelete="cascade"
    )
    sold_by = fields.Selection(
        selection=[("us", "Us"), ("others", "Others")],
        help="Who sold the product that is served.",
    )
    customer_level_id = fields.Many2one(
        comodel_name="aftersales.customer.level",
        string="Customer's Level",
        check_company=True,
        ondelete="cascade",
    )
    grade = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.team.member"]._fields["grade"]._description_selection(self.env)
        ),
        string="Technician's Grade",
        help="Of whoever does the work, as the team says.",
    )
    work_time = fields.Selection(
        selection=WORK_TIMES,
        string="Time of Work",
        help="By the working hours of the team, else of the company. Work that has no time yet "
        "is done in working hours.",
    )
    date_from = fields.Date(string="From", help="The first day of work at this price.")
    date_to = fields.Date(string="Until", help="The last day of work at this price.")
    price_by = fields.Selection(
        selection=[
            ("hour", "Per Hour"),
            ("each", "Each"),
            ("flat", "Flat"),
            ("percent", "Percent of the Pricelist"),
        ],
        string="Priced",
        required=True,
        default="hour",
        help="Flat: for the whole, however many hours it takes.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    price = fields.Monetary(help="With or without tax, as the taxes of the service item say.")
    percent = fields.Float(digits="Discount", default=100, help="100 is the pricelist's price.")
    note = fields.Char(help="Why it is so; for those who keep the prices.")

    _price_not_negative = models.Constraint(
        "CHECK(price >= 0 AND percent >= 0)", "A service price is not below zero."
    )
    _dates_in_order = models.Constraint(
        "CHECK(date_from <= date_to)", "A service price ends on the day it begins, or later."
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "product_id", "price_by", "price", "percent", "currency_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for rule in self:
            what = rule.product_id.display_name or kinds.get(rule.kind) or ""
            rule.display_name = f"{what}: {rule._get_price_words()}"

    # === CONSTRAINT METHODS === #

    @api.constrains("product_id", "kind")
    def _check_kind(self):
        for rule in self:
            kind = rule.product_id.aftersales_charge_kind
            if kind and kind != rule.kind:
                raise ValidationError(
                    self.env._(
                        "%(product)s is charged as another kind than the price says, so the price "
                        "would never hold. Choose the kind of the product.",
                        product=rule.product_id.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("company_id")
    def _get_rows(self, company_id):
        """Return the rows of a company as plain values, read once; a branch that has none takes
        those of the nearest company above."""
        line = self.env["res.company"].browse(company_id)._get_aftersales_line()
        # sudo: what something costs does not depend on who asks.
        tables = self.sudo().search([("company_id", "in", line.ids)]).grouped("company_id")
        rules_sudo = next((tables[company] for company in line if company in tables), self)
        return tuple(
            PriceRow(*(rule._get_plain(fname) for fname in PriceRow._fields)) for rule in rules_sudo
        )

    def _get_plain(self, fname):
        """Return a value as rows keep it: the id of a record."""
        self.ensure_one()
        value = self[fname]
        return value.id if isinstance(value, models.BaseModel) else value

    @api.model
    def _is_priced_by(self, condition, company):
        """Return whether any price of the company depends on this: if not, nobody asks for it."""
        return any(getattr(row, condition) for row in self._get_rows(company.id))

    @api.model
    def _find(self, charges):
        """Return ``{charge: row}`` for the charges a row holds for.

        Without any row in the company nothing is read.
        """
        found = {}
        for company, batch in charges.grouped("company_id").items():
            rows = self._get_rows(company.id)
            asked = {name for name in CONDITIONS if any(getattr(row, name) for row in rows)}
            for charge, case in batch._get_price_cases(asked) if rows else ():
                if row := get_best(rows, case):
                    found[charge] = row
        return found

    def _get_price_words(self):
        """Return the price as it is read: ``150.00 an hour``."""
        self.ensure_one()
        return self._describe_price(self.price_by, self.price, self.percent, self.currency_id)

    @api.model
    def _describe_price(self, price_by, price, percent, currency):
        """Return a price in words, in the reader's language."""
        values = {"price": currency.format(float(price)), "percent": f"{float(percent):g}"}
        return {
            "hour": self.env._("%(price)s an hour", **values),
            "each": self.env._("%(price)s each", **values),
            "flat": self.env._("%(price)s flat", **values),
            "percent": self.env._("%(percent)s %% of the pricelist", **values),
        }.get(price_by, values["price"])

    # === ACTION METHODS === #

    def action_try(self):
        """Open the dialog that says what something would cost, and why."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_coverage_ask_action"
        )
