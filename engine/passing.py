"""When a reading that time moves one way comes to stand otherwise to the numbers that it is held against.

Days go up from midnight to midnight, the events of a window only leave it. So of all the ticks at which such a reading
moves only those are looked at where it reaches one of the numbers or goes beyond; they are looked up by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.calendar import WHEREABOUTS
from engine.leaving import Steady, leaving, measured, target
from engine.measures import DaysSince, Metric, Tally
from engine.midnights import midnights
from engine.readings import number
from engine.ticks import Ticks
from engine.values import Value

if TYPE_CHECKING:
    from engine.view import View

Holds = Callable[[Value], object]
_PARTS: Final = frozenset({"value", "attainment"})


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
            return leaving(view, metric, metric.measure, part)
        case _:
            return None


def _days(view: View, metric: Metric, part: str) -> Steady | None:
    reads = (*WHEREABOUTS, *target(metric, part))
    ahead, of = midnights(view, metric, reads), measured(view, metric, part)
    if ahead is None:
        return None
    fresh = ahead.days == 0  # of which all is attained where lower is better
    return Steady(lambda n: of(ahead.days + n), ahead.tick, int(fresh), ahead.last, (1,) * fresh, ahead.limit)
