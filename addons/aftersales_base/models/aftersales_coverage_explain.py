from odoo import api, models
from odoo.tools import format_date


class AftersalesCoverage(models.AbstractModel):
    """Why it was decided so: sentences made of frozen facts, in the reader's language."""

    _inherit = "aftersales.coverage"

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
        if note := facts.get("void"):
            return self.env._("Customer pays: the warranty is void. %(note)s", note=note)
        return self.env._("Customer pays: the warranty is void.")

    @api.model
    def _explain_warranty(self, percent, facts):
        values = {**self._get_fact_words(facts), "percent": f"{percent:g}"}
        if facts.get("waits"):
            return self.env._(
                "%(scope)s: covered by %(bearer)s until its %(duration)s begin, %(percent)s %%; "
                "reported %(reported)s.",
                **values,
            )
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
        kind = kinds.get(facts.get("kind")) or ""
        return {
            "scope": facts.get("component") or kind,
            "covered": facts.get("component") or kind.lower(),
            "charged": (kinds.get(facts.get("charged")) or "").lower(),
            "duration": term._get_duration_words(facts.get("duration"), facts.get("unit")),
            "start": format_date(self.env, facts.get("start")),
            "end": format_date(self.env, facts.get("end")),
            "reported": format_date(self.env, facts.get("reported")),
            "bearer": facts.get("bearer"),
            "elapsed": facts.get("elapsed"),
            "total": facts.get("total"),
            "usage": term._get_usage_words(facts.get("limit") or 0, facts.get("usage_unit")),
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
            "usage": self.env._("Customer pays: used for more than the %(usage)s covered."),
            "expired": self.env._(
                "Customer pays: cover of %(covered)s ended on %(end)s; reported %(reported)s."
            ),
            "closed": self.env._(
                "Customer pays: the warranty was closed before the report of %(reported)s."
            ),
            "upcoming": self.env._(
                "Customer pays: the warranty did not run yet when this was reported, %(reported)s."
            ),
            "excluded": self.env._("Customer pays: the warranty leaves this part out."),
            "component": self.env._("Customer pays: the warranty covers %(covered)s only."),
            "fault": self.env._("Customer pays: the warranty covers other faults only."),
            "kind": self.env._("Customer pays: the warranty does not cover %(charged)s."),
        }
