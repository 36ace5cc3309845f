"""What happened, in order of its own instants: a sorted, immutable row of (instant, value)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Final, Self

from engine.ticks import NEVER, Ticks
from engine.values import JSON, Value, pack, unpack

_UNITS: Final = (1_000_000, 1_000, 1)


@dataclass(frozen=True, slots=True)
class Series:
    """`values` is empty when only the instants count. Of two at one instant the one that came later stands behind."""

    at: tuple[Ticks, ...] = ()
    values: tuple[Value, ...] = ()

    def __len__(self) -> int:
        return len(self.at)

    def with_(self, at: Ticks, value: Value | None = None) -> Self:
        """A value given once must be given always."""
        if not self.at or at >= self.at[-1]:
            return type(self)((*self.at, at), self.values if value is None else (*self.values, value))
        i = bisect_right(self.at, at)
        instants = (*self.at[:i], at, *self.at[i:])
        return type(self)(instants, self.values if value is None else (*self.values[:i], value, *self.values[i:]))

    def from_(self, i: int) -> Self:
        return type(self)(self.at[i:], self.values[i:])

    def index(self, at: Ticks) -> int:
        """How many came before `at`."""
        return bisect_left(self.at, at)

    def until(self, at: Ticks) -> int:
        """How many came up to and with `at`."""
        return bisect_right(self.at, at)

    def next(self, i: int) -> Ticks:
        """When the entry `i` comes; NEVER behind the last."""
        return self.at[i] if i < len(self.at) else NEVER

    def to_json(self) -> JSON:
        """Gaps in the coarsest unit that keeps them exact: some five bytes an event."""
        if not self.at:
            return []
        unit = next(unit for unit in _UNITS if all(at % unit == 0 for at in self.at))
        gaps = [self.at[0] // unit, *((b - a) // unit for a, b in pairwise(self.at))]
        return [unit, list(gaps), [_short(value) for value in self.values]]

    @classmethod
    def from_json(cls, json: object) -> Self:
        """Raises ValueError for what `to_json` never wrote."""
        match json:
            case []:
                return cls()
            case [int(unit), list(gaps), list(values)]:
                at = tuple(gap * unit for gap in accumulate(gaps))
                return cls(at, tuple(_long(value) for value in values))
        raise ValueError(f"{json!r} is no series")

    def __iter__(self) -> Iterator[tuple[Ticks, Value]]:
        return iter(zip(self.at, self.values, strict=True))


EMPTY: Final = Series()


def _short(value: Value) -> JSON:
    """Most values are numbers: a Decimal in a list of its own text takes half of what `pack` takes."""
    return [format(value, "f")] if isinstance(value, Decimal) else pack(value)


def _long(json: object) -> Value:
    match json:
        case [str(digits)]:
            return Decimal(digits)
        case _:
            return unpack(json)
