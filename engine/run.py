"""The state of one run, and what can happen to it.

A run is a flat record of open steps by their path. Everything here is frozen pydantic, because it is stored as JSON and
a run that any released version began must go on under the newest: `Run.format` says which reader wrote it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SerializerFunctionWrapHandler, model_serializer

from engine.logic import Condition
from engine.quantities import Duration

RUN_FORMAT = 1
_EFFECTS = uuid.UUID("6f1d3f0e-6a49-5f0c-9d0b-6f7f3f1c2a11")


class Frozen(BaseModel):
    """A value that is stored: immutable, and no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Lean(Frozen):
    """What is named by a hash of its content. The keys in `added` came in after the first release: where they say
    nothing they are not written, so that what says the same keeps its hash.
    """

    added: ClassVar[frozenset[str]] = frozenset()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """What was worked out of the old content, its hash above all, is not taken along."""
        made = super().model_copy(update=update, deep=deep)
        for name in made.__dict__.keys() - type(made).model_fields.keys():
            del made.__dict__[name]
        return made

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {key: value for key, value in written.items() if value is not None or key not in self.added}


class Open(Frozen):
    """A step that a run rests at.

    `path` is the author's path with occurrences (`rhythm#3/touch`); `timers` are due instants by name; `watches` are
    the names of the step's conditions whose rise the step waits for; `memo` is what the kind itself remembers; `parked`
    says why a person must look, and `awaits` which path being known lets it try again; `released` means that the strand
    went on and the step stays open beside it; `inside` is the block that the strand is in; `strands` are the blocks
    that have a strand of their own while the step stays open, as they follow its path (`#3`, `/short`); `way` is what
    the account was when the step was entered, where that decides (`enterprise`).
    """

    path: str
    step: str
    visit: int
    since: datetime
    timers: dict[str, datetime] = Field(default_factory=dict)
    watches: tuple[str, ...] = ()
    memo: dict[str, JsonValue] = Field(default_factory=dict)
    parked: str | None = None
    awaits: str | None = None
    released: bool = False
    inside: str | None = None
    strands: tuple[str, ...] = ()
    way: str | None = None


class Run(Frozen):
    """Where one account (or one subject of it) stands in one version of one playbook.

    `clock` is the instant of the last thing that was fed: a story never goes back in time. `event` is what can be read
    as `event.*`; strands of their own have theirs in `events`, by the path of their block. `arrivals` are the steps
    that strands have come to and not yet entered, where an advance stopped short; the next one is the last. `lacks` is
    the field that its days count from, while that is not known and no step says so.
    """

    format: int = RUN_FORMAT
    id: str
    playbook: str
    plan: str
    account: str
    subject: str = ""
    started: datetime
    clock: datetime
    event: dict[str, JsonValue] | None = None
    parameters: dict[str, JsonValue] | None = None
    events: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    arrivals: tuple[str, ...] = ()
    at_start: dict[str, JsonValue] = Field(default_factory=dict)
    open: dict[str, Open] = Field(default_factory=dict)
    visits: dict[str, int] = Field(default_factory=dict)
    outcomes: dict[str, str] = Field(default_factory=dict)
    paused: bool = False
    lacks: str | None = None
    outcome: str | None = None
    ended: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether the playbook still runs; an ended run may have open tasks that outlive it."""
        return self.outcome is None

    @property
    def over(self) -> bool:
        """Whether nothing is left to do, so that its workflow may close."""
        return self.outcome is not None and not self.open

    def strand_of(self, path: str) -> str:
        """The block whose strand the path lies in; empty for that of the main steps."""
        roots = (f"{open_.path}{block}" for open_ in self.open.values() for block in open_.strands)
        return max((root for root in roots if path.startswith(f"{root}/")), key=len, default="")

    def event_at(self, path: str) -> dict[str, JsonValue] | None:
        """What can be read as `event.*` there: what the strand has heard, or the one that it left."""
        heard = [root for root in self.events if path.startswith(f"{root}/")]
        return self.events[max(heard, key=len)] if heard else self.event

    @property
    def look_at(self) -> datetime | None:
        """When the run must be looked at again though nothing came in."""
        if self.paused:
            return None
        return min((due for step in self.open.values() for due in step.timers.values()), default=None)


# --- inputs: what happened to a run, latched with its instant and consumed once


class Flipped(Frozen):
    """A watched condition became true. `path` is the step's, or `goal` or `stop`; `name` says which of its own."""

    kind: Literal["flipped"] = "flipped"
    at: datetime
    path: str
    visit: int
    name: str
    why: dict[str, JsonValue] | None = None
    event: dict[str, JsonValue] | None = None


class Settled(Frozen):
    """The world answered for one effect. `to` is the recipient's id; `state` is the ledger's."""

    kind: Literal["settled"] = "settled"
    at: datetime
    path: str
    visit: int
    effect: str
    to: str
    state: Literal["sent", "failed", "skipped", "expired"]
    reason: str | None = None


class TaskActed(Frozen):
    """A person did something with a task. `edited` is what a mail that is approved says instead, by its parts."""

    kind: Literal["task"] = "task"
    at: datetime
    path: str
    visit: int
    verb: Literal["complete", "snooze", "reassign", "claim", "note", "reopen"]
    by: str | None = None
    outcome: str | None = None
    until: datetime | None = None
    to: str | None = None
    note: str | None = None
    edited: dict[Literal["subject", "preheader", "body"], str] | None = None


class Acknowledged(Frozen):
    """A person took an escalation on."""

    kind: Literal["acknowledged"] = "acknowledged"
    at: datetime
    path: str
    visit: int
    by: str | None = None


