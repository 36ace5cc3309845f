"""Texts that hang on what an event may leave out, so that the step would wait for a person to fill it in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.logic import Expression
from engine.plan import Plan, Step
from engine.steps.base import Spec
from engine.vocabulary import Vocabulary

_TEXTS: Final = ("title", "instructions", "reason", "subject", "text")
_SHOWN: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ASKED: Final = re.compile(r"\{%.*?%\}", re.DOTALL)
_OF_EVENT: Final = re.compile(r"\bevent\.(\w+)")
_ROOM: Final = "event."
_MOVES: Final = frozenset({"moved", "vanished", "shifted", "lost", "told"})
_ELSE: Final = re.compile(r"\bor\b|\bif\b")


def unsaid(plan: Plan, vocabulary: Vocabulary) -> Iterator[tuple[Step, str, str]]:
    """Each step with such a text, by the key that says it and the field of the event."""
    sure = _asked_for(plan) | _always_said(vocabulary)
    awaited = _awaited(plan)
    for step in plan.steps.values():
        here = {name for block, name in awaited if step.path.startswith(block)}
        found = {(key, name) for spec in step.specs for key, text in _texts(spec) for name in _bare(text)}
        yield from ((step, key, name) for key, name in sorted(found) if name not in sure and name not in here)


def _awaited(plan: Plan) -> set[tuple[str, str]]:
    """What a wait for a day of the event knows, where that day has come."""
    found = (
        (step, path) for step in plan.steps.values() for spec in step.specs if (path := getattr(spec, "reads", ""))
    )
    return {(f"{step.path}/then/", path.removeprefix(_ROOM)) for step, path in found if path.startswith(_ROOM)}


def _asked_for(plan: Plan) -> frozenset[str]:
    """What some condition of the playbook asks of the event: whoever wrote it has thought of it. A start by hand has no
    event, so that the start's own says nothing then.
    """
    specs = [spec for step in plan.steps.values() for spec in step.specs]
    inside = [one for spec in specs for one in spec.expressions() if one not in _of_days(spec)]
    start = [plan.start.where] if plan.start.where and not plan.start.by_hand else []
    reads = {path for one in (*inside, *start) for path in one.reads}
    return frozenset(path.removeprefix(_ROOM) for path in reads if path.startswith(_ROOM))


def _of_days(spec: Spec) -> list[Expression]:
    """How a step learns that a day has moved or vanished: no author's word."""
    return [one for name, one in spec.conditions.items() if name in _MOVES]


def _always_said(vocabulary: Vocabulary) -> frozenset[str]:
    named = {name for fields in vocabulary.events.values() for name in fields}
    lacking = {name for fields in vocabulary.events.values() for name, one in fields.items() if not one.always_known}
    return frozenset((named - lacking) | {"contact"})


def _texts(spec: Spec) -> Iterator[tuple[str, str]]:
    for part in (spec, *getattr(spec, "mails", ())):
        yield from ((key, text) for key in _TEXTS if isinstance(text := getattr(part, key, None), str))


def _bare(text: str) -> set[str]:
    """The event's fields that are shown with nothing to stand in their place."""
    asked = {name for tag in _ASKED.findall(text) for name in _OF_EVENT.findall(tag)}
    shown = [one for one in _SHOWN.findall(text) if not _ELSE.search(one)]
    return {name for one in shown for name in _OF_EVENT.findall(one)} - asked
