from odoo import api, fields, models


class AftersalesVisitFinish(models.TransientModel):
    """What came of a visit: asked when the technician leaves (FS2, FS7)."""

    _name = "aftersales.visit.finish"
    _description = "Finish Visit"

    visit_id = fields.Many2one(
        comodel_name="aftersales.visit", required=True, ondelete="cascade", readonly=True
    )
    result = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.visit"]._fields["result"]._description_selection(self.env)
        ),
        required=True,
    )
    result_note = fields.Text(string="What Was Found and Done")
    is_delayed = fields.Boolean(compute="_compute_is_delayed")
    delay_reason = fields.Char(string="Why Late or Longer")
    next_wanted = fields.Date(string="Next Visit Wanted")

    @api.depends("visit_id")
    def _compute_is_delayed(self):
        for wizard in self:
            wizard.is_delayed = wizard.visit_id._is_delayed()

    def action_finish(self):
        """End the visit."""
        self.ensure_one()
        return self.visit_id.action_finish(
            result=self.result,
            result_note=self.result_note,
            delay_reason=self.delay_reason,
            next_wanted=self.next_wanted,
        )
