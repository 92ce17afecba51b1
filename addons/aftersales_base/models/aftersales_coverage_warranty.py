from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

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


class Promise(NamedTuple):
    """A warranty in plain values: each is held against every charge of its unit.

    Columns of the warranty in the order they are read, then what stands elsewhere:
    categories left out, and days and values of its counter.
    """

    id: int
    unit_id: int
    kind: str
    component_category_id: int
    fault_id: int
    date_cover: date
    date_start: date
    date_end: date
    date_closed: date
    close_reason: str
    close_note: str
    duration: int
    duration_unit: str
    proof_required: bool
    usage_limit: float
    usage_unit: str
    percent: float
    bearer_type: str
    bearer_partner_id: int
    excluded_ids: list
    readings: list = ()

    @property
    def is_void(self):
        return self.close_reason == "void"

    @property
    def first_day(self):
        return self.date_start or self.date_cover

    @property
    def rank(self):
        """The narrowest answers first, then the most generous, then the longest."""
        return (
            bool(self.component_category_id),
            self.kind != "all",
            self.percent,
            self.date_end or date.max,
            self.id,
        )


PROMISE_FIELDS = Promise._fields[:-2]
COLUMNS = SQL(", ").join(SQL.identifier("w", fname) for fname in PROMISE_FIELDS)


class Case(NamedTuple):
    """A charge in plain values, as warranties are asked about it."""

    charge: models.BaseModel
    unit: models.BaseModel
    kind: str
    day: date
    category_path: str


