"""A story: what is told of one account over time. One test of a `*.test.yaml` is a story with expectations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from engine.calendar import Calendar
from engine.document import Document, Path
from engine.problems import Problems, suggest_or_list
from engine.quantities import Duration, parse_duration
from engine.setting import Setting
from engine.shapes import Shape
from engine.validation import validated
from engine.values import read_instant

Verb = Literal["complete", "snooze", "reassign", "acknowledge", "claim", "note"]
VERBS: tuple[Verb, ...] = ("complete", "snooze", "reassign", "acknowledge", "claim", "note")
_FACTS = ("account", "metrics", "event", "contacts", "records", "team")


class ThenModel(Shape):
    noun: ClassVar[str] = "a 'then' item"

    after: str | None = None
    at: str | None = None
    dated: str | None = None
    account: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    event: str | None = None
    data: dict[str, Any] = {}
    contacts: list[dict[str, Any]] = []
    records: dict[str, list[dict[str, Any]]] = {}
    team: dict[str, str] = {}
    complete: str | None = None
    snooze: str | None = None
    reassign: str | None = None
    acknowledge: str | None = None
    claim: str | None = None
    note: str | None = None
    outcome: str | None = None
    until: str | None = None
    to: str | None = None
    by: str | None = None


class StoryModel(Shape):
    noun: ClassVar[str] = "a test"

    test: str = "story"
    start: str
    account: dict[str, Any] = {}
    contacts: list[dict[str, Any]] = []
    metrics: dict[str, Any] = {}
    records: dict[str, list[dict[str, Any]]] = {}
    team: dict[str, str] = {}
    then: list[ThenModel] = []
    expect: list[dict[str, Any]] | None = None
    expect_some: list[dict[str, Any]] = []
    never: list[dict[str, Any]] = []
    outcome: str | None = None


class TestFileModel(Shape):
    noun: ClassVar[str] = "a file of tests"

    playbook: str
    tests: Annotated[list[Any], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does in the story. `step` names the task or escalation by its id or path."""

    verb: Verb
    step: str
    by: str | None = None
    outcome: str | None = None
    until: datetime | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What comes at one instant: facts as they would be posted, and what people do."""

    at: datetime
    facts: tuple[dict[str, Any], ...] = ()
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """`account` is its id; `readings` names the metrics that the story sets itself, whatever kind they are."""

    name: str
    account: str
    start: datetime
    moments: tuple[Moment, ...]
    readings: frozenset[str]
    model: StoryModel
    path: Path

    def calendar(self, setting: Setting) -> Calendar:
        """The account's calendar as the story begins: what "day N" and local days mean in expectations."""
        said = self.model.account
        return setting.policy.calendar(_text(said.get("country")), _text(said.get("time_zone")))


def read_story(document: Document, setting: Setting, path: Path = ()) -> Story | Problems:
    """A story file, or one item of a test file's `tests`."""
    data = document.value(path)
    if isinstance(data, dict) and "playbook" in data and "tests" not in data:
        data = {key: value for key, value in data.items() if key != "playbook"}
    model = validated(document, StoryModel, path, _where(data), data=data)
    if isinstance(model, Problems):
        return model
    return _Reading(document, setting, path, model).story()


def _where(data: object) -> str:
    name = data.get("test") if isinstance(data, dict) else None
    return f"test '{name}'" if name else "the story"


