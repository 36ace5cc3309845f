"""Metrics as an author declares them: one way of measuring each; window, target, zones where they make sense."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal

from engine.declared.expressions import read_condition, read_duration, read_expression, read_percentage
from engine.declared.fields import check_name, numeric_type, read_type
from engine.declared.targets import TargetReader, ZonesShape, read_zones
from engine.document import Document, Path
from engine.logic import Condition
from engine.measures import (
    By,
    DaysSince,
    Formula,
    Latest,
    Measure,
    Metric,
    Occurrence,
    Reported,
    Score,
    Tally,
    Target,
    Zones,
)
from engine.problems import Problems, suggest_or_list
from engine.quantities import Duration
from engine.shapes import Shape
from engine.types import INSTANT, INTEGER, NUMBER, NUMERIC, Type
from engine.validation import validated
from engine.vocabulary import Vocabulary, VocabularyNames

Way = Literal[
    "reported", "latest", "count", "sum", "average", "distinct", "days_since", "first", "last", "formula", "score"
]
WAYS: Final[tuple[Way, ...]] = (
    "reported", "latest", "count", "sum", "average", "distinct", "days_since", "first", "last", "formula", "score",
)  # fmt: skip

_OF_FIELD: Final = frozenset({"latest", "sum", "average", "distinct"})
_OF_EVENT: Final = frozenset({"count", "days_since", "first", "last"})
_WINDOWED: Final = frozenset({"count", "sum", "average", "distinct"})
# Which keys say something only about some ways of measuring.
_ONLY_FOR: Final[Mapping[str, frozenset[str]]] = {
    "where": _OF_FIELD | _OF_EVENT,
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


def read_metrics(document: Document, vocabulary: Vocabulary, problems: Problems) -> dict[str, Metric]:
    """First each metric's type, then what is reckoned from others, so that they may stand in any order."""
    data = document.data if isinstance(document.data, dict) else {}
    declared = data.get("metrics")
    names = declared if isinstance(declared, dict) else {}
    sound = [name for name in names if check_name(document, ("metrics", name), (), problems)]
    readers = [reader for name in sound if (reader := _reader(document, name, vocabulary, problems))]
    bare = {reader.name: metric for reader in readers if (metric := reader.bare())}
    known = replace(vocabulary, metrics=bare)
    unsound = _unsound(document, known)
    return {name: _Whole(_by_name(readers, name), metric, known, unsound).metric() for name, metric in bare.items()}


def _unsound(document: Document, known: Vocabulary) -> frozenset[str]:
    """Names that are declared and could not be understood: to call them unknown elsewhere would mislead."""
    sound = {*known.fields, *known.metrics, *(field for fields in known.events.values() for field in fields)}
    data = document.data if isinstance(document.data, dict) else {}
    sections = [data.get("fields"), data.get("metrics")]
    events = data.get("events")
    sections += events.values() if isinstance(events, dict) else []
    return frozenset(name for section in sections if isinstance(section, dict) for name in section) - sound


def _by_name(readers: list[_Reader], name: str) -> _Reader:
    return next(reader for reader in readers if reader.name == name)


def _reader(document: Document, name: str, vocabulary: Vocabulary, problems: Problems) -> _Reader | None:
    path, where = ("metrics", name), f"metrics > {name}"
    shape = validated(document, MetricShape, path, where)
    if isinstance(shape, Problems):
        problems.extend(shape)
        return None
    ways = [way for way in WAYS if way in shape.model_fields_set]
    if len(ways) == 1:
        return _Reader(document, name, shape, ways[0], vocabulary, problems)
    message = f"is measured in two ways: {' and '.join(ways)}" if ways else "does not say how it is measured"
    fix = "Keep one" if ways else f"Give it one of {', '.join(WAYS)}"
    at = document.key_at((*path, ways[1])) if ways else document.key_at(path)
    problems.add(document.file, at, where, f"'{name}' {message}", fix, code="metric-measure")
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
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
        elif self.way in _OF_EVENT and dot:
            self.say(self.way, f"`{self.way}` takes an event alone", f"Write {event}", "metric-measure")
        elif self.way in _OF_EVENT:
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
                return INTEGER
            case "first" | "last":
                return INSTANT
            case "score":
                return Type("points")
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


