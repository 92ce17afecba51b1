from odoo import api, fields, models

from ..tools.repeats import Case, is_repeat


class AftersalesRequest(models.Model):
    """The same trouble again, and the same request twice (IN18)."""

    _inherit = "aftersales.request"

    repeat_of_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Repeats",
        compute="_compute_repeat_of_id",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        check_company=True,
        domain="[('unit_id', '=', unit_id), ('id', '!=', id)]",
        help="The request about the same product that was solved not long before.",
    )
    is_repeat = fields.Boolean(
        string="Repeat", compute="_compute_is_repeat", store=True, copy=False
    )
    repeat_rate = fields.Float(
        string="Repeated (%)",
        compute="_compute_is_repeat",
        store=True,
        copy=False,
        aggregator="avg",
        help="Of what was reported, how much came back after it was solved.",
    )
    duplicate_count = fields.Integer(
        string="Open About the Same", compute="_compute_duplicate_count"
    )

    # === COMPUTE METHODS === #

    @api.depends("unit_id", "symptom_id", "cause_id", "notice", "date_reported")
    def _compute_repeat_of_id(self):
        earlier = self._get_solved(self.unit_id)
        for request in self:
            if not request.unit_id:
                request.repeat_of_id = False
                continue
            request.repeat_of_id = next(
                (
                    found
                    for found in earlier.get(request.unit_id, self.browse())
                    if request._is_repeat_of(found)
                ),
                self.browse(),
            )

    @api.depends("repeat_of_id")
    def _compute_is_repeat(self):
        for request in self:
            request.is_repeat = bool(request.repeat_of_id)
            request.repeat_rate = 100.0 if request.is_repeat else 0.0

    @api.depends("unit_id", "partner_id", "state")
    def _compute_duplicate_count(self):
        counts = {}
        units = self.unit_id
        if units:
            groups = self._read_group(
                [("unit_id", "in", units.ids), ("state", "not in", ("done", "cancelled"))],
                ["unit_id"],
                ["__count"],
            )
            counts = dict(groups)
        for request in self:
            stored = request._origin
            itself = int(
                bool(stored)
                and stored.unit_id == request.unit_id
                and stored.state not in ("done", "cancelled")
            )
            request.duplicate_count = max(counts.get(request.unit_id, 0) - itself, 0)

    # === ACTION METHODS === #

    def action_view_duplicates(self):
        """Open the other open requests about the same product."""
        self.ensure_one()
        domain = [
            ("unit_id", "=", self.unit_id.id),
            ("state", "not in", ("done", "cancelled")),
            ("id", "!=", self.id),
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open About the Same Product"),
            "res_model": "aftersales.request",
            "view_mode": "list,form",
            "domain": domain,
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_solved(self, units):
        """Return ``{unit: requests solved}``, the last solved first."""
        if not units:
            return {}
        solved = self.search(
            [("unit_id", "in", units.ids), ("state", "=", "done")],
            order="date_closed desc, id desc",
        )
        return solved.grouped("unit_id")

    def _get_case(self):
        """Return the fault as it is compared with others; see ``tools/repeats.py``."""
        self.ensure_one()
        return Case(
            self.symptom_id._origin.id,
            self.cause_id._origin.id,
            self.date_reported,
            self.date_closed,
        )

    def _is_about_fault(self):
        """Return whether it is about a fault: work announced beforehand repeats nothing."""
        self.ensure_one()
        return self.notice == "fault"

    def _is_repeat_of(self, earlier):
        """Return whether this is the fault of ``earlier`` again."""
        self.ensure_one()
        if earlier == self._origin or not (self._is_about_fault() and earlier._is_about_fault()):
            return False
        days = self.company_id.aftersales_repeat_days
        return is_repeat(self._get_case(), earlier._get_case(), days)
