"""A task of Acme's as a card shows it."""

from datetime import UTC, datetime
from typing import Any

from engine.account import picture
from engine.people import Person
from engine.render.cards import Around, Card, card
from engine.run import Task
from engine.trace import Entry
from tests.support.playbooks import ACME, setting
from tests.support.told import Told

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)


def task(**changes: Any) -> Task:
    """Ana's, who is a csm; due on Wednesday."""
    said = {
        "id": "t1", "run": "example-1", "account": "acme", "playbook": "example", "path": "ring", "step": "ring",
        "visit": 1, "title": "Ring Acme", "role": "csm", "person": "ana", "opened": NOW,
        "due": datetime(2026, 3, 4, 22, tzinfo=UTC),
    }  # fmt: skip
    return Task.model_validate(said | changes)


def person(name: str) -> Person:
    found = setting().people.get(name)
    assert found is not None
    return found


def around(*decisions: Entry, now: datetime = NOW, **fields: Any) -> Around:
    known = Told(setting().vocabulary)
    known.tell(NOW, fields={**ACME, **fields})
    values = picture(known.account, setting().vocabulary, setting().policy, now).scope.values
    return Around(values, setting().vocabulary, setting().directory, "Low score", decisions, now)


def seen_by(viewer: str | None, *decisions: Entry, fields: dict[str, Any] | None = None, **changes: Any) -> Card:
    """The card as that colleague sees it, or a channel does (None)."""
    return card(task(**changes), person(viewer) if viewer else None, around(*decisions, **(fields or {})))
