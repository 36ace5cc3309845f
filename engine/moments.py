"""What comes at one instant of a story: facts, what people do, what contacts answer, what other playbooks do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from engine.document import Path
from engine.facts import Fact, read_fact
from engine.model import StoryModel, ThenModel
from engine.run import Said
from engine.vocabulary import Vocabulary

Verb = Literal["complete", "snooze", "reassign", "acknowledge", "claim", "note"]
VERBS: tuple[Verb, ...] = ("complete", "snooze", "reassign", "acknowledge", "claim", "note")
Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does in the story. `step` names the task or escalation by its id or path."""

    verb: Verb
    step: str
    by: str | None = None
    outcome: str | None = None
    until: datetime | None = None
    to: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a contact does with the last mail that it got; with `step`, with the last of that step. `topic` is what they
    leave that is not the mail's own: one, or EVERY; `link` the one that they click.
    """

    contact: str
    verb: Said
    step: str | None = None
    topic: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A run of another playbook that began: the subject's, or where none is named that of every one it can have."""

    playbook: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A run of another playbook that ended: the subject's, or where none is named every one that is live."""

    playbook: str
    outcome: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`facts` as they would be posted, runs of other playbooks that `started` and `ended`, what people do, and what
    contacts do with the mails that they got. `others`: how many other accounts have entered; `release`: a person
    lets in what is held.
    """

    at: datetime
    facts: tuple[Raw, ...] = ()
    acts: tuple[Act, ...] = ()
    ended: tuple[Ended, ...] = ()
    answers: tuple[Answer, ...] = ()
    others: int = 0
    release: bool = False
    started: tuple[Started, ...] = ()


def said_of(item: ThenModel | StoryModel) -> Iterator[tuple[Path, Raw]]:
    """Each fact of an item, and where in it that stands."""
    fields = {key: value for key, value in item.account.items() if key != "id"}
    if fields or isinstance(item, StoryModel):
        # A story's account is there from the start, even when nothing is told of it.
        yield ("account",), {"fields": fields or {"name": None}}
    for index, contact in enumerate(item.contacts):
        yield ("contacts", index), {"contact": contact}
    for kind, several in item.records.items():
        for index, one in enumerate(several):
            yield ("records", kind, index), {"record": kind, "fields": one}
    if item.team:
        yield ("team",), {"team": item.team}
    for metric, value in item.metrics.items():
        yield ("metrics", metric), {"metric": metric, "value": value}
    if isinstance(item, ThenModel) and item.event is not None:
        yield ("data",) if item.data else ("event",), {"event": item.event, "data": item.data}


def facts_of(moment: Moment, vocabulary: Vocabulary) -> Iterator[Fact]:
    """The facts that a moment tells; reading the story has seen that they can be read."""
    for raw in moment.facts:
        found = read_fact(raw, vocabulary, moment.at)
        if isinstance(found, Fact):
            yield found
