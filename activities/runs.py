"""Runs: advanced in one transaction under their account's lock, and operated on by people."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from activities.desks import Bench, bench, lay_out
from activities.directive import Directive
from activities.host import Host
from activities.outcomes import expire
from activities.outlook import directive_of, directives
from activities.store import accounts, effects, inputs, runs, tasks, traces, wakes, watches
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.store.runs import RunRow
from activities.store.together import Collided
from activities.store.traces import Traced
from activities.writing_back import put_away
from engine.desk import Desk
from engine.run import Operated
from engine.sharing import passed_on
from engine.trace import Entry
from engine.trigger import runs_read

log = logging.getLogger(__name__)

NEARLY = timedelta(seconds=2)  # a clock that is so much short of a look's instant counts as there
IN_TROUBLE = (OperationalError, InterfaceError, InternalError, NoConnection, Collided)  # the database, not the run
FAILURES = 5  # advances in a row that fail before the run is left alone

Verb = Literal["pause", "resume", "skip", "retry", "stop"]
Telling = Callable[[Bench], None]  # what has become of something, for the run that waits for it


class NoSuchRun(Exception):
    """No run has this id."""


class AdvanceFailed(Exception):
    """Our own fault; the transaction is undone and everything is where it was."""


class StaleLook(Exception):
    """The engine asked to be looked at in the past, which would spin."""


def advance(host: Host, run: str, reached: datetime | None = None, first: Telling | None = None) -> Directive:
    """Feeds the run all that has come for it. `reached` is the real instant of the look whose timer fired. `first` is
    written in the same transaction, and by itself when that fails.

    Raises NoSuchRun, AdvanceFailed as long as the run is not given up as faulted, and what a database raises that is
    in trouble.
    """
    try:
        return host.database.write(lambda connection: _advanced(bench(host, connection), run, reached, first))
    except Exception as error:
        if first is not None:
            host.database.write(lambda connection: first(bench(host, connection)))
        if isinstance(error, (NoSuchRun, *IN_TROUBLE)):
            raise
        log.exception("advance of %s failed", run)
        kind = type(error).__name__
        if host.database.write(lambda connection: _note_failure(connection, run, kind)):
            return host.database.read(lambda connection: read(connection, host, run))
        raise AdvanceFailed(run) from error


def read(connection: Connection, host: Host, run: str) -> Directive:
    """The directive as it stands. Raises NoSuchRun."""
    found = directives(connection, [run], host.clock, host.queues)
    if run not in found:
        raise NoSuchRun(run)
    return found[run]


def _advanced(at: Bench, run: str, reached: datetime | None, first: Telling | None) -> Directive:
    if first is not None:
        first(at)
    account = locked_account(at.connection, run)
    row = runs.find(at.connection, run)
    if row is None:
        raise NoSuchRun(run)
    fed = feed(at, account, row, reached)
    return directive_of(at.connection, fed, at.host.clock, at.host.queues)


def locked_account(connection: Connection, run: str) -> AccountRow:
    """The row of the run's account, locked before anything of the run is read. Raises NoSuchRun, and Collided when the
    account was erased meanwhile.
    """
    account = runs.account_of(connection, run)
    if account is None:
        raise NoSuchRun(run)
    held = accounts.lock(connection, [account]).get(account)
    if held is None:
        raise Collided
    return held


def feed(
    at: Bench,
    account: AccountRow,
    row: RunRow,
    reached: datetime | None = None,
    under_way: frozenset[str] = frozenset(),
) -> RunRow:
    """Everything that waits for the run, and its timers that are due. The account is locked. The run as it then is.
    `under_way` are the runs that are being fed already.
    """
    if row.fault is not None:
        return row
    now = _moment(at, account, reached)
    released = effects.release(at.connection, row.id, now, at.real) if not row.paused else []
    released = expire(at, account, released, now)
    waiting = inputs.waiting(at.connection, row.id)
    if row.over:
        inputs.consume(at.connection, [seq for seq, _ in waiting], now)
        if not waiting and not released:
            return row
        runs.touch(at.connection, [row.id])
    elif waiting or (row.look_at is not None and row.look_at <= now):
        desk = lay_out(at, {account.id: account}, [row.run])[account.id]
        _say_anew(at, desk, released, now)
        if row.look_at is not None and row.look_at <= now:
            others = _waited_for(at, desk, row, now, under_way)
            if others:
                return _fed_behind(at, others, row, reached, under_way)
        desk.advance(row.id, [one for _, one in waiting], now)
        look_at = desk.runs[row.id].look_at
        if look_at is not None and look_at <= now:
            raise StaleLook(row.id)
        put_away(at, desk, account, now, {row.id: waiting})
        return row.after(desk.runs[row.id])
    elif released:
        if any(map(_is_put_off_mail, released)):
            _say_anew(at, lay_out(at, {account.id: account}, [row.run])[account.id], released, now)
        runs.touch(at.connection, [row.id])
    else:
        return row
    return replace(row, rev=row.rev + 1)


def _is_put_off_mail(one: EffectRow) -> bool:
    return one.state == "deferred" and one.channel == "email"


def _say_anew(at: Bench, desk: Desk, released: Sequence[EffectRow], now: datetime) -> None:
    """A mail that was put off says what is so when it goes."""
    for one in filter(_is_put_off_mail, released):
        anew = desk.reworded(one.effect, now)
        if anew is not one.effect:
            effects.change(at.connection, one.id, body=anew.model_dump_json())


def _waited_for(at: Bench, desk: Desk, row: RunRow, now: datetime, under_way: frozenset[str]) -> list[RunRow]:
    """Live runs of the account that this one asks after, for which something has come too: how they end comes before
    what time alone brings at the same instant.
    """
    asked = {name for one in desk.watches.get(row.id, ()) if one.condition for name in runs_read(one.condition.reads)}
    live = [
        one
        for name in sorted(asked)
        for one in runs.listed(at.connection, account=row.account, playbook=name, live=True)
    ]
    able = [one for one in live if one.id not in {row.id, *under_way} and not (one.paused or one.failures or one.fault)]
    told = inputs.any_waiting(at.connection, [one.id for one in able]) if able else ()
    return [one for one in able if one.id in told or (one.look_at is not None and one.look_at <= now)]


def _fed_behind(
    at: Bench, others: Sequence[RunRow], row: RunRow, reached: datetime | None, under_way: frozenset[str]
) -> RunRow:
    """The others first, then the run, each on the account as it then is."""
    busy = under_way | {row.id, *(one.id for one in others)}
    for one in others:
        feed(at, locked_account(at.connection, one.id), one, None, busy)
    wakes.write(at.connection, [one.id for one in others], at.real)
    account = locked_account(at.connection, row.id)
    return feed(at, account, runs.find(at.connection, row.id) or row, reached, busy)


def _moment(at: Bench, account: AccountRow, reached: datetime | None) -> datetime:
    now = at.now(account)
    if reached is None or reached - at.real > NEARLY:
        return now
    return max(now, at.host.clock.logical(reached))


def _note_failure(connection: Connection, run: str, kind: str) -> bool:
    """Counts it; whether the run is now left alone until a person or a deploy says otherwise. Runs no engine code."""
    locked_account(connection, run)
    row = runs.find(connection, run)
    if row is None or row.fault is not None:
        return row is not None
    given_up = row.failures + 1 >= FAILURES
    runs.failed(connection, run, _fault(connection, run, kind) if given_up else None)
    return given_up


def _fault(connection: Connection, run: str, kind: str) -> str:
    first = next((one.seq for one in inputs.unread(connection, run)), None)
    at_input = f" at input {first}" if first is not None else ""
    return f"the engine failed {FAILURES} times{at_input}: {kind}"


# --- a person's word -------------------------------------------------------------------------------------


def operate(
    host: Host, run: str, verb: Verb, *, by: str | None = None, path: str | None = None, outcome: str | None = None
) -> None:
    """Latches the word and wakes the run. A faulted run is stopped without its plan and state. Raises NoSuchRun."""
    host.database.write(lambda connection: say(bench(host, connection), run, verb, by, path, outcome))
    host.stir()


def say(
    at: Bench, run: str, verb: Verb, by: str | None = None, path: str | None = None, outcome: str | None = None
) -> None:
    """As `operate`, in a transaction that does more."""
    account = locked_account(at.connection, run)
    row = runs.find(at.connection, run)
    now = at.now(account)
    accounts.stamp(at.connection, [account.id], now)
    if row is not None and row.fault is not None and verb == "stop":
        _stop_faulted(at.connection, row, outcome or "stopped", now, at.real)
    else:
        told = Operated(at=now, verb=verb, by=by, path=path, outcome=outcome)
        inputs.latch(at.connection, [(run, told)], at.real)
    wakes.write(at.connection, [run], at.real)


def _stop_faulted(connection: Connection, row: RunRow, outcome: str, now: datetime, real: datetime) -> None:
    state = json.loads(row.state) | {"outcome": outcome, "ended": now.isoformat(), "open": {}}
    runs.close(connection, row.id, json.dumps(state), outcome, now)
    effects.skip(connection, row.id, "operator")
    watches.replace(connection, {row.id: (row.account, [])})
    unfed = [found for one in inputs.unread(connection, row.id) if (found := one.read()) is not None]
    inputs.consume_all(connection, row.id, now)
    still_open = tasks.listed(connection, run=row.id, state="open", limit=1_000)
    withdrawn = [one.model_copy(update={"state": "withdrawn", "closed": now}) for one in still_open]
    tasks.save(connection, withdrawn)
    told = passed_on(withdrawn, unfed)
    inputs.latch(connection, told, real)
    wakes.write(connection, [run for run, _ in told], real)
    ended = Entry(
        at=now, path="stop", step=None, kind="playbook", event="ended", fields={"outcome": outcome, "by": "operator"}
    )
    traces.add(connection, [Traced(row.id, row.account, row.playbook, ended)])


def mend(host: Host, ids: Sequence[str]) -> None:
    """After a deploy or a person's look: faulted runs are tried again."""
    host.database.write(partial(_mended, host=host, ids=ids))
    host.stir()


def _mended(connection: Connection, host: Host, ids: Sequence[str]) -> None:
    for run in sorted(ids):
        locked_account(connection, run)
        runs.mend(connection, run)
    wakes.write_checks(connection, sorted(ids), host.clock.real())


def discard_input(host: Host, run: str, seq: int, by: str | None = None) -> bool:
    """Takes away the input at which a run fails, and lets it go on without it; whether it was there. Needs neither the
    run's plan nor its state, nor what the input says. Raises NoSuchRun.
    """
    found = host.database.write(lambda connection: _discarded(bench(host, connection), run, seq, by))
    mend(host, [run])
    return found


def _discarded(at: Bench, run: str, seq: int, by: str | None) -> bool:
    account = locked_account(at.connection, run)
    found = next((one for one in inputs.unread(at.connection, run) if one.seq == seq), None)
    if found is None:
        return False
    now = at.now(account)
    inputs.consume(at.connection, [seq], now)
    fields: dict[str, JsonValue] = {"by": by, "reason": found.kind}
    entry = Entry(at=now, path=found.path or "stop", step=None, kind="playbook", event="discarded", fields=fields)
    row = runs.find(at.connection, run)
    traces.add(at.connection, [Traced(run, account.id, row.playbook if row else "", entry)])
    return True
