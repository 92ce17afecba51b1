"""Arithmetic of covered days: first and last day of a period are both covered."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta


def get_last_day(start, duration, unit):
    """Return the last covered day of a period that starts on ``start``.

    A period of 12 months from 10 January ends on 9 January: both days are covered.

    :param date start: first covered day
    :param int duration: number of ``unit``
    :param str unit: ``day``, ``week``, ``month``, ``year`` or ``lifetime``
    :return: a day, or ``False`` for a lifetime
    """
    if unit == "lifetime":
        return False
    return start + relativedelta(**{f"{unit}s": duration}) - relativedelta(days=1)


def merge_periods(periods):
    """Return the periods in order, those that overlap or adjoin joined.

    :param periods: pairs of first and last day; one that ends before it starts is dropped
    """
    merged = []
    for first, last in sorted(periods):
        if last < first:
            continue
        if merged and first <= merged[-1][1] + timedelta(days=1):
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def extend_by_pauses(first, last, pauses):
    """Return the last day of a period that does not count the paused days (WA2).

    Pauses before the period, and after its extended end, change nothing; days paused twice
    count once.

    :param date first: first covered day
    :param date last: last covered day without pauses
    :param pauses: pairs of first and last paused day
    """
    for start, end in merge_periods(pauses):
        start = max(start, first)
        if start > last:
            break
        if end >= start:
            last += timedelta(days=min((end - start).days + 1, (date.max - last).days))
    return last


def get_rest_days(first, last, minimum=0):
    """Return how many days a promise goes on for that is taken over on ``first``.

    :param date first: first day of the rest, not after ``last``
    :param date last: last covered day until now
    :param int minimum: the rest is at least so many days
    """
    return max((last - first).days + 1, minimum)
