"""The mails of a simulation: each is sent as soon as care lets it, by the rules that a claim of the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from engine import care
from engine.account import Account
from engine.calendar import Calendar
from engine.care import Gone, Ready, Slot, Turns
from engine.mailing import (
    EVERY,
    EXPIRED,
    MISSING,
    SUPPRESSED,
    UNSUBSCRIBED,
    Later,
    Now,
    can_be_reached,
    ended,
    in_turn,
    is_expired,
    ready_of,
    topic_of,
    verdict,
)
from engine.policy import Cap, Policy
from engine.run import Answered, Effect, Said, Settled
from engine.sendtimes import calendar_for
from engine.trace import Entry, deferred


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that has not gone; its hours let it go since it is `free`. `until`: when it is asked for next."""

    effect: Effect
    free: datetime
    until: datetime
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    account: Account
    at: datetime
    turns: Turns


@dataclass(slots=True)
class Postbox:
    """`unwanted` says why a contact gets no mail any more (of a topic, of EVERY one, or none whatever: None). `written`
    are all that were wanted, by run, path, contact and topic. `freed`: room has been given back since the mails were
    last looked at. `asked` is what was found out of their turns, as long as nothing has changed since.
    """

    policy: Policy
    waiting: dict[str, Waiting] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    unwanted: dict[tuple[str, str | None], str] = field(default_factory=dict)
    written: dict[tuple[str, str, str, str], None] = field(default_factory=dict)
    freed: bool = False
    asked: _Asked | None = None
    made: dict[str, tuple[Account, datetime, Ready]] = field(default_factory=dict)

    @property
    def due_at(self) -> datetime | None:
        return min((one.until for one in self.waiting.values()), default=None)

    def put(self, effect: Effect, now: datetime) -> None:
        self.waiting[effect.id], self.asked = Waiting(effect, now, now), None
        self.written[effect.run, effect.path, effect.to, topic_of(effect)] = None

    def withdraw(self, run: str, visit: tuple[str, int] | None = None, to: str | None = None) -> None:
        """What has not gone of a run, or of one visit (path and number), to one or to all."""
        for name, effect in [(name, one.effect) for name, one in self.waiting.items() if one.effect.run == run]:
            if visit in {None, (effect.path, effect.visit)} and to in {None, effect.to}:
                del self.waiting[name]
                self.freed, self.asked = True, None

    def hear(self, contact: str, verb: Said, topic: str = EVERY) -> None:
        """Who has unsubscribed (from a topic, or from all) or cannot be reached gets no more."""
        if verb == "unsubscribe":
            self.unwanted[contact, topic] = UNSUBSCRIBED
        if verb == "bounce":
            self.unwanted[contact, None] = SUPPRESSED

    def has_left(self, contact: str, topic: str) -> bool:
        return not {(contact, topic), (contact, EVERY)}.isdisjoint(self.unwanted)

    def is_about(self, given: Answered, run: str, topic: str) -> bool:
        """Whether what the step has written to them is about the topic."""
        mine = [path for of, path, to, about in self.written if (of, to, about) == (run, given.to, topic)]
        return not topic or any(f"{path}/".startswith(f"{given.path}/") for path in mine)

    def expire(self, now: datetime) -> list[tuple[str, Settled]]:
        """By run, what is not worth sending any more: that comes before what time else brings in that instant."""
        held = [one for one in self.waiting.values() if one.until <= now and is_expired(one.effect, now)]
        for one in held:
            del self.waiting[one.effect.id]
            self.freed = True
        return [(one.run, one.settled(at, "expired", EXPIRED)) for one, at in ended(one.effect for one in held)]

    def empty(self, account: Account, now: datetime) -> Iterator[tuple[Effect, Settled | Entry]]:
        """What becomes of the mails that are due: settled, or put off, which the trace tells."""
        self._move_up(account, now)
        due = sorted(
            (one for one in self.waiting.values() if one.until <= now), key=lambda one: in_turn(one.effect, one.until)
        )
        for name, one in ((one.effect.id, self.waiting[one.effect.id]) for one in due):
            asked = partial(self._slot, name, account, now)
            yield one.effect, self._done(one, verdict(one.effect, self._unwanted(one.effect, account), asked, now), now)

    def _move_up(self, account: Account, now: datetime) -> None:
        """Where room has been given back, whoever may go sooner is asked sooner."""
        waiting = [name for name, one in self.waiting.items() if self.freed and _waits_for_room(one)]
        self.freed = False
        found = care.foretold(*self._asking(account, now), now) if waiting else {}
        for name in waiting:
            one, at = self.waiting[name], found[name].at
            if at is not None and at < one.until:
                self.waiting[name] = replace(one, until=at)

    def _done(self, one: Waiting, found: Now | Later, now: datetime) -> Settled | Entry:
        if isinstance(found, Later):
            free = one.free if found.slot.held == "cap" else found.until
            self.waiting[one.effect.id] = replace(one, until=found.until, free=free, slot=found.slot)
            return deferred(one.effect, now, found.slot.reason, found.slot.at)
        del self.waiting[one.effect.id]
        self.asked = None
        if found.state == "sent":
            self.gone.append(Gone(one.effect.to, now))
        else:
            self.freed = True
        return one.effect.settled(now, found.state, found.reason)

    def _unwanted(self, effect: Effect, account: Account) -> str | None:
        if not can_be_reached(account, effect.to):
            return MISSING
        topic = topic_of(effect)
        topics = (topic, EVERY) if not self.policy.is_essential(topic) else ()
        found = [self.unwanted.get((effect.to, one)) for one in (None, *topics)]
        return next((one for one in found if one is not None), None)

    def _slot(self, name: str, account: Account, now: datetime) -> Slot:
        """Those that are put off meanwhile change nothing for the others."""
        if self.asked is None or self.asked.account is not account or self.asked.at != now:
            self.asked = _Asked(account, now, Turns(*self._asking(account, now), now))
        return self.asked.turns.slot(name)

    def _asking(self, account: Account, now: datetime) -> tuple[list[Ready], list[Gone], tuple[Cap, ...], Calendar]:
        """All that compete for room, and what they compete for. Those that have come to their end compete no more."""
        ready = [
            self._ready(name, one, account)
            for name, one in self.waiting.items()
            if (one.until <= now or _waits_for_room(one)) and not is_expired(one.effect, now)
        ]
        return ready, self.gone, self.policy.caps, calendar_for(account, "", self.policy)

    def _ready(self, name: str, one: Waiting, account: Account) -> Ready:
        """Made once for as long as the account and the mail are as they were: all are asked for with each of them."""
        made = self.made.get(name)
        if made is None or made[0] is not account or made[1] is not one.free:
            ready = ready_of(one.effect, name, one.effect.to, one.free, account, self.policy)
            made = self.made[name] = (account, one.free, ready)
        return made[2]


def _waits_for_room(one: Waiting) -> bool:
    return one.slot is not None and one.slot.held == "cap"
