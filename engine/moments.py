"""What comes at one instant of a story: facts, what people do, what contacts answer, what became of other playbooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from engine.run import Said

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
    leave that is not the mail's own: one, or EVERY.
    """

    contact: str
    verb: Said
    step: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A run of another playbook that ended: the subject's, or where none is named every one that is live."""

    playbook: str
    outcome: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`facts` as they would be posted, runs of other playbooks that `ended`, what people do, and what contacts do with
    the mails that they got. `others`: how many other accounts have entered; `release`: a person lets in what is held.
    """

    at: datetime
    facts: tuple[Raw, ...] = ()
    acts: tuple[Act, ...] = ()
    ended: tuple[Ended, ...] = ()
    answers: tuple[Answer, ...] = ()
    others: int = 0
    release: bool = False
