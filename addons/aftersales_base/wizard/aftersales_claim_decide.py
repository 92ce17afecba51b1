from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AftersalesClaimDecide(models.TransientModel):
    """What becomes of what the maker did not accept."""

    _name = "aftersales.claim.decide"
    _description = "Decision on Refused Claims"

    line_ids = fields.Many2many(
        comodel_name="aftersales.settlement.line", string="Not Accepted", readonly=True
    )
    decision = fields.Selection(
        selection=[
            ("company", "We bear it"),
            ("resubmit", "Claim it again"),
            ("customer", "The customer pays"),
        ],
        required=True,
        default="company",
    )
    reason = fields.Char(required=True)

    # === ACTION METHODS === #

    def action_apply(self):
        """Decide, and show the settlements that were made."""
        self.ensure_one()
        made = self.line_ids._decide(self.decision, self.reason)
        if made:
            return made._get_records_action(name=self.env._("Settlements"))
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    @api.model
    def _open_for(self, lines):
        """Return the action that asks what becomes of these lines.

        :raises UserError: when nothing of them waits for a decision
        """
        open_lines = lines.filtered(
            lambda line: line.claim_state in ("reduced", "refused") and not line.decision
        )._get_lines_to_decide()
        if not open_lines:
            raise UserError(
                self.env._(
                    "Nothing waits for a decision here: the maker refused nothing, or it is "
                    "decided."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Was Refused"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": [Command.set(open_lines.ids)]},
        }
