from datetime import date

from odoo import api, fields, models
from odoo.tools import format_date

# What is agreed with the customer himself: no promise answers for it.
UNCOVERED_KINDS = ("instalment", "compensation")
# Why a warranty does not answer, the reason nearest to an answer first.
REFUSALS = (
    "proof",
    "usage",
    "expired",
    "closed",
    "upcoming",
    "excluded",
    "component",
    "fault",
    "kind",
)


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
        return ["override", "exclusion", "warranty", "service_type", "customer_level"]

    @api.model
    def _get_orderable_rules(self):
        """Return ``[(code, name)]`` of the promises whose order a company may choose."""
        return [
            ("warranty", self.env._("Warranty")),
            ("service_type", self.env._("Service Type")),
            ("customer_level", self.env._("Service Level of the Customer")),
        ]

    @api.model
    def _get_company_rules(self, company):
        """Return the codes of the rules in the order the company chose."""
        rules = self._get_rules()
        # The order is no secret of the managers who set it.
        chosen_sudo = (
            self.env["aftersales.coverage.rule"].sudo().search([("company_id", "=", company.id)])
        )
        chosen = [code for code in chosen_sudo.mapped("code") if code in rules]
        places = sorted(rules.index(code) for code in chosen)
        for place, code in zip(places, chosen, strict=True):
            rules[place] = code
        return rules

    @api.model
    def _decide(self, charges):
        """Return ``{charge: decision}`` for every charge.

        :param charges: charges of any number of units, companies and days
        """
        decisions = {}
        for company, batch in charges.grouped("company_id").items():
            decisions.update(self._decide_for_company(company, batch))
        return decisions

    @api.model
    def _decide_for_company(self, company, charges):
        """Return ``{charge: decision}`` for charges of one company."""
        decisions = {}
        remaining = charges.filtered(lambda charge: charge.kind not in UNCOVERED_KINDS)
        for rule in self._get_company_rules(company):
            if not remaining:
                break
            decisions.update(getattr(self, f"_decide_by_{rule}")(remaining))
            remaining = remaining.filtered(lambda charge: charge not in decisions)
        refusals = self._get_refusals(remaining)
        for charge in charges.filtered(lambda charge: charge not in decisions):
            decisions[charge] = self._prepare_decision(
                "customer", 0.0, facts=refusals.get(charge, {})
            )
        return decisions

    @api.model
    def _get_refusals(self, charges):
        """Return ``{charge: facts}`` that say why no promise answers, the nearest first."""
        warranties = self._get_warranties_by_unit(charges)
        refusals = {}
        for charge in charges:
            reasons = [
                (REFUSALS.index(self._get_warranty_refusal(warranty, charge)), warranty)
                for warranty in warranties.get(charge.unit_id._origin.id, ())
                if warranty.close_reason != "void"
            ]
            if reasons:
                place, warranty = min(reasons, key=lambda reason: (reason[0], -reason[1].id))
                refusals[charge] = {
                    **self._prepare_warranty_facts(charge, warranty),
                    "refusal": REFUSALS[place],
                    "charged": charge.kind,
                }
        return refusals

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
        warranties = self._get_warranties_by_unit(charges)
        for charge in charges.filtered(lambda charge: charge not in decisions):
            void = self._get_best_warranty(charge, warranties, void=True)
            if void and not self._get_best_warranty(charge, warranties):
                decisions[charge] = self._prepare_decision(
                    "exclusion", 0.0, warranty=void, facts={"void": void.close_note or ""}
                )
        return decisions

    @api.model
    def _decide_by_warranty(self, charges):
        """The best matching warranty that ran on the unit on the day of the report."""
        warranties = self._get_warranties_by_unit(charges)
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

    @api.model
    def _decide_by_customer_level(self, charges):
        """We do more for this customer than was promised (WA18)."""
        decisions = {}
        for charge in charges:
            # The level of a customer decides, whoever asks.
            level = charge.partner_id.commercial_partner_id.sudo().aftersales_level_id
            if level.covered_percent:
                decisions[charge] = self._prepare_decision(
                    "customer_level", level.covered_percent, facts={"level": level.name}
                )
        return decisions

    # === WARRANTY MATCHING === #

    @api.model
    def _get_warranties_by_unit(self, charges):
        """Return ``{unit id: warranties}`` of the charged units, in one query."""
        units = charges.unit_id.ids
        if not units:
            return {}
        # A rule decides from facts, whoever asks: a technician may not read every warranty.
        warranties_sudo = self.env["aftersales.warranty"].sudo().search([("unit_id", "in", units)])
        return warranties_sudo.grouped(lambda warranty: warranty.unit_id.id)

    @api.model
    def _get_best_warranty(self, charge, warranties_by_unit, void=False):
        """Return the narrowest, then the most generous warranty that covers the charge.

        :param bool void: look among those that would cover it had they not been voided
        """
        candidates = [
            warranty
            for warranty in warranties_by_unit.get(charge.unit_id._origin.id, ())
            if (warranty.close_reason == "void") == void
            and not self._get_warranty_refusal(warranty, charge)
        ]
        return max(candidates, key=self._get_warranty_rank, default=None)

    @api.model
    def _get_warranty_refusal(self, warranty, charge):
        """Return why a warranty does not cover a charge: a code of ``REFUSALS``, or nothing."""
        return (
            self._get_scope_refusal(warranty, charge)
            or self._get_period_refusal(warranty, charge.date_fault)
            or self._get_condition_refusal(warranty, charge)
        )

    @api.model
    def _get_scope_refusal(self, warranty, charge):
        """Return why the charge is outside what the warranty is about."""
        if warranty.kind not in ("all", charge.kind):
            return "kind"
        if warranty.fault_id and warranty.fault_id not in charge._get_faults():
            return "fault"
        component = warranty.component_category_id
        path = charge.product_id.categ_id.parent_path or ""
        if component and not (charge.kind == "part" and path.startswith(component.parent_path)):
            return "component"
        if charge.kind == "part" and any(
            path.startswith(category.parent_path) for category in warranty.excluded_category_ids
        ):
            return "excluded"
        return ""

    @api.model
    def _get_period_refusal(self, warranty, day):
        """Return why the warranty does not run on the day."""
        if not day or not warranty.date_cover or day < warranty.date_cover:
            return "upcoming"
        if warranty.date_closed and warranty.date_closed <= day and warranty.close_reason != "void":
            return "closed"
        return "expired" if warranty.date_end and warranty.date_end < day else ""

    @api.model
    def _get_condition_refusal(self, warranty, charge):
        """Return which condition of the warranty is not met."""
        if warranty.proof_required and not charge.unit_id.proof_checked:
            return "proof"
        if warranty.usage_limit:
            used = charge.unit_id.sudo()._get_usage_on(charge.date_fault, warranty.usage_unit)
            if used > warranty.usage_limit:
                return "usage"
        return ""

    @api.model
    def _get_warranty_rank(self, warranty):
        return (
            bool(warranty.component_category_id),
            warranty.kind != "all",
            warranty.percent,
            warranty.date_end or date.max,
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
            "start": fields.Date.to_string(warranty.date_start or warranty.date_cover),
            "end": fields.Date.to_string(warranty.date_end),
            "limit": warranty.usage_limit,
            "usage_unit": warranty.usage_unit,
            "bearer": warranty.bearer_partner_id.name or charge.company_id.name,
            "reported": fields.Date.to_string(charge.date_fault),
            "elapsed": self._get_elapsed_days(warranty, charge.date_fault),
            "total": warranty._get_total_days(),
        }

    @api.model
    def _get_elapsed_days(self, warranty, day):
        """Return which day of the warranty ``day`` is; the first one is day 1."""
        start = warranty.date_start or warranty.date_cover
        return (day - start).days + 1 if day and start else 0

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
        values = {**self._get_fact_words(facts), "percent": f"{percent:g}"}
        if not facts.get("total"):
            return self.env._(
                "%(scope)s: %(duration)s from %(start)s by %(bearer)s, %(percent)s %%; "
                "reported %(reported)s, day %(elapsed)s.",
                **values,
            )
        return self.env._(
            "%(scope)s: %(duration)s from %(start)s by %(bearer)s, %(percent)s %%; "
            "reported %(reported)s, day %(elapsed)s of %(total)s.",
            **values,
        )

    @api.model
    def _get_fact_words(self, facts):
        """Return the facts of a warranty in words, for the sentences made of them."""
        term = self.env["aftersales.warranty.term"]
        kinds = dict(term._fields["kind"]._description_selection(self.env))
        charge = self.env["aftersales.charge"]
        charged = dict(charge._fields["kind"]._description_selection(self.env))
        units = dict(term._fields["duration_unit"]._description_selection(self.env))
        usages = dict(term._fields["usage_unit"]._description_selection(self.env))
        unit = (units.get(facts.get("unit")) or "").lower()
        lifetime = facts.get("unit") == "lifetime"
        return {
            "scope": facts.get("component") or kinds.get(facts.get("kind")),
            "charged": (charged.get(facts.get("charged")) or "").lower(),
            "duration": unit if lifetime else f"{facts.get('duration')} {unit}",
            "start": format_date(self.env, facts.get("start")),
            "end": format_date(self.env, facts.get("end")),
            "reported": format_date(self.env, facts.get("reported")),
            "bearer": facts.get("bearer"),
            "elapsed": facts.get("elapsed"),
            "total": facts.get("total"),
            "limit": f"{facts.get('limit') or 0:g}",
            "usage": (usages.get(facts.get("usage_unit")) or "").lower(),
        }

    @api.model
    def _explain_service_type(self, percent, facts):
        return self.env._(
            "%(service_type)s: we bear %(percent)s %%.",
            service_type=facts.get("service_type"),
            percent=f"{percent:g}",
        )

    @api.model
    def _explain_customer_level(self, percent, facts):
        return self.env._(
            "%(level)s customer: we bear %(percent)s %%.",
            level=facts.get("level"),
            percent=f"{percent:g}",
        )

    @api.model
    def _explain_customer(self, percent, facts):
        words = self._get_fact_words(facts)
        sentence = self._get_refusal_sentences().get(facts.get("refusal"))
        return (
            sentence % words
            if sentence
            else self.env._("Customer pays: no warranty or other promise answers for this.")
        )

    @api.model
    def _get_refusal_sentences(self):
        """Return ``{refusal: sentence}``, to be filled with the words of the facts."""
        return {
            "proof": self.env._("Customer pays: the proof of purchase is missing."),
            "usage": self.env._(
                "Customer pays: used for more than the %(limit)s %(usage)s covered."
            ),
            "expired": self.env._(
                "Customer pays: cover of %(scope)s ended on %(end)s; reported %(reported)s."
            ),
            "closed": self.env._(
                "Customer pays: the warranty was closed before the report of %(reported)s."
            ),
            "upcoming": self.env._(
                "Customer pays: the warranty did not run yet when this was reported, %(reported)s."
            ),
            "excluded": self.env._("Customer pays: the warranty leaves this part out."),
            "component": self.env._("Customer pays: the warranty covers %(scope)s only."),
            "fault": self.env._("Customer pays: the warranty covers other faults only."),
            "kind": self.env._("Customer pays: the warranty does not cover %(charged)s."),
        }
