import re
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from odoo.addons.aftersales_base.tools.jobs import attempt_together
from odoo.addons.aftersales_base.tools.repeats import Case, is_repeat

# "2 x Hose (worn) / Remote control", also as it is typed with a Chinese keyboard.
ACCESSORY_SEPARATORS = re.compile(r"[/;\n／；、]")
ACCESSORY = re.compile(
    r"^(?:(?P<quantity>\d+)\s*[x×*]\s*)?(?P<name>[^(（]+?)\s*(?:[(（](?P<condition>.*?)[)）]?)?$"
)
MOST_PARTS = 3
MOST_MOVES = 500


class AftersalesIntakeLine(models.Model):
    """One unit at the counter, until it is a work order and after (IN6, IN9, IN10, IN17)."""

    _name = "aftersales.intake.line"
    _description = "Unit Taken In"
    _inherit = ["aftersales.guard.mixin"]
    _order = "intake_id, sequence, id"
    _check_company_auto = True

    intake_id = fields.Many2one(
        comodel_name="aftersales.intake", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="intake_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    lookup = fields.Char(
        string="Serial Number", help="Scan or type it. It finds the unit and what it is."
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    warranty_status = fields.Selection(related="unit_id.warranty_status")
    finding = fields.Char(
        compute="_compute_finding", help="Whether we know the unit, and its warranty."
    )
    is_unknown = fields.Boolean(
        compute="_compute_finding",
        help="Nobody knows the serial number: the unit is taken down, to be checked.",
    )
    date_purchase = fields.Date(
        string="Purchased On",
        help="As the customer says or his receipt shows. A unit nobody knows has no warranty "
        "without it.",
    )
    subject = fields.Char(
        string="What Is Wrong",
        compute="_compute_subject",
        store=True,
        readonly=False,
        precompute=True,
    )
    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_symptom_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'symptom')]",
        check_company=True,
    )
    wish = fields.Selection(
        selection=lambda self: self.env["aftersales.request"]._fields["wish"].selection,
        string="Customer's Wish",
        default="repair",
    )
    sale_phase = fields.Selection(
        selection=lambda self: self.env["aftersales.intake"]._get_sale_phases(),
        string="Goods",
        compute="_compute_sale_phase",
        store=True,
        readonly=False,
        precompute=True,
    )
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        compute="_compute_service_type_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    unit_condition = fields.Char(string="Condition", help="How the unit looks: scratches, dents.")
    accessories = fields.Text(
        string="Brought Along",
        help="Separated by /, how many in front, the condition in brackets: "
        "2 x Hose (worn) / Remote control.",
    )
    attachment_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="aftersales_intake_line_attachment_rel",
        string="Photos and Papers",
        copy=False,
    )
    history = fields.Char(
        string="Before", compute="_compute_history", compute_sudo=True, help="Repairs before."
    )
    is_open_elsewhere = fields.Boolean(
        string="Here Already",
        compute="_compute_history",
        compute_sudo=True,
        help="Another work order of it is still open.",
    )
    is_repeat = fields.Boolean(
        string="Repeat",
        compute="_compute_history",
        compute_sudo=True,
        help="The same fault again, not long after it was solved or repaired: the company says "
        "how many days count.",
    )
    parts = fields.Char(
        string="Parts on Hand",
        compute="_compute_parts",
        compute_sudo=True,
        help="What was put into this product most often, and how much of it is free.",
    )
    request_id = fields.Many2one(
        comodel_name="aftersales.request", readonly=True, copy=False, index="btree_not_null"
    )
    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    error = fields.Text(string="Not Taken In", readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends("lookup", "unit_id", "product_id")
    def _compute_display_name(self):
        for line in self:
            named = line.unit_id.display_name or line.product_id.name
            line.display_name = named or line.lookup or self.env._("New Unit")

    @api.depends("lookup")
    def _compute_unit_id(self):
        found = self._find_units()
        for line in self:
            units = found.get(line)
            if units is not None:
                line.unit_id = units if len(units) == 1 else False
            else:
                line.unit_id = line.unit_id

    @api.depends("unit_id", "intake_id.product_id")
    def _compute_product_id(self):
        for line in self:
            common = line.intake_id.product_id
            line.product_id = line.unit_id.product_id or line.product_id or common

    @api.depends("lookup", "unit_id", "warranty_status", "unit_id.warranty_end")
    @api.depends_context("lang")
    def _compute_finding(self):
        status = dict(
            self.env["aftersales.unit"]._fields["warranty_status"]._description_selection(self.env)
        )
        for line in self:
            line.is_unknown = bool((line.lookup or "").strip()) and not line.unit_id
            line.finding = status.get(line.warranty_status)
            if line.is_unknown:
                line.finding = self.env._("Not Known Yet")
            elif line.unit_id.warranty_end and line.warranty_status in ("running", "ending"):
                line.finding = self.env._(
                    "Until %(day)s", day=format_date(self.env, line.unit_id.warranty_end)
                )

    @api.depends("intake_id.subject")
    def _compute_subject(self):
        for line in self:
            line.subject = line.subject or line.intake_id.subject

    @api.depends("intake_id.symptom_id")
    def _compute_symptom_id(self):
        for line in self:
            line.symptom_id = line.symptom_id or line.intake_id.symptom_id

    @api.depends("intake_id.sale_phase")
    def _compute_sale_phase(self):
        for line in self:
            is_open = not line.repair_id
            line.sale_phase = (is_open and line.intake_id.sale_phase) or line.sale_phase

    @api.depends("intake_id.service_type_id")
    def _compute_service_type_id(self):
        for line in self:
            common = not line.repair_id and line.intake_id.service_type_id
            line.service_type_id = common or line.service_type_id

    @api.depends("unit_id", "symptom_id", "intake_id.date", "repair_id", "company_id")
    @api.depends_context("lang")
    def _compute_history(self):
        solved = self.env["aftersales.request"]._get_solved(self.unit_id._origin)
        orders = self.env["repair.order"].search_fetch(
            [("unit_id", "in", self.unit_id._origin.ids), ("state", "!=", "cancel")],
            [
                "name",
                "state",
                "date_done",
                "date_ended",
                "remedy_id",
                "cause_id",
                "request_id",
                "is_refurbish",
                "install_move_id",
                "unit_id",
            ],
            order="date_done desc, id desc",
        )
        by_unit = orders.grouped("unit_id")
        for line in self:
            before = by_unit.get(line.unit_id._origin, orders.browse()) - line.repair_id
            line.history = line._describe_history(before)
            line.is_repeat = line._is_repeat(*before, *solved.get(line.unit_id._origin, ()))
            is_open = any(repair.state != "done" for repair in before)
            line.is_open_elsewhere = is_open and not line.repair_id

    @api.depends("product_id")
    @api.depends_context("lang")
    def _compute_parts(self):
        used = self._get_used_parts()
        # One look at the stock for all lines.
        self.env["product.product"].union(*used.values()).mapped("free_qty")
        for line in self:
            line.parts = " · ".join(
                self.env._("%(part)s: %(quantity)s", part=part.name, quantity=f"{part.free_qty:g}")
                for part in used.get(line.product_id._origin, ())
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._keep_files()
        return lines

    def write(self, vals):
        if not self.env.su:
            self._check_open(vals)
        result = super().write(vals)
        if not self.env.su:
            # What was wrong may be right now; the next attempt tells.
            self.sudo().filtered("error").error = False
        if "attachment_ids" in vals:
            self._keep_files()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_taken_in(self):
        self._check_open({"repair_id"})

    # === ACTION METHODS === #

    def action_open_order(self):
        """Open the work order of this unit."""
        self.ensure_one()
        return self.repair_id._open_order()

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        """Only taking it in says what became of a unit."""
        return super()._get_guarded_fields() | {"request_id", "repair_id", "error"}

    def _check_open(self, fnames):
        """Refuse to change what is a work order already: it goes on there.

        :raises UserError: naming the order
        """
        taken = self.filtered("repair_id")[:1]
        if taken and set(fnames) - {"sequence"}:
            raise UserError(
                self.env._(
                    "%(order)s is made of this line. Change what is wrong on the work order.",
                    order=taken.repair_id.display_name,
                )
            )

    def _keep_files(self):
        """Tie what was uploaded here to its line, so that colleagues see it too."""
        for line in self:
            loose = line.attachment_ids.filtered(lambda file: not file.res_id)
            loose.write({"res_model": line._name, "res_id": line.id})

    def _move_files(self, repair):
        """Let what was uploaded here go on with the work order; what belongs to another record
        stays there.
        """
        self.ensure_one()
        own = self.attachment_ids.filtered(
            lambda file: (file.res_model, file.res_id) == (self._name, self.id)
        )
        own.write({"res_model": repair._name, "res_id": repair.id})

    def _find_units(self):
        """Return ``{line: units}`` of the serials typed: those of the customer where several
        products carry the same one.
        """
        terms = {line: (line.lookup or "").strip() for line in self}
        asked = {line: term for line, term in terms.items() if term}
        Unit = self.env["aftersales.unit"]
        if not asked:
            return {}
        # A line that is being typed has no company of its own yet.
        companies = self.intake_id.company_id or self.env.company
        units = Unit.search(
            Domain("company_id", "in", companies.ids)
            & Domain.OR(Unit._get_exact_domain(term) for term in set(asked.values()))
        )
        return {line: line._choose_units(units, term) for line, term in asked.items()}

    def _choose_units(self, units, term):
        """Return which of ``units`` a serial means here: the living one, that of the customer."""
        company = self.intake_id.company_id or self.env.company
        found = units.filtered(
            lambda unit: (
                unit.company_id == company
                and term.lower() in ((unit.serial or "").lower(), unit.name.lower())
            )
        )
        found = found.filtered(lambda unit: unit.state == "active") or found
        customer = self.intake_id.partner_id.commercial_partner_id
        his = found.filtered(lambda unit: unit.commercial_partner_id == customer)
        return his or found

    def _describe_history(self, before):
        """Return what was done on the unit before, in one line; an open order first."""
        self.ensure_one()
        still_open = before.filtered(lambda repair: repair.state != "done")[:1]
        if still_open:
            return self.env._("Open on %(order)s", order=still_open.name)
        last = before[:1]
        if not last:
            return False
        words = self.env._(
            "%(count)s done, last %(day)s",
            count=len(before),
            day=format_date(self.env, last.date_done),
        )
        return f"{words}: {last.remedy_id.name}" if last.remedy_id else words

    def _is_repeat(self, *cases):
        """Return whether it is the same fault again, as its request will say (IN18).

        :param cases: requests solved and work orders of the same unit
        """
        self.ensure_one()
        days = (self.company_id or self.env.company).aftersales_repeat_days
        reported = self.intake_id.date or fields.Datetime.now()
        case = Case(self.symptom_id._origin.id, None, reported, None)
        return any(
            is_repeat(case, before._get_case(), days)
            for before in cases
            if before._is_about_fault()
        )

    def _get_used_parts(self):
        """Return ``{product: parts put into it most often}``; the last repairs count (IN16)."""
        moves = self.env["stock.move"].search_fetch(
            [
                ("repair_id.product_id", "in", self.product_id._origin.ids),
                ("repair_line_type", "=", "add"),
                ("state", "=", "done"),
            ],
            ["product_id", "repair_id"],
            order="id desc",
            limit=MOST_MOVES,
        )
        by_product = moves.grouped(lambda move: move.repair_id.product_id)
        Product = self.env["product.product"]
        return {
            product: Product.union(
                *(part for part, __ in Counter(used.product_id).most_common(MOST_PARTS))
            )
            for product, used in by_product.items()
        }

    # === TAKING IN === #

    def _take_in(self):
        """Make a request and a work order of each line, each saved on its own.

        All at once where nothing is wrong, one by one otherwise, so that one that cannot be
        taken in keeps no other from it.
        """
        errors = {line: line._get_obstacle() for line in self}
        ready = self.filtered(lambda line: not errors[line] and not line.repair_id)
        __, failed = attempt_together(self.env, ready, lambda lines: lines._make_orders())
        errors |= failed
        # Why it could not be taken in is noted, not told.
        for line_sudo in self.sudo():
            if line_sudo.error != (errors[line_sudo.sudo(False)] or False):
                line_sudo.error = errors[line_sudo.sudo(False)]

    def _get_obstacle(self):
        """Return why a unit cannot be taken in as it stands, or an empty text."""
        self.ensure_one()
        if not self.product_id:
            return self.env._("Choose the product.")
        if not (self.subject or "").strip() and not self.symptom_id:
            return self.env._("Write what is wrong, or choose a symptom.")
        if not self.wish:
            return self.env._("Choose what the customer wishes.")
        return self._get_serial_obstacle() or self._get_owner_obstacle()

    def _get_serial_obstacle(self):
        """Return what is wrong with the serial number, or an empty text."""
        term = (self.lookup or "").strip().lower()
        same = (self.intake_id.line_ids - self).filtered(
            lambda line: (
                (self.unit_id and line.unit_id == self.unit_id)
                or (term and (line.lookup or "").strip().lower() == term)
            )
        )
        if any(line.repair_id or line.id < self.id for line in same):
            return self.env._("It stands on this intake twice.")
        if self.is_unknown and len(self._find_units().get(self, ())) > 1:
            return self.env._("Several products have this serial number: choose the unit.")
        return ""

    def _get_owner_obstacle(self):
        """Return who owns the unit when it is not the customer, or an empty text."""
        customer = self.intake_id.partner_id.commercial_partner_id
        if not self.unit_id or self.unit_id.commercial_partner_id == customer:
            return ""
        return self.env._(
            "It belongs to %(owner)s. Make an intake for the owner, or hand the unit over first.",
            owner=self.unit_id.partner_id.display_name,
        )

    def _make_orders(self):
        """Make unit, request and work order of each line, and tie them to it."""
        self._make_units()
        requests = self.env["aftersales.request"].create(
            [line._prepare_request_vals() for line in self]
        )
        repairs = self.env["repair.order"].create(
            [
                line._prepare_order_vals(request)
                for line, request in zip(self, requests, strict=True)
            ]
        )
        # The customer was answered: he stands at the counter.
        requests._sla_answer()
        # Nobody ties lines to documents by hand.
        for line_sudo, request, repair in zip(self.sudo(), requests, repairs, strict=True):
            line_sudo.write({"request_id": request.id, "repair_id": repair.id, "error": False})
            line_sudo.sudo(False)._move_files(repair)

    def _make_units(self):
        """Take down the units whose serial nobody knows, to be checked (IN17)."""
        unknown = self.filtered("is_unknown")
        by_company = unknown.grouped("company_id").items()
        lots = {}
        for company, lines in by_company:
            pairs = [
                (line.product_id, line.lookup.strip())
                for line in lines
                if line.product_id.tracking == "serial"
            ]
            lots.update(self.env["stock.lot"]._find_or_make_for_units(pairs, company))
        units = self.env["aftersales.unit"].create(
            [line._prepare_unit_vals(lots) for line in unknown]
        )
        for line, unit in zip(unknown, units, strict=True):
            line.unit_id = unit

    def _prepare_unit_vals(self, lots):
        """Return the values of a unit nobody knew; promised is what a day of purchase proves."""
        self.ensure_one()
        serial = self.lookup.strip()
        lot = lots.get((self.product_id, serial), self.env["stock.lot"])
        vals = {
            "company_id": self.company_id.id,
            "partner_id": self.intake_id.partner_id.id,
            "product_id": self.product_id.id,
            "serial": serial,
            "lot_id": lot.id,
            "to_check": True,
        }
        if self.date_purchase:
            return {
                **vals,
                "date_start": self.date_purchase,
                "date_purchase": self.date_purchase,
            }
        return {**vals, "policy_id": False}

    def _prepare_request_vals(self):
        """Return the values of the request of this unit."""
        self.ensure_one()
        intake = self.intake_id
        return {
            "company_id": self.company_id.id,
            "channel": "walk_in",
            "partner_id": intake.partner_id.id,
            "partner_phone": intake.phone,
            "unit_id": self.unit_id.id,
            "product_id": self.product_id.id,
            "subject": (self.subject or "").strip() or self.symptom_id.name,
            "symptom_id": self.symptom_id.id,
            "wish": self.wish,
            "service_type_id": self.service_type_id.id,
            "team_id": self.service_type_id.team_id.id or intake.team_id.id,
            "date_reported": intake.date,
        }

    def _prepare_order_vals(self, request):
        """Return the values of the work order; the rest follows from the request."""
        self.ensure_one()
        intake = self.intake_id
        return {
            **request._prepare_work_order_vals(),
            "unit_condition": self.unit_condition,
            "sale_phase": self.sale_phase,
            "consent_data": intake.consent_data,
            "consent_remote": intake.consent_remote,
            "date_received": self.company_id._get_aftersales_day(intake.date),
            "accessory_ids": [Command.create(vals) for vals in self._parse_accessories()],
        }

    def _parse_accessories(self):
        """Return the values of what was brought along, as it was typed."""
        self.ensure_one()
        typed = ACCESSORY_SEPARATORS.split(self.accessories or "")
        matches = filter(None, (ACCESSORY.match(text.strip()) for text in typed))
        return [
            {
                "name": match["name"].strip(),
                "quantity": float(match["quantity"] or 0) or 1.0,
                "condition": (match["condition"] or "").strip() or False,
                "sequence": rank,
            }
            for rank, match in enumerate(matches, start=1)
        ]
