"""The local midnights ahead of an account, at which the days since its last event go up by one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine.calendar import Calendar
from engine.measures import Metric
from engine.readings import series_of
from engine.ticks import Ticks, instant, ticks

if TYPE_CHECKING:
    from engine.view import View


@dataclass(frozen=True, slots=True)
class Midnights:
    """`days` have gone by today; what is counted goes on so until the tick `limit`."""

    days: int
    today: date
    calendar: Calendar
    limit: Ticks

    @property
    def last(self) -> int:
        """How many there are before the limit."""
        return (self.calendar.date_of(instant(self.limit)) - self.today).days

    def tick(self, ahead: int) -> Ticks:
        return ticks(self.calendar.midnight(self.today + timedelta(ahead)))

    def first(self, moved: Callable[[int], bool]) -> Ticks:
        """The first for which it holds, else the limit. From a day after the event on it must stay once it holds; the
        day of the event itself may stand apart.
        """
        if self.last and moved(1):
            return self.tick(1)
        ahead = range(2, self.last + 1)
        found = bisect_left(ahead, True, key=moved)
        return self.limit if found == len(ahead) else self.tick(ahead[found])


def midnights(view: View, metric: Metric, reads: Iterable[str]) -> Midnights | None:
    """None before any event. Nothing goes on so beyond the tick at which one of `reads` may read otherwise."""
    series, calendar = series_of(view, metric), view.calendar
    i = series.until(view.at)
    if not i:
        return None
    today = calendar.date_of(instant(view.at))
    days = (today - calendar.date_of(instant(series.at[i - 1]))).days
    return Midnights(days, today, calendar, min(series.next(i), view.until(reads)))
