"""What a reading is made of: a score's parts with what each brings to it, a formula's with what each comes to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.measures import Formula, Metric, Score
from engine.readings import capped, number
from engine.values import UNKNOWN, Value

if TYPE_CHECKING:
    from engine.view import View


@dataclass(frozen=True, slots=True)
class Part:
    """`path` is what is read, `value` what it reads (an attainment for a score), UNKNOWN when it is not known.

    Of a score: `weight` as the author wrote it, `share` of all the weight (0 to 1), `points` of the score's 100 that it
    brings now; they are None of a formula, and `points` where the part or the score is not known.
    """

    path: str
    value: Value
    weight: Decimal | None = None
    share: Decimal | None = None
    points: Decimal | None = None

    @property
    def known(self) -> bool:
        return self.value is not UNKNOWN


@dataclass(frozen=True, slots=True)
class Makeup:
    """`coverage` is the share of weight (of a formula: of its parts) that is known, `needed` the least that makes the
    reading known; both 0 to 1.
    """

    parts: tuple[Part, ...]
    coverage: Decimal
    needed: Decimal


def makeup(view: View, metric: Metric) -> Makeup | None:
    """None for a metric that is not made of others."""
    match metric.measure:
        case Score() as score:
            return _of_score(view, score)
        case Formula(expression=expression):
            parts = tuple(Part(path, view.value(path)) for path in sorted(expression.reads))
            known = sum(part.known for part in parts)
            return Makeup(parts, Decimal(known) / len(parts) if parts else Decimal(1), Decimal(1))
        case _:
            return None


def _of_score(view: View, score: Score) -> Makeup:
    attained = {name: view.value(f"metrics.{name}.attainment") for name in score.weights}
    total = sum(score.weights.values(), Decimal(0))
    known = sum((weight for name, weight in score.weights.items() if number(attained[name]) is not None), Decimal(0))
    enough = known > 0 and known >= score.coverage * total

    def part(name: str, weight: Decimal) -> Part:
        reached = number(attained[name])
        points = None if reached is None or not enough else weight * capped(reached) * 100 / known
        return Part(f"metrics.{name}.attainment", attained[name], weight, weight / total, points)

    parts = tuple(part(name, weight) for name, weight in score.weights.items())
    return Makeup(parts, known / total, score.coverage)
