from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AftersalesClaimAnswer(models.TransientModel):
    """The maker's answer, as it stands on his paper: line by line."""

    _name = "aftersales.claim.answer"
    _description = "Answer of a Maker"

    line_ids = fields.One2many(
        comodel_name="aftersales.claim.answer.line", inverse_name="answer_id"
    )

    # === ACTION METHODS === #

    def action_apply(self):
        """Note the answers that were entered."""
        self.ensure_one()
        self.env["aftersales.settlement.line"]._answer(
            {
                line.line_id: (
                    line.amount_accepted,
                    line.reason if line.answer != "accepted" else False,
                )
                for line in self.line_ids
                if line.answer
            }
        )
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    @api.model
    def _open_for(self, lines):
        """Return the action that asks for the answers to these lines.

        :raises UserError: when none of them waits for an answer
        """
        wizard = self.create(
            {
                "line_ids": [
                    Command.create({"line_id": line.id, "answer": line.answer or "accepted"})
                    for line in self._get_open_lines(lines)
                ]
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer of the Maker"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _get_open_lines(self, lines):
        """Return the lines that wait for an answer; see :meth:`_open_for`."""
        lines = lines.filtered(
            lambda line: line.claim_state not in (False, "draft", "cancelled") and not line.decision
        )
        if not lines:
            raise UserError(
                self.env._(
                    "No answer can be entered here: the claims are not submitted, or it is "
                    "decided already what becomes of them."
                )
            )
        return lines._get_lines_to_answer()


class AftersalesClaimAnswerLine(models.TransientModel):
    """What the maker says to one line."""

    _name = "aftersales.claim.answer.line"
    _description = "Answer to a Line of a Claim"

    answer_id = fields.Many2one(
        comodel_name="aftersales.claim.answer",
        string="Answers",
        required=True,
        ondelete="cascade",
        index=True,
    )
    line_id = fields.Many2one(
        comodel_name="aftersales.settlement.line",
        string="Claim",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    serial = fields.Char(related="line_id.serial")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount_claimed = fields.Monetary(related="line_id.amount_claimed", string="Ours")
    answer = fields.Selection(
        selection=[("accepted", "Accepted"), ("reduced", "Reduced"), ("refused", "Refused")],
        help="Empty: not answered yet.",
    )
    amount_accepted = fields.Monetary(
        string="Theirs",
        compute="_compute_amount_accepted",
        store=True,
        readonly=False,
        precompute=True,
    )
    reason = fields.Char(compute="_compute_reason", store=True, readonly=False, precompute=True)

    @api.depends("answer", "line_id")
    def _compute_amount_accepted(self):
        for line in self:
            if line.answer == "reduced":
                line.amount_accepted = line.amount_accepted or line.line_id.amount_accepted
            else:
                accepted = line.answer == "accepted"
                line.amount_accepted = line.line_id.amount_claimed if accepted else 0.0

    @api.depends("line_id")
    def _compute_reason(self):
        for line in self:
            line.reason = line.line_id.difference_reason
