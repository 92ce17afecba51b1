from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

WAITING_MOVES = ("waiting", "confirmed", "partially_available")
WAITING_STATES = ("confirmed", "under_repair")


class RepairOrder(models.Model):
    """Work that waits for parts: shown, listed, and timed (WS10)."""

    _inherit = "repair.order"

    parts_waiting = fields.Boolean(
        string="Waiting for Parts",
        compute="_compute_parts_waiting",
        search="_search_parts_waiting",
        compute_sudo=True,
        help="A part it needs is not reserved.",
    )
    missing_parts = fields.Char(compute="_compute_parts_waiting", compute_sudo=True)
    parts_wait_hours = fields.Float(
        string="Waited for Parts (Hours)",
        compute="_compute_parts_wait_hours",
        compute_sudo=True,
        help="All times together, nights and weekends included.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "move_ids.state",
        "move_ids.quantity",
        "move_ids.product_uom_qty",
        "move_ids.repair_line_type",
    )
    def _compute_parts_waiting(self):
        for repair in self:
            missing = repair._get_missing_parts()
            repair.parts_waiting = bool(missing)
            repair.missing_parts = ", ".join(move._describe_missing() for move in missing)

    @api.model
    def _search_parts_waiting(self, operator, value):
        if operator != "in":
            return NotImplemented
        parts = Domain("repair_line_type", "=", "add") & Domain("state", "in", WAITING_MOVES)
        waiting = Domain("state", "in", WAITING_STATES) & Domain("move_ids", "any", parts)
        return waiting if True in value else ~waiting

    @api.depends("sla_pause_ids.date_from", "sla_pause_ids.date_to", "sla_pause_ids.reason_id")
    def _compute_parts_wait_hours(self):
        reason = self._get_parts_reason()
        for repair in self:
            pauses = repair.sla_pause_ids.filtered(lambda pause: pause.reason_id == reason)
            repair.parts_wait_hours = sum(pauses.mapped("hours")) if reason else 0.0

    # === ACTION METHODS === #

    def action_wait_for_parts(self):
        """Put the order aside until its parts are there.

        :raises UserError: when the reason to wait was taken away, or it waits already
        """
        reason = self._get_parts_reason()
        if not reason:
            raise UserError(
                self.env._(
                    "There is no reason to wait for parts any more. A manager brings it back under "
                    "Configuration, Reasons to Wait."
                )
            )
        return self.action_wait(reason)

    # === BUSINESS METHODS === #

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target in WAITING_STATES:
            self._follow_parts()

    @api.model
    def _get_parts_reason(self):
        """Return the reason to wait that stands for parts, empty when it is not used."""
        # Whoever repairs need not read the reasons.
        reason_sudo = self.env["aftersales.pause.reason"].sudo()
        found = self.env.ref("aftersales_base.pause_reason_parts", raise_if_not_found=False)
        return found.sudo() if found and found.sudo().active else reason_sudo

    def _get_missing_parts(self):
        """Return the parts that this order needs and that are not reserved."""
        self.ensure_one()
        if self.state not in WAITING_STATES:
            return self.env["stock.move"]
        return self.move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state in WAITING_MOVES
        )

    def _follow_parts(self):
        """Stop and start the clocks with the parts, where the company wants it so."""
        # Who repairs, or moves what it waits for, need not read the company's settings.
        following = self.filtered(lambda repair: repair.company_id.sudo().aftersales_parts_wait)
        if not following:
            return
        reason = self._get_parts_reason()
        for repair in following.sudo():
            missing = repair._get_missing_parts()
            if missing and reason and not repair.pause_reason_id:
                repair._sla_pause(reason)
            elif not missing and reason and repair.pause_reason_id == reason:
                repair._sla_resume()
