from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import is_html_empty

MANAGER = "aftersales_base.group_aftersales_manager"
MOST_OFFERED = 6


class AftersalesSolution(models.Model):
    """What a customer may try himself before he asks for service (KN2).

    A text for customers makes a solution theirs as soon as it is approved; the text for
    colleagues never leaves the house.
    """

    _name = "aftersales.solution"
    _inherit = ["aftersales.solution", "mail.activity.mixin"]

    customer_title = fields.Char(
        string="Customers Ask",
        translate=True,
        help="How a customer would say it. Empty: the name of the symptom.",
    )
    customer_text = fields.Html(
        string="What Customers May Try",
        translate=True,
        help="Shown to customers who are about to ask for service, once it is approved. Empty: "
        "they do not see this solution.",
    )
    answer_ids = fields.One2many(
        comodel_name="aftersales.solution.answer", inverse_name="solution_id"
    )
    helped_count = fields.Integer(
        string="Helped Customers",
        compute="_compute_answer_counts",
        help="How often a customer said on the portal that it helped him.",
    )
    answer_count = fields.Integer(string="Tried by Customers", compute="_compute_answer_counts")

    # === COMPUTE METHODS === #

    @api.depends("answer_ids.helped")
    def _compute_answer_counts(self):
        groups = self.env["aftersales.solution.answer"]._read_group(
            [("solution_id", "in", self.ids)], ["solution_id", "helped"], ["__count"]
        )
        counts = {(solution.id, helped): count for solution, helped, count in groups}
        for solution in self:
            solution.helped_count = counts.get((solution.id, True), 0)
            failed = counts.get((solution.id, False), 0)
            solution.answer_count = solution.helped_count + failed

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        solutions = super().create(vals_list)
        solutions._ask_for_approval()
        return solutions

    # === ACTION METHODS === #

    def action_view_answers(self):
        """Open what customers said of it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_solution_answer_action"
        )
        action["domain"] = [("solution_id", "in", self.ids)]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"answer_ids"}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # sudo: the to-do may be a colleague's; the decision is made.
        self.sudo().activity_ids.unlink()
        if target == "proposed":
            self._ask_for_approval()

    def _ask_for_approval(self):
        """Give the manager nearest to who proposed it a to-do; a manager asks nobody."""
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        for solution in self:
            chiefs = solution.request_id.team_id.sudo().chief_ids
            approver = chiefs.filtered(lambda user: user.has_group(MANAGER))[:1]
            if approver:
                solution.sudo().activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Approve this solution, or retire it"),
                    user_id=approver.id,
                )

    @api.model
    def _find_for_customers(self, product, company):
        """Return what owners of ``product`` may try themselves: what helped most often first.

        To be called in superuser mode: customers read texts of :meth:`_get_customer_title` and
        ``customer_text``, nothing else.
        """
        found = self.search(self._get_customer_domain(product, company))
        offered = found.filtered(lambda solution: not is_html_empty(solution.customer_text))
        path = (product.categ_id.parent_path or "").split("/")
        return offered.sorted(
            lambda solution: (solution.helped_count, *solution._get_closeness(path)), reverse=True
        )[:MOST_OFFERED]

    @api.model
    def _get_customer_domain(self, product, company):
        """Return the domain of what owners of ``product`` may see."""
        categories = [int(key) for key in (product.categ_id.parent_path or "").split("/") if key]
        about = Domain("product_id", "=", product.id) | (
            Domain("product_id", "=", False) & Domain("category_id", "in", [*categories, False])
        )
        return about & Domain(
            [
                ("state", "=", "approved"),
                ("customer_text", "!=", False),
                ("company_id", "in", (company.id, False)),
            ]
        )

    def _get_customer_title(self):
        """Return what a customer reads above the steps."""
        self.ensure_one()
        return self.customer_title or self.symptom_id.name
