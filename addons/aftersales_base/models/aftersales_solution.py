from odoo import api, fields, models
from odoo.exceptions import ValidationError

AGENT = "aftersales_base.group_aftersales_agent"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesSolution(models.Model):
    """What helps against a symptom, told so that the next one can do it, too (KN1).

    ==================  ==================  ==================  =======
    action              technician          agent               manager
    ==================  ==================  ==================  =======
    read                approved            approved, his own   all
    propose             no                  yes                 yes
    change              no                  his own proposals   all
    approve, retire     no                  no                  yes
    ==================  ==================  ==================  =======
    """

    _name = "aftersales.solution"
    _description = "Solution"
    _inherit = ["aftersales.state.mixin", "mail.thread"]
    _order = "symptom_id, remedy_id, id"
    _rec_names_search = ["symptom_id", "remedy_id", "cause_id"]
    _check_company_auto = True

    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('kind', '=', 'symptom')]",
        tracking=True,
    )
    cause_id = fields.Many2one(
        comodel_name="aftersales.fault",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        domain="[('kind', '=', 'cause')]",
        tracking=True,
        help="Empty: whatever the cause.",
    )
    remedy_id = fields.Many2one(
        comodel_name="aftersales.fault",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('kind', '=', 'remedy')]",
        tracking=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        index="btree_not_null",
        check_company=True,
        help="It helps with this product. Empty: with a category, or with all products.",
    )
    category_id = fields.Many2one(
        comodel_name="product.category",
        string="Product Category",
        compute="_compute_category_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        help="It helps with all products of this category and those below.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        default=lambda self: self.env.company,
        help="Empty: all companies read it.",
    )
    text = fields.Html(
        string="How to Do It", translate=True, help="Step by step, as one tells a colleague."
    )
    state = fields.Selection(
        selection=[("proposed", "Proposed"), ("approved", "Approved"), ("retired", "Retired")],
        required=True,
        default="proposed",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Came From",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The request that was solved this way.",
    )
    replaces_id = fields.Many2one(
        comodel_name="aftersales.solution",
        string="Instead Of",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The solution this one improves: it retires when this one is approved.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_category_id(self):
        for solution in self:
            solution.category_id = False if solution.product_id else solution.category_id

    @api.depends("symptom_id.name", "remedy_id.name")
    def _compute_display_name(self):
        for solution in self:
            names = (solution.symptom_id.name, solution.remedy_id.name)
            solution.display_name = ": ".join(name for name in names if name)

    # === CONSTRAINT METHODS === #

    @api.constrains("symptom_id", "cause_id", "remedy_id")
    def _check_kinds(self):
        for solution in self:
            for kind in ("symptom", "cause", "remedy"):
                fault = solution[f"{kind}_id"]
                if fault and fault.kind != kind:
                    raise ValidationError(
                        self.env._(
                            "%(fault)s is no %(kind)s. Choose another one for %(solution)s.",
                            fault=fault.display_name,
                            kind=dict(fault._fields["kind"]._description_selection(self.env))[kind],
                            solution=solution.display_name,
                        )
                    )

    # === ACTION METHODS === #

    def action_approve(self):
        """Let everybody read it; what it replaces retires."""
        return self.write({"state": "approved"})

    def action_retire(self):
        """Take it out: wrong, or no longer done this way."""
        return self.write({"state": "retired"})

    def action_propose(self):
        """Open it again for changes and another decision."""
        return self.write({"state": "proposed"})

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "proposed": {"approved": MANAGER, "retired": MANAGER},
            "approved": {"proposed": MANAGER, "retired": MANAGER},
            "retired": {"proposed": MANAGER},
        }

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "approved":
            self.replaces_id.filtered(lambda solution: solution.state == "approved").action_retire()

    @api.model
    def _find_solutions(self, symptom, product, company):
        """Return the solutions against ``symptom`` that fit ``product``, the closest first.

        As far as the user may read them: what is approved, and what he proposed himself.
        """
        found = self.search(
            [
                ("symptom_id", "=", symptom.id),
                ("company_id", "in", (company.id, False)),
                ("state", "!=", "retired"),
            ]
        )
        path = (product.categ_id.parent_path or "").split("/")
        fitting = found.filtered(lambda solution: solution._fits(product, path))
        return fitting.sorted(lambda solution: solution._get_closeness(path), reverse=True)

    def _fits(self, product, path):
        """Return whether it is told of ``product``, of a category of ``path``, or of anything."""
        self.ensure_one()
        if self.product_id:
            return self.product_id == product
        return not self.category_id or str(self.category_id.id) in path

    def _get_closeness(self, path):
        """Return a key: told of the product, then of the nearest category; approved first."""
        self.ensure_one()
        depth = path.index(str(self.category_id.id)) + 1 if self.category_id else 0
        return (bool(self.product_id), depth, self.state == "approved", -self.id)
