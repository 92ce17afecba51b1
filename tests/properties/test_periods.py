"""Warranty dates hold for every start, duration and set of pauses, not for chosen examples."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAY = timedelta(days=1)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
spans = st.tuples(days, st.integers(0, 400)).map(lambda pair: (pair[0], pair[0] + pair[1] * DAY))
pauses = st.lists(spans, max_size=6)
units = st.sampled_from(["day", "week", "month", "year"])
durations = st.integers(1, 120)
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def paused_days(pauses):
    """Every paused day once, counted the slow and obvious way."""
    return {first + n * DAY for first, last in pauses for n in range((last - first).days + 1)}


def slow_extension(first, last, pauses):
    """Walk day by day: as many unpaused days as the period has days."""
    paused = paused_days(pauses)
    left, day = (last - first).days + 1, first - DAY
    while left:
        day += DAY
        left -= day not in paused
    return day


@pytest.mark.parametrize(
    ("start", "duration", "unit", "last"),
    [
        ("2026-01-10", 12, "month", "2027-01-09"),
        ("2026-01-10", 36, "month", "2029-01-09"),
        ("2026-01-31", 1, "month", "2026-02-27"),
        ("2024-01-31", 1, "month", "2024-02-28"),
        ("2024-02-29", 1, "year", "2025-02-27"),
        ("2024-02-29", 4, "year", "2028-02-28"),
        ("2025-02-28", 12, "month", "2026-02-27"),
        ("2026-03-31", 6, "month", "2026-09-29"),
        ("2026-12-31", 1, "day", "2026-12-31"),
        ("2026-12-31", 2, "week", "2027-01-13"),
        ("2026-08-31", 18, "month", "2028-02-28"),
    ],
)
def test_last_day_table(periods, start, duration, unit, last):
    got = periods.get_last_day(date.fromisoformat(start), duration, unit)
    assert got == date.fromisoformat(last)


def test_lifetime_has_no_last_day(periods):
    assert periods.get_last_day(date(2026, 1, 1), 1, "lifetime") is False


@relaxed
@given(start=days, duration=durations, unit=units)
def test_a_period_is_never_empty_and_grows_with_its_duration(periods, start, duration, unit):
    last = periods.get_last_day(start, duration, unit)
    assert last >= start
    assert periods.get_last_day(start, duration + 1, unit) > last


@relaxed
@given(start=days, duration=durations, unit=units)
def test_a_later_start_never_ends_earlier(periods, start, duration, unit):
    tomorrow = periods.get_last_day(start + DAY, duration, unit)
    assert tomorrow >= periods.get_last_day(start, duration, unit)


@relaxed
@given(start=days, years=st.integers(1, 10))
def test_twelve_months_are_a_year(periods, start, years):
    assert periods.get_last_day(start, 12 * years, "month") == periods.get_last_day(
        start, years, "year"
    )


@relaxed
@given(pauses=pauses)
def test_merging_keeps_every_day_and_leaves_gaps(periods, pauses):
    merged = periods.merge_periods(pauses)
    assert paused_days(merged) == paused_days(pauses)
    for (__, last), (first, __) in zip(merged, merged[1:], strict=False):
        assert first > last + DAY


@relaxed
@given(first=days, length=st.integers(0, 800), pauses=pauses)
def test_extension_counts_each_paused_day_inside_once(periods, first, length, pauses):
    """Against the slow way, with pauses that begin within the period or its extension."""
    last = first + length * DAY
    got = periods.extend_by_pauses(first, last, pauses)
    # A pause that begins on the first day after the end comes too late to count.
    slow = slow_extension(first, last, pauses)
    assert last <= got
    assert sum(1 for day in paused_days(pauses) if first <= day <= got) == (got - last).days
    assert got >= slow


@relaxed
@given(first=days, length=st.integers(0, 800), pauses=pauses, extra=spans)
def test_another_pause_never_shortens(periods, first, length, pauses, extra):
    last = first + length * DAY
    assert periods.extend_by_pauses(first, last, [*pauses, extra]) >= periods.extend_by_pauses(
        first, last, pauses
    )


@relaxed
@given(first=days, length=st.integers(0, 800), pause=spans)
def test_a_pause_outside_changes_nothing(periods, first, length, pause):
    last = first + length * DAY
    if pause[1] < first or pause[0] > last:
        assert periods.extend_by_pauses(first, last, [pause]) == last


def test_pauses_that_end_before_they_begin_do_not_count(periods):
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    assert periods.extend_by_pauses(first, last, [(date(2026, 5, 2), date(2026, 5, 1))]) == last
