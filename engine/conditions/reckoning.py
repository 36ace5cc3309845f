"""Closures that reckon: exact numbers, moments and durations, days of the account's calendar, text."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, cast

from engine.conditions.closures import Closure, View, constant, lower, lowered, lowers
from engine.conditions.places import Around
from engine.conditions.tree import Node, whole
from engine.quantities import Duration, parse_duration
from engine.values import UNKNOWN, read_date, read_instant

# Wide enough that a ratio of two author's numbers is exact wherever it ends; without traps, so that what has no answer
# comes back as NaN and is unknown, whatever the thread's own context says.
EXACT: Final = Context(prec=50, Emax=999_999, Emin=-999_999, traps=[])
_HOUR: Final = Decimal(3_600_000_000)


# --- literals


@lowers("percent")
def percent(node: Node, _around: Around) -> Closure:
    return constant(Decimal(cast("int | Decimal", node.arguments[0])).scaleb(-2))


@lowers("date")
def day(node: Node, _around: Around) -> Closure:
    return constant(read_date(cast("str", node.arguments[0])))


@lowers("instant")
def instant(node: Node, _around: Around) -> Closure:
    return constant(read_instant(cast("str", node.arguments[0])))


@lowers("duration")
def duration(node: Node, _around: Around) -> Closure:
    return constant(parse_duration(cast("str", node.arguments[0])))


# --- arithmetic: from left to right; an unknown operand or a division by 0 is unknown


def plus(left: object, right: object, view: View) -> object:
    if isinstance(right, Duration):
        return moved(left, right, 1, view)
    return left + right if _whole(left, right) else EXACT.add(left, right)  # type: ignore[operator,arg-type]


def minus(left: object, right: object, view: View) -> object:
    if isinstance(right, Duration):
        return moved(left, right, -1, view)
    return left - right if _whole(left, right) else EXACT.subtract(left, right)  # type: ignore[operator,arg-type]


def times(left: object, right: object, _view: View) -> object:
    return left * right if _whole(left, right) else EXACT.multiply(left, right)  # type: ignore[operator,arg-type]


def divided(left: object, right: object, _view: View) -> object:
    return EXACT.divide(left, right)  # type: ignore[arg-type]


def remainder(left: object, right: object, _view: View) -> object:
    """With the sign of the left side, as in JsonLogic."""
    return EXACT.remainder(left, right)  # type: ignore[arg-type]


def moved(moment: object, by: Duration, sign: int, view: View) -> object:
    """A date or instant moved on the account's calendar."""
    move = view.calendar.add if sign > 0 else view.calendar.subtract
    if isinstance(moment, datetime):
        return move(by, moment, "exact")
    midnight = view.calendar.midnight(cast("date", moment))
    return view.calendar.date_of(move(by, midnight, "exact"))


def _whole(left: object, right: object) -> bool:
    return type(left) is int and type(right) is int


_STEPS: Final[dict[str, Callable[[object, object, View], object]]] = {
    "+": plus, "-": minus, "*": times, "/": divided, "%": remainder,
}  # fmt: skip


@lowers("+", "-", "*", "/", "%")
def reckoned(node: Node, around: Around) -> Closure:
    step, (first, *rest) = _STEPS[node.operator], lowered(node.arguments, around)
    if not rest and node.operator == "-":
        first, rest = constant(0), [first]

    def run(view: View) -> object:
        total = first(view)
        for part in rest:
            value = part(view)
            if total is None or value is None:
                return None
            try:
                total = step(total, value, view)
            except (TypeError, AttributeError):
                return None
            if isinstance(total, Decimal) and not total.is_finite():
                return None
        return total

    return run


@lowers("min", "max")
def extreme(node: Node, around: Around) -> Closure:
    parts, pick = lowered(node.arguments, around), min if node.operator == "min" else max

    def run(view: View) -> object:
        values = [part(view) for part in parts]
        try:
            return None if None in values else pick(cast("list[int]", values))
        except TypeError:
            return None

    return run


@lowers("round")
def rounded(node: Node, around: Around) -> Closure:
    inner = lower(node.arguments[0], around)
    digits = cast("int", node.arguments[1]) if len(node.arguments) > 1 else 0
    step = Decimal(1).scaleb(-digits)

    def run(view: View) -> object:
        value = inner(view)
        if not isinstance(value, (int, Decimal)):
            return None
        near = EXACT.divide(Decimal(value), step).to_integral_value(ROUND_HALF_UP)
        return whole(EXACT.multiply(near, step)) if near.is_finite() else None

    return run


# --- days and hours


@lowers("days_since", "days_until", "business_days_since", "business_days_until")
def days(node: Node, around: Around) -> Closure:
    inner, until = lower(node.arguments[0], around), node.operator.endswith("until")
    working = node.operator.startswith("business")

    def run(view: View) -> object:
        there = date_at(inner(view), view)
        if there is None:
            return None
        here = view.calendar.date_of(view.now)
        first, last = (here, there) if until else (there, here)
        return view.calendar.business_days_between(first, last) if working else (last - first).days

    return run


def date_at(moment: object, view: View) -> date | None:
    """The account's local date."""
    if isinstance(moment, datetime):
        return view.calendar.date_of(moment)
    return moment if isinstance(moment, date) else None


@lowers("hours_since", "hours_until")
def hours(node: Node, around: Around) -> Closure:
    inner, sign = lower(node.arguments[0], around), 1 if node.operator == "hours_since" else -1

    def run(view: View) -> object:
        there = inner(view)
        if not isinstance(there, datetime):
            return None
        return EXACT.divide(Decimal(sign * ((view.now - there) // timedelta(microseconds=1))), _HOUR)

    return run


# --- text


@lowers("lower")
def lowercase(node: Node, around: Around) -> Closure:
    inner = lower(node.arguments[0], around)

    def run(view: View) -> object:
        text = inner(view)
        return text.lower() if isinstance(text, str) else None

    return run


@lowers("contains", "starts_with")
def text_test(node: Node, around: Around) -> Closure:
    text, part = lowered(node.arguments, around)
    starts = node.operator == "starts_with"

    def run(view: View) -> object:
        whole_text, piece = text(view), part(view)
        if not isinstance(whole_text, str) or not isinstance(piece, str):
            return None
        return whole_text.startswith(piece) if starts else piece in whole_text

    return run


@lowers("cat")
def joined(node: Node, around: Around) -> Closure:
    parts = lowered(node.arguments, around)

    def run(view: View) -> object:
        values = [part(view) for part in parts]
        if any(value is None or value is UNKNOWN for value in values):
            return None
        return "".join(format(value, "f") if isinstance(value, Decimal) else str(value) for value in values)

    return run


@lowers("substr")
def piece(node: Node, around: Around) -> Closure:
    parts = lowered(node.arguments, around)

    def run(view: View) -> object:
        text, *places = [part(view) for part in parts]
        if not isinstance(text, str) or not all(isinstance(place, int) for place in places):
            return None
        start, *length = cast("list[int]", places)
        return text[start:][: length[0]] if length else text[start:]

    return run
