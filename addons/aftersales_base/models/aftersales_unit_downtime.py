from odoo import api, fields, models
from odoo.tools import format_date


class AftersalesUnitDowntime(models.Model):
    """Days on which the customer could not use his unit: in repair or in exchange.

    Warranties whose policy says so are longer by these days (WA2). A downtime without last
    day goes on; it counts when it is over.
    """

    _name = "aftersales.unit.downtime"
    _description = "Downtime of an Installed Product"
    _order = "unit_id, date_from desc, id desc"
    _rec_name = "unit_id"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="unit_id.company_id", store=True, index=True)
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self.env.company._get_aftersales_day()
    )
    date_to = fields.Date(string="Until", help="The last day without the unit.")
    reason = fields.Selection(
        selection=[("repair", "Repair"), ("exchange", "Exchange"), ("other", "Other")],
        required=True,
        default="repair",
    )
    note = fields.Char()
    days = fields.Integer(compute="_compute_days", help="Both days included.")

    _dates_ordered = models.Constraint(
        "CHECK(date_to IS NULL OR date_from <= date_to)", "A downtime ends after it begins."
    )

    @api.depends("date_from", "date_to")
    def _compute_days(self):
        for downtime in self:
            last = downtime.date_to or downtime.company_id._get_aftersales_day()
            downtime.days = (
                max(0, (last - downtime.date_from).days + 1) if downtime.date_from else 0
            )

    def _prepare_part_vals(self):
        """Return the values of the same downtime on a part of its unit."""
        self.ensure_one()
        vals = self.copy_data()[0]
        vals.pop("unit_id")
        return vals

    def _get_periods(self):
        """Return the finished downtimes as pairs of days."""
        return [
            (downtime.date_from, downtime.date_to)
            for downtime in self
            if downtime.date_from and downtime.date_to
        ]

    def _get_timeline_text(self):
        """Return until when, or that it goes on, and the note."""
        self.ensure_one()
        until = (
            self.env._("until %(day)s", day=format_date(self.env, self.date_to))
            if self.date_to
            else self.env._("still going on")
        )
        return " · ".join(filter(None, (until, self.note)))
