from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesRequestSolve(models.TransientModel):
    """Close a request while the customer is on the phone: what it was, and what helped (IN15)."""

    _name = "aftersales.request.solve"
    _description = "Solve on the Phone"

    request_id = fields.Many2one(comodel_name="aftersales.request", required=True)
    company_id = fields.Many2one(related="request_id.company_id", related_sudo=False)
    resolution = fields.Selection(
        selection=[
            ("phone", "Solved on the Phone"),
            ("advice", "Advice Given"),
            ("none", "Not Solved"),
        ],
        string="Outcome",
        required=True,
        default="phone",
    )
    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_from_request",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'symptom'), ('company_id', 'in', (company_id, False))]",
    )
    cause_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_from_request",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'cause'), ('company_id', 'in', (company_id, False))]",
    )
    remedy_id = fields.Many2one(
        comodel_name="aftersales.fault",
        compute="_compute_from_request",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('kind', '=', 'remedy'), ('company_id', 'in', (company_id, False))]",
    )
    note = fields.Text(string="How It Was Solved")
    check_back = fields.Boolean(
        compute="_compute_check_back",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    check_back_minutes = fields.Integer(
        string="After (Minutes)",
        compute="_compute_check_back",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )

    _check_back_positive = models.Constraint(
        "CHECK(check_back_minutes >= 0)", "The call to check back is in the future."
    )

    @api.depends("request_id")
    def _compute_from_request(self):
        for wizard in self:
            request = wizard.request_id
            wizard.symptom_id = request.symptom_id
            wizard.cause_id = request.cause_id
            wizard.remedy_id = request.remedy_id

    @api.depends("request_id", "resolution")
    def _compute_check_back(self):
        for wizard in self:
            minutes = wizard.request_id.company_id.aftersales_check_back_minutes
            wizard.check_back_minutes = wizard.check_back_minutes or minutes
            wizard.check_back = bool(minutes) and wizard.resolution == "phone"

    def action_solve(self):
        """Close the request.

        :raises ValidationError: when it was solved, and nobody says what helped
        :raises UserError: when the request cannot be closed in its state
        """
        self.ensure_one()
        if self.resolution == "phone" and not self.remedy_id:
            raise ValidationError(
                self.env._(
                    "%(request)s was solved, but nothing says how. Choose the remedy.",
                    request=self.request_id.display_name,
                )
            )
        self.request_id._solve(
            self._prepare_solved_vals(), self.check_back_minutes if self.check_back else 0
        )
        return {"type": "ir.actions.act_window_close"}

    def _prepare_solved_vals(self):
        """Return what is written on the request."""
        return {
            "resolution": self.resolution,
            "resolution_note": self.note,
            "symptom_id": self.symptom_id.id,
            "cause_id": self.cause_id.id,
            "remedy_id": self.remedy_id.id,
        }
