"""What a metric's reading means: its change, target, attainment, and the zone it stands in, since when.

A zone follows the readings' own instants: from the last mark it is walked through every tick at which an attainment
moved, so imported history and late facts give the zone, and its `zone_since`, that timely facts would have given.
Of the midnights of a `days_since`, and of the events that leave a window, only those are walked at which it crosses a
bound.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from engine.calendar import WHEREABOUTS
from engine.known import Mark
from engine.leaving import leaving
from engine.logic import Expression
from engine.measures import DaysSince, Metric, Tally
from engine.midnights import midnights
from engine.readings import newest, number, share, way_of
from engine.reliance import reliance
from engine.ticks import NEVER, Ticks, instant
from engine.values import UNKNOWN, Value
from engine.zones import NOWHERE, Standing, due, step

if TYPE_CHECKING:
    from engine.view import Reading, View

_NO_READING: Final[tuple[Value, Ticks]] = (UNKNOWN, NEVER)


def part(view: View, metric: Metric, which: str) -> Reading:
    """One of value, previous, change, target, attainment, zone, zone_since, at."""
    reckon = _PARTS.get(which)
    return _NO_READING if reckon is None else reckon(view, metric)


def standings(view: View, names: Iterable[str]) -> dict[str, Standing]:
    """Where these metrics stand at the view's tick, with what is needed to go on from there.

    All are walked in one order of time, so that what one of them reads is still at hand for the next.
    """
    metrics = view.vocabulary.metrics
    found: dict[str, Standing] = {}
    ahead: list[tuple[Ticks, str]] = []
    for name in names:
        mark = _start(view, metrics[name])
        found[name] = mark.standing
        ahead.append((_next(view.then(mark.at), metrics[name], mark.standing), name))
    heapify(ahead)
    while ahead and ahead[0][0] <= view.at:
        at, name = heappop(ahead)
        point = view.then(at)
        found[name] = step(metrics[name].zones, found[name], _attained_at(point, name), at, point.ends)
        heappush(ahead, (_next(point, metrics[name], found[name]), name))
    view.memory.standings.update({name: (found[name], view.at, until) for until, name in ahead})
    return found


def _value(view: View, metric: Metric) -> Reading:
    return way_of(view, metric).value(view, metric)


def _previous(view: View, metric: Metric) -> Reading:
    return way_of(view, metric).previous(view, metric)


def _at(view: View, metric: Metric) -> Reading:
    at, until = newest(view, metric)
    return UNKNOWN if at is None else instant(at), until


def _zone(view: View, metric: Metric) -> Reading:
    now, until = _standing(view, metric)
    return now.zone or UNKNOWN, until


def _zone_since(view: View, metric: Metric) -> Reading:
    now, until = _standing(view, metric)
    return UNKNOWN if now.since is None else instant(now.since), until


def _standing(view: View, metric: Metric) -> tuple[Standing, Ticks]:
    if metric.target is None:
        return NOWHERE, NEVER
    kept = view.memory.standings.get(metric.name)
    if kept is None or not kept[1] <= view.at < kept[2]:
        _walk(view, metric)
        kept = view.memory.standings[metric.name]
    return kept[0], kept[2]


def _walk(view: View, metric: Metric) -> None:
    """All zones at once; but one that a formula reads while the others are walked, by itself."""
    memory = view.memory
    if memory.walking:
        standings(view, [metric.name])
        return
    memory.walking = True
    try:
        standings(view, reliance(view.vocabulary).zoned)
    finally:
        memory.walking = False


def _start(view: View, metric: Metric) -> Mark:
    """The newest standing that the view may go on from; else the account's first data: before it nothing is known."""
    account = view.account
    for marks in (account.marks, account.bases):
        mark = marks.get(metric.name)
        if mark is not None and mark.at <= view.at:
            return mark
    at = view.at if account.first is None else min(account.first, view.at)
    then = view.then(at)
    return Mark(at, step(metric.zones, NOWHERE, _attained_at(then, metric.name), at, then.ends))


