from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date


class AftersalesCoverage(models.AbstractModel):
    _inherit = "aftersales.coverage"

    @api.model
    def _get_rules(self):
        rules = super()._get_rules()
        rules.insert(rules.index("service_type"), "contract")
        # Not an answer but a reason: last, when nobody else bears the charge.
        return [*rules, "contract_exhausted"]

    @api.model
    def _get_orderable_rules(self):
        rules = super()._get_orderable_rules()
        place = [code for code, __ in rules].index("service_type")
        rules.insert(place, ("contract", self.env._("Contract")))
        return rules

    @api.model
    def _prepare_decision(self, rule, percent, bearer="company", **values):
        decision = super()._prepare_decision(rule, percent, bearer=bearer, **values)
        line = values.get("contract_line", self.env["aftersales.contract.line"])
        return {**decision, "contract_line": line}

    @api.model
    def _get_charge_fields(self):
        return [*super()._get_charge_fields(), "repair_id", "request_id"]

    @api.model
    def _decide_by_contract(self, charges):
        """A contract that ran on the day of the report and has a visit left."""
        lines = self._get_contract_lines(charges)
        quota = self._get_contract_visits(lines)
        decisions = {}
        for charge, candidates in self._get_contract_candidates(charges, lines):
            for line in candidates:
                if line._covers(charge) and self._take_planned_visit(line, charge, quota):
                    decisions[charge] = self._prepare_decision(
                        "contract",
                        line.percent,
                        "contract",
                        contract_line=line,
                        facts=self._prepare_contract_facts(charge, line, len(quota[line])),
                    )
                    break
        return decisions

    @api.model
    def _decide_by_contract_exhausted(self, charges):
        """Tell the customer why a contract he has does not help: no visit is left."""
        lines = self._get_contract_lines(charges, Domain("visit_quota", ">", 0))
        decisions = {}
        for charge, candidates in self._get_contract_candidates(charges, lines):
            if line := next((line for line in candidates if line._covers(charge)), None):
                decisions[charge] = self._prepare_decision(
                    "contract_exhausted", 0.0, facts={"contract": line.contract_id.name}
                )
        return decisions

    @api.model
    def _get_contract_candidates(self, charges, lines):
        """Return ``[(charge, lines that may answer, best first)]``, charges with none left out.

        :param lines: as of :meth:`_get_contract_lines`
        """
        candidates = []
        for partner, batch in charges.grouped("partner_id").items():
            if found := lines.get(partner.commercial_partner_id.id):
                ranked = sorted(found, key=lambda line: line._get_rank(), reverse=True)
                candidates += [(charge, ranked) for charge in batch]
        return candidates

    @api.model
    def _get_contract_lines(self, charges, domain=Domain.TRUE):
        """Return ``{customer id: lines}`` that may answer charges of one company, in a few
        queries.

        :param domain: only the lines it holds for
        """
        days = [charge.date_fault for charge in charges if charge.date_fault]
        customers = charges.partner_id.commercial_partner_id.ids
        if not (days and customers):
            return {}
        # A rule decides from facts, whoever asks.
        lines_sudo = (
            self.env["aftersales.contract.line"]
            .sudo()
            .search(
                domain
                & Domain("contract_id.company_id", "in", charges.company_id.ids)
                & Domain("contract_id.commercial_partner_id", "in", customers)
                & Domain("contract_id.state", "!=", "draft")
                & Domain("contract_id.date_start", "<=", max(days))
                & Domain("contract_id.date_end", ">=", min(days))
            )
        )
        by_customer = defaultdict(list)
        for line in lines_sudo:
            by_customer[line.contract_id.commercial_partner_id.id].append(line)
        return by_customer

    @api.model
    def _get_contract_visits(self, lines):
        """Return ``{line: set of the jobs that took a visit}``."""
        line_ids = [line.id for group in lines.values() for line in group]
        visits = defaultdict(set)
        if not line_ids:
            return visits
        uses_sudo = self.env["aftersales.contract.use"].sudo().search([("line_id", "in", line_ids)])
        for use in uses_sudo:
            visits[use.line_id].add(use.repair_id or use.request_id or use)
        return visits

    @api.model
    def _take_planned_visit(self, line, charge, visits):
        """Count the charge's job in, if it has a visit of the line or one is left."""
        job = charge._get_visit_key()._origin or charge
        if job not in visits[line] and line.visit_quota and len(visits[line]) >= line.visit_quota:
            return False
        visits[line].add(job)
        return True

    @api.model
    def _prepare_contract_facts(self, charge, line, used):
        return {
            "contract": line.contract_id.name,
            "kind": line.kind,
            "quota": line.visit_quota,
            "left": max(0, line.visit_quota - used),
            "end": fields.Date.to_string(line.contract_id.date_end),
        }

    @api.model
    def _explain_contract(self, percent, facts):
        line = self.env["aftersales.contract.line"]
        kinds = dict(line._fields["kind"]._description_selection(self.env))
        values = {
            "contract": facts.get("contract"),
            "scope": kinds.get(facts.get("kind")),
            "percent": f"{percent:g}",
            "end": format_date(self.env, facts.get("end")),
        }
        if not facts.get("quota"):
            return self.env._(
                "Contract %(contract)s until %(end)s: %(scope)s %(percent)s %%.", **values
            )
        return self.env._(
            "Contract %(contract)s until %(end)s: %(scope)s %(percent)s %%, "
            "%(left)s of %(quota)s visits left.",
            left=facts["left"],
            quota=facts["quota"],
            **values,
        )

    @api.model
    def _explain_contract_exhausted(self, percent, facts):
        return self.env._(
            "Customer pays: contract %(contract)s has no visit left.",
            contract=facts.get("contract"),
        )
