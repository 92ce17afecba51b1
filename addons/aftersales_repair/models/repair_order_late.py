from odoo import api, fields, models


class RepairOrder(models.Model):
    """Work that ends after it was promised says why (WS9)."""

    _inherit = "repair.order"

    date_promised = fields.Datetime(
        string="Promised Until",
        compute="_compute_date_promised",
        help="The limit of its clock, or the end of the day it was planned for, whichever comes "
        "first.",
    )
    is_late_work = fields.Boolean(string="Late Work", compute="_compute_date_promised")
    late_reason_id = fields.Many2one(
        comodel_name="aftersales.late.reason",
        string="Why Late",
        domain="[('company_id', 'in', (company_id, False))]",
        copy=False,
        index="btree_not_null",
        tracking=True,
    )
    late_note = fields.Char(string="More About It", copy=False)

    # === COMPUTE METHODS === #

    @api.depends("resolution_deadline", "schedule_date", "date_ordered", "date_ended", "state")
    def _compute_date_promised(self):
        now = fields.Datetime.now()
        for repair in self:
            repair.date_promised = repair._get_promised()
            end = repair.date_ended or now
            repair.is_late_work = (
                repair.state != "cancel"
                and bool(repair.date_promised)
                and repair.date_promised < end
            )

    # === BUSINESS METHODS === #

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "done":
            message = self._late_error_message()
        return message

    def _get_promised(self):
        """Return until when it was promised; nothing was when nobody chose a day or a limit."""
        self.ensure_one()
        moments = [self.resolution_deadline]
        planned, ordered, company = self.schedule_date, self.date_ordered, self.company_id
        if planned and ordered:
            end = company._get_aftersales_day_end(planned)
            # Odoo schedules a new order for the moment it is made: that is no promise.
            if end > company._get_aftersales_day_end(ordered):
                moments.append(end)
        return min(filter(None, moments), default=False)

    def _asks_why_late(self):
        """Return whether the work cannot end now without a reason why it is late."""
        self.ensure_one()
        # Who repairs need not read the company's settings.
        if not self.company_id.sudo().aftersales_ask_late_reason:
            return False
        promised = self._get_promised()
        return bool(promised) and promised < fields.Datetime.now()

    def _late_error_message(self):
        """Return that the reason is missing why the work ends late, or an empty text."""
        self.ensure_one()
        if not self._asks_why_late():
            return ""
        # Who repairs need not read the reasons.
        reason_sudo = self.late_reason_id.sudo()
        if not reason_sudo:
            return self.env._(
                "%(order)s was promised for an earlier day. Choose at Why Late what happened, then "
                "end it.",
                order=self.display_name,
            )
        if reason_sudo.needs_note and not self.late_note:
            return self.env._(
                "%(order)s is late: %(reason)s. Write a few words about it, then end it.",
                order=self.display_name,
                reason=reason_sudo.name,
            )
        return ""
