"""Starts that are held: everything lets the account in, and still a person is to decide."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from pydantic import JsonValue

from engine.calendar import Calendar
from engine.limits import Limit, began
from engine.plan import Plan
from engine.run import Frozen
from engine.subjects import slot
from engine.trigger import Entries

Reason = Literal["limit", "paused", "depth", "rate"]
LET_BE: Final = "dropped"
"""What bars an account whose held start a person has let be: it must rise again."""
REASONS: Final = frozenset({"limit", "paused", "depth", "rate"})

DEPTH: Final = 10
MOST: Final = 20
HOUR: Final = timedelta(hours=1)


class Gate(Protocol):
    """What the world says to a start that nothing in the account bars."""

    def paused(self, playbook: str, /) -> bool:
        """Whether a person has stopped the playbook's starts."""

    def full(self, plan: Plan, now: datetime, /) -> bool:
        """Whether as many have started as the playbook's limit lets; if not, this one is counted."""


class Wide:
    """Lets everybody in."""

    def paused(self, _: str, /) -> bool:
        return False

    def full(self, _: Plan, __: datetime, /) -> bool:
        return False


class Counting(Wide):
    """A story's: what it starts itself, and what it says of other accounts, counts towards the limit."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._counts: Counter[tuple[str, datetime]] = Counter()

    def full(self, plan: Plan, now: datetime, /) -> bool:
        if plan.limit is None:
            return False
        key = self._key(plan, plan.limit, now)
        if self._counts[key] >= plan.limit.count:
            return True
        self._counts[key] += 1
        return False

    def others_started(self, plan: Plan, count: int, now: datetime) -> None:
        if plan.limit is not None:
            self._counts[self._key(plan, plan.limit, now)] += count

    def _key(self, plan: Plan, limit: Limit, now: datetime) -> tuple[str, datetime]:
        return plan.playbook, began(limit.period, self._calendar, now)


class Held(Frozen):
    """A start that waits for release, with the decision and the event that it would have begun with."""

    playbook: str
    reason: Reason
    at: datetime
    why: dict[str, JsonValue] | None = None
    event: dict[str, JsonValue] | None = None
    parameters: dict[str, JsonValue] | None = None
    subject: str = ""

    @property
    def key(self) -> str:
        return slot(self.playbook, self.subject)


def running_wild(entries: Entries, depth: int, now: datetime) -> Reason | None:
    """Whether rules start one another without end: too many causes led here, or too many entries in an hour."""
    if depth >= DEPTH:
        return "depth"
    return "rate" if sum(at > now - HOUR for at in entries.recent) >= MOST else None
