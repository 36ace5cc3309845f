"""The clock on the wall of a zone, as ticks: what windows of days, weeks, months and years are measured on.

It never goes back. An hour that comes twice is passed once: the second time round the clock stands. So what has left
a window does not come back into it, and a reading does not flicker while the clocks are changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from engine.calendar import Calendar
from engine.ticks import DAY, EARLIEST, LATEST, Ticks, instant

_STRETCH: Final = 366 * DAY
# No zone is further from UTC than this, and no clock change is longer.
_MARGIN: Final = 2 * DAY
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Wall:
    """`shows` and `comes` are each other's inverse, as far as a clock that leaps and stands can have one."""

    zone: str

    def shows(self, at: Ticks) -> Ticks:
        """Local date and time as if they were those of UTC."""
        stretch = _stretch(self.zone, at // _STRETCH)
        i = bisect_right(stretch.begins, at) - 1
        return max(at + stretch.ahead[i], stretch.least[i])

    def comes(self, local: Ticks) -> Ticks:
        """The first tick at which the clock shows that, or more where it leaps over it."""
        stretch = _stretch(self.zone, local // _STRETCH)
        i = bisect_left(stretch.most, local)
        return max(local - stretch.ahead[i], stretch.begins[i])


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Between two changes the clock is `ahead` of UTC; of each such time where it `begins`, and what the clock shows at
    the `least` and at the `most`, as it never goes back.
    """

    begins: tuple[Ticks, ...]
    ahead: tuple[Ticks, ...]
    least: tuple[Ticks, ...]
    most: tuple[Ticks, ...]


@cache
def wall(zone: str) -> Wall:
    return Wall(zone)


@lru_cache(maxsize=4096)
def _stretch(zone: str, number: int) -> _Stretch:
    calendar = Calendar(zone)
    start, end = number * _STRETCH - _MARGIN, (number + 1) * _STRETCH + _MARGIN
    begins = [start]
    ahead = [_ahead(calendar, start)]
    for a, b in pairwise(range(start, end + 1, DAY)):
        if (then := _ahead(calendar, b)) != ahead[-1]:
            begins.append(_change(calendar, a, b))
            ahead.append(then)
    least, most, shown = [], [], start + ahead[0]
    for until, by in zip([*begins[1:], end + DAY], ahead, strict=True):
        least.append(shown)
        shown = max(shown, until - 1 + by)
        most.append(shown)
    return _Stretch(tuple(begins), tuple(ahead), tuple(least), tuple(most))


def _change(calendar: Calendar, a: Ticks, b: Ticks) -> Ticks:
    """The first tick, a whole second, at which the clock is as far ahead as at `b`."""
    then = _ahead(calendar, b)
    seconds = range(a // _SECOND, b // _SECOND + 1)
    return seconds[bisect_left(seconds, True, key=lambda at: _ahead(calendar, at * _SECOND) == then)] * _SECOND


def _ahead(calendar: Calendar, at: Ticks) -> Ticks:
    # Further out there is no local time; nothing changes there.
    offset = calendar.local(instant(min(max(at, EARLIEST + _MARGIN), LATEST - _MARGIN))).utcoffset()
    return 0 if offset is None else (offset.days * 86_400 + offset.seconds) * _SECOND + offset.microseconds
