"""One metric as its author declares it: how it is measured, of which event, and what type that gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal

from engine.declared.fields import numeric_type, read_type
from engine.declared.targets import ZonesShape
from engine.document import Document, Path
from engine.measures import (
    Measure,
    Metric,
    Reported,
    Score,
    Target,
    Zones,
)
from engine.problems import Problems, suggest_or_list
from engine.shapes import Shape
from engine.types import INSTANT, INTEGER, NUMBER, NUMERIC, Type
from engine.validation import validated
from engine.vocabulary import Vocabulary

Way = Literal[
    "reported", "latest", "count", "sum", "average", "distinct", "days_since", "first", "last", "formula", "score"
]
WAYS: Final[tuple[Way, ...]] = (
    "reported", "latest", "count", "sum", "average", "distinct", "days_since", "first", "last", "formula", "score",
)  # fmt: skip

_OF_FIELD: Final = frozenset({"latest", "sum", "average", "distinct"})
OF_EVENT: Final = frozenset({"count", "days_since", "first", "last"})
_WINDOWED: Final = frozenset({"count", "sum", "average", "distinct"})
# Which keys say something only about some ways of measuring.
_ONLY_FOR: Final[Mapping[str, frozenset[str]]] = {
    "where": _OF_FIELD | OF_EVENT,
    "over": _WINDOWED,
    "fresh": frozenset({"reported", "latest"}),
    "unit": frozenset({"reported", "latest", "sum", "average", "formula"}),
    "type": frozenset({"reported"}),
    "of": frozenset({"reported"}),
    "coverage": frozenset({"score"}),
    "target": frozenset(WAYS) - {"score", "first", "last"},
    "zones": frozenset(WAYS) - {"first", "last"},
}


class MetricShape(Shape):
    noun: ClassVar[str] = "a metric"
    title: str = ""
    kind: Literal["leading", "lagging"] | None = None
    better: Literal["higher", "lower"] = "higher"
    reported: Literal[True] | None = None
    latest: str | None = None
    count: str | None = None
    sum: str | None = None
    average: str | None = None
    distinct: str | None = None
    days_since: str | None = None
    first: str | None = None
    last: str | None = None
    formula: Any = None
    score: dict[str, Decimal] | None = None
    coverage: Any = None
    where: Any = None
    over: Any = None
    fresh: Any = None
    unit: str | None = None
    type: Any = None
    of: Any = None
    target: Any = None
    zones: ZonesShape | None = None


def read_metric(document: Document, name: str, vocabulary: Vocabulary, problems: Problems) -> MetricReader | None:
    path, where = ("metrics", name), f"metrics > {name}"
    shape = validated(document, MetricShape, path, where)
    if isinstance(shape, Problems):
        problems.extend(shape)
        return None
    ways = [way for way in WAYS if way in shape.model_fields_set]
    if len(ways) == 1:
        return MetricReader(document, name, shape, ways[0], vocabulary, problems)
    message = f"is measured in two ways: {' and '.join(ways)}" if ways else "does not say how it is measured"
    fix = "Keep one" if ways else f"Give it one of {', '.join(WAYS)}"
    at = document.key_at((*path, ways[1])) if ways else document.key_at(path)
    problems.add(document.file, at, where, f"'{name}' {message}", fix, code="metric-measure")
    return None


@dataclass(frozen=True, slots=True)
class MetricReader:
    """What one metric is, as far as it can be told without the others."""

    document: Document
    name: str
    shape: MetricShape
    way: Way
    vocabulary: Vocabulary
    problems: Problems

    @property
    def path(self) -> Path:
        return ("metrics", self.name)

    @property
    def where(self) -> str:
        return f"metrics > {self.name}"

    def bare(self) -> Metric | None:
        """With its type, and with a target of 1 in place of what may be reckoned from others."""
        self._refuse_unfit_keys()
        type_ = self._type()
        if type_ is None:
            return None
        measure: Measure = Score({}) if self.way == "score" else Reported()
        targeted = self.shape.target is not None or self.way == "score"
        target = Target({"": Decimal(1)}) if targeted else None
        title = self.shape.title or self.name.replace("_", " ").capitalize()
        return Metric(self.name, title, type_, measure, target, Zones(), self.shape.better, self.shape.kind)

    def say(self, key: str, message: str, fix: str, code: str, *, at_key: bool = False) -> None:
        path = (*self.path, key)
        at = self.document.key_at(path) if at_key else self.document.at(path)
        self.problems.add(self.document.file, at, self.where, message, fix, code=code)

    def event_and_field(self) -> tuple[str, str | None, Type | None] | None:
        """The event it is measured from, the event's field and that field's type; None when the author misspelt one."""
        written = str(getattr(self.shape, self.way))
        event, dot, field = written.partition(".")
        fields = self.vocabulary.events.get(event)
        if fields is None:
            fix = suggest_or_list(event, self.vocabulary.events)
            self.say(self.way, f"'{event}' is not an event of the vocabulary", fix, "unknown-event")
        elif self.way in OF_EVENT and dot:
            self.say(self.way, f"`{self.way}` takes an event alone", f"Write {event}", "metric-measure")
        elif self.way in OF_EVENT:
            return event, None, None
        elif not dot:
            some = next(iter(fields))
            self.say(self.way, f"`{self.way}` takes an event and its field", f"Write {event}.{some}", "metric-measure")
        elif field not in fields:
            fix = suggest_or_list(field, fields)
            self.say(self.way, f"'{field}' is not a field of the event '{event}'", fix, "unknown-field")
        else:
            return event, field, fields[field].type
        return None

    def _refuse_unfit_keys(self) -> None:
        for key in _ONLY_FOR:
            if key in self.shape.model_fields_set and self.way not in _ONLY_FOR[key]:
                message = f"`{key}` says nothing about a metric with `{self.way}`"
                self.say(key, message, "Take it away", "unfit-key", at_key=True)
        if self.way in _WINDOWED and self.shape.over is None:
            message = f"`{self.way}` needs a window"
            self.say(self.way, message, "Add `over: 30 days`, or `over: ever`", "missing-key", at_key=True)

    def _type(self) -> Type | None:
        match self.way:
            case "count" | "distinct" | "days_since":
                return Type("integer", bounds=(0, None))
            case "first" | "last":
                return INSTANT
            case "score":
                return Type("points", bounds=(0, 100))
            case "formula":
                return Type("percent") if self._is_ratio() else numeric_type("number", self.shape.unit)
            case "reported":
                return self._reported_type()
            case _:
                return self._field_type()

    def _is_ratio(self) -> bool:
        target = self.shape.target
        values = target.values() if isinstance(target, dict) else [target]
        return self.shape.unit is None and any(isinstance(one, str) and one.rstrip().endswith("%") for one in values)

    def _reported_type(self) -> Type | None:
        shape = self.shape
        if shape.type is None and shape.of is None:
            return numeric_type("number", shape.unit)
        type_ = read_type(self.document, self.path, self.problems, self.where)
        if type_ is None or shape.unit is None:
            return type_
        if type_.kind in NUMERIC:
            return numeric_type(type_.kind, shape.unit)
        self.say("unit", f"only a number has a unit, not {type_.name}", "Take it away", "unfit-key", at_key=True)
        return type_

    def _field_type(self) -> Type | None:
        found = self.event_and_field()
        type_ = found[2] if found else None
        if type_ is None or type_.kind in NUMERIC:
            return type_ and (
                numeric_type(type_.kind, self.shape.unit) if self.shape.unit else _unbounded(type_, self.way)
            )
        if self.way == "latest":
            return type_
        written = getattr(self.shape, self.way)
        self.say(
            self.way, f"{written} is {type_.name}, and only numbers have a {self.way}", "Name a number", "wrong-type"
        )
        return None


def _unbounded(type_: Type, way: str) -> Type:
    return NUMBER if way == "average" and type_ == INTEGER else type_
