from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

# First to last: the first of these that one charge has is what the order has.
# What is worst of its charges is the status of the order.
SETTLEMENT_STATUSES = (
    "to_settle",
    "reversed",
    "partial",
    "settled",
    "written_off",
    "paid",
    "elsewhere",
    "none",
)


ENDED = ("done", "cancel")
# What Odoo computes stays as open as Odoo has it.
ODOO_COMPUTES = {"is_parts_available", "is_parts_late", "location_dest_id", "parts_location_id"}


class RepairOrder(models.Model):
    """The work order: Odoo's repair order with what brought it and who pays for it.

    Parts stay stock moves. Each added part, and each hour, trip or fee, is a charge whose
    bearer coverage decides until the order is done. Where the order stands is computed from
    facts (estimate told and answered, done, settled, paid).
    """

    _inherit = "repair.order"

    state = fields.Selection(group_expand=True)
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Service Request",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        domain="[('partner_id', '=?', partner_id)]",
        copy=True,
    )
    unit_warranty_status = fields.Selection(related="unit_id.warranty_status")
    unit_warranty_end = fields.Date(related="unit_id.warranty_end")
    product_id = fields.Many2one(
        compute="_compute_product_id", store=True, readonly=False, precompute=True
    )
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        compute="_compute_service_type_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    team_id = fields.Many2one(
        comodel_name="aftersales.team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
    )
    technician_id = fields.Many2one(
        comodel_name="res.users",
        compute="_compute_technician_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('share', '=', False)]",
        index="btree_not_null",
        tracking=True,
        help="Who does the work; he sees the order in his list.",
    )
    date_fault = fields.Date(
        string="Reported On",
        compute="_compute_date_fault",
        store=True,
        readonly=False,
        precompute=True,
        help="The day that decides who pays, not the day of the repair.",
    )
    symptom_id = fields.Many2one(related="request_id.symptom_id", readonly=True)
    cause_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_cause_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'cause')]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    remedy_id = fields.Many2one(
        comodel_name="aftersales.fault",
        domain="[('kind', '=', 'remedy')]",
        check_company=True,
        index="btree_not_null",
    )
    charge_ids = fields.One2many(
        comodel_name="aftersales.charge", inverse_name="repair_id", string="Charges"
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id", compute_sudo=True
    )
    customer_amount = fields.Monetary(
        string="Customer Pays", compute="_compute_charge_amounts", compute_sudo=True
    )
    company_amount = fields.Monetary(
        string="We Bear", compute="_compute_charge_amounts", compute_sudo=True
    )
    partner_amount = fields.Monetary(
        string="Maker or Vendor Pays", compute="_compute_charge_amounts", compute_sudo=True
    )
    settlement_status = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.charge"]
            ._fields["settlement_status"]
            ._description_selection(self.env)
        ),
        compute="_compute_settlement_status",
        search="_search_settlement_status",
        compute_sudo=True,
    )
    settlement_count = fields.Integer(compute="_compute_settlement_count", compute_sudo=True)
    progress = fields.Selection(
        selection=[
            ("new", "New"),
            ("estimated", "Waiting for the Customer"),
            ("refused", "Estimate Refused"),
            ("agreed", "Agreed"),
            ("consent", "Needs New Consent"),
            ("in_work", "In Work"),
            ("done", "Done"),
            ("to_settle", "To Settle"),
            ("settled", "Being Settled"),
            ("partial", "Partly Paid"),
            ("reversed", "Invoice Reversed"),
            ("paid", "Paid"),
            ("written_off", "Written Off"),
            ("unrepaired", "Returned Unrepaired"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_progress",
        help="Where the order stands, told by what happened.",
    )

    # === COMPUTE METHODS === #

    @api.depends("request_id.unit_id")
    def _compute_unit_id(self):
        for repair in self:
            repair.unit_id = repair._get_open_request().unit_id or repair.unit_id

    @api.depends("unit_id", "request_id.product_id")
    def _compute_product_id(self):
        for repair in self:
            product = repair.unit_id.product_id or repair._get_open_request().product_id
            repair.product_id = product or repair.product_id

    @api.depends("unit_id")
    def compute_lot_id(self):
        super().compute_lot_id()
        for repair in self:
            if repair.unit_id.lot_id:
                repair.lot_id = repair.unit_id.lot_id

    @api.depends("unit_id", "request_id.partner_id")
    def _compute_partner_id(self):
        served = self.filtered(lambda repair: repair.request_id or repair.unit_id)
        super(RepairOrder, self - served)._compute_partner_id()
        for repair in served:
            customer = repair.request_id.partner_id or repair.unit_id.partner_id
            if not (customer and repair._is_open()):
                customer = repair.partner_id or customer
            repair.partner_id = customer

    @api.depends("service_type_id")
    def _compute_picking_type_id(self):
        """Take the operation of the service type; goods that move already stay with theirs."""
        current = {repair: repair.picking_type_id for repair in self}
        super()._compute_picking_type_id()
        for repair in self:
            service_type = repair.service_type_id.with_company(repair.company_id)
            if current[repair] and repair.state != "draft":
                repair.picking_type_id = current[repair]
            elif service_type.picking_type_id:
                repair.picking_type_id = service_type.picking_type_id
            elif repair._keeps_operation(current[repair]):
                repair.picking_type_id = current[repair]

    @api.depends("request_id.service_type_id")
    def _compute_service_type_id(self):
        for repair in self:
            service_type = repair._get_open_request().service_type_id
            repair.service_type_id = service_type or repair.service_type_id

    @api.depends("request_id.team_id", "service_type_id.team_id")
    def _compute_team_id(self):
        for repair in self:
            team = repair._get_open_request().team_id or repair.service_type_id.team_id
            repair.team_id = team or repair.team_id

    @api.depends("request_id")
    def _compute_technician_id(self):
        for repair in self:
            repair.technician_id = repair.technician_id or repair.request_id.user_id

    @api.depends("request_id.date_reported")
    def _compute_date_fault(self):
        for repair in self:
            if request := repair._get_open_request():
                repair.date_fault = request._get_fault_date()
            else:
                repair.date_fault = repair.date_fault or repair.company_id._get_aftersales_day()

    @api.depends("request_id.cause_id")
    def _compute_cause_id(self):
        for repair in self:
            repair.cause_id = repair._get_open_request().cause_id or repair.cause_id

    @api.depends("charge_ids.state", "charge_ids.currency_id", "company_id.currency_id")
    def _compute_currency_id(self):
        """Apart from the amounts: each movement of parts would ask who points to a currency."""
        for repair in self:
            charges = repair.charge_ids.filtered(lambda charge: charge.state != "cancelled")
            repair.currency_id = charges[:1].currency_id or repair.company_id.currency_id

    @api.depends(
        "charge_ids.state",
        "charge_ids.customer_amount",
        "charge_ids.covered_amount",
        "charge_ids.refused_amount",
        "charge_ids.bearer",
        "charge_ids.currency_id",
    )
    def _compute_charge_amounts(self):
        for repair in self:
            charges = repair.charge_ids.filtered(lambda charge: charge.state != "cancelled")
            amounts = charges._get_amounts_by_bearer(repair.currency_id)
            for bearer, fname in self._get_borne_fields().items():
                repair[fname] = amounts.get(bearer, 0.0)

    @api.depends("charge_ids.settlement_status")
    def _compute_settlement_status(self):
        for repair in self:
            statuses = set(repair.charge_ids.mapped("settlement_status"))
            repair.settlement_status = next(
                (status for status in SETTLEMENT_STATUSES if status in statuses), "none"
            )

    def _search_settlement_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        # The status is told to whoever sees the order, so it is found without reading charges.
        has = [
            Domain("charge_ids", "any!", [("settlement_status", "=", status)])
            for status in SETTLEMENT_STATUSES[:-1]
        ]
        exact = {
            status: Domain.AND([has[rank], *(~earlier for earlier in has[:rank])])
            for rank, status in enumerate(SETTLEMENT_STATUSES[:-1])
        }
        exact["none"] = ~Domain.OR(has)
        return Domain.OR(exact[status] for status in value if status in exact)

    @api.depends("charge_ids.settlement_line_ids")
    def _compute_settlement_count(self):
        for repair in self:
            repair.settlement_count = len(repair.charge_ids.settlement_line_ids.settlement_id)

    @api.depends(
        "state",
        "estimate_date",
        "estimate_answer",
        "estimate_agreed_amount",
        "customer_amount",
        "settlement_status",
    )
    def _compute_progress(self):
        for repair in self:
            repair.progress = repair._get_progress()

    # === CONSTRAINT METHODS === #

    @api.constrains("unit_id", "product_id")
    def _check_unit_product(self):
        for repair in self:
            if repair.unit_id and repair.product_id != repair.unit_id.product_id:
                raise ValidationError(
                    self.env._(
                        "%(order)s is about %(unit)s and cannot name another product. Take the "
                        "installed product out first.",
                        order=repair.display_name,
                        unit=repair.unit_id.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [
            vals if vals.get("picking_type_id") else {**vals, **self._prepare_operation_vals(vals)}
            for vals in vals_list
        ]
        self._fetch_units(vals_list)
        repairs = super().create(vals_list)
        repairs._keep_units_that_came_in()
        return repairs

    def write(self, vals):
        vals = self._add_operation(vals)
        result = super().write(vals)
        if "picking_id" in vals:
            self._keep_units_that_came_in()
        self._clear_charges(vals)
        if {"partner_id", "unit_id", "request_id", "picking_id"} & vals.keys():
            self.move_ids._update_part_charges()
            self.move_ids._create_part_charges()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        # Also charges he cannot see hold the order.
        charge = self.sudo().charge_ids.filtered(lambda charge: charge.state == "confirmed")[:1]
        if charge:
            raise UserError(
                self.env._(
                    "%(order)s has confirmed charges, such as %(charge)s, and stays on record.",
                    order=charge.repair_id.display_name,
                    charge=charge.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_validate(self):
        self.ensure_one()
        # A unit that stands at the customer's need not be in our stock to be worked on.
        negative = any(move.product_uom_qty < 0 for move in self.move_ids)
        if self.product_location_src_id.usage == "customer" and not negative:
            return self._action_repair_confirm()
        return super().action_validate()

    def action_repair_done(self):
        repairs = self
        if self.sale_order_id and not self.env["sale.order.line"].has_access("write"):
            # Ended work counts as delivered on the sales order it came from, also when a
            # technician without sales rights ends it.
            self.check_access("write")
            repairs = self.sudo()
        return super(RepairOrder, repairs).action_repair_done()

    def action_create_sale_order(self):
        self._check_parts_not_settled(self.move_ids)
        return super().action_create_sale_order()

    def action_settle(self):
        """Gather what others pay for this work on draft settlements, one a payer.

        :raises UserError: when the work is not done or nothing is left to settle
        """
        unfinished = self.filtered(lambda repair: not repair._may_be_settled())[:1]
        if unfinished:
            raise UserError(
                self.env._(
                    "%(order)s is not done yet. End the work before settling it.",
                    order=unfinished.display_name,
                )
            )
        charges = self._get_charges_to_settle()
        if not charges:
            raise UserError(self.env._("Nothing to settle: there is no charge on this work."))
        return charges.action_settle()

    def action_view_settlements(self):
        """Open the settlements that hold charges of this work."""
        settlements = self.charge_ids.settlement_line_ids.settlement_id
        return settlements._get_records_action(name=self.env._("Settlements"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() - ODOO_COMPUTES

    def _get_charges_to_settle(self):
        """Return the charges that are settled with this work."""
        return self.charge_ids.filtered(lambda charge: charge.state != "cancelled")

    def _may_be_settled(self):
        """Return whether what is charged is final."""
        self.ensure_one()
        return self.state == "done"

    @api.model
    def _fetch_units(self, vals_list):
        """Read what new orders ask of their units; left to itself, the cache would read all."""
        unit_ids = {vals["unit_id"] for vals in vals_list if vals.get("unit_id")}
        # sudo: computed fields read them, too, whoever makes the order.
        self.env["aftersales.unit"].sudo().browse(unit_ids).fetch(self._get_unit_fields())

    @api.model
    def _get_unit_fields(self):
        """Return the fields of a unit that an order asks about until it is done."""
        return [
            "company_id",
            "lot_id",
            "partner_id",
            "policy_id",
            "product_id",
            "proof_checked",
            "state",
        ]

    def _keep_units_that_came_in(self):
        """Let the customer keep what he sent in by the transfer he is repaired from.

        An order without customer repairs our own goods: those were given back for good.
        """
        # Who plans the work need not be a storekeeper; that it is for repair says the order.
        came_in_sudo = self.filtered("partner_id").sudo().picking_id
        came_in_sudo.filtered(
            lambda picking: picking.return_id and not picking.aftersales_for_repair
        ).aftersales_for_repair = True

    def _open_order(self):
        """Open the form of the order."""
        view = self.env.ref("repair.view_repair_order_form")
        return self._get_records_action(views=[(view.id, "form")])

    def _is_open(self):
        """Return whether the order still follows its request."""
        self.ensure_one()
        return self.state not in ENDED

    def _check_work_open(self):
        """Raise when the work is over.

        :raises UserError: naming the order
        """
        closed = self.filtered(lambda repair: not repair._is_open())[:1]
        if closed:
            raise UserError(
                self.env._(
                    "%(order)s is closed: nothing is added to it any more.",
                    order=closed.display_name,
                )
            )

    def _get_open_request(self):
        """Return the request the order follows; what is done stays as it was done."""
        self.ensure_one()
        return self.request_id if self._is_open() else self.request_id.browse()

    def _keeps_operation(self, picking_type):
        """Return whether an operation chosen by hand still fits; work that is no longer on
        site goes back to the workshop."""
        self.ensure_one()
        onsite = picking_type.default_product_location_src_id.usage == "customer"
        return bool(picking_type) and picking_type.company_id == self.company_id and not onsite

    def _add_operation(self, vals):
        """Return ``vals`` with the operation type of a changed service type.

        Written, not computed: the order gets a number of its new operation and parts are
        reserved where they are taken from now.
        """
        named = vals.get("service_type_id") and "picking_type_id" not in vals
        if not named or not all(repair._is_open() for repair in self):
            return vals
        company = self.company_id[:1].id
        return {**vals, **self._prepare_operation_vals({**vals, "company_id": company})}

    def _clear_charges(self, vals):
        """Take out of open charges what was taken out of the order.

        Charges follow a changed value by themselves and keep what the order does not know;
        a value that was withdrawn (a wrong cause) must not decide who pays.
        """
        cleared = {
            fname: False
            for fname in ("unit_id", "partner_id", "service_type_id", "cause_id")
            if fname in vals and not vals[fname]
        }
        if cleared:
            self.sudo().charge_ids.filtered(lambda charge: charge.state == "draft").write(cleared)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "under_repair":
            self._start_requests()
        elif target == "done":
            self._confirm_charges()
        elif target == "cancel":
            self._cancel_charges()
        elif target == "draft":
            self._bring_charges_back()

    def _start_requests(self):
        """Take up the requests this work answers."""
        # The technician of the order need not be the one of the request.
        for repair_sudo in self.sudo():
            request_sudo = repair_sudo.request_id
            if request_sudo.state in ("new", "waiting"):
                if not request_sudo.user_id:
                    request_sudo.user_id = repair_sudo.technician_id
                request_sudo.action_start()

    @api.model
    def _prepare_operation_vals(self, vals):
        """Return the operation type that goes with the service type of a new order."""
        service_type = self.env["aftersales.service.type"].browse(vals.get("service_type_id"))
        if not service_type and vals.get("request_id"):
            request = self.env["aftersales.request"].browse(vals["request_id"])
            service_type = request.service_type_id
        company = vals.get("company_id") or self.env.company.id
        picking_type = service_type.with_company(company).picking_type_id
        return {"picking_type_id": picking_type.id} if picking_type else {}

    def _get_progress(self):
        self.ensure_one()
        if self.state == "cancel":
            return "cancelled"
        if self.state == "done":
            status = self.settlement_status
            return "done" if status in ("elsewhere", "none") else status
        if self.state == "under_repair":
            return "in_work"
        if self.estimate_answer:
            return "agreed" if self.estimate_answer == "accepted" else "refused"
        return "estimated" if self.estimate_date else "new"

    @api.model
    def _get_borne_fields(self):
        """Return ``{bearer: field}``: where the share of each bearer is shown."""
        return {
            "customer": "customer_amount",
            "company": "company_amount",
            "partner": "partner_amount",
        }

    def _confirm_charges(self):
        """Freeze the charges of finished work; parts that were not used are dropped."""
        # Ending the work is the right to charge for it: a storekeeper who repairs may have
        # no after-sales role.
        self.move_ids._create_part_charges()
        drafts_sudo = self.sudo().charge_ids.filtered(lambda charge: charge.state == "draft")
        unused = drafts_sudo.filtered(lambda charge: charge.move_id and not charge.quantity)
        unused.action_cancel()
        (drafts_sudo - unused).action_confirm()

    def _cancel_charges(self):
        """Take the open charges of cancelled work out."""
        # Cancelling work is enough for it, whoever may see them.
        self.sudo().charge_ids.filtered(lambda charge: charge.state == "draft").action_cancel()

    def _bring_charges_back(self):
        """Charge again what was taken out with the work; a fee that was waived stays so."""
        # As in _cancel_charges().
        self.sudo().charge_ids.filtered(
            lambda charge: charge.state == "cancelled" and not charge.is_diagnosis_fee
        ).action_draft()
        # Their quantities stood still while they were cancelled.
        self.move_ids.modified(["product_uom_qty"])

    def _check_parts_not_settled(self, moves):
        """Refuse a sales order for parts that a settlement bills.

        :raises UserError: naming the settlement
        """
        line = moves.sudo().aftersales_charge_ids.settlement_line_ids.filtered("is_living")[:1]
        if line:
            raise UserError(
                self.env._(
                    "%(part)s of %(order)s is on settlement %(settlement)s. Cancel the settlement "
                    "before billing it on a sales order.",
                    part=line.charge_id.display_name,
                    order=line.charge_id.repair_id.display_name,
                    settlement=line.settlement_id.display_name,
                )
            )

    def _get_charge_report_title(self):
        """Return what the printed list of charges is: an estimate until the work is done."""
        self.ensure_one()
        return self.env._("Repair Report") if self.state == "done" else self.env._("Estimate")

    def _get_report_charges(self):
        """Return the charges a customer reads, parts first."""
        kinds = [kind for kind, __ in self.charge_ids._fields["kind"].selection]
        charges = self.charge_ids.filtered(lambda charge: charge.state != "cancelled")
        return charges.sorted(lambda charge: (kinds.index(charge.kind), charge.id))

    def _prepare_charge_origin_vals(self):
        """Return what a charge made for this work takes from it."""
        self.ensure_one()
        return {
            "unit_id": self.unit_id,
            "partner_id": self.partner_id,
            "service_type_id": self.service_type_id,
            "team_id": self.team_id,
            "user_id": self.technician_id,
            "cause_id": self.cause_id,
            "symptom_id": self.symptom_id,
            "date_fault": self.date_fault,
            "date_work": self._get_work_moment(),
        }

    def _get_work_moment(self):
        """Return when the work is done at the customer's, where service prices depend on it.

        Work in the workshop is done in working hours: it has no time.
        """
        self.ensure_one()
        rules = self.env["aftersales.price.rule"]
        if not rules._is_priced_by("work_time", self.company_id):
            return False
        # sudo: who makes the charge may not see the visit of a colleague.
        visits_sudo = self.sudo().visit_ids.filtered(lambda visit: visit.state != "cancelled")
        moments = [visit.arrived or visit.planned_from for visit in visits_sudo]
        return min(filter(None, moments), default=False)
