"""Closures that compare. A comparison with something unknown is unknown."""

import operator
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias, cast

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


class Ask(NamedTuple):
    """A name set against a constant, the commonest question of all: `test(values[path], constant)`. Something unknown
    makes the test raise TypeError or, for ==, come out false.
    """

    test: Test
    path: str
    constant: object


@lowers("==", "!=", "<", "<=", ">", ">=")
def comparison(node: Node, around: Around) -> Closure:
    links = list(pairwise(node.arguments))
    asks = [plain(node.operator, left, right, around) for left, right in links]
    parts = tuple([compared(node.operator, left, right, around) for left, right in links])
    return together(asks) or all_true(parts)


@lowers("and")
def conjunction(node: Node, around: Around) -> Closure:
    asks = [ask for one in node.arguments for ask in _asks(one, around)]
    return together(asks) or all_true(lowered(node.arguments, around))


def _asks(argument: Argument, around: Around) -> list[Ask | None]:
    if isinstance(argument, Node) and argument.operator in COMPARE:
        return [plain(argument.operator, left, right, around) for left, right in pairwise(argument.arguments)]
    return [None]


def plain(name: str, left: Argument, right: Argument, around: Around) -> Ask | None:
    for sign, one, other in ((name, left, right), (_MIRRORED[name], right, left)):
        if (path := root_path(one, around)) and (value := literal(other)) is not None and sign != "!=":
            return Ask(COMPARE[sign], path, value)
    return None


def together(asks: list[Ask | None]) -> Closure | None:
    """Two or three that must all be true in one closure, which takes half the time of one for each."""
    match asks:
        case [Ask() as first, Ask() as second]:
            return _both_asked(first, second)
        case [Ask() as first, Ask() as second, Ask() as third]:
            return _all_three_asked(first, second, third)
        case _:
            return None


def _both_asked(first: Ask, second: Ask) -> Closure:
    (test, path, constant), (test2, path2, constant2) = first, second
    both, other = _quick(first, second), _quick(second)

    def run(view: View) -> object:
        values = view.values
        try:
            if path not in values:
                return _unless_false(values, other)
            if not test(values[path], constant):
                return False if values[path] is not UNKNOWN else _unless_false(values, other)
            if path2 not in values:
                return None
            if test2(values[path2], constant2):
                return True
            return False if values[path2] is not UNKNOWN else None
        except TypeError:
            return _unless_false(values, both)

    return run


def _all_three_asked(first: Ask, second: Ask, third: Ask) -> Closure:
    (test, path, constant), (test2, path2, constant2), (test3, path3, constant3) = first, second, third
    every, others, last = _quick(first, second, third), _quick(second, third), _quick(third)

    def run(view: View) -> object:
        values = view.values
        try:
            if path not in values:
                return _unless_false(values, others)
            if not test(values[path], constant):
                return False if values[path] is not UNKNOWN else _unless_false(values, others)
            if path2 not in values:
                return _unless_false(values, last)
            if not test2(values[path2], constant2):
                return False if values[path2] is not UNKNOWN else _unless_false(values, last)
            if path3 not in values:
                return None
            if test3(values[path3], constant3):
                return True
            return False if values[path3] is not UNKNOWN else None
        except TypeError:
            return _unless_false(values, every)

    return run


def _quick(*asks: Ask) -> tuple[tuple[Test, str, object], ...]:
    """As plain tuples, which are taken apart in half the time."""
    return tuple([(ask.test, ask.path, ask.constant) for ask in asks])


def _unless_false(values: Mapping[str, object], asks: tuple[tuple[Test, str, object], ...]) -> object:
    """Where something is unknown: only what is false all the same settles it."""
    for test, path, constant in asks:
        if path in values:
            value = values[path]
            try:
                if value is not UNKNOWN and not test(value, constant):
                    return False
            except TypeError:
                pass
    return None


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
    test = COMPARE[name]

    def run(view: View) -> object:
        seen = view.values.get(path, UNKNOWN)
        if seen is UNKNOWN:
            return None
        try:
            return test(seen, value)
        except TypeError:
            return None

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
