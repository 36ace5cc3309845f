"""Tests beside the playbooks: stories with what must come of them, and what is said when it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.calendar import Calendar, add_days
from engine.document import Document, Path
from engine.model import StoryModel, TestFileModel
from engine.moments import VERBS
from engine.parameters import misfits, unpacked
from engine.plan import Plan, template_of
from engine.problems import Problems, suggest_or_list
from engine.quantities import DayOf, parse_moment
from engine.setting import Setting
from engine.simulate import Others, Told, simulate
from engine.standing import standing
from engine.steps.task import TaskSpec
from engine.story import Story, read_story
from engine.trace import Entry
from engine.validation import validated
from engine.values import read_date, read_instant

EFFECTS: Mapping[tuple[str, str], str] = {
    ("opened", "task"): "task",
    ("sent", "email"): "email",
    ("posted", "slack"): "slack",
    ("posted", "webhook"): "webhook",
    ("opened", "escalate"): "escalate",
    ("escalated", "escalate"): "escalate",
    ("escalated", "task"): "escalate",
    ("reminded", "task"): "remind",
    ("updated", "update"): "update",
    ("opened", "meeting"): "meeting",
    ("completed", "play"): "play",
    ("waiting", "play"): "play",
}
# Which kinds of steps have the effect: a mail with nobody to write to opens a task.
_OF_KIND: Mapping[str, frozenset[str]] = {
    "task": frozenset({"task", "escalate", "email", "sequence", "meeting"}),
    "email": frozenset({"email", "sequence"}),
    "slack": frozenset({"slack"}),
    "webhook": frozenset({"webhook"}),
    "escalate": frozenset({"escalate", "task"}),
    "remind": frozenset({"task"}),
    "update": frozenset({"update"}),
    "meeting": frozenset({"meeting"}),
    "play": frozenset({"play"}),
}
_ACKNOWLEDGED = frozenset({"escalate"})
_NAMES = tuple(dict.fromkeys(EFFECTS.values()))
# What YAML takes for something else where it stands inside brackets.
_NEEDS_QUOTES = re.compile(r"^$|^[\s\-?:#&*!|>'\"%@`]|[,\[\]{}\n]|:(?:\s|$)|\s#|\s$")
_TIMES = ("at", "due", "until")
_FIELDS = ("playbook", "assigned", "person", "to", "contact", "template", "set", "rung", "path", "subject", *_TIMES)


@dataclass(frozen=True, slots=True)
class Result:
    """One test. `missed` are the expectations that did not come true, in words; `told` is the story as it went."""

    test: str
    file: str
    line: int
    missed: tuple[str, ...]
    told: Told
    story: Story

    @property
    def passed(self) -> bool:
        return not self.missed


@dataclass(slots=True)
class Report:
    """A file of tests: its results, or what is wrong with the file itself."""

    file: str
    playbook: str
    results: list[Result] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)


def read_tests(document: Document, setting: Setting) -> tuple[str, list[Story], Problems]:
    """The playbook that the file is about, its stories, and all that is wrong with them."""
    problems = Problems()
    head = validated(document, TestFileModel, (), "")
    if isinstance(head, Problems):
        return "", [], head
    stories: list[Story] = []
    for index in range(len(head.tests)):
        found = read_story(document, setting, ("tests", index))
        if isinstance(found, Problems):
            problems.extend(found)
        else:
            stories.append(found)
            _check_expectations(found, document, problems)
    return head.playbook, stories, problems


def run_tests(
    document: Document, plan: Plan, stories: list[Story], setting: Setting, word: str = "", others: Others | None = None
) -> Report:
    """Each story on the virtual clock; `word` picks those whose name has it. `others`: the playbooks beside it."""
    report = Report(document.file, plan.playbook)
    for story in stories:
        if word in story.name:
            told = simulate(plan, story, setting, others=others)
            line = document.at(story.path).line
            report.results.append(
                Result(story.name, document.file, line, tuple(missed(story, told, plan, setting)), told, story)
            )
    return report


def check_stories(document: Document, plan: Plan, stories: Iterable[Story]) -> Problems:
    """What the stories of a file name that their playbook does not have."""
    problems = Problems()
    for story in stories:
        for path, message, fix in _unknown(plan, story):
            at = document.at((*story.path, *path))
            problems.add(document.file, at, f"test '{story.name}'", message, fix, code="not-in-playbook")
    return problems


def _unknown(plan: Plan, story: Story) -> Iterator[tuple[Path, str, str]]:
    model = story.model
    for key, items in (("expect", model.expect or []), ("expect_some", model.expect_some), ("never", model.never)):
        for index, item in enumerate(items):
            for effect in [name for name in item if name in _OF_KIND]:
                yield from _no_step(plan, effect, _OF_KIND[effect], str(item[effect]), (key, index, effect))
    for index, told in enumerate(model.then):
        for verb in VERBS:
            if (step := getattr(told, verb)) is not None:
                word, kinds = ("escalation", _ACKNOWLEDGED) if verb == "acknowledge" else ("task", _OF_KIND["task"])
                yield from _no_step(plan, word, kinds, step, ("then", index, verb))
        if told.complete and told.outcome:
            yield from _no_outcome(plan, told.complete, told.outcome, ("then", index, "outcome"))
    yield from _no_values(plan, model)
    possible = outcomes_of(plan)
    if model.outcome is not None and model.outcome not in possible:
        yield ("outcome",), f"no run ends as '{model.outcome}'", suggest_or_list(model.outcome, possible)


def _no_values(plan: Plan, model: StoryModel) -> Iterator[tuple[Path, str, str]]:
    for one in misfits(unpacked(plan.parameters), model.with_):
        yield ("with", one.name), one.message, one.fix
    if model.with_ and plan.start.by_rule:
        fix = "Give its parameters other defaults, or test a playbook that plays it."
        yield ("with",), "values are given by a start by hand, and this story's playbook starts by its rule", fix


def _no_step(plan: Plan, word: str, kinds: frozenset[str], named: str, path: Path) -> Iterator[tuple[Path, str, str]]:
    able = [step for step in plan.steps.values() if step.kind in kinds]
    place = template_of(named)
    if any(place in {step.id, step.path} or place.startswith((f"{step.path}/", f"{step.id}/")) for step in able):
        return
    yield path, f"the playbook has no {word} '{named}'", suggest_or_list(named, [step.id for step in able])


def _no_outcome(plan: Plan, named: str, outcome: str, path: Path) -> Iterator[tuple[Path, str, str]]:
    place = template_of(named)
    for step in plan.steps.values():
        if place in {step.id, step.path} and isinstance(step.spec, TaskSpec):
            possible = (*step.spec.outcomes, "skipped")
            if outcome not in possible:
                yield path, f"'{named}' has no outcome '{outcome}'", suggest_or_list(outcome, possible)


def outcomes_of(plan: Plan) -> tuple[str, ...]:
    """Every way in which a run can end by itself."""
    ends = [step.spec.outcome for step in plan.steps.values() if step.spec.kind == "end"]
    exits = [exit_.outcome for exit_ in (*plan.goals, *plan.stops)]
    return tuple(dict.fromkeys(("completed", *ends, *exits)))


# --- what a test may expect


def _check_expectations(story: Story, document: Document, problems: Problems) -> None:
    model = story.model
    for key, items in (("expect", model.expect or []), ("expect_some", model.expect_some), ("never", model.never)):
        for index, item in enumerate(items):
            for name, message, fix in _faults(item):
                at = document.key_at((*story.path, key, index, *([name] if name else [])))
                problems.add(
                    document.file, at, f"test '{story.name}' > {key} {index + 1}", message, fix, code="expectation"
                )


def _faults(item: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """The key, what is wrong with it, and what to do."""
    named = [name for name in item if name in _NAMES]
    if len(named) != 1:
        return [("", "an expectation names one effect", f"Say one of {', '.join(_NAMES)} with a step's id.")]
    known = (*_NAMES, *_FIELDS, "times")
    faults = [
        (key, f"'{key}' is not a key of an expectation", suggest_or_list(key, known))
        for key in item
        if key not in known
    ]
    form = "Write 'day 3', 2026-03-05 or 2026-03-05T09:00:00Z."
    faults += [
        (key, f"'{item[key]}' is neither a day, a date nor an instant", form)
        for key in _TIMES
        if key in item and _time(item[key]) is None
    ]
    times = item.get("times", 1)
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        faults.append(("times", f"'{times}' is not a number of times", "Write a whole number from 1 on."))
    return faults


def _time(said: object) -> datetime | date | int | None:
    """An instant, a local date, or a number of days from the start."""
    text = str(said)
    for reader in (read_instant, read_date):
        try:
            return reader(text)
        except ValueError:
            continue
    moment = parse_moment(text)
    return moment.day if isinstance(moment, DayOf) else None


# --- what came of it


def missed(story: Story, told: Told, plan: Plan, setting: Setting) -> list[str]:
    """Every expectation that did not come true."""
    model = story.model
    match = _Matcher(story, story.calendar(setting))
    effects = [entry for entry in told.trace if (entry.event, entry.kind) in EFFECTS and not _is_over(entry)]
    found = list(told.faults)
    if model.expect is not None:
        found += _in_order(_unrolled(model.expect), effects, match)
    found += _some(_unrolled(model.expect_some), effects, match)
    found += [
        f"must never happen, but did: {_said(item)}" for item in model.never if any(match(item, one) for one in effects)
    ]
    if "outcome" in model.model_fields_set and model.outcome != told.outcome:
        found.append(_other_outcome(story, told, plan, setting))
    return found


def _other_outcome(story: Story, told: Told, plan: Plan, setting: Setting) -> str:
    """With where the run stands that did not end; an earlier one may be the one that was meant."""
    clock, wanted = story.clock(setting), story.model.outcome
    stands = "" if told.outcome else f": {standing(told.runs.values(), plan, clock)}"
    said = f"outcome: expected {wanted or 'none'}, but it was {told.outcome or 'none'}{stands}"
    runs = sorted(told.runs.values(), key=lambda run: run.started)
    if wanted is not None and any(run.outcome == wanted for run in runs[:-1]):
        said += (
            f". An earlier run ended as {wanted}, and at {clock(runs[-1].started)} another began: "
            "an outcome is the last run's. Say with 'until' where the story ends"
        )
    return said


def _is_over(entry: Entry) -> bool:
    """Whether it tells of the end of what was expected when it began: a play that was waited for."""
    return entry.kind == "play" and entry.event == "completed" and "outcome" in entry.fields


def _unrolled(items: list[dict[str, object]]) -> list[dict[str, object]]:
    """`times: 12` says the same twelve times."""
    return [
        {key: value for key, value in item.items() if key != "times"} for item in items for _ in range(_times(item))
    ]


def _times(item: Mapping[str, object]) -> int:
    times = item.get("times", 1)
    return times if isinstance(times, int) else 1


def _in_order(expected: list[dict[str, object]], effects: list[Entry], match: _Matcher) -> list[str]:
    """The whole list, in order; the first difference says enough, the rest would follow from it."""
    for index, item in enumerate(expected):
        if index >= len(effects):
            return [f"expected as number {index + 1}, but nothing more happened: {_said(item)}"]
        if not match(item, effects[index]):
            return [f"expected as number {index + 1}: {_said(item)}; but it was: {match.said(effects[index])}"]
    return [f"not expected: {match.said(one)}" for one in effects[len(expected) :]]


def _some(expected: list[dict[str, object]], effects: list[Entry], match: _Matcher) -> list[str]:
    left = list(effects)
    lacking: list[str] = []
    for item in expected:
        found = next((one for one in left if match(item, one)), None)
        if found is None:
            lacking.append(f"did not happen: {_said(item)}")
        else:
            left.remove(found)
    return lacking


@dataclass(frozen=True, slots=True)
class _Matcher:
    """Whether an effect is the one that an expectation means."""

    story: Story
    calendar: Calendar

    def __call__(self, item: Mapping[str, object], entry: Entry) -> bool:
        name = EFFECTS[entry.event, entry.kind]
        if name not in item or str(item[name]) not in {entry.step, entry.path, _from_its_step(entry)}:
            return False
        return all(self.agrees(key, wanted, entry) for key, wanted in item.items() if key != name)

    def said(self, entry: Entry) -> str:
        return _as_expected(entry, self.story, self.calendar)

    def agrees(self, key: str, wanted: object, entry: Entry) -> bool:
        if key == "at":
            return self.same_time(wanted, entry.at)
        if key in {"path", "subject"}:
            return str(wanted) == (entry.path if key == "path" else entry.subject)
        got = entry.fields.get(key)
        if key in _TIMES:
            return isinstance(got, str) and self.same_time(wanted, read_instant(got))
        if key == "set" and isinstance(wanted, dict) and isinstance(got, dict):
            return all(name in got and str(got[name]) == str(value) for name, value in wanted.items())
        return got is not None and str(wanted) == str(got)

    def same_time(self, wanted: object, at: datetime) -> bool:
        match _time(wanted):
            case datetime() as instant:
                return at == instant
            case date() as day:
                return self.calendar.date_of(at) == day
            case int() as number:
                return self.calendar.date_of(at) == add_days(self.calendar.date_of(self.story.start), number)
            case _:
                return False


def _said(item: Mapping[str, object]) -> str:
    """As an author writes it."""
    return "{" + ", ".join(f"{key}: {_plain(value)}" for key, value in item.items()) + "}"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return _said(value)
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text


def _from_its_step(entry: Entry) -> str:
    """The path without what the step stands in: `welcome/mail/2`, wherever the sequence is."""
    parts = entry.path.split("/")
    own = max((index for index, part in enumerate(parts) if template_of(part) == entry.step), default=0)
    return "/".join((template_of(parts[own]), *parts[own + 1 :]))


def _as_expected(entry: Entry, story: Story, calendar: Calendar) -> str:
    """The effect as the test could expect it."""
    day = (calendar.date_of(entry.at) - calendar.date_of(story.start)).days
    effect = EFFECTS[entry.event, entry.kind]
    item: dict[str, object] = {"at": f"day {day}", effect: _from_its_step(entry) if effect == "email" else entry.step}
    for key in _FIELDS:
        value = entry.subject or None if key == "subject" else entry.fields.get(key)
        if isinstance(value, str) and key in _TIMES:
            value = calendar.date_of(read_instant(value)).isoformat()
        if value is not None and not (key == "person" and {"assigned", "to"} & entry.fields.keys()):
            item[key] = value
    return _said(item)