@dataclass(frozen=True, slots=True)
class _Whole:
    """The same metric with everything that names others."""

    reader: _Reader
    bare: Metric
    known: Vocabulary
    unsound: frozenset[str]

    def metric(self) -> Metric:
        return replace(
            self.bare,
            measure=self._measure(),
            target=self._target(),
            zones=self._zones(),
            fresh=self._duration("fresh"),
        )

    def _measure(self) -> Measure:
        shape, way = self.reader.shape, self.reader.way
        match way:
            case "reported":
                return Reported()
            case "formula":
                return self._formula()
            case "score":
                return Score(self._weights(shape.score or {}), self._coverage())
        found = self.reader.event_and_field()
        if found is None:
            return Reported()
        event, field, _ = found
        where = self._where(event)
        match way:
            case "count" | "sum" | "average" | "distinct":
                return Tally(way, event, field, where, self._over())
            case "first" | "last":
                return Occurrence(way, event, where)
            case "latest":
                return Latest(event, field or "", where)
            case _:
                return DaysSince(event, where)

    def _formula(self) -> Measure:
        path = (*self.reader.path, "formula")
        if self._reads_unsound("formula"):
            return Reported()
        where = f"{self.reader.where} > formula"
        read = read_expression(self.reader.document, path, self._names(), self.reader.problems, where, self.bare.type)
        return Formula(read) if read else Reported()

    def _reads_unsound(self, key: str) -> bool:
        words = re.findall(r"\w+", str(getattr(self.reader.shape, key)))
        return not self.unsound.isdisjoint(words)

    def _names(self) -> VocabularyNames:
        """Formulas and targets are made of other metrics and of the account's own fields."""
        names = self.known.names()
        reachable = {path: type_ for path, type_ in names.types.items() if path.startswith(("account.", "metrics."))}
        return VocabularyNames(reachable, names.metrics)

    def _where(self, event: str) -> Condition | None:
        if self.reader.shape.where is None or self._reads_unsound("where"):
            return None
        types = {f"event.{name}": field.type for name, field in self.known.events[event].items()}
        path = (*self.reader.path, "where")
        where = f"{self.reader.where} > where"
        return read_condition(self.reader.document, path, VocabularyNames(types, {}), self.reader.problems, where)

    def _over(self) -> Duration | None:
        return None if self.reader.shape.over == "ever" else self._duration("over")

    def _duration(self, key: str) -> Duration | None:
        if getattr(self.reader.shape, key) is None:
            return None
        path = (*self.reader.path, key)
        return read_duration(self.reader.document, path, self.reader.problems, f"{self.reader.where} > {key}")

    def _weights(self, written: Mapping[str, Decimal]) -> dict[str, Decimal]:
        for part, weight in written.items():
            if fault := self._part_fault(part, weight):
                message, fix = fault
                where = f"{self.reader.where} > score"
                at = self.reader.document.key_at((*self.reader.path, "score", part))
                self.reader.problems.add(self.reader.document.file, at, where, message, fix, code="score")
        if not written:
            self.reader.say("score", "a score needs parts", "Write `{logins: 40, nps: 60}`", "score")
        return {part: weight for part, weight in written.items() if part in self.known.metrics}

    def _part_fault(self, part: str, weight: Decimal) -> tuple[str, str] | None:
        metric = self.known.metrics.get(part)
        if part in self.unsound:
            return None
        if metric is None:
            return f"'{part}' is not a metric of the vocabulary", suggest_or_list(part, self.known.metrics)
        if metric.target is None:
            return f"'{part}' has no target, so it has no attainment to weigh", "Give it a target, or take it away"
        if weight <= 0:
            return f"'{part}' weighs {weight}", "Give it a weight above 0, or take it away"
        return None

    def _coverage(self) -> Decimal:
        if self.reader.shape.coverage is None:
            return Decimal(1)
        path = (*self.reader.path, "coverage")
        where = f"{self.reader.where} > coverage"
        return read_percentage(self.reader.document, path, self.reader.problems, where) or Decimal(1)

    def _target(self) -> Target | None:
        reader = self.reader
        if reader.way == "score":
            return Target({"": Decimal(100)})
        if reader.shape.target is None or self._reads_unsound("target"):
            return None
        if not self.bare.is_numeric:
            message = f"a metric that is {self.bare.type.name} has no target"
            reader.say("target", message, "Take it away", "target", at_key=True)
            return None
        groups: dict[By, tuple[str, ...]] = {"tier": self.known.tiers, "stage": self.known.stages}
        where = f"{reader.where} > target"
        path = (*reader.path, "target")
        return TargetReader(reader.document, path, where, self.bare.type, self._names(), groups, reader.problems).read()

    def _zones(self) -> Zones:
        reader = self.reader
        if reader.shape.zones is None:
            return Zones()
        if self.bare.target is None:
            reader.say("zones", "zones need a target", "Add `target: …`, or take them away", "zones", at_key=True)
        return read_zones(
            reader.document, (*reader.path, "zones"), reader.shape.zones, reader.problems, f"{reader.where} > zones"
        )
