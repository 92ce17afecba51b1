"""Promises that go over, pause and end: whatever happens to a unit, in whatever order."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAY = timedelta(days=1)
days = st.dates(date(1996, 1, 1), date(2060, 12, 31))
spans = st.tuples(days, st.integers(0, 90)).map(lambda pair: (pair[0], pair[0] + pair[1] * DAY))
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
month_ends = st.builds(
    lambda year, month: date(year, month, 1) + relativedelta(months=1) - DAY,
    st.integers(1996, 2060),
    st.integers(1, 12),
)


@st.composite
def repairs(draw):
    """A period, and pauses near it: before, across its ends, inside, joined, after it."""
    first = draw(days)
    last = first + draw(st.integers(0, 1200)) * DAY
    near = st.integers(-200, 1600).map(lambda offset: first + offset * DAY)
    spans = st.tuples(near, st.integers(0, 60)).map(lambda s: (s[0], s[0] + s[1] * DAY))
    return first, last, draw(st.lists(spans, max_size=6)), draw(st.randoms())


@relaxed
@given(case=repairs())
def test_the_order_of_entry_does_not_matter(periods, case):
    first, last, pauses, random = case
    mixed = list(pauses)
    random.shuffle(mixed)
    assert periods.extend_by_pauses(first, last, mixed) == periods.extend_by_pauses(
        first, last, pauses
    )


@relaxed
@given(case=repairs())
def test_cutting_a_pause_in_two_adjacent_ones_changes_nothing(periods, case):
    first, last, pauses, __ = case
    cut = [
        part
        for start, end in pauses
        for part in ([(start, start), (start + DAY, end)] if end > start else [(start, end)])
    ]
    assert periods.extend_by_pauses(first, last, cut) == periods.extend_by_pauses(
        first, last, pauses
    )


@relaxed
@given(case=repairs())
def test_what_is_added_is_the_union_of_paused_days(periods, case):
    first, last, pauses, __ = case
    end = periods.extend_by_pauses(first, last, pauses)
    paused = {s + n * DAY for s, e in pauses for n in range((e - s).days + 1)}
    inside = {day for day in paused if first <= day <= end}
    assert (end - last).days == len(inside)


@relaxed
@given(case=repairs(), twice=st.integers(0, 5))
def test_a_pause_entered_twice_counts_once(periods, case, twice):
    first, last, pauses, __ = case
    assert periods.extend_by_pauses(
        first, last, pauses + pauses[: twice + 1]
    ) == periods.extend_by_pauses(first, last, pauses)


@relaxed
@given(start=days | month_ends, months=st.integers(1, 120))
def test_the_last_day_is_the_day_before_the_same_day(periods, start, months):
    """As many months later it is over; a day that month does not have is its last one."""
    last = periods.get_last_day(start, months, "month")
    again = start + relativedelta(months=months)
    assert last + DAY == again
    assert again.day == start.day or (again + DAY).month != again.month
    assert last < again <= last + DAY


@relaxed
@given(year=st.integers(1996, 2060).filter(lambda year: not year % 4), years=st.integers(1, 12))
def test_what_begins_on_the_29th_of_february_ends_in_february(periods, year, years):
    last = periods.get_last_day(date(year, 2, 29), years, "year")
    assert (last.month, last.year) == (2, year + years)
    assert last.day == (28 if (year + years) % 4 == 0 else 27)


@relaxed
@given(start=days, months=st.integers(1, 60), pauses=st.lists(spans, max_size=4))
def test_an_extension_begins_the_day_after_and_leaves_no_gap(periods, start, months, pauses):
    """Extended after its pauses are counted, not one day is covered twice or not at all."""
    end = periods.extend_by_pauses(start, periods.get_last_day(start, months, "month"), pauses)
    extended = periods.get_last_day(end + DAY, 12, "month")
    assert extended > end
    assert (extended - end).days in (365, 366)


@relaxed
@given(start=days, months=st.integers(1, 60), exchanges=st.lists(st.integers(0, 400), max_size=6))
def test_the_rest_never_grows_in_a_chain_of_exchanges(periods, start, months, exchanges):
    end = periods.get_last_day(start, months, "month")
    day, rest = start, end
    for gap in exchanges:
        day += gap * DAY
        if day > rest:
            break
        left = periods.get_rest_days(day, rest)
        assert 0 < left <= (rest - day).days + 1
        rest = periods.get_last_day(day, left, "day")
        assert rest == end


@relaxed
@given(
    start=days,
    months=st.integers(1, 60),
    minimum=st.integers(0, 400),
    exchanges=st.lists(st.integers(0, 400), min_size=1, max_size=6),
)
def test_the_minimum_holds_in_a_chain_of_exchanges(periods, start, months, minimum, exchanges):
    day, rest = start, periods.get_last_day(start, months, "month")
    for gap in exchanges:
        day += gap * DAY
        if day > rest:
            break
        left = periods.get_rest_days(day, rest, minimum)
        assert left == max((rest - day).days + 1, minimum)
        ends = periods.get_last_day(day, left, "day")
        assert ends >= rest
        assert ends == rest or (ends - day).days + 1 == minimum
        rest = ends
