from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import format_date

# What is agreed with the customer himself: no promise answers for it.
UNCOVERED_KINDS = ("instalment", "compensation")


class AftersalesCoverage(models.AbstractModel):
    """Who pays? Asked for a batch of charges, answered by the first rule that applies.

    Rules are methods ``_decide_by_<rule>(charges)`` that return ``{charge: decision}`` for
    the charges they answer and read in a fixed number of queries; their order comes from
    :meth:`_get_rules`. A module adds an answer by adding a rule to the order and the method.

    A decision is a dict made by :meth:`_prepare_decision`: the rule, the covered percent
    (0-100), who bears the covered share, and ``facts``: plain values from which
    :meth:`explain` makes a sentence in the reader's language, today or years later.
    """

    _name = "aftersales.coverage"
    _description = "Coverage: Who Pays"

    @api.model
    def _get_rules(self):
        """Return the codes of the rules, first to last (WA8)."""
        return ["override", "exclusion", "warranty", "service_type"]

    @api.model
    def _decide(self, charges):
        """Return ``{charge: decision}`` for every charge.

        :param charges: charges of any number of units, companies and days
        """
        decisions = {}
        remaining = charges.filtered(lambda charge: charge.kind not in UNCOVERED_KINDS)
        for rule in self._get_rules():
            if not remaining:
                break
            decisions.update(getattr(self, f"_decide_by_{rule}")(remaining))
            remaining = remaining.filtered(lambda charge: charge not in decisions)
        for charge in charges.filtered(lambda charge: charge not in decisions):
            decisions[charge] = self._prepare_decision("customer", 0.0)
        return decisions

    @api.model
    def _prepare_decision(self, rule, percent, bearer="company", **values):
        """Return a decision.

        :param str rule: the rule that answered
        :param float percent: covered share, 0 to 100
        :param str bearer: who bears the covered share
        :param values: ``bearer_partner``, ``warranty`` (records) and ``facts`` (dict)
        """
        return {
            "rule": rule,
            "percent": percent,
            "bearer": bearer if percent else "customer",
            "bearer_partner": values.get("bearer_partner", self.env["res.partner"]),
            "warranty": values.get("warranty", self.env["aftersales.warranty"]),
            "facts": values.get("facts", {}),
        }

    # === RULES === #

    @api.model
    def _decide_by_override(self, charges):
        """The technician's last word."""
        decisions = {}
        for charge in charges.filtered("override_bearer"):
            percent = 0.0 if charge.override_bearer == "customer" else 100.0
            decisions[charge] = self._prepare_decision(
                "override", percent, facts={"reason": charge.override_reason or ""}
            )
        return decisions

    @api.model
    def _decide_by_exclusion(self, charges):
        """The customer caused it, or the promise that would answer was voided (WA6, WA9)."""
        decisions = {}
        for charge in charges:
            if charge.cause_id.customer_fault:
                decisions[charge] = self._prepare_decision(
                    "exclusion", 0.0, facts={"cause": charge.cause_id.name}
                )
        voided = self._get_warranties_by_unit(charges, [("close_reason", "=", "void")])
        valid = self._get_warranties_by_unit(charges, [("close_reason", "!=", "void")])
        for charge in charges.filtered(lambda charge: charge not in decisions):
            void = self._get_best_warranty(charge, voided)
            if void and not self._get_best_warranty(charge, valid):
                decisions[charge] = self._prepare_decision(
                    "exclusion", 0.0, warranty=void, facts={"void": void.close_note or ""}
                )
        return decisions

    @api.model
    def _decide_by_warranty(self, charges):
        """The best matching warranty that ran on the unit on the day of the report."""
        warranties = self._get_warranties_by_unit(charges, [("close_reason", "!=", "void")])
        decisions = {}
        for charge in charges:
            if warranty := self._get_best_warranty(charge, warranties):
                decisions[charge] = self._prepare_decision(
                    "warranty",
                    warranty.percent,
                    warranty.bearer_type,
                    bearer_partner=warranty.bearer_partner_id,
                    warranty=warranty,
                    facts=self._prepare_warranty_facts(charge, warranty),
                )
        return decisions

    @api.model
    def _decide_by_service_type(self, charges):
        """This kind of job is free, or partly so."""
        return {
            charge: self._prepare_decision(
                "service_type",
                charge.service_type_id.covered_percent,
                facts={"service_type": charge.service_type_id.name},
            )
            for charge in charges
            if charge.service_type_id.covered_percent
        }

    # === WARRANTY MATCHING === #

    @api.model
    def _get_warranties_by_unit(self, charges, domain):
        """Return ``{unit id: warranties}`` that match some charge's day, in one query."""
        days = [charge.date_fault for charge in charges if charge.date_fault]
        units = charges.unit_id.ids
        if not (days and units):
            return {}
        # A rule decides from facts, whoever asks: a technician may not read every warranty.
        warranties_sudo = (
            self.env["aftersales.warranty"]
            .sudo()
            .search(
                [
                    ("unit_id", "in", units),
                    ("date_start", "<=", max(days)),
                    ("date_end", ">=", min(days)),
                    *domain,
                ]
            )
        )
        by_unit = defaultdict(list)
        for warranty in warranties_sudo:
            by_unit[warranty.unit_id.id].append(warranty)
        return by_unit

    @api.model
    def _get_best_warranty(self, charge, warranties_by_unit):
        """Return the narrowest, then the most generous warranty that covers the charge."""
        candidates = [
            warranty
            for warranty in warranties_by_unit.get(charge.unit_id._origin.id, ())
            if self._warranty_covers(warranty, charge)
        ]
        return max(candidates, key=self._get_warranty_rank, default=None)

    @api.model
    def _warranty_covers(self, warranty, charge):
        if not charge.date_fault or not (
            warranty.date_start <= charge.date_fault <= warranty.date_end
        ):
            return False
        if warranty.kind not in ("all", charge.kind):
            return False
        component = warranty.component_category_id
        if not component:
            return True
        path = charge.product_id.categ_id.parent_path or ""
        return charge.kind == "part" and path.startswith(component.parent_path)

    @api.model
    def _get_warranty_rank(self, warranty):
        return (
            bool(warranty.component_category_id),
            warranty.kind != "all",
            warranty.percent,
            warranty.date_end,
            warranty.id,
        )

    @api.model
    def _prepare_warranty_facts(self, charge, warranty):
        return {
            "warranty": warranty.id,
            "kind": warranty.kind,
            "component": warranty.component_category_id.name or "",
            "duration": warranty.duration,
            "unit": warranty.duration_unit,
            "start": fields.Date.to_string(warranty.date_start),
            "bearer": warranty.bearer_partner_id.name or charge.company_id.name,
            "reported": fields.Date.to_string(charge.date_fault),
            "elapsed": (charge.date_fault - warranty.date_start).days + 1,
            "total": warranty._get_total_days(),
        }

    # === EXPLANATION === #

    @api.model
    def explain(self, rule, percent, facts):
        """Return the sentence that says why a charge is paid as it is.

        :param str rule: the rule that decided
        :param float percent: covered share, 0 to 100
        :param dict facts: as frozen on the charge
        """
        if not rule:
            return ""
        explain = getattr(self, f"_explain_{rule}", None)
        # A rule goes with its module; what it decided stays.
        return explain(percent, facts or {}) if explain else ""

    @api.model
    def _explain_override(self, percent, facts):
        if percent:
            return self.env._("We bear it by decision: %(reason)s", reason=facts.get("reason"))
        return self.env._("Customer pays by decision: %(reason)s", reason=facts.get("reason"))

    @api.model
    def _explain_exclusion(self, percent, facts):
        if "cause" in facts:
            return self.env._(
                "Customer pays: %(cause)s is not covered by any promise.", cause=facts["cause"]
            )
        return self.env._("Customer pays: the warranty is void. %(note)s", note=facts.get("void"))

    @api.model
    def _explain_warranty(self, percent, facts):
        term = self.env["aftersales.warranty.term"]
        kinds = dict(term._fields["kind"]._description_selection(self.env))
        units = dict(term._fields["duration_unit"]._description_selection(self.env))
        return self.env._(
            "%(scope)s: %(duration)s %(unit)s from %(start)s by %(bearer)s, %(percent)g %%; "
            "reported %(reported)s, day %(elapsed)s of %(total)s.",
            scope=facts.get("component") or kinds.get(facts.get("kind")),
            duration=facts.get("duration"),
            unit=(units.get(facts.get("unit")) or "").lower(),
            start=format_date(self.env, facts.get("start")),
            bearer=facts.get("bearer"),
            percent=percent,
            reported=format_date(self.env, facts.get("reported")),
            elapsed=facts.get("elapsed"),
            total=facts.get("total"),
        )

    @api.model
    def _explain_service_type(self, percent, facts):
        return self.env._(
            "%(service_type)s: we bear %(percent)g %%.",
            service_type=facts.get("service_type"),
            percent=percent,
        )

    @api.model
    def _explain_customer(self, percent, facts):
        return self.env._("Customer pays: no warranty or other promise answers for this.")
