"""A desk out of the database and back into it: the two ends of a transaction around the engine's pure work."""

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from sqlalchemy import Connection

from activities.applied import Current
from activities.host import Host
from activities.store import decisions, facts, runs, watches
from activities.store.accounts import AccountRow
from activities.store.runs import Entered
from engine.account import Account, apply
from engine.desk import Desk
from engine.run import Run, Watch
from engine.trigger import Decision, Entries
from engine.vocabulary import Vocabulary

LEFT_BY = {"goal", "stop", "operator"}  # whoever leaves at once takes back what is not yet on its way


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

    def now(self, row: AccountRow) -> datetime:
        """The logical instant of what happens to an account now: never before what was stamped on it already."""
        now = self.host.clock.now()
        return now if row.last_instant is None else max(now, row.last_instant)


def bench(host: Host, connection: Connection) -> Bench:
    return Bench(connection, host)


def lay_out(at: Bench, rows: Mapping[str, AccountRow], loaded: Sequence[Run] = ()) -> dict[str, Desk]:
    """The desks of accounts whose rows are locked; `loaded` are the runs that will be advanced."""
    known = decisions.of_accounts(at.connection, rows)
    watched = watches.of_accounts(at.connection, rows)
    entered: defaultdict[str, list[Entered]] = defaultdict(list)
    for one in runs.entries(at.connection, rows):
        entered[one.account].append(one)
    return {
        account: Desk(
            setting=at.current.setting,
            rules=at.current.rules,
            account=_account(at, row),
            plans=partial(at.host.applied.plan, at.connection),
            new_run=new_run_id,
            decisions=_current_ones(at.current, known[account]),
            entries=_entries(entered[account]),
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
    vocabulary = at.current.setting.vocabulary
    if row.state is None:
        return Account(row.id)
    account = Account.from_json(json.loads(row.state))
    return account if account.vocabulary == vocabulary.digest else _folded_anew(at.connection, row.id, vocabulary)


def _folded_anew(connection: Connection, account_id: str, vocabulary: Vocabulary) -> Account:
    """The vocabulary has changed, and with it what of the facts is kept: they are all taken in again."""
    account = Account(account_id)
    for fact in facts.of_account(connection, account_id, limit=None):
        account, _ = apply(account, fact, vocabulary)
    return account


def _current_ones(current: Current, known: Sequence[Decision]) -> dict[str, Decision]:
    plans = current.rules.plans
    return {
        one.playbook: one for one in known if one.playbook in plans and plans[one.playbook].start_hash == one.start_hash
    }


def _entries(entered: Sequence[Entered]) -> dict[str, Entries]:
    found: dict[str, Entries] = {}
    for one in entered:
        so_far = found.get(one.playbook, Entries())
        changes: dict[str, object] = {"count": so_far.count + 1}
        if one.outcome is None:
            changes |= {"live": one.id}
        elif so_far.last_ended is None or (one.ended is not None and one.ended >= so_far.last_ended):
            changes |= {"last_ended": one.ended, "last_outcome": one.outcome}
        found[one.playbook] = so_far.model_copy(update=changes)
    return found


def _by_run(watched: Sequence[Watch]) -> dict[str, list[Watch]]:
    found: dict[str, list[Watch]] = {}
    for one in watched:
        found.setdefault(one.run, []).append(one)
    return found
