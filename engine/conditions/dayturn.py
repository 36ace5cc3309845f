"""When time alone could change an answer: the next instant after now, with all values as they are.

Exact for a count of days or hours, alone or in a sum, or `now`, against anything that stands still; for other uses of
time the next local midnight or, where it runs by the clock, the next minute. Never too late: waking for nothing is
allowed, missing is not.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, TypeAlias, cast

from engine.conditions.closures import Closure, View, lower
from engine.conditions.comparisons import COMPARE
from engine.conditions.crossings import (
    DAYS,
    HOURS,
    NUMBERS,
    Crossing,
    at,
    crossing,
    is_still,
    later,
    may_shift,
    midnight,
)
from engine.conditions.items import framed, fused
from engine.conditions.places import Around, inside, is_root
from engine.conditions.quantity import NoAnswer, linear
from engine.conditions.scope import Frame
from engine.conditions.tree import Argument, Node

Turn: TypeAlias = Callable[[View], datetime | None]
Looks: TypeAlias = Callable[[View], Iterator[datetime]]


def turning(argument: Argument, around: Around = ()) -> Turn | None:
    """None when time has no part in it."""
    if not isinstance(argument, Node):
        return _soonest([turning(one, around) for one in argument]) if isinstance(argument, list) else None
    name = argument.operator
    if name in DAYS:
        return _next_midnight
    if name in HOURS or is_root(argument, "now"):
        return _next_minute
    if name == "known" and not any(node.operator in {"/", "%"} for node in argument.nodes()):
        return None
    if pairs := pairs_of(argument):
        return _compared(argument, pairs, around)
    if name in {"and", "or"}:
        return settled(argument, around, turning)
    if name in {"some", "all", "none", "count", "filter", "map", "reduce"}:
        return _over_items(argument, around)
    return _soonest([turning(one, around) for one in argument.arguments])


def pairs_of(node: Node) -> list[tuple[Argument, Argument]]:
    """What is set against what, where answers turn only as one of them reaches the other."""
    match node.operator, node.arguments:
        case "in", [needle, list(hay)]:
            return [(needle, one) for one in hay]
        case name, arguments if name in COMPARE:
            return list(pairwise(arguments))
        case _:
            return []


def _next_midnight(view: View) -> datetime | None:
    return midnight(view, 1)


def _next_minute(view: View) -> datetime | None:
    return later(view.now, 60_000_000)


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
    others: list[tuple[_Part, View]] = []
    latest: datetime | None = None
    for part, view in parts:
        if part.truth(view) is not settling:
            others.append((part, view))
        elif (turn := part.turn(view) if part.turn else None) is None:
            return None
        elif latest is None or turn > latest:
            latest = turn
    return latest or earliest(part.turn(view) for part, view in others if part.turn)


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


def _compared(node: Node, pairs: list[tuple[Argument, Argument]], around: Around) -> Turn | None:
    found = [_link(one, two, around) for one, two in pairs]
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
    """The instants at which one comparison of several may turn. `rough`: it may do so between them too."""

    looks: Looks
    rough: bool

    def __call__(self, view: View) -> Iterator[datetime]:
        return self.looks(view)


def _link(left: Argument, right: Argument, around: Around) -> _Link | None:
    one, two = turning(left, around), turning(right, around)
    if one is None and two is None:
        return None
    for moving, still in ((left, right), (right, left)):
        if is_still(still) and (reaches := crossing(moving, around)):
            return _Link(_crossed(reaches, lower(still, around)), rough=False)
        if is_still(still) and (shifts := may_shift(moving, around)):
            return _Link(_crossed(shifts, lower(still, around)), rough=True)
    if solved := _solved(left, right, around):
        return _Link(solved, rough=False)
    return _Link(lambda view: (found for turn in (one, two) if turn and (found := turn(view))), rough=True)


def _crossed(reaches: Crossing, still: Closure) -> Looks:
    def looks(view: View) -> Iterator[datetime]:
        value = still(view)
        if value is not None:
            yield from (one for one in reaches(view, value) if one > view.now)

    return looks


def _solved(left: Argument, right: Argument, around: Around) -> Looks | None:
    """Where one count of days or hours moves among numbers that stand still, what it must reach is reckoned."""
    if not all(isinstance(one, Node) or type(one) in NUMBERS for one in (left, right)):
        return None
    try:
        form = linear(left).minus(linear(right))
    except (NoAnswer, TypeError, ValueError):
        return None
    moving = [part for part in form.parts.values() if part.factor and not is_still(part.node)]
    if len(moving) != 1 or not (reaches := crossing(moving[0].node, around)):
        return None
    others = [(lower(part.node, around), part.factor) for part in form.parts.values() if part not in moving]

    def looks(view: View) -> Iterator[datetime]:
        total = form.rest
        for ask, factor in others:
            value = ask(view)
            if not isinstance(value, NUMBERS):
                return
            total += Fraction(value) * factor
        yield from (one for one in reaches(view, -total / moving[0].factor) if one > view.now)

    return looks
