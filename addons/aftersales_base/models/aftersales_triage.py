from datetime import date, datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date, is_html_empty

MOST_SHOWN = 8


class AftersalesTriage(models.AbstractModel):
    """What helped against a symptom before, counted on closed work (IN15, IN16, RP1).

    Experience is the company's: who may not see a colleague's request still profits from it.
    Numbers and names of the catalogue leave this model, nothing of the requests themselves.

    A module that closes work of its own adds it by :meth:`_get_closed_cases`, and takes the
    requests it stands for out of :meth:`_get_request_domain`: each case counts once.
    """

    _name = "aftersales.triage"
    _description = "Likely Causes and Remedies"

    # === BUSINESS METHODS === #

    @api.model
    @api.readonly
    def suggest(self, symptom_id, product_id=False, company_id=False):
        """Return the remedies against a symptom, those that helped most often first.

        Asked of the product; when nothing is known about it, of its category; else of all.

        :param int symptom_id: ``aftersales.fault``
        :param int product_id: ``product.product``
        :param int company_id: whose experience; default: the current company
        :return: dict with ``scope`` (``product``, ``category``, ``all`` or ``none``), ``about``
            (its name), ``cases`` (closed cases it was counted on) and ``remedies``, dicts of
            :meth:`_prepare_remedy`
        :raises AccessError: for records the user may not read, and for who is no employee
        """
        symptom, product, company = self._get_asked(symptom_id, product_id, company_id)
        scope, about, cases = self._find_cases(symptom, product, company)
        solutions = self.env["aftersales.solution"]._find_solutions(symptom, product, company)
        rows = self._rank(cases, solutions)
        return {
            "scope": scope,
            "about": about,
            "cases": sum(case["count"] for case in cases.values()),
            "remedies": [self._prepare_remedy(row) for row in rows[:MOST_SHOWN]],
        }

    @api.model
    def _get_asked(self, symptom_id, product_id, company_id):
        """Return what is asked about, as far as the user may read it.

        :raises AccessError: when he may not
        """
        asked = (
            self.env["aftersales.fault"].browse(symptom_id or ()),
            self.env["product.product"].browse(product_id or ()),
            self.env["res.company"].browse(company_id or ()) or self.env.company,
        )
        for record in asked:
            record.check_access("read")
        if asked[2] not in self.env.companies:
            raise AccessError(
                self.env._(
                    "%(company)s is not among the companies you work in now. Choose it at the "
                    "top first.",
                    company=asked[2].display_name,
                )
            )
        return asked

    @api.model
    def _find_cases(self, symptom, product, company):
        """Return the closest scope in which something is known, its name and its cases."""
        for scope, record in self._get_scopes(product):
            field, operator = ("product_id", "=")
            if scope == "category":
                field, operator = ("product_id.categ_id", "child_of")
            within = Domain(field, operator, record.id) if record else Domain.TRUE
            if cases := self._get_closed_cases(symptom, within, company):
                return scope, record.display_name if record else "", cases
        return "none", "", {}

    @api.model
    def _get_scopes(self, product):
        """Return ``[(scope, record)]``, the closest first."""
        everything = [("all", product.browse())]
        if not product:
            return everything
        category = [("category", product.categ_id)] if product.categ_id else []
        return [("product", product), *category, *everything]

    @api.model
    def _get_closed_cases(self, symptom, within, company):
        """Return ``{(remedy, cause): {"count", "back", "last"}}``; modules add their work.

        :param Domain within: which products
        """
        domain = self._get_request_domain(symptom, company) & within
        return self._count_cases("aftersales.request", domain, "date_closed", "repeat_ids")

    @api.model
    def _get_request_domain(self, symptom, company):
        """Return the domain of requests that were solved and say how."""
        return Domain(
            [
                ("symptom_id", "=", symptom.id),
                ("state", "=", "done"),
                ("remedy_id", "!=", False),
                ("company_id", "=", company.id),
            ]
        )

    @api.model
    def _count_cases(self, model, domain, date_field, repeats, case_field="id"):
        """Return the closed cases of a model by remedy and cause.

        :param str date_field: when a case was closed
        :param str repeats: path to the requests that repeat it: it came back, and does not count
            as solved
        :param str case_field: what makes a case: work done in several goes is one
        """
        # Only numbers leave: whose cases they are nobody learns.
        Model = self.env[model].sudo()
        by = ["remedy_id", "cause_id"]
        number = f"{case_field}:count_distinct"
        cases = {
            (remedy, cause): {"count": count, "back": 0, "last": self._get_day(last)}
            for remedy, cause, count, last in Model._read_group(
                domain & Domain("remedy_id.active", "=", True),
                by,
                [number, f"{date_field}:max"],
            )
        }
        if cases:
            again = domain & Domain(repeats, "any", [("state", "!=", "cancelled")])
            for remedy, cause, count in Model._read_group(again, by, [number]):
                if (remedy, cause) in cases:
                    cases[remedy, cause]["back"] = count
        return cases

    @api.model
    def _get_day(self, moment):
        """Return the day of a moment where the user is; a day stays as it is."""
        is_moment = isinstance(moment, datetime)
        return fields.Date.context_today(self, moment) if is_moment else moment

    @api.model
    def _merge_cases(self, cases, more):
        """Return two answers of :meth:`_get_closed_cases` as one."""
        merged = {key: dict(case) for key, case in cases.items()}
        for key, case in more.items():
            mine = merged.setdefault(key, {"count": 0, "back": 0, "last": date.min})
            mine["count"] += case["count"]
            mine["back"] += case["back"]
            mine["last"] = max(mine["last"], case["last"] or date.min)
        return merged

    @api.model
    def _rank(self, cases, solutions):
        """Return one dict a remedy and cause: what solved most first, then the catalogue's.

        A solution nobody needed yet stands below, with no case.
        """
        rows = {
            key: {"remedy": key[0], "cause": key[1], **case, "solution": solutions.browse()}
            for key, case in cases.items()
        }
        for solution in solutions:
            remedy, cause = solution.remedy_id, solution.cause_id
            matching = [
                row
                for row in rows.values()
                if row["remedy"] == remedy and cause in (row["cause"], cause.browse())
            ]
            for row in matching:
                row["solution"] = row["solution"] or solution
            if not matching:
                empty = {"count": 0, "back": 0, "last": False, "solution": solution}
                rows[remedy, cause] = {"remedy": remedy, "cause": cause, **empty}
        return sorted(
            rows.values(),
            key=lambda row: (row["count"] - row["back"], row["last"] or date.min),
            reverse=True,
        )

    @api.model
    def _prepare_remedy(self, row):
        """Return what the form shows of one remedy: names, numbers and the text."""
        remedy, cause, solution = row["remedy"], row["cause"], row["solution"]
        text = remedy.solution if is_html_empty(solution.text) else solution.text
        return {
            "remedy": {"id": remedy.id, "display_name": remedy.display_name},
            "cause": bool(cause) and {"id": cause.id, "display_name": cause.display_name},
            "solved": row["count"] - row["back"],
            "back": row["back"],
            "last": format_date(self.env, row["last"]) if row["last"] else "",
            "text": "" if is_html_empty(text) else text,
            "solution_id": solution.id or False,
            "proposed": solution.state == "proposed",
        }
