"""The windows that metrics look back through: clock time up to hours, from days on calendar time of the account's zone.

A window of days, weeks, months or years begins when the clock on the wall showed the same so long ago: over a clock
change a day has 23 or 25 hours. Both ends belong to it. Its beginning never goes back: on the last days of a month,
when the one before lacks the day, it begins after that one's last.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.quantities import Duration
from engine.ticks import DAY, EARLIEST, LATEST, Ticks
from engine.wall import Wall, wall

_LENGTHS: Final = {"day": DAY, "week": 7 * DAY}
_MONTHS: Final = {"month": 1, "year": 12}
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Window:
    """So many ticks, or so many months; by the clock on a wall, or (None) elapsed."""

    length: Ticks
    months: int = 0
    wall: Wall | None = None

    def start(self, end: Ticks) -> Ticks:
        """The first tick of the window that ends with `end`."""
        if self.wall is None:
            return end - self.length
        shown = self.wall.shows(end)
        return self.wall.comes(_months_back(shown, self.months) if self.months else shown - self.length)

    def leaves(self, at: Ticks) -> Ticks:
        """The first tick at which what happened at `at` is no longer in the window."""
        if self.wall is None:
            return at + self.length + 1
        shown = self.wall.shows(at)
        return self.wall.comes(_months_on(shown, self.months) if self.months else shown + self.length + 1)

    def covered(self, first: Ticks) -> Ticks:
        """The first tick at which the whole window lies at or after `first`."""
        return self.leaves(first - 1)

    @property
    def twice(self) -> Window:
        return Window(2 * self.length, 2 * self.months, self.wall)


@lru_cache(maxsize=4096)
def window(duration: Duration, zone: str) -> Window:
    """Raises ValueError for business days, which no window has."""
    if duration.is_clock:
        return Window(duration.clock // dt.timedelta(microseconds=1))
    if duration.unit in _LENGTHS:
        return Window(duration.whole * _LENGTHS[duration.unit], 0, wall(zone))
    if duration.unit in _MONTHS:
        return Window(0, duration.whole * _MONTHS[duration.unit], wall(zone))
    raise ValueError(f"'{duration}' cannot be the length of a window; say days")


def _months_back(end: Ticks, months: int) -> Ticks:
    day, time = divmod(end, DAY)
    date = _date(day)
    year, month = _moved(date, -months)
    if year < dt.MINYEAR:
        return EARLIEST - 2 * DAY
    last = monthrange(year, month)[1]
    if date.day <= last:
        return _tick(dt.date(year, month, date.day)) + time
    # All of the month lies before the window.
    return _tick(dt.date(year, month, last)) + DAY


def _months_on(at: Ticks, months: int) -> Ticks:
    """The first tick of which `_months_back` lies behind `at`."""
    day, time = divmod(at, DAY)
    date = _date(day)
    year, month = _moved(date, months)
    if year > dt.MAXYEAR:
        return LATEST + 2 * DAY
    last = monthrange(year, month)[1]
    if date.day <= last:
        return _tick(dt.date(year, month, date.day)) + time + 1
    return _tick(dt.date(year, month, last)) + DAY


def _moved(date: dt.date, months: int) -> tuple[int, int]:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return year, month + 1


def _date(day: int) -> dt.date:
    return dt.date.fromordinal(min(max(day + _EPOCH, 1), dt.date.max.toordinal()))


def _tick(date: dt.date) -> Ticks:
    return (date.toordinal() - _EPOCH) * DAY
