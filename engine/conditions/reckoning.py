"""Closures that reckon: exact numbers, moments and durations, days of the account's calendar, text."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from math import floor, trunc
from typing import Final, cast

from engine.conditions.closures import Closure, View, constant, lower, lowered, lowers, shown
from engine.conditions.places import Around
from engine.conditions.tree import Node, whole
from engine.quantities import Duration, parse_duration
from engine.values import UNKNOWN, read_date, read_instant

# Nothing is ever rounded: what has no exact answer within these bounds is a fraction or, without one, unknown.
_TRAPS: Final = (Inexact, InvalidOperation, DivisionByZero, Overflow)
EXACT: Final = Context(prec=1_000, Emax=999_999, Emin=-999_999, traps=list(_TRAPS))
# A quotient that ends within so many digits stays a decimal.
_SHORT: Final = Context(prec=50, Emax=999_999, Emin=-999_999, traps=list(_TRAPS))
_HOUR: Final = 3_600_000_000  # microseconds


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
    if _fraction(left, right):
        return ratio(left) + ratio(right)
    return left + right if _whole(left, right) else EXACT.add(left, right)  # type: ignore[operator,arg-type]


def minus(left: object, right: object, view: View) -> object:
    if isinstance(right, Duration):
        return moved(left, right, -1, view)
    if _fraction(left, right):
        return ratio(left) - ratio(right)
    return left - right if _whole(left, right) else EXACT.subtract(left, right)  # type: ignore[operator,arg-type]


def times(left: object, right: object, _view: View) -> object:
    if _fraction(left, right):
        return ratio(left) * ratio(right)
    return left * right if _whole(left, right) else EXACT.multiply(left, right)  # type: ignore[operator,arg-type]


def divided(left: object, right: object, _view: View) -> object:
    """A third has no end as a decimal: it is kept as a fraction, so that three of them are one."""
    if not _fraction(left, right):
        try:
            return _SHORT.divide(left, right)  # type: ignore[arg-type]
        except Inexact:
            pass
    return ratio(left) / ratio(right)


def remainder(left: object, right: object, _view: View) -> object:
    """With the sign of the left side, as in JsonLogic."""
    if _fraction(left, right):
        one, two = ratio(left), ratio(right)
        return one - two * trunc(one / two)
    return EXACT.remainder(left, right)  # type: ignore[arg-type]


def ratio(number: object) -> Fraction:
    """Raises TypeError for what is no number, also for a number in text."""
    if not isinstance(number, (int, Decimal, Fraction)):
        raise TypeError(f"{number!r} is no number")
    return Fraction(number)


def _fraction(left: object, right: object) -> bool:
    return type(left) is Fraction or type(right) is Fraction


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
            except (TypeError, AttributeError, ArithmeticError):
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
    step = Fraction(10) ** -digits

    def run(view: View) -> object:
        value = inner(view)
        if not isinstance(value, (int, Decimal, Fraction)):
            return None
        return _decimal(_nearest(Fraction(value) / step) * step)

    return run


def _nearest(number: Fraction) -> int:
    """Halves go away from zero."""
    away = floor(abs(number) + Fraction(1, 2))
    return away if number >= 0 else -away


def _decimal(number: Fraction) -> int | Decimal:
    """Of a number that ends as a decimal."""
    return whole(EXACT.divide(number.numerator, number.denominator))


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
        return divided(sign * ((view.now - there) // timedelta(microseconds=1)), _HOUR, view)

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
        values = [shown(part(view)) for part in parts]
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
