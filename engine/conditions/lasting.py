"""Until when an answer holds while no fact comes, its readings moving with time as the clock does."""

from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from engine.conditions.closures import View, lower
from engine.conditions.comparisons import root_path
from engine.conditions.crossings import NUMBERS
from engine.conditions.dayturn import Turn, earliest, pairs_of, settled, turning
from engine.conditions.places import Around
from engine.conditions.quantity import NoAnswer, linear
from engine.conditions.reads import reads
from engine.conditions.scope import Frame, Moving
from engine.conditions.tree import Argument, Node
from engine.values import Value


def lasting(argument: Argument, around: Around = ()) -> Turn | None:
    """None when neither time nor a reading has a part in it."""
    if isinstance(argument, Node) and argument.operator in {"and", "or"}:
        return settled(argument, around, lasting)
    if isinstance(argument, Node) and argument.operator == "!":
        return lasting(argument.arguments[0], around)
    if isinstance(argument, Node) and (held := _held(argument, around)):
        return _passing(argument, around, held)
    return _leaf(turning(argument, around), tuple(sorted(set(reads(argument, around)))))


def _leaf(clock: Turn | None, paths: tuple[str, ...]) -> Turn | None:
    if not paths:
        return clock
    if clock is None:
        return lambda view: _readings_turn(view, paths)
    return lambda view: earliest(iter((clock(view), _readings_turn(view, paths))))


def _readings_turn(view: View, paths: tuple[str, ...]) -> datetime | None:
    return view.values.turns(paths) if isinstance(view.values, Moving) else None


# --- one reading against constants


class _Held(NamedTuple):
    """A reading that is held against numbers, and nothing else is asked."""

    path: str
    marks: tuple[Fraction, ...]


def _held(node: Node, around: Around) -> _Held | None:
    if node.operator == "known" and (path := root_path(node.arguments[0], around)):
        return _Held(path, ())
    found = [_mark(left, right, around) for left, right in pairs_of(node)]
    paths = {one.path if one else None for one in found}
    path = paths.pop() if len(paths) == 1 else None
    return _Held(path, tuple(mark for one in found if one for mark in one.marks)) if path else None


def _mark(left: Argument, right: Argument, around: Around) -> _Held | None:
    """`2 * metrics.quiet.value + 1 > 15` is held against 7."""
    if not all(isinstance(one, Node) or type(one) in NUMBERS for one in (left, right)):
        return None
    try:
        form = linear(left).minus(linear(right))
    except (NoAnswer, TypeError, ValueError):
        return None
    parts = list(form.parts.values())
    path = root_path(parts[0].node, around) if len(parts) == 1 and parts[0].factor else None
    return _Held(path, (-form.rest / parts[0].factor,)) if path else None


def _passing(node: Node, around: Around, held: _Held) -> Turn:
    ask = lower(node, around)

    def run(view: View) -> datetime | None:
        values = view.values
        if not isinstance(values, Moving):
            return None
        return values.passes(held.path, held.marks, lambda value: ask(_only(held.path, value, view)))

    return run


def _only(path: str, value: Value, view: View) -> Frame:
    return Frame({path: value}, view.now, view.calendar)
