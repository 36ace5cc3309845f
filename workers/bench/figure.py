"""One measured figure."""

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Goal:
    """`of` says what is held against the limit: the value itself, or its ratio to what it is compared with."""

    of: Literal["value", "ratio"]
    bound: Literal["at least", "under", "at most"]
    limit: float

    def holds(self, measured: float) -> bool:
        match self.bound:
            case "at least":
                return measured >= self.limit
            case "at most":
                return measured <= self.limit
        return measured < self.limit

    def __str__(self) -> str:
        return f"{'ratio ' if self.of == 'ratio' else ''}{self.bound} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """`against` is the same measure of what it is compared with, in the same unit; None where only the goal counts.
    What is told without being judged has no goal.
    """

    name: str
    value: float
    unit: str
    goal: Goal | None = None
    against: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.against if self.against else None

    @property
    def holds(self) -> bool:
        if self.goal is None:
            return True
        measured = self.ratio if self.goal.of == "ratio" else self.value
        return measured is not None and self.goal.holds(measured)

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "against": _short(self.against),
            "ratio": _short(self.ratio),
            "goal": None if self.goal is None else str(self.goal),
            "holds": self.holds,
        }


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")
