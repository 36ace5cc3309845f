"""What a metric's reading means: its change, target, attainment, and the zone it stands in, since when.

A zone follows the readings' own instants: from the last mark it is walked through every tick at which the attainment
moved, so imported history and late facts give the zone, and its `zone_since`, that a timely fact would have given.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.known import Mark
from engine.logic import Expression
from engine.measures import Metric, Tally
from engine.readings import Number, newest, number, way_of
from engine.ticks import Ticks, instant, span, ticks
from engine.values import UNKNOWN, Value
from engine.zones import NOWHERE, Standing, due, step

if TYPE_CHECKING:
    from engine.view import View


def part(view: View, metric: Metric, which: str) -> Value:
    """One of value, previous, change, target, attainment, zone, zone_since, at."""
    match which:
        case "value":
            return way_of(view, metric).value(view, metric)
        case "previous":
            return way_of(view, metric).previous(view, metric)
        case "change":
            return _change(_of(view, metric, "value"), _of(view, metric, "previous"))
        case "target":
            return _or_unknown(_target(view, metric))
        case "attainment":
            return _attainment(view, metric) if _tells(view, metric) else UNKNOWN
        case "attained_before":  # for the score's own previous; no author can name it
            return _attained(metric, _of(view, metric, "previous"), _of(view, metric, "target"))
        case _:
            return _standing_part(view, metric, which)


def part_moves(view: View, metric: Metric, which: str, *, previous: bool = False) -> Iterator[Ticks]:
    """The ticks at which that part may change without a new fact."""
    previous = previous or which in {"previous", "change"}
    if which != "target":
        yield from way_of(view, metric).moves(view, metric, previous=previous)
    if which in {"target", "attainment", "zone", "zone_since"}:
        yield from _target_moves(view, metric)
    if which in {"zone", "zone_since"} and metric.target and (end := due(metric.zones, standing(view, metric))):
        yield end


def standing(view: View, metric: Metric) -> Standing:
    """The zone at the view's tick, with what is needed to go on from there."""
    if metric.name not in view.standings:
        view.standings[metric.name] = _walked(view, metric)
    return view.standings[metric.name]


def marked(view: View, metric: Metric) -> Mark:
    return Mark(view.at, standing(view, metric))


def _walked(view: View, metric: Metric) -> Standing:
    mark = _start(view, metric)
    point, now = view.then(mark.at), mark.standing
    while True:
        ahead = min((at for at in part_moves(point, metric, "attainment") if at > point.at), default=None)
        end = due(metric.zones, now)
        if end is not None and (ahead is None or end < ahead):
            ahead = end
        if ahead is None or ahead > view.at:
            return now
        point = view.then(ahead)
        now = step(metric.zones, now, number(_of(point, metric, "attainment")), ahead)


def _start(view: View, metric: Metric) -> Mark:
    """The newest standing that the view may go on from; else the account's first data: before it nothing is known."""
    account = view.account
    for marks in (account.marks, account.bases):
        mark = marks.get(metric.name)
        if mark is not None and mark.at <= view.at:
            return mark
    point = view.then(view.at if account.first is None else min(account.first, view.at))
    return Mark(point.at, step(metric.zones, NOWHERE, number(_of(point, metric, "attainment")), point.at))


def _of(view: View, metric: Metric, which: str) -> Value:
    return view.value(f"metrics.{metric.name}.{which}")


def _standing_part(view: View, metric: Metric, which: str) -> Value:
    if which == "at":
        at = newest(view, metric)
        return UNKNOWN if at is None else instant(at)
    if which not in {"zone", "zone_since"} or metric.target is None:
        return UNKNOWN
    now = standing(view, metric)
    if now.zone is None or now.since is None:
        return UNKNOWN
    return now.zone if which == "zone" else instant(now.since)


def _change(value: Value, previous: Value) -> Value:
    new, old = number(value), number(previous)
    return UNKNOWN if new is None or not old else (Decimal(new) - old) / old


def _target(view: View, metric: Metric) -> Number | None:
    if metric.target is None:
        return None
    by = metric.target.by
    group = view.value(f"account.{by}") if by else ""
    target = metric.target.values.get(group) if isinstance(group, str) else None
    return number(target.value(view.scope)) if isinstance(target, Expression) else target


def _target_moves(view: View, metric: Metric) -> Iterator[Ticks]:
    if metric.target is None:
        return
    if metric.target.by:
        yield from view.moves(f"account.{metric.target.by}")
    for target in metric.target.values.values():
        if isinstance(target, Expression):
            for path in target.reads:
                yield from view.moves(path)
            if (change := target.next_change(view.scope)) is not None:
                yield ticks(change)


def _attainment(view: View, metric: Metric) -> Value:
    return _attained(metric, _of(view, metric, "value"), _of(view, metric, "target"))


def _attained(metric: Metric, value: Value, target: Value) -> Value:
    """Value ÷ target; where lower is better target ÷ value, and nothing or less is all that could be hoped for."""
    reached, wanted = number(value), number(target)
    if reached is None or wanted is None:
        return UNKNOWN
    if metric.better == "lower":
        if reached <= 0:
            return Decimal(1)
        return Decimal(wanted) / reached if wanted else UNKNOWN
    return Decimal(reached) / wanted if wanted else UNKNOWN


def _tells(view: View, metric: Metric) -> bool:
    """A window that began before the first data is low for want of time: no sign of trouble where higher is better."""
    tally = metric.measure
    if not isinstance(tally, Tally) or tally.over is None or metric.better == "lower":
        return True
    if metric.name in view.account.readings:
        return True
    first = view.account.first
    return first is not None and span(tally.over).start(view.at) >= first


def _or_unknown(number: Number | None) -> Value:
    return UNKNOWN if number is None else number
