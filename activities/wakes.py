"""Wakes from the side of who delivers them: what is due, what is late, and everything again after a loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from activities.clock import Clock
from activities.desks import bench
from activities.directive import Directive
from activities.host import Host
from activities.ledger import expired
from activities.outlook import directives
from activities.runs import AdvanceFailed, NoSuchRun, advance
from activities.store import accounts, effects, inputs, late, restores, runs, wakes
from activities.store.together import Collided
from activities.store.wakes import Wake

LATE = timedelta(seconds=60)  # real
AT_ONCE = 500  # of each sort, in one look for what is late


@dataclass(frozen=True, slots=True)
class Delivery:
    """A leased wake with the run's directive, which is None when something waits to be fed: the run advances first."""

    wake: Wake
    directive: Directive | None


def lease(host: Host, limit: int) -> list[Delivery]:
    """Wakes that nobody else delivers for the time being."""
    real = host.clock.real()
    if not host.database.read(lambda connection: wakes.any_due(connection, real)):
        return []
    leased = host.database.write(lambda connection: wakes.lease(connection, real, limit))
    return host.database.read(lambda connection: _with_directives(connection, host, leased))


def _with_directives(connection: Connection, host: Host, leased: Sequence[Wake]) -> list[Delivery]:
    ids = [one.run for one in leased]
    stale = inputs.any_waiting(connection, ids)
    fresh = directives(connection, [one for one in ids if one not in stale], host.clock, host.queues)
    return [Delivery(one, fresh.get(one.run)) for one in leased]


def advanced(host: Host, run: str) -> Directive | None:
    """What the run is to do once it has been fed. None when that did not work: its workflow tries again, patiently."""
    try:
        return advance(host, run)
    except (AdvanceFailed, NoSuchRun, SQLAlchemyError, Collided):
        return None


def delivered(host: Host, done: Sequence[Wake]) -> None:
    host.database.write(lambda connection: wakes.delivered(connection, done))


def failed(host: Host, wake: Wake) -> None:
    host.database.write(lambda connection: wakes.failed(connection, wake, host.clock.real()))


# --- late ------------------------------------------------------------------------------------------------


def look_for_late(host: Host, limit: int = AT_ONCE, late_after: timedelta = LATE) -> int:
    """Wakes every run for which something should have happened long ago: Temporal may lose anything at any time.
    How many there were. A run that was found is left alone for as long before it is found again.
    """
    real = host.clock.real()
    before = real - late_after
    expire_leases(host, before, limit)
    return host.database.write(lambda connection: _woken(connection, host.clock, before, real, limit))


def _woken(connection: Connection, clock: Clock, before: datetime, real: datetime, limit: int) -> int:
    found = late.unfed(connection, before, limit)
    found += late.unlooked(connection, clock.logical(before), before, limit)
    wanted = late.unclaimed(connection, before, limit)
    runs.touch(connection, wanted)  # so that the directive may name their effects once more
    ids = sorted({*found, *wanted})
    late.checked(connection, ids, real)
    wakes.write_checks(connection, ids, real)
    return len(ids)


def expire_leases(host: Host, before: datetime, limit: int = AT_ONCE) -> None:
    """Claims whose lease ended before then, and that nobody came back for."""
    for effect in host.database.read(lambda connection: late.abandoned(connection, before, limit)):
        host.database.write(partial(_expire, host=host, effect=effect))


def _expire(connection: Connection, host: Host, effect: str) -> None:
    found = effects.whose(connection, effect)
    if found is None:
        return
    held = accounts.lock(connection, [found[0]]).get(found[0])
    row = effects.find(connection, effect)
    if held is None or row is None or row.state != "claimed":
        return  # settled meanwhile, or the account was erased and the effect is another's: the next look finds it
    at = bench(host, connection)
    expired(at, held, row)
    wakes.write(connection, [row.run], at.real)


# --- everything again ------------------------------------------------------------------------------------


def recover(host: Host, restored_from: datetime | None = None) -> int:
    """Wakes every run that needs a workflow, behind what is fresh; how many there are.

    `restored_from` is the instant of the backup that the app database was put back from: mails that were wanted since
    then may have gone out, so they are asked for, not sent.
    """
    count = host.database.write(lambda connection: _recovered(connection, host, restored_from))
    host.stir()
    return count


def _recovered(connection: Connection, host: Host, restored_from: datetime | None) -> int:
    ids = [*runs.unfinished(connection), *late.unfinished_effects(connection)]
    if restored_from is not None:
        accounts.lock(connection, late.accounts_of_live(connection))
        restores.add(connection, restored_from, host.clock.now())
        runs.raise_epoch(connection)
        late.doubt_mail(connection)
    ordered = list(dict.fromkeys(ids))
    wakes.write_checks(connection, ordered, host.clock.real())
    return len(ordered)


def lag(host: Host) -> timedelta:
    """Real time by which the oldest thing that is due, or is to be sent, is behind. Whoever feeds facts under a scaled
    clock holds back while this is more than 0.2 s, so that the story stays true.
    """
    due = host.database.read(lambda connection: late.oldest(connection, host.clock.now()))
    fresh = (host.database.read(wakes.oldest), host.database.read(late.unbegun))
    reals = [host.clock.at_real(one) for one in due] + [one for one in fresh if one is not None]
    return max((host.clock.real() - one for one in reals), default=timedelta(0))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What should have been done a while ago: wakes to be delivered, accounts to be judged, runs to be fed; and the
    real time that the first of all has waited.
    """

    wakes: int
    accounts: int
    runs: int
    longest: timedelta


def waiting(host: Host, late_after: timedelta = LATE) -> Waiting:
    """Nothing of it is there for long while worker and relay run."""
    real = host.clock.real()
    return host.database.read(lambda connection: _late(connection, host.clock, real, real - late_after))


def _late(connection: Connection, clock: Clock, real: datetime, before: datetime) -> Waiting:
    due, woken = late.undelivered(connection, before)
    judged, turned = late.unjudged(connection, clock.logical(before))
    fed, latched = late.unmoved(connection, before)
    since = [one for one in (woken, clock.at_real(turned) if turned else None, latched) if one]
    return Waiting(due, judged, fed, max((real - one for one in since), default=timedelta(0)))
