"""Until when an answer holds while no fact comes, its readings moving with time as the clock does."""

from datetime import datetime

from engine.conditions.closures import View
from engine.conditions.dayturn import Turn, earliest, settled, turning
from engine.conditions.places import Around
from engine.conditions.reads import reads
from engine.conditions.scope import Moving
from engine.conditions.tree import Argument, Node


def lasting(argument: Argument, around: Around = ()) -> Turn | None:
    """None when neither time nor a reading has a part in it."""
    if isinstance(argument, Node) and argument.operator in {"and", "or"}:
        return settled(argument, around, lasting)
    if isinstance(argument, Node) and argument.operator == "!":
        return lasting(argument.arguments[0], around)
    return _leaf(turning(argument, around), tuple(sorted(set(reads(argument, around)))))


def _leaf(clock: Turn | None, paths: tuple[str, ...]) -> Turn | None:
    if not paths:
        return clock
    if clock is None:
        return lambda view: _readings_turn(view, paths)
    return lambda view: earliest(iter((clock(view), _readings_turn(view, paths))))


def _readings_turn(view: View, paths: tuple[str, ...]) -> datetime | None:
    return view.values.turns(paths) if isinstance(view.values, Moving) else None
