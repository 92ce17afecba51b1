from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_checklist_item import CHECK_KINDS

RESULTS = ("passed", "failed", "skipped")
RESULT_FIELDS = {"result", "value", "is_measured"}
# What anybody who checks may write on a check that a checklist asks for.
FOUND_FIELDS = RESULT_FIELDS | {"note", "sequence"}
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesCheck(models.Model):
    """What was found when the goods were checked, by whom and when (WS4).

    A measured value passes within its limits, whatever is said beside it. What a checklist asks
    for stays as it was asked, except for managers. Closed work keeps what was found.
    """

    _name = "aftersales.check"
    _description = "Check of a Work Order"
    _inherit = ["aftersales.guard.mixin"]
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
    is_standard = fields.Boolean(
        string="From a Checklist", readonly=True, copy=False, help="Asked for by a checklist."
    )
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
        checks.filtered("result")._sign()
        return checks

    def write(self, vals):
        self._check_open()
        if "repair_id" in vals:
            # What was found is found on that order, or on one he may work on.
            target = self.env["repair.order"].browse(vals["repair_id"])
            target.check_access("write")
            self._check_open_orders(target)
        self._check_asked(vals.keys())
        failed = self.filtered(lambda check: check.result == "failed")
        result = super().write(vals)
        if RESULT_FIELDS & vals.keys():
            measured = self.filtered(lambda check: check.kind == "measure")
            self.env.add_to_compute(self._fields["result"], measured)
            self._sign()
            (self.filtered(lambda check: check.result == "failed") - failed)._send_back()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked_or_closed(self):
        self._check_open()
        self._check_asked({"name"})

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        """Who checked what and when is noted, not told."""
        return super()._get_guarded_fields() | {"user_id", "date", "is_standard"}

    def _sign(self):
        """Note who checked, and when."""
        # Nobody signs for somebody else, so the form may not write it.
        self.sudo().write({"user_id": self.env.uid, "date": fields.Datetime.now()})

    def _check_asked(self, fnames):
        """Let nobody but a manager change what a checklist asks for.

        :raises UserError: naming the check
        """
        if self.env.su or not (fnames - FOUND_FIELDS) or self.env.user.has_group(MANAGER):
            return
        asked = self.filtered("is_standard")[:1]
        if asked:
            raise UserError(
                self.env._(
                    "%(check)s of %(order)s comes from a checklist and stays as it is. If it does "
                    "not apply, say so as its result.",
                    check=asked.name,
                    order=asked.repair_id.display_name,
                )
            )

    def _prepare_phone_vals(self, found):
        """Return what to write when ``found`` was typed on a phone, as texts."""
        self.ensure_one()
        if not found:
            return {}
        vals = {}
        if "note" in found:
            vals["note"] = found["note"] or False
        result = found.get("result")
        if result is not None:
            vals["result"] = result if result in RESULTS else False
        if self.kind == "measure":
            vals |= self._prepare_measured_vals(found.get("value"), vals.pop("result", False))
        return {fname: value for fname, value in vals.items() if self[fname] != value}

    def _prepare_measured_vals(self, text, result):
        """Return the values of a measured check: what passes is judged, not said."""
        if result == "skipped":
            return {"result": "skipped"}
        # Where it does not apply no longer, it is judged anew.
        vals = {"result": False} if self.result == "skipped" else {}
        if text is None:
            return vals
        if not text:
            return {**vals, "value": 0, "is_measured": False}
        return {**vals, "value": self._read_number(text), "is_measured": True}

    def _read_number(self, text):
        """Return a number as people type it, with a comma or a point.

        :raises UserError: naming the check
        """
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            number = float("nan")
        if not isfinite(number):
            raise UserError(
                self.env._("%(check)s: %(text)s is no number.", check=self.name, text=text)
            )
        return number

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
        self._check_open_orders(self.repair_id)

    @api.model
    def _check_open_orders(self, orders):
        """Raise when one of the orders is closed; see :meth:`_check_open`."""
        closed = orders.filtered(lambda repair: not repair._is_open())[:1]
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
        """Give work that a colleague found wanting back to its technician: one to-do an order."""
        todo = self.env.ref("aftersales_repair.mail_activity_type_check_failed")
        for repair in self.repair_id:
            technician = repair.technician_id
            if not technician or technician == self.env.user:
                continue
            failed = repair.check_ids.filtered(lambda check: check.result == "failed")
            summary = ", ".join(failed.mapped("name"))
            # His to-do, whoever found the next failure.
            open_sudo = repair.sudo().activity_ids.filtered(
                lambda activity: activity.activity_type_id == todo
            )
            if open_sudo:
                open_sudo.summary = summary
            else:
                repair.activity_schedule(
                    activity_type_id=todo.id, user_id=technician.id, summary=summary
                )
