"""What a test may expect of a story: effects by the steps that have them, with what is worth knowing of each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from engine.calendar import Calendar, add_days
from engine.plan import template_of
from engine.problems import suggest_or_list
from engine.quantities import DayOf, parse_moment
from engine.story import Story
from engine.trace import Entry
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
# Which kinds of steps have the effect: a mail with nobody to write to, or to be approved, opens a task.
KINDS_OF: Mapping[str, frozenset[str]] = {
    "task": frozenset({"task", "email", "sequence"}),
    "email": frozenset({"email", "sequence"}),
    "slack": frozenset({"slack"}),
    "webhook": frozenset({"webhook"}),
    "escalate": frozenset({"escalate", "task"}),
    "remind": frozenset({"task", "email"}),
    "update": frozenset({"update"}),
    "meeting": frozenset({"meeting"}),
    "play": frozenset({"play"}),
}
_NAMES = tuple(dict.fromkeys(EFFECTS.values()))
# What YAML takes for something else where it stands inside brackets.
_NEEDS_QUOTES = re.compile(r"^$|^[\s\-?:#&*!|>'\"%@`]|[,\[\]{}\n]|:(?:\s|$)|\s#|\s$")
_TIMES = ("at", "due", "until")
_FIELDS = ("playbook", "assigned", "person", "to", "contact", "template", "set", "rung", "path", "subject", *_TIMES)
_TITLED = frozenset({"task", "meeting"})


def faults(item: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """The key, what is wrong with it, and what to do."""
    named = [name for name in item if name in _NAMES]
    if len(named) != 1:
        return [("", "an expectation names one effect", f"Say one of {', '.join(_NAMES)} with a step's id.")]
    known = (*_NAMES, *_FIELDS, "title", "times")
    found = [
        (key, f"'{key}' is not a key of an expectation", suggest_or_list(key, known))
        for key in item
        if key not in known
    ]
    form = "Write 'day 3', 2026-03-05 or 2026-03-05T09:00:00Z."
    found += [
        (key, f"'{item[key]}' is neither a day, a date nor an instant", form)
        for key in _TIMES
        if key in item and _time(item[key]) is None
    ]
    if "title" in item and named[0] not in _TITLED:
        found.append(("title", f"'title' is of a task or a meeting, not of '{named[0]}'", "Take it away."))
    times = item.get("times", 1)
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        found.append(("times", f"'{times}' is not a number of times", "Write a whole number from 1 on."))
    return found


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


@dataclass(frozen=True, slots=True)
class Matcher:
    """Whether an effect is the one that an expectation means. `titles` are those of tasks and meetings, by the effect's
    identity.
    """

    story: Story
    calendar: Calendar
    titles: Mapping[int, str]

    def __call__(self, item: Mapping[str, object], entry: Entry) -> bool:
        name = EFFECTS[entry.event, entry.kind]
        if name not in item or str(item[name]) not in {entry.step, entry.path, _from_its_step(entry)}:
            return False
        return all(self.agrees(key, wanted, entry) for key, wanted in item.items() if key != name)

    def said(self, entry: Entry, like: Mapping[str, object] | None = None) -> str:
        """The effect as the test could expect it, with what it asks for."""
        item = _as_expected(entry, self.story, self.calendar)
        if "title" in (like or {}) and id(entry) in self.titles:
            item["title"] = self.titles[id(entry)]
        return said(item)

    def agrees(self, key: str, wanted: object, entry: Entry) -> bool:
        if key == "at":
            return self.same_time(wanted, entry.at)
        if key == "title":
            return str(wanted) == self.titles.get(id(entry))
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


def said(item: Mapping[str, object]) -> str:
    """As an author writes it."""
    return "{" + ", ".join(f"{key}: {_plain(value)}" for key, value in item.items()) + "}"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return said(value)
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text


def _from_its_step(entry: Entry) -> str:
    """The path without what the step stands in: `welcome/mail/2`, wherever the sequence is."""
    parts = entry.path.split("/")
    own = max((index for index, part in enumerate(parts) if template_of(part) == entry.step), default=0)
    return "/".join((template_of(parts[own]), *parts[own + 1 :]))


def _as_expected(entry: Entry, story: Story, calendar: Calendar) -> dict[str, object]:
    day = (calendar.date_of(entry.at) - calendar.date_of(story.start)).days
    effect = EFFECTS[entry.event, entry.kind]
    item: dict[str, object] = {"at": f"day {day}", effect: _from_its_step(entry) if effect == "email" else entry.step}
    for key in _FIELDS:
        value = entry.subject or None if key == "subject" else entry.fields.get(key)
        if isinstance(value, str) and key in _TIMES:
            value = calendar.date_of(read_instant(value)).isoformat()
        if value is not None and not (key == "person" and {"assigned", "to"} & entry.fields.keys()):
            item[key] = value
    return item