class Operated(Frozen):
    """An operator's word. Fed before every other input. `path` names a step for `skip` and `retry` (a parked step)."""

    kind: Literal["operated"] = "operated"
    at: datetime
    verb: Literal["pause", "resume", "skip", "retry", "stop"]
    by: str | None = None
    path: str | None = None
    outcome: str | None = None


class Played(Frozen):
    """What became of another playbook that a step was to start: a new run, the live one, or a `reason` why none.
    `ring` is the way from a step that waits for it back to itself, where the other's run waits for this one.
    """

    kind: Literal["played"] = "played"
    at: datetime
    path: str
    visit: int
    joined: bool = False
    reason: str | None = None
    ring: tuple[str, ...] = ()


Said = Literal["reply", "unsubscribe", "bounce", "click", "open"]


class Answered(Frozen):
    """A contact did something with a mail; a bounce is one for good. `why`: the word for it, where that says more."""

    kind: Literal["answered"] = "answered"
    at: datetime
    path: str
    visit: int
    to: str
    verb: Said
    why: str | None = None


class Waiter(Frozen):
    """A visit that waits for a task which another opened."""

    run: str
    path: str
    visit: int


class Joined(Frozen):
    """Another visit found the task of this one open and waits for it too; what it says of the task is newer."""

    kind: Literal["joined"] = "joined"
    at: datetime
    path: str
    visit: int
    waiter: Waiter
    playbook: str
    title: str
    instructions: str = ""


Input = Annotated[
    Flipped | Settled | Answered | TaskActed | Acknowledged | Operated | Played | Joined, Field(discriminator="kind")
]


# --- what a run asks of the world


Key = tuple[str, str, int, str]


class Watch(Frozen):
    """A condition that a run waits for, or an `event`, of which the condition then says which one. `extra` holds the
    run's own values that the condition reads (outcomes, values at the start); `lasting` is how long it must be true
    without a break, and `since` from when on it has been; `truth` is what was last known of that; `next_at` is when
    time alone could change it; `each` and `subject` say which item can be read. A rise, and each event that fits,
    latches a `Flipped` input.
    """

    run: str
    path: str
    visit: int
    name: str
    condition: Condition | None = None
    event: str | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    lasting: Duration | None = None
    since: datetime | None = None
    truth: bool = False
    next_at: datetime | None = None
    each: str | None = None
    subject: str = ""

    @property
    def key(self) -> Key:
        """What makes it one watch of one visit."""
        return (self.run, self.path, self.visit, self.name)


class Effect(Frozen):
    """Something to be done outside, once. `key` is run · step id · visit · recipient · channel.

    `blocking` effects hold their step until they settle. `content` is what the channel needs (for mail: subject, body,
    template, sender; for Slack: body, and `task` or `incident` when the message stands for one). It never leaves the
    app database but to the provider.
    """

    key: str
    run: str
    path: str
    step: str
    visit: int
    channel: Literal["email", "slack", "webhook"]
    purpose: Literal["email", "slack", "webhook", "task", "remind", "escalate"]
    to: str
    address: str
    priority: int
    blocking: bool
    at: datetime
    content: dict[str, JsonValue]

    @property
    def id(self) -> str:
        """The opaque name of the effect outside the database."""
        return effect_id(self.key)

    def settled(
        self, at: datetime, state: Literal["sent", "failed", "skipped", "expired"], reason: str | None = None
    ) -> Settled:
        """The world's answer, for the step that wanted it."""
        return Settled(at=at, path=self.path, visit=self.visit, effect=self.id, to=self.to, state=state, reason=reason)


def effect_key(run: str, step: str, visit: int, to: str, channel: str) -> str:
    return "·".join((run, step, str(visit), to, channel))


def effect_id(key: str) -> str:
    return str(uuid.uuid5(_EFFECTS, key))


class Task(Frozen):
    """A work item of a person, whole, as it stands now. Its id is the run, path and visit that opened it.

    `rung` is the highest of its ladder that has acted, `used_up` says that it was the last; `urgent`: it is
    due by the clock, so that no hours hold back what is told of it; `taken` is who took it by
    hand (`person` may cover for them); `accountable` is a person's id, `consulted` and `informed` are roles as the
    author wrote them. While it is open, nobody opens a second one with its `identity`: `waiters` hear of its outcome
    too.
    """

    id: str
    run: str
    account: str
    playbook: str
    path: str
    step: str
    visit: int
    kind: Literal["task", "escalation", "missing", "approval", "meeting"] = "task"
    title: str
    instructions: str = ""
    role: str | None
    person: str | None
    by_hand: bool = False
    outcomes: tuple[str, ...] = ("done", "skipped")
    opened: datetime
    due: datetime | None = None
    snoozed: datetime | None = None
    state: Literal["open", "done", "withdrawn"] = "open"
    outcome: str | None = None
    closed: datetime | None = None
    by: str | None = None
    rung: int = 0
    used_up: bool = False
    urgent: bool = False
    taken: str | None = None
    accountable: str | None = None
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    identity: str | None = None
    subject: str = ""
    waiters: tuple[Waiter, ...] = ()

    @property
    def sleeps_too_long(self) -> bool:
        """It is put off until after it is due."""
        return self.snoozed is not None and self.due is not None and self.snoozed > self.due

    @property
    def rests_at(self) -> str:
        """The path of the record in the run that hears what people do with it."""
        return self.path.rpartition("/")[0] if self.kind == "approval" else self.path


def task_id(run: str, path: str, visit: int) -> str:
    return str(uuid.uuid5(_EFFECTS, f"task·{run}·{path}·{visit}"))
