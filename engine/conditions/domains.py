"""What a quantity may still be: numbers within spans, words of a set or all but those; or not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final, NamedTuple, TypeAlias

Number: TypeAlias = Fraction | Decimal
# A bound and on which side of it the span ends: 0 takes the bound in, 1 begins above it, -1 ends below it.
Bound: TypeAlias = tuple[Number, int]

_ENDLESS: Final = Decimal("Infinity")


class Span(NamedTuple):
    """As bounds order like their numbers, a span is empty when `low` lies above `high`."""

    low: Bound = (-_ENDLESS, 0)
    high: Bound = (_ENDLESS, 0)

    def whole(self) -> Span:
        """The same among whole numbers, which have no room between them."""
        (low, above), (high, below) = self
        if isinstance(low, Fraction):
            low, above = Fraction(floor(low) + 1 if above else ceil(low)), 0
        if isinstance(high, Fraction):
            high, below = Fraction(ceil(high) - 1 if below else floor(high)), 0
        return Span((low, above), (high, below))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Spans may overlap."""

    spans: tuple[Span, ...] = (Span(),)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def meet(self, other: Numbers) -> Numbers:
        met = (Span(max(a.low, b.low), min(a.high, b.high)) for a in self.spans for b in other.spans)
        return Numbers(_some(met))

    def join(self, other: Numbers) -> Numbers:
        return Numbers(_some((*self.spans, *other.spans)))

    def whole(self) -> Numbers:
        return Numbers(_some(span.whole() for span in self.spans))


def _some(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(span for span in spans if span.low <= span.high))


@dataclass(frozen=True, slots=True)
class Words:
    """These values, or with `but` all others."""

    held: frozenset[object] = frozenset()
    but: bool = True

    def __bool__(self) -> bool:
        return self.but or bool(self.held)

    def meet(self, other: Words) -> Words:
        if self.but and other.but:
            return Words(self.held | other.held)
        if self.but:
            return Words(other.held - self.held, but=False)
        return Words(self.held - other.held if other.but else self.held & other.held, but=False)

    def join(self, other: Words) -> Words:
        if self.but and other.but:
            return Words(self.held & other.held)
        if self.but:
            return Words(self.held - other.held)
        return Words(other.held - self.held) if other.but else Words(self.held | other.held, but=False)


@dataclass(frozen=True, slots=True)
class Domain:
    """`values` None: any."""

    values: Numbers | Words | None = None
    unknown: bool = False

    def __bool__(self) -> bool:
        return self.unknown or self.values is None or bool(self.values)

    def meet(self, other: Domain) -> Domain:
        return Domain(_met(self.values, other.values), self.unknown and other.unknown)

    def join(self, other: Domain) -> Domain:
        return Domain(_joined(self.values, other.values), self.unknown or other.unknown)


KNOWN: Final = Domain()
ABSENT: Final = Domain(Words(frozenset(), but=False), unknown=True)


def _met(one: Numbers | Words | None, two: Numbers | Words | None) -> Numbers | Words | None:
    """What is of two kinds cannot be told apart; saying less is always right."""
    match one, two:
        case Numbers(), Numbers():
            return one.meet(two)
        case Words(), Words():
            return one.meet(two)
        case None, _:
            return two
        case Numbers(), Words() if two == ABSENT.values:
            return two
        case _:
            return one


def _joined(one: Numbers | Words | None, two: Numbers | Words | None) -> Numbers | Words | None:
    match one, two:
        case Numbers(), Numbers():
            return one.join(two)
        case Words(), Words():
            return one.join(two)
        case _:
            return None


def against(sign: str, number: Fraction) -> Numbers:
    """The numbers x with `x sign number`."""
    at, below, above = (number, 0), (number, -1), (number, 1)
    match sign:
        case "==":
            return Numbers((Span(at, at),))
        case "!=":
            return Numbers((Span(high=below), Span(low=above)))
        case "<":
            return Numbers((Span(high=below),))
        case "<=":
            return Numbers((Span(high=at),))
        case ">":
            return Numbers((Span(low=above),))
        case _:
            return Numbers((Span(low=at),))
