from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date


class AftersalesWarranty(models.Model):
    """How a warranty stands, in words: on its bar, in searches and in the unit's history."""

    _inherit = "aftersales.warranty"

    scope = fields.Char(
        compute="_compute_scope", string="Promise", help="What is covered, in a few words."
    )
    elapsed_text = fields.Char(
        compute="_compute_elapsed_text", string="Stands", help="How much of its time is over."
    )
    covers_on = fields.Date(
        compute="_compute_covers_on",
        search="_search_covers_on",
        help="Search with a day to find the warranties that cover something on it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "component_category_id.name", "fault_id.name")
    @api.depends_context("lang")
    def _compute_scope(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for warranty in self:
            named = warranty.component_category_id.name or warranty.fault_id.name
            kind = kinds.get(warranty.kind)
            if named and warranty.kind != "all":
                warranty.scope = self.env._("%(scope)s: %(kind)s", scope=named, kind=kind)
            else:
                warranty.scope = named or kind

    @api.depends("date_start", "date_end", "date_closed", "close_reason", "start_basis")
    @api.depends_context("lang")
    def _compute_elapsed_text(self):
        for warranty in self:
            today = warranty.company_id._get_aftersales_day()
            warranty.elapsed_text = warranty._get_elapsed_text(today)

    def _compute_covers_on(self):
        """A question for searches; there is no one day to show."""
        self.covers_on = False

    def _search_covers_on(self, operator, value):
        if operator != "in":
            return NotImplemented
        days = [fields.Date.to_date(day) for day in value if day]
        return Domain.OR(self._get_running_domain(day) for day in days)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Sort by the unit as it was registered: by its own order, every unit would be read."""
        if field_name == "unit_id":
            field_name = "unit_id.id"
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    # === BUSINESS METHODS === #

    def _get_elapsed_text(self, day):
        """Return in words how much of the period is over on ``day``: "day 315 of 1096"."""
        self.ensure_one()
        status = self._get_status_on(day)
        if status == "pending":
            bases = dict(self._fields["start_basis"]._description_selection(self.env))
            return self.env._("waits for: %(event)s", event=bases.get(self.start_basis))
        if status == "void":
            return self.env._("void")
        number = (day - self.date_start).days + 1
        if status == "upcoming":
            return self.env._("begins in %(days)s days", days=1 - number)
        if status in ("expired", "closed"):
            return self.env._("ended %(day)s", day=self._get_last_day_text())
        if not self.date_end:
            return self.env._("day %(day)s, no end", day=number)
        return self.env._("day %(day)s of %(total)s", day=number, total=self._get_total_days())

    def _get_last_day_text(self):
        """Return the last covered day, or the day of closing, as the user writes days."""
        self.ensure_one()
        return format_date(self.env, self.date_end or self.date_closed)

    def _get_timeline_keys(self):
        """Return ``[(what, day, note)]``: what happened to the warranty, and when.

        ``what`` is ``sale``, ``extension`` … (the origin: it began), ``ended``, or how it was
        closed.
        """
        self.ensure_one()
        keys = []
        if self.date_start:
            keys.append((self.origin, self.date_start, ""))
        if self.close_reason:
            keys.append((self.close_reason, self.date_closed, self.close_note or ""))
        elif self.date_end and self.date_end < self.company_id._get_aftersales_day():
            keys.append(("ended", self.date_end, ""))
        return keys

    def _prepare_timeline_event(self, what, day, note):
        """Return the event of warranties that began or ended together."""
        titles = self._get_timeline_titles()
        opened = self if len(self) == 1 else None
        icon, color, rank = {
            "ended": ("shield", "secondary", 85),
            "void": ("ban", "danger", 88),
        }.get(what, ("shield", "success", 40))
        if what in dict(self._fields["close_reason"].selection) and what != "void":
            icon, color, rank = "shield", "warning", 86
        scopes = ", ".join(dict.fromkeys(warranty._get_timeline_scope(what) for warranty in self))
        return self.unit_id._prepare_timeline_event(
            day,
            titles[what],
            f"{scopes}: {note}" if note else scopes,
            opened,
            icon=icon,
            color=color,
            rank=rank,
        )

    def _get_timeline_titles(self):
        return {
            "sale": self.env._("Warranty began"),
            "extension": self.env._("Warranty extended"),
            "repair": self.env._("Warranty on the repair"),
            "vendor": self.env._("Maker's warranty began"),
            "replacement": self.env._("Warranty after the exchange"),
            "ended": self.env._("Warranty ended"),
            "void": self.env._("Warranty made void"),
            "returned": self.env._("Warranty closed: returned"),
            "replaced": self.env._("Warranty closed: replaced"),
            "transferred": self.env._("Warranty closed: sold on"),
        }

    def _get_timeline_scope(self, what):
        """Return what is covered; of a promise that begins, until when too."""
        self.ensure_one()
        if what in dict(self._fields["origin"].selection) and self.date_end:
            return self.env._(
                "%(scope)s until %(day)s",
                scope=self.scope,
                day=format_date(self.env, self.date_end),
            )
        return self.scope or ""
