from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

ENDING_DAYS = 30


class AftersalesUnit(models.Model):
    """How all warranties of a unit together stand today: shown, and searched by."""

    _inherit = "aftersales.unit"

    warranty_status = fields.Selection(
        selection=[
            ("pending", "Not Started"),
            ("running", "In Warranty"),
            ("ending", "Warranty Ends Soon"),
            ("expired", "Out of Warranty"),
            ("void", "Warranty Void"),
            ("none", "No Warranty"),
        ],
        compute="_compute_warranty_status",
        search="_search_warranty_status",
        help="How it stands today. Not started: promised, but the period has not begun. Ends "
        "soon: within 30 days.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "warranty_end",
        "has_lifetime_warranty",
        "warranty_ids.date_cover",
        "warranty_ids.date_end",
        "warranty_ids.date_closed",
        "warranty_ids.close_reason",
    )
    def _compute_warranty_status(self):
        for unit in self:
            today = unit.company_id._get_aftersales_day()
            unit.warranty_status = unit._get_warranty_status(today)

    @api.model
    def _search_warranty_status(self, operator, value):
        if operator != "in":
            return NotImplemented

        def get_domain(day):
            domains = self._get_warranty_status_domains(day)
            return Domain.OR(domains[status] for status in value if status in domains)

        return self.env["res.company"]._get_aftersales_day_domain(get_domain)

    # === BUSINESS METHODS === #

    def _get_warranty_status(self, day):
        """Return how the unit stands on ``day``, all its warranties together."""
        self.ensure_one()
        living = self.warranty_ids.filtered(lambda warranty: warranty.close_reason != "void")
        covering = living.filtered(lambda warranty: warranty._covers_on(day))
        if covering:
            endless = self.has_lifetime_warranty or not all(covering.mapped("date_end"))
            long = endless or (self.warranty_end - day).days > ENDING_DAYS
            return "running" if long else "ending"
        if any(warranty._is_to_come(day) for warranty in living):
            return "pending"
        if self.warranty_end:
            return "expired"
        return "void" if self.warranty_ids and not living else "none"

    @api.model
    def _get_warranty_status_domains(self, day):
        """Return ``{status: domain}``: the units that stand so on ``day``."""
        Warranty = self.env["aftersales.warranty"]
        running = Warranty._get_running_domain(day)
        covered = Domain("warranty_ids", "any", running)
        long = (
            Domain("has_lifetime_warranty", "=", True)
            | Domain("warranty_end", ">", day + timedelta(days=ENDING_DAYS))
            | Domain("warranty_ids", "any", running & Domain("date_end", "=", False))
        )
        pending = ~covered & Domain("warranty_ids", "any", Warranty._get_to_come_domain(day))
        over = ~covered & ~pending
        ended = Domain("warranty_end", "!=", False)
        living = Domain("warranty_ids", "any", Domain("close_reason", "!=", "void"))
        given = Domain("warranty_ids", "!=", False)
        return {
            "running": covered & long,
            "ending": covered & ~long,
            "pending": pending,
            "expired": over & ended,
            "void": ~ended & over & given & ~living,
            "none": ~ended & over & (~given | living),
        }
