"""Closures that compare. A comparison with something unknown is unknown."""

import operator
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, TypeAlias, cast

from engine.conditions.closures import Closure, View, all_true, lower, lowered, lowers
from engine.conditions.items import bounds, is_count
from engine.conditions.places import Around, place
from engine.conditions.scope import Scope
from engine.conditions.tree import Argument, Node
from engine.values import UNKNOWN

Test: TypeAlias = Callable[[object, object], object]

COMPARE: Final = cast(
    "Mapping[str, Test]",
    {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
)
_MIRRORED: Final[Mapping[str, str]] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@lowers("==", "!=", "<", "<=", ">", ">=")
def comparison(node: Node, around: Around) -> Closure:
    return all_true(tuple(compared(node.operator, left, right, around) for left, right in pairwise(node.arguments)))


def compared(name: str, left: Argument, right: Argument, around: Around) -> Closure:
    if is_count(left) or is_count(right):
        return count_compared(name, left, right, around)
    if (path := root_path(left, around)) and (value := literal(right)) is not None:
        return _path_against(name, path, value)
    return _both(COMPARE[name], lower(left, around), lower(right, around))


def count_compared(name: str, left: Argument, right: Argument, around: Around) -> Closure:
    if not is_count(left):
        return count_compared(_MIRRORED[name], right, left, around)
    counted, other = bounds(cast("Node", left), around), lower(right, around)
    compare = COMPARE[name]

    def run(view: View) -> object:
        found, value = counted(view), other(view)
        if found is None or value is None:
            return None
        try:
            if found[0] < value < found[1]:  # type: ignore[operator]  # numbers, unless the vocabulary has changed
                return None
            truths = {compare(one, value) for one in found}
        except TypeError:
            return None
        return truths.pop() if len(truths) == 1 else None

    return run


def root_path(argument: Argument, around: Around) -> str | None:
    """The flat path that an argument simply reads."""
    if isinstance(argument, Node) and argument.operator == "var" and len(argument.arguments) == 1:
        where = place(cast("str", argument.arguments[0]), around)
        return where.path if where.level is None and where.path != "now" else None
    return None


def literal(argument: Argument) -> object:
    """The value of a constant; None for what has to be asked."""
    if isinstance(argument, list):
        return None
    if not isinstance(argument, Node):
        return argument
    if argument.operator in {"percent", "date", "instant"}:
        return lower(argument)(cast("Scope", None))
    return None


def _path_against(name: str, path: str, value: object) -> Closure:
    """The commonest comparison, in one closure: `values[path]` costs half of `get` and a test for absence."""
    if name in {"==", "!="}:
        return _path_equals(path, value, equal=name == "==")
    test = COMPARE[name]

    def run(view: View) -> object:
        try:
            return test(view.values[path], value)
        except (KeyError, TypeError):
            return None

    return run


def _path_equals(path: str, value: object, *, equal: bool) -> Closure:
    unequal = not equal

    def run(view: View) -> object:
        try:
            seen = view.values[path]
        except KeyError:
            return None
        if seen == value:
            return equal
        return None if seen is UNKNOWN else unequal

    return run


def _both(compare: Test, left: Closure, right: Closure) -> Closure:
    def run(view: View) -> object:
        one, two = left(view), right(view)
        if one is None or two is None:
            return None
        try:
            return compare(one, two)
        except TypeError:
            return None

    return run


@lowers("in")
def membership(node: Node, around: Around) -> Closure:
    needle, hay = lowered(node.arguments, around)

    def run(view: View) -> object:
        value, held = needle(view), hay(view)
        if value is None or held is None:
            return None
        if isinstance(held, str):
            return isinstance(value, str) and value in held
        return _held(value, cast("tuple[object, ...]", held))

    return run


def _held(value: object, held: tuple[object, ...]) -> object:
    if any(one == value for one in held if one is not None and one is not UNKNOWN):
        return True
    return None if any(one is None or one is UNKNOWN for one in held) else False
