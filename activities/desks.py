"""A desk out of the database and back into it: the two ends of a transaction around the engine's pure work."""

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from activities.applied import Current
from activities.host import Host
from activities.store import accounts, decisions, effects, facts, inputs, restores, runs, tasks, traces, wakes, watches
from activities.store.accounts import AccountRow
from activities.store.runs import Entered
from activities.store.traces import Traced
from engine.account import Account, apply
from engine.desk import Changes, Desk
from engine.run import Effect, Input, Run, Settled, Watch
from engine.trigger import Decision, Entries
from engine.vocabulary import Vocabulary

LEFT_BY = {"goal", "stop", "operator"}  # whoever leaves at once takes back what is not yet on its way


@dataclass(slots=True)
class Bench:
    """One transaction at work: its connection, the host, and what was applied when it began."""

    connection: Connection
    host: Host
    current: Current
    real: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.real = self.host.clock.real()

    def now(self, row: AccountRow) -> datetime:
        """The logical instant of what happens to an account now: never before what was stamped on it already."""
        now = self.host.clock.now()
        return now if row.last_instant is None else max(now, row.last_instant)


def bench(host: Host, connection: Connection) -> Bench:
    return Bench(connection, host, host.applied.current(connection))


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


# --- and back --------------------------------------------------------------------------------------------


def put_away(
    at: Bench, desk: Desk, row: AccountRow, now: datetime, fed: Mapping[str, Sequence[tuple[int, Input]]] = {}
) -> None:
    """Writes all that changed. `fed` are the stored inputs, with their numbers, that runs were advanced with."""
    changes, account = desk.changes, row.id
    _put_account(at, desk, row, now)
    decisions.save(at.connection, [(account, one) for one in changes.decisions.values()])
    _put_runs(at, changes)
    watches.replace(at.connection, account, changes.watches)
    watches.save(at.connection, [(account, one) for one in changes.touched.values() if one.run not in changes.watches])
    tasks.save(at.connection, [*changes.tasks.values()])
    traces.add(at.connection, [Traced(run, account, playbook, entry) for run, playbook, entry in changes.trace])
    facts.add_said(at.connection, changes.facts, now)
    _put_effects(at, desk, account)
    woken = _put_inputs(at, changes, now, fed)
    wakes.write(at.connection, woken | set(changes.started), at.real)


def _put_account(at: Bench, desk: Desk, row: AccountRow, now: datetime) -> None:
    state = (
        json.dumps(desk.account.to_json(), ensure_ascii=False, separators=(",", ":")) if desk.changes.account else None
    )
    kept = AccountRow(row.id, state or row.state, now, desk.due_at, at.current.number)
    if kept != row:
        accounts.save(at.connection, [kept])


def _put_runs(at: Bench, changes: Changes) -> None:
    started = set(changes.started)
    runs.add(at.connection, [changes.runs[one] for one in changes.started])
    for run in changes.runs.values():
        if run.id not in started:
            runs.save(at.connection, run)


def _put_effects(at: Bench, desk: Desk, account: str) -> None:
    changes = desk.changes
    for run, path, visit, reason in changes.withdrawn:
        effects.skip(at.connection, run, reason, (path, visit))
    for run, _, entry in changes.trace:
        if run and entry.event == "ended" and entry.fields.get("by") in LEFT_BY:
            effects.skip(at.connection, run, str(entry.fields["by"]))
    if not changes.effects:
        return
    there = effects.states(at.connection, changes.effects)
    new = [one for one in changes.effects.values() if one.id not in there]
    doubtful = {one.id for one in new if one.channel == "email" and restores.covers(at.connection, one.at)}
    named = [(account, desk.runs[one.run].playbook, one) for one in new]
    effects.add(at.connection, named, at.real, doubtful)
    for one in there.values():
        _want_again(at, one, changes.effects[one.id])


def _want_again(at: Bench, row: effects.EffectRow, effect: Effect) -> None:
    """A step that is tried again wants what it wanted before: what failed is done again, what was sent is told."""
    if row.state in {"failed", "skipped"}:
        again = {"state": "wanted", "reason": None, "tried_at": None, "settled_at": None, "checked_at": at.real}
        effects.change(
            at.connection, row.id, **again, at=effect.at, address=effect.address, body=effect.model_dump_json()
        )
    elif row.state == "sent":
        told = Settled(at=effect.at, path=effect.path, visit=effect.visit, effect=row.id, to=effect.to, state="sent")
        inputs.latch(at.connection, [(effect.run, told)], at.real)
        wakes.write(at.connection, [effect.run], at.real)


def _put_inputs(at: Bench, changes: Changes, now: datetime, fed: Mapping[str, Sequence[tuple[int, Input]]]) -> set[str]:
    """Consumes what was fed, but for what a paused run left; latches what is new. Returns the runs to be woken."""
    new: list[tuple[str, Input]] = []
    consumed: list[int] = []
    for run, stored in fed.items():
        left = {id(one) for one in changes.left.get(run, ())}
        consumed += [seq for seq, one in stored if id(one) not in left]
    for run, latched in sorted(changes.latched.items()):
        new += [(run, one) for one in latched]
    inputs.consume(at.connection, consumed, now)
    inputs.latch(at.connection, new, at.real)
    return {run for run, _ in new}
