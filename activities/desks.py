"""A desk out of the database and back into it: the two ends of a transaction around the engine's pure work."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from sqlalchemy import Connection

from activities.applied import Current
from activities.gate import StoredGate
from activities.host import Host
from activities.store import decisions, facts, runs, tasks, watches
from activities.store.accounts import AccountRow
from activities.store.runs import Entered
from engine.account import Account, apply, may_touch
from engine.decided import Decided
from engine.desk import Desk
from engine.facts import Fact
from engine.held import MOST
from engine.run import Run, Watch
from engine.setting import Setting
from engine.subjects import slot
from engine.trigger import Decision, Entries

_NONE: Mapping[str, Sequence[Fact]] = {}


@dataclass
class Bench:
    """One transaction at work: its connection, the host, and the real instant at which it began."""

    connection: Connection
    host: Host
    real: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.real = self.host.clock.real()

    @cached_property
    def current(self) -> Current:
        """What is applied, asked for by those only who decide anything."""
        return self.host.applied.current(self.connection)

    @cached_property
    def gate(self) -> StoredGate:
        """Who may start, beside what the account itself bars."""
        return StoredGate(self.connection, self.current.rules.plans, self.current.setting.policy.calendar())

    def now(self, row: AccountRow) -> datetime:
        """The logical instant of what happens to an account now: never before what was stamped on it already."""
        now = self.host.clock.now()
        return now if row.last_instant is None else max(now, row.last_instant)


def bench(host: Host, connection: Connection) -> Bench:
    return Bench(connection, host)


def lay_out(
    at: Bench, rows: Mapping[str, AccountRow], loaded: Sequence[Run] = (), coming: Mapping[str, Sequence[Fact]] = _NONE
) -> dict[str, Desk]:
    """The desks of accounts whose rows are locked; `loaded` are the runs that will be advanced, `coming` the facts that
    will be told.
    """
    known = {account: _account(at, row) for account, row in rows.items()}
    decided = _decided(at, rows, known, coming)
    watched = watches.of_accounts(at.connection, rows)
    entered: defaultdict[str, list[Entered]] = defaultdict(list)
    for one in runs.entries(at.connection, rows):
        entered[one.account].append(one)
    return {
        account: Desk(
            setting=at.current.setting,
            rules=at.current.rules,
            account=known[account],
            plans=partial(at.host.applied.plan, at.connection),
            new_run=new_run_id,
            gate=at.gate,
            heard=partial(_heard, at.connection, account),
            working=partial(tasks.shared, at.connection, account),
            decided=decided[account],
            unjudged=at.current.unjudged(row.filled),
            behind=row.filled < at.current.number and row.state is not None,
            entries=entries_of(entered[account]),
            watches=_by_run(watched[account]),
            runs={run.id: run for run in loaded if run.account == account},
        )
        for account, row in rows.items()
    }


def new_run_id(account: str, playbook: str) -> str:
    """Names the playbook for whoever reads Temporal's pages, and never the account."""
    del account
    return f"{playbook}-{secrets.token_hex(8)}"


def _account(at: Bench, row: AccountRow) -> Account:
    setting = at.current.setting
    if row.state is None or row.known.vocabulary == setting.vocabulary.digest:
        return row.known
    return folded_anew(at.connection, row.id, setting)


def folded_anew(connection: Connection, account_id: str, setting: Setting) -> Account:
    """The vocabulary has changed, and with it what of the facts is kept: they are all taken in again."""
    account = Account(account_id)
    for fact in facts.of_account(connection, account_id, limit=None):
        account, _ = apply(account, fact, setting.vocabulary, setting.policy)
    return account


def _decided(
    at: Bench, rows: Mapping[str, AccountRow], known: Mapping[str, Account], coming: Mapping[str, Sequence[Fact]]
) -> dict[str, Decided]:
    """What the facts may ask for is looked up for all accounts at once; whatever else is asked for, when it is."""
    rules, vocabulary = at.current.rules, at.current.setting.vocabulary
    paths = {path for account, facts_ in coming.items() for path in may_touch(known[account], facts_, vocabulary)}
    names = {plan.playbook for plan in rules.reading(paths)}
    found = decisions.of_accounts(at.connection, [one for one in coming if rows[one].state is not None], names)
    return {
        account: Decided(
            known=_current_ones(at.current, found.get(account, ())),
            fetch=partial(_fetched, at, account),
            asked=set(names) if account in coming else set(),
            bound=row.due_at,
        )
        for account, row in rows.items()
    }


def _fetched(at: Bench, account: str, names: Collection[str] | None) -> Iterable[Decision]:
    found = decisions.of_accounts(at.connection, [account], names)[account]
    return _current_ones(at.current, found).values()


def _current_ones(current: Current, known: Iterable[Decision]) -> dict[str, Decision]:
    plans = current.rules.plans
    return {one.key: one for one in known if one.playbook in plans and plans[one.playbook].start_hash == one.start_hash}


def entries_of(entered: Sequence[Entered]) -> dict[str, Entries]:
    """An account's runs, summed up by playbook, and by subject where there is one."""
    found: dict[str, Entries] = {}
    for one in entered:
        so_far = found.get(slot(one.playbook, one.subject), Entries())
        recent = (*so_far.recent, one.started)[-MOST:]
        changes: dict[str, object] = {"count": so_far.count + 1, "recent": recent}
        if one.outcome is None:
            changes |= {"live": one.id}
        elif so_far.last_ended is None or (one.ended is not None and one.ended >= so_far.last_ended):
            changes |= {"last_ended": one.ended, "last_outcome": one.outcome}
        found[slot(one.playbook, one.subject)] = so_far.model_copy(update=changes)
    return found


def _heard(connection: Connection, account: str, since: datetime) -> Iterable[Fact]:
    """The events that have been told of the account since then, in the order in which they happened."""
    told = facts.of_account(connection, account, since, limit=None)
    return [one for one in told if one.event is not None and one.at > since]


def _by_run(watched: Sequence[Watch]) -> dict[str, list[Watch]]:
    found: dict[str, list[Watch]] = {}
    for one in watched:
        found.setdefault(one.run, []).append(one)
    return found