class _Reading:
    """One story on its way from words to instants."""

    def __init__(self, document: Document, setting: Setting, path: Path, model: StoryModel) -> None:
        self.document = document
        self.setting = setting
        self.path = path
        self.model = model
        self.problems = Problems()
        said = model.account
        self.account = str(said.get("id", "account"))
        self.calendar = setting.policy.calendar(_text(said.get("country")), _text(said.get("time_zone")))

    def story(self) -> Story | Problems:
        start = self.instant(self.model.start, "start")
        if start is None:
            return self.problems
        self.check_metrics()
        first = Moment(start, tuple(self.facts(self.model, "start", start, None)))
        later = [moment for index, item in enumerate(self.model.then) if (moment := self.moment(item, index, start))]
        moments = (first, *sorted(later, key=lambda one: one.at))
        if self.problems.errors:
            return self.problems
        readings = {*self.model.metrics, *(name for item in self.model.then for name in item.metrics)}
        return Story(self.model.test, self.account, start, moments, frozenset(readings), self.model, self.path)

    def check_metrics(self) -> None:
        known = self.setting.vocabulary.metrics
        named = [((*self.path, "metrics", name), name) for name in self.model.metrics]
        named += [
            ((*self.path, "then", index, "metrics", name), name)
            for index, item in enumerate(self.model.then)
            for name in item.metrics
        ]
        for path, name in named:
            if name not in known:
                self.fault(path, f"'{name}' is not a metric", suggest_or_list(name, known), "unknown-metric")

    def moment(self, item: ThenModel, index: int, start: datetime) -> Moment | None:
        at = self.when(item, index, start)
        if at is None:
            return None
        dated = self.instant(item.dated, "then", index, "dated") if item.dated else None
        facts = tuple(self.facts(item, f"then/{index + 1}", at, dated))
        acts = tuple(self.acts(item, index, at))
        if not facts and not acts:
            known = [*_FACTS, *VERBS]
            self.fault(
                (*self.path, "then", index),
                "nothing happens in this item",
                f"Say one of {', '.join(known)}.",
                "nothing-happens",
            )
        return Moment(at, facts, acts)

    def when(self, item: ThenModel, index: int, start: datetime) -> datetime | None:
        if (item.after is None) == (item.at is None):
            self.fault(
                (*self.path, "then", index), "an item says either 'after' or 'at'", "Write 'after: 3 days'.", "when"
            )
            return None
        if item.at is not None:
            return self.instant(item.at, "then", index, "at")
        found = parse_duration(item.after or "")
        if isinstance(found, Duration):
            return self.calendar.add(found, start, "exact")
        self.fault((*self.path, "then", index, "after"), found.message, found.fix, "invalid-time")
        return None

    def facts(
        self, item: ThenModel | StoryModel, name: str, at: datetime, dated: datetime | None
    ) -> list[dict[str, Any]]:
        """The item's facts as they would be posted; ids are by place, so that a story tells the same each time."""
        told: list[dict[str, Any]] = []
        fields = {key: value for key, value in item.account.items() if key != "id"}
        if fields or isinstance(item, StoryModel):
            told.append({"fields": fields})
        told += [{"contact": contact} for contact in item.contacts]
        told += [{"record": kind, "fields": one} for kind, several in item.records.items() for one in several]
        told += [{"team": item.team}] if item.team else []
        told += [{"metric": metric, "value": value} for metric, value in item.metrics.items()]
        if isinstance(item, ThenModel) and item.event is not None:
            told.append({"event": item.event, "data": item.data})
        own = {"account": self.account, "at": (dated or at).isoformat()}
        return [{"id": f"{name}/{number}", **own, **one} for number, one in enumerate(told, 1)]

    def acts(self, item: ThenModel, index: int, at: datetime) -> list[Act]:
        found: list[Act] = []
        for verb in VERBS:
            step = getattr(item, verb)
            if step is not None:
                until = self.until(item, index, at) if item.until is not None else None
                found.append(Act(verb, step, by=item.by, outcome=item.outcome, until=until, to=item.to))
        return found

    def until(self, item: ThenModel, index: int, at: datetime) -> datetime | None:
        found = parse_duration(item.until or "")
        if isinstance(found, Duration):
            return self.calendar.add(found, at, "opens")
        return self.instant(item.until or "", "then", index, "until")

    def instant(self, text: str, *keys: str | int) -> datetime | None:
        try:
            return read_instant(text)
        except ValueError as wrong:
            self.fault((*self.path, *keys), str(wrong), "Write it as 2026-03-02T09:00:00Z.", "invalid-time")
            return None

    def fault(self, path: Path, message: str, fix: str, code: str) -> None:
        self.problems.add(
            self.document.file, self.document.at(path), _where(self.document.value(self.path)), message, fix, code=code
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
