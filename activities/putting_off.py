"""Effects that keep their place: deferred until an instant, or until a provider that is down is back. The trace says
why, and until when.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, TypeAlias

from sqlalchemy import Connection

from activities import care, pacing
from activities.desks import Bench, bench
from activities.host import Host
from activities.store import accounts, breakers, cards, effects, mails, runs, traces, troubles, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.store.traces import Traced
from engine.mailing import Later, expires_of
from engine.trace import deferred

AHEAD: Final = 2  # so many times what is taken up at once may wait to be claimed
ABANDONED: Final = timedelta(minutes=1)  # real: whoever should have tried the provider again did not
RATE: Final = "provider's rate"
LONG: Final = timedelta(minutes=30)  # real: then it may be what all mails of a playbook say, and another's is tried
RARELY: Final = timedelta(hours=1)  # real: between tries of a mail that its receiver does not take
GIVEN_UP: Final = timedelta(days=3)  # real: as mail servers do
MAILS: Final = {"email", "notice"}  # sent once at most
AT_ONCE: Final = 500  # effects in a transaction
SELDOM: Final = timedelta(minutes=5)  # real: between tries to ask a provider that cannot be asked
# Logical, from one look at the provider to the next: after 1, 5 and 30 minutes. Then a person must say.
LOOKS: Final = {
    "email": (timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=25)),
    "slack": (timedelta(seconds=5),),
    "webhook": (timedelta(seconds=5),),
    "notice": (timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=25)),
}
APART: Final = {"webhook"}  # channels of many receivers: that one of them is down says nothing of the others

Fault: TypeAlias = Literal["nobody", "its own", "the provider's"]
Find: TypeAlias = Callable[[Connection, str, int], list[tuple[str, str, str]]]
Hurry: TypeAlias = Callable[[Connection, Collection[str], datetime], None]


def until_then(at: Bench, account: AccountRow, row: EffectRow, later: Later) -> None:
    """Its hours or a cap hold it. What is worth sending only for a while is looked at when that is over."""
    slot = later.slot
    _put_off(at, row, state="deferred", until=later.until, reason=slot.reason, held=slot.held)
    _note(at, row, slot.reason, slot.at, care.moment(at, account, row))


def until_their_hours(at: Bench, row: EffectRow, until: datetime, reason: str) -> None:
    """A colleague's. It is nothing to the story of the account, so the trace does not tell it."""
    _put_off(at, row, state="deferred", until=until, reason=reason, held="window")


def until_it_is_back(
    at: Bench, account: AccountRow, row: EffectRow, down_until: datetime, reason: str, *, probes: bool = False
) -> None:
    """The provider is down until that real instant at least. The one that `probes` tries it then; the others wait for
    what comes of it, and are taken up by priority.
    """
    then = at.host.clock.logical(down_until)
    ends = [one for one in (expires_of(row.effect), then if probes else None) if one is not None]
    held = {"held": "provider", "lease_until": None}
    _put_off(at, row, state="deferred", until=min(ends, default=None), reason=reason, **held)
    _note(at, row, reason, then, at.now(account))


def whose_fault(at: Bench, row: EffectRow, reason: str, after: timedelta) -> Fault:
    """That the effect was not taken: nobody's while it may soon be tried again. A mail that is the only one for which
    patience has run out since one went is perhaps not taken for what it says.
    """
    if row.channel not in APART and breakers.find(at.connection, row.channel) is not None:
        return "the provider's"
    if row.tried_at is None or at.real + after - row.tried_at <= at.host.channels[row.channel].patience:
        return "nobody"
    alone = row.channel in MAILS and breakers.suspect(at.connection, row.channel, row.id, at.real, reason)
    return "its own" if alone else "the provider's"


def until_it_is_tried_again(at: Bench, account: AccountRow, row: EffectRow, reason: str, at_least: timedelta) -> None:
    """The provider is down, says what became of this effect. Where others wait, one of them tries it next."""
    until = at.real + max(at_least, at.host.channels[row.channel].down_for)
    itself = not mails.put_off(at.connection, row.channel, 1)
    breakers.open_(at.connection, row.channel, at.real, until, reason, effect=row.id, itself=itself)
    until_it_is_back(at, account, row, until, f"provider down: {reason}", probes=itself)


def alone(at: Bench, account: AccountRow, row: EffectRow, reason: str, at_least: timedelta) -> bool:
    """It waits for its receiver, and holds nobody up; a mail twice as long each time. False when it has waited for too
    long for that.
    """
    wait, tried = at.host.channels[row.channel].down_for, at.real - (row.tried_at or at.real)
    if row.channel in MAILS:
        if tried > GIVEN_UP:
            return False
        wait = max(wait, min(tried, RARELY))
    _until_its_receiver_is_back(at, account, row, at.real + max(at_least, wait), reason)
    return True


def _until_its_receiver_is_back(at: Bench, account: AccountRow, row: EffectRow, until: datetime, reason: str) -> None:
    then = at.host.clock.logical(until)
    _put_off(at, row, state="deferred", until=then, reason=reason, lease_until=None)
    _note(at, row, reason, then, at.now(account))


