from odoo import api, fields, models

from .aftersales_visit import OPEN_STATES


class RepairOrder(models.Model):
    """The visits of a work order, and how far they are (DI6, DI8, FS1)."""

    _inherit = "repair.order"

    visit_ids = fields.One2many(
        comodel_name="aftersales.visit", inverse_name="repair_id", string="Visits"
    )
    visit_count = fields.Integer(compute="_compute_visit_count", compute_sudo=True)
    progress = fields.Selection(
        selection_add=[("planned", "Visit Planned"), ("on_way", "On the Way"), ("in_work",)]
    )

    visit_payment_note = fields.Text(
        string="Received on the Road",
        compute="_compute_visit_payment_note",
        compute_sudo=True,
        help="What technicians noted as paid at the customer's. No entry is made for it here.",
    )

    # === COMPUTE METHODS === #

    @api.depends("visit_ids.payment_amount")
    def _compute_visit_payment_note(self):
        for repair in self:
            repair.visit_payment_note = repair.visit_ids._describe_payments() or False

    @api.depends("visit_ids")
    def _compute_visit_count(self):
        for repair in self:
            repair.visit_count = len(repair.visit_ids)

    @api.depends("visit_ids.state", "visit_ids.planned_from", "visit_ids.user_id")
    def _compute_progress(self):
        super()._compute_progress()

    # === CRUD METHODS === #

    def unlink(self):
        # Their activities and messages go with them, which the database alone would leave.
        self.check_access("unlink")
        self.sudo().visit_ids.unlink()
        return super().unlink()

    # === ACTION METHODS === #

    def action_plan_visit(self):
        """Open a new visit of this order."""
        self.ensure_one()
        action = self._get_visit_action()
        view = self.env.ref("aftersales_repair.aftersales_visit_view_form")
        return {**action, "views": [(view.id, "form")], "view_mode": "form", "res_id": False}

    def action_view_visits(self):
        """Open the visits of this order."""
        self.ensure_one()
        return {
            **self._get_visit_action(),
            "domain": [("repair_id", "=", self.id)],
            "views": [(False, "list"), (False, "form")],
            "view_mode": "list,form",
        }

    def action_print_slips(self):
        """Print the dispatch slips of the visits to come, or of all when all are over."""
        visits = self.visit_ids.filtered(lambda visit: visit.state in OPEN_STATES)
        return (visits or self.visit_ids).action_print_slip()

    # === BUSINESS METHODS === #

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "cancel":
            # Who cancels the work takes back that somebody goes there, whoever was sent.
            self.sudo().visit_ids.filtered(
                lambda visit: visit.state in ("planned", "on_way")
            ).action_cancel()

    def _get_visit_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_repair.aftersales_visit_action"
        )
        start = self.schedule_date
        context = {"default_repair_id": self.id}
        if start and start > fields.Datetime.now():
            context["default_planned_from"] = fields.Datetime.to_string(start)
        return {**action, "context": context}

    def _get_progress(self):
        progress = super()._get_progress()
        if progress not in ("new", "agreed"):
            return progress
        # Whoever sees the order is told how far it is, whoever goes there.
        visits_sudo = self.sudo().visit_ids
        states = set(visits_sudo.mapped("state"))
        if "at_work" in states:
            return "in_work"
        if "on_way" in states:
            return "on_way"
        return "planned" if any(visit._get_plan() for visit in visits_sudo) else progress

    def _prepare_history_vals(self):
        """Return what a technician is told of earlier work on the same unit."""
        self.ensure_one()
        visit = self.visit_ids.filtered("result_note")[-1:]
        what = ", ".join(filter(None, (self.cause_id.name, self.remedy_id.name)))
        return {
            "name": self.name,
            "date": self.date_done or fields.Date.context_today(self, self.create_date),
            "symptom": self.symptom_id.name or self.request_id.subject or "",
            "what": what,
            "text": visit.result_note or self.work_note or "",
        }
