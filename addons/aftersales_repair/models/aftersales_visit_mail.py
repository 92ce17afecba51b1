from odoo import models

ACTIVITY = "aftersales_repair.mail_activity_type_visit"


class AftersalesVisit(models.Model):
    """What follows from a plan: the technician is told, and the work order keeps step (DI1, DI9).

    He gets one mail, in his language, for each visit that is planned, moved or cancelled, and has
    it among his activities until it is over. Who plans his own visit gets no mail about it.
    """

    _inherit = "aftersales.visit"

    # === BUSINESS METHODS === #

    def _get_plan(self):
        """Return who goes when, as far as that is a plan: technician, from and to."""
        self.ensure_one()
        if self.state != "planned" or not self.user_id or not self.planned_from:
            return None
        return self.user_id, self.planned_from, self.planned_to

    def _follow_plans(self, plans):
        """Tell technicians what changed and bring activities and work orders up to date.

        :param dict plans: ``{visit: what :meth:`_get_plan` was before}``
        """
        changed = self.filtered(lambda visit: visit._get_plan() != plans[visit])
        if not changed:
            return
        for visit in changed:
            for what, user in visit._get_news(plans[visit]):
                visit._tell(what, user)
        changed._update_activities()
        changed._update_orders()

    def _get_news(self, old):
        """Return ``[(what, whom)]`` to tell after a plan was ``old``."""
        self.ensure_one()
        new = self._get_plan()
        if not new and self.state not in ("planned", "cancelled"):
            return []
        news = []
        if old and (not new or new[0] != old[0]):
            news.append(("cancelled", old[0]))
        if new and (not old or new[0] != old[0]):
            news.append(("planned", new[0]))
        elif new:
            news.append(("moved", new[0]))
        return news

    def _tell(self, what, user):
        """Send a technician the mail about his plan, in his language."""
        self.ensure_one()
        # Not while modules are installed, and nobody is told what he did himself.
        if not self.env.registry.ready or user == self.env.user or not user.sudo().email:
            return
        template = self.env.ref(
            f"aftersales_repair.mail_template_visit_{what}", raise_if_not_found=False
        )
        if not template:
            return
        # Who plans need have no right on mail templates; all that is told is this visit.
        template_sudo = template.sudo().with_context(
            technician_lang=user.sudo().lang, technician_partner_id=user.sudo().partner_id.id
        )
        template_sudo.send_mail(self.id, email_layout_xmlid="mail.mail_notification_light")

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Do not write a second time: the mail about the plan says it."""

    def _update_activities(self):
        """Let each technician have his plan among his activities, and nothing that is over."""
        noted = self._find_activities()
        by_visit = noted.grouped("res_id")
        gone, vals_list = noted.browse(), []
        for visit in self:
            own = by_visit.get(visit.id, noted.browse())
            plan = visit._get_plan()
            if own and plan:
                vals = visit._prepare_activity_vals()
                own.with_context(mail_activity_quick_update=True).write(vals)
            elif plan:
                vals_list.append({**visit._prepare_activity_vals(), **visit._prepare_note_vals()})
            elif visit.state not in ("on_way", "at_work"):
                gone |= own
        gone.unlink()
        # The mail about the plan was sent, Odoo's own about the activity is one too many.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)

    def _find_activities(self):
        """Return the activities that stand for these visits."""
        activity_type = self.env.ref(ACTIVITY, raise_if_not_found=False)
        return self.activity_ids.filtered(
            lambda activity: activity_type and activity.activity_type_id == activity_type
        )

    def _prepare_activity_vals(self):
        """Return what of an activity follows the plan."""
        self.ensure_one()
        return {
            "user_id": self.user_id.id,
            "date_deadline": self.day,
            "summary": self._format_plan(self.user_id.sudo().lang),
        }

    def _prepare_note_vals(self):
        """Return what of a new activity stays."""
        self.ensure_one()
        activity_type = self.env.ref(ACTIVITY, raise_if_not_found=False)
        return {
            "activity_type_id": activity_type.id if activity_type else False,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
        }

    def _update_orders(self):
        """Let work orders that had no technician have one; they, and what the customer asked for,
        are planned for the next visit."""
        # The plan of the visit is the plan of the order and its parts, also where who goes may
        # not change the goods of a colleague's order.
        for order_sudo in self.repair_id.sudo().filtered(lambda order: order._is_open()):
            planned = order_sudo.visit_ids.filtered(lambda visit: visit._get_plan())
            coming = planned.sorted("planned_from")[:1]
            if not coming:
                continue
            if not order_sudo.technician_id:
                order_sudo.technician_id = coming.user_id
            if order_sudo.schedule_date != coming.planned_from:
                order_sudo.schedule_date = coming.planned_from
            request_sudo = order_sudo.request_id
            open_request = request_sudo.state in ("new", "in_progress", "waiting")
            if open_request and request_sudo.date_planned != coming.planned_from:
                request_sudo.date_planned = coming.planned_from

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target in ("done", "not_possible"):
            self._find_activities().unlink()
