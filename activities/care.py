"""Care for who gets the mail, looked at in the moment of sending and no sooner: hours, caps and topics, over all
playbooks of the account.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from activities.desks import Bench
from activities.store import effects, mail_events, mails, runs, suppressions, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from engine import care
from engine.calendar import Calendar
from engine.care import Gone, Ready, Slot, Turns
from engine.mailing import (
    MISSING,
    SUPPRESSED,
    UNSUBSCRIBED,
    can_be_reached,
    is_expired,
    ready_of,
    send_times_of,
    topic_of,
)
from engine.policy import Cap, Policy
from engine.sendtimes import calendar_for

AWAY: Final = timedelta(days=3)  # then the next mail goes, and a machine may answer it again

PROMPT: Final = timedelta(seconds=0.2)  # real


def unwanted(at: Bench, account: AccountRow, row: EffectRow) -> str | None:
    """Why the recipient gets no such mail; None when nothing speaks against it."""
    if not can_be_reached(account.known, row.recipient):
        return MISSING
    if suppressions.reason_of(at.connection, row.effect.address) is not None:
        return SUPPRESSED
    policy, topic = at.current.setting.policy, topic_of(row.effect)
    if not policy.is_essential(topic) and suppressions.opted_out(at.connection, row.effect.address, topic):
        return UNSUBSCRIBED
    return None


def moment(at: Bench, account: AccountRow, row: EffectRow) -> datetime:
    """The instant of sending: the effect's own where its claim comes at once, so that a scaled clock tells no lies."""
    clock, due = at.host.clock, max(row.at, row.ready_since)
    if (row.claimed_at or at.real) - clock.at_real(due) <= PROMPT:
        return due
    return at.now(account)


def slot(at: Bench, account: AccountRow, row: EffectRow) -> Slot:
    """When the mail may go."""
    now, policy = moment(at, account, row), at.current.setting.policy
    back = _back(at, row)
    if back is not None and back > now and not policy.is_essential(topic_of(row.effect)):
        mine = ready_of(row.effect, row.id, row.recipient, back, account.known, policy)
        return Slot(mine.hours.opens(back), "window", "away")
    if not (policy.caps or policy.quiet_hours or policy.spread) and send_times_of(row.effect) is None:
        return Slot(now)
    return _Scene(at, account, policy, now).slot(row)


def _back(at: Bench, row: EffectRow) -> datetime | None:
    """Until when nobody writes to whoever had a machine answer that they are away."""
    told = mail_events.last(at.connection, row.account, row.recipient, "answered_by_machine")
    return told + AWAY if told is not None else None


def move_up(at: Bench, account: AccountRow) -> None:
    """Room has been given back: whoever waits for it and may now go sooner is told so."""
    policy = at.current.setting.policy
    if not policy.caps:
        return
    scene = _Scene(at, account, policy, at.now(account))
    waiting = {row.id: row for row in scene.ready if row.held == "cap"}
    moved: set[str] = set()
    for name, found in scene.foretold().items() if waiting else ():
        row, until = waiting.get(name), found.at
        if row is not None and until is not None and row.until is not None and until < row.until:
            effects.change(at.connection, name, until=until)
            moved.add(row.run)
    runs.touch(at.connection, moved)
    wakes.write(at.connection, moved, at.real)


def _free(row: EffectRow) -> datetime:
    """Since when its hours let the mail go; also of one that its run has not taken up yet since they have."""
    return row.until if row.held == "window" and row.until is not None else row.ready_since


@dataclass
class _Scene:
    """All of an account's mails at one instant."""

    at: Bench
    row: AccountRow
    policy: Policy
    now: datetime

    @cached_property
    def ready(self) -> list[EffectRow]:
        """Those that have come to their end by now compete for nothing."""
        found = mails.ready(self.at.connection, self.row.id, self.now) if self.policy.caps else []
        return [one for one in found if not is_expired(one.effect, self.now)]

    def slot(self, row: EffectRow) -> Slot:
        return Turns(*self._asking([row]), self.now).slot(row.id)

    def foretold(self) -> dict[str, Slot]:
        return care.foretold(*self._asking(()), self.now)

    def _asking(self, more: Iterable[EffectRow]) -> tuple[list[Ready], Collection[Gone], Sequence[Cap], Calendar]:
        """All that compete for room, and what they compete for."""
        asking = {row.id: row for row in (*self.ready, *more)}
        calendar = calendar_for(self.row.known, "", self.policy)
        ready = [
            ready_of(row.effect, row.id, row.recipient, _free(row), self.row.known, self.policy)
            for row in asking.values()
        ]
        return ready, self.gone(), self.policy.caps, calendar

    def gone(self) -> Collection[Gone]:
        calendar = calendar_for(self.row.known, "", self.policy)
        since = min((calendar.subtract(cap.over, self.now) for cap in self.policy.caps), default=None)
        rows = mails.gone(self.at.connection, self.row.id, since) if since else ()
        clock = self.at.host.clock
        return [Gone(to, at or (clock.logical(real) if real else self.now)) for to, at, real in rows]
