from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.periods import get_last_day

MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesUnit(models.Model):
    """Installed product: one thing a customer owns and we serve.

    It comes from a delivery or is entered by hand. A serial-tracked product has one living
    unit per serial and company; the database enforces it. A lot or an untracked product
    has one unit per delivery, with a quantity.
    """

    _name = "aftersales.unit"
    _description = "Installed Product"
    _inherit = [
        "aftersales.state.mixin",
        "aftersales.number.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_start desc, id desc"
    _rec_names_search = ["name", "serial", "partner_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"
    _number_code = "aftersales.unit"

    name = fields.Char(
        string="Reference", default="New", readonly=True, copy=False, index="trigram"
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    product_category_id = fields.Many2one(related="product_id.categ_id", store=True, index=True)
    product_tracking = fields.Selection(related="product_id.tracking", store=True)
    lot_id = fields.Many2one(
        comodel_name="stock.lot",
        string="Lot/Serial",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('product_id', '=', product_id)]",
        copy=False,
        tracking=True,
    )
    serial = fields.Char(
        string="Serial Number",
        compute="_compute_serial",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        copy=False,
        help="What is printed on the unit. Follows the lot where there is one.",
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    place_id = fields.Many2one(
        comodel_name="res.partner",
        check_company=True,
        domain="[('commercial_partner_id', '=?', commercial_partner_id)]",
        help="Where the unit stands, when not at the customer's main address.",
    )
    commercial_partner_id = fields.Many2one(related="partner_id.commercial_partner_id")
    date_start = fields.Date(
        string="In Service Since",
        required=True,
        index=True,
        default=lambda self: self.env.company._get_aftersales_day(),
        tracking=True,
        help="Day of delivery. Warranties run from here, unless their policy names another event.",
    )
    date_invoice = fields.Date(string="Invoiced On", tracking=True)
    date_installed = fields.Date(string="Installed or Accepted On", tracking=True)
    date_registered = fields.Date(string="Registered On", tracking=True)
    date_purchase = fields.Date(
        string="Purchased On", tracking=True, help="As the proof of purchase says."
    )
    proof_of_purchase = fields.Binary(attachment=True, groups="base.group_user")
    proof_filename = fields.Char(groups="base.group_user")
    proof_checked = fields.Boolean(
        tracking=True,
        copy=False,
        help="We have seen the proof of purchase; some policies cover nothing without it.",
    )
    proof_needed = fields.Boolean(
        compute="_compute_proof_needed",
        help="A warranty waits for the proof of purchase to be checked.",
    )
    user_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Used By",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="Who uses the unit, when it is not the one who bought it.",
    )
    dealer_id = fields.Many2one(
        comodel_name="res.partner", check_company=True, index="btree_not_null", tracking=True
    )
    sold_by_others = fields.Boolean(
        string="Not Sold by Us",
        compute="_compute_sold_by_others",
        store=True,
        readonly=False,
        precompute=True,
        help="The customer has it from somebody else; service prices may differ.",
    )
    discount_level_id = fields.Many2one(
        comodel_name="aftersales.customer.level",
        string="Discount Class",
        check_company=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        # Who may choose it may give any discount.
        groups="aftersales_base.group_aftersales_manager",
        help="Service for this product is priced by this level; empty: by the customer's.",
    )
    parent_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Part Of",
        check_company=True,
        index="btree_not_null",
        help="The larger unit this one is built into.",
    )
    component_ids = fields.One2many(
        comodel_name="aftersales.unit", inverse_name="parent_id", string="Components", copy=False
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", default=lambda self: self.env.company.currency_id
    )
    price_paid = fields.Monetary(
        groups="base.group_user", help="What the customer really paid for one, taxes included."
    )
    condition = fields.Char(help="How it looked when we last saw it.")
    version = fields.Char(
        tracking=True,
        index="btree_not_null",
        help="Version of the firmware, the software or the make when we last saw it.",
    )
    environment = fields.Text(
        tracking=True,
        help="Where and how it is used: power, water, network, operating system, what it is "
        "connected to.",
    )
    image = fields.Image(max_width=1024, max_height=1024)
    downtime_ids = fields.One2many(
        comodel_name="aftersales.unit.downtime", inverse_name="unit_id", copy=False
    )
    reading_ids = fields.One2many(
        comodel_name="aftersales.unit.reading", inverse_name="unit_id", copy=False
    )
    transfer_ids = fields.One2many(
        comodel_name="aftersales.unit.transfer", inverse_name="unit_id", copy=False
    )
    state = fields.Selection(
        selection=[
            ("active", "In Use"),
            ("returned", "Returned"),
            ("replaced", "Replaced"),
            ("scrapped", "Scrapped"),
        ],
        required=True,
        default="active",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Warranty Policy",
        compute="_compute_policy_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        help="The promise given when the unit was sold; later changes on the product do not count.",
    )
    warranty_ids = fields.One2many(comodel_name="aftersales.warranty", inverse_name="unit_id")
    warranty_end = fields.Date(
        compute="_compute_warranty_end",
        store=True,
        index=True,
        help="The last day on which any of its warranties covers something.",
    )
    has_lifetime_warranty = fields.Boolean(
        compute="_compute_warranty_end",
        store=True,
        help="One of its warranties has started and never ends.",
    )
    in_warranty_on = fields.Date(
        compute="_compute_in_warranty_on",
        search="_search_in_warranty_on",
        help="Search with a day to find the units that some warranty covers on it.",
    )
    request_ids = fields.One2many(comodel_name="aftersales.request", inverse_name="unit_id")
    request_count = fields.Integer(compute="_compute_request_count")
    charge_ids = fields.One2many(comodel_name="aftersales.charge", inverse_name="unit_id")
    charge_count = fields.Integer(compute="_compute_charge_count")
    note = fields.Html(string="Internal Notes", groups="base.group_user")

    _living_serial_uniq = models.UniqueIndex(
        "(company_id, product_id, lot_id) "
        "WHERE state = 'active' AND product_tracking = 'serial' AND lot_id IS NOT NULL",
        "A serial number is one living installed product: this one is registered already.",
    )
    # What lists are sorted by, and the few rows that filters look for among many.
    _serial_order_idx = models.Index("(serial)")
    _archived_idx = models.Index("(id) WHERE active IS NOT TRUE")
    _proof_sent_idx = models.Index("(id) WHERE proof_filename IS NOT NULL")
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "An installed product has a quantity above zero."
    )

    # === COMPUTE METHODS === #

    @api.depends("lot_id.name")
    def _compute_serial(self):
        for unit in self:
            unit.serial = unit.lot_id.name or unit.serial

    @api.depends("product_id")
    def _compute_sold_by_others(self):
        for unit in self:
            unit.sold_by_others = unit.product_id.aftersales_sold_by_others

    @api.depends("product_id", "company_id")
    def _compute_policy_id(self):
        for company, units in self.grouped("company_id").items():
            policies = units.product_id._get_aftersales_policies(company)
            for unit in units:
                unit.policy_id = policies.get(unit.product_id)

    @api.depends("warranty_ids.date_start", "warranty_ids.date_end", "warranty_ids.close_reason")
    def _compute_warranty_end(self):
        for unit in self:
            living = [w for w in unit.warranty_ids if w.close_reason != "void" and w.date_start]
            unit.warranty_end = max((w.date_end for w in living if w.date_end), default=False)
            unit.has_lifetime_warranty = any(not w.date_end for w in living)

    def _compute_in_warranty_on(self):
        """A question for searches; there is no one day to show."""
        self.in_warranty_on = False

    def _search_in_warranty_on(self, operator, value):
        if operator != "in":
            return NotImplemented
        Warranty = self.env["aftersales.warranty"]
        days = [fields.Date.to_date(day) for day in value if day]
        return Domain.OR(
            Domain("warranty_ids", "any", Warranty._get_running_domain(day)) for day in days
        )

    @api.depends("proof_checked", "warranty_ids.proof_required", "warranty_ids.close_reason")
    def _compute_proof_needed(self):
        for unit in self:
            unit.proof_needed = not unit.proof_checked and any(
                warranty.proof_required and not warranty.close_reason
                for warranty in unit.warranty_ids
            )

    @api.depends("product_id", "serial", "name")
    def _compute_display_name(self):
        for unit in self:
            label = unit.serial or unit.name
            # Who may read the unit may read what it is; a portal customer reads no products.
            product_sudo = unit.sudo().product_id
            unit.display_name = f"{product_sudo.name} · {label}" if product_sudo else label

    def _compute_request_count(self):
        counts = dict(
            self.env["aftersales.request"]._read_group(
                [("unit_id", "in", self.ids)], ["unit_id"], ["__count"]
            )
        )
        for unit in self:
            unit.request_count = counts.get(unit, 0)

    def _compute_charge_count(self):
        counts = dict(
            self.env["aftersales.charge"]._read_group(
                [("unit_id", "in", self.ids)], ["unit_id"], ["__count"]
            )
        )
        for unit in self:
            unit.charge_count = counts.get(unit, 0)

    def _compute_access_url(self):
        super()._compute_access_url()
        for unit in self:
            unit.access_url = f"/my/products/{unit.id}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        units = super().create(vals_list)
        units.filtered(lambda unit: not unit.warranty_ids)._grant_policy_warranties()
        return units

    @api.ondelete(at_uninstall=False)
    def _unlink_except_served(self):
        served = self.filtered(lambda unit: unit.request_count or unit.charge_count)[:1]
        if served:
            raise UserError(
                self.env._(
                    "%(unit)s has a service history and stays on record. Archive it instead.",
                    unit=served.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_view_requests(self):
        """Open the requests about this unit."""
        return self._get_related_action("aftersales_base.aftersales_request_action")

    def action_view_charges(self):
        """Open the charges made for this unit."""
        return self._get_related_action("aftersales_base.aftersales_charge_action")

    def action_new_request(self):
        """Open an empty request about this unit."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.request",
            "view_mode": "form",
            "context": {"default_unit_id": self.id, "default_partner_id": self.partner_id.id},
        }

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        # Deliveries and returns take these steps for everybody; by hand it is a correction.
        gone = ("returned", "replaced", "scrapped")
        return {
            "active": dict.fromkeys(gone, MANAGER),
            **{state: {"active": MANAGER} for state in gone},
            # An exchange whose replacement goes out after the unit came back; what came back
            # and is not worth repairing is scrapped.
            "returned": {"active": MANAGER, "replaced": None, "scrapped": MANAGER},
            "replaced": {"active": MANAGER, "scrapped": MANAGER},
        }

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if origin == "active":
            reason = "replaced" if target == "replaced" else "returned"
            for company, units in self.grouped("company_id").items():
                units.warranty_ids._close(company._get_aftersales_day(), reason)

    @api.model
    def find(self, term, limit=10):
        """Find installed products by serial, phone number, customer or document number.

        :param str term: what the caller says or types
        :param int limit: at most this many
        :return: list of dicts with ``id``, ``name``, ``serial``, ``product``, ``partner_id``,
            ``customer`` and ``warranty_end``, best match first
        """
        self.check_access("read")
        units = self._find_units(term, limit=limit)
        return [
            {
                "id": unit.id,
                "name": unit.display_name,
                "serial": unit.serial,
                "product": unit.sudo().product_id.display_name,
                "partner_id": unit.partner_id.id,
                "customer": unit.partner_id.display_name,
                "warranty_end": unit.warranty_end,
            }
            for unit in units
        ]

    def _find_units(self, term, limit=10, company=None):
        """Return the units ``term`` names: the exact serial first, else what it may mean.

        Of a serial that was sold again, the living unit counts.

        :param company: search in this company only; default: all the user may see
        """
        term = (term or "").strip()
        if not term:
            return self.browse()
        within = Domain("company_id", "=", company.id) if company else Domain.TRUE
        exact = self.search(
            within & self._get_exact_domain(term),
            limit=limit,
        )
        living = exact.filtered(lambda unit: unit.state == "active")
        return (
            living
            or exact
            or self.search(within & Domain(self._get_find_domain(term)), limit=limit)
        )

    @api.model
    def _get_exact_domain(self, term):
        """Return the domain of units whose serial or reference ``term`` is."""
        return Domain(
            "serial",
            "=ilike",
            term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"),
        ) | Domain("name", "=", term)

    @api.model
    def _get_find_domain(self, term):
        """Return the domain of units that ``term`` may mean; modules add their documents."""
        domain = Domain("serial", "ilike", term) | Domain("partner_id.name", "ilike", term)
        if sum(char.isdigit() for char in term) >= 5:
            partners = self.env["res.partner"]._find_by_phone(term)
            domain |= Domain("partner_id", "in", partners.ids) | Domain(
                "place_id", "in", partners.ids
            )
        return domain

    def _grant_policy_warranties(self):
        """Give each unit the warranties of its policy."""
        # An agent registers units and may not make warranties: these come from the policy alone.
        warranties_sudo = self.env["aftersales.warranty"].sudo()
        return warranties_sudo.create(
            [
                {**term._prepare_warranty_vals(unit), **self._prepare_known_dates(unit, term)}
                for unit in self
                for term in unit.policy_id.term_ids
            ]
        )

    @api.model
    def _prepare_known_dates(self, unit, term):
        """Return what is computed as well but known here: each row is written once only."""
        vals = {"company_id": unit.company_id.id}
        if term.policy_id.start_basis == "delivery":
            last_day = get_last_day(unit.date_start, term.duration, term.duration_unit)
            vals.update(date_start=unit.date_start, date_cover=unit.date_start, date_end=last_day)
        return vals

    @api.model
    def _get_event_field(self, start_basis):
        """Return the field that holds the day of the event a warranty runs from."""
        return {
            "delivery": "date_start",
            "invoice": "date_invoice",
            "installation": "date_installed",
            "registration": "date_registered",
            "purchase": "date_purchase",
        }[start_basis]

    def _close(self, state, day):
        """Take the units out of use and end their running warranties on ``day``.

        :param str state: one of ``returned``, ``replaced``, ``scrapped``
        """
        living = self.filtered(lambda unit: unit.state == "active")
        living.warranty_ids._close(day, "replaced" if state == "replaced" else "returned")
        living.write({"state": state})

    def _get_related_action(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("unit_id", "=", self.id)]
        action["context"] = {
            "default_unit_id": self.id,
            "default_partner_id": self.partner_id.id,
        }
        return action
