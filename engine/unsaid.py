"""Texts that hang on what an event may leave out, so that the step would wait for a person to fill it in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.plan import Plan, Step
from engine.steps.base import Spec
from engine.vocabulary import Vocabulary

_TEXTS: Final = ("title", "instructions", "reason", "subject", "text")
_SHOWN: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ASKED: Final = re.compile(r"\{%.*?%\}", re.DOTALL)
_OF_EVENT: Final = re.compile(r"\bevent\.(\w+)")
_ELSE: Final = re.compile(r"\bor\b|\bif\b")


def unsaid(plan: Plan, vocabulary: Vocabulary) -> Iterator[tuple[Step, str, str]]:
    """Each step with such a text, by the key that says it and the field of the event."""
    sure = _asked_for(plan) | _always_said(vocabulary)
    for step in plan.steps.values():
        found = {(key, name) for spec in step.specs for key, text in _texts(spec) for name in _bare(text)}
        yield from ((step, key, name) for key, name in sorted(found) if name not in sure)


def _asked_for(plan: Plan) -> frozenset[str]:
    """What some condition of the playbook asks of the event: whoever wrote it has thought of it. A start by hand has no
    event, so that the start's own says nothing then.
    """
    inside = [one for step in plan.steps.values() for spec in step.specs for one in spec.expressions()]
    start = [plan.start.where] if plan.start.where and not plan.start.by_hand else []
    reads = {path for one in (*inside, *start) for path in one.reads}
    return frozenset(path.removeprefix("event.") for path in reads if path.startswith("event."))


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
