"""The least and the most that what is reckoned can come to, whatever the values are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from engine.conditions.checking import Checker
from engine.conditions.domains import Bound, Numbers, Span
from engine.conditions.places import is_root
from engine.conditions.quantity import Linear, linear, numbers_of
from engine.conditions.tree import Argument, Node

_OF_NOW: Final = frozenset({"days_since", "business_days_since", "hours_since", "business_days_until"})


def range_of(argument: Argument, check: Checker) -> Span:
    """Raises NoAnswer for what can never be known."""
    if not isinstance(argument, Node):
        return _at(Fraction(argument)) if type(argument) in {int, Decimal} else Span()  # type: ignore[arg-type]
    match argument.operator:
        case "min" | "max":
            return _extreme(argument, [range_of(one, check) for one in argument.arguments])
        case "%":
            return _remainder(range_of(argument.arguments[0], check), linear(argument.arguments[1]))
        case name if name in _OF_NOW and is_root(argument.arguments[0], "now"):
            return _at(Fraction(0))
        case "+" | "-" | "*" | "/" | "percent" | "date" | "instant":
            form = linear(argument)
            if not any(part.node is argument for part in form.parts.values()):
                return total(form, check)
    return numbers_of(check.type_of(argument)).spans[0]


def total(form: Linear, check: Checker) -> Span:
    found = _at(form.rest)
    for part in form.parts.values():
        if part.factor:
            found = _sum(found, _times(range_of(part.node, check), part.factor))
    return found


def within(limit: Numbers, span: Span) -> Numbers:
    return limit.meet(Numbers((span,)))


def _at(number: Fraction) -> Span:
    return Span((number, 0), (number, 0))


def _extreme(node: Node, spans: list[Span]) -> Span:
    pick = min if node.operator == "min" else max
    return Span(pick(span.low for span in spans), pick(span.high for span in spans))


def _remainder(left: Span, divisor: Linear) -> Span:
    """It has the sign of the left side and is smaller than the divisor."""
    if divisor.parts:
        return Span()
    size = abs(divisor.rest)
    none = (Fraction(0), 0)
    return Span(none if left.low >= none else (-size, 1), none if left.high <= none else (size, -1))


def _sum(one: Span, two: Span) -> Span:
    return Span(_plus(one.low, two.low), _plus(one.high, two.high))


def _plus(one: Bound, two: Bound) -> Bound:
    """A bound without end stays without."""
    for bound in (one, two):
        if not isinstance(bound[0], Fraction):
            return bound
    return one[0] + two[0], one[1] or two[1]  # type: ignore[operator]  # both are fractions


def _times(span: Span, factor: Fraction) -> Span:
    low, high = _scaled(span.low, factor), _scaled(span.high, factor)
    return Span(low, high) if factor > 0 else Span(high, low)


def _scaled(bound: Bound, factor: Fraction) -> Bound:
    number, side = bound
    if not isinstance(number, Fraction):
        return (number if factor > 0 else -number), 0
    return number * factor, side if factor > 0 else -side
