"""What a metric is: how it is measured, what it should be, where its zones begin. metrics.py reckons it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from engine.logic import Condition, Expression
from engine.quantities import Duration
from engine.types import NUMERIC, Type

By = Literal["tier", "stage"]


@dataclass(frozen=True, slots=True)
class Reported:
    """Posted as measured."""


@dataclass(frozen=True, slots=True)
class Latest:
    """What the last such event said in `field`."""

    event: str
    field: str
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Over the events of a window; `over` None means ever, `field` is None for a count."""

    how: Literal["count", "sum", "average", "distinct"]
    event: str
    field: str | None = None
    where: Condition | None = None
    over: Duration | None = None


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Whole calendar days since the last such event."""

    event: str
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The instant of the first or the last such event."""

    which: Literal["first", "last"]
    event: str
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Score:
    """Weights over the attainment of other metrics; `coverage` is the least share of weight that must be known."""

    weights: Mapping[str, Decimal]
    coverage: Decimal = Decimal(1)


Measure: TypeAlias = Reported | Latest | Tally | DaysSince | Occurrence | Formula | Score


@dataclass(frozen=True, slots=True)
class Target:
    """One value (under the key "", `by` None), or one for each tier or stage."""

    values: Mapping[str, Decimal | Expression]
    by: By | None = None

    def of(self, tier: str | None, stage: str | None) -> Decimal | Expression | None:
        match self.by:
            case None:
                return self.values[""]
            case "tier":
                return self.values.get(tier or "")
            case "stage":
                return self.values.get(stage or "")


@dataclass(frozen=True, slots=True)
class Band:
    """Attainment below `below` is in it, once that has lasted for `dwell`; it is left at `clears_at` (inclusive)."""

    below: Decimal
    dwell: Duration | None = None
    clears_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Zones:
    """Green is all that is in neither band."""

    yellow: Band = field(default_factory=lambda: Band(Decimal("0.85")))
    red: Band = field(default_factory=lambda: Band(Decimal("0.70")))

    @property
    def dwells(self) -> tuple[Duration, ...]:
        return tuple(band.dwell for band in (self.yellow, self.red) if band.dwell is not None)


@dataclass(frozen=True, slots=True)
class Metric:
    """`type` is that of its value; a metric without target has no attainment and no zone."""

    name: str
    title: str
    type: Type
    measure: Measure
    target: Target | None = None
    zones: Zones = field(default_factory=Zones)
    better: Literal["higher", "lower"] = "higher"
    kind: Literal["leading", "lagging"] | None = None
    fresh: Duration | None = None

    @property
    def is_numeric(self) -> bool:
        return self.type.kind in NUMERIC

    @property
    def event(self) -> str | None:
        """The event that it is measured from."""
        match self.measure:
            case Latest(event=event) | Tally(event=event) | DaysSince(event=event) | Occurrence(event=event):
                return event
            case _:
                return None

    @property
    def spans(self) -> tuple[Duration, ...]:
        """The lengths of time that it is measured over: window, freshness, dwells."""
        over = self.measure.over if isinstance(self.measure, Tally) else None
        return (*(one for one in (over, self.fresh) if one is not None), *self.zones.dwells)

    @property
    def reads(self) -> frozenset[str]:
        """The flat paths from which formula, score and target are reckoned."""
        targets = self.target.values.values() if self.target else ()
        wanted = (one.reads for one in targets if isinstance(one, Expression))
        return self._measured_from().union(*wanted)

    @property
    def parts(self) -> frozenset[str]:
        """The other metrics it is reckoned from."""
        return _metrics_in(self.reads)

    @property
    def measured_from(self) -> frozenset[str]:
        """The other metrics that its value is made of, whatever its target is."""
        return _metrics_in(self._measured_from())

    def _measured_from(self) -> frozenset[str]:
        match self.measure:
            case Formula(expression=expression):
                return frozenset(expression.reads)
            case Score(weights=weights):
                return frozenset(f"metrics.{part}.attainment" for part in weights)
            case _:
                return frozenset()


def _metrics_in(paths: frozenset[str]) -> frozenset[str]:
    return frozenset(path.split(".")[1] for path in paths if path.startswith("metrics."))
