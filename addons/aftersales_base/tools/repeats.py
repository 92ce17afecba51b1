"""What is a repeat: the same fault of the same unit again, soon after it was solved (IN18).

For one case in Python, for many in SQL; both stand here, so that they say the same.
"""

from datetime import timedelta
from typing import NamedTuple

from odoo.tools import SQL


class Case(NamedTuple):
    """A fault that was reported or put right: ids, and moments in UTC; falsy what nobody said."""

    symptom: object
    cause: object
    reported: object
    ended: object


def is_same_fault(one, other):
    """Return whether two cases are about the same fault.

    The same symptom or the same cause makes it the same. While nothing can be compared, because
    nobody said it of one of them, it counts as the same: the customer has trouble again.
    """
    pairs = ((one.symptom, other.symptom), (one.cause, other.cause))
    told = [mine == theirs for mine, theirs in pairs if mine and theirs]
    return any(told) or not told


def is_repeat(again, before, days):
    """Return whether the case ``again`` repeats the case ``before``, which was solved.

    :param int days: so many days after the end of ``before`` at most; 0: nothing repeats
    """
    if not days or not again.reported or not before.ended:
        return False
    passed = again.reported - before.ended
    return timedelta() <= passed <= timedelta(days=days) and is_same_fault(again, before)


def select_repeat(again, before, days):
    """Return the condition in SQL that :func:`is_repeat` is in Python.

    :param Case again: of SQL expressions, as ``before``
    :param SQL days: see :func:`is_repeat`
    """
    return SQL(
        """
        (%(days)s > 0 AND %(reported)s >= %(ended)s
            AND %(reported)s <= %(ended)s + %(days)s * INTERVAL '1 day'
            AND (COALESCE(%(symptom)s, %(cause)s, TRUE) OR COALESCE(%(cause)s, FALSE)))
        """,
        days=days,
        reported=again.reported,
        ended=before.ended,
        symptom=SQL("%s = %s", again.symptom, before.symptom),
        cause=SQL("%s = %s", again.cause, before.cause),
    )
