"""Events as they are heard: what they say, whether they are news, and whether a run that waits means them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from engine.facts import Fact, typed
from engine.logic import Scope
from engine.overlay import Overlay
from engine.run import Watch
from engine.stored import pack
from engine.subjects import CONTACTS
from engine.values import UNKNOWN, Value, unpack
from engine.vocabulary import Vocabulary

NEWS: Final = timedelta(days=1)
"""An event that is told later than this starts nothing: a late fact corrects what is known and fires for no past."""

RECENT: Final = timedelta(days=31)

Event = dict[str, JsonValue]


def said(fact: Fact, vocabulary: Vocabulary) -> Event:
    """What an event says, as a run keeps it."""
    values = typed(fact.data or {}, vocabulary.events[fact.event or ""])
    return {name: pack(value) for name, value in values.items() if value is not UNKNOWN}


def is_news(fact: Fact, now: datetime) -> bool:
    return now - fact.at <= NEWS


def is_recent(fact: Fact, now: datetime) -> bool:
    """What is older is history, and nobody asks why it started nothing."""
    return now - fact.at <= RECENT


def beside(scope: Scope, event: Mapping[str, JsonValue] | None) -> Scope:
    """The scope with what the event says."""
    if not event:
        return scope
    values: dict[str, Value] = {f"event.{name}": unpack(value) for name, value in event.items()}
    return Scope(values=Overlay(values, scope.values), now=scope.now, calendar=scope.calendar)


def awaits(watch: Watch, fact: Fact) -> bool:
    """Whether the run waits for such events, and did so already when this one happened, however late it is told. What
    comes from one contact is nothing to a run for another.
    """
    if watch.event is None or watch.event != fact.event or not (watch.since is None or watch.since <= fact.at):
        return False
    return watch.each != CONTACTS or sender(fact.data) in {None, watch.subject}


def sender(event: Mapping[str, object] | None) -> str | None:
    """The contact that it comes from, where it says one."""
    named = (event or {}).get("contact")
    return None if named is None else str(named)