def _next(point: View, metric: Metric, now: Standing) -> Ticks:
    until = point.reading(f"metrics.{metric.name}.attainment")[1]
    end = due(metric.zones, now, point.ends)
    if end is not None:
        until = min(until, *(point.moves(dwell) for dwell in metric.zones.dwells))
    if metric.name not in point.account.readings:
        match metric.measure:
            case DaysSince():
                until = max(until, _crossing(point, metric, now, until))
            case Tally(over=over) if over is not None:
                until = max(until, _emptied(point, metric, metric.measure, now, until))
    return until if end is None else min(until, end)


def _crossing(point: View, metric: Metric, now: Standing, until: Ticks) -> Ticks:
    """The midnight at which days since the last event, with nothing new, come to be of another zone.

    What is reached goes one way from the first day on, so the midnight is looked up and not walked to. `until` is the
    answer before any event.
    """
    path = f"metrics.{metric.name}.target"
    ahead, target = midnights(point, metric, (*WHEREABOUTS, path)), point.value(path)
    if ahead is None:
        return until

    def crossed(days: int) -> bool:
        attained = number(share(metric, ahead.days + days, target))
        return step(metric.zones, now, attained, point.at, point.ends) != now

    return ahead.first(crossed)


def _emptied(point: View, metric: Metric, tally: Tally, now: Standing, until: Ticks) -> Ticks:
    """The tick at which so many of a window's events have left it, and none has come, that it is of another zone."""
    going = leaving(point, metric, tally, "attainment")
    if going is None or _attained_at(point, metric.name) is None:
        return until

    def crossed(left: int) -> bool:
        return step(metric.zones, now, number(going.value(left)), point.at, point.ends) != now

    ahead = range(going.first + 1, going.last + 1)
    found = bisect_left(ahead, True, key=crossed) if ahead and crossed(ahead[-1]) else len(ahead)
    looks = (*(one for one in going.apart if crossed(one)), *ahead[found : found + 1])
    return min((going.limit, *(going.tick(one) for one in looks)))


def _attained_at(point: View, name: str) -> Decimal | int | None:
    return number(point.reading(f"metrics.{name}.attainment")[0])


def _change(view: View, metric: Metric) -> Reading:
    value, holds = view.reading(f"metrics.{metric.name}.value")
    previous, held = view.reading(f"metrics.{metric.name}.previous")
    new, old = number(value), number(previous)
    return UNKNOWN if new is None or not old else (Decimal(new) - old) / old, min(holds, held)


def _target(view: View, metric: Metric) -> Reading:
    if metric.target is None:
        return _NO_READING
    group, until = view.reading(f"account.{metric.target.by}") if metric.target.by else ("", NEVER)
    target = metric.target.values.get(group) if isinstance(group, str) else None
    if isinstance(target, Expression):
        wanted = number(view.over(target))
        until = min(until, view.until(target.reads), view.turn(target))
        return UNKNOWN if wanted is None else wanted, until
    return UNKNOWN if target is None else target, until


def _attainment(view: View, metric: Metric) -> Reading:
    """A window that began before the first data is low for want of time: no sign of trouble where higher is better."""
    tally, first = metric.measure, view.account.first
    windowed = isinstance(tally, Tally) and metric.better == "higher" and metric.name not in view.account.readings
    if isinstance(tally, Tally) and tally.over is not None and windowed:
        window, moves = view.window(tally.over)
        covered = NEVER if first is None else window.covered(first)
        if covered > view.at:
            return UNKNOWN, min(covered, moves)
    return _attained(view, metric, "value")


def _attained_before(view: View, metric: Metric) -> Reading:
    """For the previous of a score; no author can name it."""
    return _attained(view, metric, "previous")


def _attained(view: View, metric: Metric, which: str) -> Reading:
    value, holds = view.reading(f"metrics.{metric.name}.{which}")
    target, stands = view.reading(f"metrics.{metric.name}.target")
    return share(metric, value, target), min(holds, stands)


_PARTS: Final[Mapping[str, Callable[[View, Metric], Reading]]] = {
    "value": _value,
    "previous": _previous,
    "change": _change,
    "target": _target,
    "attainment": _attainment,
    "attained_before": _attained_before,
    "zone": _zone,
    "zone_since": _zone_since,
    "at": _at,
}
