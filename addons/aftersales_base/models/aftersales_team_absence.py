from odoo import api, fields, models
from odoo.tools import format_date


class AftersalesTeamAbsence(models.Model):
    """The days somebody takes no jobs, both ends included, and why (DI4)."""

    _name = "aftersales.team.absence"
    _description = "Absence"
    _order = "date_start desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    date_start = fields.Date(
        string="From", required=True, default=lambda self: self.env.company._get_aftersales_day()
    )
    date_end = fields.Date(
        string="To",
        required=True,
        compute="_compute_date_end",
        store=True,
        readonly=False,
        precompute=True,
        help="The last day of the absence.",
    )
    reason = fields.Selection(
        selection=[
            ("leave", "Leave"),
            ("ill", "Ill"),
            ("training", "Training"),
            ("elsewhere", "Works elsewhere"),
        ],
        required=True,
        default="leave",
    )
    note = fields.Char()

    _period = models.Constraint(
        "CHECK(date_end >= date_start)", "The last day of an absence is not before the first."
    )
    _end_index = models.Index("(date_end, date_start)")

    @api.depends("date_start")
    def _compute_date_end(self):
        for absence in self:
            start, end = absence.date_start, absence.date_end
            absence.date_end = end if start and end and end >= start else start

    @api.depends("user_id", "date_start", "date_end")
    def _compute_display_name(self):
        for absence in self:
            absence.display_name = self.env._(
                "%(name)s, %(first)s to %(last)s",
                name=absence.user_id.name,
                first=format_date(self.env, absence.date_start),
                last=format_date(self.env, absence.date_end),
            )

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            # Rules ask whose absence it was; nobody notes one for those he may not.
            self.check_access("write")
        return result
