"""Which of the mails that are ready may go now, and when the others may: caps over all playbooks, hours and priority.

Pure: a database transaction and a simulation ask the same, each time one of the mails is about to be sent.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from engine.calendar import Calendar
from engine.policy import Cap
from engine.quantities import Duration
from engine.sendtimes import Hours

_MARGIN: Final = timedelta(minutes=5)  # what is held goes so long before its hours end: not all are looked at at once

Held = Literal["window", "cap"]
Scope = tuple[int, str]  # which cap, and the recipient's id, empty for one per account


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
    """By the mails' ids. `calendar` is the account's, on which a cap's days are counted."""
    turns = Turns(ready, gone, caps, calendar, now)
    return {one.id: turns.slot(one.id) for one in ready}


def foretold(
    ready: Sequence[Ready], gone: Collection[Gone], caps: Sequence[Cap], calendar: Calendar, now: datetime
) -> dict[str, Slot]:
    """As `slots`, but of those who wait for their hours what the caps say then."""
    found = slots(ready, gone, caps, calendar, now)
    opening = {one.at for one in found.values() if one.held == "window" and one.at is not None}
    then = {at: slots(ready, gone, caps, calendar, at) for at in sorted(opening)}
    return {name: then[one.at][name] if one.at in then else one for name, one in found.items()}


class Turns:
    """Whose turn it is at one instant, gone through only as far as it is asked: an account may have hundreds of mails
    that wait, each of which asks.

    Room goes to the first by priority, then by how long they have been ready; of those alone that could go now. When
    the others may is foretold by their turn, and asked again then.
    """

    def __init__(
        self, ready: Sequence[Ready], gone: Collection[Gone], caps: Sequence[Cap], calendar: Calendar, now: datetime
    ) -> None:
        self._now = now
        self._opens: dict[Hours, datetime | None] = {}
        self._barred: dict[str, Slot | None] = {}
        essential = [one for one in ready if one.essential]
        self._found = {one.id: self._bar(one) or Slot(now) for one in essential}
        self._line = sorted((one for one in ready if not one.essential), key=_rank, reverse=True)
        self._room = _Room(tuple(dict.fromkeys(caps)), calendar, now, self._competing)
        for counted in gone:
            self._room.take(counted.recipient, counted.at)
        for one in essential:
            if self._found[one.id].held is None and self._found[one.id].at is not None:
                self._room.take(one.recipient, now)
        self._waiting = tuple(self._line)
        self._of: dict[str, list[Ready]] = {}

    def slot(self, name: str) -> Slot:
        while name not in self._found:
            one = self._line.pop()
            self._found[one.id] = self._bar(one) or self._room.slot(one)
        return self._found[name]

    def _competing(self, recipient: str) -> Iterator[Ready]:
        """For room with that contact; where none is named, with the account."""
        if not self._of:
            for one in self._waiting:
                self._of.setdefault(one.recipient, []).append(one)
        mine = self._of.get(recipient, []) if recipient else self._waiting
        return (one for one in mine if self._bar(one) is None)

    def _bar(self, one: Ready) -> Slot | None:
        """What holds it whoever else there is."""
        if one.id not in self._barred:
            self._barred[one.id] = self._own(one)
        return self._barred[one.id]

    def _own(self, one: Ready) -> Slot | None:
        if one.hours not in self._opens:
            self._opens[one.hours] = one.hours.opens(self._now)
        if (opens := self._opens[one.hours]) != self._now:
            return Slot(opens, "window", one.hours.reason(self._now))
        turn = _turn_of(one, self._now)
        return Slot(one.hours.opens(turn), "cap", "spread") if turn > self._now else None


def _turn_of(one: Ready, now: datetime) -> datetime:
    """When it may go of those that could all have gone at one instant."""
    turn = (one.free or one.since) + one.spread
    return one.in_time(turn, now) if turn > now else turn


def _rank(one: Ready) -> tuple[int, datetime, str, str]:
    return (-one.priority, one.since, one.tie, one.id)


class _Room:
    """`leaves` are the instants at which what counts in a scope leaves its window; `turns` how many wait there."""

    def __init__(
        self, caps: Sequence[Cap], calendar: Calendar, now: datetime, competing: Callable[[str], Iterator[Ready]]
    ) -> None:
        self.caps, self.calendar, self.now, self.competing = caps, calendar, now, competing
        self.leaves: defaultdict[Scope, list[datetime]] = defaultdict(list)
        self.turns: defaultdict[Scope, int] = defaultdict(int)
        self.added: dict[tuple[int, datetime], datetime] = {}
        self.gathered: dict[Scope, datetime] = {}

    def take(self, recipient: str, at: datetime) -> None:
        for number, cap in enumerate(self.caps):
            until = self._add(number, cap.over, at)
            if until > self.now:
                insort(self.leaves[self._scope(number, recipient)], until)

    def slot(self, one: Ready) -> Slot:
        scopes = [self._scope(number, one.recipient) for number in range(len(self.caps))]
        full = [scope for scope in scopes if len(self.leaves[scope]) >= self.caps[scope[0]].count]
        gathered = {scope: self._gathered(scope) for scope in scopes}
        early = [scope for scope in scopes if gathered[scope] > self.now]
        if not full and not early:
            self.take(one.recipient, self.now)
            return Slot(self.now)
        turns = [(self._turn(scope), str(self.caps[scope[0]])) for scope in full]
        at, reason = max(turns, default=(self.now, "gathering"))
        at = max([at, *(gathered[scope] for scope in early)])
        return Slot(one.hours.opens(at), "cap", reason)

    def _gathered(self, scope: Scope) -> datetime:
        """The first that comes is held, so that those which come after it may compete. What has waited that long for
        its hours is held no more when they come, and nothing so long that it would come too late.
        """
        gather = self.caps[scope[0]].gather
        if gather is None:
            return self.now
        if scope not in self.gathered:
            self.gathered[scope] = min(self._held(gather, one) for one in self.competing(scope[1]))
        return self.gathered[scope]

    def _held(self, gather: Duration, one: Ready) -> datetime:
        until = self.calendar.add(gather, one.since)
        return one.in_time(until, self.now) if until > self.now else until

    def _turn(self, scope: Scope) -> datetime:
        """When as much of what counts has left that it is the turn of the next who waits."""
        leaves, cap = self.leaves[scope], self.caps[scope[0]]
        turn = len(leaves) - cap.count + self.turns[scope]
        self.turns[scope] += 1
        at, rounds = leaves[turn % len(leaves)], turn // len(leaves)
        for _ in range(rounds):
            at = self._add(scope[0], cap.over, at)
        return at

    def _add(self, number: int, over: Duration, at: datetime) -> datetime:
        """The calendar is asked once for all that went at one instant."""
        if (number, at) not in self.added:
            self.added[number, at] = self.calendar.add(over, at)
        return self.added[number, at]

    def _scope(self, number: int, recipient: str) -> Scope:
        return (number, recipient if self.caps[number].per == "contact" else "")
