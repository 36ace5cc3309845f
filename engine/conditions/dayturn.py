"""When time alone could change an answer: the next instant after now, with all values as they are.

Exact for a count of days or hours, or `now`, against anything that stands still; for other uses of time the next local
midnight or, where it runs by the clock, the next minute. Never too late: waking for nothing is allowed, missing is not.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Final, NamedTuple, TypeAlias, cast

from engine.conditions.closures import Closure, View, lower
from engine.conditions.items import framed, fused
from engine.conditions.places import Around, inside, is_root
from engine.conditions.scope import Frame
from engine.conditions.tree import Argument, Node
from engine.quantities import Duration

Turn: TypeAlias = Callable[[View], datetime | None]
Crossing: TypeAlias = Callable[[View, object], Iterator[datetime]]

DAYS: Final = frozenset({"days_since", "days_until", "business_days_since", "business_days_until"})
HOURS: Final = frozenset({"hours_since", "hours_until"})
COMPARING: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_TICK: Final = timedelta(microseconds=1)
_NUMBERS: Final = (int, Decimal, Fraction)
_HOUR_TICKS: Final = 3_600_000_000
# Nobody waits longer: a crossing beyond is never.
_FAR_DAYS: Final = 200 * 366


def turning(argument: Argument, around: Around = ()) -> Turn | None:
    """None when time has no part in it."""
    if not isinstance(argument, Node):
        return _soonest([turning(one, around) for one in argument]) if isinstance(argument, list) else None
    name = argument.operator
    if name in DAYS:
        return _next_midnight
    if name in HOURS or is_root(argument, "now"):
        return _next_minute
    if name == "known":
        return None
    if name in COMPARING:
        return _compared(argument, around)
    if name in {"and", "or"}:
        return settled(argument, around, turning)
    if name in {"some", "all", "none", "count", "filter", "map", "reduce"}:
        return _over_items(argument, around)
    return _soonest([turning(one, around) for one in argument.arguments])


def at(view: View, instant: datetime) -> Frame:
    """The same values seen at another time."""
    if isinstance(view, Frame):
        return Frame(view.values, instant, view.calendar, view.item, view.outer)
    return Frame(view.values, instant, view.calendar)


def _next_midnight(view: View) -> datetime | None:
    return _midnight(view, 1)


def _midnight(view: View, days: int) -> datetime | None:
    """Of the account's date so many days ahead."""
    try:
        date = view.calendar.date_of(view.now) + timedelta(days)
    except OverflowError:
        return None
    return view.calendar.midnight(date)


def _next_minute(view: View) -> datetime | None:
    return _later(view.now, 60_000_000)


def _later(instant: datetime, ticks: int) -> datetime | None:
    try:
        return instant + timedelta(microseconds=ticks)
    except OverflowError:
        return None


def _soonest(turns: list[Turn | None]) -> Turn | None:
    moving = [one for one in turns if one]
    if len(moving) < 2:
        return moving[0] if moving else None
    return lambda view: earliest(turn(view) for turn in moving)


def earliest(instants: Iterator[datetime | None]) -> datetime | None:
    return min((one for one in instants if one), default=None)


# --- and, or, items: what settles the answer must change first


class _Part(NamedTuple):
    truth: Closure
    turn: Turn | None


def settled(node: Node, around: Around, turn_of: Callable[[Argument, Around], Turn | None]) -> Turn | None:
    """Of an `and` or an `or`, from how its parts turn."""
    parts = [_Part(lower(one, around), turn_of(one, around)) for one in node.arguments]
    if not any(part.turn for part in parts):
        return None
    return lambda view: _first_change(((part, view) for part in parts), node.operator == "or")


def _first_change(parts: Iterator[tuple[_Part, View]], settling: object) -> datetime | None:
    """`settling` is the truth of a part that settles the whole. While parts do, the answer holds until the last of them
    changes; else any change may matter.
    """
    soonest: datetime | None = None
    held, holds_until = False, cast("datetime | None", None)
    for part, view in parts:
        turn = part.turn(view) if part.turn else None
        if part.truth(view) is settling:
            if turn is None:
                return None
            held, holds_until = True, max(turn, holds_until or turn)
        elif turn and (soonest is None or turn < soonest):
            soonest = turn
    return holds_until if held else soonest


def _over_items(node: Node, around: Around) -> Turn | None:
    source, body = fused(node) if node.operator in {"some", "all", "none", "count"} else tuple(node.arguments[:2])
    turn, within = turning(body, inside(node, 1, around)), inside(node, 1, around)
    outer = turning(source, around)
    if turn is None:
        return outer
    part, items = _Part(lower(body, within), turn), lower(source, around)
    settling = {"some": True, "none": True, "all": False}.get(node.operator)

    def run(view: View) -> datetime | None:
        frames = [_framed(view, item, node.operator) for item in cast("tuple[object, ...]", items(view) or ())]
        if settling is None:
            return earliest(turn(frame) for frame in frames)
        return _first_change(((part, frame) for frame in frames), settling)

    return _soonest([run, outer])


def _framed(view: View, item: object, name: str) -> Frame:
    frame = framed(view)
    frame.item = {"current": item} if name == "reduce" else item
    return frame