def until_it_can_be_asked(at: Bench, row: EffectRow, reason: str, at_least: timedelta) -> None:
    """Whether it went out is looked for again, after twice as long each time; until then it is not sent again."""
    wait = max(at_least, LOOKS["slack"][0], min(at.real - (row.claimed_at or at.real), SELDOM))
    until = at.host.clock.logical(at.real + wait)
    _put_off(at, row, asking=False, until=until, reason=f"{troubles.UNASKED}{reason}")


def until_its_turn(at: Bench, account: AccountRow, row: EffectRow) -> None:
    """More is on its way than the provider takes soon: it is taken up by priority."""
    _put_off(at, row, state="deferred", until=expires_of(row.effect), reason=RATE, held="provider")
    _note(at, row, RATE, None, at.now(account))


def down_until(at: Bench, row: EffectRow) -> datetime | None:
    """Until when, in real time, the row's provider is not to be tried; None when it may be."""
    if breakers.find(at.connection, row.channel) is None:
        return None
    return breakers.probe(at.connection, row.channel, at.real, at.real + at.host.channels[row.channel].lease)


def take_up(host: Host, seconds: float = 1) -> int:
    """What waits for providers that are back, as much as they take in so many seconds, by priority; how many."""
    return sum(_taken_up(host, name, max(1, int(one.rate * seconds))) for name, one in sorted(host.channels.items()))


def try_now(host: Host, channel: str) -> None:
    """A person's word that its provider is mended: one effect tries it at once, and the others follow when it is taken.
    What waits for itself is tried, or looked for, at once too, and so is what cannot be seen as it is.
    """
    last: str | None = ""
    while last is not None:
        last = _hurried(host, partial(troubles.alone, channel=channel), troubles.try_at, last)
    host.database.write(lambda connection: _tried_now(connection, channel, host.clock.real()))
    host.stir()


def _tried_now(connection: Connection, channel: str, real: datetime) -> None:
    breakers.try_now(connection, channel, real)
    if channel == "slack":
        cards.hurry(connection, real)


def look_again(host: Host) -> None:
    """The policy has changed: whatever its hours or caps hold is looked at now, and goes or is held by the new one."""
    last: str | None = ""
    while last is not None:
        last = _hurried(host, mails.held_by_policy, mails.look_at, last)
    host.stir()


def _hurried(host: Host, find: Find, change: Hurry, after: str) -> str | None:
    """The last whose turn is now, where there may be more."""

    def hurry(connection: Connection) -> list[tuple[str, str, str]]:
        found = find(connection, after, AT_ONCE)
        accounts.lock(connection, sorted({account for _, account, _ in found}))
        change(connection, [effect for effect, _, _ in found], host.clock.now())
        woken = sorted({run for _, _, run in found})
        runs.touch(connection, woken)
        wakes.write(connection, woken, host.clock.real())
        return found

    found = host.database.write(hurry)
    return found[-1][0] if len(found) == AT_ONCE else None


def _taken_up(host: Host, channel: str, most: int) -> int:
    found = host.database.read(lambda connection: _next(bench(host, connection), channel, most))
    if not found:
        return 0
    runs_ = host.database.write(lambda connection: _wanted_again(bench(host, connection), found))
    host.stir()
    return len(runs_)


def _next(at: Bench, channel: str, most: int) -> list[tuple[str, str, str]]:
    """None while it is down; one alone where nobody tries whether it still is. Mostly nothing waits."""
    waiting = mails.put_off(at.connection, channel, most)
    if not waiting:
        return []
    found = breakers.find(at.connection, channel)
    if found is None:
        return waiting[: max(0, _room(at, channel, most))]
    trusted = timedelta() if found.mode == "handed" else ABANDONED
    if found.holds(at.real - trusted) or mails.unclaimed(at.connection, channel, at.real - ABANDONED, 1):
        return []
    long = found.since is not None and at.real - found.since >= LONG
    return mails.next_to_try(at.connection, channel, found.effect if long else None)


def _room(at: Bench, channel: str, most: int) -> int:
    """Never much more than workers get through: what is taken up can be overtaken no more."""
    ahead = mails.unclaimed(at.connection, channel, at.real - ABANDONED, AHEAD * most)
    room = pacing.room(at, channel)
    return min(most, AHEAD * most - ahead, most if room is None else room)


def _wanted_again(at: Bench, found: Iterable[tuple[str, str, str]]) -> list[str]:
    ids = {effect: account for effect, account, _ in found}
    accounts.lock(at.connection, sorted(set(ids.values())))
    woken = mails.take_up(at.connection, ids, at.real)
    runs.touch(at.connection, woken)
    wakes.write(at.connection, woken, at.real)
    return woken


def _put_off(at: Bench, row: EffectRow, **changes: object) -> None:
    effects.change(at.connection, row.id, **changes)
    runs.touch(at.connection, [row.run])


def _note(at: Bench, row: EffectRow, reason: str | None, until: datetime | None, now: datetime) -> None:
    entry = deferred(row.effect, now, reason, until, runs.subject_of(at.connection, row.run))
    traces.add(at.connection, [Traced(row.run, row.account, row.playbook, entry)])
