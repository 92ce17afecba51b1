from odoo import api, models


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
        chosen = [
            code
            for code in self.env["aftersales.coverage.rule"]._get_order(company.id)
            if code in rules
        ]
        places = sorted(rules.index(code) for code in chosen)
        for place, code in zip(places, chosen, strict=True):
            rules[place] = code
        return rules

    @api.model
    def _decide(self, charges):
        """Return ``{charge: decision}`` for every charge.

        :param charges: charges of any number of units, companies and days
        """
        # A rule decides from facts, whoever asks: a technician may not read every warranty.
        coverage_sudo, charges_sudo = self.sudo(), charges.sudo()
        coverage_sudo._fetch_facts(charges_sudo)
        decisions = {}
        for company, batch in charges_sudo.grouped("company_id").items():
            decisions.update(coverage_sudo._decide_for_company(company, batch))
        return {charge: decisions[charge] for charge in charges}

    @api.model
    def _fetch_facts(self, charges):
        """Read what the rules ask about charges, products, units and customers.

        One query a model: left to itself, the cache would read a thousand at a time.
        """
        charges.fetch(self._get_charge_fields())
        charges.product_id.fetch(["categ_id"])
        charges.product_id.categ_id.fetch(["name", "parent_path"])
        charges.unit_id.fetch(self._get_unit_fields())
        charges.partner_id.fetch(["commercial_partner_id", "aftersales_level_id"])
        charges.partner_id.commercial_partner_id.fetch(["aftersales_level_id"])

    @api.model
    def _get_charge_fields(self):
        """Return the fields of a charge that the rules read."""
        return [
            "company_id",
            "kind",
            "product_id",
            "unit_id",
            "partner_id",
            "date_fault",
            "cause_id",
            "symptom_id",
            "service_type_id",
            "override_bearer",
            "override_reason",
        ]

    @api.model
    def _get_unit_fields(self):
        """Return the fields of a unit that the rules read."""
        return ["proof_checked"]

    @api.model
    def _decide_for_company(self, company, charges):
        """Return ``{charge: decision}`` for charges of one company."""
        decisions = {}
        agreed = charges._get_agreed_kinds()
        remaining = charges.filtered(lambda charge: charge.kind not in agreed)
        for rule in self._get_company_rules(company):
            if not remaining:
                break
            answers = getattr(self, f"_decide_by_{rule}")(remaining)
            remaining -= remaining.browse().concat(*answers)
            decisions.update(answers)
        refusals = self._get_refusals(remaining)
        for charge in charges:
            if charge not in decisions:
                decisions[charge] = self._prepare_decision(
                    "customer", 0.0, facts=refusals.get(charge, {})
                )
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
            "bearer_partner": values.get("bearer_partner") or self.env["res.partner"],
            "warranty": values.get("warranty") or self.env["aftersales.warranty"],
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
    def _decide_by_service_type(self, charges):
        """This kind of job is free, or partly so."""
        decisions = {}
        for service_type, batch in charges.grouped("service_type_id").items():
            if percent := service_type.covered_percent:
                facts = {"service_type": service_type.name}
                decisions.update(
                    (charge, self._prepare_decision("service_type", percent, facts=facts))
                    for charge in batch
                )
        return decisions

    @api.model
    def _decide_by_customer_level(self, charges):
        """We do more for this customer than was promised (WA18), not what a sister company does."""
        decisions = {}
        for partner, batch in charges.grouped("partner_id").items():
            level = partner.commercial_partner_id.aftersales_level_id
            ours = level.company_id <= charges.company_id
            if (percent := level.covered_percent) and ours:
                facts = {"level": level.name}
                decisions.update(
                    (charge, self._prepare_decision("customer_level", percent, facts=facts))
                    for charge in batch
                )
        return decisions
