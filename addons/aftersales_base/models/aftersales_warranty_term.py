from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import formatLang

TERM_KINDS = [
    ("all", "Everything"),
    ("part", "Parts"),
    ("labour", "Labour"),
    ("travel", "Travel"),
    ("fee", "Fees"),
]
DURATION_UNITS = [
    ("day", "Days"),
    ("week", "Weeks"),
    ("month", "Months"),
    ("year", "Years"),
]
TERM_DURATION_UNITS = [*DURATION_UNITS, ("lifetime", "Lifetime")]
USAGE_UNITS = [("hour", "Hours"), ("km", "Kilometres"), ("cycle", "Cycles")]
BEARERS = [("company", "Us"), ("partner", "Maker or Vendor")]


class AftersalesWarrantyTerm(models.Model):
    """One line of a policy: what is promised, for how long, how much of it, at whose cost."""

    _name = "aftersales.warranty.term"
    _description = "Warranty Term"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(selection=TERM_KINDS, required=True, default="all")
    component_category_id = fields.Many2one(
        comodel_name="product.category",
        string="Component",
        help="Only parts of this product category and those below it. Empty: every part.",
    )
    duration = fields.Integer(required=True, default=12)
    duration_unit = fields.Selection(selection=TERM_DURATION_UNITS, required=True, default="month")
    fault_id = fields.Many2one(
        comodel_name="aftersales.fault",
        domain="[('kind', 'in', ('symptom', 'cause'))]",
        help="Only this symptom or cause (wood worm, clouded glass). Empty: every fault.",
    )
    excluded_category_ids = fields.Many2many(
        comodel_name="product.category",
        relation="aftersales_warranty_term_excluded_rel",
        string="Except",
        help="Parts of these categories and those below them are not covered: wear parts, bulbs.",
    )
    usage_limit = fields.Float(
        help="The term ends when the unit has done this much, if that comes first. 0: no limit."
    )
    usage_unit = fields.Selection(selection=USAGE_UNITS, default="hour")
    percent = fields.Float(
        string="Covered (%)",
        required=True,
        default=100.0,
        help="Share of the charge, above 0 to 100, that the customer does not pay.",
    )
    bearer_type = fields.Selection(
        selection=BEARERS, string="Paid By", required=True, default="company"
    )
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Maker or Vendor",
        help="Who repays us the covered share.",
    )

    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "A warranty term lasts at least one day, week, month or year."
    )
    _percent_range = models.Constraint(
        "CHECK(percent > 0 AND percent <= 100)",
        "The covered share of a warranty term lies above 0 and up to 100.",
    )

    @api.depends("kind", "component_category_id", "duration", "duration_unit")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for term in self:
            term.display_name = self.env._(
                "%(scope)s: %(duration)s",
                scope=term.component_category_id.name or kinds.get(term.kind),
                duration=self._get_duration_words(term.duration, term.duration_unit),
            )

    @api.constrains("bearer_type", "bearer_partner_id")
    def _check_bearer_partner(self):
        for term in self:
            if term.bearer_type == "partner" and not term.bearer_partner_id:
                raise ValidationError(
                    self.env._(
                        "Policy %(policy)s has a term paid by a maker or vendor without naming "
                        "whom. Name the maker, or let us bear it.",
                        policy=term.policy_id.display_name,
                    )
                )

    @api.model
    def _get_duration_words(self, duration, unit):
        """Return a duration as people read it: one year, 36 months."""
        if unit == "lifetime":
            return self.env._("lifetime")
        if duration == 1:
            return {
                "day": self.env._("1 day"),
                "week": self.env._("1 week"),
                "month": self.env._("1 month"),
                "year": self.env._("1 year"),
            }.get(unit, "")
        return {
            "day": self.env._("%(number)s days", number=duration),
            "week": self.env._("%(number)s weeks", number=duration),
            "month": self.env._("%(number)s months", number=duration),
            "year": self.env._("%(number)s years", number=duration),
        }.get(unit, "")

    @api.model
    def _get_usage_words(self, limit, unit):
        """Return a limit of use as people read it: 1,000 hours, one cycle."""
        if limit == 1:
            return {
                "hour": self.env._("1 hour"),
                "km": self.env._("1 kilometre"),
                "cycle": self.env._("1 cycle"),
            }.get(unit, "")
        number = formatLang(self.env, limit, digits=0 if limit == int(limit) else 2)
        return {
            "hour": self.env._("%(number)s hours", number=number),
            "km": self.env._("%(number)s kilometres", number=number),
            "cycle": self.env._("%(number)s cycles", number=number),
        }.get(unit, "")

    def _prepare_warranty_vals(self, unit, origin="sale"):
        """Return the values of the warranty this term gives to ``unit``.

        The dates follow from the policy's start basis and the unit's events.
        """
        self.ensure_one()
        return {
            "unit_id": unit.id,
            "policy_id": self.policy_id.id,
            "origin": origin,
            "kind": self.kind,
            "component_category_id": self.component_category_id.id,
            "duration": self.duration,
            "duration_unit": self.duration_unit,
            "percent": self.percent,
            "bearer_type": self.bearer_type,
            "bearer_partner_id": self.bearer_partner_id.id,
            "fault_id": self.fault_id.id,
            "excluded_category_ids": [Command.set(self.excluded_category_ids.ids)],
            "usage_limit": self.usage_limit,
            "usage_unit": self.usage_unit,
            **self.policy_id._prepare_warranty_vals(),
        }