# --- comparisons


def _compared(node: Node, around: Around) -> Turn | None:
    found = [_link(one, two, around) for one, two in pairwise(node.arguments)]
    links = [link for link in found if link]
    if not links:
        return None
    truth = lower(node, around)

    def run(view: View) -> datetime | None:
        before = truth(view)
        looks = sorted(look for link in links for look in link(view))
        return next((look for look in looks if truth(at(view, look)) is not before), None)

    def roughly(view: View) -> datetime | None:
        return earliest(look for link in links for look in link(view))

    return roughly if any(link.rough for link in links) else run


class _Link(NamedTuple):
    """The instants at which one comparison of a chain may turn. `rough`: it may do so between them too."""

    looks: Callable[[View], Iterator[datetime]]
    rough: bool

    def __call__(self, view: View) -> Iterator[datetime]:
        return self.looks(view)


def _link(left: Argument, right: Argument, around: Around) -> _Link | None:
    one, two = turning(left, around), turning(right, around)
    if one is None and two is None:
        return None
    if two is None and (crossing := _crossing(left, around)):
        return _crossed(crossing, lower(right, around))
    if one is None and (crossing := _crossing(right, around)):
        return _crossed(crossing, lower(left, around))
    return _Link(lambda view: (found for turn in (one, two) if turn and (found := turn(view))), rough=True)


def _crossed(crossing: Crossing, still: Closure) -> _Link:
    def looks(view: View) -> Iterator[datetime]:
        value = still(view)
        if value is not None:
            yield from (one for one in crossing(view, value) if one > view.now)

    return _Link(looks, rough=False)


def _crossing(argument: Argument, around: Around) -> Crossing | None:
    """For what moves steadily: the instants at which it reaches a value and at which it goes beyond."""
    if not isinstance(argument, Node):
        return None
    if is_root(argument, "now"):
        return _now_reaches
    if argument.operator in DAYS | HOURS and turning(argument.arguments[0], around) is None:
        there, since = lower(argument.arguments[0], around), argument.operator.endswith("since")
        if argument.operator in HOURS:
            return _hours_reach(there, since=since)
        if argument.operator.startswith("business"):
            return _business_days_reach(lower(argument, around), since=since)
        return _days_reach(lower(argument, around), since=since)
    return _shifted_now(argument, around)


def _now_reaches(_view: View, value: object) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
        if beyond := _later(value, 1):
            yield beyond


def _hours_reach(there: Closure, *, since: bool) -> Crossing:
    def looks(view: View, value: object) -> Iterator[datetime]:
        moment = there(view)
        if not isinstance(moment, datetime) or not isinstance(value, _NUMBERS):
            return
        reached = _later(moment, ceil(Fraction(value) * (_HOUR_TICKS if since else -_HOUR_TICKS)))
        if reached:
            yield from (one for one in (reached, _later(reached, 1)) if one)

    return looks


def _days_reach(count: Closure, *, since: bool) -> Crossing:
    def looks(view: View, value: object) -> Iterator[datetime]:
        today = count(view)
        if not isinstance(today, int) or not isinstance(value, _NUMBERS):
            return
        ahead = (Fraction(value) - today) * (1 if since else -1)
        for days in {ceil(ahead), floor(ahead) + 1, ceil(ahead) + 1}:
            if 0 < days < _FAR_DAYS and (midnight := _midnight(view, days)):
                yield midnight

    return looks


def _business_days_reach(count: Closure, *, since: bool) -> Crossing:
    """The count only ever goes one way, so the day is found by halving."""

    def looks(view: View, value: object) -> Iterator[datetime]:
        if count(view) is None or not isinstance(value, _NUMBERS):
            return

        def ahead(days: int) -> Fraction:
            midnight = _midnight(view, days)
            there = count(at(view, midnight)) if midnight else None
            return (there - Fraction(value)) * (1 if since else -1) if isinstance(there, int) else Fraction(0)

        for least in (lambda days: ahead(days) >= 0, lambda days: ahead(days) > 0):
            if (days := first_true(least)) and (midnight := _midnight(view, days)):
                yield midnight

    return looks


def first_true(test: Callable[[int], bool]) -> int | None:
    """The least n from 1 for which a test holds that, once true, stays so; None when that is too far."""
    most = 1
    while not test(most):
        most *= 2
        if most > _FAR_DAYS:
            return None
    least = most // 2 + 1
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if test(middle) else (middle + 1, most)
    return most


def _shifted_now(node: Node, around: Around) -> Crossing | None:
    """now + 2 hours, exactly."""
    if node.operator not in {"+", "-"} or len(node.arguments) != 2 or not is_root(node.arguments[0], "now"):
        return None
    by = node.arguments[1]
    span = lower(by, around)(cast("View", None)) if isinstance(by, Node) and by.operator == "duration" else None
    if not isinstance(span, Duration) or not span.is_clock:
        return None
    back = -span.clock if node.operator == "+" else span.clock

    def looks(view: View, value: object) -> Iterator[datetime]:
        moment = _later(value, back // _TICK) if isinstance(value, datetime) else None
        return _now_reaches(view, moment)

    return looks
