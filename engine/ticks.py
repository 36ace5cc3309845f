"""Instants as whole microseconds since 1970, and the spans of windows: elapsed time, the same for every account.

A window is compared between accounts and must never let an event in twice, so its days have 24 hours and its months
are those of UTC; local days are for durations that a person waits for (engine/calendar.py).
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.quantities import Duration

Ticks = int

NEVER: Final[Ticks] = 1 << 62

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY: Final = 86_400_000_000
_LENGTHS: Final = {"day": _DAY, "week": 7 * _DAY}
_EARLIEST: Final = -62_135_596_800_000_000  # the year 1
_LATEST: Final = 253_402_300_799_999_999  # the year 9999


def ticks(instant: dt.datetime) -> Ticks:
    since = instant - _EPOCH
    return since.days * _DAY + since.seconds * 1_000_000 + since.microseconds


def instant(at: Ticks) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=min(max(at, _EARLIEST), _LATEST))


@dataclass(frozen=True, slots=True)
class Span:
    """The length of a window: so many ticks, or so many months. Both ends of the window belong to it."""

    length: Ticks
    months: int = 0

    def start(self, end: Ticks) -> Ticks:
        """The first tick of the window that ends with `end`."""
        return _months_back(end, self.months) if self.months else end - self.length

    def leaves(self, at: Ticks) -> Ticks:
        """The first tick at which what happened at `at` is no longer in the window."""
        return _months_on(at, self.months) if self.months else at + self.length + 1

    def ends(self, at: Ticks) -> Ticks:
        """The tick at which the span is over that began at `at`."""
        return self.leaves(at) - 1

    @property
    def twice(self) -> Span:
        return Span(2 * self.length, 2 * self.months)


@lru_cache(maxsize=1024)
def span(duration: Duration) -> Span:
    """Raises ValueError for business days, which no window has."""
    if duration.is_clock:
        return Span(duration.clock // dt.timedelta(microseconds=1))
    if duration.unit in _LENGTHS:
        return Span(duration.whole * _LENGTHS[duration.unit])
    if duration.unit == "business day":
        raise ValueError(f"'{duration}' cannot be the length of a window; say days")
    return Span(0, duration.whole * (12 if duration.unit == "year" else 1))


def _months_back(end: Ticks, months: int) -> Ticks:
    day, time = divmod(end, _DAY)
    date = _date(day)
    year, month = _moved(date, -months)
    if year < 1:
        return _EARLIEST
    if date.day <= monthrange(year, month)[1]:
        return _tick(dt.date(year, month, date.day)) + time
    # "A month that lacks the day ends on its last": all of it lies before the window.
    return _tick(dt.date(year, month, monthrange(year, month)[1])) + _DAY


def _months_on(at: Ticks, months: int) -> Ticks:
    day, time = divmod(at, _DAY)
    date = _date(day)
    year, month = _moved(date, months)
    if year > dt.MAXYEAR:
        return _LATEST
    if date.day <= monthrange(year, month)[1]:
        return _tick(dt.date(year, month, date.day)) + time + 1
    return _tick(dt.date(year, month, monthrange(year, month)[1])) + _DAY


def _moved(date: dt.date, months: int) -> tuple[int, int]:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return year, month + 1


def _date(day: int) -> dt.date:
    return dt.date.fromordinal(min(max(day + 719_163, 1), dt.date.max.toordinal()))


def _tick(date: dt.date) -> Ticks:
    return (date.toordinal() - 719_163) * _DAY
