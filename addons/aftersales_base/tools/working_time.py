"""Arithmetic of working time: when so many hours are used up, and how many were used.

Everything is a naive UTC datetime and whole seconds. A clock is not a counter that is added to:
it is worked out anew from its start, its pauses and its end, so that nothing counts twice.
"""

from datetime import datetime, timedelta

from pytz import utc

EPOCH = datetime(2000, 1, 1)
STRETCH = timedelta(days=56)
# Six years without an hour of work: the calendar has none.
STRETCHES_AHEAD = 40


class WorkingTime:
    """The working time of a calendar; without a calendar every hour counts.

    The calendar is read in stretches of eight weeks that are kept, so a batch of records asks
    the database a few times, however many they are.
    """

    def __init__(self, calendar=None):
        self.calendar = calendar
        self._stretches = {}

    def seconds_between(self, start, end):
        """Return the seconds of working time from ``start`` to ``end``; 0 when it ends first."""
        if end <= start:
            return 0
        if not self.calendar:
            return round((end - start).total_seconds())
        numbers = range(self._get_number(start), self._get_number(end) + 1)
        return round(
            sum(
                max(0.0, (min(last, end) - max(first, start)).total_seconds())
                for number in numbers
                for first, last in self._get_stretch(number)
            )
        )

    def after(self, start, seconds):
        """Return the moment when ``seconds`` of working time from ``start`` on are over.

        :return: a datetime, or ``None`` when the calendar has no working time to come
        """
        if not self.calendar:
            return start + timedelta(seconds=seconds)
        first_number = self._get_number(start)
        for number in range(first_number, first_number + STRETCHES_AHEAD):
            for first, last in self._get_stretch(number):
                begin = max(first, start)
                length = (last - begin).total_seconds()
                if length <= 0:
                    continue
                if seconds <= length:
                    return (begin + timedelta(seconds=seconds)).replace(microsecond=0)
                seconds -= length
        return None

    def is_working(self, moment):
        """Return whether a moment lies in working time."""
        return self.seconds_between(moment, moment + timedelta(seconds=1)) > 0

    @staticmethod
    def _get_number(moment):
        return (moment - EPOCH) // STRETCH

    def _get_stretch(self, number):
        """Return the working periods of a stretch, in order, those that adjoin joined."""
        if number not in self._stretches:
            start = utc.localize(EPOCH + number * STRETCH)
            intervals = self.calendar._work_intervals_batch(start, start + STRETCH)[False]
            periods = []
            for first, last, __ in intervals:
                first, last = _to_naive_utc(first), _to_naive_utc(last)
                if periods and first <= periods[-1][1]:
                    periods[-1] = (periods[-1][0], max(periods[-1][1], last))
                else:
                    periods.append((first, last))
            self._stretches[number] = periods
        return self._stretches[number]


def _to_naive_utc(moment):
    """Return a naive UTC datetime; Odoo ends a day one microsecond before midnight."""
    moment = moment.astimezone(utc).replace(tzinfo=None)
    return moment + timedelta(microseconds=1) if moment.microsecond == 999999 else moment


def get_running_periods(start, pauses):
    """Yield the periods from ``start`` on that are not paused; the last has no end.

    Pauses before the start count from the start, those that overlap count once. A pause
    without an end stops the clock: there is no last period then.

    :param pauses: pairs of first and last moment, the last ``None`` while it lasts
    """
    begin = start
    for first, last in sorted(pauses, key=lambda pause: pause[0]):
        if first > begin:
            yield begin, first
        if not last:
            return
        begin = max(begin, last)
    yield begin, None


def get_due(working_time, start, seconds, pauses=()):
    """Return when ``seconds`` of working time from ``start`` are used up, pauses not counted.

    :return: a datetime, or ``None`` when the clock stands still before that
    """
    for begin, end in get_running_periods(start, pauses):
        if end is None:
            return working_time.after(begin, seconds)
        worked = working_time.seconds_between(begin, end)
        if worked >= seconds:
            return working_time.after(begin, seconds)
        seconds -= worked
    return None


def get_used(working_time, start, end, pauses=()):
    """Return the seconds of working time used from ``start`` to ``end``, pauses not counted."""
    return sum(
        working_time.seconds_between(begin, min(stop or end, end))
        for begin, stop in get_running_periods(start, pauses)
    )
