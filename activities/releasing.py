"""Held starts: released or dropped by a person, and the pauses under which starts are held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.desks import Bench, bench
from activities.host import Host
from activities.starts import Tally, applied, desks_of, last_bar, read_in_parts, whom, write_in_parts
from activities.store import accounts, decisions, holds, traces
from activities.store.holds import Holding
from activities.store.traces import Traced
from activities.writing_back import Worked, put_all_away
from engine.held import LET_BE, REASONS, Held
from engine.subjects import slot
from engine.trace import not_started

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
    subject: str


def waiting(
    connection: Connection,
    host: Host,
    *,
    playbook: str | None = None,
    account: str | None = None,
    after: tuple[str, str, str] = ("", "", ""),
    limit: int = 100,
) -> list[Waiting]:
    """What is held, by playbook, account and subject."""
    found = holds.listed(connection, playbook=playbook, account=account, after=after, limit=limit)
    truths = _truths(connection, host, found) if found else {}
    return [
        Waiting(
            account=one.account,
            playbook=one.held.playbook,
            reason=one.held.reason,
            at=one.held.at,
            still=truths.get((one.account, one.held.key)) if one.held.why and not one.held.event else None,
            why=one.held.why,
            subject=one.held.subject,
        )
        for one in found
    ]


def _truths(connection: Connection, host: Host, found: Sequence[Holding]) -> dict[tuple[str, str], bool]:
    """Whether the starts that are conditions would still let the accounts in."""
    plans = bench(host, connection).current.rules.plans
    watched = {one.held.playbook for one in found if one.held.playbook in plans}
    accounts_ = {one.account for one in found}
    known = decisions.of_accounts(connection, accounts_, watched)
    true = {(account, one.key, one.start_hash) for account, several in known.items() for one in several if one.truth}
    standing = {name: plans[name] for name in watched if plans[name].start.standing}
    return {
        (one.account, one.held.key): ((one.account, one.held.key, plan.start_hash) in true)
        != (plan.start.mode == "leaves")
        for one in found
        if (plan := standing.get(one.held.playbook))
    }


def held_of(host: Host, playbook: str) -> list[str]:
    """Of whom a start of the playbook is held; a subject of an account is named `acme/c1`."""
    return [slot(*one) for one in host.database.read(lambda connection: holds.whom(connection, playbook))]


def foresee(host: Host, playbook: str, ids: Sequence[str]) -> Tally:
    """What `release` would do, of accounts as they are now. Raises NoSuchPlaybook."""
    return read_in_parts(host, ids, partial(_foreseen, host=host, playbook=playbook))


def release(host: Host, playbook: str, ids: Sequence[str], by: str | None = None) -> Tally:
    """Starts them, in parts. One that is barred by now is used up, and its trace says so. Raises NoSuchPlaybook."""
    return write_in_parts(host, ids, partial(_released, host=host, playbook=playbook, by=by))


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
    held = _held(connection, playbook, ids, tally)
    rows = {one: row for one in held if (row := accounts.find(connection, one))}
    for account, desk, now in desks_of(at, rows, list(held), tally):
        for one in held[account]:
            if reason := desk.barred(plan, now, one.event, one.subject):
                tally.bar(slot(account, one.subject), reason)
            else:
                tally.started[slot(account, one.subject)] = None
    return tally


def _released(connection: Connection, *, host: Host, playbook: str, ids: Sequence[str], by: str | None) -> Tally:
    at, tally, worked = bench(host, connection), Tally(), list[Worked]()
    applied(at, playbook)
    rows = accounts.lock(connection, list(whom(connection, ids)))
    held = _held(connection, playbook, ids, tally)
    holding = {account: row for account, row in rows.items() if account in held}
    for account, desk, now in desks_of(at, holding, list(held), tally):
        for one in held[account]:
            if (run := desk.release(one, now, by)) is not None:
                tally.started[slot(account, one.subject)] = run
            else:
                tally.bar(slot(account, one.subject), last_bar(desk, playbook))
        worked.append(Worked(desk, rows[account], now))
    put_all_away(at, worked)
    _forget(connection, held)
    return tally


def _dropped(at: Bench, playbook: str, ids: Sequence[str], by: str | None) -> int:
    rows = accounts.lock(at.connection, list(whom(at.connection, ids)))
    held = _held(at.connection, playbook, ids, Tally())
    ones = [(account, one) for account, several in held.items() for one in several]
    known = decisions.of_accounts(at.connection, list(held), [playbook])
    mine = {(account, one.subject) for account, one in ones}
    freed = [
        (account, replace(made, barred=LET_BE))
        for account, several in known.items()
        for made in several
        if (account, made.subject) in mine and made.barred in REASONS
    ]
    decisions.save(at.connection, freed)
    traces.add(at.connection, [_let_be(account, one, at.now(rows[account]), by) for account, one in ones])
    _forget(at.connection, held)
    return len(ones)


def _let_be(account: str, held: Held, now: datetime, by: str | None) -> Traced:
    return Traced("", account, held.playbook, not_started(now, LET_BE, held.subject, by=by))


def _held(connection: Connection, playbook: str, ids: Sequence[str], tally: Tally) -> dict[str, list[Held]]:
    """What is held of whom is named, by account; who holds nothing is told."""
    named = whom(connection, ids)
    found: dict[str, list[Held]] = {}
    for one in holds.of_playbook(connection, playbook, list(named)):
        if not named[one.account] or one.held.subject in named[one.account]:
            found.setdefault(one.account, []).append(one.held)
    for account in named:
        if account not in found:
            tally.bar(account, NOT_HELD)
    return found


def _forget(connection: Connection, held: Mapping[str, Sequence[Held]]) -> None:
    ones = [(account, one.playbook, one.subject) for account, several in held.items() for one in several]
    holds.forget(connection, ones)
