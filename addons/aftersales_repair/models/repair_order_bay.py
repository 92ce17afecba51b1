from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .repair_order import ENDED


class RepairOrder(models.Model):
    """Where in the workshop an order is worked on, and when (WS13).

    A bay that is full is said, and nothing is blocked.
    """

    _inherit = "repair.order"

    bay_id = fields.Many2one(
        comodel_name="aftersales.bay",
        check_company=True,
        index="btree_not_null",
        copy=False,
        group_expand="_read_group_bay_id",
    )
    bay_from = fields.Datetime(string="In the Bay From", copy=False)
    bay_hours = fields.Float(string="For (Hours)", default=2.0, copy=False)
    bay_to = fields.Datetime(
        string="In the Bay Until",
        compute="_compute_bay_to",
        inverse="_inverse_bay_to",
        store=True,
        precompute=True,
    )
    bay_warning = fields.Char(
        compute="_compute_bay_warning", help="What speaks against the plan. It can be kept."
    )

    _bay_open_idx = models.Index(
        "(bay_id, bay_from) WHERE bay_id IS NOT NULL AND state NOT IN ('done', 'cancel')"
    )
    _bay_hours_positive = models.Constraint(
        "CHECK(bay_hours IS NULL OR bay_hours > 0)", "A bay is taken for more than 0 hours."
    )

    # === COMPUTE METHODS === #

    @api.depends("bay_from", "bay_hours")
    def _compute_bay_to(self):
        for repair in self:
            start = repair.bay_from
            repair.bay_to = start and start + timedelta(hours=repair.bay_hours)

    def _inverse_bay_to(self):
        """Let the calendar make the time longer or shorter by its end."""
        for repair in self:
            if repair.bay_from and repair.bay_to and repair.bay_to > repair.bay_from:
                length = repair.bay_to - repair.bay_from
                repair.bay_hours = length.total_seconds() / 3600

    @api.depends("bay_id.capacity", "bay_from", "bay_to", "state")
    def _compute_bay_warning(self):
        asked = self.filtered(
            lambda repair: repair.bay_id and repair.bay_from and repair._is_open()
        )
        others = asked._get_bay_neighbours() if asked else {}
        for repair in self:
            names = repair._get_crowd(others.get(repair.bay_id.id, ()))
            repair.bay_warning = bool(names) and self.env._(
                "%(bay)s is full: %(orders)s.",
                bay=repair.bay_id.display_name,
                orders=", ".join(names),
            )

    @api.model
    def _read_group_bay_id(self, bays, domain):
        """Return all bays, so that work can be moved to an empty one."""
        return bays | bays.search([("company_id", "in", self.env.companies.ids)])

    # === BUSINESS METHODS === #

    def _open_groups(self, *, groupby, auto_unfold, opening_info, parent_opening_info, **kwargs):
        """Open what stands in no bay yet, too: from there it is dragged."""
        if groupby == ["bay_id"] and auto_unfold and not opening_info:
            limit = kwargs["unfold_read_default_limit"]
            opening_info = [{"value": False, "folded": False, "limit": limit, "offset": 0}]
            parent_opening_info = opening_info
        return super()._open_groups(
            groupby=groupby,
            auto_unfold=auto_unfold,
            opening_info=opening_info,
            parent_opening_info=parent_opening_info,
            **kwargs,
        )

    def _get_bay_neighbours(self):
        """Return ``{bay id: [(from, to, id, name)]}`` of all open work in these bays."""
        # A bay is as full as it is, whoever may see with what: times and numbers leave it.
        rows = self.sudo().search_fetch(
            Domain("bay_id", "in", self.bay_id.ids)
            & Domain("state", "not in", ENDED)
            & Domain("bay_from", "<", max(self.mapped("bay_to")))
            & Domain("bay_to", ">", min(self.mapped("bay_from"))),
            ["bay_id", "bay_from", "bay_to", "name"],
        )
        neighbours = {}
        for row in rows:
            entry = (row.bay_from, row.bay_to, row.id, row.name)
            neighbours.setdefault(row.bay_id.id, []).append(entry)
        return neighbours

    def _get_crowd(self, neighbours):
        """Return the numbers of those that stand there with this one when it is too many."""
        self.ensure_one()
        met = [
            entry
            for entry in neighbours
            if entry[2] != self._origin.id and entry[0] < self.bay_to and entry[1] > self.bay_from
        ]
        # It is fullest when somebody comes: at our own start, or at one of theirs within it.
        moments = {self.bay_from, *(start for start, *__ in met if start >= self.bay_from)}
        busiest = max(sum(s <= moment < e for s, e, *__ in met) for moment in moments) if met else 0
        if busiest < self.bay_id.capacity:
            return []
        return sorted(entry[3] for entry in met)
