"""When a reading that time moves one way comes to stand otherwise to the numbers that it is held against.

Days go up from midnight to midnight, the events of a window only leave it. So of all the ticks at which such a reading
moves only those are looked at where it reaches one of the numbers or goes beyond; they are looked up by halving.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.calendar import WHEREABOUTS
from engine.measures import DaysSince, Metric, Tally
from engine.metrics import share
from engine.midnights import midnights
from engine.readings import number, series_of, tallied
from engine.ticks import Ticks
from engine.values import Value

if TYPE_CHECKING:
    from engine.view import View

Holds = Callable[[Value], object]
_PARTS: Final = frozenset({"value", "attainment"})


class Steady(NamedTuple):
    """What a reading comes to, step by step with nothing new: `value(0)` is now, step n comes at `tick(n)`. From the
    step `first` to `last` it goes one way; `apart` are steps that stand beside it. All of it ends at `limit`.
    """

    value: Callable[[int], Value]
    tick: Callable[[int], Ticks]
    first: int
    last: int
    apart: tuple[int, ...]
    limit: Ticks

    def looks(self, marks: Sequence[Fraction]) -> Iterator[int]:
        """The steps at which it reaches a mark or goes beyond."""
        yield from self.apart
        ahead = range(self.first + 1, self.last + 1)
        for mark in marks:
            for strictly in (False, True):
                before = self._above(self.first, mark, strictly=strictly)
                found = bisect_left(ahead, True, key=lambda n: self._above(n, mark, strictly=strictly) is not before)
                if found < len(ahead):
                    yield ahead[found]

    def _above(self, step: int, mark: Fraction, *, strictly: bool) -> bool:
        value = number(self.value(step))
        return value is not None and (value > mark if strictly else value >= mark)


def passes(view: View, path: str, marks: Sequence[Fraction], holds: Holds) -> Ticks:
    """The next tick at which `holds` of the reading may come out otherwise, which it only does where the reading
    reaches one of `marks` or goes beyond.
    """
    value, until = view.reading(path)
    steady = None if number(value) is None else _steady(view, path)
    if steady is None:
        return until
    before = holds(value)
    for at in sorted({steady.tick(step) for step in steady.looks(marks)}):
        if at < steady.limit and holds(view.then(at).value(path)) is not before:
            return at
    return steady.limit


def _steady(view: View, path: str) -> Steady | None:
    """None where nothing is known of the way it goes."""
    room, _, rest = path.partition(".")
    name, _, part = rest.partition(".")
    metric = view.vocabulary.metrics.get(name)
    if room != "metrics" or part not in _PARTS or metric is None or name in view.account.readings:
        return None
    match metric.measure:
        case DaysSince():
            return _days(view, metric, part)
        case Tally(over=over) if over is not None:
            return _leaving(view, metric, metric.measure, part)
        case _:
            return None


def _days(view: View, metric: Metric, part: str) -> Steady | None:
    reads = (*WHEREABOUTS, *_target(metric, part))
    ahead, of = midnights(view, metric, reads), _measured(view, metric, part)
    if ahead is None:
        return None
    fresh = ahead.days == 0  # of which all is attained where lower is better
    return Steady(lambda n: of(ahead.days + n), ahead.tick, int(fresh), ahead.last, (1,) * fresh, ahead.limit)


def _leaving(view: View, metric: Metric, tally: Tally, part: str) -> Steady | None:
    """The events of a window leave it one by one, and none comes."""
    series, of = series_of(view, metric), _measured(view, metric, part)
    window, moves = view.window(tally.over)  # type: ignore[arg-type]  # one over ever has no window
    i, j = series.index(window.start(view.at)), series.until(view.at)
    if tally.how == "average" or (tally.how == "sum" and any(_below_zero(one) for one in series.values[i:j])):
        return None
    if tally.how == "sum" and metric.better == "lower" and part == "attainment":
        return None
    # Where lower is better, nothing at all is 100 %, however much one may be.
    stray = metric.better == "lower" and part == "attainment" and i < j
    limit = min(series.next(j), moves, view.until(_target(metric, part)))
    return Steady(
        value=lambda n: of(tallied(tally, series, i + n, j)),
        tick=lambda n: window.leaves(series.at[i + n - 1]),
        first=0,
        last=j - i - stray,
        apart=(j - i,) * stray,
        limit=limit,
    )


def _below_zero(value: Value) -> bool:
    found = number(value)
    return found is not None and found < 0


def _target(metric: Metric, part: str) -> tuple[str, ...]:
    return (f"metrics.{metric.name}.target",) if part == "attainment" else ()


def _measured(view: View, metric: Metric, part: str) -> Callable[[Value], Value]:
    """From what is counted to what is read."""
    if part == "value":
        return lambda value: value
    target = view.value(f"metrics.{metric.name}.target")
    return lambda value: share(metric, value, target)
