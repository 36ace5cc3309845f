"""Starts by a person's word: stage, tiers, `again` and the one-live-run rule apply, the condition does not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from activities.desks import Bench, bench, lay_out
from activities.host import Host
from activities.store import accounts
from activities.store.accounts import AccountRow
from activities.store.database import chunks
from activities.writing_back import Worked, put_all_away
from engine.desk import Desk
from engine.entering import NOBODY, Given
from engine.plan import Plan
from engine.problems import suggest_or_list
from engine.subjects import slot
from engine.tailoring import tailored

AT_ONCE = 100  # accounts in one transaction
NOT_BY_HAND = "not by hand"
UNKNOWN = "unknown"


class NoSuchAccount(Exception):
    """No account has this id."""


class NoSuchPlaybook(Exception):
    """No playbook of this id is applied; the text says which one may be meant."""


@dataclass(frozen=True, slots=True)
class Started:
    """`runs` are all that began: several, for a playbook with a run for each item."""

    run: str
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Barred:
    """`reason` is a word of the trace (live, again, goal, …), or says that the playbook is not started by hand."""

    reason: str


@dataclass(slots=True)
class Tally:
    """What became of several accounts, or would: who starts (with the run, once there is one), and who is barred by
    which reason. `unknown` is a reason too: there is no such account. A subject of an account is named `acme/c1`.
    """

    started: dict[str, str | None] = field(default_factory=dict)
    barred: dict[str, list[str]] = field(default_factory=dict)

    def bar(self, account: str, reason: str) -> None:
        self.barred.setdefault(reason, []).append(account)

    def add(self, part: "Tally") -> None:
        self.started |= part.started
        for reason, several in part.barred.items():
            self.barred.setdefault(reason, []).extend(several)


class Work(Protocol):
    """What a transaction does with some of the accounts."""

    def __call__(self, connection: Connection, /, *, ids: Sequence[str]) -> Tally: ...


def start(
    host: Host, playbook: str, account: str, by: str | None = None, given: Given | None = None
) -> Started | Barred:
    """With these values in place of its parameters' defaults. Raises NoSuchAccount, NoSuchPlaybook and Unfit."""
    tally = start_all(host, playbook, [account], by, given)
    if UNKNOWN in tally.barred:
        raise NoSuchAccount(account)
    began = tuple(run for run in tally.started.values() if run is not None)
    return Started(began[0], began) if began else Barred(next(iter(tally.barred)))


def start_all(
    host: Host, playbook: str, ids: Sequence[str], by: str | None = None, given: Given | None = None
) -> Tally:
    """In parts. Raises NoSuchPlaybook and Unfit."""
    return write_in_parts(host, ids, partial(_started, host=host, playbook=playbook, by=by, given=given))


def foresee(host: Host, playbook: str, ids: Sequence[str], given: Given | None = None) -> Tally:
    """What `start_all` would do, of accounts as they are now; nothing is done. Raises NoSuchPlaybook and Unfit."""
    return read_in_parts(host, ids, partial(_foreseen, host=host, playbook=playbook, given=given))


def write_in_parts(host: Host, ids: Sequence[str], work: Work) -> Tally:
    """One transaction after the other, so that nobody waits long for an account."""
    tally = Tally()
    for part in chunks(sorted(set(ids)), AT_ONCE):
        tally.add(host.database.write(partial(work, ids=part)))
        host.stir()
    return tally


def read_in_parts(host: Host, ids: Sequence[str], work: Work) -> Tally:
    tally = Tally()
    for part in chunks(sorted(set(ids)), AT_ONCE):
        tally.add(host.database.read(partial(work, ids=part)))
    return tally


def applied(at: Bench, playbook: str) -> Plan:
    """Raises NoSuchPlaybook."""
    plan = at.current.rules.plans.get(playbook)
    if plan is None:
        raise NoSuchPlaybook(suggest_or_list(playbook, at.current.rules.plans))
    return plan


def _started(
    connection: Connection, *, host: Host, playbook: str, ids: Sequence[str], by: str | None, given: Given | None
) -> Tally:
    at = bench(host, connection)
    plan, tally, worked = applied(at, playbook), Tally(), list[Worked]()
    if not plan.start.by_hand:
        return _none(ids)
    tailored(plan, given, at.current.setting)
    named = whom(at.connection, ids)
    rows = accounts.lock(at.connection, list(named))
    for account, desk, now in desks_of(at, rows, list(named), tally):
        for subject in meant(desk, playbook, now, named[account], tally, account):
            if (run := desk.start(playbook, now, by, given, subject)) is not None:
                tally.started[slot(account, subject)] = run
            else:
                tally.bar(slot(account, subject), last_bar(desk, playbook))
        worked.append(Worked(desk, rows[account], now))
    put_all_away(at, worked)
    return tally


def _foreseen(connection: Connection, *, host: Host, playbook: str, ids: Sequence[str], given: Given | None) -> Tally:
    at = bench(host, connection)
    plan, tally = applied(at, playbook), Tally()
    if not plan.start.by_hand:
        return _none(ids)
    tailored(plan, given, at.current.setting)
    named = whom(at.connection, ids)
    rows = {one: row for one in named if (row := accounts.find(at.connection, one))}
    for account, desk, now in desks_of(at, rows, list(named), tally):
        for subject in meant(desk, playbook, now, named[account], tally, account):
            reason = desk.barred_by_hand(playbook, now, given, subject)
            if reason is None:
                tally.started[slot(account, subject)] = None
            else:
                tally.bar(slot(account, subject), reason)
    return tally


def whom(connection: Connection, names: Sequence[str]) -> dict[str, set[str]]:
    """The accounts that are named, each with the subjects that are named of it; without one, all that are meant."""
    found: dict[str, set[str]] = {}
    for name in names:
        account, subject = _parted(connection, name)
        found.setdefault(account, set()).update([subject] if subject else [])
    return found


def _parted(connection: Connection, name: str) -> tuple[str, str]:
    """The account and the subject of `acme/c1`; ids may have a stroke of their own."""
    if "/" in name and accounts.find(connection, name) is None:
        for at in [index for index, sign in enumerate(name) if sign == "/"]:
            if accounts.find(connection, name[:at]) is not None:
                return name[:at], name[at + 1 :]
    return name, ""


def meant(desk: Desk, playbook: str, now: datetime, named: Collection[str], tally: Tally, account: str) -> list[str]:
    found = sorted(named) or desk.meant(playbook, now)
    if not found:
        tally.bar(account, NOBODY)
    return found


def last_bar(desk: Desk, playbook: str) -> str:
    """Why the account did not enter just now."""
    return next(
        str(entry.fields["reason"])
        for _, name, entry in reversed(desk.changes.trace)
        if name == playbook and entry.event == "not_started"
    )


def desks_of(
    at: Bench, rows: Mapping[str, AccountRow], ids: Sequence[str], tally: Tally
) -> Iterator[tuple[str, Desk, datetime]]:
    """The accounts that there are, each with its desk and its instant; the others are told as unknown."""
    known = {one: row for one, row in rows.items() if row.state is not None}
    for one in ids:
        if one not in known:
            tally.bar(one, UNKNOWN)
    for account, desk in lay_out(at, known).items():
        yield account, desk, at.now(known[account])


def _none(ids: Sequence[str]) -> Tally:
    return Tally(barred={NOT_BY_HAND: list(ids)})
