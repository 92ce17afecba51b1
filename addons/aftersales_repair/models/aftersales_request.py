from odoo import api, fields, models

from .repair_order_default import DECISIVE_FIELDS


class AftersalesRequest(models.Model):
    _inherit = "aftersales.request"

    repair_ids = fields.One2many(
        comodel_name="repair.order", inverse_name="request_id", string="Work Orders"
    )
    repair_count = fields.Integer(
        string="Work Order Count", compute="_compute_repair_count", compute_sudo=True
    )

    past_repair_count = fields.Integer(
        string="Repaired Before",
        compute="_compute_past_repair_count",
        help="Other work orders on the same product; without one, of the same customer.",
    )

    # === COMPUTE METHODS === #

    @api.depends("unit_id", "partner_id", "repair_ids")
    @api.depends_context("uid")
    def _compute_past_repair_count(self):
        counts = self._get_repair_counts()
        for request in self:
            asked = "unit_id" if request.unit_id else "partner_id"
            own = request._origin.repair_ids.filtered(
                lambda repair, asked=asked, record=request[asked]._origin: (
                    repair.state != "cancel" and repair[asked] == record
                )
            )
            request.past_repair_count = counts.get(request[asked]._origin, 0) - len(own)

    def _get_repair_counts(self):
        """Return ``{unit or customer: work orders}``, as far as the user may see them."""
        Repair = self.env["repair.order"]
        counts = {}
        if Repair.has_access("read"):
            for fname in ("unit_id", "partner_id"):
                domain = [(fname, "in", self[fname].ids), ("state", "!=", "cancel")]
                counts.update(Repair._read_group(domain, [fname], ["__count"]))
        return counts

    @api.depends("repair_ids")
    def _compute_repair_count(self):
        for request in self:
            request.repair_count = len(request.repair_ids)

    # === CRUD METHODS === #

    def write(self, vals):
        if not DECISIVE_FIELDS & vals.keys():
            return super().write(vals)
        with self._get_following_work()._following_defaults():
            return super().write(vals)

    # === ACTION METHODS === #

    def action_create_work_order(self):
        """Make a work order for this request and open it."""
        self.ensure_one()
        repair = self.env["repair.order"].create(self._prepare_work_order_vals())
        if self.state == "new":
            self.action_start()
        return repair._open_order()

    def action_view_work_orders(self):
        """Open the work orders of this request."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_repair.repair_order_action"
        )
        action["domain"] = [("request_id", "=", self.id)]
        action["context"] = {"default_request_id": self.id}
        return action

    def action_view_past_repairs(self):
        """Open what was repaired on this product before; without one, for this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_repair.repair_order_action"
        )
        asked = "unit_id" if self.unit_id else "partner_id"
        action["domain"] = [
            (asked, "=", self[asked].id),
            ("request_id", "!=", self.id),
            ("state", "!=", "cancel"),
        ]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #

    def _get_following_work(self):
        """Return the work orders whose defaults depend on these requests; in superuser mode."""
        orders_sudo = self.env["repair.order"].sudo()
        if not self.env["aftersales.service.type"]._get_default_jobs():
            return orders_sudo
        return orders_sudo.search([("request_id", "in", self.ids), ("state", "=", "draft")])

    def _prepare_work_order_vals(self):
        """Return the values of a work order; the rest follows from the request."""
        self.ensure_one()
        return {"request_id": self.id, "company_id": self.company_id.id}

    def _get_merge_obstacle(self, target):
        obstacle = super()._get_merge_obstacle(target)
        if not obstacle and self.sudo().repair_ids.filtered(lambda job: job.state != "cancel"):
            return self.env._(
                "%(request)s has a work order. Merge the other one into it.",
                request=self.display_name,
            )
        return obstacle

    def _after_transition(self, origin, target):
        if target == "done":
            self._take_from_work()
        super()._after_transition(origin, target)

    def _take_from_work(self):
        """Say on the request what was found and done on its work orders, where it says nothing."""
        for request in self:
            # What was done for the request is told on it, whoever may see the order.
            last_sudo = request._get_done_work()[:1]
            for fname in ("cause_id", "remedy_id"):
                if last_sudo[fname] and not request[fname]:
                    request[fname] = last_sudo[fname].sudo(False)

    def _get_done_work(self):
        """Return the work orders that are done, the last first; in superuser mode."""
        self.ensure_one()
        done_sudo = self.sudo().repair_ids.filtered(lambda repair: repair.state == "done")
        return done_sudo.sorted(
            lambda repair: (str(repair.date_done or ""), repair.id), reverse=True
        )

    def _get_outcome(self):
        last_sudo = self._get_done_work()[:1]
        if not last_sudo:
            return super()._get_outcome()
        on_site = last_sudo.product_location_src_id.usage == "customer"
        return "visit" if on_site else "workshop"

    def _get_customer_close_obstacle(self):
        obstacle = super()._get_customer_close_obstacle()
        jobs_sudo = self.sudo().repair_ids
        if not obstacle and jobs_sudo.filtered(lambda job: job._is_open()):
            return self.env._("Work is planned for it. Write to us if you no longer need it.")
        return obstacle
