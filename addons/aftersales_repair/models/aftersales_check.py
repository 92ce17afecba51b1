from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_checklist_item import CHECK_KINDS

RESULT_FIELDS = {"result", "value", "is_measured"}


class AftersalesCheck(models.Model):
    """What was found when the goods were checked, by whom and when (WS4).

    A measured value passes within its limits. Closed work keeps what was found.
    """

    _name = "aftersales.check"
    _description = "Check of a Work Order"
    _order = "repair_id, sequence, id"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Check", required=True)
    kind = fields.Selection(selection=CHECK_KINDS, required=True, default="look")
    unit_name = fields.Char(string="Measured In")
    value_min = fields.Float(string="At Least")
    value_max = fields.Float(string="At Most")
    required = fields.Boolean(default=True)
    value = fields.Float(string="Measured")
    is_measured = fields.Boolean(
        compute="_compute_is_measured",
        store=True,
        readonly=False,
        help="Tick it when the measured value is zero.",
    )
    result = fields.Selection(
        selection=[("passed", "Passed"), ("failed", "Failed"), ("skipped", "Does Not Apply")],
        compute="_compute_result",
        store=True,
        readonly=False,
    )
    note = fields.Char()
    user_id = fields.Many2one(comodel_name="res.users", string="Checked By", readonly=True)
    date = fields.Datetime(string="Checked On", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("value")
    def _compute_is_measured(self):
        for check in self:
            check.is_measured = bool(check.value) or check.is_measured

    @api.depends("kind", "value", "is_measured", "value_min", "value_max")
    def _compute_result(self):
        for check in self:
            if check.kind == "measure" and check.result != "skipped":
                check.result = check._judge() if check.is_measured else False
            else:
                check.result = check.result

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks._check_open()
        return checks

    def write(self, vals):
        self._check_open()
        if RESULT_FIELDS & vals.keys():
            vals = {**vals, "user_id": self.env.uid, "date": fields.Datetime.now()}
        result = super().write(vals)
        if RESULT_FIELDS & vals.keys():
            self.filtered(lambda check: check.result == "failed")._send_back()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self._check_open()

    # === BUSINESS METHODS === #

    def _judge(self):
        """Return whether the measured value lies within the limits."""
        self.ensure_one()
        if not (self.value_min or self.value_max):
            return "passed"
        return "passed" if self.value_min <= self.value <= self.value_max else "failed"

    def _check_open(self):
        """Refuse to change what was found on closed work.

        :raises UserError: naming the order
        """
        closed = self.repair_id.filtered(lambda repair: not repair._is_open())[:1]
        if closed:
            raise UserError(
                self.env._(
                    "%(order)s is closed: what was checked on it stays as it is.",
                    order=closed.display_name,
                )
            )

    def _is_waiting(self):
        """Return whether the work cannot end because of this check."""
        self.ensure_one()
        return self.result == "failed" or (self.required and not self.result)

    def _describe(self):
        """Return ``["Door closes (failed)", …]`` of these checks."""
        labels = dict(self._fields["result"]._description_selection(self.env))
        missing = self.env._("not checked")
        return [f"{check.name} ({labels.get(check.result, missing)})" for check in self]

    def _send_back(self):
        """Give work that a colleague found wanting back to its technician, once an order."""
        for repair, checks in self.grouped("repair_id").items():
            technician = repair.technician_id
            if not technician or technician == self.env.user:
                continue
            summary = self.env._(
                "Check failed: %(checks)s", checks=", ".join(checks.mapped("name"))
            )
            repair.activity_schedule(
                "mail.mail_activity_data_todo", user_id=technician.id, summary=summary
            )
