from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_time

LATEST = 8 * 60


class AftersalesVisit(models.Model):
    """What the customer is told of a visit: when we come, and when it gets later (FS7).

    Running late moves no plan: the delay stays a delay, but the customer does not wait for it.
    """

    _inherit = "aftersales.visit"

    told_planned_from = fields.Datetime(
        string="Plan He Was Told", readonly=True, copy=False, help="When he was told we come."
    )
    told_arrival = fields.Datetime(
        string="Arrival He Was Told",
        readonly=True,
        copy=False,
        help="The last time the customer was given: that of the plan, or a later one.",
    )
    customer_told = fields.Boolean(
        compute="_compute_customer_told",
        store=True,
        help="The customer knows when we come; when the plan moves, he does no more.",
    )

    # === COMPUTE METHODS === #

    @api.depends("planned_from", "told_planned_from")
    def _compute_customer_told(self):
        for visit in self:
            visit.customer_told = bool(
                visit.planned_from and visit.told_planned_from == visit.planned_from
            )

    # === ACTION METHODS === #

    def action_tell_customer(self):
        """Mail the customers when we come.

        :raises UserError: when one cannot be told so, saying which
        """
        for visit in self:
            visit._tell_customer(visit.planned_from)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"told_planned_from", "told_arrival"}

    def _run_late(self, minutes):
        """Tell the customer that it gets later, by minutes from now or from the plan.

        :raises UserError: when the visit has begun, or the minutes are none
        """
        self.ensure_one()
        if not 0 < minutes <= LATEST:
            raise UserError(
                self.env._("Say by how many minutes it gets later, at most %(most)s.", most=LATEST)
            )
        now = fields.Datetime.now().replace(second=0)
        self._tell_customer(max(self.planned_from or now, now) + timedelta(minutes=minutes))

    def _tell_customer(self, arrival):
        """Mail one customer when we arrive, and keep what he was told."""
        self.ensure_one()
        self.check_access("write")
        if error := self._get_telling_error():
            raise UserError(error)
        template = self.env.ref("aftersales_repair.mail_template_visit_customer")
        # sudo: a technician has no rights to mail templates; what is sent is the template alone.
        visit_sudo = self.sudo()
        visit_sudo.write({"told_planned_from": self.planned_from, "told_arrival": arrival})
        template.sudo().send_mail(self.id)
        visit_sudo._message_log(
            body=self.env._("The customer was told: %(time)s", time=self._format_arrival())
        )

    def _get_telling_error(self):
        """Return why the customer cannot be told by mail, or an empty text."""
        self.ensure_one()
        if self.state not in ("planned", "on_way"):
            return self.env._(
                "%(visit)s has begun or is over: there is nothing to announce.",
                visit=self.display_name,
            )
        if not self.planned_from:
            return self.env._("%(visit)s has no time yet. Plan it first.", visit=self.display_name)
        if not self.sudo().partner_id.email:
            return self.env._(
                "%(customer)s has no mail address. Call: %(phone)s",
                customer=self.sudo().partner_id.display_name,
                phone=self.phone or self.env._("no number known"),
            )
        return ""

    def _format_arrival(self):
        """Return the time the customer was told, as the technician's clock shows it, in words."""
        self.ensure_one()
        if not self.told_arrival:
            return ""
        lang = self.env.context.get("lang") or self.sudo().partner_id.lang
        moment = self._to_local(self.told_arrival).replace(tzinfo=None)
        day = format_date(self.env, moment, lang_code=lang, date_format="EEEE, d MMMM y")
        clock = format_time(self.env, moment.time(), time_format="HH:mm", lang_code=lang)
        return f"{day}, {clock}"
