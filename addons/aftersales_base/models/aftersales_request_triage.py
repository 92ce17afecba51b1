from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesRequest(models.Model):
    """From the symptom to what helps, and what helped into the catalogue (IN15, KN1, KN2)."""

    _inherit = "aftersales.request"

    repeat_ids = fields.One2many(
        comodel_name="aftersales.request", inverse_name="repeat_of_id", string="Came Back As"
    )

    self_service_ids = fields.One2many(
        comodel_name="aftersales.solution.answer",
        inverse_name="request_id",
        string="Tried by the Customer",
        readonly=True,
        help="What the customer tried himself on the portal before he sent this request.",
    )

    # What helped is counted by symptom, then product.
    _solved_by_idx = models.Index(
        "(symptom_id, product_id, remedy_id, cause_id) "
        "WHERE state = 'done' AND remedy_id IS NOT NULL"
    )

    # === ACTION METHODS === #

    def action_add_solution(self):
        """Open how this request was solved as an entry of the catalogue, to check and save.

        :raises UserError: when the request is not solved, or does not say from what and how
        """
        self.ensure_one()
        self.check_access("write")
        self.env["aftersales.solution"].check_access("create")
        if obstacle := self._get_solution_obstacle():
            raise UserError(obstacle)
        solution, replaced = self._find_own_solution()
        context = {
            f"default_{fname}": value
            for fname, value in self._prepare_solution_vals(replaced).items()
        }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add to the Catalogue"),
            "res_model": "aftersales.solution",
            "res_id": solution.id,
            "view_mode": "form",
            "target": "new",
            "context": {} if solution else context,
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"repeat_ids", "self_service_ids"}

    def _get_solution_obstacle(self):
        """Return why this request says nothing to the next one, or an empty text."""
        self.ensure_one()
        if self.state != "done":
            return self.env._(
                "%(request)s is not solved yet. Add it to the catalogue when it is.",
                request=self.display_name,
            )
        if not (self.symptom_id and self.remedy_id):
            return self.env._(
                "%(request)s does not say what the symptom was and what helped. Fill in symptom "
                "and remedy first.",
                request=self.display_name,
            )
        return ""

    def _find_own_solution(self):
        """Return what the user may change of this case, and else what he would replace."""
        solutions = self.env["aftersales.solution"]._find_solutions(
            self.symptom_id, self.product_id, self.company_id
        )
        same = solutions.filtered(
            lambda solution: (
                solution.remedy_id == self.remedy_id
                and solution.cause_id in (self.cause_id, self.cause_id.browse())
            )
        )
        mine = same._filtered_access("write")[:1]
        return mine, same.browse() if mine else same[:1]

    def _prepare_solution_vals(self, replaced):
        """Return the values of the entry this request makes.

        :param replaced: an approved solution that it would improve, if any
        """
        self.ensure_one()
        scope = replaced or self
        return {
            "symptom_id": self.symptom_id.id,
            "cause_id": self.cause_id.id,
            "remedy_id": self.remedy_id.id,
            "product_id": scope.product_id.id,
            "category_id": replaced.category_id.id,
            "company_id": (replaced or self).company_id.id,
            "text": self._get_solution_text(replaced),
            "request_id": self.id,
            "replaces_id": replaced.id,
        }

    def _get_solution_text(self, replaced):
        """Return what is known of how to do it: nothing the customer wrote."""
        return replaced.text or self.remedy_id.solution