class AftersalesCoverage(models.AbstractModel):
    """Which warranty answers for a charge, or why none does."""

    _inherit = "aftersales.coverage"

    # === RULES === #

    @api.model
    def _decide_by_exclusion(self, charges):
        """The customer caused it, or the promise that would answer was voided (WA6, WA9)."""
        decisions = {}
        for cause, batch in charges.grouped("cause_id").items():
            if cause.customer_fault:
                decisions.update(
                    (charge, self._prepare_decision("exclusion", 0.0, facts={"cause": cause.name}))
                    for charge in batch
                )
        decisions.update(self._decide_by_void(charges - charges.browse().concat(*decisions)))
        return decisions

    @api.model
    def _decide_by_void(self, charges):
        """The promise that would answer was voided, and no other one answers."""
        units = self._get_units_with_void(charges.unit_id)
        touched = charges.filtered(lambda charge: charge.unit_id._origin.id in units)
        decisions = {}
        for case, promises in self._get_cases(touched, with_void=True):
            void = self._get_best([promise for promise in promises if promise.is_void], case)
            living = [promise for promise in promises if not promise.is_void]
            if void and not self._get_best(living, case):
                decisions[case.charge] = self._prepare_decision(
                    "exclusion",
                    0.0,
                    warranty=self._get_warranty(void),
                    facts={"void": void.close_note or ""},
                )
        return decisions

    @api.model
    def _decide_by_warranty(self, charges):
        """The best matching warranty that ran on the unit on the day of the report."""
        decisions = {}
        for case, promises in self._get_cases(charges):
            if promise := self._get_best(promises, case):
                decisions[case.charge] = self._prepare_decision(
                    "warranty",
                    promise.percent,
                    promise.bearer_type,
                    bearer_partner=self._get_bearer(promise),
                    warranty=self._get_warranty(promise),
                    facts=self._prepare_warranty_facts(case, promise),
                )
        return decisions

    @api.model
    def _get_refusals(self, charges):
        """Return ``{charge: facts}`` that say why no promise answers, the nearest first."""
        refusals = {}
        for case, promises in self._get_cases(charges):
            reasons = [
                (REFUSALS.index(self._get_refusal(promise, case)), -promise.id, promise)
                for promise in promises
            ]
            place, __, promise = min(reasons)
            refusals[case.charge] = {
                **self._prepare_warranty_facts(case, promise),
                "refusal": REFUSALS[place],
                "charged": case.kind,
            }
        return refusals

    # === MATCHING === #

    @api.model
    def _get_units_with_void(self, units):
        """Return the ids of those of the units that have a voided promise."""
        if not units.ids:
            return set()
        self.env["aftersales.warranty"].flush_model(["unit_id", "close_reason"])
        rows = self.env.execute_query(
            SQL(
                "SELECT unit_id FROM aftersales_warranty "
                "WHERE unit_id IN %s AND close_reason = 'void'",
                tuple(units.ids),
            )
        )
        return {unit_id for (unit_id,) in rows}

    @api.model
    def _get_cases(self, charges, with_void=False):
        """Return ``[(case, promises of its unit)]``, without the charges that have none.

        :param bool with_void: also the promises that were taken away
        """
        promises = self._get_promises(charges.unit_id, with_void)
        paths = {
            product.id: product.categ_id.parent_path or ""
            for product in charges.product_id
            if promises
        }
        return [
            (
                Case(
                    charge,
                    unit,
                    charge.kind,
                    charge.date_fault,
                    paths.get(charge.product_id.id, ""),
                ),
                promises[unit._origin.id],
            )
            for unit, batch in charges.grouped("unit_id").items()
            if unit._origin.id in promises
            for charge in batch
        ]

    @api.model
    def _get_promises(self, units, with_void):
        """Return ``{unit id: promises}`` in one query, whatever the number of units."""
        if not units.ids:
            return {}
        rows = self.env.execute_query(self._get_promises_query(units.ids, with_void))
        promises = [Promise(*row) for row in rows]
        self._fetch_quoted(promises)
        readings = self._get_readings(promises)
        by_unit = defaultdict(list)
        for promise in promises:
            counter = readings.get((promise.unit_id, promise.usage_unit), ())
            by_unit[promise.unit_id].append(promise._replace(readings=counter))
        return by_unit

    @api.model
    def _get_promises_query(self, unit_ids, with_void):
        """Return the query whose columns are those of :class:`Promise`."""
        Warranty = self.env["aftersales.warranty"]
        excluded = Warranty._fields["excluded_category_ids"]
        Warranty.flush_model([*PROMISE_FIELDS, excluded.name])
        return SQL(
            """
            SELECT %(columns)s,
                   ARRAY(SELECT %(category)s FROM %(relation)s WHERE %(warranty)s = w.id)
              FROM aftersales_warranty w
             WHERE w.unit_id IN %(units)s
               AND (%(with_void)s OR w.close_reason IS DISTINCT FROM 'void')
            """,
            columns=COLUMNS,
            category=SQL.identifier(excluded.column2),
            relation=SQL.identifier(excluded.relation),
            warranty=SQL.identifier(excluded.column1),
            units=tuple(unit_ids),
            with_void=with_void,
        )

    @api.model
    def _fetch_quoted(self, promises):
        """Read what is quoted of other records, all at once."""
        categories = {promise.component_category_id for promise in promises}
        categories.update(category for promise in promises for category in promise.excluded_ids)
        self.env["product.category"].browse(filter(None, categories)).fetch(["name", "parent_path"])
        makers = {promise.bearer_partner_id for promise in promises}
        self.env["res.partner"].browse(filter(None, makers)).fetch(["name"])

    @api.model
    def _get_readings(self, promises):
        """Return ``{(unit id, counter): [(day, value)]}`` of the units with a usage limit."""
        counted = {promise.unit_id for promise in promises if promise.usage_limit}
        readings = defaultdict(list)
        if counted:
            for reading in self.env["aftersales.unit.reading"].search_fetch(
                [("unit_id", "in", list(counted))], ["unit_id", "usage_unit", "date", "value"]
            ):
                key = (reading.unit_id.id, reading.usage_unit)
                readings[key].append((reading.date, reading.value))
        return readings

    @api.model
    def _get_warranty(self, promise):
        return self.env["aftersales.warranty"].browse(promise.id)

    @api.model
    def _get_component(self, promise):
        return self.env["product.category"].browse(promise.component_category_id or ())

    @api.model
    def _get_bearer(self, promise):
        return self.env["res.partner"].browse(promise.bearer_partner_id or ())

    @api.model
    def _get_best(self, promises, case):
        """Return the narrowest, then the most generous promise that covers the charge."""
        covering = [promise for promise in promises if not self._get_refusal(promise, case)]
        return max(covering, key=lambda promise: promise.rank, default=None)

    @api.model
    def _get_refusal(self, promise, case):
        """Return why a promise does not cover a charge: a code of ``REFUSALS``, or nothing."""
        return (
            self._get_scope_refusal(promise, case)
            or self._get_period_refusal(promise, case.day)
            or self._get_condition_refusal(promise, case)
        )

    @api.model
    def _get_scope_refusal(self, promise, case):
        """Return why the charge is outside what the promise is about."""
        if promise.kind not in ("all", case.kind):
            return "kind"
        if promise.fault_id and promise.fault_id not in case.charge._get_faults()._origin.ids:
            return "fault"
        if promise.component_category_id:
            component = self._get_component(promise)
            if case.kind != "part" or not case.category_path.startswith(component.parent_path):
                return "component"
        if case.kind == "part" and promise.excluded_ids:
            excluded = self.env["product.category"].browse(promise.excluded_ids)
            if any(case.category_path.startswith(category.parent_path) for category in excluded):
                return "excluded"
        return ""

    @api.model
    def _get_period_refusal(self, promise, day):
        """Return why the promise does not run on the day."""
        if not day or not promise.date_cover or day < promise.date_cover:
            return "upcoming"
        if promise.date_closed and promise.date_closed <= day and not promise.is_void:
            return "closed"
        return "expired" if promise.date_end and promise.date_end < day else ""

    @api.model
    def _get_condition_refusal(self, promise, case):
        """Return which condition of the promise is not met."""
        if promise.proof_required and not case.unit.proof_checked:
            return "proof"
        if promise.usage_limit:
            read = [value for day, value in promise.readings if day <= case.day]
            if max(read, default=0.0) > promise.usage_limit:
                return "usage"
        return ""

    @api.model
    def _prepare_warranty_facts(self, case, promise):
        """Return the plain values that explain the decision, today or years later."""
        start, end = promise.first_day, promise.date_end
        total = (end - promise.date_start).days + 1 if promise.date_start and end else 0
        return {
            "warranty": promise.id,
            "kind": promise.kind,
            "component": self._get_component(promise).name or "",
            "duration": promise.duration,
            "unit": promise.duration_unit,
            "start": start and start.isoformat(),
            "end": end and end.isoformat(),
            "limit": promise.usage_limit,
            "usage_unit": promise.usage_unit,
            "bearer": self._get_bearer(promise).name or case.charge.company_id.name,
            "reported": case.day and case.day.isoformat(),
            "elapsed": (case.day - start).days + 1 if case.day and start else 0,
            "total": total,
            "waits": not promise.date_start,
        }
