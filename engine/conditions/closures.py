"""A tree lowered to closures: built once, then asked with a Scope. None stands for unknown in here.

A comparison with something unknown is unknown; and, or, not and the quantifiers follow Kleene: what the known parts
settle is settled. A value whose type no longer fits (the vocabulary changed under a running plan) is unknown as well.
"""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final, TypeAlias, cast

from engine.conditions.places import Around, Place, place
from engine.conditions.scope import Frame, Scope
from engine.conditions.tree import Argument, Node
from engine.values import UNKNOWN

View: TypeAlias = Scope | Frame
Closure: TypeAlias = Callable[[View], object]
Lowering: TypeAlias = Callable[[Node, Around], Closure]

_SHOWN: Final = Context(prec=50, Emax=999_999, Emin=-999_999, traps=[])
LOWERINGS: Final[dict[str, Lowering]] = {}


def lowers(*names: str) -> Callable[[Lowering], Lowering]:
    def register(lowering: Lowering) -> Lowering:
        LOWERINGS.update(dict.fromkeys(names, lowering))
        return lowering

    return register


def lower(argument: Argument, around: Around = ()) -> Closure:
    if isinstance(argument, Node):
        return LOWERINGS[argument.operator](argument, around)
    if isinstance(argument, list):
        parts = lowered(argument, around)
        return lambda view: tuple([part(view) for part in parts])
    return constant(argument)


def lowered(arguments: list[Argument], around: Around) -> tuple[Closure, ...]:
    return tuple(lower(one, around) for one in arguments)


def constant(value: object) -> Closure:
    return lambda _view: value


def shown(value: object) -> object:
    """A fraction, which lives only inside a condition, as the decimal that others see: rounded to 50 digits."""
    return _SHOWN.divide(Decimal(value.numerator), value.denominator) if type(value) is Fraction else value


# --- names


@lowers("var")
def var(node: Node, around: Around) -> Closure:
    read = reading(place(cast("str", node.arguments[0]), around))
    if len(node.arguments) == 1:
        return read
    default = lower(node.arguments[1], around)

    def run(view: View) -> object:
        value = read(view)
        return default(view) if value is None else value

    return run


def reading(where: Place) -> Closure:
    if where.level is not None:
        return _of_item(where.level, where.keys)
    return instant_now if where.keys == ("now",) else at_path(where.path)


def instant_now(view: View) -> object:
    return view.now


def at_path(path: str) -> Closure:
    def run(view: View) -> object:
        value = view.values.get(path, UNKNOWN)
        return None if value is UNKNOWN else value

    return run


def _of_item(level: int, keys: tuple[str, ...]) -> Closure:
    if level == 0 and len(keys) == 1:
        return _field(keys[0])

    def run(view: View) -> object:
        for _ in range(level):
            view = cast("Frame", view).outer or view
        return _inside(cast("Frame", view).item, keys)

    return run


def _field(name: str) -> Closure:
    def run(view: View) -> object:
        try:
            # An item's field is only ever lowered inside an item; asking its type first would take longer than reading.
            value = view.item.get(name)  # type: ignore[union-attr]
        except AttributeError:
            return None
        return None if value is UNKNOWN else value

    return run


def _inside(value: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return None if value is UNKNOWN else value


@lowers("known")
def known(node: Node, around: Around) -> Closure:
    inner = lower(node.arguments[0], around)
    return lambda view: inner(view) is not None


@lowers("at_start", "since")
def remembered(node: Node, _around: Around) -> Closure:
    return at_path(remembered_path(node))


def remembered_path(node: Node) -> str:
    inner = cast("Node", node.arguments[0])
    return f"{node.operator}.{inner.arguments[0]}"


@lowers("running", "last_outcome", "last_ended")
def other_runs(node: Node, _around: Around) -> Closure:
    return at_path(other_run_path(node))


def other_run_path(node: Node) -> str:
    return f"runs.{node.arguments[0]}.{node.operator}"


@lowers("missing")
def missing(node: Node, around: Around) -> Closure:
    return _missing([cast("str", one) for one in node.arguments], around)


@lowers("missing_some")
def missing_some(node: Node, around: Around) -> Closure:
    least, names = cast("tuple[int, list[str]]", node.arguments)
    absent = _missing(names, around)

    def run(view: View) -> object:
        found = cast("tuple[str, ...]", absent(view))
        return found if len(names) - len(found) < least else ()

    return run


def _missing(names: list[str], around: Around) -> Closure:
    reads = [(name, reading(place(name, around))) for name in names]
    return lambda view: tuple([name for name, read in reads if read(view) is None])


# --- logic


@lowers("or")
def disjunction(node: Node, around: Around) -> Closure:
    return any_true(lowered(node.arguments, around))


def all_true(parts: tuple[Closure, ...]) -> Closure:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        return _both_true(*parts)
    if len(parts) == 3:
        return _all_three_true(*parts)

    def run(view: View) -> object:
        answer: object = True
        for part in parts:
            truth = part(view)
            if truth is False:
                return False
            if truth is None:
                answer = None
        return answer

    return run


def _both_true(first: Closure, second: Closure) -> Closure:
    """Most conditions have two or three parts; without the loop they take half the time."""

    def run(view: View) -> object:
        if one := first(view):
            return second(view)
        if one is False:
            return False
        return False if second(view) is False else None

    return run


def _all_three_true(first: Closure, second: Closure, third: Closure) -> Closure:
    def run(view: View) -> object:
        if one := first(view):
            if two := second(view):
                return third(view)
            if two is False:
                return False
            return False if third(view) is False else None
        if one is False:
            return False
        return False if second(view) is False or third(view) is False else None

    return run


def any_true(parts: tuple[Closure, ...]) -> Closure:
    if len(parts) == 1:
        return parts[0]

    def run(view: View) -> object:
        answer: object = False
        for part in parts:
            truth = part(view)
            if truth is True:
                return True
            if truth is None:
                answer = None
        return answer

    return run


@lowers("!")
def negation(node: Node, around: Around) -> Closure:
    return negated(truthy(node, around))


def negated(inner: Closure) -> Closure:
    def run(view: View) -> object:
        truth = inner(view)
        return None if truth is None else truth is False

    return run


@lowers("!!")
def truthy(node: Node, around: Around) -> Closure:
    inner = lower(node.arguments[0], around)

    def run(view: View) -> object:
        value = inner(view)
        return None if value is None else bool(value)

    return run


@lowers("if")
def choice(node: Node, around: Around) -> Closure:
    parts = lowered(node.arguments, around)
    pairs, otherwise = list(zip(parts[:-1:2], parts[1::2], strict=True)), parts[-1]

    def run(view: View) -> object:
        for when, then in pairs:
            truth = when(view)
            if truth is None:
                return None
            if truth:
                return then(view)
        return otherwise(view)

    return run


@lowers("log")
def logged(node: Node, around: Around) -> Closure:
    return lower(node.arguments[0], around)
