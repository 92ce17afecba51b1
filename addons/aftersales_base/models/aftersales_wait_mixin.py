from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesWaitMixin(models.AbstractModel):
    """Clocks of a record that waits without leaving its state (SL1).

    Whoever works on it says what it waits for, and that it goes on; the history of both is
    what the clocks are worked out from. What is over waits for nothing.
    """

    _name = "aftersales.wait.mixin"
    _description = "Waits Without Leaving Its State"
    _inherit = ["aftersales.sla.mixin"]

    pause_reason_id = fields.Many2one(
        comodel_name="aftersales.pause.reason",
        string="Waits For",
        compute="_compute_pause_reason_id",
        store=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
    )

    @api.depends("sla_pause_ids.date_to", "sla_pause_ids.reason_id")
    def _compute_pause_reason_id(self):
        for record in self:
            waiting = record.sla_pause_ids.filtered(lambda pause: not pause.date_to)
            record.pause_reason_id = waiting[:1].reason_id

    # === ACTION METHODS === #

    def action_wait(self, reason=None):
        """Put the record aside until what it waits for is there.

        :param reason: ``aftersales.pause.reason``; default: the first of the list
        :raises UserError: when it is over, or waits already
        """
        self._check_may_wait()
        for record in self:
            if message := record._wait_error_message():
                raise UserError(message)
        self._sla_pause(reason or self.env["aftersales.pause.reason"].search([], limit=1))
        return True

    def action_resume(self):
        """Go on with what waited."""
        self._check_may_wait()
        self._sla_resume()
        return True

    # === BUSINESS METHODS === #

    def _check_may_wait(self):
        """Raise when the current user may not let the records wait."""
        self.check_access("write")

    def _wait_error_message(self):
        """Return why the record cannot wait, or an empty text."""
        self.ensure_one()
        if self[self._sla_end_field]:
            return self.env._("%(record)s is over and waits for nothing.", record=self.display_name)
        if self.pause_reason_id:
            return self.env._(
                "%(record)s waits already. Let it go on first.", record=self.display_name
            )
        return ""

    def _resume_on_reply(self):
        """Go on with what waited for the customer, who has just answered."""
        self.filtered("pause_reason_id.ends_on_reply")._sla_resume()
