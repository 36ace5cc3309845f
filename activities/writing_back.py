"""What desks have changed, written into the tables: each table once, however many accounts there are."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activities import care
from activities.by_itself import happened
from activities.desks import Bench
from activities.store import (
    accounts,
    decisions,
    effects,
    facts,
    holds,
    inputs,
    restores,
    runs,
    tasks,
    traces,
    versions,
    wakes,
    watches,
)
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.store.traces import Traced
from engine.desk import Desk
from engine.run import Effect, Input, Run

LEFT_BY = {"goal", "stop", "operator"}  # whoever leaves at once takes back what is not yet on its way

Stored = Sequence[tuple[int, Input]]


@dataclass(frozen=True, slots=True)
class Worked:
    """A desk after its work. `fed` are the stored inputs, with their numbers, that its runs were advanced with;
    `filled`: every rule that is applied has been judged.
    """

    desk: Desk
    row: AccountRow
    now: datetime
    fed: Mapping[str, Stored] = field(default_factory=dict)
    filled: bool = False

    @property
    def told(self) -> list[Input]:
        return [given for stored in self.fed.values() for _, given in stored]


def put_away(at: Bench, desk: Desk, row: AccountRow, now: datetime, fed: Mapping[str, Stored] | None = None) -> None:
    put_all_away(at, [Worked(desk, row, now, fed or {})])


def put_all_away(at: Bench, all_: Sequence[Worked]) -> None:
    """Writes all that changed, with the wakes that it leads to."""
    versions.keep(at.connection, [plan for one in all_ for plan in one.desk.changes.plans.values()])
    _put_accounts(at, all_)
    decisions.save(at.connection, [(one.row.id, made) for one in all_ for made in one.desk.changes.decisions.values()])
    _put_runs(at, all_)
    _put_watches(at, all_)
    tasks.save(at.connection, [task for one in all_ for task in one.desk.changes.tasks.values()])
    tasks.record(at.connection, [event for one in all_ for event in happened(one.desk.changes, one.told)])
    traces.add(at.connection, [traced for one in all_ for traced in _traced(one)])
    _put_holds(at, all_)
    for one in all_:
        facts.add_said(at.connection, one.desk.changes.facts, one.now)
        _take_back(at, one)
    _put_effects(at, all_)
    woken = _put_inputs(at, all_)
    wakes.write(at.connection, woken.union(*(one.desk.changes.started for one in all_)), at.real)


def _put_accounts(at: Bench, all_: Sequence[Worked]) -> None:
    changed, same = [], []
    for one in all_:
        filled = at.current.number if one.filled or one.desk.changes.account else one.row.filled
        if one.desk.changes.account:
            changed.append(AccountRow(one.row.id, _state(one.desk), one.now, one.desk.due_at, filled))
        else:
            same.append(AccountRow(one.row.id, one.row.state, one.now, one.desk.due_at, filled))
    accounts.save(at.connection, changed)
    accounts.save_times(at.connection, same)


def _state(desk: Desk) -> str:
    return json.dumps(desk.account.to_json(), ensure_ascii=False, separators=(",", ":"))


def _put_runs(at: Bench, all_: Sequence[Worked]) -> None:
    started: list[Run] = []
    moved: list[Run] = []
    for one in all_:
        for run in one.desk.changes.runs.values():
            (started if run.id in one.desk.changes.started else moved).append(run)
    runs.add(at.connection, started)
    runs.save(at.connection, moved)


def _put_watches(at: Bench, all_: Sequence[Worked]) -> None:
    watches.replace(
        at.connection, {run: (one.row.id, ws) for one in all_ for run, ws in one.desk.changes.watches.items()}
    )
    touched = [
        (one.row.id, watch)
        for one in all_
        for watch in one.desk.changes.touched.values()
        if watch.run not in one.desk.changes.watches
    ]
    watches.save(at.connection, touched)


def _put_holds(at: Bench, all_: Sequence[Worked]) -> None:
    """What is held is kept; whoever has entered holds nothing any more."""
    entered = [(one.row.id, one.desk.runs[run]) for one in all_ for run in one.desk.changes.started]
    holds.forget(at.connection, {(account, run.playbook, run.subject) for account, run in entered})
    holds.save(at.connection, [(one.row.id, held) for one in all_ for held in one.desk.changes.held.values()])
    at.gate.save()


def _traced(one: Worked) -> Iterable[Traced]:
    return [Traced(run, one.row.id, playbook, entry) for run, playbook, entry in one.desk.changes.trace]


# --- effects ------------------------------------------------------------------------------------------


def _take_back(at: Bench, one: Worked) -> None:
    """What is not to be done any more: effects of visits that were withdrawn, all of a run that was left at once."""
    taken = 0
    for run, path, visit, reason in one.desk.changes.withdrawn:
        taken += effects.skip(at.connection, run, reason, (path, visit))
    for run, path, visit, to, reason in one.desk.changes.spared:
        taken += effects.skip(at.connection, run, reason, (path, visit), to)
    for run, _, entry in one.desk.changes.trace:
        if run and entry.event == "ended" and entry.fields.get("by") in LEFT_BY:
            taken += effects.skip(at.connection, run, str(entry.fields["by"]))
    if taken:
        care.move_up(at, one.row)


def _put_effects(at: Bench, all_: Sequence[Worked]) -> None:
    wanted = {
        effect.id: (one.row.id, one.desk.runs[effect.run].playbook, effect)
        for one in all_
        for effect in one.desk.changes.effects.values()
    }
    doubtful = {
        effect.id
        for _, _, effect in wanted.values()
        if effect.channel == "email" and restores.covers(at.connection, effect.at)
    }
    if not effects.add(at.connection, list(wanted.values()), at.real, doubtful):
        for row in effects.states(at.connection, wanted).values():
            _want_again(at, row, wanted[row.id][2])


def _want_again(at: Bench, row: EffectRow, effect: Effect) -> None:
    """A step that is tried again wants what it wanted before: what failed is done again, what was sent is told."""
    if row.state in {"failed", "skipped"}:
        again = {"state": "wanted", "reason": None, "tried_at": None, "settled_at": None, "checked_at": at.real}
        effects.change(
            at.connection,
            row.id,
            **again,
            at=effect.at,
            address=effect.address,
            body=effect.model_dump_json(),
            channel=effect.channel,
            looks=0,
        )
    elif row.state == "sent":
        inputs.latch(at.connection, [(effect.run, effect.settled(effect.at, "sent"))], at.real)
        wakes.write(at.connection, [effect.run], at.real)


# --- inputs -------------------------------------------------------------------------------------------


def _put_inputs(at: Bench, all_: Sequence[Worked]) -> set[str]:
    """Consumes what was fed, but for what a paused run left; latches what is new. Returns the runs to be woken."""
    new: list[tuple[str, Input]] = []
    for one in all_:
        inputs.consume(at.connection, _consumed(one), one.now)
        new += [(run, given) for run, latched in sorted(one.desk.changes.latched.items()) for given in latched]
    inputs.latch(at.connection, new, at.real)
    return {run for run, _ in new}


def _consumed(one: Worked) -> list[int]:
    seqs: list[int] = []
    for run, stored in one.fed.items():
        left = {id(given) for given in one.desk.changes.left.get(run, ())}
        seqs += [seq for seq, given in stored if id(given) not in left]
    return seqs
