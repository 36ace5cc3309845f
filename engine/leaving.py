"""How the readings of a window go with nothing new: its events leave it one by one, which moves them one way."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from engine.measures import Metric, Tally
from engine.readings import number, series_of, share, tallied
from engine.ticks import Ticks
from engine.values import Value

if TYPE_CHECKING:
    from engine.view import View


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


def leaving(view: View, metric: Metric, tally: Tally, part: str) -> Steady | None:
    """The events of a window leave it one by one, and none comes."""
    series, of = series_of(view, metric), measured(view, metric, part)
    window, moves = view.window(tally.over)  # type: ignore[arg-type]  # one over ever has no window
    i, j = series.index(window.start(view.at)), series.until(view.at)
    if tally.how == "average" or (tally.how == "sum" and any(_below_zero(one) for one in series.values[i:j])):
        return None
    if tally.how == "sum" and metric.better == "lower" and part == "attainment":
        return None
    # Where lower is better, nothing at all is 100 %, however much one may be.
    stray = metric.better == "lower" and part == "attainment" and i < j
    limit = min(series.next(j), moves, view.until(target(metric, part)))
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


def target(metric: Metric, part: str) -> tuple[str, ...]:
    return (f"metrics.{metric.name}.target",) if part == "attainment" else ()


def measured(view: View, metric: Metric, part: str) -> Callable[[Value], Value]:
    """From what is counted to what is read."""
    if part == "value":
        return lambda value: value
    target = view.value(f"metrics.{metric.name}.target")
    return lambda value: share(metric, value, target)
