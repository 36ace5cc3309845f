"""What a step is, and what its kind may answer.

A kind answers two questions. *enter*: a run arrives here. *resume*: something came for a run that rests here. Both
answer with a `Move`. No kind knows Temporal, SQL or Slack: it asks its `Context` for what it needs and says what should
be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import Field, JsonValue

from engine.logic import Condition, Expression
from engine.quantities import Duration
from engine.run import Acknowledged, Answered, Flipped, Joined, Lean, Open, Operated, Played, Settled, TaskActed
from engine.shapes import Shape

SAID: Final = "set"
"""The timer of a step that has said facts: it goes on when they have been taken in, in the same instant."""
NEXT: Final = "next"
"""The timer of a loop that comes again."""


class StepModel(Shape):
    """A step as an author writes it: the kind's own keys and no others."""


class WaitingModel(StepModel):
    """A step that waits: it may be given up after a time."""

    at_most: str | None = None
    otherwise: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """A condition, perhaps with how long it must last, or an event of which the condition then says which one."""

    condition: Condition | None
    event: str | None = None
    lasting: Duration | None = None


class Spec(Lean):
    """A compiled step. `conditions` are those that a run may wait for, by name; `at_most` is when it is given up."""

    kind: str
    conditions: dict[str, Condition] = Field(default_factory=dict)
    at_most: Duration | None = None

    def awaits(self) -> tuple[Condition, ...]:
        """What the step may wait for, and which events it means: looked at again when what they read changes."""
        return tuple(self.conditions.values())

    def expressions(self) -> tuple[Expression, ...]:
        """Everything that the step reads of the account and the run, also once only."""
        return self.awaits()

    def awaited(self, name: str) -> Awaited:
        """What a run waits for by this name: a condition, or an event."""
        return Awaited(self.conditions[name])


# --- answers


@dataclass(frozen=True, slots=True)
class Done:
    """The step is over; the strand goes on with the next one."""

    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The run rests here until a timer, a watched condition or another input. `released`: the strand goes on at once
    all the same. `begins` are blocks of its own, as they follow its path, through which strands set out beside it;
    `event` is what can be read as `event.*` there.
    """

    timers: Mapping[str, datetime] = field(default_factory=dict)
    watches: Sequence[str] = ()
    memo: Mapping[str, JsonValue] = field(default_factory=dict)
    released: bool = False
    begins: Sequence[str] = ()
    event: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """A step that had strands of its own is over: those still on their way are given up for this reason."""

    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Into:
    """The strand goes into one of the step's own blocks; the step is over, with this outcome, when the block is
    through. `event` is what can be read as `event.*` from there on.
    """

    block: str
    outcome: str | None = None
    event: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The run ends."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Park:
    """A person must look before the run can go on. Entering the step again is what happens when they have, or when the
    path that it `awaits` is known, and it is given this memo. What it `watches`, what people answer and its `timers` it
    hears all the same, and it is given up when its time is over.
    """

    reason: str
    memo: Mapping[str, JsonValue] = field(default_factory=dict)
    awaits: str | None = None
    watches: Sequence[str] = ()
    timers: Mapping[str, datetime] = field(default_factory=dict)


Move = Done | Rest | Over | Into | Finish | Park


# --- what comes for a step that rests


@dataclass(frozen=True, slots=True)
class TimeUp:
    """A timer of the step, due `at` that instant. A run that is catching up is left to itself until the `horizon`;
    `overtaken` are the step's other timers that are due by then.
    """

    name: str
    at: datetime
    horizon: datetime
    overtaken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Through:
    """The strand of one of the step's blocks has come to its end."""

    block: str


Given = Through | TimeUp | Flipped | Settled | Answered | TaskActed | Acknowledged | Operated | Played | Joined


class Unready(Exception):
    """Something that the step needs is not known: the step parks with this reason. `awaits` is the path whose being
    known again lets it try once more without a person.
    """

    def __init__(self, reason: str, awaits: str | None = None) -> None:
        super().__init__(reason)
        self.awaits = awaits


def keep(open_: Open, **timers: datetime | None) -> Rest:
    """Stay as you are, but for these timers (None takes one away)."""
    kept = {name: due for name, due in (open_.timers | timers).items() if due is not None}
    return Rest(timers=kept, watches=open_.watches, memo=open_.memo, released=open_.released)
