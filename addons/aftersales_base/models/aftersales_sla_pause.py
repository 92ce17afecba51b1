from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesSlaPause(models.Model):
    """A time during which a record waited: the history that its clocks are worked out from."""

    _name = "aftersales.sla.pause"
    _description = "Time Spent Waiting"
    _order = "date_from, id"
    _rec_name = "reason_id"

    res_model = fields.Char(string="Document Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(comodel_name="res.company", index=True, readonly=True)
    reason_id = fields.Many2one(comodel_name="aftersales.pause.reason", ondelete="restrict")
    stops_clock = fields.Boolean(
        compute="_compute_stops_clock",
        store=True,
        precompute=True,
        help="As the reason said when the waiting began.",
    )
    date_from = fields.Datetime(string="From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(string="To")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Set By",
        default=lambda self: self.env.user,
        readonly=True,
    )
    hours = fields.Float(
        string="Duration", compute="_compute_hours", help="Hours, nights and weekends included."
    )

    _one_open_uniq = models.UniqueIndex(
        "(res_model, res_id) WHERE date_to IS NULL", "The record waits already."
    )

    @api.depends("reason_id")
    def _compute_stops_clock(self):
        for pause in self:
            pause.stops_clock = not pause.reason_id or pause.reason_id.stops_clock

    @api.depends("date_from", "date_to")
    def _compute_hours(self):
        now = fields.Datetime.now()
        for pause in self:
            end = pause.date_to or now
            pause.hours = (end - pause.date_from).total_seconds() / 3600 if pause.date_from else 0.0

    @api.constrains("date_from", "date_to")
    def _check_order(self):
        for pause in self:
            if pause.date_to and pause.date_to < pause.date_from:
                raise ValidationError(
                    self.env._(
                        "The waiting that began on %(start)s cannot end before. Correct one of "
                        "the two dates.",
                        start=fields.Datetime.context_timestamp(self, pause.date_from).strftime(
                            "%Y-%m-%d %H:%M"
                        ),
                    )
                )
