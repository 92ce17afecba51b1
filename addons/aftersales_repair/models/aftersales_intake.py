from odoo import api, fields, models
from odoo.exceptions import UserError

WORKSHOP = "aftersales_base.aftersales_service_type_workshop"
# What all work orders of an intake have in common.
INTAKE_FACTS = ("company_id", "partner_id")


class AftersalesIntake(models.Model):
    """What one customer brings to the counter: one or many units, one slip (IN7, IN8, IN11, IN12).

    Each unit becomes a request and a work order of its own; what cannot be taken in stays as a
    line that says why. What is the same for all is written once, at the top.
    """

    _name = "aftersales.intake"
    _description = "Intake"
    _inherit = [
        "aftersales.guard.mixin",
        "aftersales.number.mixin",
        "aftersales.known.phone.mixin",
    ]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "partner_id.name", "phone"]
    _check_company_auto = True
    _number_code = "aftersales.intake"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date = fields.Datetime(
        string="Taken In On", required=True, default=fields.Datetime.now, index=True, copy=False
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Taken In By",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        index=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
    )
    phone = fields.Char(
        help="Where the customer is reached about this. A customer without a number gets it.",
    )
    brought_by = fields.Char(
        compute="_compute_brought_by",
        store=True,
        readonly=False,
        precompute=True,
        help="Who stood at the counter.",
    )
    service_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        check_company=True,
        default=lambda self: self._default_service_type_id(),
        index="btree_not_null",
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
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        help="Of all units whose serial number is not known to us.",
    )
    subject = fields.Char(string="What Is Wrong", help="As the customer says it, for all units.")
    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault", domain="[('kind', '=', 'symptom')]", check_company=True
    )
    sale_phase = fields.Selection(
        selection=lambda self: self._get_sale_phases(),
        string="Goods",
        default="after",
        required=True,
        help="Goods of a customer, or goods that are still to be sold.",
    )
    consent_data = fields.Boolean(
        string="Data May Be Lost",
        help="The customer was told to save his data and agrees that they may be lost.",
    )
    consent_remote = fields.Boolean(
        string="Remote Work Allowed",
        help="The customer agrees that we reach his units from afar to work on them.",
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.intake.line", inverse_name="intake_id", string="Units"
    )
    unit_count = fields.Integer(string="Number of Units", compute="_compute_counts", store=True)
    open_count = fields.Integer(
        string="Not Taken In",
        compute="_compute_counts",
        store=True,
        help="Units on this intake that have no work order yet.",
    )
    failed_count = fields.Integer(compute="_compute_counts", store=True)

    here_already = fields.Char(
        compute="_compute_here_already",
        help="Units on this intake that have an open work order already.",
    )

    _open_idx = models.Index("(company_id) WHERE open_count > 0")

    # === DEFAULTS === #

    @api.model
    def _default_service_type_id(self):
        return self.env.ref(WORKSHOP, raise_if_not_found=False)

    @api.model
    def _get_sale_phases(self):
        return self.env["repair.order"]._fields["sale_phase"].selection

    # === COMPUTE METHODS === #

    @api.depends("line_ids.unit_id")
    def _compute_partner_id(self):
        for intake in self:
            owners = intake.line_ids.unit_id.partner_id
            intake.partner_id = intake.partner_id or owners[:1]

    @api.depends("partner_id")
    def _compute_brought_by(self):
        for intake in self:
            intake.brought_by = intake.partner_id.name

    @api.depends("service_type_id", "user_id")
    def _compute_team_id(self):
        own = self.env["aftersales.team"].search(
            [("member_ids.user_id", "in", self.user_id.ids)], order="id"
        )
        for intake in self:
            mine = own.filtered(
                lambda team, intake=intake: (
                    intake.user_id in team.member_ids.user_id
                    and team.company_id in (intake.company_id, self.env["res.company"])
                )
            )
            intake.team_id = intake.service_type_id.team_id or intake.team_id or mine[:1]

    @api.depends("line_ids.repair_id", "line_ids.error")
    def _compute_counts(self):
        for intake in self:
            waiting = intake.line_ids.filtered(lambda line: not line.repair_id)
            intake.unit_count = len(intake.line_ids)
            intake.open_count = len(waiting)
            intake.failed_count = len(waiting.filtered("error"))

    @api.depends("line_ids.is_open_elsewhere", "line_ids.history")
    @api.depends_context("lang")
    def _compute_here_already(self):
        for intake in self:
            lines = intake.line_ids.filtered("is_open_elsewhere")
            intake.here_already = ", ".join(
                f"{line.display_name} ({line.history})" for line in lines
            )

    # === CRUD METHODS === #

    def write(self, vals):
        if "company_id" in vals or "partner_id" in vals:
            self._check_not_begun(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_taken_in(self):
        self.line_ids._unlink_except_taken_in()

    # === ACTION METHODS === #

    def action_take_in(self):
        """Make a work order of each unit that has none yet.

        Each is saved on its own: one that cannot be taken in keeps what was typed and says why.

        :raises UserError: when customer, phone number or units are missing
        """
        for intake in self:
            intake._check_complete()
            intake._note_phone()
            intake.line_ids.filtered(lambda line: not line.repair_id)._take_in()

    def action_print_slip(self):
        """Print the one slip the customer gets."""
        return self.env.ref("aftersales_repair.action_report_intake_slip").report_action(self)

    def action_view_orders(self):
        """Open the work orders of these units."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_repair.repair_order_action"
        )
        return {**action, "domain": [("id", "in", self.line_ids.repair_id.ids)], "context": {}}

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name"}

    def _check_not_begun(self, vals):
        """Let an intake keep customer and company once something of it was taken in.

        :raises UserError: naming the intake
        """
        for intake in self:
            same = all(intake[fname].id == vals[fname] for fname in vals if fname in INTAKE_FACTS)
            if not same and intake.line_ids.repair_id:
                raise UserError(
                    self.env._(
                        "%(intake)s has work orders of %(customer)s. Make a new intake for "
                        "another customer.",
                        intake=intake.name,
                        customer=intake.partner_id.display_name,
                    )
                )

    def _check_complete(self):
        """Refuse an intake that does not say whose it is, or of what.

        :raises UserError: saying what is missing
        """
        self.ensure_one()
        if not self.partner_id or not (self.phone or "").strip():
            raise UserError(
                self.env._(
                    "%(intake)s says not yet who brings it. Write the customer and a phone number.",
                    intake=self.name,
                )
            )
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "%(intake)s has no unit. Scan or type a serial number, or choose a product.",
                    intake=self.name,
                )
            )

    def _note_phone(self):
        """Give a customer without a number the one he left; known numbers stay."""
        self.ensure_one()
        if not self.partner_id.phone:
            self.partner_id.phone = self.phone

    def _get_slip_lines(self):
        """Return the lines that became work orders."""
        self.ensure_one()
        return self.line_ids.filtered("repair_id")
