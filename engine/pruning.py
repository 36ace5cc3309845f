"""Forgetting what no window can reach any more, so that an account stays small however much happens.

Before anything goes, the standing of every zone that hangs on it is fixed at a base late enough that what goes is out
of every window from there on. A fact that comes later than that still counts in every reading; a zone's history before
its base is no longer mended by it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from engine.measures import DaysSince, Metric, Occurrence, Tally
from engine.readings import number
from engine.series import Series
from engine.ticks import DAY, Ticks
from engine.values import total
from engine.windows import Window, window

FEW: Final = 32  # where only the last ones count
MANY: Final = 96  # of posted readings: a quarter of daily ones
# So far from each other may windows of one length begin that are of different zones: a day, and the ends of two months.
_APART: Final = 7 * DAY


class Cut(NamedTuple):
    """The first `drop` entries go; from `base` on, nothing that they could still say is asked for."""

    drop: int
    base: Ticks


def cut(metric: Metric, series: Series, now: Ticks) -> Cut | None:
    match metric.measure:
        case Tally(over=None, how=how):
            return None if how == "distinct" else _all_but(series, FEW, seen=0)
        case Tally(over=over) if over is not None:
            return _out_of_reach(series, window(over, "UTC"), now)
        case DaysSince() | Occurrence():
            return _all_but(series, FEW, seen=1)
        case _:
            return cut_readings(series)


def cut_readings(series: Series) -> Cut | None:
    return _all_but(series, MANY, seen=2)


def is_ever(metric: Metric) -> bool:
    return isinstance(metric.measure, Tally) and metric.measure.over is None


def cut_field(series: Series, *, relied_on: bool) -> Cut | None:
    return _all_but(series, MANY if relied_on else FEW, seen=1)


def condensed(series: Series) -> Series:
    """Without the facts that only said again what the ones before and after them say."""
    if len(series) <= FEW:
        return series
    values, last = series.values, len(series) - 1
    keep = [i for i in range(len(series)) if i in {0, last} or not values[i - 1] == values[i] == values[i + 1]]
    return Series(tuple(series.at[i] for i in keep), tuple(values[i] for i in keep))


def carried(series: Series, drop: int, before: tuple[int, Decimal]) -> tuple[int, Decimal]:
    """Count and sum of an `over: ever`, with what goes now."""
    gone = (value for value in map(number, series.values[:drop]) if value is not None)
    return before[0] + drop, Decimal(total([before[1], *gone]))


def _out_of_reach(series: Series, own: Window, now: Ticks) -> Cut | None:
    """A window's length is kept beyond the two that are read: so late may a fact be and still mend the zone."""
    reach, apart = own.twice, _APART if own.wall else 0
    drop = series.index(reach.start(own.start(now)) - apart)
    if drop < max(FEW, len(series) // 4):
        return None
    return Cut(drop, reach.leaves(series.at[drop - 1]) + apart)


def _all_but(series: Series, most: int, *, seen: int) -> Cut | None:
    """`seen`: how many of those that stay must lie before the base for it to be told what was before."""
    if len(series) <= most:
        return None
    drop = len(series) - 2 * most // 3
    return Cut(drop, series.at[drop + seen - 1])
