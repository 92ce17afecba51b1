"""Which row of the service prices holds for a charge: plain values, no database.

A row names conditions; what it leaves empty holds for everything. A row matches when all it names
is so. Of the rows that match, the first difference in the order of ``CONDITIONS`` decides: a row
for the service item beats one for the product category, and so on. Among categories the nearest
one wins. Rows that name the same go by their order in the list.
"""

from datetime import date
from typing import NamedTuple

# From the strongest to the weakest.
CONDITIONS = (
    "product_id",
    "category_id",
    "repair_level_id",
    "service_type_id",
    "sold_by",
    "customer_level_id",
    "grade",
    "work_time",
)


class PriceRow(NamedTuple):
    """One row of the table; an empty condition is ``False``."""

    id: int
    sequence: int
    kind: str
    product_id: int
    category_id: int
    repair_level_id: int
    service_type_id: int
    sold_by: str
    customer_level_id: int
    grade: str
    work_time: str
    date_from: date
    date_to: date
    price_by: str
    price: float
    percent: float
    currency_id: int


class PriceCase(NamedTuple):
    """What a charge is, as rows are asked about it; what is not known is ``False``."""

    kind: str
    day: date
    product_id: int = False
    category_ids: tuple = ()  # of the unit, from the top down
    repair_level_id: int = False
    service_type_id: int = False
    sold_by: str = False
    customer_level_id: int = False
    grade: str = False
    work_time: str = False


def matches(row, case):
    """Return whether all the row names is so."""
    if row.kind != case.kind:
        return False
    if (row.date_from and case.day < row.date_from) or (row.date_to and case.day > row.date_to):
        return False
    if row.category_id and row.category_id not in case.category_ids:
        return False
    return all(
        not getattr(row, name) or getattr(row, name) == getattr(case, name)
        for name in CONDITIONS
        if name != "category_id"
    )


def get_rank(row, case):
    """Return what rows that match are compared by: the greatest wins."""
    named = [bool(getattr(row, name)) for name in CONDITIONS]
    if row.category_id:
        named[CONDITIONS.index("category_id")] = case.category_ids.index(row.category_id) + 1
    return (*named, -row.sequence, -row.id)


def get_best(rows, case):
    """Return the row that holds, or ``None``."""
    matching = [row for row in rows if matches(row, case)]
    return max(matching, key=lambda row: get_rank(row, case), default=None)
