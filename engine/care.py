"""Which of the mails that are ready may go now, and when the others may: caps over all playbooks, hours and priority.

Pure: a database transaction and a simulation ask the same, each time one of the mails is about to be sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from engine.calendar import Calendar
from engine.policy import Cap
from engine.sendtimes import Hours

_MARGIN: Final = timedelta(minutes=5)  # what is held goes so long before its hours end: not all are looked at at once

Held = Literal["window", "cap"]
Scope = tuple[Cap, str]  # the recipient's id, empty for a cap per account


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that wants to go, and since when. Nothing holds one that is `essential` but its hours.
    `spread` is how much later than others it goes whose hours let them go since the same instant, `free`.
    `tie` says what it is in its run: of two that are alike in all else, the same one goes first each time.
    From `expires` on it is not worth sending.
    """

    id: str
    recipient: str
    priority: int
    since: datetime
    hours: Hours
    essential: bool = False
    tie: str = ""
    spread: timedelta = timedelta()
    free: datetime | None = None
    expires: datetime | None = None

    def in_time(self, at: datetime, now: datetime) -> datetime:
        """The instant until which it may be held: sooner where it would miss the end of its hours, or expire."""
        late = at + _MARGIN
        ends = min(late, self.expires or late)
        return self.hours.last_open(now, ends) - _MARGIN


@dataclass(frozen=True, slots=True)
class Gone:
    """A mail that counts: sent, or on its way."""

    recipient: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """When it may go: at once where nothing holds it, never without `at`."""

    at: datetime | None
    held: Held | None = None
    reason: str | None = None


def slots(
    ready: Sequence[Ready], gone: Collection[Gone], caps: Sequence[Cap], calendar: Calendar, now: datetime
) -> dict[str, Slot]:
    """By the mails' ids. `calendar` is the account's, on which a cap's days are counted.

    Room goes to the first by priority, then by how long they have been ready; of those alone that could go now. When
    the others may is foretold by their turn, and asked again then.
    """
    found: dict[str, Slot] = {}
    competing: list[Ready] = []
    for one in ready:
        opens = one.hours.opens(now)
        if opens != now:
            found[one.id] = Slot(opens, "window", one.hours.reason(now))
        elif (turn := _turn_of(one, now)) > now:
            found[one.id] = Slot(one.hours.opens(turn), "cap", "spread")
        elif one.essential:
            found[one.id] = Slot(now)
        else:
            competing.append(one)
    essential = [Gone(one.recipient, now) for one in ready if one.id in found and found[one.id] == Slot(now)]
    room = _Room(tuple(dict.fromkeys(caps)), calendar, now)
    room.take([*gone, *essential])
    room.gather(competing)
    return found | {one.id: room.slot(one) for one in sorted(competing, key=_rank)}


def foretold(
    ready: Sequence[Ready], gone: Collection[Gone], caps: Sequence[Cap], calendar: Calendar, now: datetime
) -> dict[str, Slot]:
    """As `slots`, but of those who wait for their hours what the caps say then."""
    found = slots(ready, gone, caps, calendar, now)
    opening = {one.at for one in found.values() if one.held == "window" and one.at is not None}
    then = {at: slots(ready, gone, caps, calendar, at) for at in sorted(opening)}
    return {name: then[one.at][name] if one.at in then else one for name, one in found.items()}


def _turn_of(one: Ready, now: datetime) -> datetime:
    """When it may go of those that could all have gone at one instant."""
    turn = (one.free or one.since) + one.spread
    return one.in_time(turn, now) if turn > now else turn


def _rank(one: Ready) -> tuple[int, datetime, str, str]:
    return (-one.priority, one.since, one.tie, one.id)


@dataclass(slots=True)
class _Room:
    """`leaves` are the instants at which what counts in a scope leaves its window; `turns` how many wait there."""

    caps: Sequence[Cap]
    calendar: Calendar
    now: datetime
    leaves: defaultdict[Scope, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    turns: defaultdict[Scope, int] = field(default_factory=lambda: defaultdict(int))
    gathered: dict[Scope, datetime] = field(default_factory=dict)

    def take(self, gone: Iterable[Gone]) -> None:
        for one in gone:
            for cap in self.caps:
                until = self.calendar.add(cap.over, one.at)
                if until > self.now:
                    self.leaves[_scope(cap, one.recipient)].append(until)
        for several in self.leaves.values():
            several.sort()

    def gather(self, ready: Iterable[Ready]) -> None:
        """The first that comes is held, so that those which come after it may compete. What has waited that long for
        its hours is held no more when they come, and nothing so long that it would come too late.
        """
        for one in ready:
            for cap in self.caps:
                if cap.gather is not None:
                    scope, until = _scope(cap, one.recipient), self.calendar.add(cap.gather, one.since)
                    until = one.in_time(until, self.now) if until > self.now else until
                    self.gathered[scope] = min(until, self.gathered.get(scope, until))

    def slot(self, one: Ready) -> Slot:
        scopes = [_scope(cap, one.recipient) for cap in self.caps]
        full = [scope for scope in scopes if len(self.leaves[scope]) >= scope[0].count]
        early = [scope for scope in scopes if self.gathered.get(scope, self.now) > self.now]
        if not full and not early:
            self.take([Gone(one.recipient, self.now)])
            return Slot(self.now)
        at, reason = max([(self._turn(scope), str(scope[0])) for scope in full], default=(self.now, "gathering"))
        at = max([at, *(self.gathered[scope] for scope in early)])
        return Slot(one.hours.opens(at), "cap", reason)

    def _turn(self, scope: Scope) -> datetime:
        """When as much of what counts has left that it is the turn of the next who waits."""
        leaves, cap = self.leaves[scope], scope[0]
        turn = len(leaves) - cap.count + self.turns[scope]
        self.turns[scope] += 1
        at, rounds = leaves[turn % len(leaves)], turn // len(leaves)
        for _ in range(rounds):
            at = self.calendar.add(cap.over, at)
        return at


def _scope(cap: Cap, recipient: str) -> Scope:
    return (cap, recipient if cap.per == "contact" else "")
