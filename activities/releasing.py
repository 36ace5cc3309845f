"""Held starts: released or dropped by a person, and the pauses under which starts are held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.desks import Bench, bench
from activities.host import Host
from activities.starts import AT_ONCE, Tally, applied, desks_of, last_bar
from activities.store import accounts, decisions, holds, traces
from activities.store.database import chunks
from activities.store.holds import Holding
from activities.store.traces import Traced
from activities.writing_back import Worked, put_all_away
from engine.held import LET_BE, REASONS
from engine.trace import Entry

NOT_HELD = "not held"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held start, and whether its condition is still true; None for one by an event or another playbook."""

    account: str
    playbook: str
    reason: str
    at: datetime
    still: bool | None
    why: dict[str, JsonValue] | None


def waiting(
    connection: Connection,
    host: Host,
    *,
    playbook: str | None = None,
    account: str | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int = 100,
) -> list[Waiting]:
    """What is held, by playbook and account."""
    found = holds.listed(connection, playbook=playbook, account=account, after=after, limit=limit)
    truths = _truths(connection, host, found) if found else {}
    return [
        Waiting(
            account=one.account,
            playbook=one.held.playbook,
            reason=one.held.reason,
            at=one.held.at,
            still=truths.get((one.account, one.held.playbook)) if one.held.why and not one.held.event else None,
            why=one.held.why,
        )
        for one in found
    ]


def _truths(connection: Connection, host: Host, found: Sequence[Holding]) -> dict[tuple[str, str], bool]:
    """Whether the starts that are conditions would still let the accounts in."""
    plans = bench(host, connection).current.rules.plans
    watched = {one.held.playbook for one in found if one.held.playbook in plans}
    accounts_ = {one.account for one in found}
    known = decisions.of_accounts(connection, accounts_, watched)
    true = {
        (account, one.playbook, one.start_hash) for account, several in known.items() for one in several if one.truth
    }
    standing = [plans[name] for name in sorted(watched) if plans[name].start.standing]
    return {
        (account, plan.playbook): ((account, plan.playbook, plan.start_hash) in true) != (plan.start.mode == "leaves")
        for plan in standing
        for account in accounts_
    }


def held_of(host: Host, playbook: str) -> list[str]:
    """The accounts of which a start of the playbook is held."""
    return host.database.read(lambda connection: holds.accounts_of(connection, playbook))


def foresee(host: Host, playbook: str, ids: Sequence[str]) -> Tally:
    """What `release` would do, of accounts as they are now. Raises NoSuchPlaybook."""
    tally = Tally()
    for part in chunks(sorted(set(ids)), AT_ONCE):
        tally.add(host.database.read(partial(_foreseen, host=host, playbook=playbook, ids=part)))
    return tally


def release(host: Host, playbook: str, ids: Sequence[str], by: str | None = None) -> Tally:
    """Starts them, in parts. One that is barred by now is used up, and its trace says so. Raises NoSuchPlaybook."""
    tally = Tally()
    for part in chunks(sorted(set(ids)), AT_ONCE):
        tally.add(host.database.write(partial(_released, host=host, playbook=playbook, ids=part, by=by)))
        host.stir()
    return tally


def drop(host: Host, playbook: str, ids: Sequence[str], by: str | None = None) -> int:
    """Lets held starts be; how many there were. The trace says who did."""
    return host.database.write(lambda connection: _dropped(bench(host, connection), playbook, ids, by))


def pause(host: Host, playbook: str, by: str | None) -> None:
    """From now on its starts are held. Raises NoSuchPlaybook."""
    host.database.write(lambda connection: _paused(connection, host, playbook, by))


def resume(host: Host, playbook: str) -> bool:
    """Starts are let in again; what is held stays so until it is released. Whether it was paused."""
    return host.database.write(lambda connection: holds.resume(connection, playbook))


def _paused(connection: Connection, host: Host, playbook: str, by: str | None) -> None:
    applied(bench(host, connection), playbook)
    holds.pause(connection, playbook, host.clock.now(), by)


def _foreseen(connection: Connection, *, host: Host, playbook: str, ids: Sequence[str]) -> Tally:
    at, tally = bench(host, connection), Tally()
    plan = applied(at, playbook)
    held = holds.of_playbook(connection, playbook, ids)
    rows = {one: row for one in ids if (row := accounts.find(connection, one))}
    for account, desk, now in desks_of(at, rows, ids, tally):
        if account not in held:
            tally.bar(account, NOT_HELD)
        elif reason := desk.barred(plan, now, held[account].event):
            tally.bar(account, reason)
        else:
            tally.started[account] = None
    return tally


def _released(connection: Connection, *, host: Host, playbook: str, ids: Sequence[str], by: str | None) -> Tally:
    at, tally, worked = bench(host, connection), Tally(), list[Worked]()
    applied(at, playbook)
    rows = accounts.lock(connection, ids)
    held = holds.of_playbook(connection, playbook, ids)
    for account, desk, now in desks_of(at, rows, ids, tally):
        if account not in held:
            tally.bar(account, NOT_HELD)
            continue
        if (run := desk.release(held[account], now, by)) is not None:
            tally.started[account] = run
        else:
            tally.bar(account, last_bar(desk, playbook))
        worked.append(Worked(desk, rows[account], now))
    put_all_away(at, worked)
    holds.forget(connection, [(one, playbook) for one in held])
    return tally


def _dropped(at: Bench, playbook: str, ids: Sequence[str], by: str | None) -> int:
    rows = accounts.lock(at.connection, ids)
    held = holds.of_playbook(at.connection, playbook, ids)
    known = decisions.of_accounts(at.connection, list(held), [playbook])
    freed = [(one, replace(made, barred=LET_BE)) for one in held for made in known[one] if made.barred in REASONS]
    decisions.save(at.connection, freed)
    traces.add(at.connection, [_let_be(one, playbook, at.now(rows[one]), by) for one in held])
    holds.forget(at.connection, [(one, playbook) for one in held])
    return len(held)


def _let_be(account: str, playbook: str, now: datetime, by: str | None) -> Traced:
    fields: dict[str, JsonValue] = {"reason": LET_BE}
    said = fields | {"by": by} if by else fields
    entry = Entry(at=now, path="start", step=None, kind="playbook", event="not_started", fields=said)
    return Traced("", account, playbook, entry)
