"""What a comparison is about, in one form however it is written: `5 - days_until(d)` is 5 + 1 · days_since(d).

A linear form over whatever cannot be taken apart: names, counts of days, products of names. Dates count as days,
instants as microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, cast

from engine.conditions.domains import Numbers, Span, Words
from engine.conditions.tree import Argument, Node, as_logic, made
from engine.conditions.wording import dump
from engine.types import Type
from engine.values import read_date, read_instant

# One form for what counts towards a moment and away from it.
_MIRRORED: Final = {"days_until": "days_since", "hours_until": "hours_since"}
# Operators that cannot be known unless all that they take is.
STRICT: Final = frozenset({
    "+", "-", "*", "/", "%", "min", "max", "round", "lower", "contains", "starts_with", "cat", "substr",
    "days_since", "days_until", "business_days_since", "business_days_until", "hours_since", "hours_until",
})  # fmt: skip
_READS: Final = frozenset({"at_start", "since", "running", "last_outcome", "last_ended"})
_TICKS: Final = 1_000_000


class NoAnswer(Exception):
    """A part that cannot be known whatever the values are: a division by 0."""


class Part(NamedTuple):
    node: Node
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Linear:
    """`parts` by their JSON. One with factor 0 stays, since what is asked must be known all the same."""

    rest: Fraction
    parts: Mapping[str, Part]

    def times(self, factor: Fraction) -> Linear:
        parts = {key: Part(node, own * factor) for key, (node, own) in self.parts.items()}
        return Linear(self.rest * factor, parts)

    def plus(self, other: Linear) -> Linear:
        parts = dict(self.parts)
        for key, (node, factor) in other.parts.items():
            parts[key] = Part(node, factor + (parts[key].factor if key in parts else 0))
        return Linear(self.rest + other.rest, parts)

    def minus(self, other: Linear) -> Linear:
        return self.plus(other.times(Fraction(-1)))


def linear(argument: Argument) -> Linear:
    """Raises NoAnswer."""
    if not isinstance(argument, Node):
        return _number(Fraction(cast("int | Decimal", argument)))
    match argument.operator:
        case "percent":
            return linear(argument.arguments[0]).times(Fraction(1, 100))
        case "date" | "instant":
            return _number(_ticks(argument))
        case "+" | "-" | "*" | "/" if not any(_is_span(one) for one in argument.arguments):
            return _reckoned(argument)
        case "%" if not (divisor := linear(argument.arguments[1])).parts and not divisor.rest:
            raise NoAnswer
        case "days_until" | "hours_until":
            return _alone(made(_MIRRORED[argument.operator], *argument.arguments)).times(Fraction(-1))
        case _:
            return _alone(argument)


def _number(number: Fraction) -> Linear:
    return Linear(number, {})


def _alone(node: Node) -> Linear:
    return Linear(Fraction(0), {key(node): Part(node, Fraction(1))})


def _ticks(moment: Node) -> Fraction:
    text = cast("str", moment.arguments[0])
    if moment.operator == "date":
        return Fraction(read_date(text).toordinal())
    instant = read_instant(text)
    seconds = ((instant.toordinal() * 24 + instant.hour) * 60 + instant.minute) * 60 + instant.second
    return Fraction(seconds * _TICKS + instant.microsecond)


def _is_span(argument: Argument) -> bool:
    return isinstance(argument, Node) and argument.operator == "duration"


def _reckoned(node: Node) -> Linear:
    first, *more = [linear(one) for one in node.arguments]
    if node.operator == "-" and not more:
        return first.times(Fraction(-1))
    for one in more:
        match node.operator:
            case "+":
                first = first.plus(one)
            case "-":
                first = first.minus(one)
            case "*" if not one.parts:
                first = first.times(one.rest)
            case "*" if not first.parts:
                first = one.times(first.rest)
            case "/" if not one.parts:
                first = first.times(_inverse(one.rest))
            case _:
                return _alone(node)
    return first


def _inverse(divisor: Fraction) -> Fraction:
    if not divisor:
        raise NoAnswer
    return 1 / divisor


def key(argument: Argument) -> str:
    return dump(as_logic(argument))


def needed(argument: Argument) -> Iterator[str]:
    """What must be known for this to be known, as keys. Raises NoAnswer."""
    if not isinstance(argument, Node):
        return
    if argument.operator in _READS or (argument.operator == "var" and len(argument.arguments) == 1):
        yield key(argument)
    elif argument.operator in STRICT:
        for one in argument.arguments:
            yield from needed(one)
        if argument.operator in {"+", "-", "*", "/", "%"} and not any(_is_span(one) for one in argument.arguments):
            linear(argument)


def numbers_of(type_: Type | None) -> Numbers:
    """Those that a value of this type can be at all."""
    least, most = type_.bounds if type_ else (None, None)
    span = Span()
    if least is not None:
        span = span._replace(low=(Fraction(least), 0))
    if most is not None:
        span = span._replace(high=(Fraction(most), 0))
    return Numbers((span,))


def words_of(type_: Type | None) -> Words:
    if type_ and type_.kind == "choice":
        return Words(frozenset(type_.choices), but=False)
    if type_ and type_.kind == "boolean":
        return Words(frozenset({True, False}), but=False)
    return Words()
