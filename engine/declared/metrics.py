"""The metrics of a vocabulary: each with window, target and zones, held against all the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.declared.expressions import read_condition, read_duration, read_expression, read_percentage
from engine.declared.fields import check_name
from engine.declared.metric import MetricReader, read_metric
from engine.declared.targets import TargetReader, read_zones
from engine.document import Document
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
from engine.vocabulary import Vocabulary, VocabularyNames


def read_metrics(document: Document, vocabulary: Vocabulary, problems: Problems) -> dict[str, Metric]:
    """First each metric's type, then what is reckoned from others, so that they may stand in any order."""
    data = document.data if isinstance(document.data, dict) else {}
    declared = data.get("metrics")
    names = declared if isinstance(declared, dict) else {}
    sound = [name for name in names if check_name(document, ("metrics", name), (), problems)]
    readers = [reader for name in sound if (reader := read_metric(document, name, vocabulary, problems))]
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


def _by_name(readers: list[MetricReader], name: str) -> MetricReader:
    return next(reader for reader in readers if reader.name == name)


@dataclass(frozen=True, slots=True)
class _Whole:
    """The same metric with everything that names others."""

    reader: MetricReader
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
        return VocabularyNames(reachable, names.metrics, "a formula and a target read metrics.* and account.* only")

    def _where(self, event: str) -> Condition | None:
        if self.reader.shape.where is None or self._reads_unsound("where"):
            return None
        types = {f"event.{name}": field.type for name, field in self.known.events[event].items()}
        names = VocabularyNames(types, {}, "a `where` reads event.* only: what the event itself says")
        path = (*self.reader.path, "where")
        where = f"{self.reader.where} > where"
        return read_condition(self.reader.document, path, names, self.reader.problems, where)

    def _over(self) -> Duration | None:
        over = None if self.reader.shape.over == "ever" else self._duration("over")
        fault = fix = ""
        if over is not None and over.unit == "business day":
            fault, fix = f"'{over}' cannot be the length of a window", f"Say days: '{over.amount * 7 // 5} days'"
        elif over is not None and not over.amount:
            fault, fix = "a window has a length", "Say how long, as in '30 days', or 'ever'"
        if fault:
            self.reader.say("over", fault, fix, "duration")
            return Duration(amount=1, unit="day")
        return over

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
        share = read_percentage(self.reader.document, path, self.reader.problems, where)
        if share is None or 0 < share <= 1:
            return Decimal(1) if share is None else share
        message, fix = "more than all of the weight can never be known", "Say 100% or less"
        if not share:
            message, fix = "of a score some part must be known", "Say how much of the weight, as in 60%"
        self.reader.say("coverage", message, fix, "score")
        return Decimal(1)

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
